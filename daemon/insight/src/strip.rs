//! Escape sequences out of log bytes: for matching and JSON all of them ([`strip`]), for terminals all but
//! colours ([`sgr_only`]). Pure; borrows when there is nothing to do.
//!
//! Covered are the 7-bit forms (`ESC [`, `ESC ]`, `ESC P`…) and the C1 forms that UTF-8 can carry
//! (U+0080–U+009F). A lone byte 0x80–0x9F is no UTF-8 and becomes U+FFFD like every other bad byte.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

const ESC: char = '\u{1b}';

/// The text without escape sequences, bad UTF-8 replaced. A string sequence (OSC, DCS…) that nothing ends
/// loses only its introducer: what a program printed stays readable.
pub fn strip(bytes: &[u8]) -> Cow<'_, str> {
    if memchr2(0x1b, 0xc2, bytes).is_none() {
        return String::from_utf8_lossy(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(|c| c == ESC || is_c1(c)) {
        return text;
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, after)) = next_sequence(rest) {
        clean.push_str(before);
        rest = after;
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// The text as a terminal may show it: SGR (colour) sequences as they are, every other control made
/// visible (`␛]52;…`), bad UTF-8 replaced. Tabs stay.
pub fn sgr_only(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(|c| c.is_control() && c != '\t') {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.as_ref();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or("");
        if first == ESC
            && let Some(length) = sgr_length(rest)
        {
            shown.push_str(rest.get(..length).unwrap_or(""));
            rest = rest.get(length..).unwrap_or("");
            continue;
        }
        match first {
            '\t' => shown.push('\t'),
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(first)).unwrap_or('\u{fffd}')),
            '\u{7f}' => shown.push('\u{2421}'),
            c if is_c1(c) => {
                // Its 7-bit twin, visible: U+009B is shown as `␛[`.
                shown.push('\u{241b}');
                shown.push(char::from_u32(u32::from(c) - 0x40).unwrap_or('\u{fffd}'));
            }
            c => shown.push(c),
        }
        rest = after;
    }
    Cow::Owned(shown)
}

fn is_c1(c: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&c)
}

/// The text before the next sequence and the text after it.
fn next_sequence(text: &str) -> Option<(&str, &str)> {
    let start = text.find(|c: char| c == ESC || is_c1(c))?;
    let (before, from) = text.split_at_checked(start)?;
    let mut chars = from.chars();
    let introducer = chars.next()?;
    let kind = if introducer == ESC {
        match chars.clone().next() {
            Some(c @ ('[' | ']' | 'P' | 'X' | '^' | '_')) => {
                chars.next();
                c
            }
            // ESC with intermediates (charset, DECALN): up to one final character.
            Some(' '..='/') => {
                let after = chars.as_str().trim_start_matches(|c: char| (' '..='/').contains(&c));
                return Some((before, skip_one(after)));
            }
            Some(c) if c.is_ascii() && !c.is_ascii_control() => {
                return Some((before, skip_one(chars.as_str())));
            }
            _ => return Some((before, chars.as_str())),
        }
    } else {
        match introducer {
            '\u{9b}' => '[',
            '\u{9d}' => ']',
            '\u{90}' => 'P',
            '\u{98}' | '\u{9e}' | '\u{9f}' => '_',
            _ => return Some((before, chars.as_str())),
        }
    };
    let body = chars.as_str();
    if kind == '[' {
        let end = body.find(|c: char| !(' '..='?').contains(&c));
        return Some(match end {
            Some(end) => {
                let rest = body.get(end..).unwrap_or("");
                // A final byte ends it; anything else (a control, text beyond ASCII) is not swallowed.
                let after = match rest.chars().next() {
                    Some('@'..='~') => skip_one(rest),
                    _ => rest,
                };
                (before, after)
            }
            None => (before, ""),
        });
    }
    Some(match string_end(body) {
        Some(end) => (before, body.get(end..).unwrap_or("")),
        None => (before, body),
    })
}

fn skip_one(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// Where the text after a string sequence begins: after BEL, `ESC \` or U+009C.
fn string_end(body: &str) -> Option<usize> {
    let bell = memchr(0x07, body.as_bytes()).map(|at| at + 1);
    let st = body.find("\u{1b}\\").map(|at| at + 2);
    let c1 = body.find('\u{9c}').map(|at| at + 2);
    [bell, st, c1].into_iter().flatten().min()
}

/// Length of the SGR sequence at the start of `text`, if it is one.
fn sgr_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    body.get(end..)?.starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sequences_go_and_text_stays() {
        let rows: &[(&[u8], &str)] = &[
            (b"plain", "plain"),
            (b"\x1b[1;31mred\x1b[0m", "red"),
            (b"\x1b[2K\x1b[1Ghttp://localhost:8080/", "http://localhost:8080/"),
            (b"\x1b]8;;http://a/\x1b\\link\x1b]8;;\x07 end", "link end"),
            (b"\x1b]52;c;aGk=\x07x", "x"),
            (b"\x1b]0;title never ended", "0;title never ended"),
            (b"\x1bP1$r0m\x1b\\x", "x"),
            (b"\x1b(Bx\x1b=y\x1b7z", "xyz"),
            (b"a\xc2\x9b31mb\xc2\x9d0;t\xc2\x9cc\xc2\x85d", "abcd"),
            (b"bad \xff\x9b1m utf8", "bad \u{fffd}\u{fffd}1m utf8"),
            (b"cut \x1b[31", "cut "),
            (b"cut \x1b", "cut "),
            ("\u{e9}\u{a0}".as_bytes(), "\u{e9}\u{a0}"),
            (b"\x1b[31\xe2\x9e\x9c", "\u{279c}"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(strip(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn terminals_get_colours_and_nothing_else() {
        let rows: &[(&[u8], &str)] = &[
            (b"\x1b[1;38:5:9mred\x1b[m\t.", "\x1b[1;38:5:9mred\x1b[m\t."),
            (b"\x1b]52;c;aGk=\x07", "\u{241b}]52;c;aGk=\u{2407}"),
            (b"\x1b[2J\x1b[?1049h", "\u{241b}[2J\u{241b}[?1049h"),
            (b"a\rb\x00\x7f", "a\u{240d}b\u{2400}\u{2421}"),
            (b"\xc2\x9b2J", "\u{241b}[2J"),
            (b"\x1b[?25m", "\u{241b}[?25m"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(sgr_only(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(bytes in proptest::collection::vec(
            prop_oneof![Just(0x1bu8), Just(0xc2), Just(0x9b), Just(b'['), Just(b']'), Just(b'm'), Just(7), any::<u8>()], 0..80))
        {
            let clean = strip(&bytes);
            prop_assert!(!clean.chars().any(|c| c == ESC || is_c1(c)));
            let shown = sgr_only(&bytes);
            let mut rest = shown.as_ref();
            while let Some(at) = rest.find(ESC) {
                rest = rest.get(at..).unwrap_or("");
                let length = sgr_length(rest);
                prop_assert!(length.is_some());
                rest = rest.get(length.unwrap_or(1)..).unwrap_or("");
            }
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\t' && c != ESC));
        }
    }
}
