//! Layers of checked values: figment puts them over one another and remembers which one each value came
//! from; the place inside that layer is ours.
//!
//! Pure: no files, no environment, no clock.

use std::sync::Arc;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;

use super::check::{Checked, Places, dotted};
use super::diagnostic::{Code, Diagnostic, Place};
use super::schema::{Key, Kind, Preset};

/// One source of values. Later layers win, key by key; lists are replaced whole.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// `default`, or the file; unique in a stack.
    name: String,
    dict: Dict,
    places: Places,
}

impl Layer {
    pub(crate) fn new(name: impl Into<String>, checked: Checked) -> Self {
        Self { name: name.into(), dict: checked.dict, places: checked.places }
    }

    /// The defaults of the table of keys.
    pub(crate) fn defaults(keys: &[Key]) -> Self {
        Self { name: "default".to_owned(), dict: presets(keys), places: Places::new() }
    }

    /// The part of this layer below one key of the top.
    pub(crate) fn only(&self, key: &str) -> Self {
        let mut part = self.clone();
        part.dict.retain(|name, _| name == key);
        part
    }

    /// This layer without one key of the top.
    pub(crate) fn without(&self, key: &str) -> Self {
        let mut part = self.clone();
        part.dict.remove(key);
        part.places.retain(|path, _| path.first().is_none_or(|first| first != key));
        part
    }
}

fn presets(keys: &[Key]) -> Dict {
    let mut dict = Dict::new();
    for key in keys {
        let value = match (key.kind, key.preset) {
            (Kind::Table(keys) | Kind::Sizes { keys, .. }, _) => Value::from(presets(keys)),
            (Kind::Version, _) => continue,
            (_, Preset::Unset) => continue,
            (_, Preset::Bool(truth)) => Value::from(truth),
            (_, Preset::Int(number)) => Value::from(number),
            (_, Preset::Text(text)) => Value::from(text),
        };
        dict.insert(key.name.to_owned(), value);
    }
    dict
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// An effective value and where it came from, as `config show --sources` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// As `processes.api.run`.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// `default`, `environment NAME`, or `file:line:column`.
    pub source: String,
}

/// Layers put over one another.
pub(crate) struct Stack {
    figment: Figment,
    layers: Vec<Arc<Layer>>,
}

impl Stack {
    pub(crate) fn new(layers: Vec<Arc<Layer>>) -> Self {
        let figment = layers.iter().fold(Figment::new(), |figment, layer| figment.merge(Layer::clone(layer)));
        Self { figment, layers }
    }

    /// The effective values in their final types. What was checked always fits; should it not, the table of
    /// keys and the types disagree, and that is told rather than hidden.
    pub(crate) fn extract<T: DeserializeOwned>(&self) -> Result<T, Diagnostic> {
        self.figment.extract().map_err(|error| {
            let path: Vec<&str> = error.path.iter().map(String::as_str).collect();
            Diagnostic::new(
                Code::WrongType,
                Place::Environment("(all layers)".to_owned()),
                format!("`{}` cannot be used: {}", dotted(&path), error.kind),
            )
        })
    }

    /// Where the effective value at `path` was written; nothing if it is a default or is not set.
    pub(crate) fn place(&self, path: &[&str]) -> Option<&Place> {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.layers.iter().rev().find_map(|layer| layer.places.get(&path))
    }

    /// Every effective value, in the order of its key.
    pub(crate) fn values(&self) -> Vec<ConfigValue> {
        let mut values = Vec::new();
        let data = self.figment.data().unwrap_or_default();
        if let Some(dict) = data.get(&Profile::Default) {
            self.collect(dict, &mut Vec::new(), &mut values);
        }
        values
    }

    fn collect(&self, dict: &Dict, path: &mut Vec<String>, values: &mut Vec<ConfigValue>) {
        for (name, value) in dict {
            path.push(name.clone());
            match value {
                Value::Dict(_, inner) => self.collect(inner, path, values),
                value => values.push(ConfigValue {
                    key: dotted(path),
                    // TOML has no null; who reads it knows that nothing stands there.
                    value: if matches!(value, Value::Empty(..)) { "null".to_owned() } else { to_toml(value) },
                    source: self.source(path, value),
                }),
            }
            path.pop();
        }
    }

    fn source(&self, path: &[String], value: &Value) -> String {
        let Some(metadata) = self.figment.get_metadata(value.tag()) else {
            return "default".to_owned();
        };
        let layer = self.layers.iter().find(|layer| layer.name == metadata.name);
        match layer.and_then(|layer| layer.places.get(path)) {
            Some(place) => place.to_string(),
            None => metadata.name.clone().into_owned(),
        }
    }
}

/// A value as it would be written.
fn to_toml(value: &Value) -> String {
    fn convert(value: &Value) -> toml_edit::Value {
        match value {
            Value::String(_, text) => text.as_str().into(),
            Value::Char(_, character) => character.to_string().into(),
            Value::Bool(_, truth) => (*truth).into(),
            Value::Num(_, number) => match number.to_u128().and_then(|n| i64::try_from(n).ok()) {
                Some(number) => number.into(),
                None => value.to_i128().and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX).into(),
            },
            Value::Empty(..) => "".into(),
            Value::Dict(_, dict) => dict.iter().map(|(key, value)| (key.as_str(), convert(value))).collect(),
            Value::Array(_, values) => values.iter().map(convert).collect(),
        }
    }
    convert(value).to_string()
}
