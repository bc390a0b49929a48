//! A file of another tool as a tree whose parts know their line, whichever of YAML, JSON and TOML it is
//! written in.
//!
//! Pure: no files, no environment, no clock.
//!
//! Bounds: the text is at most [`MAX_BYTES`](super::super::file::MAX_BYTES) long; aliases of YAML may replay
//! [`REPLAYED`] events in all, so that a few lines cannot become gigabytes; YAML nests at most [`DEPTH`]
//! deep, JSON and TOML as deep as their parsers allow (512, 80). A key that stands twice is an error: which one counts is anybody's
//! guess.

use std::fmt;

use jsonc_parser::ast;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::super::tree;
use super::ImportError;

/// Events that aliases of one YAML text may replay.
const REPLAYED: usize = 50_000;

/// How deep YAML may nest: its reader recurses, with some 30 KiB of stack a level.
const DEPTH: usize = 24;

/// How the text of a format is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Yaml,
    /// With comments and trailing commas.
    Json,
    Toml,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the order of the text.
    Table(Vec<Entry>),
}

/// A value and its line, from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) line: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Of the key.
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Value {
    /// What it is, in the words of messages.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// Reads `text`.
///
/// # Errors
/// Where and why it is not written that way.
pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Node, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match syntax {
        Syntax::Yaml => yaml(text),
        Syntax::Json => json(text),
        Syntax::Toml => toml(text),
    }
}

fn broken(syntax: &'static str, line: Option<usize>, why: impl Into<String>) -> ImportError {
    ImportError::Syntax { name: String::new(), syntax, line, why: why.into() }
}

fn yaml(text: &str) -> Result<Node, ImportError> {
    let mut options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        // `y` is a command and `on` a value of somebody's variable before they are true.
        strict_booleans: true
    };
    options.alias_limits.max_total_replayed_events = REPLAYED;
    if let Some(budget) = &mut options.budget {
        budget.max_depth = DEPTH;
        budget.flow_nesting_limit = DEPTH;
    }
    // A name such as `8080` or `on` as a key is text; values keep their type.
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(root) => Ok(root.into()),
        Err(error) => {
            let line = error.location().and_then(|place| usize::try_from(place.line()).ok());
            Err(broken("YAML", line, in_short(&error.without_snippet().to_string())))
        }
    }
}

/// The first line of a message, without the place (it is told beside it) and the advice for programmers.
fn in_short(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    let first = first.rfind(" at line ").and_then(|at| first.get(..at)).unwrap_or(first);
    let first = first.split([';', ',']).next().unwrap_or(first);
    match first.strip_prefix("duplicate mapping key: ") {
        Some(key) => format!("the key `{key}` stands twice"),
        None => first.to_owned(),
    }
}

/// A value of YAML without its place.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl From<Spanned<Raw>> for Node {
    fn from(spanned: Spanned<Raw>) -> Self {
        let line = usize::try_from(spanned.referenced.line()).unwrap_or(1).max(1);
        let value = match spanned.value {
            Raw::Null => Value::Null,
            Raw::Bool(truth) => Value::Bool(truth),
            Raw::Number(text) => Value::Number(text),
            Raw::Text(text) => Value::Text(text),
            Raw::List(nodes) => Value::List(nodes.into_iter().map(Self::from).collect()),
            Raw::Table(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        line: usize::try_from(key.referenced.line()).unwrap_or(1).max(1),
                        key: key.value,
                        node: value.into(),
                    })
                    .collect(),
            ),
        };
        Self { value, line }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Number(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Raw::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = table.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Table(entries))
    }
}

/// Byte offsets to lines, for texts that are walked in order and back again.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset) + 1
    }
}

fn json(text: &str) -> Result<Node, ImportError> {
    let options = jsonc_parser::ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_extended_string_escapes: false,
        allow_non_finite_numbers: false,
    };
    let lines = Lines::of(text);
    let parsed = jsonc_parser::parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &options)
        .map_err(|error| broken("JSON", Some(lines.at(error.range().start)), error.kind().to_string()))?;
    let Some(value) = parsed.value else { return Err(broken("JSON", None, "it is empty")) };
    from_json(&value, &lines)
}

fn from_json(value: &ast::Value<'_>, lines: &Lines) -> Result<Node, ImportError> {
    use jsonc_parser::common::Ranged as _;
    let line = lines.at(value.start());
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(truth) => Value::Bool(truth.value),
        ast::Value::NumberLit(number) => Value::Number(number.value.to_owned()),
        ast::Value::StringLit(text) => Value::Text(text.value.to_string()),
        ast::Value::Array(array) => {
            Value::List(array.elements.iter().map(|value| from_json(value, lines)).collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            let mut entries: Vec<Entry> = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            for property in &object.properties {
                let key = property.name.as_str().to_owned();
                let line = lines.at(property.start());
                if !seen.insert(key.clone()) {
                    return Err(broken("JSON", Some(line), format!("the key {key:?} stands twice")));
                }
                entries.push(Entry { key, line, node: from_json(&property.value, lines)? });
            }
            Value::Table(entries)
        }
    };
    Ok(Node { value, line })
}

fn toml(text: &str) -> Result<Node, ImportError> {
    let lines = Lines::of(text);
    match tree::read(text, tree::Format::Toml) {
        Ok(root) => Ok(from_toml(root, &lines)),
        Err(fault) => Err(broken("TOML", Some(lines.at(fault.span.start)), fault.message)),
    }
}

fn from_toml(node: tree::Node, lines: &Lines) -> Node {
    let line = lines.at(node.span.start);
    let value = match node.value {
        tree::Value::Null => Value::Null,
        tree::Value::Text(text) => Value::Text(text),
        tree::Value::Int(number) => Value::Number(number.to_string()),
        tree::Value::Bool(truth) => Value::Bool(truth),
        tree::Value::Float(text) => Value::Number(text),
        tree::Value::Date(text) => Value::Text(text),
        tree::Value::List(nodes) => {
            Value::List(nodes.into_iter().map(|node| from_toml(node, lines)).collect())
        }
        tree::Value::Table(entries) => Value::Table(
            entries
                .into_iter()
                .map(|entry| Entry {
                    key: entry.key,
                    line: lines.at(entry.key_span.start),
                    node: from_toml(entry.node, lines),
                })
                .collect(),
        ),
    };
    Node { value, line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(node: &'a Node, path: &[&str]) -> &'a Entry {
        let (last, above) = path.split_last().unwrap();
        let mut here = node;
        for key in above {
            here = &here.get(key).unwrap().node;
        }
        here.get(last).unwrap()
    }

    #[test]
    fn all_three_syntaxes_give_the_same_tree_with_lines() {
        let yaml = "a: 1\nb:\n  on: [x, true, ~]\n  8080: 'y'\n";
        let json = "{ \"a\": 1,\n\n \"b\": { \"on\": [\"x\", true, null],\n \"8080\": \"y\" } } // end\n";
        let toml = "a = 1\n[b]\non = [\"x\", true]\n8080 = \"y\"\n";
        for (text, syntax, nulls) in
            [(yaml, Syntax::Yaml, 1), (json, Syntax::Json, 1), (toml, Syntax::Toml, 0)]
        {
            let root = parse(text, syntax).unwrap();
            assert_eq!(get(&root, &["a"]).node.value, Value::Number("1".to_owned()), "{syntax:?}");
            let on = get(&root, &["b", "on"]);
            assert_eq!(on.line, 3, "{syntax:?}");
            let Value::List(items) = &on.node.value else { panic!("{on:?}") };
            assert_eq!(items.len(), 2 + nulls, "{syntax:?}");
            assert_eq!(items[0].value, Value::Text("x".to_owned()));
            assert_eq!(items[1].value, Value::Bool(true));
            let port = get(&root, &["b", "8080"]);
            assert_eq!((port.line, &port.node.value), (4, &Value::Text("y".to_owned())), "{syntax:?}");
        }
    }

    #[test]
    fn what_is_not_written_that_way_tells_its_line() {
        let mut told = String::new();
        for (text, syntax) in [
            ("a: 1\nb: [1,\n", Syntax::Yaml),
            ("a: 1\na: 2\n", Syntax::Yaml),
            ("a: *nowhere\n", Syntax::Yaml),
            ("a: 1\n---\nb: 2\n", Syntax::Yaml),
            ("{\"a\": 1,\n\"a\": 2}", Syntax::Json),
            ("{\"a\":\n nope}", Syntax::Json),
            ("", Syntax::Json),
            ("a = 1\na = 2\n", Syntax::Toml),
            ("a = \n", Syntax::Toml),
        ] {
            told.push_str(&format!("{}\n", parse(text, syntax).unwrap_err()));
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_billion_laughs_are_refused() {
        let mut text = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert!(parse(&text, Syntax::Yaml).is_err());
    }

    #[test]
    fn depth_is_bounded() {
        for (text, syntax) in [
            ("[".repeat(100_000), Syntax::Yaml),
            ("[".repeat(100_000), Syntax::Json),
            (format!("a = {}", "[".repeat(100_000)), Syntax::Toml),
            (nested(1400), Syntax::Yaml),
        ] {
            assert!(parse(&text, syntax).is_err(), "{syntax:?}");
        }
        assert!(parse(&nested(DEPTH), Syntax::Yaml).is_ok());
    }

    fn nested(levels: usize) -> String {
        (0..levels).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()
    }
}
