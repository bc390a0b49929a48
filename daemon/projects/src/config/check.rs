//! Checks a tree against the table of keys: what is right becomes values and their places, what is wrong
//! becomes diagnostics, all of them at once. Pure.

use std::collections::BTreeMap;
use std::ops::Range;

use figment::value::{Dict, Value as Figment};

use super::diagnostic::{Code, Diagnostic, Place};
use super::schema::{self, Key, Kind};
use super::text;
use super::tree::{Entry, Node, Value};
use crate::names;

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
                    if let Some(value) = self.value(&entry.node, key) {
                        self.keep_place(&entry.node);
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
            Some(near) => format!("did you mean `{near}`?"),
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

    fn number(&mut self, node: &Node, number: i64, least: i64, most: i64) -> Option<Figment> {
        if (least..=most).contains(&number) {
            return Some(Figment::from(number));
        }
        self.bad_value(node, &format!("is {number}; it may be from {least} to {most}"), None)
    }

    fn duration(&mut self, node: &Node, key: &Key) -> Option<Figment> {
        let off = if matches!(key.kind, Kind::DurationOrOff) { ", or \"off\"" } else { "" };
        let (code, message, hint) = match &node.value {
            Value::Text(text) if text::duration(text).is_some() => return Some(Figment::from(text.trim())),
            Value::Text(text) => (
                Code::BadUnit,
                format!("{} is \"{}\", which is no duration", self.subject(), shown(text)),
                format!("write a number and a unit (ms, s, m, h, d), as \"10s\"{off}"),
            ),
            Value::Int(number) => (
                Code::BadUnit,
                format!("{} is a number without a unit", self.subject()),
                format!("write \"{number}s\" or \"{number}ms\"{off}"),
            ),
            other => {
                let expected = format!("a duration, as \"10s\"{off}, not {}", other.kind());
                (
                    Code::WrongType,
                    format!("{} must be {expected}", self.subject()),
                    "put it in quotes".to_owned(),
                )
            }
        };
        self.report(code, &node.span, message, Some(hint));
        None
    }

    fn size(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(text) if text::size(text).is_some() => Some(Figment::from(text.trim())),
            Value::Int(bytes) if *bytes >= 0 => Some(Figment::from(*bytes)),
            Value::Text(text) => {
                let message = format!("{} is \"{}\", which is no size", self.subject(), shown(text));
                let hint = "write a number and a unit (B, KiB, MiB, GiB, kB, MB, GB), as \"256MiB\"";
                self.report(Code::BadUnit, &node.span, message, Some(hint.to_owned()));
                None
            }
            Value::Int(_) => self.bad_value(node, "is negative", None),
            _ => self.wrong_type(node, "a size, as \"256MiB\"", None),
        }
    }

    fn word(&mut self, node: &Node, words: &'static [&'static str]) -> Option<Figment> {
        let list = || words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        match &node.value {
            Value::Text(text) if words.contains(&text.as_str()) => Some(Figment::from(text.as_str())),
            Value::Text(text) => {
                let hint = match names::nearest(text, words.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("one of {}", list()),
                };
                self.bad_value(node, &format!("cannot be \"{}\"", shown(text)), Some(hint))
            }
            _ => self.wrong_type(node, &format!("one of {}", list()), None),
        }
    }

    /// Text that will be a path or an argument: no NUL, not empty.
    fn plain_text(&mut self, node: &Node, text: &str) -> Option<Figment> {
        if text.is_empty() {
            return self.bad_value(node, "is empty", None);
        }
        if text.contains('\0') {
            return self.bad_value(node, "contains a NUL, which no path or argument can", None);
        }
        Some(Figment::from(text))
    }

    fn paths(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(path) => Some(Figment::from(vec![self.plain_text(node, path)?])),
            Value::List(nodes) => {
                let paths = self.each(nodes, |walk, item| match &item.value {
                    Value::Text(path) => walk.plain_text(item, path),
                    _ => walk.wrong_type(item, "a path or a list of paths", None),
                });
                Some(Figment::from(paths))
            }
            _ => self.wrong_type(node, "a path or a list of paths", None),
        }
    }

    fn each(
        &mut self,
        nodes: &[Node],
        mut check: impl FnMut(&mut Self, &Node) -> Option<Figment>,
    ) -> Vec<Figment> {
        nodes.iter().filter_map(|item| check(self, item)).collect()
    }

    fn command(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => self.bad_value(
                node,
                "is empty",
                Some("write the command, as \"npm run dev\" or [\"npm\", \"run\", \"dev\"]".to_owned()),
            ),
            Value::Text(text) => self.plain_text(node, text),
            Value::List(nodes) => {
                let first = match nodes.first().map(|node| &node.value) {
                    Some(Value::Text(program)) => !program.is_empty(),
                    Some(_) => true,
                    None => false,
                };
                if !first {
                    return self.bad_value(node, "names no program", None);
                }
                let words = self.each(nodes, |walk, item| match &item.value {
                    Value::Text(word) if word.contains('\0') => {
                        walk.bad_value(item, "contains a NUL, which no argument can", None)
                    }
                    Value::Text(word) => Some(Figment::from(word.as_str())),
                    Value::Int(number) => Some(Figment::from(number.to_string())),
                    _ => walk.wrong_type(item, "a list of texts", None),
                });
                (words.len() == nodes.len()).then(|| Figment::from(words))
            }
            _ => self.wrong_type(
                node,
                "text (run by a shell) or a list (executed as it is)",
                Some("as \"npm run dev\" or [\"npm\", \"run\", \"dev\"]".to_owned()),
            ),
        }
    }

    fn names(&mut self, node: &Node) -> Option<Figment> {
        let Value::List(nodes) = &node.value else {
            let hint = match &node.value {
                Value::Text(name) => format!("write [\"{}\"]", shown(name)),
                _ => "as [\"db\"]; a dependency is met when it is ready".to_owned(),
            };
            return self.wrong_type(node, "a list of process names", Some(hint));
        };
        let mut index = 0;
        let names = self.each(nodes, |walk, item| {
            let name = match &item.value {
                Value::Text(name) => name,
                _ => return walk.wrong_type(item, "a list of process names", None),
            };
            walk.path.push(index.to_string());
            walk.keep_place(item);
            walk.path.pop();
            index += 1;
            Some(Figment::from(name.as_str()))
        });
        Some(Figment::from(names))
    }

    fn variables(&mut self, node: &Node) -> Option<Figment> {
        let Value::Table(entries) = &node.value else {
            return self.wrong_type(node, "a table of variables", Some("as { PORT = \"3000\" }".to_owned()));
        };
        let mut dict = Dict::new();
        for entry in entries {
            self.path.push(entry.key.clone());
            if let Some(value) = self.variable(entry) {
                self.keep_place(&entry.node);
                dict.insert(entry.key.clone(), value);
            }
            self.path.pop();
        }
        Some(Figment::from(dict))
    }

    fn variable(&mut self, entry: &Entry) -> Option<Figment> {
        let name = &entry.key;
        let fault = if name.is_empty() || name.contains(['=', '\0']) {
            Some(format!("{name:?} cannot be the name of a variable"))
        } else if name == "BRUMMER" || name.starts_with("BRUMMER_") {
            Some(format!("`{name}` is set by Brummer itself"))
        } else {
            None
        };
        if let Some(message) = fault {
            self.report(Code::BadName, &entry.key_span, message, Some("choose another name".to_owned()));
            return None;
        }
        let text = match &entry.node.value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Float(text) | Value::Date(text) => text.clone(),
            Value::List(_) | Value::Table(_) => return self.wrong_type(&entry.node, "text", None),
        };
        if text.contains('\0') {
            return self.bad_value(&entry.node, "contains a NUL, which no variable can", None);
        }
        Some(Figment::from(text))
    }

    fn signal(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(name) => match brummer_event::state::signal_number(name) {
                Some(number) => Some(Figment::from(brummer_event::state::signal_name(number))),
                None => {
                    let all: Vec<String> = (1..=31).map(brummer_event::state::signal_name).collect();
                    let upper = name.to_ascii_uppercase();
                    let full = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
                    let hint = names::nearest(&full, all.iter().map(String::as_str)).map_or_else(
                        || "as \"SIGINT\"".to_owned(),
                        |near| format!("did you mean \"{near}\"?"),
                    );
                    self.bad_value(node, &format!("cannot be \"{}\"", shown(name)), Some(hint))
                }
            },
            _ => self.wrong_type(node, "the name of a signal", Some("as \"SIGINT\"".to_owned())),
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
            if let Some(process) = self.table(&entry.node, keys) {
                dict.insert(entry.key.clone(), Figment::from(process));
                self.checked.order.push(entry.key.clone());
            }
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

/// Foreign text inside a message: short, without control characters.
fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
