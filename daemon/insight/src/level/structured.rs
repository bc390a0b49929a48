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
        && text
            .get(..start)
            .is_some_and(|before| before.is_empty() || before.trim_end().ends_with(['|', ']']))
        && let Some(found) = text.get(start..).and_then(json)
    {
        return Some(found);
    }
    logfmt(text)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
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
    #[serde(default, alias = "message", alias = "@m", alias = "Message", alias = "event", alias = "body")]
    msg: Option<Scalar>,
    #[serde(default, alias = "error", alias = "exception")]
    err: Option<Failure>,
    #[serde(
        default,
        alias = "exc_info",
        alias = "stacktrace",
        alias = "stack_trace",
        alias = "error.stack_trace"
    )]
    stack: Option<Scalar>,
}

fn json(text: &str) -> Option<Structured> {
    let level = json_level(text)?;
    if level < Level::Error {
        // What it says besides is of no interest here.
        return Some(Structured { level, message: None, kind: None, stack: None });
    }
    let Ok(fields) = serde_json::from_str::<Fields>(text) else {
        return Some(Structured { level, message: None, kind: None, stack: None });
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

/// The level among the outermost keys of an object: one pass, nothing allocated.
fn json_level(text: &str) -> Option<Level> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0_usize, 0_u32);
    // A string ends a key only if a colon follows; a value never has one behind it.
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let start = at;
                at = string_end(bytes, at)?;
                let key = text.get(start..at)?;
                at += 1;
                if depth != 1 {
                    continue;
                }
                let after = text.get(at..)?.trim_start();
                if let Some(value) = after.strip_prefix(':')
                    && LEVEL_KEYS.contains(&key)
                {
                    return level_value(value.trim_start());
                }
            }
            _ => {}
        }
    }
    None
}

const LEVEL_KEYS: [&str; 9] =
    ["level", "severity", "lvl", "log.level", "levelname", "@l", "s", "Level", "LEVEL"];

/// The position of the quote that ends the string.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn level_value(value: &str) -> Option<Level> {
    if let Some(text) = value.strip_prefix('"') {
        let word = text.split('"').next()?;
        return words::level_of(word).or_else(|| letter(word));
    }
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    numbered(value.get(..end)?.parse().ok()?)
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
    let value = memchr::memchr_iter(b'=', text.as_bytes()).find_map(|at| {
        let before = text.get(..at)?.strip_suffix(key)?;
        let starts_word = before.is_empty() || before.ends_with([' ', '\t']);
        text.get(at + 1..).filter(|_| starts_word)
    })?;
    Some(match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
        None => value.split(' ').next().unwrap_or(value),
    })
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
            (r#"{"level":30,"msg":"no error here"}"#, Some((Level::Info, None))),
            (r#"{"severity":"WARNING","message":"slow"}"#, Some((Level::Warn, None))),
            (r#"{"t":1,"s":"W","msg":"x"}"#, Some((Level::Warn, None))),
            (r#"{"a":{"level":"error"},"b":"level","c\"":[{}],"level" : "info"}"#, Some((Level::Info, None))),
            (r#"{"a":{"level":"error"}}"#, None),
            (r#"{"level":"error","msg":1,"message":"two names"}"#, Some((Level::Error, None))),
            (
                r#"{"level":50,"err":{"type":"TypeError","message":"m","stack":"s"},"msg":"x"}"#,
                Some((Level::Error, message("x: m"))),
            ),
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
