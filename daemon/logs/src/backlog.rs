//! Catching up: bytes that were written before this daemon began get their numbers in the order of their
//! time, over all runs that were attached with such bytes. One thread works on it at a time; a run leaves as
//! soon as its next frame is newer than the daemon, or it is read dry.
//!
//! Monotonic times of another boot mean nothing here: such runs come first, one after the other.

use std::collections::VecDeque;

use brummer_capture::Block;
use brummer_event::RunId;

use crate::reader::RunReader;

/// With more runs than this they share a block: memory before speed.
const OWN_BLOCKS: usize = 64;

struct Waiting {
    reader: Box<RunReader>,
    /// Time of its next frame, once looked at.
    head: Option<u64>,
}

#[derive(Default)]
pub(crate) struct Backlog {
    runs: Vec<Waiting>,
    leaving: VecDeque<Box<RunReader>>,
}

impl Backlog {
    pub(crate) fn add(&mut self, reader: Box<RunReader>) {
        self.runs.push(Waiting { reader, head: None });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn runs(&self) -> Vec<RunId> {
        self.runs.iter().map(|waiting| waiting.reader.run).collect()
    }

    pub(crate) fn reader(&mut self, run: RunId) -> Option<&mut RunReader> {
        self.runs.iter_mut().find(|waiting| waiting.reader.run == run).map(|waiting| &mut *waiting.reader)
    }

    /// Runs that have no bytes older than the daemon any more.
    pub(crate) fn leaving(&mut self) -> VecDeque<Box<RunReader>> {
        std::mem::take(&mut self.leaving)
    }

    /// The run whose next frame is oldest, and until when it may be read before another one's turn. Runs
    /// whose next frame is not older than `began` leave.
    pub(crate) fn oldest(&mut self, began: u64, shared: &mut Block) -> Option<(Box<RunReader>, u64)> {
        let own = self.runs.len() <= OWN_BLOCKS;
        let mut place = 0;
        while let Some(waiting) = self.runs.get_mut(place) {
            if waiting.head.is_none() {
                let reader = &mut waiting.reader;
                let mut block = if own { Some(reader.block.take().unwrap_or_default()) } else { None };
                waiting.head = reader.head(block.as_mut().unwrap_or(shared));
                reader.block = block;
            }
            if waiting.head.is_some_and(|head| head < began) {
                place += 1;
            } else {
                let mut left = self.runs.remove(place).reader;
                left.block = None;
                self.leaving.push_back(left);
            }
        }
        // Of equal ones the first that came, so that runs of another boot are read one after the other.
        let (place, _) =
            self.runs.iter().enumerate().min_by_key(|(place, waiting)| (waiting.head, *place))?;
        let reader = self.runs.remove(place).reader;
        let until = self.runs.iter().filter_map(|waiting| waiting.head).min();
        Some((reader, until.unwrap_or(u64::MAX).min(began)))
    }

    /// Back from a turn that did not finish its bytes.
    pub(crate) fn back(&mut self, reader: Box<RunReader>) {
        self.runs.insert(0, Waiting { reader, head: None });
    }

    /// Back from a turn that read dry.
    pub(crate) fn dry(&mut self, mut reader: Box<RunReader>) {
        reader.block = None;
        self.leaving.push_back(reader);
    }
}
