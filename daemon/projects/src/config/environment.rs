//! Configuration by environment: `BRUMMER_LOGS__KEEP_LINES=5000`. Only variables with `__` after the prefix
//! are configuration; the rest belong to others.
//!
//! Pure: the environment is handed in.

use std::collections::BTreeMap;

use figment::value::{Dict, Value as Figment};

use super::check::{Checked, Which, check};
use super::diagnostic::{Code, Diagnostic, Place};
use super::dialect::Dialect;
use super::file;
use super::schema::{self, Kind, planned};
use crate::names;
use crate::tree::{Entry, Node, Value};

/// An environment, as it was at the edge.
pub type Environment = BTreeMap<String, String>;

const PREFIX: &str = "BRUMMER_";

/// Checks every variable that is configuration.
pub(crate) fn read(environment: &Environment) -> (Checked, Vec<Diagnostic>) {
    let mut all = Checked::default();
    let mut wrong = Vec::new();
    for (variable, text) in environment {
        let Some(key) = variable.strip_prefix(PREFIX).filter(|key| key.contains("__")) else { continue };
        let path: Vec<String> = key.split("__").map(str::to_ascii_lowercase).collect();
        let known = schema::find(schema::USER, path.iter().map(String::as_str));
        let scalar = known.filter(|key| {
            !matches!(key.kind, Kind::Table(_))
                && !key.kind.by_name()
                && path.first().is_none_or(|first| first != "project")
        });
        if scalar.is_none() {
            let planned = (1..=path.len()).filter_map(|length| path.get(..length));
            // A project is known by its directory, which no variable can name.
            let planned = planned.filter_map(planned::find).find(|planned| planned.path != "project");
            wrong.push(planned.map_or_else(|| unknown(variable), |_| not_built(variable)));
            continue;
        }
        let place = Place::Environment(variable.clone());
        let (checked, mistakes) =
            check(&nested(&path, text), Which::User, Dialect::Variables, file::PROJECTS, &|_| place.clone());
        wrong.extend(mistakes);
        all.places.extend(checked.places);
        merge(&mut all.dict, checked.dict);
    }
    (all, wrong)
}

fn not_built(variable: &str) -> Diagnostic {
    let message = format!("{variable} is not built into this version; it has no effect");
    Diagnostic::new(Code::NotBuilt, Place::Environment(variable.to_owned()), message)
        .hint("unset it, or leave it for a later version")
}

fn unknown(variable: &str) -> Diagnostic {
    let mut known = Vec::new();
    variables(schema::USER, PREFIX.to_owned(), &mut known);
    let hint = match names::nearest(variable, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}? Otherwise unset it"),
        None => "unset it; variables that begin with BRUMMER_ and contain `__` are configuration".to_owned(),
    };
    let place = Place::Environment(variable.to_owned());
    Diagnostic::new(Code::UnknownKey, place, format!("{variable} is no key of the configuration")).hint(hint)
}

fn variables(keys: &[schema::Key], prefix: String, known: &mut Vec<String>) {
    for key in keys {
        let name = format!("{prefix}{}", key.name.to_ascii_uppercase());
        match key.kind {
            Kind::PerDirectory(_) | Kind::PerProcess(_) | Kind::PerProfile(_) | Kind::Version => {}
            Kind::Table(keys) => variables(keys, format!("{name}__"), known),
            Kind::Sizes { keys, .. } => {
                known.push(name.clone());
                variables(keys, format!("{name}__"), known);
            }
            _ => known.push(name),
        }
    }
}

/// The tree that a file with this one key would have.
fn nested(path: &[String], text: &str) -> Node {
    let leaf = match (text.parse::<i64>(), text) {
        (Ok(number), _) => Value::Int(number),
        (_, "true") => Value::Bool(true),
        (_, "false") => Value::Bool(false),
        _ => Value::Text(text.to_owned()),
    };
    path.iter().rev().fold(Node { value: leaf, span: 0..0 }, |node, key| Node {
        value: Value::Table(vec![Entry { key: key.clone(), key_span: 0..0, node }]),
        span: 0..0,
    })
}

fn merge(into: &mut Dict, from: Dict) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Figment::Dict(_, old)), Figment::Dict(_, new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_variables_with_two_underscores_are_configuration() {
        let (checked, wrong) = read(&environment(&[
            ("BRUMMER_STATE_DIR", "/x"),
            ("BRUMMER", "1"),
            ("OTHER__THING", "1"),
            ("BRUMMER_LOGS__KEEP_LINES", "5000"),
            ("BRUMMER_LOGS__RING_BYTES__TOTAL", "1GiB"),
            ("BRUMMER_CONCURRENCY__EVENTBUS__RING_SIZE", "7"),
        ]));
        assert_eq!(wrong, Vec::new());
        let places: Vec<String> = checked.places.values().map(ToString::to_string).collect();
        assert!(places.contains(&"environment BRUMMER_LOGS__KEEP_LINES".to_owned()));
        assert_eq!(checked.dict.len(), 2);
    }

    #[test]
    fn what_is_wrong_names_the_variable() {
        let (_, wrong) = read(&environment(&[
            ("BRUMMER_LOGS__KEEP_LINE", "5000"),
            ("BRUMMER_DAEMON__ORPHAN_GRACE", "15"),
            ("BRUMMER_PROCESSES__API__RUN", "x"),
            ("BRUMMER_PROJECT__X__RESUME", "true"),
            ("BRUMMER_LOGS__", "1"),
            ("BRUMMER_MCP__PORT", "1"),
        ]));
        let text = super::super::diagnostic::render_all(&wrong);
        insta::assert_snapshot!(text);
    }
}
