//! `config check`, `config show`.

use std::fmt::Write as _;

use super::plain_words;
use crate::json::config::{Check, Diagnostic, Import, ImportNote, Shown, counts};
use crate::units;

/// Every mistake as the daemon drew it, with a line between.
pub(crate) fn check(check: &Check) -> String {
    mistakes(&check.diagnostics)
}

/// `ok, 1 warning`, `2 mistakes, 1 warning`.
pub(crate) fn verdict(diagnostics: &[Diagnostic]) -> String {
    let (warnings, wrong) = counts(diagnostics);
    let first = if wrong == 0 { "ok".to_owned() } else { units::plural(wrong, "mistake") };
    match warnings {
        0 => first,
        warnings => format!("{first}, {}", units::plural(warnings, "warning")),
    }
}

/// The same of any mistakes.
pub(crate) fn mistakes<'a>(mistakes: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    let drawn = mistakes.into_iter().map(|diagnostic| {
        if diagnostic.rendered.is_empty() {
            let place =
                crate::json::incident::place(diagnostic.file.as_deref(), diagnostic.line, diagnostic.column);
            let place = place.map(|place| place + ": ").unwrap_or_default();
            let hint = diagnostic.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
            format!("{place}{}{hint} [{}]\n", diagnostic.message, diagnostic.code)
        } else {
            format!("{}\n", diagnostic.rendered.trim_end())
        }
    });
    plain_words(&drawn.collect::<Vec<_>>().join("\n"))
}

/// Lines of TOML; with `sources` each says in a comment where it comes from.
pub(crate) fn show(shown: &Shown, sources: bool) -> String {
    let mut out = String::new();
    for value in &shown.values {
        let text = plain_words(&value.value);
        let _ = match sources {
            true => {
                writeln!(out, "{} = {text}  # {}", value.key, plain_words(&value.source).replace('\n', " "))
            }
            false => writeln!(out, "{} = {text}", value.key),
        };
    }
    out
}

/// What could not be carried over, a line each, under a heading.
pub(crate) fn notes(imported: &Import) -> Vec<String> {
    if imported.notes.is_empty() {
        return Vec::new();
    }
    let one = |note: &ImportNote| {
        let line = note.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        let text = format!("  {}{line}: {}", note.place, note.why);
        plain_words(&text).replace('\n', " ")
    };
    std::iter::once("not carried over as it was:".to_owned()).chain(imported.notes.iter().map(one)).collect()
}
