//! The JSON Schemas (draft 7, which taplo and the YAML and JSON language servers all read) of a project's
//! files and of the user's configuration, generated from the table of keys. The table is the truth and
//! knows what Rust types do not (words, ranges, units, documentation), so nothing is derived from types.
//!
//! Pure: data.

use serde_json::{Map, Value, json};

use super::{Key, Kind, PROJECT, Preset, USER};
use crate::names;

const DURATION: &str = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$";
const SIZE: &str = r"^[0-9]+$|^[0-9]+(\.[0-9]+)? ?(B|KiB|MiB|GiB|TiB|kB|KB|MB|GB|TB)$";

/// Of `brummer.toml`, `brummer.yaml`, `brummer.json` and their `.local` twins.
pub fn project_schema() -> String {
    document("Brummer: a project's configuration", PROJECT)
}

/// Of `config.toml` or `config.yaml`.
pub fn user_schema() -> String {
    document("Brummer: the user's configuration", USER)
}

fn document(title: &str, keys: &[Key]) -> String {
    let mut schema = table(keys);
    schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".to_owned(), json!(title));
    // Editors look for it in JSON files.
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("$schema".to_owned(), json!({ "type": "string", "description": "This schema." }));
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(schema)).unwrap_or_default();
    text.push('\n');
    text
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), Value::Object(of(key)))).collect();
    object(json!({ "type": "object", "additionalProperties": false, "properties": properties }))
}

fn of(key: &Key) -> Map<String, Value> {
    let mut schema = shape(key.kind);
    schema.insert("description".to_owned(), json!(key.doc));
    match key.preset {
        Preset::Unset => {}
        Preset::Bool(truth) => drop(schema.insert("default".to_owned(), json!(truth))),
        Preset::Int(number) => drop(schema.insert("default".to_owned(), json!(number))),
        Preset::Text(text) => drop(schema.insert("default".to_owned(), json!(text))),
    }
    if let Some(example) = example(key) {
        schema.insert("examples".to_owned(), json!([example]));
    }
    schema
}

/// The example as JSON.
fn example(key: &Key) -> Option<Value> {
    let text = format!("example = {}", key.example);
    toml_edit::de::from_str::<Map<String, Value>>(&text).ok()?.remove("example")
}

fn shape(kind: Kind) -> Map<String, Value> {
    let text = json!({ "type": "string", "minLength": 1 });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let size =
        json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": SIZE }] });
    let duration = json!({ "type": "string", "pattern": DURATION });
    let shape = match kind {
        Kind::Version => json!({ "const": 1 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::AutoInt { least, most } => json!({ "anyOf": [
            { "const": "auto" }, { "type": "integer", "minimum": least, "maximum": most }
        ] }),
        Kind::Duration => duration,
        Kind::DurationOrOff => json!({ "anyOf": [{ "const": "off" }, duration] }),
        Kind::Size => size,
        Kind::Sizes { keys, .. } => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 }, { "type": "string", "pattern": SIZE }, table(keys)
        ] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Path | Kind::Pattern => text,
        Kind::Paths => json!({ "anyOf": [text, { "type": "array", "items": text }] }),
        Kind::Command => json!({ "anyOf": [
            text, { "type": "array", "minItems": 1, "items": { "type": ["string", "integer"] } }
        ] }),
        Kind::Names | Kind::Unset { .. } => texts,
        Kind::Variables => json!({
            "type": "object",
            "propertyNames": { "pattern": "^(?!BRUMMER(_|$))[^=]+$" },
            "additionalProperties": { "type": ["string", "number", "boolean", "null"] }
        }),
        Kind::Signal => {
            let signals = (1..=31).map(brummer_event::state::signal_name);
            json!({ "enum": signals.collect::<Vec<_>>() })
        }
        Kind::Table(keys) => return table(keys),
        Kind::PerProcess(keys) | Kind::PerProfile(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": names::PATTERN },
            "additionalProperties": table(keys)
        }),
        Kind::PerDirectory(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^(/|~$|~/)" },
            "additionalProperties": table(keys)
        }),
    };
    object(shape)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
