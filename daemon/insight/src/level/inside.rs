//! Level words that stand behind something: a position, a name, a logger. Pure.

use brummer_event::Level;

use crate::level::prefix::{is_number, position};
use crate::level::words::{accepted, at_head, is_shy, is_upper, leading, level_of};
use crate::level::{Mark, names};

/// `src/x.c:3:5: error: …`, `src/x.ts(3,7): error TS2322: …`, `src/x.ts:3:7 - error TS2322: …`,
/// eslint's `12:5  error  …`.
pub(crate) fn behind_place(head: &str) -> Option<Mark<'_>> {
    // The position ends before `: `, ` - ` or two blanks; the first word after that must be the level.
    let ends =
        head.match_indices([' ', ')']).take(8).map(|(at, found)| if found == ")" { at + 1 } else { at });
    for end in ends {
        let (before, after) = head.split_at_checked(end)?;
        if !before.ends_with(|c: char| c.is_ascii_digit() || matches!(c, ':' | ')')) {
            continue;
        }
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
