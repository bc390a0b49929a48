//! Small readers for files that are programs and no data: what a line holds once comments are gone.
//!
//! Pure: no files, no environment, no clock.

/// The text of the first quoted word in `text`, and what follows it.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    let start = text.find(['"', '\''])?;
    let mark = text.get(start..=start)?;
    let rest = text.get(start + 1..)?;
    rest.split_once(mark)
}

/// All quoted words of `text`.
pub(super) fn all_quoted(mut text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    while let Some((word, rest)) = quoted(text) {
        words.push(word);
        text = rest;
    }
    words
}

/// `text` without `//` and `/* */` comments; what stands in quotes stays.
pub(super) fn without_c_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(character) = characters.next() {
        match (quote, character, characters.peek()) {
            (Some(mark), '\\', Some(_)) if mark != '`' => {
                out.push(character);
                out.extend(characters.next());
            }
            // A quote does not reach over a line, except a raw one.
            (Some(mark), _, _) => {
                out.push(character);
                if character == mark || (character == '\n' && mark != '`') {
                    quote = None;
                }
            }
            (None, '/', Some('/')) => {
                while characters.peek().is_some_and(|next| *next != '\n') {
                    characters.next();
                }
            }
            (None, '/', Some('*')) => {
                characters.next();
                let mut last = ' ';
                for next in characters.by_ref() {
                    if next == '\n' {
                        out.push('\n');
                    }
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
                out.push(' ');
            }
            (None, '"' | '\'' | '`', _) => {
                quote = Some(character);
                out.push(character);
            }
            (None, _, _) => out.push(character),
        }
    }
    out
}

/// A line without what follows its `#`, unless that stands in quotes.
pub(super) fn without_hash_comment(line: &str) -> &str {
    let mut quote: Option<char> = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(mark), _) if character == mark => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '#') => return line.get(..at).unwrap_or(line),
            (None, _) => {}
        }
    }
    line
}

/// How far a line is indented, in characters.
pub(super) fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

/// Whether `word` stands in `text` with no letter, digit or `_` beside it.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_go_and_quotes_stay() {
        assert_eq!(
            without_c_comments("a // b\nc /* d\n */ 'e // f' \"g\\\"/*\""),
            "a \nc \n  'e // f' \"g\\\"/*\""
        );
        assert_eq!(without_hash_comment("gem 'a#b' # c"), "gem 'a#b' ");
        assert_eq!(all_quoted("include(':a', \":b\")"), [":a", ":b"]);
        assert!(has_word("x = Flask(a)", "Flask") && !has_word("MyFlask_", "Flask"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_them(text in "[a'\"`/*#\\\\é\n ]{0,40}") {
            let kept = without_c_comments(&text);
            prop_assert!(kept.len() <= text.len() + 1);
            let _ = (without_hash_comment(&text), all_quoted(&text), indentation(&text), has_word(&text, "a"));
        }
    }
}
