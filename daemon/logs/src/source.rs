//! How a run is given to the engine, and what the engine says back about it. The composition root translates
//! these to and from supervision's own words, so that neither component knows the other.

use std::path::PathBuf;

use brummer_capture::{ExitPayload, Position, WhenBehind};
use brummer_event::spec::LogBounds;
use brummer_event::{LineSeq, ProcessKey, RunId};
use tokio::sync::mpsc;

/// A run whose capture is to be read.
#[derive(Debug)]
pub struct RunSource {
    pub key: ProcessKey,
    pub run: RunId,
    /// The run directory.
    pub dir: PathBuf,
    /// Files named in errors are told relative to it.
    pub project_dir: PathBuf,
    /// False: nothing will be written any more; it is read to its end and closed.
    pub shim_alive: bool,
    /// Orders for the shim. The newest of a kind replaces those that were not taken yet; a closed channel
    /// is no error (the shim tells all anew when it is connected again: see [`crate::Logs::rearm`]).
    pub to_shim: mpsc::Sender<ShimOrder>,
    /// News of the reading. Waited for without holding anybody else up.
    pub progress: mpsc::Sender<RunProgress>,
    /// Instead of those of [`crate::LogsConfig`].
    pub bounds: LogBounds,
}

/// What the shim of a run is to be told (brummer-capture's `Down`, as far as logs decide it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShimOrder {
    /// Ring once something is behind this position; at once if something is already.
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
    /// The line that tells the leader's end can be read; everything that was in the pipes before it too.
    ExitPublished { exit: ExitPayload, seq: LineSeq },
    /// The shim is gone and everything it wrote can be read. The last message about a run.
    Drained { last_seq: Option<LineSeq> },
}
