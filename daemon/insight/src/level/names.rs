//! Errors that are named at the head of a message: `TypeError: …`, `java.io.IOException: …`. Pure.

use brummer_event::Level;

use crate::level::Mark;

/// Longest dotted name that is looked at.
const MOST_NAME: usize = 120;

/// A named error at the start of `text`, after words that only say how it was met.
pub(crate) fn at_head(text: &str) -> Option<Mark<'_>> {
    const MET: [&str; 9] = [
        "Uncaught (in promise) ",
        "Uncaught ",
        "Unhandled ",
        "unhandledRejection: ",
        "uncaughtException: ",
        "Unhandled Rejection: ",
        "Unhandled promise rejection: ",
        "Caused by: ",
        "Error: Uncaught ",
    ];
    let mut text = text;
    let mut met = false;
    for words in MET {
        if let Some(rest) = text.strip_prefix(words) {
            met = true;
            text = rest.trim_start_matches(['[', '{', ' ']);
        }
    }
    if let Some(rest) = text.strip_prefix("Exception in thread ") {
        met = true;
        text = rest
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .map_or(rest, |(_, rest)| rest.trim_start());
    }
    if let Some((kind, code, message)) = error_name(text) {
        return Some(Mark { kind: Some(kind), code, ..Mark::new(Level::Error, message) });
    }
    if let Some(message) = warning_name(text) {
        return Some(Mark::new(Level::Warn, message));
    }
    met.then(|| Mark::new(Level::Error, text))
}

/// (name, code, message) of `TypeError: …`, `Error [ERR_X]: …`, `a.b.CustomError: …`, a bare `KeyError`.
pub(crate) fn error_name(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (path, after) = identifier(text)?;
    let name = path.rsplit(['.', ':', '$']).next()?;
    let named = (name.ends_with("Error") || name.ends_with("Exception"))
        && name.starts_with(|c: char| c.is_ascii_uppercase());
    if !named {
        return None;
    }
    if after.trim().is_empty() {
        // A bare word is a name only if it is compound: `Error` alone may be a heading.
        return (name.len() > "Exception".len() || name == "KeyError").then_some((name, None, ""));
    }
    if let Some(message) = after.strip_prefix(':') {
        if message.starts_with(':') || !(message.is_empty() || message.starts_with([' ', '\t'])) {
            return None;
        }
        let message = message.trim();
        return (!is_zero(message)).then_some((name, None, message));
    }
    let coded = after.strip_prefix(" [")?;
    let (code, rest) = coded.split_once(']')?;
    let good =
        !code.is_empty() && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let message = rest.strip_prefix(':')?;
    good.then_some((name, Some(code), message.trim()))
}

fn warning_name(text: &str) -> Option<&str> {
    let (path, after) = identifier(text)?;
    let named = path.ends_with("Warning") && path.len() > "Warning".len();
    after.strip_prefix(':').filter(|_| named).map(str::trim)
}

fn identifier(text: &str) -> Option<(&str, &str)> {
    let end = text
        .char_indices()
        .find(|(at, c)| {
            let of_path = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$');
            // `a::b::Error: x`: a double colon joins, a single one ends.
            let joins = *c == ':'
                && (text.get(at + 1..).is_some_and(|rest| rest.starts_with(':'))
                    || text.get(..*at).is_some_and(|before| before.ends_with(':')))
                && text.get(at + 1..).is_some_and(|rest| {
                    rest.trim_start_matches(':').starts_with(|c: char| c.is_alphanumeric())
                });
            !(of_path || joins)
        })
        .map_or(text.len(), |(at, _)| at);
    (end > 0 && end <= MOST_NAME).then(|| text.split_at_checked(end))?
}

/// `0`, `0 errors`: a count of nothing.
pub(crate) fn is_zero(message: &str) -> bool {
    let mut words = message.split_whitespace();
    matches!(words.next(), Some("0" | "0," | "none" | "None"))
        && words.next().is_none_or(|word| !word.starts_with(|c: char| c.is_ascii_uppercase()))
}
