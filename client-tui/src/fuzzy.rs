//! Finding by a few letters. Pure.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// How well each text matches what was typed; `None`: not at all.
pub fn scores<'a>(typed: &str, texts: impl Iterator<Item = &'a str>) -> Vec<Option<u32>> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    texts.map(|text| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher)).collect()
}
