//! Wishes as they come from the edges, and their answers. Pure words.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::{ClientContext, ProcessSpec};
use brummer_event::{Exit, ProcessKey, RequestId};

use crate::{ProcessError, ProcessView};

/// Who asks, and on what condition.
#[derive(Debug, Clone)]
pub struct Asker {
    /// A retry with the same id joins the work or gets the same answer.
    pub request: RequestId,
    /// Refuse if the process has another generation by now.
    pub expected_generation: Option<u64>,
}

impl Asker {
    pub fn new(request: impl Into<Arc<str>>) -> Self {
        Self { request: RequestId(request.into()), expected_generation: None }
    }
}

/// When a start is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Until {
    /// Its program runs (a task: was spawned).
    Running,
    /// It is ready (a task: has succeeded).
    Ready,
}

/// Start one process.
#[derive(Debug, Clone)]
pub struct StartRequest {
    pub asker: Asker,
    pub key: ProcessKey,
    /// Makes the process known, or gives it a new form from this start on. Needed where it is not known.
    pub spec: Option<NewSpec>,
    /// `None`: the world of the last start, else the daemon's own.
    pub client: Option<ClientContext>,
    pub until: Until,
    /// Also start what it needs and is not ready. Without, dependencies are not even looked at.
    pub with_dependencies: bool,
    /// Refuse if the name is known at all ([`ProcessError::NameTaken`]): for ad-hoc runs.
    pub must_be_new: bool,
}

/// The form of a process that no configuration declares.
#[derive(Debug, Clone)]
pub struct NewSpec {
    pub spec: ProcessSpec,
    pub project_dir: PathBuf,
}

/// Start several processes of one project, dependencies first.
#[derive(Debug, Clone)]
pub struct UpRequest {
    pub asker: Asker,
    pub project: String,
    pub names: Vec<String>,
    pub client: Option<ClientContext>,
    pub until: Until,
    pub with_dependencies: bool,
}

/// Restart several processes of one project: the old tree is gone before the new run begins.
#[derive(Debug, Clone)]
pub struct RestartRequest {
    pub asker: Asker,
    pub project: String,
    pub names: Vec<String>,
    pub client: Option<ClientContext>,
    pub until: Until,
    /// Stop what depends on them first and start it again afterwards.
    pub with_dependents: bool,
}

/// Stop several processes of one project, dependents first.
#[derive(Debug, Clone)]
pub struct DownRequest {
    pub asker: Asker,
    pub project: String,
    pub names: Vec<String>,
    /// Also what depends on them.
    pub with_dependents: bool,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Did {
    Started,
    AlreadyRunning,
    Stopped,
    AlreadyStopped,
    Restarted,
    Removed,
    /// Wanted, and waits for a dependency that failed: [`ProcessView::reason`] says which.
    Waiting,
}

/// What the files of a project say now.
#[derive(Debug, Clone)]
pub struct DeclareRequest {
    pub project: String,
    pub project_dir: PathBuf,
    /// Declared processes in their order, and what was detected.
    pub specs: Vec<ProcessSpec>,
    /// Grows with every reading of files. What an older reading found comes too late once a newer one is in force:
    /// it changes nothing. `None`: counts whatever was read.
    pub reading: Option<u64>,
}

/// What a configuration changed of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    Added,
    /// It has another form. A living run keeps the one it was started with: [`ProcessView::is_changed`].
    Changed,
    /// A new run was begun for it (`restart_on_change`).
    Restarted,
    /// Declared no longer. Forgotten, unless something of it lives.
    Removed,
    Unchanged,
}

/// One process of a project after its configuration was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub key: ProcessKey,
    pub change: Change,
    /// As it is now; `None`: it is forgotten.
    pub view: Option<Arc<ProcessView>>,
}

/// The answer to a wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub did: Did,
    pub view: Arc<ProcessView>,
}

/// One answer of a wish for several.
pub type Answer = (ProcessKey, Result<Outcome, ProcessError>);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Its program runs.
    Running,
    /// It is ready (a task: has succeeded).
    Ready,
    /// Its newest run ended and no other is scheduled. Already true if it ended before.
    Exit,
}

/// How one process stands to a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    pub key: ProcessKey,
    pub met: bool,
    /// Why it cannot be met any more.
    pub impossible: Option<String>,
    pub exit: Option<Exit>,
    /// It never ran, so it can have no exit.
    pub never_ran: bool,
}

/// What an ordered shutdown did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShutdownReport {
    /// Those that were alive, in the order they were stopped, with how they ended.
    pub stopped: Vec<(ProcessKey, Option<Exit>)>,
    /// Those that outlived their grace and were killed.
    pub killed: Vec<ProcessKey>,
    /// Those of which nothing was heard until the deadline.
    pub left: Vec<ProcessKey>,
    pub took: Duration,
}
