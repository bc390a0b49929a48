//! The record of a batch: numbers, times, levels, and how each line is cut from the capture. Pure.

use brummer_event::{GapReason, Level, LineFlags, LineSeq, Stream, WallNs};

use super::{LINES, Resume, Taker, encode, put_resume, take_resume, varint};

/// What a record of lines says about all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinesHead {
    pub first_seq: LineSeq,
    pub count: u32,
    /// Least and greatest time of its lines.
    pub times: (WallNs, WallNs),
    /// A bit for each level that occurs.
    pub levels: u8,
    pub after: Resume,
}

impl LinesHead {
    pub(super) fn decode(taker: &mut Taker<'_>) -> Option<Self> {
        let first_seq = taker.number()?;
        let count = taker.number32()?;
        let from = taker.signed()?;
        let to = from.checked_add_unsigned(taker.number()?)?;
        let last = from.checked_add_unsigned(taker.number()?)?;
        let levels = taker.byte()?;
        let after = Resume { time: last, ..take_resume(taker)? };
        Some(Self { first_seq, count, times: (from, to), levels, after })
    }

    /// The number of its last line.
    pub(crate) fn last_seq(&self) -> LineSeq {
        self.first_seq.saturating_add(u64::from(self.count)).saturating_sub(1)
    }
}

/// Appends a record of lines whose `body` a [`ShapeWriter`] made.
pub(crate) fn encode_lines(out: &mut Vec<u8>, head: &LinesHead, body: &[u8]) {
    encode(out, LINES, |out| {
        varint::put(out, head.first_seq);
        varint::put(out, u64::from(head.count));
        let (from, to) = head.times;
        varint::put_signed(out, from);
        varint::put(out, to.abs_diff(from));
        // The last line's time lies between the two.
        varint::put(out, head.after.time.clamp(from, to).abs_diff(from));
        out.push(head.levels);
        put_resume(out, &head.after);
        out.extend_from_slice(body);
    });
}

/// How one line is cut from its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub stream: Stream,
    pub level: Level,
    pub flags: LineFlags,
    /// Bytes of the stream before the text that are in no line.
    pub skip: u64,
    /// Bytes of the text (of the payload, for a line of Brummer's own).
    pub length: u64,
    /// Bytes of the line end.
    pub end: u64,
    /// No line at all: so many bytes are missing here.
    pub gap: Option<(GapReason, u64)>,
}

const MORE: u8 = 1 << 7;
const SKIP: u8 = 1 << 3;
const GAP: u8 = 1 << 4;
/// A line of stdout with one byte of end, level info, no flags: what a plain program writes.
const PLAIN: (u8, u8) = (1 << 2 | (Level::Info as u8) << 4, 0);

/// Writes cuts one after the other.
#[derive(Debug, Default)]
pub(crate) struct ShapeWriter {
    /// The shape of the line before, unless it was a peculiar one.
    before: Option<(u8, u8)>,
}

impl ShapeWriter {
    #[inline]
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, cut: &Cut) {
        let end = if cut.end > 2 { 3 } else { cut.end as u8 };
        let first = cut.stream as u8 | end << 2 | (cut.level as u8) << 4;
        let peculiar = cut.skip > 0 || end == 3 || cut.gap.is_some();
        let shape = (first, cut.flags.bits());
        if !peculiar && self.before == Some(shape) {
            varint::put(out, cut.length << 1 | 1);
            return;
        }
        varint::put(out, cut.length << 1);
        self.put_shape(out, cut, shape);
        self.before = (!peculiar).then_some(shape);
    }

    #[cold]
    fn put_shape(&self, out: &mut Vec<u8>, cut: &Cut, (first, flags): (u8, u8)) {
        let second = flags | if cut.skip > 0 { SKIP } else { 0 } | if cut.gap.is_some() { GAP } else { 0 };
        if second == 0 {
            out.push(first);
        } else {
            out.extend_from_slice(&[first | MORE, second]);
        }
        if cut.end > 2 {
            varint::put(out, cut.end);
        }
        if cut.skip > 0 {
            varint::put(out, cut.skip);
        }
        if let Some((reason, bytes)) = cut.gap {
            out.push(reason_to_u8(reason));
            varint::put(out, bytes);
        }
    }
}

/// Reads cuts back. Ends early (`None`) where the bytes make no sense: the caller knows the count.
#[derive(Debug, Clone)]
pub(crate) struct Cuts<'a> {
    taker: Taker<'a>,
    before: (u8, u8),
}

impl<'a> Cuts<'a> {
    pub(crate) const fn new(body: &'a [u8]) -> Self {
        Self { taker: Taker::new(body), before: PLAIN }
    }
}

impl Iterator for Cuts<'_> {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        let number = self.taker.number()?;
        let (mut skip, mut gap) = (0, None);
        let mut end = None;
        let (first, flags) = if number & 1 == 1 {
            self.before
        } else {
            let first = self.taker.byte()?;
            let second = if first & MORE != 0 { self.taker.byte()? } else { 0 };
            let first = first & !MORE;
            if first >> 2 & 3 == 3 {
                end = Some(self.taker.number()?);
            }
            if second & SKIP != 0 {
                skip = self.taker.number()?;
            }
            if second & GAP != 0 {
                gap = Some((reason_from_u8(self.taker.byte()?)?, self.taker.number()?));
            }
            (first, second & !(SKIP | GAP))
        };
        self.before = (first, flags);
        Some(Cut {
            stream: Stream::from_u8(first & 3)?,
            level: Level::from_u8(first >> 4 & 7)?,
            flags: LineFlags::from_bits(flags),
            skip,
            length: number >> 1,
            end: end.unwrap_or(u64::from(first >> 2 & 3)),
            gap,
        })
    }
}

const fn reason_to_u8(reason: GapReason) -> u8 {
    match reason {
        GapReason::Evicted => 1,
        GapReason::Behind => 2,
        GapReason::DiskFull => 3,
        GapReason::Live => 4,
        GapReason::Epoch => 5,
        GapReason::Cleared => 6,
    }
}

const fn reason_from_u8(value: u8) -> Option<GapReason> {
    match value {
        1 => Some(GapReason::Evicted),
        2 => Some(GapReason::Behind),
        3 => Some(GapReason::DiskFull),
        4 => Some(GapReason::Live),
        5 => Some(GapReason::Epoch),
        6 => Some(GapReason::Cleared),
        _ => None,
    }
}
