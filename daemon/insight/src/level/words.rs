//! Level words, and where one counts. Pure.

use brummer_event::Level;

use crate::level::prefix::{is_number, position};
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
fn leading(text: &str) -> Option<(&str, Level, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end)?;
    Some((word, level_of(word)?, after))
}

fn is_upper(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_shy(word: &str) -> bool {
    // Words that are common in prose: they need a colon even in capitals.
    ["ALERT", "LOG", "FINE", "PANIC", "NOTICE", "SILLY", "VERBOSE"].iter().any(|shy| shy.eq_ignore_ascii_case(word))
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
fn accepted<'a>(word: &str, level: Level, after: &'a str) -> Option<&'a str> {
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
        "in", "at", "while", "during", "occurred", "when", "on", "from", "reading", "loading", "parsing", "opening", "starting",
    ];
    if word.eq_ignore_ascii_case("fail") || word.eq_ignore_ascii_case("failed") {
        return None;
    }
    match level {
        Level::Warn => word.starts_with('w').then_some(rest),
        Level::Error | Level::Fatal => {
            let next = rest.split(' ').next().unwrap_or("");
            let sentence = rest.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '\'' | '"' | '`'));
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

/// `✘ [ERROR] …`, `⨯ ./src/app/page.tsx:5:1`, `⚠ …`.
pub(crate) fn symbol(head: &str) -> Option<Mark<'_>> {
    let mut chars = head.chars();
    let sign = chars.next()?;
    let rest = chars.as_str().trim_start_matches(['\u{fe0f}', ' ']);
    let level = match sign {
        '\u{2718}' | '\u{2717}' | '\u{2716}' | '\u{2a2f}' => Level::Error,
        '\u{26a0}' | '\u{25b2}' => Level::Warn,
        _ => return None,
    };
    if let Some(message) = rest.strip_prefix("[ERROR]") {
        return Some(Mark { tool: Tool::Bundler, ..Mark::new(Level::Error, message) });
    }
    if sign == '\u{25b2}' {
        return rest.strip_prefix("[WARNING]").map(|message| Mark::new(Level::Warn, message));
    }
    if let Some(place) = position(rest) {
        return Some(Mark { place: Some(place), tool: Tool::Bundler, ..Mark::new(level, "") });
    }
    if let Some(counts) = Counts::of(rest).filter(|counts| counts.any) {
        let level = if counts.bad { Level::Error } else { Level::Warn };
        return Some(Mark { summary: true, ..Mark::new(level, rest) });
    }
    let tool = if rest.starts_with("Build failed") { Tool::Bundler } else { Tool::Unknown };
    if level == Level::Error
        && let Some(mark) = names::at_head(rest)
    {
        return Some(Mark { tool, level: mark.level.max(level), ..mark });
    }
    Some(Mark { tool, ..Mark::new(level, rest) })
}

/// Phrases that tools use as marks: `Internal server error: …`, `Failed to compile`.
pub(crate) fn phrase(head: &str) -> Option<Mark<'_>> {
    if let Some(rest) = head.strip_prefix("Module not found: ") {
        return Some(Mark { tool: Tool::Bundler, ..Mark::new(Level::Error, rest) });
    }
    if head.ends_with("(core dumped)") {
        return Some(Mark::new(Level::Fatal, head));
    }
    for start in ["Failed to ", "Segmentation fault", "ELIFECYCLE", "Transform failed with ", "Build failed with "] {
        if head.starts_with(start) {
            let bundler = matches!(start, "Transform failed with " | "Build failed with ");
            let tool = if bundler { Tool::Bundler } else { Tool::Unknown };
            return Some(Mark { tool, ..Mark::new(Level::Error, head) });
        }
    }
    if head.starts_with("make") && head.contains(": *** ") {
        return Some(Mark::new(Level::Error, head));
    }
    let shell = head.split(':').next().is_some_and(|name| name.ends_with("sh") && !name.contains(' '));
    if shell && (head.ends_with("not found") || head.ends_with("No such file or directory")) {
        return Some(Mark::new(Level::Error, head));
    }
    named_phrase(head)
}

/// `X error: …` with at most four words before the colon, the last of them `error` or `exception`.
fn named_phrase(head: &str) -> Option<Mark<'_>> {
    let (title, message) = head.split_once(':')?;
    if title.len() > 60 || message.starts_with(':') || !(message.is_empty() || message.starts_with(' ')) {
        return None;
    }
    let mut words = title.split(' ').peekable();
    let mut count = 0;
    while let Some(word) = words.next() {
        count += 1;
        let plain = !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '-');
        if !plain || count > 4 || word.eq_ignore_ascii_case("no") {
            return None;
        }
        if words.peek().is_none() {
            let named = word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("exception");
            return (named && count > 1 && !names::is_zero(message.trim())).then(|| Mark::new(Level::Error, message));
        }
    }
    None
}

/// `src/x.c:3:5: error: …`, `src/x.ts(3,7): error TS2322: …`, `src/x.ts:3:7 - error TS2322: …`,
/// eslint's `12:5  error  …`.
pub(crate) fn behind_place(head: &str) -> Option<Mark<'_>> {
    // The position ends before `: `, ` - ` or two blanks; the first word after that must be the level.
    let ends = head.match_indices([' ', ')']).take(8).map(|(at, found)| if found == ")" { at + 1 } else { at });
    for end in ends {
        let (before, after) = head.split_at_checked(end)?;
        let written = before.strip_suffix(':').unwrap_or(before);
        let bare = written.split_once(':').is_some_and(|(a, b)| is_number(a) && is_number(b));
        let place = position(written);
        if place.is_none() && !bare {
            continue;
        }
        let rest = after.trim_start_matches([':', ' ', '-']);
        let rest = rest.strip_prefix("fatal ").unwrap_or(rest);
        let (word, level, after) = leading(rest)?;
        if let Some((code, message)) = typescript(after) {
            return Some(Mark { place, code: Some(code), ..Mark::new(level, message) });
        }
        let message = accepted(word, level, after)?;
        return Some(Mark { place, ..Mark::new(level, message) });
    }
    None
}

/// ` TS2322: Type …`
fn typescript(after: &str) -> Option<(&str, &str)> {
    let (code, message) = after.strip_prefix(' ')?.split_once(':')?;
    (code.len() > 2 && code.strip_prefix("TS").is_some_and(is_number)).then_some((code, message))
}

/// `10:24:05 name - ERROR - …`, `10:24:05 [main] ERROR c.e.App - …`, `api: ERROR …`: behind a clock up to
/// four words may come first, without one a single name with a colon.
pub(crate) fn behind_names(head: &str, clock: bool) -> Option<Mark<'_>> {
    let most = if clock { 5 } else { 1 };
    let mut rest = head;
    for at in 0..=most {
        let trimmed = rest.trim_start_matches([' ', '\t', '-', '|', '[', '(', '\u{2502}', ',']);
        if at > 0
            && let Some((word, level, after)) = leading(trimmed)
            && is_upper(word)
            && word.len() > 2
            && !is_shy(word)
            && (after.is_empty() || after.starts_with([' ', ':', ']', ')', '|', '\t', ',']))
        {
            let message = after.trim_start_matches([' ', ':', ']', ')', '|', '-', '\t', ',']);
            let level = if names::is_zero(message) { Level::Info } else { level };
            return Some(Mark::new(level, message));
        }
        let (word, next) = trimmed.split_once([' ', '\t'])?;
        // Laravel: `[2024-01-01 10:00:00] local.ERROR: text`.
        if clock
            && let Some((_, last)) = word.strip_suffix(':').and_then(|word| word.rsplit_once('.'))
            && is_upper(last)
            && let Some(level) = level_of(last)
        {
            return Some(Mark::new(level, next));
        }
        if !clock && !word.ends_with(':') {
            return None;
        }
        if !clock
            && let Some(mark) = names::at_head(next.trim_start()).or_else(|| at_head(next.trim_start(), ""))
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@".contains(&b))
        {
            return Some(mark);
        }
        rest = next;
    }
    None
}

/// `E0102 10:24:05.123456    1 main.go:9] text`
pub(crate) fn glog(text: &str) -> Option<Mark<'_>> {
    let level = match text.bytes().next()? {
        b'F' => Level::Fatal,
        b'E' => Level::Error,
        b'W' => Level::Warn,
        _ => Level::Info,
    };
    let (_, message) = text.split_once("] ")?;
    Some(Mark::new(level, message))
}

/// Sums at the end of a build or test run. They decide a level and are no errors of their own.
pub(crate) fn summary(text: &str) -> Option<Mark<'_>> {
    let framed = text.starts_with("==") && text.ends_with("==");
    let titled = ["Tests", "Test Files", "Test Suites", "test result:", "Found ", "Failed Tests", "Suites:"]
        .iter()
        .any(|title| text.starts_with(title));
    let counted = text.starts_with(|c: char| c.is_ascii_digit())
        && (text.ends_with(" failing") || text.ends_with("Error(s)") || text.ends_with(" failed") || text.ends_with(" errors"));
    // tsc --watch puts a clock before its sum.
    let watching = text.contains(" - Found ") && text.contains(" error");
    if !(framed || titled || counted || watching) {
        return None;
    }
    let text = text.split_once(" - Found ").map_or(text, |(_, sum)| sum);
    let counts = Counts::of(text).filter(|counts| counts.any)?;
    let level = if counts.bad { Level::Error } else { Level::Info };
    Some(Mark { summary: true, ..Mark::new(level, text) })
}

/// Numbers before words of failure.
struct Counts {
    any: bool,
    bad: bool,
}

impl Counts {
    fn of(text: &str) -> Option<Self> {
        let mut counts = Self { any: false, bad: false };
        let mut last: Option<u64> = None;
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, '=' | ',' | ';' | '|' | ':' | '.')) {
            if word.is_empty() {
                continue;
            }
            let word = word.trim_matches(['(', ')']);
            if let Ok(number) = word.parse::<u64>() {
                last = Some(number);
                continue;
            }
            let failure = ["failed", "failing", "failure", "failures", "error", "errors", "error(s", "errored"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word));
            if failure && let Some(number) = last {
                counts.any = true;
                counts.bad |= number > 0;
            }
            last = None;
        }
        Some(counts)
    }
}
