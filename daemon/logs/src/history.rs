//! Lines behind the ring: read again from captures by the recorded cuts. Blocking; called from ingest threads
//! (priming) and from the few readers that [`crate::scan`] allows at once.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use brummer_capture::{Block as Bytes, Position, ReadError, RunDir, SegmentReader};
use parking_lot::Mutex;

use crate::blocks::Block;
use crate::board::RunShelf;
use crate::chunk::{Chunk, Lines};
use crate::index::file_path;
use crate::record::{self, Cuts, Record};
use crate::replay::Replay;
use brummer_event::{ProcessKey, RunId};

/// Why old lines cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    /// Removed meanwhile.
    #[error("the capture or its index is gone")]
    Gone,
    #[error("the index {0} is not what it was")]
    Index(PathBuf),
    #[error("the capture ends before the lines that the index tells of")]
    Short,
    #[error(transparent)]
    Capture(#[from] ReadError),
    #[error("cannot read {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

/// Reads the lines of one entry.
pub(crate) fn load(
    key: &ProcessKey,
    run: &RunShelf,
    entry: &Block,
    bytes: &mut Bytes,
) -> Result<Chunk, HistoryError> {
    let path = run.index_path(entry.file);
    let index = read_index(&path, entry)?;
    let mut before = entry.before;
    let mut reader = SegmentReader::new(run.dir.clone(), before.needed().frame);
    let mut rest = index.as_slice();
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let Ok((Record::Lines { head, body }, length)) = record::decode(rest) else {
            return Err(HistoryError::Index(path));
        };
        rest = rest.get(length..).unwrap_or(&[]);
        // Bytes that are in no line lie between records too: each one begins where the one before says.
        let mut replay = Replay::new(before);
        reader.seek(before.needed().frame);
        before = head.after;
        let mut lines = Lines::default();
        let mut holes = 0;
        for cut in Cuts::new(body).take(head.count as usize) {
            holes += usize::from(cut.gap.is_some());
            while !replay.line(&cut, &mut lines) {
                match reader.next(bytes) {
                    Ok(Some(frame)) => replay.frame(&frame),
                    // A hole that was there when the lines were cut is among the cuts, before what lies behind
                    // it. Any other was made by retention.
                    Ok(None) | Err(ReadError::Gone { .. }) if holes > 0 => {
                        holes -= 1;
                        reader.seek(behind_hole(&reader, run)?);
                    }
                    Ok(None) => return Err(HistoryError::Short),
                    Err(ReadError::Gone { .. }) => return Err(HistoryError::Gone),
                    Err(ReadError::Damaged { .. } | ReadError::Torn { .. }) => {
                        if reader.skip_damage(bytes)? == 0 {
                            return Err(HistoryError::Short);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if lines.len() != head.count as usize {
            return Err(HistoryError::Index(path));
        }
        if lines.len() > 0 {
            chunks.push(Arc::new(lines.into_chunk(key.clone(), run.run, head.first_seq)));
        }
    }
    Chunk::join(&chunks).ok_or(HistoryError::Gone)
}

/// The next segment that is there.
fn behind_hole(reader: &SegmentReader, run: &RunShelf) -> Result<Position, HistoryError> {
    let segments = RunDir::at(&run.dir).segments().map_err(|_| HistoryError::Gone)?;
    let next =
        segments.iter().map(|segment| segment.number).find(|number| *number > reader.position().segment);
    next.map(|segment| Position { segment, offset: 0 }).ok_or(HistoryError::Gone)
}

fn read_index(path: &PathBuf, entry: &Block) -> Result<Vec<u8>, HistoryError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => HistoryError::Gone,
        _ => HistoryError::Io { path: path.clone(), source },
    };
    let length = usize::try_from(entry.to - entry.from).map_err(|_| HistoryError::Index(path.clone()))?;
    let mut index = vec![0; length];
    File::open(path).and_then(|file| file.read_exact_at(&mut index, entry.from)).map_err(io)?;
    Ok(index)
}

/// Bytes of chunks that are kept for the next who asks.
const CACHED_BYTES: usize = 4 * 1024 * 1024;

type CacheKey = (RunId, u32, u64, u64);

/// The entries that were read last: neighbours' pages, several followers at one place. Least recently used
/// goes first.
#[derive(Default)]
pub(crate) struct Cache {
    held: Mutex<Vec<(CacheKey, Arc<Chunk>)>>,
}

impl Cache {
    /// The lines of an entry, from memory or disk.
    pub(crate) fn load(
        &self,
        key: &ProcessKey,
        run: &RunShelf,
        entry: &Block,
        bytes: &mut Bytes,
    ) -> Result<Arc<Chunk>, HistoryError> {
        let place = (run.run, entry.file, entry.from, entry.to);
        {
            let mut held = self.held.lock();
            if let Some(at) = held.iter().position(|(other, _)| *other == place) {
                let found = held.remove(at);
                let chunk = found.1.clone();
                held.push(found);
                return Ok(chunk);
            }
        }
        let chunk = Arc::new(load(key, run, entry, bytes)?);
        metrics::counter!("brummer_logs_history_blocks_total").increment(1);
        let mut held = self.held.lock();
        held.push((place, chunk.clone()));
        let mut total: usize = held.iter().map(|(_, chunk)| chunk.bytes()).sum();
        while total > CACHED_BYTES && held.len() > 1 {
            total -= held.remove(0).1.bytes();
        }
        Ok(chunk)
    }
}

impl RunShelf {
    fn index_path(&self, file: u32) -> PathBuf {
        file_path(&self.index_dir, self.run, file)
    }
}
