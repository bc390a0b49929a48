//! The engine's beginning and its orderly end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use brummer_event::LineSeq;
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{Inner, Logs, kept_run};
use crate::desk::{Desk, Lane};
use crate::inbox::Inbox;
use crate::ingest::Ingest;
use crate::keeper::Keeper;
use crate::open::{self, Opened};
use crate::pool::Pools;
use crate::reads::Reads;
use crate::sync::Syncer;
use crate::writer::Writer;
use crate::{FindingSink, LogsConfig, LogsError, NoticeSink};

/// Lower priority of the ingest threads.
const INGEST_NICE: i32 = 5;

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
        for (shelf, shelf_run, bound) in ended {
            let run = shelf_run.run;
            let mut kept = kept_run(&config, shelf, shelf_run);
            kept.keep_bytes = bound.unwrap_or(kept.keep_bytes);
            keeper.come(run, kept);
        }
        let desk = Arc::new(Desk::new(config.ingest_threads.max(1) + 1));
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
                brummer_capture::turns::take_short_ones();
                // Nobody may be waiting for the last word.
                let _unheard = finish.send(writer.run(&stop));
            })
            .map_err(thread)?;
        let ingest = Arc::new(Ingest {
            config: inner.config,
            desk: inner.desk.clone(),
            inbox: inner.inbox.clone(),
            pools: Pools::new(),
            began: inner.began,
            kept_blocks: AtomicUsize::new(0),
        });
        let bulk =
            std::iter::repeat_n(("log-ingest", INGEST_NICE, Lane::Bulk), inner.config.ingest_threads.max(1));
        for (name, nice, lane) in bulk.chain([("log-quick", 0, Lane::Quick)]) {
            let (ingest, desk, inbox) = (ingest.clone(), inner.desk.clone(), inner.inbox.clone());
            scope
                .thread(name, nice, move |_| {
                    if lane == Lane::Quick {
                        brummer_capture::turns::take_short_ones();
                    }
                    let _leaving = Leaving { desk, inbox };
                    ingest.run(lane);
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
