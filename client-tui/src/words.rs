//! A typed line as words, as a shell would split it; nothing is expanded. Pure.

/// Splits at blanks outside of quotes; a backslash takes the next character as it is. Also tells whether a
/// quote was left open.
pub fn split(text: &str) -> (Vec<String>, bool) {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(characters.next()),
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if character == open => quote = None,
            (_, None) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    (words, quote.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_shell_s() {
        for (text, expected, open) in [
            ("--port 1", vec!["--port", "1"], false),
            ("  -k 'two words' \"\"", vec!["-k", "two words", ""], false),
            ("a\\ b $(x)", vec!["a b", "$(x)"], false),
            ("-k 'never closed", vec!["-k", "never closed"], true),
            ("", vec![], false),
        ] {
            assert_eq!(split(text), (expected.into_iter().map(str::to_owned).collect(), open), "{text}");
        }
    }
}
