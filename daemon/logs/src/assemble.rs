//! From frames to lines: the decisions about where a line ends, when an unfinished one is shown, and which
//! state of a progress line is worth keeping. Pure: times come in as arguments.
//!
//! - A line ends at `\n` or `\r\n`.
//! - 64 KiB without an end are a part; so is what has been quiet for 200 ms, or has waited for a second, or
//!   would hold the resume point back too far. The next record of the stream continues a part.
//! - After a carriage return the line is a progress line: what follows replaces what was before. Its newest
//!   state is shown at most ten times a second, as a part that replaces the one before; states between are
//!   never lines. The end of the line ends it.
//! - The end of the leader (and of the run) ends unfinished lines.
//!
//! Whatever is decided by the clock changes only where the parts are cut: joined, and without what was
//! replaced, the lines of a stream are those of its bytes alone.

mod cutter;

use brummer_capture::Position;
use brummer_event::{GapReason, LineFlags, Stream, WallNs};

use crate::chunk::{Lines, Peculiar};
use crate::resume::{Point, Resume, StreamResume};
use cutter::{Common, Cutter};

/// Longest text of one record.
pub(crate) const PART_BYTES: usize = 64 * 1024;
/// How long an unfinished line is quiet before it is shown, ns.
pub(crate) const QUIET_NS: u64 = 200_000_000;
/// How long an unfinished line waits at most, ns: one that grows steadily (dots of a test runner).
pub(crate) const WAIT_NS: u64 = 1_000_000_000;
/// Least time between two shown states of a progress line, ns.
pub(crate) const STATE_NS: u64 = 100_000_000;
/// Bytes of the run that may be read past an unfinished line before it is shown.
const LAG_BYTES: u64 = 4 * 1024 * 1024;

/// What is known about the frame that bytes come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameAt {
    pub position: Position,
    /// Where the next frame begins.
    pub end: Position,
    pub wall: WallNs,
    pub after_exit: bool,
}

/// Bytes to be cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feed<'a> {
    /// Of the whole frame.
    pub payload: &'a [u8],
    /// Bytes before this one were taken already.
    pub from: usize,
    pub at: FrameAt,
    /// Monotonic ns.
    pub now: u64,
    /// Stop when so many lines are collected.
    pub most: usize,
}

/// Cuts the streams of one run.
#[derive(Debug)]
pub(crate) struct Assembler {
    out: Cutter,
    err: Cutter,
    common: Common,
    reading: Point,
    exited: Option<Position>,
}

impl Assembler {
    /// Goes on at `resume`; `now` in monotonic ns.
    pub(crate) fn new(resume: &Resume, now: u64) -> Self {
        Self {
            out: Cutter::new(Stream::Out, resume.out.open, now),
            err: Cutter::new(Stream::Err, resume.err.open, now),
            common: Common { next_line: resume.next_line, time: resume.time, fed: 0 },
            reading: resume.reading,
            exited: resume.exited,
        }
    }

    /// Takes the payload of an OUT or ERR frame until enough lines are collected. Answers how many bytes of
    /// the payload are taken in all.
    #[inline]
    pub(crate) fn bytes(&mut self, stream: Stream, feed: &Feed<'_>, lines: &mut Lines) -> usize {
        let cutter = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        let taken = cutter.feed(feed, &mut self.common, lines);
        let Feed { payload, at, .. } = feed;
        let reading = if taken >= payload.len() {
            Point::at(at.end)
        } else {
            Point { frame: at.position, byte: u32::try_from(taken).unwrap_or(u32::MAX) }
        };
        // Bytes that are fed again after a crash lie before what was read already.
        self.reading = self.reading.max(reading);
        taken
    }

    /// A line of Brummer's own, made from the payload of a MARK or EXIT frame.
    pub(crate) fn own(&mut self, text: &[u8], payload: usize, at: FrameAt, lines: &mut Lines) -> u64 {
        let line = self.common.take_line();
        self.common.time = at.wall;
        let flags = if at.after_exit { LineFlags::AFTER_EXIT } else { LineFlags::NONE };
        let peculiar = Peculiar { index: 0, skip: 0, length: Some(payload as u64), end: 0, gap: None };
        lines.push_peculiar(text, line, at.wall, Stream::Sys, flags, peculiar);
        self.passed(at);
        line
    }

    /// The leader ended: what was unfinished is final.
    pub(crate) fn exit(&mut self, at: FrameAt, lines: &mut Lines) {
        self.finish(lines);
        self.exited = Some(at.position);
    }

    /// Nothing more will come: what is unfinished is final.
    pub(crate) fn finish(&mut self, lines: &mut Lines) {
        self.out.finish(&mut self.common, lines);
        self.err.finish(&mut self.common, lines);
    }

    /// So many bytes are missing here, of one stream or of all.
    pub(crate) fn gap(&mut self, reason: GapReason, bytes: u64, stream: Option<Stream>, lines: &mut Lines) {
        if stream != Some(Stream::Err) {
            self.out.finish(&mut self.common, lines);
        }
        if stream != Some(Stream::Out) {
            self.err.finish(&mut self.common, lines);
        }
        let gap = Some((reason, bytes));
        let peculiar = Peculiar { index: 0, skip: 0, length: None, end: 0, gap };
        let (line, time) = (self.common.next_line, self.common.time);
        lines.push_peculiar(&[], line, time, Stream::Sys, LineFlags::NONE, peculiar);
    }

    /// A frame that is no line was read.
    pub(crate) fn passed(&mut self, at: FrameAt) {
        self.reading = self.reading.max(Point::at(at.end));
    }

    /// Goes on behind something that cannot be read.
    pub(crate) fn jumped(&mut self, to: Position) {
        self.reading = self.reading.max(Point::at(to));
    }

    /// Shows what has waited long enough.
    pub(crate) fn tick(&mut self, now: u64, lines: &mut Lines) {
        self.out.tick(now, &mut self.common, lines);
        self.err.tick(now, &mut self.common, lines);
    }

    /// When [`Assembler::tick`] is due; `None` while nothing is unfinished.
    pub(crate) fn deadline(&self) -> Option<u64> {
        [self.out.deadline(), self.err.deadline()].into_iter().flatten().min()
    }

    /// Ends a record: from here on bytes are counted from the answer's points.
    pub(crate) fn seal(&mut self) -> Resume {
        let stream = |cutter: &mut Cutter| {
            let (point, open) = cutter.seal();
            StreamResume { point: point.unwrap_or(self.reading), open }
        };
        Resume {
            reading: self.reading,
            out: stream(&mut self.out),
            err: stream(&mut self.err),
            next_line: self.common.next_line,
            time: self.common.time,
            exited: self.exited,
        }
    }

    /// Where reading goes on, and the bytes of the frame there that were taken.
    pub(crate) fn reading(&self) -> Point {
        self.reading
    }
}

#[cfg(test)]
mod tests;
