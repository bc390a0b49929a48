//! The lines that are kept for the log pane: at most five screens around what is seen. Pure.
//!
//! *Following*, lines come in at the end, progress lines and parts are folded, and the oldest leave. *Held*,
//! nothing that is kept changes: lines are only added at the end until the bound is reached, from then on
//! they are only counted ([`LogPane::detached`]); what lies beyond is read by cursor when it is scrolled to.

mod fold;
mod page;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::filter::{Filter, Level, Stream};
pub(crate) use fold::fold_into;
pub use page::{Page, Purpose, Target};

/// Least lines that are kept, however small the screen.
const LEAST: usize = 60;
/// Screens that are kept.
const SCREENS: usize = 5;

/// Whom neighbours of a line share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub process: String,
    pub run: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub source: Arc<Source>,
    pub seq: u64,
    /// Of its last part.
    pub last_seq: u64,
    /// Within the run, from 1.
    pub number: u64,
    pub stream: Stream,
    pub time_ns: i64,
    pub level: Option<Level>,
    pub text: Bytes,
    /// No line end yet.
    pub part: bool,
    /// A newer state of a progress line.
    pub replaces: bool,
    pub after_exit: bool,
}

/// Lines that are not shown, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub from: u64,
    /// Inclusive.
    pub to: u64,
    pub lines: Option<u64>,
    /// Empty: more than one.
    pub process: String,
    /// As `evicted`.
    pub reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Line(Line),
    Gap(Gap),
}

impl Entry {
    pub const fn first_seq(&self) -> u64 {
        match self {
            Self::Line(line) => line.seq,
            Self::Gap(gap) => gap.from,
        }
    }

    pub const fn last_seq(&self) -> u64 {
        match self {
            Self::Line(line) => line.last_seq,
            Self::Gap(gap) => gap.to,
        }
    }

    pub const fn line(&self) -> Option<&Line> {
        match self {
            Self::Line(line) => Some(line),
            Self::Gap(_) => None,
        }
    }

    /// A live tail jumped here: the lines exist and can be read.
    pub fn can_be_read(&self) -> bool {
        matches!(self, Self::Gap(gap) if gap.reason == "live")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Follow,
    /// This many lines came since.
    Hold {
        new_lines: u64,
    },
}

/// How far the daemon has looked for lines of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    pub through: u64,
    pub newest: u64,
}

#[derive(Debug, Clone)]
pub struct LogPane {
    pub filter: Filter,
    /// Number of the stream that is listened to; lines of another are late and ignored.
    pub opening: u64,
    pub entries: VecDeque<Entry>,
    pub mode: Mode,
    /// Index of the entry under the cursor.
    pub cursor: usize,
    /// Row of the pane at which that entry begins, while held.
    pub row: usize,
    /// Columns that are scrolled to the right.
    pub shift: usize,
    pub more_before: bool,
    /// What is kept ends before what the stream has brought.
    pub detached: bool,
    /// Everything that is kept is of the stream before; the next lines replace it.
    pub outdated: bool,
    /// Highest seq that the stream has brought.
    pub stream_seq: u64,
    /// A page is on its way.
    pub loading: Option<u64>,
    pub scan: Option<Scan>,
    /// Why the daemon gives no lines.
    pub refused: Option<String>,
    /// Cursors of lines begin with this.
    pub epoch: String,
}

impl Default for LogPane {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            opening: 0,
            entries: VecDeque::new(),
            mode: Mode::Follow,
            cursor: 0,
            row: 0,
            shift: 0,
            more_before: false,
            detached: false,
            outdated: false,
            stream_seq: 0,
            loading: None,
            scan: None,
            refused: None,
            epoch: String::new(),
        }
    }
}

impl LogPane {
    /// Most entries that are kept for a pane of this height.
    pub fn bound(height: usize) -> usize {
        (height * SCREENS).max(LEAST)
    }

    pub const fn is_held(&self) -> bool {
        matches!(self.mode, Mode::Hold { .. })
    }

    pub fn under_cursor(&self) -> Option<&Entry> {
        self.entries.get(self.cursor)
    }

    pub fn line_under_cursor(&self) -> Option<&Line> {
        self.under_cursor().and_then(Entry::line)
    }

    /// A new stream: another filter or project. What is kept goes.
    pub fn reopen(&mut self) {
        self.entries.clear();
        self.cursor = 0;
        self.row = 0;
        self.shift = 0;
        self.more_before = false;
        self.refused = None;
        self.restart();
        self.outdated = false;
    }

    /// The same lines again from the newest on; what is kept stays until they come.
    fn restart(&mut self) {
        self.opening += 1;
        self.mode = Mode::Follow;
        self.detached = false;
        self.outdated = true;
        self.stream_seq = 0;
        self.loading = None;
        self.scan = None;
    }

    /// Goes with the newest lines from now on.
    pub fn follow(&mut self) {
        if self.detached || self.entries.iter().any(Entry::can_be_read) {
            self.restart();
        } else {
            for entry in std::mem::take(&mut self.entries) {
                fold_into(&mut self.entries, entry);
            }
            self.mode = Mode::Follow;
            self.loading = None;
        }
        self.cursor = self.entries.len().saturating_sub(1);
    }

    /// Keeps what is seen where it is; `row` is where the entry under the cursor begins just now.
    pub fn hold(&mut self, row: usize) {
        if !self.is_held() {
            self.mode = Mode::Hold { new_lines: 0 };
            self.row = row;
        }
    }

    /// Lines and gaps of the stream, in order. `bound`: [`LogPane::bound`].
    pub fn arrive(&mut self, entries: Vec<Entry>, bound: usize) {
        if std::mem::take(&mut self.outdated) {
            self.entries.clear();
            self.cursor = 0;
        }
        self.refused = None;
        // What a stream begins with is older than its opening: nothing of it is new.
        let begins = self.stream_seq == 0;
        for entry in entries {
            self.stream_seq = self.stream_seq.max(entry.last_seq());
            match &mut self.mode {
                Mode::Follow => fold_into(&mut self.entries, entry),
                Mode::Hold { new_lines } => {
                    *new_lines += match &entry {
                        Entry::Line(line) => u64::from(!line.replaces && !begins),
                        Entry::Gap(gap) if gap.reason == "live" => gap.lines.unwrap_or(0),
                        Entry::Gap(_) => 0,
                    };
                    self.detached |= self.entries.len() >= bound;
                    if !self.detached {
                        self.entries.push_back(entry);
                    }
                }
            }
        }
        if self.mode == Mode::Follow {
            while self.entries.len() > bound {
                self.entries.pop_front();
                self.more_before = true;
            }
            // Older lines may exist wherever a stream began; the first page before tells.
            self.more_before |= !self.entries.is_empty() && self.loading.is_none();
            self.cursor = self.entries.len().saturating_sub(1);
        }
    }

    /// Cursor text of the position just after `seq`, or just before a line when given its seq - 1. `None`
    /// before the daemon has named its epoch.
    pub fn cursor_at(&self, seq: u64, time_ns: i64) -> Option<String> {
        (!self.epoch.is_empty()).then(|| format!("{}.{seq}.{time_ns}", self.epoch))
    }

    /// Cursor just after the entry with this index.
    pub fn cursor_after(&self, index: usize) -> Option<String> {
        let entry = self.entries.get(index)?;
        self.cursor_at(entry.last_seq(), self.time_near(index))
    }

    /// Cursor just before the entry with this index.
    pub fn cursor_before(&self, index: usize) -> Option<String> {
        let entry = self.entries.get(index)?;
        self.cursor_at(entry.first_seq().saturating_sub(1), self.time_near(index))
    }

    /// Time of the line with this index, or of a neighbour if it is a gap.
    fn time_near(&self, index: usize) -> i64 {
        let time = |entry: &Entry| entry.line().map(|line| line.time_ns);
        let behind = self.entries.iter().skip(index).find_map(time);
        behind.or_else(|| self.entries.iter().take(index).rev().find_map(time)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
