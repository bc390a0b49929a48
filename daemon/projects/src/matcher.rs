//! The background part of VS Code's problem matchers: by which line a watching task tells that it is done for
//! now. What depends on such a task begins at that line, so here it is its ready check.
//!
//! Pure: no files, no environment, no clock.

use brummer_event::pattern;
use brummer_event::spec::ReadyCheck;

/// What a matcher says of the background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Background {
    /// Nothing: it is for tasks that end.
    No,
    /// The task watches; by which line it is done is not said here.
    Unsaid,
    Ends(ReadyCheck),
    /// Its pattern cannot be used, and why.
    Unusable(String),
}

/// Named matchers whose last line is known: the editor's own, and that of its esbuild extension.
const NAMED: [(&str, &str); 2] = [
    ("$tsc-watch", r"(?:Compilation complete|Found \d+ errors?)\. Watching for file changes\."),
    ("$esbuild-watch", r"\[watch\] build finished"),
];

impl Background {
    /// Of a matcher with this `endsPattern` and this name (its own, or that of its `base`).
    pub(crate) fn of(ends: Option<&str>, name: Option<&str>) -> Self {
        if let Some(ends) = ends {
            return match pattern::compile(ends, false) {
                Ok(_) if ends.is_empty() => Self::Unsaid,
                Ok(_) => Self::Ends(ReadyCheck::log(ends)),
                Err(error) => Self::Unusable(error.to_string()),
            };
        }
        let Some(name) = name else { return Self::No };
        match NAMED.iter().find(|(known, _)| *known == name) {
            Some((_, ends)) => Self::Ends(ReadyCheck::log(*ends)),
            // So extensions call those that watch.
            None if name.starts_with('$') && name.ends_with("-watch") => Self::Unsaid,
            None => Self::No,
        }
    }

    /// Of several matchers of one task: the first whose line is known, else what is told of any.
    pub(crate) fn first(all: impl IntoIterator<Item = Self>) -> Self {
        let rank = |found: &Self| match found {
            Self::Ends(_) => 0,
            Self::Unusable(_) => 1,
            Self::Unsaid => 2,
            Self::No => 3,
        };
        all.into_iter().min_by_key(rank).unwrap_or(Self::No)
    }
}

#[cfg(test)]
mod tests {
    use super::Background;
    use brummer_event::pattern;
    use brummer_event::spec::ReadyCheck;

    #[test]
    fn what_a_matcher_waits_for() {
        let ends = |log: &str| Background::Ends(ReadyCheck::log(log));
        for (own, name, expected) in [
            (None, None, Background::No),
            (None, Some("$tsc"), Background::No),
            (None, Some("$ts-webpack-watch"), Background::Unsaid),
            (None, Some("$esbuild-watch"), ends(r"\[watch\] build finished")),
            (Some("done in \\d+ms"), Some("$tsc-watch"), ends("done in \\d+ms")),
            (Some("http:\\/\\/localhost"), None, ends("http:\\/\\/localhost")),
            (Some(""), None, Background::Unsaid),
        ] {
            assert_eq!(Background::of(own, name), expected, "{own:?} {name:?}");
        }
        assert!(matches!(Background::of(Some("ready(?! yet)"), None), Background::Unusable(_)));
        let all = [Background::No, Background::Unsaid, ends("b"), ends("c")];
        assert_eq!(Background::first(all), ends("b"));
    }

    #[test]
    fn the_compilers_own_lines_match() {
        let Background::Ends(check) = Background::of(None, Some("$tsc-watch")) else { panic!() };
        let pattern = pattern::compile(&check.log, false).unwrap();
        for line in [
            "[10:24:05 AM] Found 0 errors. Watching for file changes.",
            "10:24:05 AM - Found 1 error. Watching for file changes.",
            "10:24:05 AM - Compilation complete. Watching for file changes.",
        ] {
            assert!(pattern.is_match(line.as_bytes()), "{line}");
        }
        assert!(!pattern.is_match(b"[10:24:05 AM] Starting compilation in watch mode..."));
    }
}
