//! One mebibyte of memory that stands for the end of a segment while the disk is full.
//!
//! A memfd, so that the daemon can be handed its descriptor and read it like the file. Output fills it up to
//! its size; beyond that only Brummer's own frames find room (EXIT must be told even then).

use std::fs::File;
use std::io::{self, IoSlice, Read as _, Seek as _};
use std::os::fd::{AsFd, BorrowedFd};

use brummer_capture::frame::{FrameHeader, HEADER_LEN};
use brummer_capture::{FrameFlags, FrameKind, Position};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::uio::pwritev;

use crate::sys::Now;

/// Bytes for the child's output.
const MEMORY_BYTES: u64 = 1024 * 1024;
/// Bytes more for GAP, EXIT and MARK frames.
const RESERVE_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Memory {
    file: File,
    base: Position,
    length: u64,
}

impl Memory {
    /// Memory for what comes behind `base`. `None` where the system has none to give.
    pub(crate) fn create(base: Position) -> Option<Self> {
        let file = memfd_create(c"brummer-capture", MFdFlags::MFD_CLOEXEC).ok()?;
        Some(Self { file: file.into(), base, length: 0 })
    }

    /// The segment and offset that byte 0 stands for.
    pub(crate) const fn base(&self) -> Position {
        self.base
    }

    /// Behind the last frame.
    pub(crate) const fn end(&self) -> Position {
        Position { segment: self.base.segment, offset: self.base.offset.saturating_add(self.length) }
    }

    /// Bytes of output that one more frame may have.
    pub(crate) fn room(&self) -> usize {
        let left = MEMORY_BYTES.saturating_sub(self.length).saturating_sub(HEADER_LEN as u64);
        usize::try_from(left).unwrap_or(0)
    }

    /// Appends a frame; false when it does not fit.
    pub(crate) fn append(&mut self, kind: FrameKind, flags: FrameFlags, now: Now, payload: &[u8]) -> bool {
        let Ok(length) = u32::try_from(payload.len()) else { return false };
        let more = HEADER_LEN as u64 + u64::from(length);
        let output = matches!(kind, FrameKind::Out | FrameKind::Err);
        let limit = if output { MEMORY_BYTES } else { MEMORY_BYTES + RESERVE_BYTES };
        if self.length.saturating_add(more) > limit {
            return false;
        }
        let header = FrameHeader { kind, flags, length, mono_ns: now.mono, wall_ns: now.wall }.encode();
        let Ok(offset) = i64::try_from(self.length) else { return false };
        // Memory is written whole or not at all; a part would lie behind `length` and be written over.
        let written = pwritev(&self.file, &[IoSlice::new(&header), IoSlice::new(payload)], offset);
        let whole = written.is_ok_and(|count| count as u64 == more);
        if whole {
            self.length += more;
        }
        whole
    }

    /// All frames.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let mut file = &self.file;
        file.rewind()?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or(0));
        file.take(self.length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
