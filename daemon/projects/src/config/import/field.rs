//! A part of a foreign file with its place, read as what a key wants; what does not fit becomes a note, so
//! that one wrong value never costs the rest.
//!
//! Pure: no files, no environment, no clock.

use std::borrow::Cow;

use brummer_event::spec::Command;

use super::super::check::dotted;
use super::draft::Variables;
use crate::tree::{Lines, Node, Value};

/// Notes that are kept; of a file with more mistakes than this nobody reads on.
const MOST: usize = 200;

/// What could not be carried over, where it stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// As `processes.api.readiness_probe`; of formats without keys, what stands there.
    pub place: String,
    /// From 1.
    pub line: Option<usize>,
    pub why: String,
}

/// The notes of one import.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    left_out: usize,
}

impl Notes {
    pub(super) fn add(&mut self, place: impl Into<String>, line: Option<usize>, why: impl Into<String>) {
        if self.notes.len() < MOST {
            self.notes.push(Note { place: place.into(), line, why: why.into() });
        } else {
            self.left_out += 1;
        }
    }

    /// In the order of the lines.
    pub(super) fn finish(mut self, file: &str) -> Vec<Note> {
        self.notes.sort_by_key(|note| note.line);
        // What stands once for all processes is read for each.
        self.notes.dedup();
        if self.left_out > 0 {
            let why = format!("{} more are not told", self.left_out);
            self.notes.push(Note { place: file.to_owned(), line: None, why });
        }
        self.notes
    }
}

/// A key, its value, and where both stand.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    pub(super) node: &'a Node,
    lines: &'a Lines,
}

impl<'a> Field<'a> {
    pub(super) fn root(node: &'a Node, lines: &'a Lines) -> Self {
        Self { path: Vec::new(), line: 1, node, lines }
    }

    pub(super) fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    pub(super) fn place(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { dotted(&self.path) }
    }

    /// Tells that this is not carried over.
    pub(super) fn leave(&self, notes: &mut Notes, why: impl Into<String>) {
        notes.add(self.place(), Some(self.line), why);
    }

    fn misfit(&self, notes: &mut Notes, wanted: &str) {
        self.leave(notes, format!("must be {wanted}, not {}", self.node.value.kind()));
    }

    pub(super) fn is_null(&self) -> bool {
        self.node.value == Value::Null
    }

    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let entry = self.node.get(key)?;
        Some(self.below(key, entry.key_span.start, &entry.node))
    }

    /// What stands below `key`, which begins at the byte `start`.
    fn below(&self, key: &str, start: usize, node: &'a Node) -> Self {
        let path = [self.path.as_slice(), &[key.to_owned()]].concat();
        Self { path, line: self.lines.at(start), node, lines: self.lines }
    }

    /// The value of `other` in the place of this one's.
    pub(super) fn with_value_of(&self, other: &Self) -> Self {
        Self { path: self.path.clone(), ..other.clone() }
    }

    /// The keys of a table; of nothing, none.
    pub(super) fn fields(&self, notes: &mut Notes) -> Vec<Self> {
        match &self.node.value {
            Value::Table(entries) => entries
                .iter()
                .map(|entry| self.below(&entry.key, entry.key_span.start, &entry.node))
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                self.misfit(notes, "a table");
                Vec::new()
            }
        }
    }

    /// The items of a list.
    pub(super) fn items(&self, notes: &mut Notes) -> Vec<Self> {
        match &self.node.value {
            Value::List(nodes) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| self.below(&index.to_string(), node.span.start, node))
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                self.misfit(notes, "a list");
                Vec::new()
            }
        }
    }

    /// A scalar as text; numbers and truth values as they are written.
    pub(super) fn as_text(&self) -> Option<Cow<'a, str>> {
        match &self.node.value {
            Value::Text(text) | Value::Float(text) | Value::Date(text) => Some(text.into()),
            Value::Int(number) => Some(number.to_string().into()),
            Value::Bool(true) => Some("true".into()),
            Value::Bool(false) => Some("false".into()),
            Value::Null | Value::List(_) | Value::Table(_) => None,
        }
    }

    /// Text that can be a path or an argument.
    pub(super) fn text(&self, notes: &mut Notes) -> Option<String> {
        match self.as_text() {
            Some(text) if text.contains('\0') => {
                self.leave(notes, "contains a NUL, which no path or argument can");
                None
            }
            Some(text) => Some(text.into_owned()),
            None => {
                if !self.is_null() {
                    self.misfit(notes, "text");
                }
                None
            }
        }
    }

    pub(super) fn truth(&self, notes: &mut Notes) -> Option<bool> {
        match &self.node.value {
            Value::Bool(truth) => Some(*truth),
            Value::Text(text) if text == "true" || text == "false" => Some(text == "true"),
            Value::Null => None,
            _ => {
                self.misfit(notes, "true or false");
                None
            }
        }
    }

    /// As a tool written in Go reads it: its YAML library takes the words of YAML 1.1 where a truth value is
    /// wanted, and docker compose in any case.
    pub(super) fn go_truth(&self, notes: &mut Notes) -> Option<bool> {
        match self.as_text().map(|text| text.to_ascii_lowercase()).as_deref() {
            Some("y" | "yes" | "on") => Some(true),
            Some("n" | "no" | "off") => Some(false),
            _ => self.truth(notes),
        }
    }

    pub(super) fn number(&self, notes: &mut Notes) -> Option<u64> {
        let number = self.as_text().and_then(|text| text.trim().parse().ok());
        if number.is_none() && !self.is_null() {
            self.misfit(notes, "a whole number");
        }
        number
    }

    /// One text or a list of them.
    pub(super) fn texts(&self, notes: &mut Notes) -> Vec<String> {
        match &self.node.value {
            Value::List(_) => self.items(notes).iter().filter_map(|item| item.text(notes)).collect(),
            _ => self.text(notes).into_iter().collect(),
        }
    }

    /// Text for a shell, or a list that is executed as it is.
    pub(super) fn command(&self, notes: &mut Notes) -> Option<Command> {
        let empty = |notes: &mut Notes| {
            self.leave(notes, "is an empty command");
            None
        };
        match &self.node.value {
            Value::List(nodes) => {
                let argv = self.texts(notes);
                match argv.first() {
                    Some(program) if !program.is_empty() && argv.len() == nodes.len() => {
                        Some(Command::Exec(argv))
                    }
                    _ => empty(notes),
                }
            }
            _ => match self.text(notes)? {
                text if text.trim().is_empty() => empty(notes),
                text => Some(Command::Shell(text)),
            },
        }
    }

    /// A number of `unit` (`s`, `ms`), or text that already has a unit, as a duration of ours.
    pub(super) fn duration(&self, unit: &str, notes: &mut Notes) -> Option<String> {
        let Some(text) = self.as_text() else {
            if !self.is_null() {
                self.misfit(notes, "a duration");
            }
            return None;
        };
        let text = text.trim();
        let with_unit = format!("{text}{unit}");
        let duration =
            super::super::text::duration(text).or_else(|| super::super::text::duration(&with_unit));
        if duration.is_none() {
            self.leave(notes, format!("{text:?} is no duration"));
        }
        duration.map(super::super::text::show_duration)
    }

    /// A table of variables, or a list of `NAME=value`; nothing as a value unsets.
    pub(super) fn variables(&self, notes: &mut Notes) -> Variables {
        let mut found = Vec::new();
        match &self.node.value {
            Value::List(_) => {
                for item in self.items(notes) {
                    let Some(text) = item.text(notes) else { continue };
                    match text.split_once('=') {
                        Some((name, value)) => found.push((name.to_owned(), Some(value.to_owned()))),
                        None => item.leave(notes, "has no `=`; the variable is inherited anyway"),
                    }
                }
            }
            _ => return self.variables_among(self.fields(notes), notes),
        }
        self.possible(found, notes)
    }

    /// As [`Field::variables`], of these keys of the table.
    pub(super) fn variables_among(&self, fields: Vec<Self>, notes: &mut Notes) -> Variables {
        let mut found = Vec::new();
        for field in fields {
            if field.is_null() {
                found.push((field.key().to_owned(), None));
            } else if let Some(value) = field.text(notes) {
                found.push((field.key().to_owned(), Some(value)));
            }
        }
        self.possible(found, notes)
    }

    /// Those that can be variables; the others are told.
    fn possible(&self, mut found: Variables, notes: &mut Notes) -> Variables {
        found.retain(|(name, value)| match variable_fault(name) {
            Some(why) => {
                self.leave(notes, why);
                false
            }
            None => {
                if value.as_deref().is_some_and(|value| value.contains("${")) {
                    self.leave(
                        notes,
                        format!(
                            "`{name}` holds `${{…}}`, which is not replaced in `env`, only in .env files"
                        ),
                    );
                }
                true
            }
        });
        found
    }
}

fn variable_fault(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        Some(format!("{name:?} cannot be the name of a variable"))
    } else if name == "BRUMMER" || name.starts_with("BRUMMER_") {
        Some(format!("`{name}` is set by Brummer itself"))
    } else {
        None
    }
}
