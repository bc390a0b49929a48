//! JSON, JSON with comments and YAML of other tools, as the file has it: order kept, types taken as they
//! come, so that one odd field costs that field and not the file.
//!
//! Of doubled keys the last counts. Depth is bounded by the parsers, size by [`manifest::read`].

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::manifest;

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
        serde_json::from_str(text).map_err(|error| format!("is no valid JSON: {error}"))
    }

    /// JSON in which comments and trailing commas stand.
    ///
    /// # Errors
    /// As [`Json::parse`].
    pub(crate) fn parse_commented(text: &str) -> Result<Self, String> {
        let options = jsonc_parser::ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        jsonc_parser::parse_to_serde_value(text, &options)
            .map_err(|error| format!("is no valid JSON: {error}"))
    }

    /// # Errors
    /// As [`Json::parse`].
    pub(crate) fn parse_yaml(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            format!("is not understood: {first}")
        })
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

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries: Vec<(String, Json)> = Vec::new();
        // Where each key stands, so that a file of nothing but doubled keys is no quadratic work.
        let mut places = std::collections::HashMap::new();
        while let Some((key, value)) = map.next_entry::<Json, Json>()? {
            let key = match key {
                Json::Text(text) | Json::Number(text) => text,
                Json::Bool(value) => value.to_string(),
                Json::Null => "null".to_owned(),
                Json::List(_) | Json::Object(_) => continue,
            };
            match places.get(&key).and_then(|place: &usize| entries.get_mut(*place)) {
                Some(entry) => entry.1 = value,
                None => {
                    places.insert(key.clone(), entries.len());
                    entries.push((key, value));
                }
            }
        }
        Ok(Json::Object(entries))
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
