//! Segment files: `capture.000001`, `capture.000002`, …, appended to by one writer, read by anyone.
//!
//! A place in a capture is a [`Position`]; positions of one run are ordered and never reused. A segment is
//! complete once the next one exists: the writer begins a segment only when a frame no longer fits the one
//! before. A frame whose end is beyond the end of the file does not exist yet.

use std::fmt;
use std::path::PathBuf;

mod reader;
mod writer;

pub(crate) use reader::segments;
pub use reader::{BLOCK_BYTES, Block, MemoryTail, SegmentReader};
pub use writer::{Appended, SegmentWriter};

use crate::frame::HeaderError;

/// Size at which a new segment is begun, unless the run says otherwise.
pub const SEGMENT_BYTES: u64 = 10 * 1024 * 1024;
/// Number of a run's first segment.
pub const FIRST_SEGMENT: u32 = 1;

/// A place in a run's capture: before the frame that begins at byte `offset` of `segment`. Offsets are those
/// of the uncompressed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Position {
    pub segment: u32,
    pub offset: u64,
}

impl Position {
    /// Where a run's capture begins.
    pub const START: Self = Self { segment: FIRST_SEGMENT, offset: 0 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}

/// File name of a segment.
pub fn segment_name(segment: u32) -> String {
    format!("capture.{segment:06}")
}

/// Number of the segment that a file name says, if it is one.
pub fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("capture.")?;
    let number = digits.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// A frame could not be appended. What was written of it has been cut off again.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    #[error("the disk has no room for the capture (segment {segment}): {source}")]
    Full { segment: u32, source: std::io::Error },
    #[error("the capture cannot be written (segment {segment}): {source}")]
    Io { segment: u32, source: std::io::Error },
    #[error("a payload of {0} bytes is more than a frame may have")]
    TooLong(usize),
}

/// A capture could not be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The segment was unlinked; the capture goes on with `next`.
    #[error("segment {wanted} of {dir} is gone; the capture goes on with segment {next}")]
    Gone { dir: PathBuf, wanted: u32, next: u32 },
    /// No frame can be read here. [`SegmentReader::skip_damage`] goes on behind the damage.
    #[error("the capture in {dir} is damaged at {position}: {source}")]
    Damaged { dir: PathBuf, position: Position, source: HeaderError },
    /// The segment ended within a frame although a later segment exists.
    #[error("segment {} of the capture in {dir} ends within the frame at {position}", position.segment)]
    Torn { dir: PathBuf, position: Position },
    #[error("cannot {what} in {dir}: {source}")]
    Io { what: &'static str, dir: PathBuf, source: std::io::Error },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        assert_eq!(segment_name(1), "capture.000001");
        for number in [1, 9, 999_999, 1_000_000, u32::MAX] {
            assert_eq!(segment_number(&segment_name(number)), Some(number));
        }
        for other in
            ["capture.1", "capture.0000001", "capture.", "exit.json", "capture.00000x", "capture.-00001"]
        {
            assert_eq!(segment_number(other), None, "{other}");
        }
    }

    #[test]
    fn positions_are_ordered_by_segment_then_offset() {
        let at = |segment, offset| Position { segment, offset };
        assert!(at(1, 99) < at(2, 0));
        assert!(at(2, 1) > at(2, 0));
    }
}
