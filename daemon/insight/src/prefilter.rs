//! Which lines are worth a closer look: one pass of a vectorised search over the raw bytes. Pure.
//!
//! Most lines hold none of the needles and are info, without an allocation. A needle is only a reason to
//! look; what the line means is decided by [`crate::level`].

use std::sync::OnceLock;

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, BuildError};

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

/// Whether a line may carry a mark, a URL or the head of an error.
pub(crate) fn is_candidate(line: &[u8]) -> bool {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let hit = match ENGINE.get_or_init(engine) {
        Engine::Packed(searcher) => searcher.find(line).is_some(),
        Engine::Automaton(automaton) => automaton.is_match(line),
        Engine::All => true,
    };
    hit || is_glog(line)
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
}
