//! Values that hold no keys of the table: numbers, durations, sizes, words, commands, lists.
//!
//! Pure: no files, no environment, no clock.

use figment::value::{Dict, Empty, Tag, Value as Figment};

use super::super::diagnostic::Code;
use super::super::schema::{Key, Kind};
use super::super::text;
use super::Walk;
use crate::names;
use crate::tree::{Entry, Node, Value};

impl Walk<'_> {
    pub(super) fn number(&mut self, node: &Node, number: i64, least: i64, most: i64) -> Option<Figment> {
        if (least..=most).contains(&number) {
            return Some(Figment::from(number));
        }
        self.bad_value(node, &format!("is {number}; it may be from {least} to {most}"), None)
    }

    pub(super) fn duration(&mut self, node: &Node, key: &Key) -> Option<Figment> {
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
            _ => return self.wrong_type(node, &format!("a duration, as \"10s\"{off}"), None),
        };
        self.report(code, &node.span, message, Some(hint));
        None
    }

    pub(super) fn size(&mut self, node: &Node) -> Option<Figment> {
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

    pub(super) fn word(&mut self, node: &Node, words: &'static [&'static str]) -> Option<Figment> {
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
    pub(super) fn plain_text(&mut self, node: &Node, text: &str) -> Option<Figment> {
        if text.is_empty() {
            return self.bad_value(node, "is empty", None);
        }
        if text.contains('\0') {
            return self.bad_value(node, "contains a NUL, which no path or argument can", None);
        }
        Some(Figment::from(text))
    }

    pub(super) fn paths(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(path) => {
                let path = self.plain_text(node, path)?;
                self.keep_place_of("0", node);
                Some(Figment::from(vec![path]))
            }
            Value::List(nodes) => {
                let mut index = 0;
                let paths = self.each(nodes, |walk, item| {
                    let path = match &item.value {
                        Value::Text(path) => walk.plain_text(item, path)?,
                        _ => return walk.wrong_type(item, "a path or a list of paths", None),
                    };
                    walk.keep_place_of(&index.to_string(), item);
                    index += 1;
                    Some(path)
                });
                Some(Figment::from(paths))
            }
            _ => self.wrong_type(node, "a path or a list of paths", None),
        }
    }

    pub(super) fn each(
        &mut self,
        nodes: &[Node],
        mut check: impl FnMut(&mut Self, &Node) -> Option<Figment>,
    ) -> Vec<Figment> {
        nodes.iter().filter_map(|item| check(self, item)).collect()
    }

    pub(super) fn command(&mut self, node: &Node) -> Option<Figment> {
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

    pub(super) fn names(&mut self, node: &Node) -> Option<Figment> {
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
            walk.keep_place_of(&index.to_string(), item);
            index += 1;
            Some(Figment::from(name.as_str()))
        });
        Some(Figment::from(names))
    }

    pub(super) fn variables(&mut self, node: &Node) -> Option<Figment> {
        let entries = self.entries(node, "variables by name")?;
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
        if let Some(message) = variable_fault(&entry.key) {
            self.report(Code::BadValue, &entry.key_span, message, Some("choose another name".to_owned()));
            return None;
        }
        let text = match &entry.node.value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Float(text) | Value::Date(text) => text.clone(),
            Value::Null => return Some(unset()),
            Value::List(_) | Value::Table(_) => return self.wrong_type(&entry.node, "text", None),
        };
        if text.contains('\0') {
            return self.bad_value(&entry.node, "contains a NUL, which no variable can", None);
        }
        Some(Figment::from(text))
    }

    /// A list of names of variables; they become null of another key by [`Walk::unset`].
    pub(super) fn variable_names(&mut self, node: &Node) -> Option<Figment> {
        let expected = "a list of names of variables";
        let Value::List(nodes) = &node.value else {
            return self.wrong_type(node, expected, Some("as [\"HTTP_PROXY\"]".to_owned()));
        };
        for item in nodes {
            match &item.value {
                Value::Text(name) => {
                    if let Some(message) = variable_fault(name) {
                        let hint = "take it out".to_owned();
                        self.report(Code::BadValue, &item.span, message, Some(hint));
                    }
                }
                _ => {
                    self.wrong_type(item, expected, None);
                }
            }
        }
        None
    }

    /// Takes the names listed under `list` as null of the table `from`, so that layers treat both alike.
    pub(super) fn unset(&mut self, entries: &[Entry], list: &str, from: &str, dict: &mut Dict) {
        let nodes = entries.iter().find(|entry| entry.key == list).map(|entry| &entry.node.value);
        let Some(Value::List(nodes)) = nodes else { return };
        for item in nodes {
            let Value::Text(name) = &item.value else { continue };
            if variable_fault(name).is_some() {
                continue;
            }
            let table = dict.entry(from.to_owned()).or_insert_with(|| Figment::from(Dict::new()));
            let Figment::Dict(_, variables) = table else { continue };
            let set =
                variables.insert(name.clone(), unset()).is_some_and(|old| !matches!(old, Figment::Empty(..)));
            self.path.push(from.to_owned());
            self.path.push(name.clone());
            if set {
                let message = format!("`{}` is both in `{from}` and in `{list}`", shown(name));
                let hint = "take one of them out".to_owned();
                self.report(Code::Duplicate, &item.span, message, Some(hint));
            }
            self.keep_place(item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    pub(super) fn pattern(&mut self, node: &Node) -> Option<Figment> {
        match &node.value {
            Value::Text(text) if text.is_empty() => {
                self.bad_value(node, "is empty, which every line matches", None)
            }
            Value::Text(text) => match brummer_event::pattern::compile(text, false) {
                Ok(_) => Some(Figment::from(text.as_str())),
                Err(error) => {
                    let signs = [r"\(", r"\[", r"\."].map(|sign| self.dialect.value(&format!("'{sign}'")));
                    let hint =
                        format!("a backslash puts a sign of its own among the text, as {}", signs.join(", "));
                    self.bad_value(node, &format!("is no regular expression: {error}"), Some(hint))
                }
            },
            _ => self.wrong_type(node, "a regular expression in quotes", None),
        }
    }

    pub(super) fn signal(&mut self, node: &Node) -> Option<Figment> {
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
}

/// A variable that the process must not have.
fn unset() -> Figment {
    Figment::Empty(Tag::Default, Empty::None)
}

fn variable_fault(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        Some(format!("\"{}\" cannot be the name of a variable", shown(name)))
    } else if name == "BRUMMER" || name.starts_with("BRUMMER_") {
        Some(format!("`{}` is set by Brummer itself", shown(name)))
    } else {
        None
    }
}

/// Foreign text inside a message: short, without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}
