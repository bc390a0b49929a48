//! Which lines a reader wants. Pure.

use std::sync::Arc;

use brummer_event::{Level, ProcessKey, RunId, Stream, WallNs, pattern};
use memchr::memmem;

use crate::LogsError;

/// Everything that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `None`: all.
    pub processes: Option<Vec<ProcessKey>>,
    /// Every process of this project, also those that come later.
    pub project: Option<Arc<str>>,
    pub runs: Option<Vec<RunId>>,
    pub streams: Option<Vec<Stream>>,
    pub min_level: Option<Level>,
    /// Each must match.
    pub texts: Vec<Matcher>,
    pub since: Option<WallNs>,
    /// Exclusive.
    pub until: Option<WallNs>,
    /// Also states of progress lines that a newer one has superseded.
    pub include_replaced: bool,
    /// Lines of the same process around each match.
    pub context: usize,
}

/// Text that a line must hold. Escape sequences are not part of a line's text.
#[derive(Debug, Clone)]
pub struct Matcher(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Exact(Arc<memmem::Finder<'static>>),
    Pattern(regex::bytes::Regex),
}

/// With it begin the sequences that are not part of a line's text.
const ESCAPE: u8 = 0x1b;

impl Matcher {
    /// Literal, smart case: an upper-case letter makes it exact.
    ///
    /// # Errors
    /// The text is too long.
    pub fn literal(text: &str) -> Result<Self, LogsError> {
        let any_case = text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_uppercase);
        if any_case {
            return Self::build(&pattern::literal(text), true);
        }
        Ok(Self(Kind::Exact(Arc::new(memmem::Finder::new(text.as_bytes()).into_owned()))))
    }

    /// A regular expression, exact in case unless it says `(?i)`.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn regex(pattern: &str) -> Result<Self, LogsError> {
        Self::build(pattern, false)
    }

    fn build(pattern: &str, any_case: bool) -> Result<Self, LogsError> {
        pattern::compile(pattern, any_case)
            .map(|pattern| Self(Kind::Pattern(pattern)))
            .map_err(|error| LogsError::Pattern(error.to_string()))
    }

    /// True if nothing in these raw texts, one behind the other, can match. Cheap; may be wrongly false.
    pub(crate) fn cannot_match(&self, texts: &[u8]) -> bool {
        match &self.0 {
            Kind::Exact(finder) => finder.find(texts).is_none() && memchr::memchr(ESCAPE, texts).is_none(),
            Kind::Pattern(_) => false,
        }
    }

    /// True if the raw text of a line matches.
    pub fn matches(&self, raw: &[u8]) -> bool {
        if memchr::memchr(ESCAPE, raw).is_some() {
            return self.finds(brummer_insight::strip(raw).as_bytes());
        }
        self.finds(raw)
    }

    fn finds(&self, text: &[u8]) -> bool {
        match &self.0 {
            Kind::Exact(finder) => finder.find(text).is_some(),
            Kind::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

impl Filter {
    /// True if lines of this process can match at all.
    pub fn wants_process(&self, key: &ProcessKey) -> bool {
        self.project.as_ref().is_none_or(|project| *project == key.project)
            && self.processes.as_ref().is_none_or(|keys| keys.contains(key))
    }

    /// True if lines of this run can match at all.
    pub fn wants_run(&self, run: RunId) -> bool {
        self.runs.as_ref().is_none_or(|runs| runs.contains(&run))
    }

    /// True if the line matches, its process and run granted.
    pub fn wants_line(&self, stream: Stream, level: Level, time: WallNs, text: &[u8]) -> bool {
        self.streams.as_ref().is_none_or(|streams| streams.contains(&stream))
            && self.min_level.is_none_or(|least| level >= least)
            && self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && self.texts.iter().all(|matcher| matcher.matches(text))
    }

    /// True if every line of a wanted run matches: nothing has to be looked at.
    pub fn wants_every_line(&self) -> bool {
        self.streams.is_none()
            && self.min_level.is_none_or(|least| least == Level::Trace)
            && self.since.is_none()
            && self.until.is_none()
            && self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_text_has_smart_case() {
        for (pattern, text, expected) in [
            ("error", "An ERROR came", true),
            ("Error", "An ERROR came", false),
            ("Error", "TypeError: x", true),
            ("a.c", "abc", false),
            ("42", "x42", true),
            ("ÄÖ", "äö", false),
            ("äö", "ÄÖ", true),
            ("", "anything", true),
        ] {
            assert_eq!(
                Matcher::literal(pattern).unwrap().matches(text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn escape_sequences_are_no_text() {
        let coloured = b"\x1b[31mer\x1b[0mror \x1b]8;;http://x\x07link\x1b]8;;\x1b\\ \x1b(Bend";
        assert!(Matcher::literal("error").unwrap().matches(coloured));
        assert!(!Matcher::literal("31m").unwrap().matches(coloured));
        assert!(Matcher::regex("^error link end$").unwrap().matches(coloured));
    }

    #[test]
    fn a_bad_pattern_is_the_users_error() {
        assert!(matches!(Matcher::regex("("), Err(LogsError::Pattern(_))));
        assert!(matches!(Matcher::regex("(a{1000}){1000}"), Err(LogsError::Pattern(_))));
    }

    #[test]
    fn everything_that_is_set_must_hold() {
        let filter = Filter {
            streams: Some(vec![Stream::Err]),
            min_level: Some(Level::Warn),
            since: Some(10),
            until: Some(20),
            texts: vec![Matcher::regex("^a").unwrap(), Matcher::literal("B").unwrap()],
            ..Filter::default()
        };
        assert!(filter.wants_line(Stream::Err, Level::Error, 10, b"aB"));
        assert!(!filter.wants_line(Stream::Out, Level::Error, 10, b"aB"));
        assert!(!filter.wants_line(Stream::Err, Level::Info, 10, b"aB"));
        assert!(!filter.wants_line(Stream::Err, Level::Error, 9, b"aB"));
        assert!(!filter.wants_line(Stream::Err, Level::Error, 20, b"aB"));
        assert!(!filter.wants_line(Stream::Err, Level::Error, 10, b"Ba"));
        assert!(!filter.wants_line(Stream::Err, Level::Error, 10, b"ab"), "the other text is missing");
    }
}
