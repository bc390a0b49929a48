//! What one turn of a reader gives: lines of one run, cut, understood and encoded, not yet numbered. Pure.

use brummer_capture::{ExitPayload, Position};
use brummer_event::{LineFlags, LineSeq, Stream, WallNs};
use brummer_insight::{Classifier, Findings, Scout};

use crate::chunk::Lines;
use crate::record::{LinesHead, ShapeWriter};
use crate::resume::Resume;

/// Bit of [`LinesHead::levels`] that says: there are gaps among the lines.
pub(crate) const HAS_GAPS: u8 = 1 << 7;
/// Most bytes of a line in parts that are kept for understanding it as a whole.
const JOINED: usize = 16 * 1024;

/// Lines of one run in order.
#[derive(Debug)]
pub(crate) struct Batch {
    pub lines: Lines,
    /// What the index keeps of it; `None` where nothing was read.
    pub record: Option<RecordDraft>,
    pub findings: Findings,
    /// The leader's end, told by the line at this index.
    pub exit: Option<(usize, ExitPayload)>,
    /// Nothing will follow.
    pub drained: bool,
}

/// A record but for its number.
#[derive(Debug)]
pub(crate) struct RecordDraft {
    pub body: Vec<u8>,
    pub times: (WallNs, WallNs),
    pub levels: u8,
    pub after: Resume,
}

impl RecordDraft {
    /// Encodes the cuts of `lines`, which end at `after`.
    pub(crate) fn new(lines: &Lines, after: Resume) -> Self {
        let mut body = Vec::with_capacity(lines.len() * 2 + 16);
        let mut writer = ShapeWriter::default();
        let mut levels = 0;
        for cut in lines.cuts() {
            writer.put(&mut body, &cut);
            levels |= 1 << (cut.level as u8) | if cut.gap.is_some() { HAS_GAPS } else { 0 };
        }
        // The last line's time is among them, whatever the clock did.
        let start = (after.time, after.time);
        let times =
            lines.metas.iter().fold(start, |(from, to), meta| (from.min(meta.time), to.max(meta.time)));
        Self { body, times, levels, after }
    }

    pub(crate) fn number(self, first_seq: LineSeq, count: usize) -> (LinesHead, Vec<u8>) {
        let Self { body, times, levels, after } = self;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (LinesHead { first_seq, count, times, levels, after }, body)
    }

    /// Everything before this is decided once the record is written.
    pub(crate) fn decided(&self) -> Position {
        self.after.needed().frame
    }
}

/// Understands the lines of a run; joins parts first.
pub(crate) struct Reading {
    classifier: Classifier,
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Reading {
    pub(crate) fn new(classifier: Classifier) -> Self {
        Self { classifier, out: Vec::new(), err: Vec::new() }
    }

    /// Gives every line its level; what they reveal goes to `findings`.
    pub(crate) fn understand(&mut self, lines: &mut Lines, findings: &mut Findings) {
        let Lines { text, metas, .. } = lines;
        let mut scout = Scout::new(text);
        let mut start = 0;
        for meta in metas {
            let part = start as usize..meta.end as usize;
            start = meta.end;
            if meta.stream == Stream::Sys {
                continue;
            }
            let joined = if meta.stream == Stream::Err { &self.err } else { &self.out };
            meta.level = if joined.is_empty() && !meta.flags.has(LineFlags::PART) {
                let among = (&mut scout, part);
                self.classifier.line_among(meta.stream, meta.line, meta.time, among, findings)
            } else {
                self.line(meta.stream, meta.line, meta.time, scout.line(part), meta.flags, findings)
            };
        }
    }

    /// One line. A part is understood with the end of its line.
    pub(crate) fn line(
        &mut self,
        stream: Stream,
        number: u64,
        time: WallNs,
        text: &[u8],
        flags: LineFlags,
        findings: &mut Findings,
    ) -> brummer_event::Level {
        let joined = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        if joined.is_empty() && !flags.has(LineFlags::PART) {
            return self.classifier.line(stream, number, time, text, findings);
        }
        if flags.has(LineFlags::REPLACES_PREVIOUS) {
            joined.clear();
        }
        let room = JOINED.saturating_sub(joined.len()).min(text.len());
        joined.extend_from_slice(text.get(..room).unwrap_or(&[]));
        if flags.has(LineFlags::PART) {
            return brummer_event::Level::Info;
        }
        let level = self.classifier.line(stream, number, time, joined, findings);
        *joined = Vec::new();
        level
    }

    pub(crate) fn flush(&mut self, now: WallNs, findings: &mut Findings) {
        self.classifier.flush(now, findings);
    }

    pub(crate) fn deadline(&self) -> Option<WallNs> {
        self.classifier.deadline()
    }
}
