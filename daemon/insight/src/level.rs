//! How grave a line is, by the tool's own mark. Pure.
//!
//! The rule: a level word counts only at a place where tools put it (after clock, brackets, a name or a
//! position; in a `level` field); an error's name counts at the head of the message; counts of zero are
//! never errors; a line without a mark is info on both streams. Each known place is one file below.

mod inside;
mod names;
mod phrases;
mod prefix;
mod structured;
mod sums;
mod words;

use brummer_event::Level;

use crate::Place;

pub(crate) use names::error_name;
pub(crate) use prefix::position;
pub(crate) use structured::Structured;

/// What the head of a line says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark<'a> {
    pub(crate) level: Level,
    /// The text behind the mark.
    pub(crate) message: &'a str,
    /// The error's own name, if the mark is one.
    pub(crate) kind: Option<&'a str>,
    /// A code between name and message: `error[E0425]`, `Error [ERR_X]`.
    pub(crate) code: Option<&'a str>,
    /// A position before the mark: `src/x.c:3:5: error: …`.
    pub(crate) place: Option<Place>,
    /// Which tool speaks, where that decides how the lines go on.
    pub(crate) tool: Tool,
    /// A sum of errors told already, or a repetition: a level, but no error of its own.
    pub(crate) summary: bool,
    /// `level=error msg=…`: what the fields said besides.
    pub(crate) fields: Option<Structured>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Unknown,
    /// Vite, rolldown, esbuild, webpack, Next: a code frame follows.
    Bundler,
    Npm,
    /// `error:` or `error[E…]:` at the very start: rustc's form, which others share.
    Bare,
}

impl<'a> Mark<'a> {
    fn new(level: Level, message: &'a str) -> Self {
        Self {
            level,
            message: message.trim(),
            kind: None,
            code: None,
            place: None,
            tool: Tool::Unknown,
            summary: false,
            fields: None,
        }
    }
}

/// The line behind clock, brackets and names.
pub(crate) fn without_prefix(line: &str) -> &str {
    prefix::skip(line.trim_end()).rest
}

/// The mark of a line without escape sequences; nothing for an unmarked one.
pub(crate) fn mark(line: &str) -> Option<Mark<'_>> {
    let text = line.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(fields) = structured::read(text) {
        let level = fields.level;
        return Some(Mark { fields: Some(fields), ..Mark::new(level, text) });
    }
    if crate::prefilter::is_glog(text.as_bytes()) {
        return inside::glog(text);
    }
    if let Some(mark) = sums::summary(text) {
        return Some(mark);
    }
    let head = prefix::skip(text);
    if let Some((level, message)) = head.bracket {
        let inner = names::at_head(message).or_else(|| phrases::phrase(message));
        return Some(match inner {
            Some(mut mark) => {
                mark.level = mark.level.max(level);
                mark
            }
            None => Mark { tool: head.tool(), ..Mark::new(level, message) },
        });
    }
    let tool = head.tool();
    let found = phrases::symbol(head.rest)
        .or_else(|| names::at_head(head.rest))
        .or_else(|| words::at_head(head.rest, text))
        .or_else(|| phrases::phrase(head.rest))
        .or_else(|| inside::behind_place(head.rest))
        .or_else(|| inside::behind_names(head.rest, head.clock));
    found.map(|mark| if mark.tool == Tool::Unknown { Mark { tool, ..mark } } else { mark })
}
