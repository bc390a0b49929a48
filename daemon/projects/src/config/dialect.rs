//! How an example is written in the language of the file that it is for. Examples are kept as TOML, in the
//! table of keys and in the messages; whoever follows a cure in YAML or JSON must not break the file by it.
//!
//! Pure: no files, no environment, no clock.

use std::path::Path;

use toml_edit::Value as Toml;

use super::check::dotted;
use super::diagnostic::Place;
use crate::tree::{Format, Value};

/// What the text that a message is about is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Toml,
    Yaml,
    Json,
    /// Variables of the environment.
    Variables,
}

impl Dialect {
    /// Of the file of this name.
    pub(crate) fn of(path: &Path) -> Self {
        match Format::of(path) {
            Format::Toml => Self::Toml,
            Format::Yaml => Self::Yaml,
            Format::Json | Format::Commented => Self::Json,
        }
    }

    /// Of what is written there.
    pub(crate) fn at(place: &Place) -> Self {
        match place {
            Place::Span(span) => Self::of(&span.file),
            Place::File(file) => Self::of(file),
            Place::Environment(_) => Self::Variables,
            Place::Option(_) => Self::Toml,
        }
    }

    /// How a table is named in a sentence: `[processes.api]`.
    pub(crate) fn name<S: AsRef<str>>(self, path: &[S]) -> String {
        if self == Self::Toml { format!("[{}]", dotted(path)) } else { format!("`{}`", dotted(path)) }
    }

    /// The last key of `path` with a value: `` `run = "x"` ``. `example` is TOML.
    pub(crate) fn pair<S: AsRef<str>>(self, path: &[S], example: &str) -> String {
        let key = path.last().map(AsRef::as_ref).unwrap_or_default();
        let value = self.value(example);
        match self {
            Self::Toml => format!("`{} = {value}`", dotted(&[key])),
            Self::Yaml => format!("`{}: {value}`", self.key(key)),
            Self::Json => format!("`{}: {value}`", self.key(key)),
            Self::Variables => {
                let path: Vec<String> = path.iter().map(|part| part.as_ref().to_ascii_uppercase()).collect();
                format!("`BRUMMER_{}={}`", path.join("__"), value.trim_matches('"'))
            }
        }
    }

    /// A table that is to be written where the file has none: `` [processes.api] ``. `example` is its TOML.
    pub(crate) fn table<S: AsRef<str>>(self, path: &[S], example: &str) -> String {
        match path.split_last() {
            Some((_, above)) if self != Self::Toml && !above.is_empty() => {
                format!("{} in {}", self.pair(path, example), self.name(above))
            }
            Some(_) if self != Self::Toml => self.pair(path, example),
            _ => self.name(path),
        }
    }

    /// The text of a whole file that holds one key.
    pub(crate) fn whole(self, key: &str, example: &str) -> String {
        let pair = self.pair(&[key], example);
        if self == Self::Json { format!("`{{ {} }}`", pair.trim_matches('`')) } else { pair }
    }

    /// A value; `example` is TOML.
    pub(crate) fn value(self, example: &str) -> String {
        match example.parse::<Toml>() {
            Ok(value) if self != Self::Toml => self.written(&value),
            _ => example.to_owned(),
        }
    }

    fn written(self, value: &Toml) -> String {
        match value {
            Toml::String(text) => self.text(text.value()),
            Toml::Array(values) => {
                let values: Vec<String> = values.iter().map(|value| self.written(value)).collect();
                format!("[{}]", values.join(", "))
            }
            Toml::InlineTable(table) => {
                let pair =
                    |(key, value): (&str, &Toml)| format!("{}: {}", self.key(key), self.written(value));
                let pairs: Vec<String> = table.iter().map(pair).collect();
                format!("{{ {} }}", pairs.join(", "))
            }
            other => other.to_string().trim().to_owned(),
        }
    }

    /// Text in quotes. Those of JSON are YAML's too; where they need a backslash, YAML has simpler ones.
    pub(crate) fn text(self, text: &str) -> String {
        match self {
            Self::Yaml if text.contains(['\\', '"']) && !text.contains(char::is_control) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            Self::Toml => Toml::from(text).to_string(),
            _ => serde_json::Value::from(text).to_string(),
        }
    }

    fn key(self, key: &str) -> String {
        let bare =
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if self == Self::Yaml && bare { key.to_owned() } else { serde_json::Value::from(key).to_string() }
    }

    /// What a table is called.
    pub(crate) const fn a_table(self) -> &'static str {
        match self {
            Self::Toml | Self::Variables => "a table",
            Self::Yaml => "a mapping",
            Self::Json => "an object",
        }
    }

    /// What a value is, in the words of messages.
    pub(crate) const fn kind(self, value: &Value) -> &'static str {
        match value {
            Value::Table(_) => self.a_table(),
            other => other.kind(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Dialect; 4] = [Dialect::Toml, Dialect::Yaml, Dialect::Json, Dialect::Variables];

    #[test]
    fn one_example_is_written_in_each_dialect() {
        let written = ALL.map(|dialect| dialect.pair(&["env"], "{ PORT = 3000, \"a b\" = [\"x\", true] }"));
        assert_eq!(
            written.get(..3).unwrap(),
            [
                r#"`env = { PORT = 3000, "a b" = ["x", true] }`"#,
                r#"`env: { PORT: 3000, "a b": ["x", true] }`"#,
                r#"`"env": { "PORT": 3000, "a b": ["x", true] }`"#,
            ]
        );
        let written = ALL.map(|dialect| dialect.pair(&["ready", "log"], r"'on :\d+'"));
        assert_eq!(
            written.get(..3).unwrap(),
            [r"`log = 'on :\d+'`", r"`log: 'on :\d+'`", r#"`"log": "on :\\d+"`"#]
        );
        let written = Dialect::Variables.pair(&["logs", "keep_bytes"], "\"64MiB\"");
        assert_eq!(written, "`BRUMMER_LOGS__KEEP_BYTES=64MiB`");
    }

    #[test]
    fn a_table_is_named_by_where_it_goes() {
        let written = ALL.map(|dialect| dialect.table(&["processes", "db"], "{ run = \"…\" }"));
        assert_eq!(
            written.get(..3).unwrap(),
            [
                "[processes.db]",
                r#"`db: { run: "…" }` in `processes`"#,
                r#"`"db": { "run": "…" }` in `processes`"#
            ]
        );
        assert_eq!(Dialect::Json.whole("logs", "{ keep_lines = 1 }"), r#"`{ "logs": { "keep_lines": 1 } }`"#);
    }
}
