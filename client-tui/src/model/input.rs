//! One line of input with a cursor, edited as readline does. Pure.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::keys::{Code, Key};

/// Most bytes that can be typed or pasted.
const LONGEST: usize = 1000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset, always at a grapheme border.
    cursor: usize,
}

impl Input {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    pub fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// Puts text at the cursor; what does not fit or cannot be typed is left out.
    pub fn insert(&mut self, text: &str) {
        for character in text.chars().filter(|character| !character.is_control()) {
            if self.text.len() + character.len_utf8() > LONGEST {
                return;
            }
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
    }

    /// Whether the key was one of editing.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (Code::Char(character), false, false) => self.insert(character.encode_utf8(&mut [0; 4])),
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => {
                let from = self.left();
                self.cut(from, self.cursor);
            }
            (Code::Delete, ..) | (Code::Char('d'), true, false) => {
                let to = self.right();
                self.cut(self.cursor, to);
            }
            (Code::Char('w'), true, false) | (Code::Backspace, ..) => {
                let from = self.word();
                self.cut(from, self.cursor);
            }
            (Code::Char('u'), true, false) => self.cut(0, self.cursor),
            (Code::Char('k'), true, false) => self.cut(self.cursor, self.text.len()),
            (Code::Left, ..) | (Code::Char('b'), true, false) => self.cursor = self.left(),
            (Code::Right, ..) | (Code::Char('f'), true, false) => self.cursor = self.right(),
            (Code::Home, ..) | (Code::Char('a'), true, false) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, false) => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn left(&self) -> usize {
        self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.cursor + self.after().graphemes(true).next().map_or(0, str::len)
    }

    fn word(&self) -> usize {
        let trimmed = self.before().trim_end();
        trimmed.rfind(char::is_whitespace).map_or(0, |at| {
            at + trimmed.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
        })
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ctrl(character: char) -> Key {
        Key { code: Code::Char(character), ctrl: true, alt: false }
    }

    #[test]
    fn editing() {
        let mut input = Input::new("one two\u{301}");
        input.key(Key::plain(Code::Backspace));
        assert_eq!(input.text(), "one tw", "a grapheme goes whole");
        input.key(ctrl('w'));
        assert_eq!(input.text(), "one ");
        input.key(ctrl('a'));
        input.insert("x\ny");
        assert_eq!((input.before(), input.after()), ("xy", "one "));
        input.key(ctrl('k'));
        input.key(ctrl('u'));
        assert_eq!(input.text(), "");
        assert!(!input.key(Key::plain(Code::Tab)));
    }

    proptest! {
        #[test]
        fn the_cursor_stays_inside(start in "\\PC{0,12}", keys in prop::collection::vec(0..9_usize, 0..40)) {
            let mut input = Input::new(&start);
            for key in keys {
                input.key(match key {
                    0 => Key::plain(Code::Left),
                    1 => Key::plain(Code::Right),
                    2 => Key::plain(Code::Backspace),
                    3 => Key::plain(Code::Delete),
                    4 => ctrl('w'),
                    5 => Key::plain(Code::Char('é')),
                    6 => Key::plain(Code::Home),
                    7 => ctrl('k'),
                    _ => Key::plain(Code::Char('日')),
                });
                prop_assert_eq!(format!("{}{}", input.before(), input.after()), input.text());
            }
        }
    }
}
