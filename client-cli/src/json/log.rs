//! Lines of logs: the record that is printed, and the document of it.

use std::sync::Arc;

use brummer_proto::{text, v1};
use bytes::Bytes;
use serde::Serialize;

use super::{Time, present};

/// Whose lines they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Source {
    pub project: String,
    pub process: String,
    pub run: String,
}

/// One line as it came, its text untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub source: Arc<Source>,
    pub seq: u64,
    pub line: u64,
    pub stream: Stream,
    pub time_ns: i64,
    pub level: Option<Level>,
    pub text: Bytes,
    pub part: bool,
    pub replaces_previous: bool,
    pub after_exit: bool,
    pub context: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stream {
    Out,
    Err,
    Sys,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// Lines of one message, in its order.
pub(crate) fn records(lines: v1::LogLines) -> Vec<Record> {
    let sources: Vec<Arc<Source>> = lines
        .sources
        .into_iter()
        .map(|source| Source { project: source.project, process: source.process, run: source.run })
        .map(Arc::new)
        .collect();
    let record = |line: v1::LogLine| Record {
        source: usize::try_from(line.source).ok().and_then(|at| sources.get(at).cloned()).unwrap_or_default(),
        seq: line.seq,
        line: line.line,
        stream: match line.stream() {
            v1::Stream::Err => Stream::Err,
            v1::Stream::Sys => Stream::Sys,
            v1::Stream::Out | v1::Stream::Unspecified => Stream::Out,
        },
        time_ns: line.time_ns,
        level: match line.level() {
            v1::Level::Unspecified => None,
            v1::Level::Trace => Some(Level::Trace),
            v1::Level::Debug => Some(Level::Debug),
            v1::Level::Info => Some(Level::Info),
            v1::Level::Warn => Some(Level::Warn),
            v1::Level::Error => Some(Level::Error),
            v1::Level::Fatal => Some(Level::Fatal),
        },
        text: line.text,
        part: line.part,
        replaces_previous: line.replaces_previous,
        after_exit: line.after_exit,
        context: line.context,
    };
    lines.lines.into_iter().map(record).collect()
}

/// A line, as JSON tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    /// Everything after this line.
    pub cursor: Option<String>,
    pub seq: u64,
    pub line: u64,
    pub project: String,
    pub process: String,
    pub run: String,
    pub stream: Stream,
    pub time: Time,
    pub level: Option<Level>,
    pub text: String,
    pub part: bool,
    pub replaces_previous: bool,
    pub after_exit: bool,
    /// What the line's own structure says; not taken apart yet.
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// With `-C`: this line only surrounds a match.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub context: bool,
}

impl Line {
    /// `cursor` is any line cursor of the same answer: it names the epoch.
    pub(crate) fn new(record: &Record, cursor: &str) -> Self {
        Self {
            cursor: cursor_of(cursor, record.seq, record.time_ns),
            seq: record.seq,
            line: record.line,
            project: record.source.project.clone(),
            process: record.source.process.clone(),
            run: record.source.run.clone(),
            stream: record.stream,
            time: Time(record.time_ns),
            level: record.level,
            text: text::plain(&record.text),
            part: record.part,
            replaces_previous: record.replaces_previous,
            after_exit: record.after_exit,
            fields: serde_json::Map::new(),
            context: record.context,
        }
    }
}

/// The cursor behind one line of an answer: `l1.<epoch>.<seq>.<time>`, its epoch that of the answer's own
/// cursor. `None` if that is of a kind this client does not know.
fn cursor_of(answer: &str, seq: u64, time_ns: i64) -> Option<String> {
    let mut fields = answer.split('.');
    match (fields.next()?, fields.next()?, fields.count()) {
        ("l1", epoch, 2) => Some(format!("l1.{epoch}.{seq}.{time_ns}")),
        _ => None,
    }
}

/// What is not delivered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    pub from: u64,
    /// Inclusive.
    pub to: u64,
    pub lines: Option<u64>,
    pub process: Option<String>,
    pub reason: Option<GapReason>,
    pub project: Option<String>,
    pub run: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapReason {
    Evicted,
    Behind,
    DiskFull,
    Live,
    Epoch,
    Cleared,
}

impl From<v1::Gap> for Gap {
    fn from(gap: v1::Gap) -> Self {
        use v1::GapReason as Wire;
        let reason = match gap.reason() {
            Wire::Unspecified => None,
            Wire::Evicted => Some(GapReason::Evicted),
            Wire::Behind => Some(GapReason::Behind),
            Wire::DiskFull => Some(GapReason::DiskFull),
            Wire::Live => Some(GapReason::Live),
            Wire::Epoch => Some(GapReason::Epoch),
            Wire::Cleared => Some(GapReason::Cleared),
        };
        Self {
            from: gap.from,
            to: gap.to,
            lines: gap.lines,
            process: present(gap.process),
            reason,
            project: present(gap.project),
            run: present(gap.run),
        }
    }
}

/// A gap on a line of its own.
#[derive(Debug, Serialize)]
pub(crate) struct GapMessage<'a> {
    pub gap: &'a Gap,
}

/// `logs -o json`.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub lines: Vec<Line>,
    pub gaps: Vec<Gap>,
    /// Ask for what comes later with this one.
    pub next: Option<String>,
}

/// `logs --count`.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    pub count: u64,
    pub scanned: u64,
    pub gaps: Vec<Gap>,
}

/// `logs --clear`: everything after this cursor is still shown.
#[derive(Debug, Serialize)]
pub(crate) struct Cleared {
    pub cursor: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_own_cursor() {
        assert_eq!(cursor_of("l1.feed.42.17", 40, 15).as_deref(), Some("l1.feed.40.15"));
        for unknown in ["", "l1", "e1.7.9", "l2.feed.42.17", "l1.feed.42", "l1.feed.42.17.1"] {
            assert_eq!(cursor_of(unknown, 40, 15), None, "{unknown}");
        }
    }
}
