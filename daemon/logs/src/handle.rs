//! The handle.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use brummer_event::{LineCursor, LineSeq, ProcessKey, RunId};
use brummer_insight::{FoundUrl, IncidentDraft};
use brummer_scope::Scope;
use brummer_store::Store;

use crate::{Count, Filter, Follower, LogStats, LogsConfig, LogsError, Page, ReadQuery, RunLines, RunSource};

/// What was found in lines of one run, each with the number of the line that tells it first.
#[derive(Debug)]
pub struct Found {
    pub key: ProcessKey,
    pub run: RunId,
    pub urls: Vec<(LineSeq, FoundUrl)>,
    pub incidents: Vec<(LineSeq, IncidentDraft)>,
    /// Everything through this line has been looked at.
    pub through: LineSeq,
}

/// Takes what was found in lines, after they can be read. The incident table implements it.
pub trait FindingSink: Send + Sync + 'static {
    /// May block for a bounded time; the lines are published already.
    fn feed(&self, found: Found);
    /// Effects of lines through this one have been kept.
    fn derived_through(&self) -> LineSeq;
}

/// Is told now and then (not per line) how far a process has come. The event bus implements it.
pub trait NoticeSink: Send + Sync + 'static {
    /// Lines of `key` through `seq` can be read. Must not block.
    fn advanced(&self, key: &ProcessKey, seq: LineSeq);
}

/// Handle of the log engine. Cheap to clone.
#[derive(Clone)]
pub struct Logs {}

#[expect(clippy::todo, reason = "signatures first; the bodies follow")]
#[expect(unused_variables, reason = "signatures first; the bodies follow")]
impl Logs {
    /// # Errors
    /// The index directory cannot be used.
    pub fn open(
        config: LogsConfig,
        index_dir: &Path,
        runs_dir: &Path,
        store: &Store,
        findings: Arc<dyn FindingSink>,
        notices: Arc<dyn NoticeSink>,
        scope: &Scope,
    ) -> Result<Self, LogsError> {
        todo!()
    }

    /// Starts (or, after adoption, resumes) reading a run.
    ///
    /// # Errors
    /// It is being read already, or its index cannot be made.
    pub fn attach(&self, run: RunSource) -> Result<(), LogsError> {
        todo!()
    }

    /// While the answer lives, bytes older than this daemon wait: attach all adopted runs, then drop it, and
    /// their backlog is merged by time.
    #[must_use]
    pub fn hold_backlog(&self) -> BacklogHold {
        todo!()
    }

    /// The shim answered an Arm: there is more to read.
    pub fn bell(&self, run: RunId) {
        todo!()
    }

    /// The connection to the shim was made anew: what it was told last is told again.
    pub fn rearm(&self, run: RunId) {
        todo!()
    }

    /// Nothing will be written any more: read to the end, then close.
    pub fn shim_gone(&self, run: RunId) {
        todo!()
    }

    /// The disk is full: from byte `base` on `segment` is in this memory file.
    pub fn handover(&self, run: RunId, memory: OwnedFd, segment: u32, base: u64) {
        todo!()
    }

    /// The disk holds everything of the run again.
    pub fn handover_done(&self, run: RunId) {
        todo!()
    }

    /// After everything that can be read now.
    pub fn cursor_now(&self) -> LineCursor {
        todo!()
    }

    pub fn epoch(&self) -> u64 {
        todo!()
    }

    /// The number that the next line will have or exceed.
    pub fn next_seq(&self) -> LineSeq {
        todo!()
    }

    /// A page around an anchor.
    ///
    /// # Errors
    /// The index or a capture cannot be read, or the daemon is stopping.
    pub async fn read(&self, query: ReadQuery) -> Result<Page, LogsError> {
        todo!()
    }

    /// Everything after `from` that matches. With `live` it rather jumps (and says how far) than lags.
    pub fn follow(&self, from: LineCursor, filter: Filter, live: bool) -> Follower {
        todo!()
    }

    /// How many kept lines match.
    ///
    /// # Errors
    /// As [`Logs::read`].
    pub async fn count(&self, filter: Filter) -> Result<Count, LogsError> {
        todo!()
    }

    /// Lines of these processes before now are no longer shown.
    ///
    /// # Errors
    /// It could not be kept.
    pub async fn clear(&self, keys: &[ProcessKey]) -> Result<LineCursor, LogsError> {
        todo!()
    }

    /// Forgets a process: its lines are no longer shown; with `delete_files` they are removed (runs that are
    /// still being written keep theirs until they end).
    ///
    /// # Errors
    /// It could not be kept.
    pub async fn forget(&self, key: &ProcessKey, delete_files: bool) -> Result<(), LogsError> {
        todo!()
    }

    /// Runs whose lines are kept, oldest first.
    pub fn runs(&self) -> Vec<RunLines> {
        todo!()
    }

    pub fn stats(&self) -> LogStats {
        todo!()
    }

    /// Ends in order: numbers what was read, syncs, and marks the numbers as complete. Call it before the
    /// scope and the store end; without it the next start is that after a crash, and as safe.
    pub async fn close(&self) {
        todo!()
    }
}

/// See [`Logs::hold_backlog`].
pub struct BacklogHold {}
