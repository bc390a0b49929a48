//! Bytes of a log line to styled text that is safe to draw: SGR becomes a style, every other control
//! character and escape sequence becomes something visible (`␛]52;…`). Pure.
//!
//! Nothing that leaves here holds a control character, a C1 code or a bidirectional override, whatever the
//! bytes were (a copy keeps tabs); the property tests below are the promise.

mod cells;
mod sgr;

pub use cells::{cells, whole_cells, width};
use ratatui::style::Style;

/// Columns from one tab stop to the next.
const TAB: usize = 8;
/// Most bytes of a sequence's parameters that are looked at; a longer one is no SGR.
const LONGEST: usize = 128;

/// Text of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub style: Style,
}

impl Piece {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        width(&self.text)
    }
}

/// Styled pieces of a line, to be drawn. `colour: false` keeps bold, underline and the like and drops colours.
pub fn pieces(bytes: &[u8], colour: bool) -> Vec<Piece> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Builder { pieces: Vec::new(), writer: cells::Writer::default(), style: Style::new() };
    tell(&text, |part| match part {
        Part::Sgr(parameters) => out.restyle(|style| sgr::apply(style, parameters, colour)),
        Part::Tab => out.tab(),
        Part::Character(character) => out.writer.push(character),
    });
    out.finish()
}

/// Text without any styling, to be copied and looked through: joined characters stay as they are.
pub fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    tell(&text, |part| match part {
        Part::Sgr(_) => {}
        Part::Tab => out.push('\t'),
        Part::Character(character) => out.push(character),
    });
    out
}

/// Text that came from outside and is not a log line (names, messages), to be drawn: harmless, unstyled.
pub fn harmless(text: &str) -> String {
    pieces(text.as_bytes(), false).into_iter().map(|piece| piece.text).collect()
}

/// What a line is made of. No `Character` is a control character or reorders its surroundings.
enum Part<'a> {
    Sgr(&'a str),
    Tab,
    Character(char),
}

fn tell<'a>(text: &'a str, mut to: impl FnMut(Part<'a>)) {
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        // U+009B is the one-character form of `ESC [`, but programs that colour write the long one: it is
        // shown, not obeyed.
        if character == '\x1b'
            && let Some((parameters, behind)) = after.strip_prefix('[').and_then(split_sgr)
        {
            to(Part::Sgr(parameters));
            rest = behind;
            continue;
        }
        rest = after;
        match character {
            '\t' => to(Part::Tab),
            '\x00'..='\x1f' => {
                to(Part::Character(char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}')));
            }
            '\x7f' => to(Part::Character('\u{2421}')),
            // Shown in their two-character form, `ESC @` to `ESC _`.
            '\u{80}'..='\u{9f}' => {
                to(Part::Character('\u{241b}'));
                to(Part::Character(char::from_u32(character as u32 - 0x40).unwrap_or('\u{fffd}')));
            }
            // Overrides, isolates and line separators would let a line reorder or break its surroundings.
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => to(Part::Character('\u{fffd}')),
            _ => to(Part::Character(character)),
        }
    }
}

/// Parameters of an SGR sequence and what follows it; `None` if it is another sequence.
fn split_sgr(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .take(LONGEST)
        .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))
        .filter(|end| text.as_bytes().get(*end) == Some(&b'm'))?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

struct Builder {
    pieces: Vec<Piece>,
    writer: cells::Writer,
    style: Style,
}

impl Builder {
    fn restyle(&mut self, change: impl FnOnce(Style) -> Style) {
        let next = change(self.style);
        if next != self.style {
            self.flush();
            self.style = next;
        }
    }

    fn tab(&mut self) {
        let spaces = TAB - self.writer.column % TAB;
        std::iter::repeat_n(' ', spaces).for_each(|space| self.writer.push(space));
    }

    fn flush(&mut self) {
        let text = self.writer.take();
        if !text.is_empty() {
            self.pieces.push(Piece { text, style: self.style });
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.flush();
        self.pieces
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::{Color, Modifier};

    use super::*;

    #[test]
    fn colours_become_styles() {
        let red = Style::new().fg(Color::Red);
        assert_eq!(
            pieces(b"a\x1b[31mb\x1b[1mc\x1b[0md", true),
            vec![
                Piece::new("a", Style::new()),
                Piece::new("b", red),
                Piece::new("c", red.add_modifier(Modifier::BOLD)),
                Piece::new("d", Style::new()),
            ]
        );
        assert_eq!(pieces(b"\x1b[31mred\x1b[m", false), vec![Piece::new("red", Style::new())]);
    }

    fn shown(bytes: &[u8]) -> String {
        pieces(bytes, false).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn everything_else_is_seen_and_harmless() {
        for (bytes, seen) in [
            (&b"\x1b]52;c;aGk=\x07"[..], "␛]52;c;aGk=␇"),
            (b"\x1b[2J", "␛[2J"),
            (b"\x1b[?1049h", "␛[?1049h"),
            (b"\x1b[>4;1m", "␛[>4;1m"),
            (b"\x1bPq\x1b\\", "␛Pq␛\\"),
            (b"\x1bc", "␛c"),
            (b"a\rb\x08\x00\x7f", "a␍b␈␀␡"),
            ("\u{9b}31m".as_bytes(), "␛[31m"),
            (b"\xff\xfe", "\u{fffd}\u{fffd}"),
            ("\u{202e}gnp".as_bytes(), "\u{fffd}gnp"),
            (b"a\tb", "a       b"),
            (b"\x1b[31", "␛[31"),
        ] {
            assert_eq!(shown(bytes), seen, "{bytes:?}");
        }
    }

    #[test]
    fn a_copy_keeps_what_is_drawn_apart() {
        let line = "\x1b[1ma\t🇩🇪 👩‍👩‍👧\x07";
        assert_eq!(plain(line.as_bytes()), "a\t🇩🇪 👩‍👩‍👧␇");
        assert_eq!(shown(line.as_bytes()), "a       DE 👩👩👧␇");
    }

    #[test]
    fn a_sequence_without_end_costs_nothing() {
        let mut bomb = b"\x1b[".to_vec();
        bomb.extend(std::iter::repeat_n(b'1', 100_000));
        assert_eq!(shown(&bomb).chars().count(), bomb.len());
    }

    proptest! {
        #[test]
        fn no_control_character_leaves(bytes in prop::collection::vec(any::<u8>(), 0..300), colour: bool) {
            for piece in pieces(&bytes, colour) {
                prop_assert!(!piece.text.chars().any(char::is_control), "{:?}", piece.text);
            }
        }

        #[test]
        fn escapes_amid_text_never_survive(parts in prop::collection::vec("[\\x1b\\x9b\\[\\]0-9;m?PX^_\\\\a\\x07\\u{202e}]{0,8}", 0..12)) {
            let text = parts.concat();
            for text in [shown(text.as_bytes()), plain(text.as_bytes())] {
                prop_assert!(!text.chars().any(char::is_control));
                prop_assert!(!text.contains('\u{202e}'), "an override");
            }
        }
    }
}
