//! Regular expressions that people write (configuration, `--regex`, `wait --for log=`): one dialect and one
//! bound for all of them, so that what the configuration accepts can be used where lines are read.
//!
//! The syntax is that of the `regex` crate: linear in the length of a line, whatever is written, and therefore
//! without look-around and back-references. A compiled one takes [`MOST_BYTES`] at most.

use regex::bytes::{Regex, RegexBuilder};

/// Bytes a compiled pattern may use.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Why a text is no pattern, in one sentence without its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// Compiles `pattern`; exact in case unless it says `(?i)` or `any_case`.
///
/// # Errors
/// It is no regular expression, or too large.
pub fn compile(pattern: &str, any_case: bool) -> Result<Regex, PatternError> {
    RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(MOST_BYTES).build().map_err(|error| {
        let text = error.to_string();
        // A syntax error shows the pattern over several lines; its last one says what is wrong.
        let last = text.lines().last().unwrap_or_default().trim();
        PatternError(last.strip_prefix("error: ").unwrap_or(last).to_owned())
    })
}

/// The pattern that finds `text` as it is.
pub fn literal(text: &str) -> String {
    regex::escape(text)
}

#[cfg(test)]
mod tests {
    use super::{compile, literal};

    #[test]
    fn text_is_found_as_it_is() {
        let text = "[ready] 1.0 (a|b)* \\d";
        assert!(compile(&literal(text), false).unwrap().is_match(text.as_bytes()));
        assert!(!compile(&literal("a.c"), false).unwrap().is_match(b"abc"));
    }

    #[test]
    fn a_mistake_is_told_in_one_sentence() {
        for (pattern, told) in [
            ("(", "unclosed group"),
            ("a{2,1}", "invalid repetition count range, the start must be <= the end"),
            ("ready(?= in)", "look-around, including look-ahead and look-behind, is not supported"),
            ("(a{1000}){1000}", "Compiled regex exceeds size limit of 4194304 bytes."),
        ] {
            assert_eq!(compile(pattern, false).unwrap_err().to_string(), told, "{pattern}");
        }
        assert!(compile("(?i)listening on .*:(\\d+)", false).unwrap().is_match(b"Listening on http://x:80"));
        assert!(!compile("Listening", false).unwrap().is_match(b"listening"));
        assert!(compile("Listening", true).unwrap().is_match(b"listening"));
    }
}
