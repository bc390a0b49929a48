//! Text as the cells that a terminal gives it: a character and the marks that are drawn over it.
//!
//! Terminals agree on how wide a single character is, and not on what becomes of several that belong together
//! (flags, families of emoji, skin tones, emoji presentation, syllables with spacing vowels): some join them
//! into two columns, some draw each on its own. What is drawn by another width than it was laid out with
//! leaves halves of itself on the screen. So such text is taken apart into what everyone agrees on: a flag
//! becomes its two letters, a family its members, the selectors of presentation and the joiners go. Copies
//! and the daemon's lines keep them. Pure.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

/// Most marks over one character; a terminal stacks no more, and a line could have a million.
const MARKS: usize = 8;
/// A mark with nothing to stand on is drawn on this.
const NOTHING: char = '\u{25cc}';

/// Columns of one character; 0 if it is a mark or nothing to draw.
fn columns(character: char) -> usize {
    character.width().unwrap_or(0)
}

fn is_mark(character: char) -> bool {
    character.width() == Some(0)
}

/// Columns that a text takes on the screen.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(columns).sum() }
}

/// A text in cells, each with the byte offset at which it begins.
pub fn cells(text: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    let start = |(at, character): &(usize, char)| *at == 0 || !is_mark(*character);
    text.char_indices().filter(start).map(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.char_indices().skip(1).find(|(_, character)| !is_mark(*character));
        let cell = end.map_or(rest, |(end, _)| rest.get(..end).unwrap_or_default());
        (at, cell)
    })
}

/// A range of bytes, widened to whole cells.
pub fn whole_cells(text: &str, range: Range<usize>) -> (usize, usize) {
    let begins_with_mark = |rest: &str| rest.chars().next().is_some_and(is_mark);
    let (before, rest) = text.split_at_checked(range.start).unwrap_or((text, ""));
    let start =
        if begins_with_mark(rest) { cells(before).next_back().map_or(0, |(at, _)| at) } else { range.start };
    let behind = text.get(range.end..).unwrap_or_default();
    let marks: usize = behind.chars().take_while(|character| is_mark(*character)).map(char::len_utf8).sum();
    (start, range.end + marks)
}

/// Puts characters one behind the other so that they are safe to draw by columns.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub text: String,
    pub column: usize,
    /// Columns of the last character of its own, and the marks on it. 0: there is none in `text`.
    last: usize,
    marks: usize,
}

impl Writer {
    /// A character that is no control character.
    pub(in crate::ansi) fn push(&mut self, character: char) {
        match character {
            // Regional indicators: two are a flag, by the letters of its country.
            '\u{1f1e6}'..='\u{1f1ff}' => {
                let letter = u32::from(b'A') + (character as u32 - 0x1f1e6);
                self.own(char::from_u32(letter).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            // A skin tone, on the emoji before it.
            '\u{1f3fb}'..='\u{1f3ff}' if self.last == 2 => {}
            _ if is_unseen(character) => {}
            _ if is_mark(character) => {
                if self.last == 0 {
                    self.own(NOTHING);
                }
                if self.marks < MARKS {
                    self.text.push(character);
                    self.marks += 1;
                }
            }
            _ => self.own(character),
        }
    }

    fn own(&mut self, character: char) {
        self.text.push(character);
        self.last = columns(character);
        self.column += self.last;
        self.marks = 0;
    }

    /// What was written so far.
    pub(in crate::ansi) fn take(&mut self) -> String {
        self.last = 0;
        std::mem::take(&mut self.text)
    }
}

/// Joiners, selectors and fillers: they change how others are drawn, which terminals do not agree on.
const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let mut writer = Writer::default();
        text.chars().for_each(|character| writer.push(character));
        assert_eq!(writer.column, width(&writer.text), "{text}");
        writer.text
    }

    #[test]
    fn what_terminals_join_differently_is_taken_apart() {
        for (text, shown, columns) in [
            ("日本", "日本", 4),
            ("e\u{301}", "e\u{301}", 1),
            ("🇩🇪🇯🇵", "DEJP", 4),
            ("👩‍👩‍👧", "👩👩👧", 6),
            ("👍🏽!", "👍!", 3),
            ("🏽", "🏽", 2),
            ("❤️ ⚠️", "❤ ⚠", 3),
            ("1️⃣", "1\u{20e3}", 1),
            ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴", 2),
            ("กำ", "กำ", 2),
            ("नि", "नि", 2),
            ("لا", "لا", 2),
            ("a\u{200b}b\u{200d}c", "abc", 3),
            ("\u{301}a", "◌\u{301}a", 2),
        ] {
            assert_eq!(written(text), shown);
            assert_eq!(width(shown), columns, "{shown}");
        }
    }

    #[test]
    fn marks_are_bounded() {
        let tower = format!("a{}b", "\u{301}".repeat(100_000));
        assert_eq!(written(&tower), format!("a{}b", "\u{301}".repeat(MARKS)));
    }

    #[test]
    fn a_cell_is_a_character_and_its_marks() {
        let all = |text| cells(text).map(|(_, cell)| cell).collect::<Vec<_>>();
        assert_eq!(all("ae\u{301}\u{302}日"), ["a", "e\u{301}\u{302}", "日"]);
        assert_eq!(whole_cells("e\u{301}x", 0..1), (0, 3));
        assert_eq!(whole_cells("e\u{301}x", 1..4), (0, 4));
        assert_eq!(whole_cells("ex", 0..1), (0, 1));
    }

    proptest! {
        #[test]
        fn cells_are_the_whole_text_and_as_wide(text in "\\PC{0,60}") {
            let text = super::super::harmless(&text);
            prop_assert_eq!(cells(&text).map(|(_, cell)| cell).collect::<String>(), text.as_str());
            prop_assert_eq!(cells(&text).map(|(_, cell)| width(cell)).sum::<usize>(), width(&text));
            for (at, cell) in cells(&text) {
                prop_assert!((1..=2).contains(&width(cell)), "{cell:?}");
                prop_assert_eq!(text.get(at..at + cell.len()), Some(cell));
            }
        }
    }
}
