//! The one SQLite file: what must be known again after any crash (projects, wanted state, runs, exits,
//! incidents, reserved line numbers). Log bytes are never in it.
//!
//! One thread owns the connection. Callers hand it typed closures over a bounded queue; the thread takes
//! all that wait into *one* transaction (a savepoint each, so that one that fails takes nobody along) and
//! answers after the commit. An answer therefore means: survives SIGKILL. [`Store::durable`] is followed
//! by a sync of the write-ahead log within a second, so that it survives a power cut as well.
//!
//! When the queue is full callers wait; nothing is dropped. When the daemon stops, what is queued is
//! still committed. A damaged file is kept as `state.db.corrupt-<time>` and a new one begun: the run
//! directories stay the truth about what runs.
//!
//! The typed queries live one file a subject ([`projects`], [`processes`], [`insight`], [`seqs`]); each
//! brings its own part of the schema.

mod error;
pub mod insight;
mod open;
pub mod processes;
pub mod projects;
pub mod seqs;
mod worker;

use std::path::Path;

use brummer_scope::Scope;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub use error::StoreError;
pub use open::Opened;

/// Work that waits for the database thread; callers wait when it is full.
const QUEUE: usize = 1024;

/// Handle of the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    queue: mpsc::Sender<worker::Job>,
}

impl Store {
    /// Opens `state.db` at `path` (made if missing, 0600) and starts its thread in `scope`. The thread ends
    /// with the scope, after everything queued is committed.
    ///
    /// # Errors
    /// When the file cannot be made or is of a newer version.
    pub fn open(path: &Path, scope: &Scope) -> Result<(Self, Opened), StoreError> {
        let (connection, opened) = open::open(path)?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        let syncer = worker::Syncer::new(path, scope.clone());
        scope
            .thread("store", 0, move |stop| worker::run(connection, jobs, syncer, &stop))
            .map_err(StoreError::Thread)?;
        Ok((Self { queue }, opened))
    }

    /// Runs `work` in the next transaction and answers after its commit.
    ///
    /// # Errors
    /// What `work` returns; or the commit's own error, or that the daemon is stopping.
    pub async fn call<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job = worker::Job::new(work, false, answer);
        self.queue.send(job).await.map_err(|_| StoreError::Stopping)?;
        result.await.map_err(|_| StoreError::Stopping)?
    }

    /// As [`Store::call`], for a user's wish: a sync of the write-ahead log follows within a second.
    ///
    /// # Errors
    /// As [`Store::call`].
    pub async fn durable<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job = worker::Job::new(work, true, answer);
        self.queue.send(job).await.map_err(|_| StoreError::Stopping)?;
        result.await.map_err(|_| StoreError::Stopping)?
    }

    /// As [`Store::call`] from a thread that is no task. Blocks.
    ///
    /// # Errors
    /// As [`Store::call`].
    pub fn call_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job = worker::Job::new(work, false, answer);
        self.queue.blocking_send(job).map_err(|_| StoreError::Stopping)?;
        result.blocking_recv().map_err(|_| StoreError::Stopping)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn count(store: &Store) -> i64 {
        store.call(|c| Ok(c.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)).await.unwrap()
    }

    #[tokio::test]
    async fn a_failing_job_takes_nobody_along() {
        let dir = tempfile::tempdir().unwrap();
        let scope = Scope::new().unwrap();
        let (store, opened) = Store::open(&dir.path().join("state.db"), &scope).unwrap();
        assert!(opened.fresh);
        store.call(|c| Ok(c.execute_batch("CREATE TABLE t (x INTEGER PRIMARY KEY)")?)).await.unwrap();
        let jobs = (0..100).map(|x| {
            let store = store.clone();
            scope.spawn("insert", async move {
                store
                    .durable(move |c| {
                        c.execute("INSERT INTO t VALUES (?1)", [x / 2])?;
                        Ok(())
                    })
                    .await
            })
        });
        let mut good = 0;
        for job in jobs.collect::<Vec<_>>() {
            good += i64::from(job.await.unwrap().is_ok());
        }
        assert_eq!((good, count(&store).await), (50, 50));
    }

    #[tokio::test]
    async fn what_was_answered_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        let scope = Scope::new().unwrap();
        let (store, _) = Store::open(&path, &scope).unwrap();
        store.call(|c| Ok(c.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")?)).await.unwrap();
        assert!(scope.end(std::time::Duration::from_secs(5)).await.is_empty());
        let scope = Scope::new().unwrap();
        let (store, opened) = Store::open(&path, &scope).unwrap();
        assert!(!opened.fresh);
        assert_eq!(count(&store).await, 1);
    }

    #[tokio::test]
    async fn a_damaged_file_is_kept_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.db");
        std::fs::write(&path, vec![7u8; 8192]).unwrap();
        let scope = Scope::new().unwrap();
        let (_store, opened) = Store::open(&path, &scope).unwrap();
        let kept = opened.corrupt_kept.unwrap();
        assert_eq!(std::fs::read(kept).unwrap().len(), 8192);
    }
}
