//! JSON, JSON with comments and YAML of other tools, as the file has it: order kept, types taken as they
//! come, so that one odd field costs that field and not the file.
//!
//! Of doubled keys the last counts. Depth and growth are bounded by [`tree`], size by [`manifest::read`].

use std::path::Path;

use super::manifest;
use super::shape::{Shape, Shaped};
use crate::tree::{self, Format, Lines, Value, Whose};

/// A value of any of the three languages.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Json {
    #[default]
    Null,
    Bool(bool),
    /// As it would be written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// # Errors
    /// Why the text is no JSON, in words that follow the file's name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::of(text, Format::Json)
    }

    /// JSON in which comments and trailing commas stand.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub(crate) fn parse_commented(text: &str) -> Result<Self, String> {
        Self::of(text, Format::Commented)
    }

    /// # Errors
    /// As [`Json::parse`].
    pub(crate) fn parse_yaml(text: &str) -> Result<Self, String> {
        Self::of(text, Format::Yaml)
    }

    fn of(text: &str, format: Format) -> Result<Self, String> {
        node(text, format).map(Self::from)
    }

    /// The value of a text that has a shape, and what of it had another.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub(crate) fn shaped(text: &str, format: Format, shape: &Shape) -> Shaped<Self> {
        let (node, odd) = shape.hold(node(text, format)?, text, format)?;
        Ok((node.into(), odd))
    }

    /// As [`Json::read`], of a file that has a shape.
    ///
    /// # Errors
    /// As [`Json::read`].
    pub(crate) fn read_shaped(path: &Path, format: Format, shape: &Shape) -> Shaped<Option<Self>> {
        match manifest::read(path)? {
            Some(text) => Self::shaped(&text, format, shape).map(|(json, odd)| (Some(json), odd)),
            None => Ok((None, Vec::new())),
        }
    }

    /// The file's value; nothing if there is none.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow its name.
    pub(crate) fn read(path: &Path, parse: fn(&str) -> Result<Self, String>) -> Result<Option<Self>, String> {
        manifest::read(path)?.map(|text| parse(&text)).transpose()
    }

    /// The value below a key of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text below a key.
    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The entries of an object, none of anything else.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        if let Self::Object(entries) = self { entries } else { &[] }
    }

    /// The items of a list, none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The texts in a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::text).map(str::to_owned).collect()
    }
}

fn node(text: &str, format: Format) -> Result<tree::Node, String> {
    tree::read(text, format, Whose::Found).map_err(|fault| {
        let line = Lines::of(text).at(fault.span.start);
        format!("is no valid {}: {} (line {line})", format.name(), fault.message)
    })
}

impl From<tree::Node> for Json {
    fn from(node: tree::Node) -> Self {
        match node.value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(truth),
            Value::Int(number) => Self::Number(number.to_string()),
            Value::Float(text) => Self::Number(text),
            Value::Text(text) | Value::Date(text) => Self::Text(text),
            Value::List(nodes) => Self::List(nodes.into_iter().map(Self::from).collect()),
            Value::Table(entries) => {
                Self::Object(entries.into_iter().map(|entry| (entry.key, entry.node.into())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parse = fn(&str) -> Result<Json, String>;
    const ALL: [Parse; 3] = [Json::parse, Json::parse_commented, Json::parse_yaml];

    #[test]
    fn three_languages_give_one_value_in_the_order_of_the_text() {
        let text = r#"{"z": "1", "a": [true, null, 2], "b": {"c": "d"}, "z": "3"}"#;
        let expected = Json::Object(vec![
            ("z".to_owned(), Json::Text("3".to_owned())),
            ("a".to_owned(), Json::List(vec![Json::Bool(true), Json::Null, Json::Number("2".to_owned())])),
            ("b".to_owned(), Json::Object(vec![("c".to_owned(), Json::Text("d".to_owned()))])),
        ]);
        assert_eq!(Json::parse(text), Ok(expected.clone()));
        assert_eq!(Json::parse_commented(&format!("// x\n{text} /* y */")), Ok(expected.clone()));
        let single = text.replace(r#", "z": "3""#, "").replace(r#""1""#, r#""3""#);
        assert_eq!(Json::parse_yaml(&single), Ok(expected));
        assert_eq!(Json::parse_commented("{\"a\": [1,],}").map(|value| value.entries().len()), Ok(1));
    }

    #[test]
    fn what_is_none_is_told_and_depth_and_growth_are_bounded() {
        for parse in ALL {
            for bad in ["{\"a\": [", "[\"a\"", "{\"a\":\"x"] {
                assert!(parse(bad).is_err_and(|why| why.starts_with("is no")), "{bad}");
            }
            let deep = "[".repeat(100_000);
            assert!(parse(&deep).is_err());
            let deep = "{\"a\":".repeat(100_000);
            assert!(parse(&deep).is_err());
        }
        let laughs: String = (1..40)
            .map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1))
            .fold("a0: &a0 lol\n".to_owned(), |all, line| all + &line);
        assert!(Json::parse_yaml(&laughs).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_them(text in "[\\[\\]{}:,\"'a-c0-9\\\\/* \n&*!-]{0,80}") {
            for parse in ALL {
                let _ = parse(&text);
            }
        }
    }
}
