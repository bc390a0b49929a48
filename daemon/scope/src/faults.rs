//! Named points at which a test build dies, to prove that a crash at that instant costs nothing.
//!
//! Off unless the cargo feature `faults` is on; then `BRUMMER_FAULT=abort@publish:3` aborts the process at
//! the third time that [`point`]`("publish")` is reached (without `:N`: the first). Callers need no `cfg`:
//! without the feature a point is an empty inlined function. Points: `index_write`, `publish` (log engine),
//! `intent`, `spawned` (supervision).

/// Dies here if the environment chose this point and this is the chosen hit.
#[cfg(not(feature = "faults"))]
#[inline(always)]
pub fn point(_name: &'static str) {}

/// Dies here if the environment chose this point and this is the chosen hit.
#[cfg(feature = "faults")]
pub fn point(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static CHOSEN: OnceLock<Option<Chosen>> = OnceLock::new();
    static HITS: AtomicU64 = AtomicU64::new(0);
    let chosen = CHOSEN.get_or_init(|| {
        let text = std::env::var("BRUMMER_FAULT").ok()?;
        let parsed = Chosen::parse(&text);
        if parsed.is_none() {
            tracing::error!(text, "BRUMMER_FAULT is not `abort@POINT:N`; no fault is armed");
        }
        parsed
    });
    if let Some(chosen) = chosen
        && chosen.point == name
        && HITS.fetch_add(1, Ordering::Relaxed) + 1 == chosen.hit
    {
        tracing::error!(point = name, hit = chosen.hit, "the chosen fault point is reached");
        std::process::abort();
    }
}

/// A parsed `abort@POINT:N`.
#[cfg(any(feature = "faults", test))]
#[derive(Debug, PartialEq, Eq)]
struct Chosen {
    point: String,
    /// From 1.
    hit: u64,
}

#[cfg(any(feature = "faults", test))]
impl Chosen {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("abort@")?;
        let (point, hit) = match rest.split_once(':') {
            Some((point, hit)) => (point, hit.parse().ok().filter(|hit| *hit > 0)?),
            None => (rest, 1),
        };
        (!point.is_empty()).then(|| Self { point: point.to_owned(), hit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_fault() {
        let chosen = |point: &str, hit| Some(Chosen { point: point.to_owned(), hit });
        for (text, expected) in [
            ("abort@publish:3", chosen("publish", 3)),
            ("abort@intent", chosen("intent", 1)),
            ("abort@intent:0", None),
            ("abort@:1", None),
            ("abort@publish:x", None),
            ("panic@publish:1", None),
            ("", None),
        ] {
            assert_eq!(Chosen::parse(text), expected, "{text}");
        }
    }
}
