//! Levels of lines made of fields: JSON (`"level":"error"`, pino's numbers) and logfmt (`level=warn`). Pure.

use brummer_event::Level;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::level::words;

/// What the fields of a line say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Structured {
    pub(crate) level: Level,
    pub(crate) message: Option<String>,
    /// The error's own name, where a field holds an error.
    pub(crate) kind: Option<String>,
    pub(crate) stack: Option<String>,
}

/// Longest line that is parsed as JSON; a longer one is info unless its text is marked.
const MOST_JSON: usize = 16 * 1024;

pub(crate) fn read(text: &str) -> Option<Structured> {
    if let Some(start) = text.find('{')
        && text.ends_with('}')
        && text.len() <= MOST_JSON
        && text.get(..start).is_some_and(|before| before.is_empty() || before.trim_end().ends_with(['|', ']']))
        && let Some(found) = text.get(start..).and_then(json)
    {
        return Some(found);
    }
    logfmt(text)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Failure {
    Object {
        #[serde(default, alias = "name", alias = "kind")]
        r#type: Option<String>,
        #[serde(default)]
        message: Option<String>,
        #[serde(default)]
        stack: Option<String>,
    },
    Text(String),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Fields {
    #[serde(alias = "severity", alias = "lvl", alias = "log.level", alias = "levelname", alias = "@l", alias = "s", alias = "Level", alias = "LEVEL")]
    level: Option<Scalar>,
    #[serde(default, alias = "message", alias = "@m", alias = "Message", alias = "event", alias = "body")]
    msg: Option<Scalar>,
    #[serde(default, alias = "error", alias = "exception")]
    err: Option<Failure>,
    #[serde(default, alias = "exc_info", alias = "stacktrace", alias = "stack_trace", alias = "error.stack_trace")]
    stack: Option<Scalar>,
}

fn json(text: &str) -> Option<Structured> {
    // Two aliases of one field in a line make serde refuse it; the scan below still finds the level.
    let fields = match serde_json::from_str::<Fields>(text) {
        Ok(fields) => fields,
        Err(error) if error.is_data() => return scan(text),
        Err(_) => return None,
    };
    let level = match fields.level? {
        Scalar::Number(number) => numbered(number)?,
        Scalar::Text(word) => words::level_of(&word).or_else(|| letter(&word))?,
        Scalar::Other(_) => return None,
    };
    let text_of = |scalar| match scalar {
        Some(Scalar::Text(text)) => Some(text),
        _ => None,
    };
    let (kind, failure, inner_stack) = match fields.err {
        Some(Failure::Object { r#type, message, stack }) => (r#type, message, stack),
        Some(Failure::Text(text)) => (None, Some(text), None),
        _ => (None, None, None),
    };
    let message = match (text_of(fields.msg), failure) {
        (Some(message), Some(failure)) if !failure.is_empty() && !message.contains(&failure) => {
            Some(if message.is_empty() { failure } else { format!("{message}: {failure}") })
        }
        (message, failure) => message.or(failure),
    };
    Some(Structured { level, message, kind, stack: inner_stack.or(text_of(fields.stack)) })
}

/// The level alone, out of the text of a JSON object.
fn scan(text: &str) -> Option<Structured> {
    let after = ["\"level\"", "\"severity\""].iter().find_map(|key| Some(text.split_once(key)?.1))?;
    let value = after.trim_start().strip_prefix(':')?.trim_start();
    let word = value.strip_prefix('"').and_then(|value| value.split('"').next())?;
    let level = words::level_of(word)?;
    Some(Structured { level, message: None, kind: None, stack: None })
}

/// Pino and bunyan: 10 trace … 60 fatal.
fn numbered(number: i64) -> Option<Level> {
    Some(match number {
        10..20 => Level::Trace,
        20..30 => Level::Debug,
        30..40 => Level::Info,
        40..50 => Level::Warn,
        50..60 => Level::Error,
        60..=100 => Level::Fatal,
        _ => return None,
    })
}

/// MongoDB writes one letter.
fn letter(word: &str) -> Option<Level> {
    Some(match word {
        "F" => Level::Fatal,
        "E" => Level::Error,
        "W" => Level::Warn,
        "I" => Level::Info,
        "D" | "D1" | "D2" | "D3" | "D4" | "D5" => Level::Debug,
        _ => return None,
    })
}

fn logfmt(text: &str) -> Option<Structured> {
    let word = ["level", "lvl", "severity", "log.level"].iter().find_map(|key| value(text, key))?;
    let level = words::level_of(word)?;
    let message = value(text, "msg").or_else(|| value(text, "message"));
    let failure = value(text, "err").or_else(|| value(text, "error"));
    let message = match (message, failure) {
        (Some(message), Some(failure)) => Some(format!("{message}: {failure}")),
        (message, failure) => message.or(failure).map(str::to_owned),
    };
    Some(Structured { level, message, kind: None, stack: None })
}

/// The value of `key=` at the start of a word; quotes taken off.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find(key)?;
        let after = text.get(at + key.len()..)?;
        let starts_word = text.get(..at)?.chars().next_back().is_none_or(|c| c == ' ' || c == '\t');
        match after.strip_prefix('=') {
            Some(value) if starts_word => {
                return Some(match value.strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
                    None => value.split(' ').next().unwrap_or(value),
                });
            }
            _ => from = at + key.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<(Level, Option<String>)> {
        read(text).map(|fields| (fields.level, fields.message))
    }

    #[test]
    fn fields_tell_the_level() {
        let message = |text: &str| Some(text.to_owned());
        let rows = [
            (r#"{"level":"error","msg":"boom"}"#, Some((Level::Error, message("boom")))),
            (r#"{"level":50,"time":1,"msg":"boom"}"#, Some((Level::Error, message("boom")))),
            (r#"{"level":30,"msg":"no error here"}"#, Some((Level::Info, message("no error here")))),
            (r#"{"severity":"WARNING","message":"slow"}"#, Some((Level::Warn, message("slow")))),
            (r#"{"t":1,"s":"W","msg":"x"}"#, Some((Level::Warn, message("x")))),
            (r#"{"level":50,"err":{"type":"TypeError","message":"m","stack":"s"},"msg":"x"}"#, Some((Level::Error, message("x: m")))),
            (r#"{"level":"error","severity":"error"}"#, Some((Level::Error, None))),
            (r#"{"error":"level"}"#, None),
            (r#"{"level":{"a":1}}"#, None),
            (r#"level=warn msg="slow query" took=3.2s"#, Some((Level::Warn, message("slow query")))),
            (r#"time=x level=ERROR msg=boom err="no file""#, Some((Level::Error, message("boom: no file")))),
            ("sublevel=error x", None),
            ("level=", None),
            ("{ not json error }", None),
        ];
        for (text, expected) in rows {
            assert_eq!(told(text), expected, "{text}");
        }
    }
}
