//! The thread that owns the connection: everything that waits goes into one transaction.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use brummer_scope::{Scope, StopFlag};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;

/// Most jobs in one transaction: bounds how long the first of them waits for its answer.
const MOST_PER_TRANSACTION: usize = 256;

/// Tells the caller how it went, once the commit is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Does its part of the transaction; tells whether that part is to be kept.
type Work = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

pub(crate) struct Job {
    work: Work,
    durable: bool,
}

impl Job {
    pub(crate) fn new<T, F>(work: F, durable: bool, answer: oneshot::Sender<Result<T, StoreError>>) -> Self
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let work = move |connection: &Connection| -> (bool, Answer) {
            let result = work(connection);
            let good = result.is_ok();
            // A caller that went away ended its waiting, not the work.
            let tell: Answer = Box::new(move |committed| drop(answer.send(committed.and(result))));
            (good, tell)
        };
        Self { work: Box::new(work), durable }
    }
}

pub(crate) fn run(connection: Connection, mut jobs: mpsc::Receiver<Job>, syncer: Syncer, stop: &StopFlag) {
    let mut batch = Vec::with_capacity(MOST_PER_TRANSACTION);
    let runtime_free = async |jobs: &mut mpsc::Receiver<Job>, batch: &mut Vec<Job>| {
        tokio::select! {
            taken = jobs.recv_many(batch, MOST_PER_TRANSACTION) => taken,
            () = stop.token().cancelled() => {
                // Everything queued before the stop is still committed; nothing new comes in.
                jobs.close();
                jobs.recv_many(batch, MOST_PER_TRANSACTION).await
            }
        }
    };
    while stop.block_on(runtime_free(&mut jobs, &mut batch)) > 0 {
        commit(&connection, &mut batch, &syncer);
    }
    if let Err((_, error)) = connection.close() {
        tracing::error!(%error, "the state database did not close cleanly; its write-ahead log is kept");
    }
}

fn commit(connection: &Connection, batch: &mut Vec<Job>, syncer: &Syncer) {
    metrics::histogram!("brummer_store_transaction_jobs").record(batch.len() as f64);
    let mut durable = false;
    let mut answers = Vec::with_capacity(batch.len());
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    for job in batch.drain(..) {
        if connection.execute_batch("SAVEPOINT job").is_err() {
            let (_, answer) = (job.work)(connection);
            answers.push(answer);
            continue;
        }
        let (good, answer) = (job.work)(connection);
        durable |= good && job.durable;
        let end = if good { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
        if let Err(error) = connection.execute_batch(end) {
            tracing::error!(%error, "a savepoint of the state database did not end");
        }
        answers.push(answer);
    }
    let committed = begun.and_then(|()| connection.execute_batch("COMMIT"));
    if let Err(error) = &committed {
        metrics::counter!("brummer_store_commit_failures_total").increment(1);
        tracing::error!(%error, "the state database could not commit");
        // After a failed commit the transaction may still be open; the next one must begin afresh.
        if !connection.is_autocommit() {
            drop(connection.execute_batch("ROLLBACK"));
        }
    }
    for answer in answers {
        answer(committed.as_ref().copied().map_err(copy));
    }
    if durable {
        syncer.sync_soon();
    }
}

/// `rusqlite::Error` is not `Clone`; every caller of a failed commit gets its code and words.
fn copy(error: &rusqlite::Error) -> StoreError {
    let code = error
        .sqlite_error()
        .copied()
        .unwrap_or_else(|| rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR));
    StoreError::Sql(rusqlite::Error::SqliteFailure(code, Some(error.to_string())))
}

/// Syncs the write-ahead log on the blocking pool: one at a time, requests in between are merged, and the
/// database thread never waits for a disk.
pub(crate) struct Syncer {
    wal: PathBuf,
    scope: Scope,
    wanted: Arc<AtomicBool>,
}

impl Syncer {
    pub(crate) fn new(path: &Path, scope: Scope) -> Self {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Self { wal: wal.into(), scope, wanted: Arc::new(AtomicBool::new(false)) }
    }

    fn sync_soon(&self) {
        if self.wanted.swap(true, Ordering::AcqRel) {
            return;
        }
        let (wal, wanted) = (self.wal.clone(), self.wanted.clone());
        let _task = self.scope.blocking("store-sync", move || {
            // Cleared first: a commit that comes while the disk works asks for a sync of its own.
            wanted.store(false, Ordering::Release);
            if let Err(error) = std::fs::File::open(&wal).and_then(|file| file.sync_data()) {
                tracing::warn!(%error, "the state database's log was not synced; a power cut may lose the last wishes");
            }
        });
    }
}
