//! Which lines are worth a closer look: one pass of a vectorised search over the raw bytes. Pure.
//!
//! Most lines hold none of the needles and are info, without an allocation. A needle is only a reason to
//! look; what the line means is decided by [`crate::level`]. A search that begins anew for every line costs
//! more than the bytes do, so a [`Scout`] looks through many lines at once.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, BuildError, Input, Span};

/// Parts of words, three bytes at least (shorter ones make the search slow).
const NEEDLES: [&str; 46] = [
    "rror",
    "RROR",
    "ERR",
    "warn",
    "Warn",
    "WARN",
    "WRN",
    "atal",
    "ATAL",
    "FTL",
    "anic",
    "ANIC",
    "ritical",
    "CRIT",
    "crit",
    "xception",
    "raceback",
    "ebug",
    "EBUG",
    "DBG",
    "dbug",
    "race:",
    "race ",
    "TRACE",
    "race]",
    "TRC",
    "trce",
    "level",
    "lvl",
    "everity",
    "SEVERE",
    "fail",
    "Fail",
    "FAIL",
    "://",
    "ncaught",
    "nhandled",
    "ile \"",
    "not found",
    "core dumped",
    "ELIFEC",
    "\u{2718}",
    "\u{2717}",
    "\u{2716}",
    "\u{2a2f}",
    "\u{26a0}",
];

enum Engine {
    Packed(Searcher),
    Automaton(AhoCorasick),
    /// Neither could be built: every line is looked at.
    All,
}

impl Engine {
    fn get() -> &'static Self {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(engine)
    }

    /// The first needle in this part of `text`.
    fn find(&self, text: &[u8], part: Range<usize>) -> Option<Range<usize>> {
        let span = Span::from(part);
        match self {
            Self::Packed(searcher) => searcher.find_in(text, span).map(|hit| hit.start()..hit.end()),
            Self::Automaton(automaton) => {
                automaton.find(Input::new(text).span(span)).map(|hit| hit.start()..hit.end())
            }
            Self::All => Some(span.start..span.start),
        }
    }
}

/// Whether a line may carry a mark, a URL or the head of an error.
pub(crate) fn is_candidate(line: &[u8]) -> bool {
    Engine::get().find(line, 0..line.len()).is_some() || is_glog(line)
}

/// Looks through many lines in one pass and says of each what `is_candidate` would say. The lines are asked for
/// in order; they may stand right behind one another.
pub struct Scout<'a> {
    text: &'a [u8],
    engine: &'static Engine,
    /// The first needle at or behind `sought`; the text's end if there is none.
    hit: Range<usize>,
    /// The search began here.
    sought: usize,
}

impl<'a> Scout<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        let mut scout = Self { text, engine: Engine::get(), hit: 0..0, sought: 0 };
        scout.seek(0);
        scout
    }

    /// The bytes of a line.
    #[inline]
    pub fn line(&self, part: Range<usize>) -> &'a [u8] {
        self.text.get(part).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn is_candidate(&mut self, part: Range<usize>) -> bool {
        // Nearly always the next needle is far behind this line.
        (part.end > self.hit.start && self.is_in(&part)) || is_glog(self.line(part))
    }

    #[cold]
    fn is_in(&mut self, part: &Range<usize>) -> bool {
        if self.hit.start < part.start || part.start < self.sought {
            self.seek(part.start);
        }
        if self.hit.start >= part.end {
            return false;
        }
        // A needle across the border of two lines is in neither; it may hide one that is.
        self.hit.end <= part.end || self.engine.find(self.text, part.clone()).is_some()
    }

    fn seek(&mut self, from: usize) {
        let end = self.text.len();
        self.sought = from;
        self.hit = self.engine.find(self.text, from.min(end)..end).unwrap_or(end..end);
    }
}

fn engine() -> Engine {
    let mut builder = Config::new().match_kind(MatchKind::LeftmostFirst).builder();
    builder.extend(NEEDLES);
    if let Some(searcher) = builder.build() {
        return Engine::Packed(searcher);
    }
    let automaton: Result<AhoCorasick, BuildError> = AhoCorasick::new(NEEDLES);
    automaton.map_or(Engine::All, Engine::Automaton)
}

/// `E0102 10:24:05.123456    1 main.go:9] text`: the only mark of one letter.
#[inline]
pub(crate) fn is_glog(line: &[u8]) -> bool {
    match line {
        [b'E' | b'W' | b'F' | b'I', a, b, c, d, b' ', ..] => {
            [a, b, c, d].iter().all(|digit| digit.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_lines_are_let_through() {
        assert!(matches!(engine(), Engine::Packed(_)), "the fast engine was built");
        for plain in
            ["", "x", "webpack 5.91.0 compiled successfully in 1234 ms", "   Compiling serde v1.0.200"]
        {
            assert!(!is_candidate(plain.as_bytes()), "{plain}");
        }
        for found in ["ERR", "E0102 10:24:05.1 1 a.go:9] x", "\u{2718}", "x http://y", "level=warn"] {
            assert!(is_candidate(found.as_bytes()), "{found}");
        }
    }

    /// Lines made of needles, pieces of needles and other text.
    fn line() -> impl Strategy<Value = Vec<u8>> {
        let needle = (0..NEEDLES.len()).prop_map(|at| NEEDLES[at].as_bytes().to_vec());
        let piece = (0..NEEDLES.len(), any::<usize>(), any::<bool>()).prop_map(|(at, cut, head)| {
            let (before, behind) = NEEDLES[at].as_bytes().split_at(cut % NEEDLES[at].len());
            if head { before } else { behind }.to_vec()
        });
        let glog = Just(b"E0102 10:24:05.1 1 a.go:9] x".to_vec());
        let other = proptest::collection::vec(any::<u8>(), 0..40);
        proptest::collection::vec(prop_oneof![1 => needle, 4 => piece, 1 => glog, 4 => other], 0..6)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        /// Also where pieces of two lines make a needle together, and where lines are left out.
        #[test]
        fn a_scout_finds_what_a_look_at_each_line_finds(
            lines in proptest::collection::vec((line(), proptest::bool::weighted(0.8)), 0..30),
        ) {
            let text: Vec<u8> = lines.iter().flat_map(|(line, _)| line.clone()).collect();
            let mut scout = Scout::new(&text);
            let mut start = 0;
            for (line, asked) in lines {
                let part = start..start + line.len();
                start = part.end;
                if asked {
                    prop_assert_eq!(scout.line(part.clone()), &line[..]);
                    prop_assert_eq!(scout.is_candidate(part), is_candidate(&line), "{:?}", line);
                }
            }
        }
    }
}
