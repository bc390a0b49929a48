//! What of a package.json matters here.
//!
//! Pure: no files, no environment, no clock.
//!
//! Scripts keep the order of the file. A field of an odd type is as good as none: npm does not refuse the
//! file for it either.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct PackageJson {
    pub(crate) name: Option<String>,
    /// Name and command.
    pub(crate) scripts: Vec<(String, String)>,
    /// Names of scripts that are no text.
    pub(crate) odd_scripts: Vec<String>,
    pub(crate) package_manager: Option<String>,
    /// Names below `engines`.
    pub(crate) engines: Vec<String>,
    /// Patterns below `workspaces`; nothing = no workspace.
    pub(crate) workspaces: Option<Vec<String>>,
}

impl PackageJson {
    /// # Errors
    /// Why the text is no package.json, in words that follow its name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Top(json) = serde_json::from_str(text).map_err(|error| format!("is no valid JSON: {error}"))?;
        Ok(json)
    }
}

struct Top(PackageJson);

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Package;
        impl<'de> Visitor<'de> for Package {
            type Value = Top;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
                let mut json = PackageJson::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "name" => json.name = text(map.next_value()?).filter(|name| !name.is_empty()),
                        "packageManager" => json.package_manager = text(map.next_value()?),
                        "engines" => {
                            let Ordered(entries) = map.next_value()?;
                            json.engines = entries.into_iter().map(|(name, _)| name).collect();
                        }
                        "workspaces" => json.workspaces = patterns(map.next_value()?),
                        "scripts" => {
                            let Ordered(entries) = map.next_value()?;
                            json.scripts.clear();
                            json.odd_scripts.clear();
                            for (name, command) in entries {
                                match text(command) {
                                    Some(command) => {
                                        // Of doubled keys JSON keeps the last.
                                        json.scripts.retain(|(other, _)| *other != name);
                                        json.scripts.push((name, command));
                                    }
                                    None => json.odd_scripts.push(name),
                                }
                            }
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Top(json))
            }
        }
        deserializer.deserialize_map(Package)
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The list form, or `{ "packages": […] }`.
fn patterns(value: Value) -> Option<Vec<String>> {
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("packages") {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        },
        _ => return None,
    };
    Some(list.into_iter().filter_map(text).collect())
}

/// The entries of an object in the order of the text; none of anything else.
struct Ordered(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Ordered(Vec::new()))
            }

            fn visit_str<E>(self, _: &str) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }

            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered(Vec::new()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scripts_keep_their_order_and_odd_types_are_no_end() {
        let json = PackageJson::parse(
            r#"{"name":"@acme/web","scripts":{"z":"1","a":"2","m":3,"z":"4"},"engines":["node"],
                "workspaces":{"packages":["packages/*"],"nohoist":[]},"packageManager":7,"scripts2":null}"#,
        )
        .unwrap();
        assert_eq!(json.name.as_deref(), Some("@acme/web"));
        assert_eq!(json.scripts, vec![("a".to_owned(), "2".to_owned()), ("z".to_owned(), "4".to_owned())]);
        assert_eq!(json.odd_scripts, vec!["m"]);
        assert_eq!(json.engines, Vec::<String>::new());
        assert_eq!(json.workspaces, Some(vec!["packages/*".to_owned()]));
        assert_eq!(json.package_manager, None);
    }

    #[test]
    fn what_is_no_object_is_told() {
        for bad in ["", "[]", "{", "null", "{\"scripts\":{\"a\":}}"] {
            let why = PackageJson::parse(bad).unwrap_err();
            assert!(why.starts_with("is no valid JSON"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}") {
            let _ = PackageJson::parse(&text);
        }
    }
}
