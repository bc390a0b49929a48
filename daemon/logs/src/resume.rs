//! Where cutting a run's capture into lines stands: enough to go on after any crash without deciding anything
//! twice. Pure.

use brummer_capture::Position;
use brummer_event::{Stream, WallNs};

/// A byte of a capture: byte `byte` of the payload of the frame that begins at `frame`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub frame: Position,
    pub byte: u32,
}

impl Point {
    pub(crate) const START: Self = Self { frame: Position::START, byte: 0 };

    pub(crate) const fn at(frame: Position) -> Self {
        Self { frame, byte: 0 }
    }
}

/// A line of which parts are published and whose end is not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    /// Its number in the run.
    pub line: u64,
    /// A carriage return came behind the part: what follows supersedes it instead of continuing it.
    pub superseded: bool,
}

/// Where one stream of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamResume {
    /// The first byte of the stream that is in no published line.
    pub point: Point,
    pub open: Option<Open>,
}

/// Where a run stands after an index record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resume {
    /// Everything before this has been looked at.
    pub reading: Point,
    pub out: StreamResume,
    pub err: StreamResume,
    /// The number of the next new line.
    pub next_line: u64,
    /// Time of the last line: the time of one that takes no bytes.
    pub time: WallNs,
    /// The EXIT frame, once the leader's end has been told.
    pub exited: Option<Position>,
}

impl Resume {
    pub(crate) const START: Self = {
        let stream = StreamResume { point: Point::START, open: None };
        Self { reading: Point::START, out: stream, err: stream, next_line: 1, time: 0, exited: None }
    };

    /// The first byte that any of the streams still needs.
    pub(crate) fn needed(&self) -> Point {
        self.reading.min(self.out.point).min(self.err.point)
    }

    pub(crate) fn point(&self, stream: Stream) -> Point {
        match stream {
            Stream::Out => self.out.point,
            Stream::Err => self.err.point,
            Stream::Sys => self.reading,
        }
    }
}
