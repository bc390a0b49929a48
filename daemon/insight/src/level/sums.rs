//! Sums at the end of a build or test run: they decide a level and are no errors of their own. Pure.

use brummer_event::Level;

use crate::level::Mark;

/// The level of a sum; counts of zero are info.
pub(crate) fn summary(text: &str) -> Option<Mark<'_>> {
    let framed = text.starts_with("==") && text.ends_with("==");
    let titled = ["Tests", "Test Files", "Test Suites", "test result:", "Found ", "Failed Tests", "Suites:"]
        .iter()
        .any(|title| text.starts_with(title));
    let counted = text.starts_with(|c: char| c.is_ascii_digit())
        && (text.ends_with(" failing")
            || text.ends_with("Error(s)")
            || text.ends_with(" failed")
            || text.ends_with(" errors"));
    // tsc --watch puts a clock before its sum.
    let watching = text.starts_with(|c: char| c.is_ascii_digit() || c == '[') && text.contains(" - Found ");
    if !(framed || titled || counted || watching) {
        return None;
    }
    let text = text.split_once(" - Found ").map_or(text, |(_, sum)| sum);
    let counts = Counts::of(text);
    if !counts.any {
        return None;
    }
    let level = if counts.bad { Level::Error } else { Level::Info };
    Some(Mark { summary: true, ..Mark::new(level, text) })
}

/// Numbers before words of failure.
pub(crate) struct Counts {
    /// There was a number before a word of failure.
    pub(crate) any: bool,
    /// One was not zero.
    pub(crate) bad: bool,
}

impl Counts {
    pub(crate) fn of(text: &str) -> Self {
        let mut counts = Self { any: false, bad: false };
        let mut last: Option<u64> = None;
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, '=' | ',' | ';' | '|' | ':' | '.'))
        {
            if word.is_empty() {
                continue;
            }
            let word = word.trim_matches(['(', ')']);
            if let Ok(number) = word.parse::<u64>() {
                last = Some(number);
                continue;
            }
            let failure =
                ["failed", "failing", "failure", "failures", "error", "errors", "error(s", "errored"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(word));
            if failure && let Some(number) = last {
                counts.any = true;
                counts.bad |= number > 0;
            }
            last = None;
        }
        counts
    }
}
