//! What of a run is on disk, and its removal.

use std::path::Path;

use brummer_capture::segment::{segment_name, segment_number};
use brummer_event::LineSeq;

use crate::board::RunShelf;
use crate::retention::Segment;

/// The last number and the lines behind `counted` that would go with the segments before `before`.
pub(super) fn released(run: &RunShelf, before: u32, counted: LineSeq) -> Option<(u64, u64)> {
    let blocks = run.blocks.lock();
    let going = blocks.iter().take_while(|block| block.before.needed().frame.segment < before);
    going.fold(None, |found, block| {
        let (_, lines) = found.unwrap_or((0, 0));
        Some((block.last_seq, lines + if block.last_seq > counted { block.lines } else { 0 }))
    })
}

/// The segments in a run directory, oldest first. None where it cannot be read: then nothing is removed.
pub(super) fn segments(dir: &Path) -> Vec<Segment> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<Segment> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = segment_number(entry.file_name().to_str()?)?;
            let metadata = entry.metadata().ok()?;
            let written = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            let written = i64::try_from(written.as_nanos()).unwrap_or(i64::MAX);
            Some(Segment { number, bytes: metadata.len(), written })
        })
        .collect();
    found.sort_unstable_by_key(|segment| segment.number);
    found
}

pub(super) fn remove_segments(dir: &Path, through: u32) {
    for segment in segments(dir).into_iter().filter(|segment| segment.number <= through) {
        if let Err(error) = std::fs::remove_file(dir.join(segment_name(segment.number))) {
            tracing::warn!(%error, dir = %dir.display(), segment = segment.number, "a segment stays");
        }
    }
}

pub(super) fn free_bytes(dir: &Path) -> Option<u64> {
    let found = nix::sys::statvfs::statvfs(dir).ok()?;
    Some(found.blocks_available().saturating_mul(found.fragment_size()))
}
