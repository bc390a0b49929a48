//! A text of TOML, YAML or JSON as a tree that keeps the byte range of every key and value: the only thing
//! that depends on the text's format, and the one reader of our configuration, of what is imported, and of
//! what detection looks at. How strict it is depends on [whose](Whose) the text is.
//!
//! A tree has at most [`MOST_DEPTH`] levels and [`MOST_NODES`] nodes, whatever aliases multiply.
//!
//! Pure: no files, no environment, no clock.

mod json;
mod toml;
mod yaml;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

pub(crate) use toml::of_document;

/// Levels of a tree; a configuration has seven, a manifest some more.
const MOST_DEPTH: usize = 64;
/// Nodes of a tree; the largest text that is read could hold five times as many numbers.
const MOST_NODES: usize = 100_000;

/// A value and its byte range in the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, as YAML and JSON can say it.
    Null,
    Text(String),
    Int(i64),
    Bool(bool),
    /// As written.
    Float(String),
    /// As written.
    Date(String),
    List(Vec<Node>),
    /// In the order of the text.
    Table(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

impl Value {
    /// What it is, in the words of messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "text",
            Self::Int(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Float(_) => "a fraction",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The entry of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// Whose text it is, and with that how much of it may be odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Our configuration: everything in it must mean something.
    Ours,
    /// A file of another tool that somebody hands over: it may have tags of its own.
    Foreign,
    /// A file of another tool that lies around: of doubled keys the last counts as well, as for its tool.
    Found,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Yaml,
    Json,
    /// JSON with comments and trailing commas.
    Commented,
}

impl Format {
    /// By the ending of the name; TOML where it says nothing.
    pub(crate) fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => Self::Yaml,
            Some("json") => Self::Json,
            _ => Self::Toml,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Toml => "TOML",
            Self::Yaml => "YAML",
            Self::Json | Self::Commented => "JSON",
        }
    }
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// A key that is there twice.
    pub(crate) duplicate: bool,
    /// Where it is first, if that is known.
    pub(crate) first: Option<Range<usize>>,
}

impl Fault {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None, duplicate: false, first: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn duplicate(span: Range<usize>, key: &str, first: Option<Range<usize>>) -> Self {
        let key: String = key.chars().take(60).flat_map(char::escape_debug).collect();
        let fault = Self::new(span, format!("the key `{key}` is there twice"));
        Self { duplicate: true, first, ..fault.hint("take one of them out, or join them") }
    }

    fn too_much(span: Range<usize>) -> Self {
        Self::new(span, "it holds more than a configuration can")
            .hint("is this the right file? Aliases count as often as they are used")
    }
}

/// Reads a text.
///
/// # Errors
/// Where and why it is none of its format, or holds too much.
pub(crate) fn read(text: &str, format: Format, whose: Whose) -> Result<Node, Fault> {
    match format {
        // It knows neither tags nor doubled keys.
        Format::Toml => toml::read(text),
        Format::Yaml => yaml::read(text, whose),
        Format::Json => json::read(text, json::STRICT, whose),
        Format::Commented => json::read(text, json::COMMENTED, whose),
    }
}

/// The entries of a table while it is read. Knows where each key stands, so that a file of nothing but
/// doubled keys is no quadratic work.
#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

impl Entries {
    fn add(&mut self, entry: Entry, whose: Whose) -> Result<(), Fault> {
        match self.places.get(&entry.key).and_then(|place| self.entries.get_mut(*place)) {
            Some(known) if whose == Whose::Found => *known = entry,
            Some(known) => {
                return Err(Fault::duplicate(entry.key_span, &entry.key, Some(known.key_span.clone())));
            }
            None => {
                self.places.insert(entry.key.clone(), self.entries.len());
                self.entries.push(entry);
            }
        }
        Ok(())
    }

    fn knows(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }
}

/// Turns bytes into lines, for texts whose places are asked for in any order.
#[derive(Debug)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub(crate) fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset) + 1
    }

    /// The line and column of a byte of `text`, both from 1, the column in characters.
    pub(crate) fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.at(offset);
        let start =
            line.checked_sub(2).and_then(|before| self.0.get(before)).map_or(0, |newline| newline + 1);
        (line, text.get(start..offset).map_or(0, |before| before.chars().count()) + 1)
    }
}

#[cfg(test)]
mod tests;
