//! Events: changes that others may care for. One closed enum; the wire and MCP translate it at their edges.

use std::sync::Arc;

use crate::{EventSeq, Exit, LineSeq, ProcessKey, ProcessState, RunId, WallNs};

/// What an event is about. The priority belongs to the topic, so one (topic, key) never spans two
/// priorities and its order can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Topic {
    Process,
    Incident,
    System,
    Build,
    Test,
    Endpoint,
    Project,
    Mcp,
    Log,
    Proxy,
    Telemetry,
}

impl Topic {
    pub const ALL: [Self; 11] = [
        Self::Process,
        Self::Incident,
        Self::System,
        Self::Build,
        Self::Test,
        Self::Endpoint,
        Self::Project,
        Self::Mcp,
        Self::Log,
        Self::Proxy,
        Self::Telemetry,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Incident => "incident",
            Self::System => "system",
            Self::Build => "build",
            Self::Test => "test",
            Self::Endpoint => "endpoint",
            Self::Project => "project",
            Self::Mcp => "mcp",
            Self::Log => "log",
            Self::Proxy => "proxy",
            Self::Telemetry => "telemetry",
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    pub const fn priority(self) -> Priority {
        match self {
            Self::Process | Self::Incident | Self::System => Priority::High,
            Self::Build | Self::Test | Self::Endpoint | Self::Project | Self::Mcp => Priority::Medium,
            Self::Log | Self::Proxy | Self::Telemetry => Priority::Low,
        }
    }
}

/// Which work a free worker takes first. Ordered: `High` is least, so sorting puts it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Priority {
    High,
    Medium,
    Low,
}

impl Priority {
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// One change, numbered by the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub seq: EventSeq,
    pub topic: Topic,
    /// Whom it concerns: `project/name`, an incident id, a project name, `daemon`.
    pub key: Arc<str>,
    pub time: WallNs,
    pub payload: Payload,
}

/// What changed. A *state change* is never dropped; a *notice* may be, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A process came into being or moved to another state (state change; kind = the new state).
    ProcessState(ProcessChange),
    /// A process was forgotten (state change; kind `removed`).
    ProcessRemoved { process: ProcessKey },
    /// Something of a process besides its state changed: pid tree, leftovers, spec (notice; kind `updated`).
    ProcessUpdated { process: ProcessKey },
    /// An incident was seen for the first time or again (notice; kind `seen`, `again`).
    Incident { id: Arc<str>, process: ProcessKey, count: u64, message: Arc<str>, seq: LineSeq, first: bool },
    /// Incidents of a project were cleared (notice; kind `cleared`).
    IncidentsCleared { project: Arc<str> },
    /// A process serves a URL, or no longer (notice; kind `found`, `gone`).
    Endpoint { process: ProcessKey, url: Arc<str>, alive: bool },
    /// A project was opened, changed, trusted or forgotten, or its configuration was read again (notice; kind
    /// `opened`, `changed`, `trusted`, `removed`, `reloaded`, `broken`, `mended`). `text`: what changed, or what
    /// is wrong; empty where the kind says all.
    Project { name: Arc<str>, change: ProjectChange, text: Arc<str> },
    /// Lines up to `seq` can be read (notice; kind `advanced`).
    LogAdvanced { process: ProcessKey, seq: LineSeq },
    /// Something about the daemon itself (state change; kind given).
    System { kind: Arc<str>, text: Arc<str> },
}

/// A transition of the state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessChange {
    pub process: ProcessKey,
    pub run: Option<RunId>,
    /// `None` when the process is new.
    pub from: Option<ProcessState>,
    pub to: ProcessState,
    pub ready: Option<bool>,
    pub pid: Option<u32>,
    /// One sentence: why.
    pub reason: Arc<str>,
    pub exit: Option<Exit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProjectChange {
    Opened,
    Changed,
    Trusted,
    Removed,
    /// Its files were read again, and processes changed by that.
    Reloaded,
    /// Its files have mistakes: what was in force stays so.
    Broken,
    /// The mistakes are gone.
    Mended,
}

impl Payload {
    /// The word that `events` shows.
    pub fn kind(&self) -> &str {
        match self {
            Self::ProcessState(change) => change.to.as_str(),
            Self::ProcessRemoved { .. } => "removed",
            Self::ProcessUpdated { .. } => "updated",
            Self::Incident { first: true, .. } => "seen",
            Self::Incident { first: false, .. } => "again",
            Self::IncidentsCleared { .. } => "cleared",
            Self::Endpoint { alive: true, .. } => "found",
            Self::Endpoint { alive: false, .. } => "gone",
            Self::Project { change: ProjectChange::Opened, .. } => "opened",
            Self::Project { change: ProjectChange::Changed, .. } => "changed",
            Self::Project { change: ProjectChange::Trusted, .. } => "trusted",
            Self::Project { change: ProjectChange::Removed, .. } => "removed",
            Self::Project { change: ProjectChange::Reloaded, .. } => "reloaded",
            Self::Project { change: ProjectChange::Broken, .. } => "broken",
            Self::Project { change: ProjectChange::Mended, .. } => "mended",
            Self::LogAdvanced { .. } => "advanced",
            Self::System { kind, .. } => kind,
        }
    }

    pub fn topic(&self) -> Topic {
        match self {
            Self::ProcessState(_) | Self::ProcessRemoved { .. } | Self::ProcessUpdated { .. } => {
                Topic::Process
            }
            Self::Incident { .. } | Self::IncidentsCleared { .. } => Topic::Incident,
            Self::Endpoint { .. } => Topic::Endpoint,
            Self::Project { .. } => Topic::Project,
            Self::LogAdvanced { .. } => Topic::Log,
            Self::System { .. } => Topic::System,
        }
    }

    /// The key that orders events of one topic.
    pub fn key(&self) -> Arc<str> {
        match self {
            Self::ProcessState(change) => change.process.to_string().into(),
            Self::ProcessRemoved { process }
            | Self::ProcessUpdated { process }
            | Self::Endpoint { process, .. }
            | Self::LogAdvanced { process, .. } => process.to_string().into(),
            Self::Incident { id, .. } => id.clone(),
            Self::IncidentsCleared { project } => project.clone(),
            Self::Project { name, .. } => name.clone(),
            Self::System { .. } => "daemon".into(),
        }
    }

    /// State changes never count against the notice bound and are never dropped.
    pub fn is_state_change(&self) -> bool {
        matches!(self, Self::ProcessState(_) | Self::ProcessRemoved { .. } | Self::System { .. })
    }

    /// The run it concerns, if one.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::ProcessState(change) => change.run,
            _ => None,
        }
    }
}
