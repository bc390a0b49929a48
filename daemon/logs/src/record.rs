//! Index records: the decisions about a batch of lines, in about two bytes a line. Pure.
//!
//! ```text
//! length u32 | crc32c u32 of what follows | version u8 | kind u8 | body
//! kind 1, head (first in every index file): epoch, run, project, process, project directory, where the run stands
//! kind 2, lines: first seq, count, times, levels, where the run stands after it, then per line:
//!     varint (length << 1 | as_before)
//!     unless as_before: shape (stream 2 bits, end 2, level 3, more 1); if more: flags 3, skip 1, gap 1
//!     end 3: varint bytes of the end; skip: varint bytes before the text; gap: reason, varint bytes lost
//! ```
//! `length` counts the bytes of the stream that the text was made from; `end` those of its line end. The
//! first line of a record always has a shape, so a record is understood without the one before it.

mod head;
mod lines;

pub(crate) use head::Head;
pub(crate) use lines::{Cut, Cuts, LinesHead, ShapeWriter, encode_lines};

use crate::resume::{Open, Point, Resume, StreamResume};
use crate::varint::{self, Taker};
use brummer_capture::Position;

/// Version of the format. A newer one is refused, not guessed at.
pub(crate) const VERSION: u8 = 1;
/// Bytes before the body: length and checksum.
pub(crate) const PREFIX: usize = 8;
/// No record is longer; what claims to be is damage.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

const HEAD: u8 = 1;
const LINES: u8 = 2;

/// A record, told apart.
#[derive(Debug)]
pub(crate) enum Record<'a> {
    Head(Head),
    Lines { head: LinesHead, body: &'a [u8] },
}

/// Why the bytes of an index file end here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Fewer bytes than the record needs.
    Short,
    /// The checksum is wrong, or the content makes no sense.
    Damaged,
    /// Written by a newer version.
    Newer(u8),
}

/// Reads the record that `bytes` begin with; tells how many bytes it takes.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Record<'_>, usize), Invalid> {
    let mut taker = Taker::new(bytes);
    let length = taker.array().map(u32::from_le_bytes).ok_or(Invalid::Short)? as usize;
    let sum = taker.array().map(u32::from_le_bytes).ok_or(Invalid::Short)?;
    if length > MOST_BYTES {
        return Err(Invalid::Damaged);
    }
    let payload = taker.bytes(length).ok_or(Invalid::Short)?;
    if crc32c::crc32c(payload) != sum {
        return Err(Invalid::Damaged);
    }
    let mut taker = Taker::new(payload);
    let version = taker.byte().ok_or(Invalid::Damaged)?;
    if version > VERSION {
        return Err(Invalid::Newer(version));
    }
    let record = match taker.byte() {
        Some(HEAD) => Head::decode(&mut taker).map(Record::Head),
        Some(LINES) => LinesHead::decode(&mut taker).map(|head| Record::Lines { head, body: taker.rest }),
        _ => None,
    };
    record.map(|record| (record, PREFIX + length)).ok_or(Invalid::Damaged)
}

/// Appends a record around what `body` writes.
fn encode(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX]);
    out.push(VERSION);
    out.push(kind);
    body(out);
    let payload = out.get(start + PREFIX..).unwrap_or(&[]);
    let (length, sum) = (u32::try_from(payload.len()).unwrap_or(u32::MAX), crc32c::crc32c(payload));
    if let Some((first, second)) = out.get_mut(start..start + PREFIX).map(|prefix| prefix.split_at_mut(4)) {
        first.copy_from_slice(&length.to_le_bytes());
        second.copy_from_slice(&sum.to_le_bytes());
    }
}

mod bit {
    pub(super) const OUT_APART: u8 = 1;
    pub(super) const ERR_APART: u8 = 1 << 1;
    pub(super) const OUT_OPEN: u8 = 1 << 2;
    pub(super) const OUT_SUPERSEDED: u8 = 1 << 3;
    pub(super) const ERR_OPEN: u8 = 1 << 4;
    pub(super) const ERR_SUPERSEDED: u8 = 1 << 5;
    pub(super) const EXITED: u8 = 1 << 6;
}

fn put_point(out: &mut Vec<u8>, point: Point) {
    varint::put(out, u64::from(point.frame.segment));
    varint::put(out, point.frame.offset);
    varint::put(out, u64::from(point.byte));
}

fn take_point(taker: &mut Taker<'_>) -> Option<Point> {
    let (segment, offset, byte) = (taker.number32()?, taker.number()?, taker.number32()?);
    Some(Point { frame: Position { segment, offset }, byte })
}

/// Everything but the time, which each kind of record keeps in its own way.
fn put_resume(out: &mut Vec<u8>, resume: &Resume) {
    let streams = [
        (&resume.out, bit::OUT_APART, bit::OUT_OPEN, bit::OUT_SUPERSEDED),
        (&resume.err, bit::ERR_APART, bit::ERR_OPEN, bit::ERR_SUPERSEDED),
    ];
    let mut bits = if resume.exited.is_some() { bit::EXITED } else { 0 };
    for (stream, apart, open, superseded) in streams {
        bits |= if stream.point == resume.reading { 0 } else { apart };
        if let Some(line) = stream.open {
            bits |= open | if line.superseded { superseded } else { 0 };
        }
    }
    out.push(bits);
    put_point(out, resume.reading);
    varint::put(out, resume.next_line);
    for (stream, apart, ..) in streams {
        if bits & apart != 0 {
            put_point(out, stream.point);
        }
        if let Some(line) = stream.open {
            varint::put(out, line.line);
        }
    }
    if let Some(exit) = resume.exited {
        put_point(out, Point::at(exit));
    }
}

fn take_resume(taker: &mut Taker<'_>) -> Option<Resume> {
    let bits = taker.byte()?;
    let reading = take_point(taker)?;
    let next_line = taker.number()?;
    let mut stream = |apart: u8, open: u8, superseded: u8| {
        let point = if bits & apart != 0 { take_point(taker)? } else { reading };
        let open = if bits & open != 0 {
            Some(Open { line: taker.number()?, superseded: bits & superseded != 0 })
        } else {
            None
        };
        Some(StreamResume { point, open })
    };
    let out = stream(bit::OUT_APART, bit::OUT_OPEN, bit::OUT_SUPERSEDED)?;
    let err = stream(bit::ERR_APART, bit::ERR_OPEN, bit::ERR_SUPERSEDED)?;
    let exited = if bits & bit::EXITED != 0 { Some(take_point(taker)?.frame) } else { None };
    Some(Resume { reading, out, err, next_line, time: 0, exited })
}

#[cfg(test)]
mod tests;
