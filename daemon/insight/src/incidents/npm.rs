//! The block of `npm error …` lines: one error. Pure.

use crate::incidents::{Change, Step};

pub(crate) fn step(line: &str) -> Step {
    match text(line) {
        Some(text) => Step::Join(change(text)),
        None => Step::Leave,
    }
}

fn text(line: &str) -> Option<&str> {
    ["npm error", "npm ERR!"].iter().find_map(|start| line.trim_start().strip_prefix(start)).map(str::trim)
}

/// What one line of the block says: the code, or the first real sentence.
pub(crate) fn change(text: &str) -> Change {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    if word == "code" {
        return Change { code: Some(rest.trim().to_owned()), ..Change::default() };
    }
    let noise = text.is_empty()
        || matches!(
            word,
            "errno" | "path" | "command" | "syscall" | "dest" | "workspace" | "location" | "signal"
        )
        || text.starts_with("A complete log")
        || text.starts_with("Lifecycle script");
    Change { append: (!noise).then(|| text.to_owned()), ..Change::default() }
}
