//! Reads frames in order, from any position, while the writer still appends.
//!
//! A reader is small (a path, a position, a descriptor); the bytes are in a [`Block`] that its thread lends
//! to one reader after the other. Only whole frames are ever taken from a block: what follows the last whole
//! one is read anew, since the writer may have cut it off and written something else.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Position, ReadError, segment_name, segment_number};
use crate::frame::{Frame, FrameHeader, FrameKind, HEADER_LEN, HeaderError, MAGIC};

/// Bytes that a block reads at once. At least one whole frame fits.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// Identities of readers, so that a block knows whose bytes it holds.
static NEXT_READER: AtomicU64 = AtomicU64::new(1);

/// Memory that readers read into; one a thread is enough. Its pages are used only once something is read.
#[derive(Debug)]
pub struct Block {
    bytes: Vec<u8>,
    owner: u64,
    segment: u32,
    /// Offset in the segment of the first byte.
    base: u64,
    filled: usize,
}

impl Block {
    pub fn new() -> Self {
        Self { bytes: vec![0; BLOCK_BYTES], owner: 0, segment: 0, base: 0, filled: 0 }
    }

    /// The bytes that are held of `owner`'s segment from `position` on.
    fn from(&self, owner: u64, position: Position) -> &[u8] {
        if self.owner != owner || self.segment != position.segment {
            return &[];
        }
        let start = position.offset.checked_sub(self.base).and_then(|start| usize::try_from(start).ok());
        start.and_then(|start| self.bytes.get(start..self.filled)).unwrap_or(&[])
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

/// The end of a segment that is in memory because the disk is full: byte 0 of `file` is byte `base` of
/// `segment`. The same bytes are appended to the segment as soon as the disk has room, so a position means
/// the same in both.
#[derive(Debug)]
pub struct MemoryTail {
    pub segment: u32,
    pub base: u64,
    pub file: File,
}

/// Reads the frames of one run.
#[derive(Debug)]
pub struct SegmentReader {
    dir: PathBuf,
    id: u64,
    file: Option<File>,
    position: Position,
    /// The next segment existed before the last look at this one's end: what is here is all there is.
    sealed: bool,
    memory: Option<MemoryTail>,
}

/// What a look at the next frame found.
enum Look {
    Whole(FrameHeader),
    /// So many bytes, which are no whole frame.
    Partial(usize),
    Bad(HeaderError),
}

impl SegmentReader {
    /// A reader of the capture in the run directory `dir` that begins at `position`. Opens nothing yet.
    pub fn new(dir: impl Into<PathBuf>, position: Position) -> Self {
        let id = NEXT_READER.fetch_add(1, Ordering::Relaxed);
        Self { dir: dir.into(), id, file: None, position, sealed: false, memory: None }
    }

    /// Where the next frame begins (or will begin).
    pub const fn position(&self) -> Position {
        self.position
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Goes on at another position.
    pub fn seek(&mut self, position: Position) {
        if position.segment != self.position.segment {
            self.file = None;
            self.sealed = false;
        }
        self.position = position;
    }

    /// Closes the file; the next read opens it again. For runs that are silent: descriptors are dear.
    pub fn rest(&mut self) {
        self.file = None;
    }

    /// Reads the end of a segment from memory from now on (`None`: the disk has it again).
    pub fn set_memory(&mut self, memory: Option<MemoryTail>) {
        self.memory = memory;
    }

    /// The next frame, or `None` where the capture ends for now. Frames of unknown kinds are passed over.
    ///
    /// # Errors
    /// The position's segment is gone, the bytes are no frame, or the system refuses. The position stays, so
    /// the caller can [`seek`](Self::seek) or [`skip_damage`](Self::skip_damage).
    pub fn next<'b>(&mut self, block: &'b mut Block) -> Result<Option<Frame<'b>>, ReadError> {
        loop {
            let header = match look(block.from(self.id, self.position)) {
                Look::Whole(header) => header,
                Look::Bad(_) | Look::Partial(_) => match self.fetch(block)? {
                    Some(header) => header,
                    None => return Ok(None),
                },
            };
            let position = self.position;
            let length = header.length as usize;
            self.position.offset = position.offset.saturating_add((HEADER_LEN + length) as u64);
            if matches!(header.kind, FrameKind::Other(_)) {
                continue;
            }
            let payload = block.from(self.id, position).get(HEADER_LEN..HEADER_LEN + length).unwrap_or(&[]);
            let FrameHeader { kind, flags, mono_ns, wall_ns, .. } = header;
            return Ok(Some(Frame { kind, flags, mono_ns, wall_ns, position, payload }));
        }
    }

    /// Reads from the files until a whole frame is in the block or the capture ends.
    fn fetch(&mut self, block: &mut Block) -> Result<Option<FrameHeader>, ReadError> {
        loop {
            if !self.open()? {
                return Ok(None);
            }
            let found = self.fill(block)?;
            match found {
                Look::Whole(header) => return Ok(Some(header)),
                Look::Bad(source) => {
                    return Err(ReadError::Damaged {
                        dir: self.dir.clone(),
                        position: self.position,
                        source,
                    });
                }
                Look::Partial(_) if !self.sealed => {
                    // What the writer appended between the read and the birth of the next segment is only
                    // seen by another read.
                    if !self.exists(self.position.segment.saturating_add(1))? {
                        return Ok(None);
                    }
                    self.sealed = true;
                }
                Look::Partial(0) => {
                    self.seek(Position { segment: self.position.segment.saturating_add(1), offset: 0 });
                }
                Look::Partial(_) => {
                    return Err(ReadError::Torn { dir: self.dir.clone(), position: self.position });
                }
            }
        }
    }

    /// Reads a block at the position, from memory where the disk has no whole frame.
    fn fill(&mut self, block: &mut Block) -> Result<Look, ReadError> {
        let Some(file) = &self.file else { return Ok(Look::Partial(0)) };
        let Position { segment, offset } = self.position;
        block.owner = self.id;
        block.segment = segment;
        block.base = offset;
        block.filled = 0;
        block.filled = read_at(file, &mut block.bytes, offset).map_err(|source| self.io("read", source))?;
        let found = look(block.from(self.id, self.position));
        if let (Look::Partial(_), Some(memory)) = (&found, &self.memory)
            && memory.segment == segment
            && let Some(inside) = offset.checked_sub(memory.base)
        {
            block.filled = 0;
            block.filled = read_at(&memory.file, &mut block.bytes, inside)
                .map_err(|source| self.io("read the memory file", source))?;
            return Ok(look(block.from(self.id, self.position)));
        }
        Ok(found)
    }

    /// True once the position's segment is open; false where the capture has not come so far yet.
    fn open(&mut self) -> Result<bool, ReadError> {
        if self.file.is_some() {
            return Ok(true);
        }
        let wanted = self.position.segment;
        match File::open(self.dir.join(segment_name(wanted))) {
            Ok(file) => {
                self.file = Some(file);
                self.sealed = false;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let later = segments(&self.dir).map_err(|source| self.io("list segments", source))?;
                match later.into_iter().filter(|number| *number > wanted).min() {
                    Some(next) => Err(ReadError::Gone { dir: self.dir.clone(), wanted, next }),
                    None => Ok(false),
                }
            }
            Err(source) => Err(self.io("open a segment", source)),
        }
    }

    fn exists(&self, segment: u32) -> Result<bool, ReadError> {
        self.dir
            .join(segment_name(segment))
            .try_exists()
            .map_err(|source| self.io("look for the next segment", source))
    }

    /// After [`ReadError::Damaged`] or [`ReadError::Torn`]: goes on at the next place of the segment where a
    /// frame begins, else at the segment's end. Returns how many bytes were passed over.
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn skip_damage(&mut self, block: &mut Block) -> Result<u64, ReadError> {
        let from = self.position.offset;
        if !self.open()? {
            return Ok(0);
        }
        let mut step = 1;
        loop {
            self.position.offset = self.position.offset.saturating_add(step);
            self.fill(block)?;
            let held = block.from(self.id, self.position);
            let next = held.windows(MAGIC.len()).position(|window| window == MAGIC);
            match next {
                Some(at) => {
                    self.position.offset = self.position.offset.saturating_add(at as u64);
                    let rest = held.get(at..).unwrap_or(&[]);
                    if !matches!(look(rest), Look::Bad(_)) {
                        break;
                    }
                    step = 1;
                }
                // Too few bytes for a magic: this is the end.
                None if held.len() < MAGIC.len() => {
                    self.position.offset = self.position.offset.saturating_add(held.len() as u64);
                    break;
                }
                None => step = (held.len() + 1 - MAGIC.len()) as u64,
            }
        }
        Ok(self.position.offset - from)
    }

    fn io(&self, what: &'static str, source: io::Error) -> ReadError {
        ReadError::Io { what, dir: self.dir.clone(), source }
    }
}

/// What the bytes begin with.
#[inline]
fn look(bytes: &[u8]) -> Look {
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else { return Look::Partial(bytes.len()) };
    match FrameHeader::decode(header) {
        Ok(header) if bytes.len() >= HEADER_LEN + header.length as usize => Look::Whole(header),
        Ok(_) => Look::Partial(bytes.len()),
        Err(error) => Look::Bad(error),
    }
}

/// As many bytes as there are, up to the buffer's length.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Numbers of the segments in `dir`, in no order.
pub(crate) fn segments(dir: &Path) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        if let Some(number) = entry?.file_name().to_str().and_then(segment_number) {
            found.push(number);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
