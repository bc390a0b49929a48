//! Text of strangers made safe to show. Pure.
//!
//! A log line may hold anything: colours, titles, clipboard writes, cursor jumps, broken UTF-8. [`plain`] is
//! for JSON and pipes, [`terminal`] for a terminal. Both take one line without its line end.

const ESC: char = '\u{1b}';
/// ␛, how an escape looks when it must not act.
const VISIBLE_ESC: char = '\u{241b}';
/// Longest run of SGR parameters that is kept.
const SGR_MAX: usize = 64;

/// Without escape sequences and without control characters but tab and line ends; invalid UTF-8 replaced.
/// A string sequence without its end (OSC, DCS) loses only its introducer: nothing readable disappears.
pub fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(is_control) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        rest = if let Some((introducer, body)) = introduced(next, after) {
            skip_sequence(introducer, body)
        } else {
            if !is_control(next) || matches!(next, '\t' | '\n' | '\r') {
                out.push(next);
            }
            after
        };
    }
    out
}

/// With colours (SGR) and nothing else that a terminal would obey: every other escape and control character
/// stays as something visible (`␛]52;…`, `␈`). Tabs stay. Ends with a reset if colours were left on, so that
/// one line never paints the next; to show several lines, split them first (a line end is made visible).
pub fn terminal(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.chars().any(is_control) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut painted = false;
    let mut rest = text.as_ref();
    while let Some(next) = rest.chars().next() {
        if next == ESC
            && let Some(parameters) = sgr(rest)
        {
            painted = !is_reset(parameters);
            let length = parameters.len() + 3;
            out.push_str(rest.get(..length).unwrap_or_default());
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        visible(next, &mut out);
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
    if painted {
        out.push_str("\u{1b}[0m");
    }
    out
}

fn is_control(c: char) -> bool {
    c.is_control()
}

fn visible(c: char, out: &mut String) {
    match c {
        '\t' => out.push('\t'),
        ESC => out.push(VISIBLE_ESC),
        '\u{7f}' => out.push('\u{2421}'),
        // The control pictures stand in the order of the controls.
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        // C1: what ESC and a letter would say, shown the same way.
        '\u{80}'..='\u{9f}' => {
            out.push(VISIBLE_ESC);
            out.extend(char::from_u32(u32::from(c) - 0x40));
        }
        other => out.push(other),
    }
}

/// The parameters of the SGR sequence that `text` (beginning with ESC) starts with.
fn sgr(text: &str) -> Option<&str> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.bytes().take(SGR_MAX + 1).position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
    (body.as_bytes().get(end) == Some(&b'm')).then(|| body.get(..end))?
}

/// `ESC[m`, `ESC[0m`, or anything whose last word is a reset.
fn is_reset(parameters: &str) -> bool {
    parameters.rsplit(';').next().is_none_or(|last| last.bytes().all(|byte| byte == b'0'))
        && !parameters.contains("8;")
}

/// What begins here: the introducing letter (that would follow ESC) and what comes behind it.
fn introduced(first: char, after: &str) -> Option<(char, &str)> {
    match first {
        ESC => match after.chars().next() {
            Some(letter) if letter.is_ascii() && !letter.is_control() => Some((letter, after.get(1..)?)),
            // A lone ESC: nothing but itself.
            _ => Some(('\0', after)),
        },
        '\u{80}'..='\u{9f}' => Some((char::from_u32(u32::from(first) - 0x40)?, after)),
        _ => None,
    }
}

/// What is left behind a sequence.
fn skip_sequence(introducer: char, body: &str) -> &str {
    match introducer {
        '[' => {
            let end = body.find(|c: char| !matches!(c, '\u{20}'..='\u{3f}')).unwrap_or(body.len());
            let rest = body.get(end..).unwrap_or_default();
            match rest.chars().next() {
                Some('\u{40}'..='\u{7e}') => rest.get(1..).unwrap_or_default(),
                // Broken off: what stopped it is judged for itself.
                _ => rest,
            }
        }
        // OSC, DCS, SOS, PM, APC: a string that ends with ST, or with BEL.
        ']' | 'P' | 'X' | '^' | '_' => {
            for (at, c) in body.char_indices() {
                let after = body.get(at + c.len_utf8()..).unwrap_or_default();
                match c {
                    '\u{7}' | '\u{9c}' => return after,
                    ESC if after.starts_with('\\') => return after.get(1..).unwrap_or_default(),
                    _ => {}
                }
            }
            body
        }
        // Intermediates, then a final: character sets and the like.
        '\u{20}'..='\u{2f}' => {
            let end = body.find(|c: char| !matches!(c, '\u{20}'..='\u{2f}')).unwrap_or(body.len());
            let rest = body.get(end..).unwrap_or_default();
            match rest.chars().next() {
                Some('\u{30}'..='\u{7e}') => rest.get(1..).unwrap_or_default(),
                _ => rest,
            }
        }
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_has_no_sequences() {
        for (input, expected) in [
            (&b"hello"[..], "hello"),
            (b"\x1b[31mred\x1b[0m", "red"),
            (b"\x1b[38;2;1;2;3mtrue\x1b[m", "true"),
            (b"a\x1b]0;title\x07b", "ab"),
            (b"a\x1b]52;c;aGk=\x1b\\b", "ab"),
            (b"a\x1bPq#0\x1b\\b", "ab"),
            (b"a\x1b]52;c;never ended", "a52;c;never ended"),
            (b"a\x1b(Bb\x1b=c\x1b>d", "abcd"),
            (b"a\x1b[?1049hb\x1b[2Jc", "abc"),
            (b"a\x1b[12", "a"),
            (b"a\x1b[12\x1b[31mb", "ab"),
            (b"tab\there\0\x07\x08", "tab\there"),
            (b"bad \xff\xfe utf", "bad \u{fffd}\u{fffd} utf"),
            ("c1 \u{9b}31mred \u{9d}0;t\u{9c}x".as_bytes(), "c1 red x"),
            ("über ✓".as_bytes(), "über ✓"),
            (b"end\x1b", "end"),
        ] {
            assert_eq!(plain(input), expected, "{:?}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn a_terminal_gets_colours_and_nothing_else() {
        for (input, expected) in [
            (&b"hello"[..], "hello"),
            (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
            (b"\x1b[31mleft on", "\x1b[31mleft on\x1b[0m"),
            (b"\x1b[1;31mx\x1b[m", "\x1b[1;31mx\x1b[m"),
            (b"\x1b[38;5;0mblack", "\x1b[38;5;0mblack\x1b[0m"),
            (b"\x1b[4:3mcurly\x1b[0m", "\x1b[4:3mcurly\x1b[0m"),
            (b"\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
            (b"\x1b]0;t\x1b\\", "␛]0;t␛\\"),
            (b"\x1b[2J\x1b[H", "␛[2J␛[H"),
            (b"\x1b[?1049h", "␛[?1049h"),
            (b"\x1b[>4;2m", "␛[>4;2m"),
            (b"\x1bPq\x1b\\", "␛Pq␛\\"),
            (b"\x1bc", "␛c"),
            ("\u{9b}2J".as_bytes(), "␛[2J"),
            (b"a\rb\x08c\0d\x7f\n", "a␍b␈c␀d␡␊"),
            (b"tab\tx\x1b", "tab\tx␛"),
            (b"\xff", "\u{fffd}"),
        ] {
            assert_eq!(terminal(input), expected, "{:?}", String::from_utf8_lossy(input));
        }
        let endless = [b"\x1b[".as_slice(), &b"1;".repeat(100), b"m"].concat();
        assert!(terminal(&endless).starts_with('␛'));
    }

    /// Bytes that hit the parsers' branches far more often than chance would.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let word = prop_oneof![
            Just(b"\x1b".to_vec()),
            Just(b"\x1b[".to_vec()),
            Just(b"\x1b]".to_vec()),
            Just(b"\x1b\\".to_vec()),
            Just("\u{9b}".as_bytes().to_vec()),
            Just(b"31;1m".to_vec()),
            Just(b"\x07".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..6),
        ];
        proptest::collection::vec(word, 0..20).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn plain_never_holds_a_control_a_terminal_obeys(bytes in hostile()) {
            let out = plain(&bytes);
            prop_assert!(!out.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')), "{out:?}");
            prop_assert_eq!(plain(out.as_bytes()), out.clone());
        }

        #[test]
        fn a_terminal_never_gets_an_escape_that_is_no_sgr(bytes in hostile()) {
            let out = terminal(&bytes);
            let mut rest = out.as_str();
            while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
                let found = &rest[at..];
                prop_assert!(sgr(found).is_some(), "{out:?}");
                rest = &found[1..];
            }
            let colourless = plain(out.as_bytes());
            prop_assert!(!colourless.contains(ESC));
        }
    }
}
