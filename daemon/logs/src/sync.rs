//! The thread that waits for disks, so that nobody else has to: it reserves line numbers (kept and synced
//! before one of them is used) and syncs captures and index.
//!
//! It sleeps while nothing is reserved or dirty. When it lags, the writer waits only if the numbers reserved
//! ahead (some millions) are used up.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brummer_capture::segment::segment_name;
use brummer_event::{LineSeq, RunId};
use brummer_scope::StopFlag;
use brummer_store::seqs::{self, Seqs};
use brummer_store::{Store, StoreError};
use parking_lot::{Condvar, Mutex};

use crate::index::file_path;
use crate::numbers::{AHEAD, LOW};

/// Files of a run that were written to since the last sync.
#[derive(Debug, Clone)]
struct Dirty {
    dir: PathBuf,
    segments: (u32, u32),
    index: (u32, u32),
}

struct State {
    kept: Seqs,
    want_ceiling: u64,
    want_floor: u64,
    want_clean: bool,
    dirty: HashMap<RunId, Dirty>,
    ended: bool,
}

pub(crate) struct Syncer {
    state: Mutex<State>,
    work: Condvar,
    kept: Condvar,
    store: Store,
    index_dir: PathBuf,
    every: Option<Duration>,
}

impl Syncer {
    /// `kept` is what the database says already.
    pub(crate) fn new(store: Store, index_dir: &Path, every: Option<Duration>, kept: Seqs) -> Self {
        let state = State {
            want_ceiling: kept.ceiling,
            want_floor: kept.floor,
            want_clean: false,
            kept,
            dirty: HashMap::new(),
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            kept: Condvar::new(),
            store,
            index_dir: index_dir.to_owned(),
            every,
        }
    }

    /// Waits until numbers below `end` may be given; false when the engine stops first.
    pub(crate) fn reserve(&self, end: LineSeq, stop: &StopFlag) -> bool {
        let mut state = self.state.lock();
        if state.kept.ceiling.saturating_sub(end) < LOW {
            state.want_ceiling = state.want_ceiling.max(end.saturating_add(AHEAD));
            self.work.notify_all();
        }
        while state.kept.ceiling < end {
            if stop.is_set() || state.ended {
                return false;
            }
            metrics::counter!("brummer_logs_number_waits_total").increment(1);
            self.kept.wait_for(&mut state, Duration::from_millis(100));
        }
        true
    }

    /// Keeps that every number below `floor` may have been given: before the index that says so is removed.
    pub(crate) fn keep_floor(&self, floor: LineSeq) {
        let mut state = self.state.lock();
        state.want_floor = state.want_floor.max(floor);
        self.work.notify_all();
        while state.kept.floor < floor && !state.ended {
            self.kept.wait_for(&mut state, Duration::from_millis(100));
        }
    }

    /// Bytes of a run were written or indexed: they are synced within the configured time.
    pub(crate) fn dirty(&self, run: RunId, dir: &Path, segment: u32, index: u32) {
        if self.every.is_none() {
            return;
        }
        let mut state = self.state.lock();
        let first = state.dirty.is_empty();
        state
            .dirty
            .entry(run)
            .and_modify(|dirty| {
                dirty.segments.1 = dirty.segments.1.max(segment);
                dirty.index.1 = dirty.index.1.max(index);
            })
            .or_insert_with(|| Dirty {
                dir: dir.to_owned(),
                segments: (segment, segment),
                index: (index, index),
            });
        drop(state);
        if first {
            self.work.notify_all();
        }
    }

    /// Everything is published: sync it and mark the numbers as complete, then end.
    pub(crate) fn finish(&self, next: LineSeq) {
        let mut state = self.state.lock();
        state.want_floor = state.want_floor.max(next);
        state.want_clean = true;
        self.work.notify_all();
        while !state.ended {
            self.kept.wait_for(&mut state, Duration::from_millis(100));
        }
    }

    /// Ends without a clean mark.
    pub(crate) fn stop(&self) {
        // Under the lock, so that the thread is either before its check or asleep.
        let _state = self.state.lock();
        self.work.notify_all();
    }

    /// The thread's work.
    pub(crate) fn run(&self, stop: &StopFlag) {
        loop {
            let mut state = self.state.lock();
            let wants = |state: &State| {
                state.want_ceiling > state.kept.ceiling
                    || state.want_floor > state.kept.floor
                    || state.want_clean
            };
            while !wants(&state) && state.dirty.is_empty() && !stop.is_set() {
                self.work.wait(&mut state);
            }
            if state.ended || (stop.is_set() && !state.want_clean) {
                state.ended = true;
                self.kept.notify_all();
                return;
            }
            let clean = state.want_clean;
            if wants(&state) && !clean {
                let wanted = Seqs {
                    ceiling: state.want_ceiling.max(state.kept.ceiling),
                    floor: state.want_floor.max(state.kept.floor),
                    ..state.kept.clone()
                };
                drop(state);
                self.keep(wanted);
                continue;
            }
            if !clean && let Some(every) = self.every {
                // Not at once: what comes within this time is synced together.
                self.work.wait_while_for(&mut state, |state| !wants(state) && !stop.is_set(), every);
                if wants(&state) || stop.is_set() {
                    continue;
                }
            }
            let dirty = std::mem::take(&mut state.dirty);
            drop(state);
            self.sync(&dirty);
            if clean {
                let mut state = self.state.lock();
                let floor = state.want_floor.max(state.kept.floor);
                let wanted = Seqs { floor, clean: true, ..state.kept.clone() };
                drop(state);
                self.keep(wanted);
                state = self.state.lock();
                state.ended = true;
                self.kept.notify_all();
                return;
            }
        }
    }

    /// Writes to the database and syncs that. Trouble is told and tried again at the next need.
    fn keep(&self, wanted: Seqs) {
        let seqs = wanted.clone();
        let result = self.store.call_blocking(move |connection| {
            seqs::save(connection, &seqs)?;
            Ok(seqs::write_ahead_log(connection))
        });
        let synced = result.and_then(|log| match log {
            Some(log) => File::open(log).and_then(|file| file.sync_data()).map_err(StoreError::from),
            None => Ok(()),
        });
        let mut state = self.state.lock();
        match synced {
            Ok(()) => state.kept = wanted,
            Err(StoreError::Stopping) => state.ended = true,
            Err(error) => {
                tracing::error!(%error, "line numbers could not be reserved");
                metrics::counter!("brummer_logs_reserve_failures_total").increment(1);
                // Not faster than once in 100 ms, however often it is asked.
                self.work.wait_for(&mut state, Duration::from_millis(100));
            }
        }
        self.kept.notify_all();
    }

    fn sync(&self, dirty: &HashMap<RunId, Dirty>) {
        for (run, files) in dirty {
            let segments =
                (files.segments.0..=files.segments.1).map(|number| files.dir.join(segment_name(number)));
            let indexes =
                (files.index.0..=files.index.1).map(|number| file_path(&self.index_dir, *run, number));
            // Captures first: an index that tells of bytes that are not there is cut.
            for path in segments.chain(indexes) {
                let result = match File::open(&path) {
                    // Released meanwhile.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                    opened => opened.and_then(|file| file.sync_data()),
                };
                if let Err(error) = result {
                    metrics::counter!("brummer_logs_sync_failures_total").increment(1);
                    tracing::warn!(%error, path = %path.display(), "not synced; a power cut may lose its end");
                }
            }
        }
        metrics::counter!("brummer_logs_syncs_total").increment(1);
    }
}
