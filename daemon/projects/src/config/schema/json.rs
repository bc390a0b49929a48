//! The JSON Schemas (draft 7, which taplo and the YAML and JSON language servers all read) of a project's
//! files and of the user's configuration, generated from the table of keys. The table is the truth and
//! knows what Rust types do not (words, ranges, units, documentation), so nothing is derived from types.
//!
//! Pure: data.

use serde_json::{Map, Value, json};

use super::super::text;
use super::{Key, Kind, PROJECT, Preset, USER};
use crate::names;

const NAME: &str = "A name is 1 to 64 of A-Z a-z 0-9 . _ : + - and begins with a letter or digit.";
/// No NUL: neither a path nor an argument nor a variable can hold one.
const PLAIN: &str = r"^[^\u0000]*$";
/// The same, and not blank.
const COMMAND: &str = r"^[^\u0000]*[^\u0000\s][^\u0000]*$";
const VARIABLE: &str = r"^(?!BRUMMER(_|$))[^=\u0000]+$";

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
    // Editors look for it; in TOML and YAML too, if no comment says where it is.
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("$schema".to_owned(), json!({ "type": "string", "description": "This schema." }));
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(schema)).unwrap_or_default();
    text.push('\n');
    text
}

/// Or nothing, which YAML has below a key without a value: `api:` takes what was detected under that name.
fn table(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), Value::Object(of(key)))).collect();
    object(json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties }))
}

/// Tables of the same shape by a name of the user's choice.
fn tables(names: &str, otherwise: &str, about: &str, keys: &[Key]) -> Value {
    let mut each = table(keys);
    each.insert("description".to_owned(), json!(about));
    json!({
        "type": ["object", "null"],
        "propertyNames": { "pattern": names, "patternErrorMessage": otherwise },
        "additionalProperties": each
    })
}

/// Any of a list, however its letters are written; for words that have nothing to escape.
fn any_case(words: &[&str]) -> String {
    let letter = |c: char| {
        let (upper, lower) = (c.to_ascii_uppercase(), c.to_ascii_lowercase());
        if upper == lower { c.to_string() } else { format!("[{upper}{lower}]") }
    };
    words.iter().map(|word| word.chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("|")
}

fn of(key: &Key) -> Map<String, Value> {
    let mut schema = shape(key.kind);
    schema.insert("description".to_owned(), json!(key.doc));
    if key.doc.contains('`') {
        // Without it a server for YAML shows the marks themselves.
        schema.insert("markdownDescription".to_owned(), json!(key.doc));
    }
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

/// One list of types with what holds for each, rather than alternatives: editors tell of an alternative only
/// that it is another one. Words for a pattern are an extension of the language servers; others pass it over.
fn shape(kind: Kind) -> Map<String, Value> {
    let shape = match kind {
        Kind::Version => json!({ "const": 1 }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::AutoInt { least, most } => json!({
            "type": ["integer", "string"], "minimum": least, "maximum": most,
            "pattern": "^auto$", "patternErrorMessage": "Write \"auto\" or a whole number."
        }),
        Kind::Duration => json!({
            "type": "string", "pattern": text::duration_pattern(),
            "patternErrorMessage": "Write a number and a unit (ms, s, m, h, d), as 10s."
        }),
        Kind::DurationOrOff => json!({
            "type": "string", "pattern": format!("^off$|{}", text::duration_pattern()),
            "patternErrorMessage": "Write a number and a unit (ms, s, m, h, d), as 10s, or off."
        }),
        Kind::Size => size(),
        Kind::Sizes { keys, .. } => {
            let mut shape = object(size());
            shape.extend(table(keys));
            shape.insert("type".to_owned(), json!(["integer", "string", "object", "null"]));
            return shape;
        }
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Path => json!({ "type": "string", "minLength": 1, "pattern": PLAIN }),
        // Its dialect is not that of schemas.
        Kind::Pattern => json!({ "type": "string", "minLength": 1 }),
        Kind::Paths => json!({
            "type": ["string", "array"], "minLength": 1, "pattern": PLAIN,
            "items": { "type": "string", "minLength": 1, "pattern": PLAIN }
        }),
        Kind::Command => json!({
            "type": ["string", "array"], "pattern": COMMAND, "patternErrorMessage": "It names no program.",
            "minItems": 1,
            "items": [{ "type": ["string", "integer"], "minLength": 1, "pattern": PLAIN }],
            "additionalItems": { "type": ["string", "integer"], "pattern": PLAIN }
        }),
        Kind::Names => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Unset { .. } => {
            let mut variable = object(variable());
            variable.insert("type".to_owned(), json!("string"));
            json!({ "type": "array", "items": variable })
        }
        Kind::Variables => json!({
            "type": ["object", "null"],
            "propertyNames": variable(),
            "additionalProperties": { "type": ["string", "number", "boolean", "null"], "pattern": PLAIN }
        }),
        Kind::Signal => {
            let signals: Vec<String> = (1..=31).map(brummer_event::state::signal_name).collect();
            let short: Vec<&str> = signals.iter().map(|name| name.trim_start_matches("SIG")).collect();
            // The list is what editors offer.
            json!({ "anyOf": [
                { "enum": signals }, { "type": "string", "pattern": format!("^([Ss][Ii][Gg])?({})$", any_case(&short)) }
            ] })
        }
        Kind::Table(keys) => return table(keys),
        Kind::PerProcess(keys) => {
            let about = "A process; without keys, the detected script of this name.";
            tables(names::PATTERN, NAME, about, keys)
        }
        Kind::PerProfile(keys) => {
            let about = "What is different under this profile.";
            tables(names::PATTERN, NAME, about, keys)
        }
        Kind::PerDirectory(keys) => {
            let about = "A project's directory.";
            tables("^(/|~$|~/)", "Begin the directory with / or ~/.", about, keys)
        }
    };
    object(shape)
}

fn size() -> Value {
    json!({
        "type": ["integer", "string"], "minimum": 0, "pattern": text::size_pattern(),
        "patternErrorMessage": "Write a number and a unit (B, KiB, MiB, GiB, kB, MB, GB), as 256MiB."
    })
}

fn variable() -> Value {
    json!({ "pattern": VARIABLE, "patternErrorMessage": "A variable has a name without =; BRUMMER and BRUMMER_… are set by Brummer itself." })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
