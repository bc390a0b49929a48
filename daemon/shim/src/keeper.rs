//! Keeps what the child says: in segments, in memory while the disk is full, and within its bounds.
//!
//! Owns the capture of the run and, while the shim lives, the right to unlink its segments. What is
//! appended has a position at once; nothing appended is ever moved. When it cannot keep something it counts
//! it, and writes a GAP frame in its place as soon as it can.

use std::os::fd::OwnedFd;

use brummer_capture::meta::WhenBehind;
use brummer_capture::segment::segment_name;
use brummer_capture::{AppendError, FrameFlags, FrameKind, GapPayload, Meta, Position, SegmentWriter};
use brummer_event::{GapReason, Stream};
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::memory::Memory;
use crate::sys::Now;

/// A segment that no other can follow (its directory is gone) may grow to so many times its size.
const OVERGROWN: u64 = 4;
/// With less room than this in memory, reading waits.
const LEAST_ROOM: usize = 4096;

/// A segment that is still there.
#[derive(Debug, Clone, Copy)]
struct Segment {
    number: u32,
    /// Bytes that were written before it, in all segments there ever were.
    start: u64,
}

#[derive(Debug)]
pub(crate) struct Keeper {
    dir: OwnedFd,
    writer: SegmentWriter,
    memory: Option<Memory>,
    /// Oldest first; the last is written to.
    segments: Vec<Segment>,
    /// Everything before this, counted as [`Segment::start`], is in the daemon's index.
    indexed: u64,
    when_behind: WhenBehind,
    unindexed_bytes: u64,
    unattended_bytes: u64,
    segment_bytes: u64,
    missed: u64,
    /// Missed bytes of out and err that no GAP frame has told yet.
    untold: [u64; 2],
    /// For payloads of GAP frames: no allocation while the disk is full.
    scratch: Vec<u8>,
}

impl Keeper {
    /// Creates the capture in the run directory `dir`.
    pub(crate) fn create(dir: OwnedFd, meta: &Meta) -> Result<Self, AppendError> {
        let own = dir.try_clone().map_err(|source| AppendError::Io { segment: 0, source })?;
        let writer = SegmentWriter::create(own, meta.segment_bytes)?;
        let mut segments = Vec::with_capacity(64);
        segments.push(Segment { number: writer.position().segment, start: 0 });
        Ok(Self {
            dir,
            writer,
            memory: None,
            segments,
            indexed: 0,
            when_behind: meta.when_behind,
            unindexed_bytes: meta.unindexed_bytes,
            unattended_bytes: meta.unattended_bytes,
            segment_bytes: meta.segment_bytes,
            missed: 0,
            untold: [0; 2],
            scratch: Vec::with_capacity(128),
        })
    }

    /// Behind the last frame.
    pub(crate) fn position(&self) -> Position {
        match &self.memory {
            Some(memory) => memory.end(),
            None => self.writer.position(),
        }
    }

    /// The memory file that stands for the end of the capture, while the disk is full.
    pub(crate) const fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    pub(crate) const fn missed(&self) -> u64 {
        self.missed
    }

    pub(crate) const fn set_when_behind(&mut self, when_behind: WhenBehind) {
        self.when_behind = when_behind;
    }

    /// Appends a frame. False when it could not be kept (it is counted then).
    pub(crate) fn append(&mut self, kind: FrameKind, flags: FrameFlags, now: Now, payload: &[u8]) -> bool {
        let output = matches!(kind, FrameKind::Out | FrameKind::Err);
        if !output || self.fits(payload.len()) {
            self.tell_missed(now);
            // Behind a gap that is not told nothing may be written: it would look complete.
            if self.untold == [0; 2] && self.put(kind, flags, now, payload) {
                return true;
            }
        }
        self.miss(kind, payload.len() as u64);
        false
    }

    fn fits(&self, bytes: usize) -> bool {
        match &self.memory {
            Some(memory) => bytes <= memory.room(),
            None => !self.is_overgrown(),
        }
    }

    fn is_overgrown(&self) -> bool {
        self.writer.position().offset > self.segment_bytes.saturating_mul(OVERGROWN)
    }

    fn miss(&mut self, kind: FrameKind, bytes: u64) {
        let [out, err] = &mut self.untold;
        match kind.stream() {
            Some(Stream::Out) => *out = out.saturating_add(bytes),
            Some(Stream::Err) => *err = err.saturating_add(bytes),
            _ => return,
        }
        self.missed = self.missed.saturating_add(bytes);
    }

    fn tell_missed(&mut self, now: Now) {
        for (index, stream) in [Stream::Out, Stream::Err].into_iter().enumerate() {
            let Some(bytes) = self.untold.get(index).copied().filter(|bytes| *bytes > 0) else { continue };
            let gap = GapPayload {
                reason: GapReason::DiskFull,
                bytes,
                segment: None,
                from: None,
                stream: Some(stream),
            };
            if self.put_gap(&gap, now)
                && let Some(untold) = self.untold.get_mut(index)
            {
                *untold = 0;
            }
        }
    }

    fn put_gap(&mut self, gap: &GapPayload, now: Now) -> bool {
        let mut payload = std::mem::take(&mut self.scratch);
        payload.clear();
        gap.encode(&mut payload);
        let kept = self.put(FrameKind::Gap, FrameFlags::NONE, now, &payload);
        self.scratch = payload;
        kept
    }

    fn put(&mut self, kind: FrameKind, flags: FrameFlags, now: Now, payload: &[u8]) -> bool {
        if self.memory.is_none() {
            if self.is_overgrown() {
                return false;
            }
            let before = self.total();
            match self.writer.append(kind, flags, now.mono, now.wall, payload) {
                Ok(appended) => {
                    if self.segments.last().is_none_or(|last| last.number != appended.end.segment) {
                        self.segments.push(Segment { number: appended.end.segment, start: before });
                    }
                    return true;
                }
                Err(AppendError::TooLong(_)) => return false,
                Err(AppendError::Full { .. } | AppendError::Io { .. }) => {
                    self.memory = Memory::create(self.writer.position());
                }
            }
        }
        self.memory.as_mut().is_some_and(|memory| memory.append(kind, flags, now, payload))
    }

    /// Tries to move what is in memory to the disk. True when the disk has everything again.
    pub(crate) fn retry(&mut self, now: Now) -> bool {
        if let Some(memory) = &self.memory {
            let moved = memory.read().is_ok_and(|kept| self.writer.append_kept(&kept).is_ok());
            if !moved {
                return false;
            }
            self.memory = None;
        }
        self.tell_missed(now);
        self.memory.is_none()
    }

    /// Most bytes that may be read from the child now; 0 = do not read. `must` = read whatever happens: the
    /// child is being stopped and has to get rid of its last words.
    pub(crate) fn room(&self, must: bool) -> usize {
        if must {
            return usize::MAX;
        }
        if self.when_behind == WhenBehind::Slow {
            if self.unindexed() >= self.unindexed_bytes {
                return 0;
            }
            return self.room_without_loss();
        }
        usize::MAX
    }

    /// The same for bytes that were in the pipe when the leader ended: the index does not count.
    pub(crate) fn room_at_exit(&self, must: bool) -> usize {
        if must || self.when_behind == WhenBehind::Gap { usize::MAX } else { self.room_without_loss() }
    }

    fn room_without_loss(&self) -> usize {
        match &self.memory {
            Some(memory) => Some(memory.room()).filter(|room| *room >= LEAST_ROOM).unwrap_or(0),
            None => usize::MAX,
        }
    }

    /// Written and not indexed.
    fn unindexed(&self) -> u64 {
        self.total().saturating_sub(self.indexed)
    }

    fn total(&self) -> u64 {
        let start = self.segments.last().map_or(0, |segment| segment.start);
        start.saturating_add(self.position().offset)
    }

    /// The daemon's index has everything before `at`.
    pub(crate) fn indexed(&mut self, at: Position) {
        let Some(segment) = self.segments.iter().find(|segment| segment.number == at.segment) else { return };
        let through = segment.start.saturating_add(at.offset).min(self.total());
        self.indexed = self.indexed.max(through);
    }

    /// Unlinks what the daemon lets go.
    pub(crate) fn release(&mut self, through: u32, now: Now) {
        while let Some(oldest) = self.oldest_finished().filter(|oldest| oldest.0.number <= through) {
            if !self.unlink(oldest, GapReason::Evicted, now) {
                return;
            }
        }
    }

    /// Keeps the bounds. Call it after appending.
    pub(crate) fn enforce(&mut self, connected: bool, now: Now) {
        if self.when_behind == WhenBehind::Gap {
            while self.unindexed() > self.unindexed_bytes
                && let Some(oldest) = self.oldest_unindexed()
            {
                if !self.unlink(oldest, GapReason::Behind, now) {
                    return;
                }
            }
        }
        if connected {
            return;
        }
        while self.kept() > self.unattended_bytes
            && let Some(oldest) = self.oldest_finished()
        {
            let indexed = oldest.1 <= self.indexed;
            let unlinked = (indexed || self.when_behind == WhenBehind::Gap)
                && self.unlink(oldest, GapReason::Behind, now);
            if !unlinked {
                return;
            }
        }
    }

    fn kept(&self) -> u64 {
        self.total().saturating_sub(self.segments.first().map_or(0, |segment| segment.start))
    }

    /// The oldest segment that is not written to any more, and where it ends.
    fn oldest_finished(&self) -> Option<(Segment, u64)> {
        match self.segments.as_slice() {
            [oldest, next, ..] => Some((*oldest, next.start)),
            _ => None,
        }
    }

    fn oldest_unindexed(&self) -> Option<(Segment, u64)> {
        let pairs = self.segments.iter().zip(self.segments.iter().skip(1));
        pairs.map(|(segment, next)| (*segment, next.start)).find(|(_, end)| *end > self.indexed)
    }

    /// Unlinks a segment, after a GAP frame if some of it was never indexed. False if that frame could not be
    /// written: then the segment stays.
    fn unlink(&mut self, (segment, end): (Segment, u64), reason: GapReason, now: Now) -> bool {
        if end > self.indexed {
            let from = self.indexed.max(segment.start);
            let gap = GapPayload {
                reason,
                bytes: end - from,
                segment: Some(segment.number),
                from: Some(Position { segment: segment.number, offset: from - segment.start }),
                stream: None,
            };
            if !self.put_gap(&gap, now) {
                return false;
            }
            self.indexed = self.indexed.max(end);
        }
        // Gone already, or the directory is: there is nothing to keep either way.
        let _gone = unlinkat(&self.dir, segment_name(segment.number).as_str(), UnlinkatFlags::NoRemoveDir);
        self.segments.retain(|kept| kept.number != segment.number);
        true
    }
}
