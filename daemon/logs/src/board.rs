//! What readers look at: the ring and the history of every process, and how far everything is published.
//!
//! Written by the writer thread (lines), the keeper (what is removed) and the handle (processes that come);
//! read by anyone without waiting. Locks here are leaves of a few lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use brummer_event::{LineSeq, ProcessKey, RunId, WallNs};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::blocks::Blocks;
use crate::chunk::Chunk;
use crate::platform::Real;
use crate::ring::Ring;

pub(crate) type ProcessRing = Ring<Real, Chunk, Arc<Notify>>;

/// What is no longer shown of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Lines through this number were removed, so many of them.
    pub evicted_to: LineSeq,
    pub evicted_lines: u64,
    /// Lines through this number were cleared by a person.
    pub cleared_to: LineSeq,
}

/// The lines of one run on disk.
pub(crate) struct RunShelf {
    pub run: RunId,
    /// The run directory.
    pub dir: PathBuf,
    pub index_dir: Arc<Path>,
    pub blocks: Mutex<Blocks>,
    /// Nothing will be added any more.
    pub ended: AtomicBool,
}

impl RunShelf {
    pub(crate) fn new(run: RunId, dir: PathBuf, index_dir: Arc<Path>, blocks: Blocks, ended: bool) -> Self {
        Self { run, dir, index_dir, blocks: Mutex::new(blocks), ended: AtomicBool::new(ended) }
    }
}

/// The lines of one process.
pub(crate) struct Shelf {
    pub key: ProcessKey,
    pub ring: ProcessRing,
    /// Oldest first.
    pub runs: ArcSwap<Vec<Arc<RunShelf>>>,
    marks: Mutex<Marks>,
}

impl Shelf {
    pub(crate) fn marks(&self) -> Marks {
        *self.marks.lock()
    }

    pub(crate) fn mark(&self, change: impl FnOnce(&mut Marks)) -> Marks {
        let mut marks = self.marks.lock();
        change(&mut marks);
        *marks
    }
}

/// Everything that can be read.
pub(crate) struct Board {
    pub epoch: u64,
    /// Every line through this number can be read, and nothing will ever appear below it.
    published: AtomicU64,
    /// Time of the newest line.
    newest_time: std::sync::atomic::AtomicI64,
    shelves: ArcSwap<BTreeMap<ProcessKey, Arc<Shelf>>>,
    /// Orders changes of `shelves` and of the runs in them. Held while a map of pointers is copied.
    changing: Mutex<()>,
    /// Followers that want to know of processes that come.
    arrivals: Mutex<Vec<(u64, Arc<Notify>)>>,
}

impl Board {
    pub(crate) fn new(epoch: u64, published: LineSeq, time: WallNs) -> Self {
        Self {
            epoch,
            published: AtomicU64::new(published),
            newest_time: std::sync::atomic::AtomicI64::new(time),
            shelves: ArcSwap::default(),
            changing: Mutex::new(()),
            arrivals: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn published(&self) -> LineSeq {
        self.published.load(Ordering::SeqCst)
    }

    pub(crate) fn newest_time(&self) -> WallNs {
        self.newest_time.load(Ordering::Relaxed)
    }

    /// Only the writer calls it, after the rings have the lines.
    pub(crate) fn set_published(&self, seq: LineSeq, time: WallNs) {
        self.newest_time.store(time, Ordering::Relaxed);
        self.published.store(seq, Ordering::SeqCst);
    }

    pub(crate) fn shelves(&self) -> Arc<BTreeMap<ProcessKey, Arc<Shelf>>> {
        self.shelves.load_full()
    }

    pub(crate) fn shelf(&self, key: &ProcessKey) -> Option<Arc<Shelf>> {
        self.shelves.load().get(key).cloned()
    }

    /// The shelf of a process, made if need be. What is older than `floor` is only on disk.
    pub(crate) fn shelf_or_new(&self, key: &ProcessKey, floor: LineSeq, marks: Marks) -> Arc<Shelf> {
        let guard = self.changing.lock();
        if let Some(shelf) = self.shelf(key) {
            return shelf;
        }
        let shelf = Arc::new(Shelf {
            key: key.clone(),
            ring: Ring::new(floor),
            runs: ArcSwap::default(),
            marks: Mutex::new(marks),
        });
        let mut shelves = BTreeMap::clone(&self.shelves.load());
        shelves.insert(key.clone(), shelf.clone());
        self.shelves.store(Arc::new(shelves));
        drop(guard);
        let waiting = std::mem::take(&mut *self.arrivals.lock());
        waiting.into_iter().for_each(|(_, waker)| waker.notify_one());
        shelf
    }

    /// Adds a run behind the others of its process, or finds it there.
    pub(crate) fn add_run(&self, shelf: &Shelf, run: RunShelf) -> Arc<RunShelf> {
        let _guard = self.changing.lock();
        let runs = shelf.runs.load();
        if let Some(found) = runs.iter().find(|other| other.run == run.run) {
            found.ended.store(run.ended.load(Ordering::Relaxed), Ordering::Relaxed);
            return found.clone();
        }
        let run = Arc::new(run);
        let mut more = Vec::clone(&runs);
        more.push(run.clone());
        shelf.runs.store(Arc::new(more));
        run
    }

    /// Takes a run off its shelf.
    pub(crate) fn remove_run(&self, shelf: &Shelf, run: RunId) {
        let _guard = self.changing.lock();
        let mut runs = Vec::clone(&shelf.runs.load());
        runs.retain(|other| other.run != run);
        shelf.runs.store(Arc::new(runs));
    }

    /// Takes a process off the board.
    pub(crate) fn remove(&self, key: &ProcessKey) -> Option<Arc<Shelf>> {
        let _guard = self.changing.lock();
        let mut shelves = BTreeMap::clone(&self.shelves.load());
        let removed = shelves.remove(key);
        self.shelves.store(Arc::new(shelves));
        removed
    }

    /// Wakes `waker` once when the next process comes. Look again after this and before waiting.
    pub(crate) fn arm_arrivals(&self, id: u64, waker: Arc<Notify>) {
        let mut waiting = self.arrivals.lock();
        if !waiting.iter().any(|(other, _)| *other == id) {
            waiting.push((id, waker));
        }
    }

    pub(crate) fn disarm_arrivals(&self, id: u64) {
        self.arrivals.lock().retain(|(other, _)| *other != id);
    }
}
