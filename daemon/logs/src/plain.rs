//! The same work without anything around it: one thread reads a finished run, cuts, understands, encodes and
//! writes the index. No queue, no ring, no wake-up. What the synchronized pipeline is measured against.

use std::path::Path;
use std::sync::Arc;

use brummer_capture::Block;
use brummer_event::{ProcessKey, RunId};
use brummer_scope::clock;

use crate::blocks::Blocks;
use crate::board::{Board, Marks, RunShelf};
use crate::chunk::Lines;
use crate::index::{IndexWriter, State, Whose};
use crate::link::Link;
use crate::reader::{After, RunReader, Start, Turn};
use crate::resume::Resume;
use crate::scholar::Scholar;
use crate::{LogsConfig, LogsError};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    pub lines: u64,
    pub text_bytes: u64,
    pub records: u64,
    pub urls: u64,
    pub incidents: u64,
}

/// Takes the capture in the run directory `dir` in, and writes its index to `index_dir`.
///
/// # Errors
/// The index cannot be written.
pub fn ingest(dir: &Path, index_dir: &Path) -> Result<Stats, LogsError> {
    let board = Board::new(1, 0, 0);
    let key = ProcessKey::new("bench", "plain");
    let run = RunId::generate();
    let shelf = board.shelf_or_new(&key, 0, Marks::default());
    let shelf_run = RunShelf::new(run, dir.to_owned(), index_dir.into(), Blocks::default(), true);
    let shelf_run = board.add_run(&shelf, shelf_run);
    let mut index =
        IndexWriter::new(index_dir, 1, Whose { run, key, project_dir: String::new() }, &State::START);
    let link = Arc::new(Link::default());
    let now = clock::mono_ns();
    let (resume, shim_alive, project_dir) = (Resume::START, false, None);
    let mut scholar = Scholar::new(shelf.clone(), shelf_run.clone(), None);
    let mut reader =
        RunReader::new(Start { run, shelf, shelf_run, link, project_dir, resume, shim_alive, now });
    let (mut block, mut stats, mut next) = (Block::new(), Stats::default(), 1);
    let lines = LogsConfig::default().buffer_size / 4;
    loop {
        let turn = Turn { lines, until_mono: None, now: clock::mono_ns(), wall: clock::wall_ns() };
        let (turned, after) = reader.turn(&mut block, &turn, Lines::with_capacity(reader.hint()));
        if let Some(batch) = scholar.understand(turned) {
            let count = batch.lines.len();
            stats.lines += count as u64;
            stats.text_bytes += batch.lines.text.len() as u64;
            stats.urls += batch.findings.urls.len() as u64;
            stats.incidents += batch.findings.incidents.len() as u64;
            if let Some(record) = batch.record {
                let path = index_dir.to_owned();
                index.append(&[record.number(next, count)]).map_err(|source| LogsError::Io {
                    what: "write the log index in",
                    path,
                    source,
                })?;
                stats.records += 1;
            }
            next += count as u64;
        }
        if after == After::Done {
            return Ok(stats);
        }
    }
}
