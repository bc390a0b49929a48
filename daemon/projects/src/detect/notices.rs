//! What could not be read or understood, told to people: bounded, and each a line that is safe to show.

use std::ops::Deref;

use super::shape::Shaped;

/// How many notices of one look are told.
const MAX: usize = 50;
/// Longest notice, in characters.
const MAX_LENGTH: usize = 400;

/// The notices of one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    lines: Vec<String>,
    /// Those beyond [`MAX`].
    more: usize,
}

impl Notices {
    pub(crate) fn push(&mut self, text: &str) {
        if self.lines.len() < MAX {
            self.lines.push(plain(text, MAX_LENGTH));
        } else {
            self.more += 1;
        }
    }

    /// What a file holds; what is wrong with it is told under its name.
    pub(super) fn told<T>(&mut self, name: &str, read: Shaped<Option<T>>) -> Option<T> {
        match read {
            Ok((value, odd)) => {
                odd.iter().for_each(|odd| self.push(&format!("{name} {odd}")));
                value
            }
            Err(why) => {
                self.push(&format!("{name} {why}"));
                None
            }
        }
    }

    /// No more will come: says how many are not told.
    pub(super) fn close(&mut self) {
        let more = std::mem::take(&mut self.more);
        if more > 0 {
            self.lines.push(format!("and {more} more like these"));
        }
    }
}

impl Deref for Notices {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.lines
    }
}

/// One line that is safe to show; what is cut ends with `…`.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let mut characters = text.chars().map(|c| if is_safe(c) { c } else { ' ' });
    let mut line: String = characters.by_ref().take(longest).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// Neither a control character nor one that turns or hides what stands beside it.
fn is_safe(character: char) -> bool {
    let turns = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    !character.is_control() && !turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_few_short_and_safe() {
        let mut notices = Notices::default();
        notices.push("a\u{1b}[31mb\nc\u{202e}d");
        for _ in 0..60 {
            notices.push(&"x".repeat(1000));
        }
        notices.close();
        assert_eq!(notices.len(), MAX + 1);
        assert_eq!((notices[0].as_str(), notices[MAX].as_str()), ("a [31mb c d", "and 11 more like these"));
        assert_eq!(notices[1].chars().count(), MAX_LENGTH + 1);
    }
}
