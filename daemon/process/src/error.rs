//! Why a wish was not done: each error says what, of whom, and what to do. Cheap to clone, because one answer
//! may go to many callers.

use brummer_event::{Exit, ProcessKey, RunId};

/// A wish that was not done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    #[error("no process `{}` in {}", key.name, key.project)]
    NotFound { key: ProcessKey },
    /// A name that is to be new is known already.
    #[error("the name `{}` is taken in {}; `rm` forgets an ended process", key.name, key.project)]
    NameTaken { key: ProcessKey },
    /// The list of processes is full.
    #[error("{most} processes are known, and more are not kept; `rm` forgets those that ended")]
    TooMany { most: usize },
    /// A process that runs (or leaves living descendants) cannot be forgotten.
    #[error("`{}` is {state}; stop it first", key.name)]
    StillRunning { key: ProcessKey, state: brummer_event::ProcessState },
    /// It is in the configuration; only that can forget it.
    #[error("`{}` is declared in the configuration of {}; remove it there", key.name, key.project)]
    Declared { key: ProcessKey },
    /// It could not be spawned; no restart was tried.
    #[error("{reason}")]
    StartFailed { key: ProcessKey, run: Option<RunId>, reason: String },
    /// It was to become ready (a task: to succeed) and ended otherwise.
    #[error("`{}` {reason}", key.name)]
    Ended { key: ProcessKey, run: Option<RunId>, exit: Option<Box<Exit>>, reason: String },
    /// It was to become ready; it runs on.
    #[error("`{}` is {reason}", key.name)]
    NotReady { key: ProcessKey, run: Option<RunId>, reason: String },
    #[error("`{}` depends on `{dependency}`, which is not known in {}; declare it or start it first", key.name, key.project)]
    UnknownDependency { key: ProcessKey, dependency: String },
    #[error("these processes of {project} depend on each other in a circle: {}", path.join(" -> "))]
    Cycle { project: String, path: Vec<String> },
    /// The caller's idea of the process is old.
    #[error("`{}` has changed meanwhile (generation {actual}, expected {expected}); look again", key.name)]
    Generation { key: ProcessKey, expected: u64, actual: u64 },
    #[error("the daemon is stopping; nothing was changed")]
    Stopping,
    #[error("cannot {what}: {reason}")]
    Io { what: String, reason: String },
    /// The wish could not be written down, so nothing was begun.
    #[error("the wish for `{}` could not be written to the state database, so nothing was begun: {reason}", key.name)]
    NotRecorded { key: ProcessKey, reason: String },
    #[error("internal: {0}")]
    Internal(String),
}

impl ProcessError {
    /// Stable word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NOT_FOUND",
            Self::NameTaken { .. } => "NAME_TAKEN",
            Self::TooMany { .. } => "TOO_MANY",
            Self::StillRunning { .. } => "STILL_RUNNING",
            Self::Declared { .. } => "DECLARED",
            Self::StartFailed { .. } => "START_FAILED",
            Self::Ended { .. } => "ENDED",
            Self::NotReady { .. } => "NOT_READY",
            Self::UnknownDependency { .. } => "UNKNOWN_DEPENDENCY",
            Self::Cycle { .. } => "DEPENDENCY_CYCLE",
            Self::Generation { .. } => "GENERATION",
            Self::Stopping => "STOPPING",
            Self::Io { .. } => "IO",
            Self::NotRecorded { .. } => "NOT_RECORDED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    pub(crate) fn io(what: impl Into<String>, error: &impl std::fmt::Display) -> Self {
        Self::Io { what: what.into(), reason: error.to_string() }
    }
}

impl From<brummer_store::StoreError> for ProcessError {
    fn from(error: brummer_store::StoreError) -> Self {
        match error {
            brummer_store::StoreError::Stopping => Self::Stopping,
            other => Self::io("use the state database", &other),
        }
    }
}
