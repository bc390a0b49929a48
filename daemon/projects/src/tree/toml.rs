//! TOML by toml_edit, which bounds its own depth.
//!
//! Pure: no files, no environment, no clock.

use std::ops::Range;

use toml_edit::{Document, Item};

use super::{Entry, Fault, Node, Value};

/// Places where a doubled key may be first that are tried.
const MOST_LOOKED_AT: usize = 32;

pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let document = Document::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        match message.as_str() {
            "duplicate key" => {
                let key = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
                let first = first(text, key, &span);
                Fault::duplicate(span, key, first)
            }
            _ => {
                let hint = cure(&message);
                Fault::new(span, message).hint(hint)
            }
        }
    })?;
    Ok(from_item(document.as_item(), text, 0..0))
}

/// The tree of a document that was read for more than its values.
pub(crate) fn of_document(document: &Document<String>) -> Node {
    from_item(document.as_item(), document.raw(), 0..0)
}

/// Where the key at `second`, which is there twice, is first. The parser does not say: it is the place that the
/// mistake is gone by when it is called otherwise.
fn first(text: &str, key: &str, second: &Range<usize>) -> Option<Range<usize>> {
    let other = |character: char| if character == 'x' { 'y' } else { 'x' };
    let before = text.get(..second.start)?;
    let places = before.rmatch_indices(key).take(MOST_LOOKED_AT).map(|(at, _)| at..at + key.len());
    places.into_iter().find(|place| {
        let renamed: String = key.chars().map(other).collect();
        let text = [text.get(..place.start), Some(&renamed), text.get(place.end..)];
        let text: String = text.into_iter().flatten().collect();
        let parsed = Document::parse(text.as_str());
        // Names of another length would move what follows.
        renamed.len() == key.len()
            && parsed.err().and_then(|error| error.span()).is_none_or(|span| span.start > second.start)
    })
}

/// What to do about the mistakes that people make most.
fn cure(message: &str) -> &'static str {
    let has = |word: &str| message.contains(word);
    if has("string values must be quoted") {
        "put it in quotes: `key = \"text\"`"
    } else if has("string") {
        "close the text with the quote that opens it"
    } else if has("array") {
        "a list is `[\"a\", \"b\"]`: commas between, `]` at its end"
    } else if has("inline table") {
        "a table on one line is `{ a = 1, b = 2 }`, with commas between"
    } else if has("header") {
        "a table begins with `[name]` on a line of its own"
    } else {
        "a line is `key = value`, `[table]` or `# comment`"
    }
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
