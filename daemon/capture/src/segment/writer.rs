//! The one writer of a capture. No allocation while it appends, but for the name of a new segment.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};

use brummer_event::WallNs;
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::{AppendError, FIRST_SEGMENT, Position, segment_name};
use crate::frame::{FrameFlags, FrameHeader, FrameKind, HEADER_LEN, MAX_PAYLOAD};

/// Where a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub start: Position,
    pub end: Position,
}

/// Appends frames to the segments of one run.
#[derive(Debug)]
pub struct SegmentWriter {
    dir: OwnedFd,
    file: OwnedFd,
    segment: u32,
    /// Length of the segment as far as it is whole frames.
    offset: u64,
    limit: u64,
    /// Bytes of an unfinished frame may be behind `offset`: cut them off before anything else.
    torn: bool,
}

impl SegmentWriter {
    /// Creates the first segment in `dir`. A new segment is begun when a frame would make one longer than
    /// `limit` bytes.
    ///
    /// # Errors
    /// The file exists already, or cannot be created.
    pub fn create(dir: OwnedFd, limit: u64) -> Result<Self, AppendError> {
        let file = create_segment(&dir, FIRST_SEGMENT).map_err(|errno| error(FIRST_SEGMENT, errno))?;
        Ok(Self { dir, file, segment: FIRST_SEGMENT, offset: 0, limit, torn: false })
    }

    /// The end of the last whole frame.
    pub const fn position(&self) -> Position {
        Position { segment: self.segment, offset: self.offset }
    }

    /// Appends one frame by one `writev`; a short write is continued.
    ///
    /// # Errors
    /// The frame could not be written in full: then nothing of it is in the file (or will be, before the
    /// next frame is).
    pub fn append(
        &mut self,
        kind: FrameKind,
        flags: FrameFlags,
        mono_ns: u64,
        wall_ns: WallNs,
        payload: &[u8],
    ) -> Result<Appended, AppendError> {
        let header = header(kind, flags, mono_ns, wall_ns, payload)?;
        self.roll_over((HEADER_LEN + payload.len()) as u64);
        self.write(&header, payload)
    }

    /// Appends whole frames that were kept in memory while the disk was full, at the position where they
    /// have been read already: never in a new segment.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn append_kept(&mut self, frames: &[u8]) -> Result<Appended, AppendError> {
        self.write(frames, &[])
    }

    fn write(&mut self, first: &[u8], second: &[u8]) -> Result<Appended, AppendError> {
        if self.torn {
            self.cut_off().map_err(|errno| error(self.segment, errno))?;
        }
        let start = self.position();
        let written = write_whole(first, second, |slices| nix::sys::uio::writev(&self.file, slices));
        if let Err(errno) = written {
            self.torn = true;
            // If even this fails it is tried again before the next frame.
            let _tried_again = self.cut_off();
            return Err(error(self.segment, errno));
        }
        self.offset = self.offset.saturating_add((first.len() + second.len()) as u64);
        Ok(Appended { start, end: self.position() })
    }

    /// Goes on in a new segment if `more` bytes do not fit. Where none can be created the old one simply
    /// grows: the bound is the shim's to keep, not a reason to lose a frame.
    fn roll_over(&mut self, more: u64) {
        if self.offset == 0 || self.offset.saturating_add(more) <= self.limit || self.torn {
            return;
        }
        let next = self.segment.saturating_add(1);
        if let Ok(file) = create_segment(&self.dir, next) {
            self.file = file;
            self.segment = next;
            self.offset = 0;
        }
    }

    fn cut_off(&mut self) -> Result<(), Errno> {
        let length = i64::try_from(self.offset).map_err(|_| Errno::EFBIG)?;
        nix::unistd::ftruncate(self.file.as_fd(), length)?;
        self.torn = false;
        Ok(())
    }
}

/// The header of a frame with this payload.
pub(super) fn header(
    kind: FrameKind,
    flags: FrameFlags,
    mono_ns: u64,
    wall_ns: WallNs,
    payload: &[u8],
) -> Result<[u8; HEADER_LEN], AppendError> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|length| *length as usize <= MAX_PAYLOAD)
        .ok_or(AppendError::TooLong(payload.len()))?;
    Ok(FrameHeader { kind, flags, length, mono_ns, wall_ns }.encode())
}

fn create_segment(dir: &OwnedFd, segment: u32) -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_APPEND | OFlag::O_CLOEXEC;
    openat(dir, segment_name(segment).as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)
}

/// Writes both slices in full through `writev`, continuing short writes.
fn write_whole(
    mut first: &[u8],
    mut second: &[u8],
    mut writev: impl FnMut(&[IoSlice<'_>]) -> Result<usize, Errno>,
) -> Result<(), Errno> {
    while !first.is_empty() || !second.is_empty() {
        let done = match writev(&[IoSlice::new(first), IoSlice::new(second)]) {
            // A file that takes nothing and names no error would keep us here for ever.
            Ok(0) => return Err(Errno::EIO),
            Ok(done) => done,
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno),
        };
        let of_first = done.min(first.len());
        first = first.split_at_checked(of_first).map_or(&[], |(_, rest)| rest);
        second = second.split_at_checked(done - of_first).map_or(&[], |(_, rest)| rest);
    }
    Ok(())
}

fn error(segment: u32, errno: Errno) -> AppendError {
    let source = io::Error::from_raw_os_error(errno as i32);
    match errno {
        Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG => AppendError::Full { segment, source },
        _ => AppendError::Io { segment, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs::File;

    proptest! {
        #[test]
        fn short_writes_are_continued(first: Vec<u8>, second: Vec<u8>, steps in proptest::collection::vec(1usize..9, 1..8)) {
            let mut got = Vec::new();
            let mut step = steps.iter().cycle();
            let mut interrupt = true;
            write_whole(&first, &second, |slices| {
                interrupt = !interrupt;
                if !interrupt {
                    return Err(Errno::EINTR);
                }
                let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                let take = (*step.next().unwrap()).min(all.len());
                got.extend_from_slice(&all[..take]);
                Ok(take)
            })
            .unwrap();
            prop_assert_eq!(got, [first, second].concat());
        }
    }

    #[test]
    fn an_error_in_the_middle_is_told() {
        let mut calls = 0;
        let result = write_whole(b"abc", b"def", |_| {
            calls += 1;
            if calls == 1 { Ok(4) } else { Err(Errno::ENOSPC) }
        });
        assert_eq!(result, Err(Errno::ENOSPC));
        assert_eq!(write_whole(b"abc", b"", |_| Ok(0)), Err(Errno::EIO), "no endless loop");
    }

    #[test]
    fn a_frame_that_failed_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let fd: OwnedFd = File::open(dir.path()).unwrap().into();
        let mut writer = SegmentWriter::create(fd, 1 << 20).unwrap();
        writer.append(FrameKind::Out, FrameFlags::NONE, 1, 1, b"whole").unwrap();
        let whole = writer.position().offset;
        // What a failed write leaves when cutting it off failed too.
        nix::unistd::write(&writer.file, b"half a fra").unwrap();
        writer.torn = true;
        writer.append(FrameKind::Out, FrameFlags::NONE, 2, 2, b"next").unwrap();
        let length = std::fs::metadata(dir.path().join("capture.000001")).unwrap().len();
        assert_eq!(length, whole + 32 + 4);
        assert_eq!(writer.position().offset, length);
    }

    #[test]
    fn an_existing_capture_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("capture.000001"), b"precious").unwrap();
        let fd: OwnedFd = File::open(dir.path()).unwrap().into();
        assert!(SegmentWriter::create(fd, 1 << 20).is_err());
        assert_eq!(std::fs::read(dir.path().join("capture.000001")).unwrap(), b"precious");
    }
}
