//! Checks a tree against the table of keys: what is right becomes values and their places, what is wrong
//! becomes diagnostics, all of them at once.
//!
//! Pure: no files, no environment, no clock.

mod leaf;

use std::collections::BTreeMap;
use std::ops::Range;

use figment::value::{Dict, Value as Figment};

use super::diagnostic::{Code, Diagnostic, Place};
use super::schema::{self, Key, Kind};
use super::tree::{Entry, Node, Value};
use crate::names;

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
            Self::User => "the user configuration (`config.toml`)",
            Self::Project => "the project's `brummer.toml`",
        }
    }
}

/// Checks `root`, a table; `place` turns byte ranges into places.
pub(crate) fn check(
    root: &Node,
    which: Which,
    place: &dyn Fn(Range<usize>) -> Place,
) -> (Checked, Vec<Diagnostic>) {
    let mut walk = Walk { which, place, path: Vec::new(), checked: Checked::default(), wrong: Vec::new() };
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
    place: &'a dyn Fn(Range<usize>) -> Place,
    path: Vec<String>,
    checked: Checked,
    wrong: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn report(&mut self, code: Code, span: &Range<usize>, message: String, hint: Option<String>) {
        let place = (self.place)(span.clone());
        self.wrong.push(Diagnostic { code, message, hint, place });
    }

    /// `` `run` of [processes.api] ``
    fn subject(&self) -> String {
        match self.path.split_last() {
            Some((last, [])) => format!("`{last}`"),
            Some((last, above)) => format!("`{last}` of [{}]", dotted(above)),
            None => "the file".to_owned(),
        }
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, hint: Option<String>) -> Option<Figment> {
        let message = format!("{} must be {expected}, not {}", self.subject(), node.value.kind());
        self.report(Code::WrongType, &node.span, message, hint);
        None
    }

    fn bad_value(&mut self, node: &Node, what: &str, hint: Option<String>) -> Option<Figment> {
        let message = format!("{} {what}", self.subject());
        self.report(Code::BadValue, &node.span, message, hint);
        None
    }

    fn table(&mut self, node: &Node, keys: &'static [Key]) -> Option<Dict> {
        let Value::Table(entries) = &node.value else {
            self.wrong_type(node, "a table", None);
            return None;
        };
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
                None => self.unknown(entry, keys),
            }
        }
        Some(dict)
    }

    fn keep_place(&mut self, node: &Node) {
        let place = (self.place)(node.span.clone());
        self.checked.places.insert(self.path.clone(), place);
    }

    fn unknown(&mut self, entry: &Entry, keys: &'static [Key]) {
        let place = if self.path.is_empty() {
            "at the top".to_owned()
        } else {
            format!("in [{}]", dotted(&self.path))
        };
        let mut path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        path.push(&entry.key);
        let other = self.which.other();
        if schema::find(other.keys(), path).is_some() {
            let message = format!("`{}` {place} is not read from this file", entry.key);
            let hint = format!("it belongs into {}", other.where_it_belongs());
            self.report(Code::WrongFile, &entry.key_span, message, Some(hint));
            return;
        }
        let known = keys.iter().map(|key| key.name);
        let hint = match names::nearest(&entry.key, known.clone()) {
            Some(near) => {
                // Counts as written, so that nobody complains of the key that was meant being missing too.
                self.path.push(near.to_owned());
                self.checked
                    .places
                    .entry(self.path.clone())
                    .or_insert_with(|| (self.place)(entry.key_span.clone()));
                self.path.pop();
                format!("did you mean `{near}`?")
            }
            None => format!("known here: {}", known.collect::<Vec<_>>().join(", ")),
        };
        let message = format!("unknown key `{}` {place}", entry.key);
        self.report(Code::UnknownKey, &entry.key_span, message, Some(hint));
    }

    fn value(&mut self, node: &Node, key: &Key) -> Option<Figment> {
        match (key.kind, &node.value) {
            (Kind::Bool, Value::Bool(truth)) => Some(Figment::from(*truth)),
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
            (Kind::Signal, _) => self.signal(node),
            (Kind::PerProcess(keys), _) => self.per_process(node, keys),
            (Kind::PerDirectory(keys), _) => self.per_directory(node, keys),
        }
    }

    fn per_process(&mut self, node: &Node, keys: &'static [Key]) -> Option<Figment> {
        let Value::Table(entries) = &node.value else {
            return self.wrong_type(node, "tables by name", Some("as [processes.api]".to_owned()));
        };
        let mut dict = Dict::new();
        for entry in entries {
            if let Some(fault) = names::fault(&entry.key) {
                let message = format!("\"{}\" cannot be the name of a process: {fault}", shown(&entry.key));
                let hint = format!("`{}` could", names::map(&entry.key, names::Named::Script));
                self.report(Code::BadName, &entry.key_span, message, Some(hint));
            }
            self.path.push(entry.key.clone());
            let place = (self.place)(entry.key_span.clone());
            self.checked.places.insert(self.path.clone(), place);
            // Its name is there even if nothing else of it is right: others may depend on it.
            let process = self.table(&entry.node, keys).unwrap_or_else(|| {
                let run = [self.path.as_slice(), &["run".to_owned()]].concat();
                self.checked.places.insert(run, (self.place)(entry.node.span.clone()));
                Dict::new()
            });
            dict.insert(entry.key.clone(), Figment::from(process));
            self.checked.order.push(entry.key.clone());
            self.path.pop();
        }
        Some(Figment::from(dict))
    }

    fn per_directory(&mut self, node: &Node, keys: &'static [Key]) -> Option<Figment> {
        let Value::Table(entries) = &node.value else {
            return self.wrong_type(
                node,
                "tables by directory",
                Some("as [project.\"~/src/shop\"]".to_owned()),
            );
        };
        let mut dict = Dict::new();
        for entry in entries {
            if !(entry.key.starts_with('/') || entry.key == "~" || entry.key.starts_with("~/")) {
                let message = format!("\"{}\" is no absolute directory", shown(&entry.key));
                let hint = "begin it with `/` or `~/`, as [project.\"~/src/shop\"]".to_owned();
                self.report(Code::BadName, &entry.key_span, message, Some(hint));
            }
            self.path.push(entry.key.clone());
            if let Some(project) = self.table(&entry.node, keys) {
                dict.insert(entry.key.clone(), Figment::from(project));
            }
            self.path.pop();
        }
        Some(Figment::from(dict))
    }
}
