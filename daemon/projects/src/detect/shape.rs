//! What may stand where in the files of other tools, as far as it is read: a value of another type is told, and
//! left out as if it were not there.
//!
//! Pure: no files, no environment, no clock.

use toml_edit::Document;

use crate::config::dotted;
use crate::tree::{self, Format, Lines, Node, Value};

/// Values of a wrong type that are told of one file.
const MAX_TOLD: usize = 5;

/// What may stand at a place. Nothing at all (null) may stand everywhere.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Any,
    Text,
    Bool,
    List(&'static Self),
    /// Keys that the file's author chose.
    Map(&'static Self),
    /// What PHP writes for a table without entries.
    EmptyList,
    /// These keys; others are nobody's business here.
    Keys(&'static [(&'static str, Self)]),
    /// By what it is; the first that fits.
    OneOf(&'static [Self]),
    /// Left out as a whole if anything in it is of a wrong type.
    Whole(&'static Self),
}

/// Why a text is of no use, or what of it is not; both in words that follow the file's name.
pub(crate) type Shaped<T> = Result<(T, Vec<String>), String>;

impl Shape {
    /// Takes out of `root` what is of a wrong type.
    ///
    /// # Errors
    /// The whole is.
    pub(crate) fn hold(&self, mut root: Node, text: &str, format: Format) -> Shaped<Node> {
        let mut looking = Looking { path: Vec::new(), format, wrong: Vec::new() };
        let whole = looking.keeps(self, &mut root);
        match looking.wrong.first() {
            Some(first) if !whole => Err(first.told.clone()),
            _ => Ok((root, looking.told(text))),
        }
    }

    /// What is of a wrong type in a document of TOML. It stays there: readers of such documents ask for a type.
    pub(crate) fn odd_of(&self, document: &Document<String>) -> Vec<String> {
        let text = document.raw();
        match self.hold(tree::of_document(document), text, Format::Toml) {
            Ok((_, odd)) => odd,
            Err(why) => vec![why],
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) | (Self::Any, _) => true,
            (Self::Text, Value::Text(_)) | (Self::Bool, Value::Bool(_)) | (Self::List(_), Value::List(_)) => {
                true
            }
            (Self::Map(_) | Self::Keys(_), Value::Table(_)) => true,
            (Self::EmptyList, Value::List(nodes)) => nodes.is_empty(),
            (Self::OneOf(shapes), value) => shapes.iter().any(|shape| shape.fits(value)),
            (Self::Whole(shape), value) => shape.fits(value),
            _ => false,
        }
    }

    fn words(&self, format: Format) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::EmptyList => "an empty list".to_owned(),
            Self::Map(_) | Self::Keys(_) => a_table(format).to_owned(),
            Self::OneOf(shapes) => {
                shapes.iter().map(|shape| shape.words(format)).collect::<Vec<_>>().join(" or ")
            }
            Self::Whole(shape) => shape.words(format),
        }
    }
}

const fn a_table(format: Format) -> &'static str {
    match format {
        Format::Toml => "a table",
        Format::Yaml => "a mapping",
        Format::Json | Format::Commented => "an object",
    }
}

struct Wrong {
    told: String,
    at: usize,
}

/// A walk over a tree.
struct Looking {
    /// As `tasks[2]`, `command`.
    path: Vec<String>,
    format: Format,
    wrong: Vec<Wrong>,
}

impl Looking {
    /// Whether `node` may stay where it is.
    fn keeps(&mut self, shape: &Shape, node: &mut Node) -> bool {
        if !shape.fits(&node.value) {
            self.note(shape, node);
            return false;
        }
        let before = self.wrong.len();
        match (shape, &mut node.value) {
            (Shape::OneOf(shapes), value) => match shapes.iter().find(|shape| shape.fits(value)) {
                Some(shape) => self.keeps(shape, node),
                None => true,
            },
            (Shape::Whole(shape), _) => self.keeps(shape, node) && self.wrong.len() == before,
            (Shape::List(each), Value::List(nodes)) => {
                let mut index = 0;
                let last = self.path.pop().unwrap_or_default();
                nodes.retain_mut(|node| {
                    self.path.push(format!("{last}[{index}]"));
                    index += 1;
                    let keeps = self.keeps(each, node);
                    self.path.pop();
                    keeps
                });
                self.path.push(last);
                true
            }
            (Shape::Map(each), Value::Table(entries)) => {
                entries.retain_mut(|entry| self.below(dotted(&[&entry.key]), each, &mut entry.node));
                true
            }
            (Shape::Keys(keys), Value::Table(entries)) => {
                entries.retain_mut(|entry| match keys.iter().find(|(key, _)| *key == entry.key) {
                    Some((key, shape)) => self.below((*key).to_owned(), shape, &mut entry.node),
                    None => true,
                });
                true
            }
            _ => true,
        }
    }

    fn below(&mut self, key: String, shape: &Shape, node: &mut Node) -> bool {
        self.path.push(key);
        let keeps = self.keeps(shape, node);
        self.path.pop();
        keeps
    }

    fn note(&mut self, shape: &Shape, node: &Node) {
        let is = match &node.value {
            Value::Table(_) => a_table(self.format),
            other => other.kind(),
        };
        let expected = shape.words(self.format);
        let path = self.path.join(".");
        let told = if path.is_empty() {
            format!("must be {expected}, not {is}")
        } else {
            format!("has {is} as `{path}`, which must be {expected}")
        };
        self.wrong.push(Wrong { told, at: node.span.start });
    }

    fn told(self, text: &str) -> Vec<String> {
        if self.wrong.is_empty() {
            return Vec::new();
        }
        let lines = Lines::of(text);
        let more = self.wrong.len().saturating_sub(MAX_TOLD);
        let told = |wrong: &Wrong| format!("{} (line {})", wrong.told, lines.at(wrong.at));
        let mut all: Vec<String> = self.wrong.iter().take(MAX_TOLD).map(told).collect();
        if more > 0 {
            all.push(format!("has {more} more values of a wrong type"));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::json::Json;

    const TASK: Shape = Shape::Whole(&Shape::Keys(&[("command", Shape::Text), ("hide", Shape::Bool)]));
    const FILE: Shape = Shape::Keys(&[
        ("scripts", Shape::Map(&Shape::Text)),
        ("tasks", Shape::List(&TASK)),
        ("members", Shape::OneOf(&[Shape::List(&Shape::Text), Shape::Keys(&[("packages", Shape::Any)])])),
    ]);

    #[test]
    fn what_is_of_a_wrong_type_is_told_with_its_line_and_left_out() {
        let text = "{\"scripts\": {\"a\": \"x\", \"b c\": 1},\n\"tasks\": [{\"command\": [1]}, 7,\n{\"command\": \"x\"}, null], \"members\": 5, \"z\": 1}";
        let (json, odd) = Json::shaped(text, Format::Json, &FILE).unwrap();
        assert_eq!(
            odd,
            [
                "has a number as `scripts.\"b c\"`, which must be text (line 1)",
                "has a list as `tasks[0].command`, which must be text (line 2)",
                "has a number as `tasks[1]`, which must be an object (line 2)",
                "has a number as `members`, which must be a list or an object (line 3)",
            ]
        );
        let expected = "{\"scripts\": {\"a\": \"x\"}, \"tasks\": [{\"command\": \"x\"}, null], \"z\": 1}";
        assert_eq!(json, Json::parse(expected).unwrap());
        assert_eq!(Json::shaped("- a", Format::Yaml, &FILE), Err("must be a mapping, not a list".to_owned()));
        assert_eq!(Json::shaped("", Format::Yaml, &FILE), Ok((Json::Null, Vec::new())));
    }

    #[test]
    fn a_file_of_nothing_but_wrong_types_is_told_in_a_few_lines() {
        let text = format!("scripts:\n{}", "  a: 1\n".replace('a', "a{}"));
        let text: String =
            (0..100).fold(text.replace("  a{}: 1\n", ""), |text, n| format!("{text}  a{n}: {n}\n"));
        let (_, odd) = Json::shaped(&text, Format::Yaml, &FILE).unwrap();
        assert_eq!(odd.len(), MAX_TOLD + 1);
        assert_eq!(odd[MAX_TOLD], "has 95 more values of a wrong type");
    }
}
