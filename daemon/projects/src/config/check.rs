//! Checks a tree against the table of keys: what is right becomes values and their places, what is wrong
//! becomes diagnostics, all of them at once.
//!
//! Pure: no files, no environment, no clock.

mod leaf;
mod named;

use std::collections::BTreeMap;
use std::ops::Range;

use figment::value::{Dict, Value as Figment};

use super::diagnostic::{Code, Diagnostic, Place};
use super::dialect::Dialect;
use super::schema::{self, Key, Kind, planned};
use crate::names;
use crate::tree::{Entry, Node, Value};

use leaf::shown;

/// Where each value came from, by its path.
pub(crate) type Places = BTreeMap<Vec<String>, Place>;

/// What was right in one text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checked {
    pub(crate) dict: Dict,
    pub(crate) places: Places,
    /// Names of processes, in the order of the text.
    pub(crate) order: Vec<String>,
    /// What each profile lays over it.
    pub(crate) profiles: BTreeMap<String, Checked>,
}

/// Which keys a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    User,
    Project,
}

impl Which {
    const fn keys(self) -> &'static [Key] {
        match self {
            Self::User => schema::USER,
            Self::Project => schema::PROJECT,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::User => Self::Project,
            Self::Project => Self::User,
        }
    }

    const fn where_it_belongs(self) -> &'static str {
        match self {
            Self::User => "the user's configuration alone",
            Self::Project => "a project's file alone",
        }
    }

    const fn only_here(self) -> Code {
        match self {
            Self::User => Code::UserOnly,
            Self::Project => Code::ProjectOnly,
        }
    }
}

/// Checks `root`, a table that was written in `dialect`; `elsewhere` names the file for keys that do not belong
/// here, `place` turns byte ranges into places.
pub(crate) fn check(
    root: &Node,
    which: Which,
    dialect: Dialect,
    elsewhere: &str,
    place: &dyn Fn(Range<usize>) -> Place,
) -> (Checked, Vec<Diagnostic>) {
    let mut walk = Walk {
        which,
        dialect,
        elsewhere,
        place,
        path: Vec::new(),
        checked: Checked::default(),
        wrong: Vec::new(),
    };
    if let Some(dict) = walk.table(root, which.keys()) {
        walk.checked.dict = dict;
    }
    (walk.checked, walk.wrong)
}

/// `processes.api.run`; parts that are no bare keys are quoted.
pub(crate) fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let part = |part: &S| {
        let part = part.as_ref();
        let bare =
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if bare { part.to_owned() } else { toml_edit::Value::from(part).to_string() }
    };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

struct Walk<'a> {
    which: Which,
    dialect: Dialect,
    elsewhere: &'a str,
    place: &'a dyn Fn(Range<usize>) -> Place,
    path: Vec<String>,
    checked: Checked,
    wrong: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn report(&mut self, code: Code, span: &Range<usize>, message: String, hint: Option<String>) {
        let place = (self.place)(span.clone());
        let key = (!self.path.is_empty()).then(|| dotted(&self.path));
        let hint = hint.or_else(|| self.as_written());
        self.wrong.push(Diagnostic { code, key, message, hint, place });
    }

    /// How the key in hand, or the one that it is part of, is written: the cure where none is nearer.
    fn as_written(&self) -> Option<String> {
        let keys = self.which.keys();
        let path = schema::within_profile(&self.path);
        if path.is_empty() {
            let key = keys.iter().find(|key| key.kind.keys().is_some())?;
            return Some(format!("as {}", self.dialect.whole(key.name, &key.as_toml())));
        }
        let known = (1..=path.len()).rev().filter_map(|length| path.get(..length));
        let (path, key) = known
            .filter_map(|path| Some((path, schema::find(keys, path.iter().map(String::as_str))?)))
            .next()?;
        // Below a key that stands for many, the last part is a name.
        let example = match key.kind.keys() {
            Some(below) if path.last().is_some_and(|last| last != key.name) => schema::table_as_toml(below),
            _ => key.as_toml(),
        };
        Some(format!("as {}", self.dialect.pair(path, &example)))
    }

    /// As [`Walk::report`], about a key of the table in hand.
    fn report_at(&mut self, code: Code, entry: &Entry, message: String, hint: String) {
        self.path.push(entry.key.clone());
        self.report(code, &entry.key_span, message, Some(hint));
        self.path.pop();
    }

    /// `` `run` of [processes.api] ``
    fn subject(&self) -> String {
        match self.path.split_last() {
            Some((last, [])) => format!("`{last}`"),
            Some((last, above)) => format!("`{last}` of {}", self.dialect.name(above)),
            None => "the file".to_owned(),
        }
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, hint: Option<String>) -> Option<Figment> {
        let message =
            format!("{} must be {expected}, not {}", self.subject(), self.dialect.kind(&node.value));
        self.report(Code::WrongType, &node.span, message, hint);
        None
    }

    fn bad_value(&mut self, node: &Node, what: &str, hint: Option<String>) -> Option<Figment> {
        let message = format!("{} {what}", self.subject());
        self.report(Code::BadValue, &node.span, message, hint);
        None
    }

    /// The entries of a table; nothing at all is an empty one, as people leave it in YAML.
    fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Table(entries) => Some(entries),
            Value::Null => Some(&[]),
            _ => {
                self.wrong_type(node, expected, None);
                None
            }
        }
    }

    fn table(&mut self, node: &Node, keys: &'static [Key]) -> Option<Dict> {
        let entries = self.entries(node, self.dialect.a_table())?;
        let mut dict = Dict::new();
        for entry in entries {
            match keys.iter().find(|key| key.name == entry.key) {
                Some(key) => {
                    self.path.push(entry.key.clone());
                    // Kept of wrong values too: whoever looks for the key later learns that it was written.
                    self.keep_place(&entry.node);
                    if let Some(value) = self.value(&entry.node, key) {
                        dict.insert(entry.key.clone(), value);
                    }
                    self.path.pop();
                }
                // Editors find the schema by it.
                None if self.path.is_empty() && entry.key == "$schema" => {
                    if !matches!(entry.node.value, Value::Text(_)) {
                        let message = format!("`$schema` must be text, not {}", entry.node.value.kind());
                        let hint = "write where the schema is, or take it out".to_owned();
                        self.report_at(Code::WrongType, entry, message, hint);
                    }
                }
                None => self.unknown(entry, keys),
            }
        }
        for key in keys {
            if let Kind::Unset { from } = key.kind {
                self.unset(entries, key.name, from, &mut dict);
            }
        }
        Some(dict)
    }

    /// Of an element of the list in hand.
    fn keep_place_of(&mut self, index: &str, node: &Node) {
        self.path.push(index.to_owned());
        self.keep_place(node);
        self.path.pop();
    }

    fn keep_place(&mut self, node: &Node) {
        let place = (self.place)(node.span.clone());
        self.checked.places.insert(self.path.clone(), place);
    }

    /// Where the table in hand is, in words.
    fn whereabouts(&self) -> String {
        if self.path.is_empty() {
            "at the top".to_owned()
        } else {
            format!("in {}", self.dialect.name(&self.path))
        }
    }

    fn unknown(&mut self, entry: &Entry, keys: &'static [Key]) {
        let place = self.whereabouts();
        let name = shown(&entry.key);
        if self.known_elsewhere(entry) {
            return;
        }
        let known = keys.iter().map(|key| key.name);
        let elsewhere = schema::called_elsewhere(keys).map(|(elsewhere, _)| elsewhere);
        let near = names::nearest(&entry.key, known.clone().chain(elsewhere));
        let here = near.and_then(|near| schema::called_elsewhere(keys).find(|(name, _)| *name == near));
        let hint = match (here, near) {
            (Some((elsewhere, key)), _) => {
                self.count_as_written(key.name, entry);
                self.called(elsewhere, key)
            }
            (None, Some(near)) => {
                self.count_as_written(near, entry);
                format!("did you mean `{near}`?")
            }
            // A process at the top, as other tools have it.
            (None, None) if self.is_like_a_process(entry) => {
                let table = self.dialect.table(&["processes", &entry.key], "{ run = \"…\" }");
                format!("a process is declared as {table}")
            }
            (None, None) => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
        };
        self.report_at(Code::UnknownKey, entry, format!("unknown key `{name}` {place}"), hint);
    }

    fn is_like_a_process(&self, entry: &Entry) -> bool {
        self.path.is_empty()
            && self.which == Which::Project
            && matches!(entry.node.value, Value::Table(_))
            && names::fault(&entry.key).is_none()
    }

    /// What is called otherwise elsewhere.
    fn called(&self, elsewhere: &str, key: &Key) -> String {
        let opposite = if schema::is_opposite(elsewhere) { ", and means the opposite" } else { "" };
        let example = match key.kind.keys().is_some() && !key.kind.by_name() {
            true => format!(", as {}", self.dialect.pair(&[key.name], &key.as_toml())),
            false => String::new(),
        };
        format!("it is called `{}` here{opposite}{example}", key.name)
    }

    /// Tells of a key that belongs to the other file or to a later version.
    fn known_elsewhere(&mut self, entry: &Entry) -> bool {
        let (name, place) = (shown(&entry.key), self.whereabouts());
        let path: Vec<&str> = self.path.iter().map(String::as_str).chain([entry.key.as_str()]).collect();
        let other = self.which.other();
        let in_file = schema::within_profile(&path);
        let of_other = schema::find(other.keys(), in_file.iter().copied());
        let planned = planned::find(&path);
        // `project = "shop"` is planned, `[project."DIR"]` is the user's.
        let both_tables = of_other.is_some_and(|key| key.kind.keys().is_some())
            && matches!(entry.node.value, Value::Table(_));
        match planned {
            Some(planned) if planned.user_only && self.which == Which::Project => {
                let message = format!("`{name}` {place} belongs to {}", Which::User.where_it_belongs());
                let hint = "take it out; this version does not have it there either".to_owned();
                self.report_at(Code::UserOnly, entry, message, hint);
            }
            Some(_) if !both_tables => {
                let message = format!("`{name}` {place} is not built into this version; it has no effect");
                let hint = "take it out, or leave it for a later version".to_owned();
                self.report_at(Code::NotBuilt, entry, message, hint);
            }
            _ if of_other.is_some() => {
                let message = format!("`{name}` {place} belongs to {}", other.where_it_belongs());
                self.report_at(other.only_here(), entry, message, format!("move it to {}", self.elsewhere));
            }
            _ => return false,
        }
        true
    }

    /// Counts `meant` as written, so that nobody complains of it being missing too.
    fn count_as_written(&mut self, meant: &str, entry: &Entry) {
        self.path.push(meant.to_owned());
        let place = (self.place)(entry.key_span.clone());
        self.checked.places.entry(self.path.clone()).or_insert(place);
        self.path.pop();
    }

    fn value(&mut self, node: &Node, key: &Key) -> Option<Figment> {
        match (key.kind, &node.value) {
            (Kind::Version, Value::Int(1)) => None,
            (Kind::Version, Value::Int(_)) => self.bad_value(
                node,
                "is of another format than this version reads",
                Some(format!("write {}, or update Brummer", self.dialect.pair(&["version"], "1"))),
            ),
            (Kind::Version, _) => self.wrong_type(node, "the number 1", None),
            (Kind::Bool, Value::Bool(truth)) => Some(Figment::from(*truth)),
            (Kind::Bool, Value::Text(text)) => {
                let truth = match text.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "true" | "1" => Some("true"),
                    "no" | "off" | "false" | "0" => Some("false"),
                    _ => None,
                };
                let quotes = if node.span.len() > text.len() { ", without quotes" } else { "" };
                let hint = truth.map(|truth| format!("write `{truth}`{quotes}"));
                self.wrong_type(node, "true or false", hint)
            }
            (Kind::Bool, _) => self.wrong_type(node, "true or false", None),
            (Kind::Int { least, most }, Value::Int(number)) => self.number(node, *number, least, most),
            (Kind::Int { .. }, _) => self.wrong_type(node, "a whole number", None),
            (Kind::AutoInt { .. }, Value::Text(text)) if text == "auto" => Some(Figment::from("auto")),
            (Kind::AutoInt { least, most }, Value::Int(number)) => self.number(node, *number, least, most),
            (Kind::AutoInt { .. }, _) => self.wrong_type(node, "\"auto\" or a whole number", None),
            (Kind::DurationOrOff, Value::Text(text)) if text == "off" => Some(Figment::from("off")),
            (Kind::Duration | Kind::DurationOrOff, _) => self.duration(node, key),
            (Kind::Size, _) => self.size(node),
            (Kind::Sizes { alone, .. }, Value::Text(_) | Value::Int(_)) => {
                let size = self.size(node)?;
                self.path.push(alone.to_owned());
                self.keep_place(node);
                self.path.pop();
                Some(Figment::from(Dict::from([(alone.to_owned(), size)])))
            }
            (Kind::Sizes { keys, .. } | Kind::Table(keys), _) => self.table(node, keys).map(Figment::from),
            (Kind::Word(words), _) => self.word(node, words),
            (Kind::Path, Value::Text(path)) => self.plain_text(node, path),
            (Kind::Path, _) => self.wrong_type(node, "a path", None),
            (Kind::Paths, _) => self.paths(node),
            (Kind::Command, _) => self.command(node),
            (Kind::Names, _) => self.names(node),
            (Kind::Variables, _) => self.variables(node),
            (Kind::Unset { .. }, _) => self.variable_names(node),
            (Kind::Signal, _) => self.signal(node),
            (Kind::Pattern, _) => self.pattern(node),
            (Kind::PerProcess(keys), _) => self.per_process(node, keys),
            (Kind::PerDirectory(keys), _) => self.per_directory(node, keys),
            (Kind::PerProfile(keys), _) => self.per_profile(node, keys),
        }
    }
}
