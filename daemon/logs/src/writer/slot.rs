//! What the writer has of one run: its index, its link, and the numbers of its newest lines.

use std::collections::VecDeque;
use std::sync::Arc;

use brummer_capture::Position;
use brummer_event::{LineSeq, RunId};
use brummer_insight::{Findings, Found};

use crate::board::{RunShelf, Shelf};
use crate::chunk::{Chunk, Lines};
use crate::index::IndexWriter;
use crate::link::Link;
use crate::ring::Bounds;

/// Publications whose line numbers are remembered for findings that come later.
const RECENT: usize = 64;

/// What the writer has of a run.
pub(crate) struct Slot {
    pub run: RunId,
    pub shelf: Arc<Shelf>,
    pub shelf_run: Arc<RunShelf>,
    pub index: IndexWriter,
    pub link: Arc<Link>,
    /// Told to the shim last.
    pub indexed: Position,
    /// Of the ring, as this run wants it.
    pub bounds: Bounds,
    /// (first line, first seq, lines) of the last publications.
    pub recent: VecDeque<(u64, LineSeq, u64)>,
}

impl Slot {
    pub(super) fn number(&mut self, lines: Lines, first: LineSeq) -> Arc<Chunk> {
        if let Some(meta) = lines.metas.first() {
            if self.recent.len() >= RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back((meta.line, first, lines.len() as u64));
        }
        Arc::new(lines.into_chunk(self.shelf.key.clone(), self.run, first))
    }

    /// The number of a line of the run: in this publication, or near it. One that nobody remembers gets
    /// that of the oldest that is remembered.
    fn seq_of(&self, line: u64, chunk: Option<&Chunk>) -> LineSeq {
        if let Some(seq) = chunk.and_then(|chunk| chunk.seq_of_line(line)) {
            return seq;
        }
        let place = self.recent.partition_point(|(first, ..)| *first <= line).saturating_sub(1);
        self.recent.get(place).map_or(0, |(first, seq, lines)| {
            seq.saturating_add(line.saturating_sub(*first).min(lines.saturating_sub(1)))
        })
    }

    pub(super) fn found(
        &self,
        findings: Findings,
        epoch: u64,
        through: LineSeq,
        chunk: Option<&Chunk>,
    ) -> Found {
        let Findings { urls, incidents, .. } = findings;
        Found {
            key: self.shelf.key.clone(),
            run: self.run,
            epoch,
            urls: urls.into_iter().map(|url| (self.seq_of(url.line, chunk), url)).collect(),
            incidents: incidents.into_iter().map(|draft| (self.seq_of(draft.line, chunk), draft)).collect(),
            through,
        }
    }
}
