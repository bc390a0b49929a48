//! Where the lines of a run are, coarsely: one entry for some thousands of lines, with all that is needed to
//! begin reading there. Pure.

use std::collections::VecDeque;

use brummer_event::{LineSeq, WallNs};

use crate::index::Place;
use crate::record::LinesHead;
use crate::resume::Resume;

/// An entry is closed at so many lines, bytes of capture, or bytes of index.
const LINES: u64 = 4096;
const CAPTURE_BYTES: u64 = 256 * 1024;
const INDEX_BYTES: u64 = 32 * 1024;

/// Consecutive records of one index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    pub file: u32,
    /// First byte of its first record, and behind its last one.
    pub from: u64,
    pub to: u64,
    pub before: Resume,
    pub after: Resume,
    pub first_seq: LineSeq,
    pub last_seq: LineSeq,
    pub lines: u64,
    pub times: (WallNs, WallNs),
    /// A bit for each level that occurs.
    pub levels: u8,
}

/// All entries of a run, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    entries: VecDeque<Block>,
}

impl Blocks {
    /// Adds a record that was written behind all others.
    pub(crate) fn add(&mut self, place: Place, before: &Resume, head: &LinesHead) {
        if head.count == 0 {
            return;
        }
        let lines = u64::from(head.count);
        if let Some(last) = self.entries.back_mut()
            && last.file == place.file
            && last.to == place.from
            && last.lines + lines <= LINES
            && place.to - last.from <= INDEX_BYTES
            && last.before.reading.frame.segment == head.after.reading.frame.segment
            && head.after.reading.frame.offset - last.before.reading.frame.offset <= CAPTURE_BYTES
        {
            last.to = place.to;
            last.after = head.after;
            last.last_seq = head.last_seq();
            last.lines += lines;
            last.times = (last.times.0.min(head.times.0), last.times.1.max(head.times.1));
            last.levels |= head.levels;
            return;
        }
        self.entries.push_back(Block {
            file: place.file,
            from: place.from,
            to: place.to,
            before: *before,
            after: head.after,
            first_seq: head.first_seq,
            last_seq: head.last_seq(),
            lines,
            times: head.times,
            levels: head.levels,
        });
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Block> {
        self.entries.iter()
    }

    /// Entries with lines behind `after` and none behind `through`, oldest first.
    pub(crate) fn between(
        &self,
        after: LineSeq,
        through: LineSeq,
    ) -> impl DoubleEndedIterator<Item = &Block> {
        let from = self.entries.partition_point(|block| block.last_seq <= after);
        let to = self.entries.partition_point(|block| block.first_seq <= through);
        self.entries.range(from..to.max(from))
    }

    pub(crate) fn first_seq(&self) -> Option<LineSeq> {
        self.entries.front().map(|block| block.first_seq)
    }

    pub(crate) fn last_seq(&self) -> Option<LineSeq> {
        self.entries.back().map(|block| block.last_seq)
    }

    pub(crate) fn lines(&self) -> u64 {
        self.entries.iter().map(|block| block.lines).sum()
    }

    /// Gives up the entries that need segments before `segment`; answers the last number among them and how
    /// many lines they had behind `counted`.
    pub(crate) fn release_before(&mut self, segment: u32, counted: LineSeq) -> Option<(LineSeq, u64)> {
        let mut released: Option<(LineSeq, u64)> = None;
        while let Some(block) = self.entries.front()
            && block.before.needed().frame.segment < segment
        {
            let (_, lines) = released.unwrap_or_default();
            released = Some((block.last_seq, lines + if block.last_seq > counted { block.lines } else { 0 }));
            self.entries.pop_front();
        }
        released
    }

    /// The oldest index file that is still needed.
    pub(crate) fn first_file(&self) -> Option<u32> {
        self.entries.front().map(|block| block.file)
    }
}
