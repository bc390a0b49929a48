//! Level words, and where one counts at the head of a message. Pure.

use brummer_event::Level;

use crate::level::{Mark, Tool, names};

/// The level that a word names, in any case: `WARN`, `warning`, `wrn`.
pub(crate) fn level_of(word: &str) -> Option<Level> {
    const WORDS: [(&str, Level); 34] = [
        ("ERROR", Level::Error),
        ("WARN", Level::Warn),
        ("INFO", Level::Info),
        ("WARNING", Level::Warn),
        ("DEBUG", Level::Debug),
        ("FATAL", Level::Fatal),
        ("TRACE", Level::Trace),
        ("ERR", Level::Error),
        ("WRN", Level::Warn),
        ("INF", Level::Info),
        ("DBG", Level::Debug),
        ("FTL", Level::Fatal),
        ("TRC", Level::Trace),
        ("CRITICAL", Level::Fatal),
        ("CRIT", Level::Fatal),
        ("SEVERE", Level::Error),
        ("PANIC", Level::Fatal),
        ("PNC", Level::Fatal),
        ("EMERG", Level::Fatal),
        ("EMERGENCY", Level::Fatal),
        ("ALERT", Level::Fatal),
        ("NOTICE", Level::Info),
        ("INFORMATION", Level::Info),
        ("VERBOSE", Level::Debug),
        ("FINE", Level::Debug),
        ("FAIL", Level::Error),
        ("FAILED", Level::Error),
        ("EROR", Level::Error),
        ("ERRO", Level::Error),
        ("DBUG", Level::Debug),
        ("TRCE", Level::Trace),
        ("DPANIC", Level::Fatal),
        ("SILLY", Level::Trace),
        ("LOG", Level::Info),
    ];
    if word.len() > 11 || word.len() < 3 {
        return None;
    }
    WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
}

/// The word at the start of `text`, its level, and what follows.
pub(crate) fn leading(text: &str) -> Option<(&str, Level, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end)?;
    Some((word, level_of(word)?, after))
}

pub(crate) fn is_upper(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase())
}

pub(crate) fn is_shy(word: &str) -> bool {
    // Words that are common in prose: they need a colon even in capitals.
    ["ALERT", "LOG", "FINE", "PANIC", "NOTICE", "SILLY", "VERBOSE"]
        .iter()
        .any(|shy| shy.eq_ignore_ascii_case(word))
}

/// A level word at the head of the message.
pub(crate) fn at_head<'a>(head: &'a str, line: &'a str) -> Option<Mark<'a>> {
    if let Some(rest) = head.strip_prefix("npm ") {
        return npm(rest);
    }
    if let Some(rest) = head.strip_prefix("panic: ") {
        return Some(Mark { kind: Some("panic"), ..Mark::new(Level::Fatal, rest) });
    }
    for fatal in ["fatal error: ", "FATAL ERROR: ", "PHP Fatal error: "] {
        if let Some(rest) = head.strip_prefix(fatal) {
            return Some(Mark::new(Level::Fatal, rest));
        }
    }
    let (word, level, after) = leading(head)?;
    if let Some(coded) = after.strip_prefix('[')
        && let Some((code, rest)) = coded.split_once(']')
        && let Some(message) = rest.strip_prefix(':')
        && code.len() <= 40
    {
        return Some(Mark { code: Some(code), tool: Tool::Bare, ..Mark::new(level, message) });
    }
    let message = accepted(word, level, after)?.trim();
    if names::is_zero(message) {
        return Some(Mark::new(Level::Info, message));
    }
    let bare = head.len() == line.len() && after.starts_with(": ") && !is_upper(word);
    let tool = if message.starts_with("during build") {
        Tool::Bundler
    } else if bare {
        Tool::Bare
    } else {
        Tool::Unknown
    };
    let summary = message.starts_with("could not compile ") || message.starts_with("aborting due to ");
    // `INFO: …  ERROR: …` of python's logging: the logger's name is no part of the message.
    let message = after.strip_prefix(':').and_then(logger).unwrap_or(message);
    Some(Mark { tool, summary, ..Mark::new(level, message) })
}

/// `ERROR:root:boom`: what follows the logger.
fn logger(rest: &str) -> Option<&str> {
    if rest.starts_with([' ', ':', '\t']) {
        return None;
    }
    let (name, message) = rest.split_once(':')?;
    (!name.contains(' ') && !message.starts_with([':', '/'])).then_some(message)
}

/// The message behind a level word, if what follows the word shows that it is a mark and no prose.
pub(crate) fn accepted<'a>(word: &str, level: Level, after: &'a str) -> Option<&'a str> {
    let mut chars = after.chars();
    let Some(next) = chars.next() else {
        return is_upper(word).then_some("");
    };
    let rest = chars.as_str();
    match next {
        ':' => (!rest.starts_with(':')).then_some(rest),
        ']' | '|' | '>' | '!' => Some(rest),
        _ if is_shy(word) => None,
        '\t' => Some(rest),
        ' ' if is_upper(word) || rest.starts_with([' ', '-', '|', '\u{2502}', '[', '(']) => {
            Some(rest.trim_start_matches(['-', '|', ' ', '\u{2502}', ':']))
        }
        ' ' => spoken(word, level, rest),
        '(' | '[' | ',' | '-' | '/' if is_upper(word) => Some(rest),
        _ => None,
    }
}

/// `error Command failed` (yarn), `warning package.json: …`, `error during build:`; not `error handling`.
fn spoken<'a>(word: &str, level: Level, rest: &'a str) -> Option<&'a str> {
    const FOLLOWERS: [&str; 13] = [
        "in", "at", "while", "during", "occurred", "when", "on", "from", "reading", "loading", "parsing",
        "opening", "starting",
    ];
    if word.eq_ignore_ascii_case("fail") || word.eq_ignore_ascii_case("failed") {
        return None;
    }
    match level {
        Level::Warn => word.starts_with('w').then_some(rest),
        Level::Error | Level::Fatal => {
            let next = rest.split(' ').next().unwrap_or("");
            let sentence =
                rest.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '\'' | '"' | '`'));
            (sentence || FOLLOWERS.contains(&next)).then_some(rest)
        }
        _ => None,
    }
}

/// `npm error code E404`, `npm warn deprecated …`, `npm ERR! …`.
fn npm(rest: &str) -> Option<Mark<'_>> {
    let (_, level, after) = leading(rest)?;
    let message = after.strip_prefix('!').unwrap_or(after);
    Some(Mark { tool: Tool::Npm, ..Mark::new(level, message) })
}
