//! A door for the fuzz targets in `fuzz/`, and for nobody else: what they find stays a test here.

use std::path::Path;

use brummer_capture::Position;
use brummer_event::{LineFlags, RunId, Stream};

use crate::assemble::{Assembler, Feed, FrameAt};
use crate::chunk::Lines;
use crate::index;
use crate::record::{self, Cuts, PREFIX, Record};
use crate::resume::Resume;

/// Reads `bytes` as records of an index, each behind a right length and checksum: chance finds neither.
/// Answers the lines that they tell of.
pub fn records(payloads: &[&[u8]]) -> usize {
    let mut lines = 0;
    for payload in payloads {
        let bytes = framed(payload);
        // As it may have been torn.
        for length in [bytes.len(), bytes.len() / 2, PREFIX] {
            let _ = record::decode(bytes.get(..length).unwrap_or(&bytes));
        }
        if let Ok((Record::Lines { head, body }, _)) = record::decode(&bytes) {
            lines += Cuts::new(body).take(head.count as usize).count();
        }
    }
    lines
}

/// Loads an index file of such records from `dir`, as a start of the daemon does.
pub fn index_file(dir: &Path, payloads: &[&[u8]]) {
    let run = RunId::from_u128(0);
    let bytes: Vec<u8> = payloads.iter().flat_map(|payload| framed(payload)).collect();
    let path = index::file_path(dir, run, 1);
    if std::fs::write(path, bytes).is_ok() {
        let _ = index::load(dir, run, &[1], 0, &mut |_| true);
    }
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The lines of one stream that comes in these pieces, with `pause` ns between them: parts joined, and
/// without what was replaced. Neither pieces nor pauses may change them.
pub fn lines(pieces: &[&[u8]], pause: u64) -> Vec<Vec<u8>> {
    let mut assembler = Assembler::new(&Resume::START, 0);
    let (mut offset, mut now) = (0, 0);
    let mut seen = Seen::default();
    for piece in pieces {
        let position = Position { segment: 1, offset };
        offset += 32 + piece.len() as u64;
        let at = FrameAt { position, end: Position { segment: 1, offset }, wall: 0, after_exit: false };
        let mut from = 0;
        while from < piece.len() {
            let mut lines = Lines::default();
            let feed = Feed { payload: piece, from, at, now, most: 7 };
            from = assembler.bytes(Stream::Out, &feed, &mut lines);
            assembler.tick(now, &mut lines);
            seen.take(&lines);
        }
        now += pause;
    }
    let mut lines = Lines::default();
    assembler.finish(&mut lines);
    seen.take(&lines);
    seen.whole
}

#[derive(Default)]
struct Seen {
    whole: Vec<Vec<u8>>,
    open: bool,
}

impl Seen {
    fn take(&mut self, lines: &Lines) {
        let mut start = 0;
        for meta in &lines.metas {
            let text = lines.text.get(start..meta.end as usize).unwrap_or_default();
            start = meta.end as usize;
            if meta.flags.has(LineFlags::REPLACES_PREVIOUS) {
                self.whole.pop();
                self.open = false;
            }
            match self.whole.last_mut().filter(|_| self.open) {
                Some(last) => last.extend_from_slice(text),
                None => self.whole.push(text.to_vec()),
            }
            self.open = meta.flags.has(LineFlags::PART);
        }
    }
}
