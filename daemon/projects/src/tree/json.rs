//! JSON, with comments or strictly; then serde_json says what is none and where. jsonc-parser gives the byte
//! ranges and bounds its own depth, at 512.
//!
//! Pure: no files, no environment, no clock.

use std::ops::Range;

use jsonc_parser::ast::{ObjectPropName, Value as Json};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use serde::de::IgnoredAny;

use super::{Entries, Entry, Fault, Node, Value, Whose};

/// As our configuration and package.json are written.
pub(super) const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// As most tools read their own files.
pub(super) const COMMENTED: ParseOptions =
    ParseOptions { allow_comments: true, allow_trailing_commas: true, ..STRICT };

pub(super) fn read(text: &str, options: ParseOptions, whose: Whose) -> Result<Node, Fault> {
    let text_after_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - text_after_mark.len();
    let text = text_after_mark;
    if !options.allow_comments {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
            // Whoever builds the values has the better words.
            let error = serde_json::from_str::<serde_json::Value>(text).err().unwrap_or(error);
            let at = skipped + offset(text, error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            let hint = match message.contains("EOF") {
                true => "every `{`, `[` and `\"` needs its end",
                false => "JSON has neither comments nor trailing commas",
            };
            Fault::new(at..at, message.to_owned()).hint(hint)
        })?;
    }
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let parsed = parse_to_ast(text, &collect, &options).map_err(|error| {
        let range = error.range();
        Fault::new(skipped + range.start..skipped + range.end, error.kind().to_string())
    })?;
    match parsed.value {
        Some(value) => Reader { skipped, nodes: 0, whose }.node(&value, 0),
        None => Err(Fault::new(skipped..skipped, "it is empty")),
    }
}

/// The byte of a line and column, both from 1; a column counts bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    (start + column.saturating_sub(1)).min(text.len())
}

struct Reader {
    /// Bytes before the text, of a byte order mark.
    skipped: usize,
    nodes: usize,
    whose: Whose,
}

impl Reader {
    fn range(&self, ranged: &impl Ranged) -> Range<usize> {
        self.skipped + ranged.start()..self.skipped + ranged.end()
    }

    fn node(&mut self, value: &Json<'_>, depth: usize) -> Result<Node, Fault> {
        let span = self.range(value);
        self.nodes += 1;
        if self.nodes > super::MOST_NODES || depth > super::MOST_DEPTH {
            return Err(Fault::too_much(span));
        }
        let value = match value {
            Json::NullKeyword(_) => Value::Null,
            Json::BooleanLit(lit) => Value::Bool(lit.value),
            Json::StringLit(lit) => Value::Text(lit.value.to_string()),
            Json::NumberLit(lit) => match lit.value.parse::<i64>() {
                Ok(number) => Value::Int(number),
                Err(_) => Value::Float(lit.value.to_owned()),
            },
            Json::Array(array) => {
                let elements = array.elements.iter();
                Value::List(elements.map(|element| self.node(element, depth + 1)).collect::<Result<_, _>>()?)
            }
            Json::Object(object) => {
                let mut read = Entries::default();
                for property in &object.properties {
                    let key_span = self.range(&property.name);
                    let key = match &property.name {
                        ObjectPropName::String(lit) => lit.value.to_string(),
                        ObjectPropName::Word(word) => word.value.to_owned(),
                    };
                    let node = self.node(&property.value, depth + 1)?;
                    read.add(Entry { key, key_span, node }, self.whose)?;
                }
                Value::Table(read.entries)
            }
        };
        Ok(Node { value, span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_text() {
        let text = "\u{feff}{ \"ä\": [1, \"😀\\ud83d\\ude00\\/\"], \"b\": {\"c\": null} }";
        let root = read(text, STRICT, Whose::Ours).unwrap();
        let Value::Table(entries) = &root.value else { panic!("{root:?}") };
        let shown: Vec<&str> =
            entries.iter().map(|entry| text.get(entry.key_span.clone()).unwrap()).collect();
        assert_eq!(shown, ["\"ä\"", "\"b\""]);
        let Value::List(list) = &entries[0].node.value else { panic!("{root:?}") };
        assert!(matches!(&list[1].value, Value::Text(text) if text == "😀😀/"), "{list:?}");
        assert_eq!(text.get(list[0].span.clone()), Some("1"));
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, at, expected) in [
            ("{\"a\": 1,}", 8, "trailing comma"),
            ("{\"a\": 1 // x\n}", 8, "expected"),
            ("", 0, "EOF"),
            ("{\"a\": 1, \"a\": 2}", 9, "twice"),
            ("{\"a\"\n: 'x'}", 7, "expected value"),
            ("{} {}", 3, "trailing characters"),
        ] {
            let fault = read(text, STRICT, Whose::Ours).unwrap_err();
            assert!(fault.message.contains(expected), "{text}: {}", fault.message);
            assert_eq!(fault.span.start, at, "{text}");
        }
        for deep in ["[".repeat(200_000), format!("{}{}", "[".repeat(100), "]".repeat(100))] {
            assert!(!read(&deep, STRICT, Whose::Ours).unwrap_err().message.is_empty());
        }
    }
}
