//! The handle of the engine: wires its rooms and lends them to the rest of the daemon.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use brummer_capture::segment::MemoryTail;
use brummer_capture::{Position, RunDir};
use brummer_event::{LineCursor, LineSeq, ProcessKey, RunId};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::blocks::Blocks;
use crate::board::{Board, Marks, RunShelf};
use crate::desk::Desk;
use crate::gauges::Gauges;
use crate::inbox::Inbox;
use crate::index::{IndexWriter, State, Whose};
use crate::ingest::Ingest;
use crate::keeper::{Keeper, Kept};
use crate::link::Link;
use crate::open::{self, Opened};
use crate::reader::{RunReader, Start};
use crate::reads::Reads;
use crate::sync::Syncer;
use crate::writer::{Slot, Writer};
use crate::{
    Count, Degradation, Filter, FindingSink, Follower, LogStats, LogsConfig, LogsError, NoticeSink, Page,
    ReadQuery, RunLines, RunSource,
};

/// Lower priority of the ingest threads.
const INGEST_NICE: i32 = 5;

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
    /// Reads the index, cuts it where it is invalid, and starts the threads in `scope`. Nothing is read from
    /// captures until a run is attached.
    ///
    /// # Errors
    /// The index directory cannot be used, is of a newer version, or the database refuses.
    pub async fn open(
        config: LogsConfig,
        index_dir: &Path,
        runs_dir: &Path,
        store: &Store,
        findings: Arc<dyn FindingSink>,
        notices: Arc<dyn NoticeSink>,
        scope: &Scope,
    ) -> Result<Self, LogsError> {
        let began = clock::mono_ns();
        let (index, runs, database) = (index_dir.to_owned(), runs_dir.to_owned(), store.clone());
        let sink = findings.clone();
        let opened = scope.blocking("log-open", move || open::open(&index, &runs, &database, sink.as_ref()));
        let Opened { board, gauges, next, kept, states, ended } =
            opened.await.map_err(|_| LogsError::Stopping)??;
        let boot_id = kept.boot_id.clone();
        let inbox = Arc::new(Inbox::new(config.buffer_size));
        let syncer = Arc::new(Syncer::new(store.clone(), index_dir, config.fsync, kept));
        let keeper =
            Arc::new(Keeper::new(config, board.clone(), store.clone(), gauges.clone(), index_dir, runs_dir));
        for (shelf, shelf_run) in ended {
            let run = shelf_run.run;
            keeper.come(run, kept_run(&config, shelf, shelf_run));
        }
        let desk = Arc::new(Desk::new(config.ingest_threads.max(1)));
        let (finish, finished) = oneshot::channel();
        let logs = Self {
            inner: Arc::new(Inner {
                config,
                reads: Arc::new(Reads::new(board.clone(), scope.clone())),
                board,
                desk,
                inbox,
                syncer,
                keeper,
                gauges,
                store: store.clone(),
                scope: scope.clone(),
                index_dir: index_dir.into(),
                states: Mutex::new(states),
                finished: Mutex::new(Some(finished)),
                boot_id,
                began,
            }),
        };
        logs.start(findings, notices, next, finish)?;
        Ok(logs)
    }

    fn start(
        &self,
        findings: Arc<dyn FindingSink>,
        notices: Arc<dyn NoticeSink>,
        next: LineSeq,
        finish: oneshot::Sender<Option<LineSeq>>,
    ) -> Result<(), LogsError> {
        let inner = &self.inner;
        let scope = &inner.scope;
        let thread = LogsError::Thread;
        let syncer = inner.syncer.clone();
        scope.thread("log-sync", 0, move |stop| syncer.run(&stop)).map_err(thread)?;
        let (keeper, syncer) = (inner.keeper.clone(), inner.syncer.clone());
        scope.thread("log-keeper", INGEST_NICE, move |stop| keeper.run(&syncer, &stop)).map_err(thread)?;
        let writer = Writer::new(
            inner.config,
            inner.board.clone(),
            inner.inbox.clone(),
            inner.syncer.clone(),
            inner.keeper.clone(),
            inner.gauges.clone(),
            findings,
            notices,
            next,
        );
        scope
            .thread("log-writer", 0, move |stop| {
                // Nobody may be waiting for the last word.
                let _unheard = finish.send(writer.run(&stop));
            })
            .map_err(thread)?;
        let ingest = Arc::new(Ingest {
            config: inner.config,
            desk: inner.desk.clone(),
            inbox: inner.inbox.clone(),
            began: inner.began,
            kept_blocks: AtomicUsize::new(0),
        });
        for _ in 0..inner.config.ingest_threads.max(1) {
            let (ingest, desk, inbox) = (ingest.clone(), inner.desk.clone(), inner.inbox.clone());
            scope
                .thread("log-ingest", INGEST_NICE, move |_| {
                    let _leaving = Leaving { desk, inbox };
                    ingest.run();
                })
                .map_err(thread)?;
        }
        let (desk, syncer, keeper) = (inner.desk.clone(), inner.syncer.clone(), inner.keeper.clone());
        let token = scope.token().clone();
        let _detached = scope.spawn("log-stop", async move {
            token.cancelled().await;
            desk.close();
            syncer.stop();
            keeper.stop();
        });
        Ok(())
    }

    /// Starts (or, after adoption, resumes) reading a run.
    ///
    /// # Errors
    /// It is being read already, or was read to its end.
    pub fn attach(&self, source: RunSource) -> Result<(), LogsError> {
        let RunSource { key, run, dir, project_dir, shim_alive, to_shim, progress, keep_bytes, when_behind } =
            source;
        let inner = &self.inner;
        let shelf = inner.board.shelf_or_new(&key, 0, Marks::default());
        let state = inner.states.lock().remove(&run);
        let known = shelf.runs.load().iter().any(|other| other.run == run);
        if inner.desk.knows(run) || (known && state.is_none()) {
            return Err(LogsError::Attached(run));
        }
        let state = state.unwrap_or(State::START);
        let shelf_run =
            RunShelf::new(run, dir.clone(), inner.index_dir.clone(), Blocks::default(), !shim_alive);
        let shelf_run = inner.board.add_run(&shelf, shelf_run);
        let link = Link::start(&inner.scope, to_shim, progress);
        let resume = state.resume;
        let project_dir = project_dir.to_str().unwrap_or("").to_owned();
        let whose = Whose { run, key, project_dir: project_dir.clone() };
        inner.inbox.open(Slot {
            run,
            shelf: shelf.clone(),
            shelf_run: shelf_run.clone(),
            index: IndexWriter::new(&inner.index_dir, inner.board.epoch, whose, &state),
            link: link.clone(),
            indexed: resume.needed().frame,
            recent: std::collections::VecDeque::new(),
        });
        let mut kept = kept_run(&inner.config, shelf.clone(), shelf_run.clone());
        kept.live = shim_alive;
        kept.link = Some(link.clone());
        kept.indexed = resume.needed().frame.segment;
        kept.keep_bytes = keep_bytes.unwrap_or(inner.config.keep_bytes);
        kept.when_behind = when_behind.unwrap_or(inner.config.when_behind);
        inner.keeper.come(run, kept);
        if resume.needed().frame != Position::START {
            link.indexed(resume.needed().frame);
        }
        let project_dir = Some(project_dir).filter(|dir| !dir.is_empty());
        let now = clock::mono_ns();
        let mut reader = Box::new(RunReader::new(Start {
            run,
            shelf,
            shelf_run,
            link,
            project_dir,
            resume,
            shim_alive,
            now,
        }));
        // Runs of this daemon have nothing older than it.
        let meta = RunDir::at(dir).read_meta().ok();
        reader.other_boot = meta.as_ref().is_some_and(|meta| meta.boot_id != inner.boot_id);
        let backlog = meta.is_some_and(|meta| meta.created_mono_ns < inner.began) || reader.other_boot;
        inner.desk.add(reader, backlog);
        Ok(())
    }

    /// While the answer lives, bytes older than this daemon wait: attach all adopted runs, then drop it, and
    /// their backlog is merged by time. Do not wait for news of an adopted run while holding it.
    #[must_use]
    pub fn hold_backlog(&self) -> BacklogHold {
        self.inner.desk.hold();
        BacklogHold { desk: self.inner.desk.clone() }
    }

    /// The shim answered an Arm: there is more to read.
    pub fn bell(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.bell = true);
    }

    /// The connection to the shim was made anew: what it was told last is told again.
    pub fn rearm(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.again = true);
    }

    /// Nothing will be written any more: read to the end, then close.
    pub fn shim_gone(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.gone = true);
    }

    /// The disk is full: from byte `base` on `segment` is in this memory file.
    pub fn handover(&self, run: RunId, memory: OwnedFd, segment: u32, base: u64) {
        let tail = MemoryTail { segment, base, file: File::from(memory) };
        self.inner.desk.post(run, |mail| {
            mail.memory = Some(Some(tail));
            mail.bell = true;
        });
    }

    /// The disk holds everything of the run again.
    pub fn handover_done(&self, run: RunId) {
        self.inner.desk.post(run, |mail| {
            mail.memory = Some(None);
            mail.bell = true;
        });
    }

    /// After everything that can be read now.
    pub fn cursor_now(&self) -> LineCursor {
        self.inner.reads.newest_cursor()
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

    /// Ends in order: numbers what was read, syncs, and marks the numbers as complete. Call it before the
    /// scope and the store end; without it the next start is that after a crash, and as safe.
    pub async fn close(&self) {
        let Some(finished) = self.inner.finished.lock().take() else { return };
        self.inner.desk.close();
        if let Ok(Some(next)) = finished.await {
            let syncer = self.inner.syncer.clone();
            let kept = self.inner.scope.blocking("log-close", move || syncer.finish(next));
            if kept.await.is_err() {
                tracing::error!("the log engine did not end in order");
            }
        }
        self.inner.keeper.stop();
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

/// When the last ingest thread is gone, however it ended, nothing more will be submitted.
struct Leaving {
    desk: Arc<Desk>,
    inbox: Arc<Inbox>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.desk.left() {
            self.inbox.close();
        }
    }
}

/// See [`Logs::hold_backlog`].
pub struct BacklogHold {
    desk: Arc<Desk>,
}

impl Drop for BacklogHold {
    fn drop(&mut self) {
        self.desk.release();
    }
}
