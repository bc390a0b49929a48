//! Gaps: honest records that something between two sequence numbers is not delivered, and why.

use std::sync::Arc;

use crate::RunId;

/// Why something is not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GapReason {
    /// Retention removed it.
    Evicted,
    /// `when_behind = gap` let the child run ahead of the daemon.
    Behind,
    /// The disk was full and the shim's memory too.
    DiskFull,
    /// The reader asked for a live tail that jumps.
    Live,
    /// The cursor is of another epoch.
    Epoch,
    /// A person cleared it.
    Cleared,
}

impl GapReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evicted => "evicted",
            Self::Behind => "behind",
            Self::DiskFull => "disk_full",
            Self::Live => "live",
            Self::Epoch => "epoch",
            Self::Cleared => "cleared",
        }
    }
}

/// What is missing: sequence numbers `from..=to`, of whom, how many lines if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub from: u64,
    /// Inclusive.
    pub to: u64,
    pub lines: Option<u64>,
    pub project: Option<Arc<str>>,
    pub process: Option<Arc<str>>,
    pub run: Option<RunId>,
    pub reason: GapReason,
}
