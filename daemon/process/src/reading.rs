//! What supervision asks of whoever reads the captures. Supervision does not know the log engine: the
//! composition root wires the two by these words.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use brummer_capture::{ExitPayload, Position, WhenBehind};
use brummer_event::spec::LogBounds;
use brummer_event::{LineSeq, ProcessKey, RunId};
use futures::future::BoxFuture;
use tokio::sync::mpsc;

/// A run whose capture is to be read.
#[derive(Debug)]
pub struct RunToRead {
    pub key: ProcessKey,
    pub run: RunId,
    /// The run directory.
    pub dir: PathBuf,
    pub project_dir: PathBuf,
    pub bounds: LogBounds,
    /// False: nothing will be written any more.
    pub shim_alive: bool,
    /// Orders for the shim. Closed once the shim is gone.
    pub to_shim: mpsc::Sender<ShimOrder>,
    pub progress: mpsc::Sender<RunProgress>,
}

/// What the reader wants the shim to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShimOrder {
    /// Ring once something is behind this position.
    Arm(Position),
    /// Everything before this is in the index.
    Indexed(Position),
    /// Segments up to and including this one may be unlinked.
    Release { through: u32 },
    /// What to do when the child runs too far ahead.
    Behind(WhenBehind),
}

/// How far the reading of a run has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunProgress {
    /// The line that tells the leader's end can be read, and all that was in the pipes before it.
    ExitPublished { exit: ExitPayload, seq: LineSeq },
    /// The shim is gone and everything it wrote can be read: the last message.
    Drained { last_seq: Option<LineSeq> },
}

/// The reader of captures. None of these may wait or fail: they hand over and return.
pub trait RunLogs: Send + Sync + 'static {
    /// Begins to read, or goes on where an earlier daemon stopped. A reader that cannot drops `progress`:
    /// supervision then takes the shim's word for the end.
    fn attach(&self, run: RunToRead);
    /// The shim answered an [`ShimOrder::Arm`].
    fn bell(&self, run: RunId);
    /// A new connection to the shim: what was ordered last must be ordered again.
    fn rearm(&self, run: RunId);
    /// The shim is gone: read to the end, then say [`RunProgress::Drained`].
    fn shim_gone(&self, run: RunId);
    /// The first line of the run that matches `pattern`, of all it has said or will say (not of what Brummer says
    /// of it). Ends with that line, or with why it cannot be looked for.
    fn first_line(
        &self,
        key: ProcessKey,
        run: RunId,
        pattern: String,
    ) -> BoxFuture<'static, Result<(), String>>;
    /// The disk is full: from `base` on `segment` is in `memory`.
    fn handover(&self, run: RunId, memory: OwnedFd, segment: u32, base: u64);
    /// The segments hold everything again.
    fn handover_done(&self, run: RunId);
}
