//! The thread that removes: captures and index beyond the bounds of retention, and what a person had
//! forgotten. It keeps what is no longer shown *before* it removes it, so that a reader gets a gap and never
//! a silence.
//!
//! It works when a segment is done, a run ends or comes, or the oldest capture becomes too old; else it
//! sleeps. Of a run whose shim lives nothing is unlinked here: the shim is asked to.

mod files;
mod marks;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brummer_capture::{RunDir, WhenBehind};
use brummer_event::{ProcessKey, RunId};
use brummer_scope::{StopFlag, clock};
use brummer_store::Store;
use brummer_store::seqs::{self};
use parking_lot::{Condvar, Mutex};

use crate::LogsConfig;
use crate::board::{Board, Marks, RunShelf, Shelf};
use crate::gauges::Gauges;
use crate::index::{file_path, remove};
use crate::link::Link;
use crate::retention::{RunDisk, next_expiry, plan};
use crate::sync::Syncer;

use files::{free_bytes, released, remove_segments, segments};
pub(crate) use marks::{save_marks, to_kept};

/// The clock of expiry does not tick faster than this.
const LEAST_PAUSE: Duration = Duration::from_secs(60);

/// A run that is kept.
pub(crate) struct Kept {
    pub shelf: Arc<Shelf>,
    pub shelf_run: Arc<RunShelf>,
    /// Present while the run is attached.
    pub link: Option<Arc<Link>>,
    pub live: bool,
    /// Segments before this one are in the index.
    pub indexed: u32,
    pub keep_bytes: u64,
    pub when_behind: WhenBehind,
}

#[derive(Default)]
struct State {
    come: Vec<(RunId, Kept)>,
    indexed: HashMap<RunId, u32>,
    ended: HashSet<RunId>,
    forget: Vec<(ProcessKey, bool)>,
    /// Counts wishes and fulfilled wishes, for those who wait.
    asked: u64,
    done: u64,
    closing: bool,
}

pub(crate) struct Keeper {
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
    config: LogsConfig,
    board: Arc<Board>,
    store: Store,
    gauges: Arc<Gauges>,
    index_dir: PathBuf,
    runs_dir: PathBuf,
}

/// What the thread alone knows.
struct Holdings {
    runs: BTreeMap<RunId, (Kept, RunDisk)>,
    /// Forgotten while they lived; with their files or without.
    forgotten: HashMap<RunId, bool>,
    gap_ordered: bool,
}

impl Keeper {
    pub(crate) fn new(
        config: LogsConfig,
        board: Arc<Board>,
        store: Store,
        gauges: Arc<Gauges>,
        index_dir: &Path,
        runs_dir: &Path,
    ) -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            config,
            board,
            store,
            gauges,
            index_dir: index_dir.to_owned(),
            runs_dir: runs_dir.to_owned(),
        }
    }

    /// A run was found at start, or is attached.
    pub(crate) fn come(&self, run: RunId, kept: Kept) {
        self.change(|state| state.come.push((run, kept)));
    }

    /// Everything before `segment` is in the index.
    pub(crate) fn indexed(&self, run: RunId, segment: u32) {
        self.change(|state| {
            state.indexed.insert(run, segment);
        });
    }

    /// The run is over and read to its end.
    pub(crate) fn ended(&self, run: RunId) {
        self.change(|state| {
            state.ended.insert(run);
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.work.notify_one();
    }

    /// Removes what is kept of a process, then answers. Blocks.
    pub(crate) fn forget(&self, key: ProcessKey, files: bool) {
        let mut state = self.state.lock();
        state.forget.push((key, files));
        state.asked += 1;
        let ticket = state.asked;
        self.work.notify_one();
        while state.done < ticket && !state.closing {
            self.done.wait(&mut state);
        }
    }

    pub(crate) fn stop(&self) {
        self.state.lock().closing = true;
        self.work.notify_all();
        self.done.notify_all();
    }

    /// The thread's work.
    pub(crate) fn run(&self, syncer: &Syncer, stop: &StopFlag) {
        let mut holdings = Holdings { runs: BTreeMap::new(), forgotten: HashMap::new(), gap_ordered: false };
        loop {
            let mut state = self.state.lock();
            let idle = |state: &mut State| {
                state.come.is_empty()
                    && state.indexed.is_empty()
                    && state.ended.is_empty()
                    && state.forget.is_empty()
                    && !state.closing
            };
            if idle(&mut state) {
                match self.pause(&holdings) {
                    Some(pause) => drop(self.work.wait_while_for(&mut state, idle, pause)),
                    None => self.work.wait_while(&mut state, idle),
                }
            }
            if state.closing || stop.is_set() {
                return;
            }
            let come = std::mem::take(&mut state.come);
            let indexed = std::mem::take(&mut state.indexed);
            let ended = std::mem::take(&mut state.ended);
            let forget = std::mem::take(&mut state.forget);
            let ticket = state.asked;
            drop(state);
            self.update(&mut holdings, come, indexed, &ended);
            for (key, files) in forget {
                self.forget_now(&mut holdings, &key, files, syncer);
            }
            self.keep(&mut holdings, syncer);
            self.state.lock().done = ticket;
            self.done.notify_all();
        }
    }

    fn pause(&self, holdings: &Holdings) -> Option<Duration> {
        let expiry = next_expiry(holdings.runs.values().map(|(_, disk)| disk), &self.config)?;
        let left = u64::try_from(expiry.saturating_sub(clock::wall_ns())).unwrap_or(0);
        Some(Duration::from_nanos(left).max(LEAST_PAUSE))
    }

    fn update(
        &self,
        holdings: &mut Holdings,
        come: Vec<(RunId, Kept)>,
        indexed: HashMap<RunId, u32>,
        ended: &HashSet<RunId>,
    ) {
        let mut changed: HashSet<RunId> = ended.clone();
        for (run, kept) in come {
            changed.insert(run);
            if holdings.gap_ordered
                && let Some(link) = &kept.link
            {
                link.behind(WhenBehind::Gap);
            }
            let disk = RunDisk {
                run,
                key: kept.shelf.key.clone(),
                live: kept.live,
                segments: Vec::new(),
                indexed: kept.indexed,
                keep_bytes: kept.keep_bytes,
            };
            holdings.runs.insert(run, (kept, disk));
        }
        for (run, segment) in indexed {
            if let Some((_, disk)) = holdings.runs.get_mut(&run) {
                disk.indexed = disk.indexed.max(segment);
                changed.insert(run);
            }
        }
        for run in ended {
            if let Some((kept, disk)) = holdings.runs.get_mut(run) {
                kept.link = None;
                disk.live = false;
            }
            if let Some(files) = holdings.forgotten.remove(run)
                && let Some((kept, _)) = holdings.runs.remove(run)
            {
                self.remove_run(&kept, files);
            }
        }
        for run in changed {
            if let Some((kept, disk)) = holdings.runs.get_mut(&run) {
                let released = disk.segments.first().map_or(0, |segment| segment.number);
                disk.segments = segments(&kept.shelf_run.dir);
                // What the shim was asked to unlink is as good as gone.
                disk.segments.retain(|segment| segment.number >= released);
            }
        }
    }

    /// Applies the bounds.
    fn keep(&self, holdings: &mut Holdings, syncer: &Syncer) {
        let disks = holdings.runs.values().map(|(_, disk)| disk.clone()).collect();
        let decided = plan(disks, &self.config, free_bytes(&self.runs_dir), clock::wall_ns());
        self.gauges.low_disk.store(decided.low_disk, Ordering::Relaxed);
        self.gauges.totals_full.store(decided.totals_full, Ordering::Relaxed);
        if decided.totals_full != holdings.gap_ordered {
            holdings.gap_ordered = decided.totals_full;
            for (kept, _) in holdings.runs.values() {
                if let Some(link) = &kept.link {
                    link.behind(if decided.totals_full { WhenBehind::Gap } else { kept.when_behind });
                }
            }
        }
        if !decided.remove.is_empty() {
            self.remove(holdings, &decided.remove, syncer);
        }
        let bytes =
            holdings.runs.values().flat_map(|(_, disk)| &disk.segments).map(|segment| segment.bytes).sum();
        self.gauges.capture_bytes.store(bytes, Ordering::Relaxed);
        metrics::gauge!("brummer_logs_capture_bytes").set(bytes as f64);
    }

    fn remove(&self, holdings: &mut Holdings, removals: &[(RunId, u32)], syncer: &Syncer) {
        // First what is lost is known, then it is lost.
        let mut marked: HashMap<ProcessKey, Marks> = HashMap::new();
        for (run, through) in removals {
            let Some((kept, disk)) = holdings.runs.get(run) else { continue };
            let whole = !disk.live && disk.segments.last().is_some_and(|last| last.number <= *through);
            let before = if whole { u32::MAX } else { through.saturating_add(1) };
            let released = released(&kept.shelf_run, before, kept.shelf.marks().evicted_to);
            if let Some((seq, lines)) = released {
                let marks = kept.shelf.mark(|marks| {
                    marks.evicted_to = marks.evicted_to.max(seq);
                    marks.evicted_lines += lines;
                });
                marked.insert(kept.shelf.key.clone(), marks);
            }
        }
        if let Err(error) = save_marks(&self.store, marked) {
            tracing::error!(%error, "what retention removes could not be kept; it stays");
            return;
        }
        syncer.keep_floor(self.board.published().saturating_add(1));
        for (run, through) in removals {
            let Some((kept, disk)) = holdings.runs.get_mut(run) else { continue };
            disk.segments.retain(|segment| segment.number > *through);
            metrics::counter!("brummer_logs_segments_released_total").increment(1);
            if !disk.live && disk.segments.is_empty() {
                let (kept, _) = match holdings.runs.remove(run) {
                    Some(gone) => gone,
                    None => continue,
                };
                self.remove_run(&kept, true);
                continue;
            }
            let first_file = {
                let mut blocks = kept.shelf_run.blocks.lock();
                blocks.release_before(through.saturating_add(1), 0);
                blocks.first_file()
            };
            if let Some(first) = first_file {
                self.remove_index(*run, |number| number < first);
            }
            match &kept.link {
                Some(link) if disk.live => link.release(*through),
                _ => remove_segments(&kept.shelf_run.dir, *through),
            }
        }
    }

    fn remove_run(&self, kept: &Kept, files: bool) {
        let run = kept.shelf_run.run;
        self.board.remove_run(&kept.shelf, run);
        kept.shelf_run.blocks.lock().release_before(u32::MAX, 0);
        self.remove_index(run, |_| true);
        if files && let Err(error) = RunDir::at(&kept.shelf_run.dir).remove() {
            tracing::warn!(%error, "a run directory stays");
        }
    }

    fn remove_index(&self, run: RunId, which: impl Fn(u32) -> bool) {
        let Ok(runs) = crate::index::list(&self.index_dir) else { return };
        for (_, numbers) in runs.into_iter().filter(|(other, _)| *other == run) {
            for number in numbers.into_iter().filter(|number| which(*number)) {
                let path = file_path(&self.index_dir, run, number);
                let bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
                match remove(&path) {
                    Ok(()) => Gauges::subtract(&self.gauges.index_bytes, bytes),
                    Err(error) => tracing::warn!(%error, "a log index file stays"),
                }
            }
        }
    }

    fn forget_now(&self, holdings: &mut Holdings, key: &ProcessKey, files: bool, syncer: &Syncer) {
        let (project, process) = (key.project.to_string(), key.name.to_string());
        let forgotten =
            self.store.call_blocking(move |connection| seqs::remove_mark(connection, &project, &process));
        if let Err(error) = forgotten {
            tracing::warn!(%error, %key, "its marks stay");
        }
        syncer.keep_floor(self.board.published().saturating_add(1));
        let runs: Vec<RunId> =
            holdings.runs.iter().filter(|(_, (_, disk))| disk.key == *key).map(|(run, _)| *run).collect();
        for run in runs {
            if holdings.runs.get(&run).is_some_and(|(_, disk)| disk.live) {
                holdings.forgotten.insert(run, files);
                continue;
            }
            if let Some((kept, _)) = holdings.runs.remove(&run) {
                self.remove_run(&kept, files);
            }
        }
    }
}
