//! A configuration text as a tree that knows where each part of it stands.
//!
//! Pure: no files, no environment, no clock.
//!
//! Everything after this file (schema, diagnostics, layers) sees only the tree, so that another format
//! needs another reader and nothing else.

use std::ops::Range;

use toml_edit::{Document, Item};

/// A value and its byte range in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Range<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
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

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) node: Node,
}

impl Value {
    /// What it is, in the words of messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
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

/// Reads TOML.
///
/// # Errors
/// Where and why the text is none.
pub(crate) fn toml(text: &str) -> Result<Node, (Range<usize>, String)> {
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        (error.span().unwrap_or(0..0), message)
    })?;
    Ok(from_item(document.as_item(), text, 0..0))
}

fn from_item(item: &Item, text: &str, fallback: Range<usize>) -> Node {
    let span = item.span().unwrap_or(fallback);
    let value = match item {
        Item::None => Value::Table(Vec::new()),
        Item::Value(value) => return from_value(value, text, span),
        Item::Table(table) => Value::Table(
            table
                .iter()
                .map(|(key, item)| {
                    let key_span = table.key(key).and_then(toml_edit::Key::span).unwrap_or(span.clone());
                    Entry {
                        key: key.to_owned(),
                        key_span: key_span.clone(),
                        node: from_item(item, text, key_span),
                    }
                })
                .collect(),
        ),
        Item::ArrayOfTables(tables) => Value::List(
            tables
                .iter()
                .map(|table| {
                    from_item(&Item::Table(table.clone()), text, table.span().unwrap_or(span.clone()))
                })
                .collect(),
        ),
    };
    Node { value, span }
}

fn from_value(value: &toml_edit::Value, text: &str, fallback: Range<usize>) -> Node {
    let span = value.span().unwrap_or(fallback);
    let written = || text.get(span.clone()).unwrap_or_default().to_owned();
    let value = match value {
        toml_edit::Value::String(text) => Value::Text(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Int(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::Bool(*truth.value()),
        toml_edit::Value::Float(_) => Value::Float(written()),
        toml_edit::Value::Datetime(_) => Value::Date(written()),
        toml_edit::Value::Array(array) => {
            Value::List(array.iter().map(|value| from_value(value, text, span.clone())).collect())
        }
        toml_edit::Value::InlineTable(table) => Value::Table(
            table
                .iter()
                .map(|(key, value)| {
                    let key_span = table.key(key).and_then(toml_edit::Key::span).unwrap_or(span.clone());
                    Entry {
                        key: key.to_owned(),
                        key_span: key_span.clone(),
                        node: from_value(value, text, key_span),
                    }
                })
                .collect(),
        ),
    };
    Node { value, span }
}
