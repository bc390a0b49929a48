//! What readers get: lines, pages, counts, figures. Plain data.

use brummer_event::{Gap, Level, LineCursor, LineFlags, LineSeq, ProcessKey, RunId, Stream, WallNs};
use bytes::Bytes;

/// One line as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineView {
    pub seq: LineSeq,
    /// Within the run, from 1, no holes; the parts of one line share it.
    pub line: u64,
    pub key: ProcessKey,
    pub run: RunId,
    pub stream: Stream,
    pub time: WallNs,
    pub level: Level,
    pub flags: LineFlags,
    /// It did not match; it surrounds a line that did.
    pub context: bool,
    /// As written, without its line end: may hold escape sequences and invalid UTF-8.
    pub text: Bytes,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// Between the cursor's line and the next.
    Cursor(LineCursor),
    /// Before the first line with this time or a later one.
    Time(WallNs),
    /// Before the first kept line.
    First,
    /// After the newest line.
    Last,
}

/// A question for a page.
#[derive(Debug, Clone)]
pub struct ReadQuery {
    pub anchor: Anchor,
    /// Matching lines wanted before the anchor.
    pub before: usize,
    /// Matching lines wanted after the anchor.
    pub after: usize,
    pub filter: crate::Filter,
}

/// Lines around an anchor, in order of seq.
#[derive(Debug, Clone)]
pub struct Page {
    pub lines: Vec<LineView>,
    /// What is missing among them, in order.
    pub gaps: Vec<Gap>,
    /// Everything from the first line on comes after this cursor.
    pub first: LineCursor,
    /// Ask for what comes later with this one.
    pub last: LineCursor,
    pub more_before: bool,
    pub more_after: bool,
    /// The filter was applied through this line.
    pub scanned_through: LineSeq,
}

/// Most lines in one item of a follower.
pub const MOST_LINES: usize = 1000;
/// Most bytes of text in one item of a follower, unless a single line is longer.
pub const MOST_BYTES: usize = 192 * 1024;

/// What a follower gets.
#[derive(Debug, Clone)]
pub enum FollowItem {
    /// At most [`MOST_LINES`] and [`MOST_BYTES`].
    Lines(Vec<LineView>),
    Gap(Gap),
    /// Nothing matched up to here; comes at least each second while old lines are searched, and once
    /// everything that there was has been looked at.
    Progress {
        scanned_through: LineSeq,
        newest: LineSeq,
    },
}

/// How many lines match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    pub lines: u64,
    /// Lines that were looked at.
    pub scanned: u64,
    pub gaps: Vec<Gap>,
}

/// A run whose lines are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLines {
    pub key: ProcessKey,
    pub run: RunId,
    pub first_seq: LineSeq,
    pub last_seq: LineSeq,
    pub lines: u64,
    /// Nothing will be added any more.
    pub ended: bool,
}

/// What is wrong with keeping logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Degradation {
    /// Nothing.
    Full,
    /// Less free disk than `min_free`: only what is being written is kept.
    LowDisk,
    /// The totals are used up by what cannot be removed: children that run ahead lose their oldest output.
    TotalsFull,
    /// The index cannot be written; nothing new is shown until it can.
    IndexStuck,
}

impl Degradation {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::LowDisk => "low_disk",
            Self::TotalsFull => "totals_full",
            Self::IndexStuck => "index_stuck",
        }
    }
}

/// Figures about everything that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStats {
    /// Lines that can be read.
    pub lines: u64,
    /// Captures and index.
    pub disk_bytes: u64,
    /// Bytes in the rings.
    pub ring_bytes: u64,
    /// Places where output was lost (not by retention): a child ran ahead, the disk was full or damaged.
    pub lost_places: u64,
    /// Bytes lost there.
    pub lost_bytes: u64,
    /// Lines read and not yet numbered.
    pub backlog_lines: u64,
    pub runs: usize,
    pub degradation: Degradation,
}
