//! What stands before a message and says nothing about it: clock, brackets, a name with a bar. Pure.

use brummer_event::Level;

use crate::Place;
use crate::level::{Tool, words};

/// The head of a line with its prefixes taken away.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) rest: &'a str,
    /// A clock or date was seen.
    pub(crate) clock: bool,
    /// `[vite]` was seen.
    vite: bool,
    /// A bracket held the level: the level and what follows the bracket.
    pub(crate) bracket: Option<(Level, &'a str)>,
}

impl Head<'_> {
    pub(crate) fn tool(&self) -> Tool {
        if self.vite { Tool::Bundler } else { Tool::Unknown }
    }
}

/// Longest bracket that is looked into.
const MOST_BRACKET: usize = 80;

pub(crate) fn skip(text: &str) -> Head<'_> {
    let mut head = Head { rest: text, clock: false, vite: false, bracket: None };
    for _ in 0..12 {
        let rest =
            head.rest.trim_start_matches([' ', '\t', '|', '\u{2502}', '\u{2503}', '\u{b7}', '\u{2022}']);
        // A dash separates only when it stands alone.
        let rest = rest.strip_prefix("- ").unwrap_or(rest).trim_start();
        head.rest = rest;
        let next = match rest.chars().next() {
            Some('[') => bracket(rest, ']', &mut head),
            Some('(') => bracket(rest, ')', &mut head),
            Some('<') => rest
                .split_once('>')
                .filter(|(inner, _)| is_number(inner.get(1..).unwrap_or("")))
                .map(|(_, after)| after),
            Some(c) if c.is_ascii_digit() => clock(rest).inspect(|_| head.clock = true),
            Some(c) if c.is_ascii_alphanumeric() => compose_name(rest),
            _ => None,
        };
        if head.bracket.is_some() {
            return head;
        }
        match next {
            Some(next) => head.rest = next,
            None => return head,
        }
    }
    head
}

fn bracket<'a>(rest: &'a str, close: char, head: &mut Head<'a>) -> Option<&'a str> {
    let end = rest.char_indices().take(MOST_BRACKET).find(|(_, c)| *c == close)?.0;
    let inner = rest.get(1..end)?;
    let after = rest.get(end + close.len_utf8()..)?;
    if close == ')' {
        // `(client)`, `(node:4711)`: a word, not the beginning of a sentence.
        return (!inner.is_empty() && !inner.contains(' ') && after.starts_with([' ', ':'])).then_some(after);
    }
    if let Some(level) = level_in(inner) {
        head.bracket = Some((level, after.trim_start_matches([':', ' ', '\t', '-'])));
        return None;
    }
    head.vite |= inner == "vite";
    head.clock |= inner.bytes().filter(u8::is_ascii_digit).count() >= 4 && inner.contains(':');
    Some(after.strip_prefix(':').unwrap_or(after))
}

/// `ERROR`, `10:24:05 ERR`, `2024-01-01T00:00:00Z ERROR crate::x`, `local.ERROR`: at most five words.
fn level_in(inner: &str) -> Option<Level> {
    let words_inside = inner.split([' ', '.', '|', '/']).filter(|word| !word.is_empty());
    let single = !inner.trim().contains(' ');
    words_inside.take(5).find_map(|word| {
        let upper = !word.bytes().any(|b| b.is_ascii_lowercase());
        if single || upper { words::level_of(word) } else { None }
    })
}

/// What follows a clock or date: `10:24:05.123 PM`, `2024-01-01T10:24:05Z`, `2024/01/01 10:24:05 UTC`.
pub(crate) fn clock(rest: &str) -> Option<&str> {
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | ',' | '-' | '/' | '+' | 'T' | 'Z')))
        .unwrap_or(rest.len());
    let (token, after) = rest.split_at_checked(end)?;
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let shape = token.contains(':') || token.matches('-').count() == 2 || token.matches('/').count() == 2;
    if digits < 4 || !shape || !(after.is_empty() || after.starts_with([' ', '\t', ']', '|', 'A', 'P'])) {
        return None;
    }
    let mut after = after.trim_start();
    for zone in ["AM", "PM", "UTC", "GMT", "CET", "CEST"] {
        if let Some(next) = after.strip_prefix(zone)
            && !next.starts_with(|c: char| c.is_alphanumeric())
        {
            after = next.trim_start();
        }
    }
    Some(after)
}

/// `web_1  | text`, as compose and foreman write it.
fn compose_name(rest: &str) -> Option<&str> {
    let (name, after) = rest.split_once('|')?;
    let trimmed = name.trim_end();
    let bare = trimmed.len() <= 40
        && trimmed.len() < name.len()
        && trimmed
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@'));
    // `ERROR | x` is a level word, `10:24:05 | x` a clock; both are for others to read.
    (bare && words::level_of(trimmed).is_none()).then_some(after)
}

pub(crate) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `file:3:9`, `file:3`, `file(3,9)`; a drive letter is no file. The file as written.
pub(crate) fn position(text: &str) -> Option<Place> {
    let text = text.trim();
    if let Some(inner) = text.strip_suffix(')')
        && let Some((file, numbers)) = inner.rsplit_once('(')
        && let Some((line, column)) = numbers.split_once(',')
    {
        return place(file, line.trim(), Some(column.trim()));
    }
    let (head, last) = text.rsplit_once(':')?;
    if !is_number(last) {
        return None;
    }
    match head.rsplit_once(':') {
        Some((file, line)) if is_number(line) => place(file, line, Some(last)),
        _ => place(head, last, None),
    }
}

fn place(file: &str, line: &str, column: Option<&str>) -> Option<Place> {
    let known = !file.is_empty() && !is_number(file) && file.len() < 1024;
    let line = line.parse().ok()?;
    let column = match column {
        Some(text) => Some(text.parse().ok()?),
        None => None,
    };
    known.then(|| Place { file: file.to_owned(), line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go() {
        let rows = [
            ("10:24:05 AM [vite] (client) text", "text"),
            ("[10:24:05] text", "text"),
            ("2024-01-01T10:24:05.123Z text", "text"),
            ("2024/01/01 10:24:05 text", "text"),
            ("web_1  | 10:24:05 text", "text"),
            ("(node:4711) [DEP0040] text", "text"),
            ("<30>text", "text"),
            ("text 10:24:05", "text 10:24:05"),
            ("12 apples", "12 apples"),
            ("(see there) text", "(see there) text"),
        ];
        for (line, expected) in rows {
            assert_eq!(skip(line).rest, expected, "{line}");
        }
    }

    #[test]
    fn positions() {
        let place = |file: &str, line, column| Some(Place { file: file.to_owned(), line, column });
        assert_eq!(position("src/x.ts:3:9"), place("src/x.ts", 3, Some(9)));
        assert_eq!(position("src/x.ts(3,9)"), place("src/x.ts", 3, Some(9)));
        assert_eq!(position("C:\\x.ts:3:9"), place("C:\\x.ts", 3, Some(9)));
        assert_eq!(position("/app/x.py:3"), place("/app/x.py", 3, None));
        assert_eq!(position("10:24:05"), None);
        assert_eq!(position("x:99999999999"), None);
    }
}
