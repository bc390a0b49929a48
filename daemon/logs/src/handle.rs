//! The handle of the engine: wires its rooms and lends them to the rest of the daemon.

mod life;
mod runs;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use brummer_event::{LineCursor, LineSeq, ProcessKey, RunId};
use brummer_scope::Scope;
use brummer_store::Store;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::board::{Board, RunShelf};
use crate::desk::Desk;
use crate::gauges::Gauges;
use crate::inbox::Inbox;
use crate::index::State;
use crate::keeper::{Keeper, Kept};
use crate::open;
use crate::reads::Reads;
use crate::sync::Syncer;
use crate::{
    Count, Degradation, Filter, Follower, LogStats, LogsConfig, LogsError, Page, ReadQuery, RunLines,
};

pub use runs::BacklogHold;

/// Handle of the log engine. Cheap to clone.
#[derive(Clone)]
pub struct Logs {
    inner: Arc<Inner>,
}

struct Inner {
    config: LogsConfig,
    board: Arc<Board>,
    reads: Arc<Reads>,
    desk: Arc<Desk>,
    inbox: Arc<Inbox>,
    syncer: Arc<Syncer>,
    keeper: Arc<Keeper>,
    gauges: Arc<Gauges>,
    store: Store,
    scope: Scope,
    index_dir: Arc<Path>,
    /// Where the index of runs ends that were found at start and are not attached yet.
    states: Mutex<HashMap<RunId, State>>,
    /// The writer's last word.
    finished: Mutex<Option<oneshot::Receiver<Option<LineSeq>>>>,
    boot_id: String,
    began: u64,
}

impl Logs {
    /// After everything that can be read now.
    pub fn cursor_now(&self) -> LineCursor {
        self.inner.reads.newest_cursor()
    }

    /// Before the first kept line of a run; one that has said nothing yet says everything after it.
    pub fn before_run(&self, key: &ProcessKey, run: RunId) -> LineCursor {
        // Taken before the look: what comes in between is found, or lies after it.
        let now = self.cursor_now();
        let shelves = self.inner.board.shelves();
        let runs = shelves.get(key).map(|shelf| shelf.runs.load());
        let found = runs.iter().flat_map(|runs| runs.iter()).find(|other| other.run == run);
        match found.and_then(|run| run.blocks.lock().first_seq()) {
            // What is in the index may be published a moment later.
            Some(first) => LineCursor { seq: first.saturating_sub(1).min(now.seq), ..now },
            None => now,
        }
    }

    pub fn epoch(&self) -> u64 {
        self.inner.board.epoch
    }

    /// The number that the next line will have or exceed.
    pub fn next_seq(&self) -> LineSeq {
        self.inner.board.published().saturating_add(1)
    }

    /// A page around an anchor.
    ///
    /// # Errors
    /// The daemon is stopping. What cannot be read is a gap.
    pub async fn read(&self, query: ReadQuery) -> Result<Page, LogsError> {
        self.inner.reads.page(query).await
    }

    /// Everything after `from` that matches. With `live` it rather jumps (and says how far) than lags.
    pub fn follow(&self, from: LineCursor, filter: Filter, live: bool) -> Follower {
        Follower::new(self.inner.reads.clone(), from, filter, live)
    }

    /// How many kept lines match.
    ///
    /// # Errors
    /// As [`Logs::read`].
    pub async fn count(&self, filter: Filter) -> Result<Count, LogsError> {
        self.inner.reads.count(&Arc::new(filter)).await
    }

    /// Lines of these processes before now are no longer shown.
    ///
    /// # Errors
    /// It could not be kept.
    pub async fn clear(&self, keys: &[ProcessKey]) -> Result<LineCursor, LogsError> {
        let cursor = self.cursor_now();
        let shelves: Vec<_> = keys.iter().filter_map(|key| self.inner.board.shelf(key)).collect();
        for shelf in &shelves {
            shelf.mark(|marks| marks.cleared_to = marks.cleared_to.max(cursor.seq));
        }
        let store = self.inner.store.clone();
        let kept = self.inner.scope.blocking("log-clear", move || open::keep_cleared(&store, &shelves));
        kept.await.map_err(|_| LogsError::Stopping)??;
        Ok(cursor)
    }

    /// Forgets a process: its lines are no longer shown; with `delete_files` the captures of its ended runs
    /// are removed too.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn forget(&self, key: &ProcessKey, delete_files: bool) -> Result<(), LogsError> {
        self.inner.board.remove(key);
        self.inner.inbox.forget(key.clone());
        let (keeper, key) = (self.inner.keeper.clone(), key.clone());
        let forgotten = self.inner.scope.blocking("log-forget", move || keeper.forget(key, delete_files));
        forgotten.await.map_err(|_| LogsError::Stopping)
    }

    /// Runs whose lines are kept, by process, oldest first.
    pub fn runs(&self) -> Vec<RunLines> {
        let shelves = self.inner.board.shelves();
        let mut runs = Vec::new();
        for shelf in shelves.values() {
            for run in shelf.runs.load().iter() {
                let blocks = run.blocks.lock();
                runs.push(RunLines {
                    key: shelf.key.clone(),
                    run: run.run,
                    first_seq: blocks.first_seq().unwrap_or(0),
                    last_seq: blocks.last_seq().unwrap_or(0),
                    lines: blocks.lines(),
                    ended: run.ended.load(Ordering::Acquire),
                });
            }
        }
        runs
    }

    pub fn stats(&self) -> LogStats {
        let gauges = &self.inner.gauges;
        let runs = self.runs();
        let degradation = if gauges.index_stuck.load(Ordering::Relaxed) {
            Degradation::IndexStuck
        } else if gauges.low_disk.load(Ordering::Relaxed) {
            Degradation::LowDisk
        } else if gauges.totals_full.load(Ordering::Relaxed) {
            Degradation::TotalsFull
        } else {
            Degradation::Full
        };
        LogStats {
            lines: runs.iter().map(|run| run.lines).sum(),
            disk_bytes: Gauges::get(&gauges.capture_bytes).saturating_add(Gauges::get(&gauges.index_bytes)),
            ring_bytes: Gauges::get(&gauges.ring_bytes),
            lost_places: Gauges::get(&gauges.lost_places),
            lost_bytes: Gauges::get(&gauges.lost_bytes),
            backlog_lines: self.inner.inbox.used() as u64,
            runs: runs.len(),
            degradation,
        }
    }
}

/// What the keeper knows of a run that nobody writes to.
fn kept_run(config: &LogsConfig, shelf: Arc<crate::board::Shelf>, shelf_run: Arc<RunShelf>) -> Kept {
    Kept {
        shelf,
        shelf_run,
        link: None,
        live: false,
        indexed: u32::MAX,
        keep_bytes: config.keep_bytes,
        when_behind: config.when_behind,
    }
}
