//! A process, as `ps` and `status NAME` tell it.

use std::collections::BTreeMap;

use brummer_proto::v1;
use serde::Serialize;

use super::{Time, present};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Process {
    pub project: String,
    pub name: String,
    pub state: State,
    /// Where it means nothing (not running) it is absent.
    pub ready: Option<bool>,
    pub pid: Option<u32>,
    pub run: Option<String>,
    pub started_at: Option<Time>,
    pub uptime_ms: Option<u64>,
    pub restarts: u64,
    pub exit: Exit,
    pub next_start_at: Option<Time>,
    pub draining: bool,
    pub leftovers: Vec<u32>,
    pub cpu_percent: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub urls: Vec<String>,
    pub proxy_urls: Vec<String>,
    pub errors: u64,
    pub groups: Vec<String>,
    pub depends_on: Vec<String>,
    pub command: Vec<String>,
    pub directory: Option<String>,
    pub note: Option<String>,
    /// Its run is not what the configuration says by now.
    pub changed: bool,
    /// A configuration declared it and does so no longer.
    pub undeclared: bool,
    /// Why it is in this state; said in text only.
    #[serde(skip)]
    pub reason: Option<String>,
    #[serde(skip)]
    pub kind: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Stopped,
    Waiting,
    Starting,
    Running,
    Paused,
    Stopping,
    Exited,
    Backoff,
    Failed,
    Lost,
    /// Of a newer daemon.
    Unknown,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Exited => "exited",
            Self::Backoff => "backoff",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }

    /// Nothing runs and nothing will without being asked.
    pub(crate) const fn is_ended(self) -> bool {
        matches!(self, Self::Stopped | Self::Exited | Self::Failed | Self::Lost)
    }

    pub(crate) fn from_wire(state: i32) -> Self {
        use v1::ProcessState as Wire;
        match Wire::try_from(state).unwrap_or(Wire::Unspecified) {
            Wire::Unspecified => Self::Unknown,
            Wire::Stopped => Self::Stopped,
            Wire::Waiting => Self::Waiting,
            Wire::Starting => Self::Starting,
            Wire::Running => Self::Running,
            Wire::Paused => Self::Paused,
            Wire::Stopping => Self::Stopping,
            Wire::Exited => Self::Exited,
            Wire::Backoff => Self::Backoff,
            Wire::Failed => Self::Failed,
            Wire::Lost => Self::Lost,
        }
    }
}

/// How the last run ended; everything absent while none did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Exit {
    pub code: Option<i32>,
    /// Its name.
    pub signal: Option<String>,
    pub core: bool,
    pub reason: Option<Reason>,
    pub at: Option<Time>,
    /// Why it could not be spawned, who had to be killed; said in text only.
    #[serde(skip)]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Exited,
    Signaled,
    Stopped,
    StartFailed,
    Lost,
}

impl Exit {
    /// By itself with code 0, or because asked.
    pub(crate) fn is_good(&self) -> bool {
        self.reason == Some(Reason::Stopped) || (self.code == Some(0) && self.signal.is_none())
    }

    /// `exit 1`, `SIGKILL`, `stopped`; what is known.
    pub(crate) fn words(&self) -> String {
        let mut words = match (&self.signal, self.code, self.reason) {
            (Some(signal), ..) if self.core => format!("{signal} (core dumped)"),
            (Some(signal), ..) => signal.clone(),
            (None, Some(code), _) => format!("exit {code}"),
            (None, None, Some(Reason::StartFailed)) => "could not be started".to_owned(),
            (None, None, Some(Reason::Lost)) => "its end was not seen".to_owned(),
            (None, None, Some(Reason::Stopped)) => "stopped".to_owned(),
            (None, None, _) => String::new(),
        };
        if let Some(detail) = &self.detail {
            if !words.is_empty() {
                words.push_str("; ");
            }
            words.push_str(detail);
        }
        words
    }
}

impl From<v1::Exit> for Exit {
    fn from(exit: v1::Exit) -> Self {
        use v1::ExitReason as Wire;
        let reason = match exit.reason() {
            Wire::Unspecified => None,
            Wire::Exited => Some(Reason::Exited),
            Wire::Signaled => Some(Reason::Signaled),
            Wire::Stopped => Some(Reason::Stopped),
            Wire::StartFailed => Some(Reason::StartFailed),
            Wire::Lost => Some(Reason::Lost),
        };
        Self {
            code: exit.code,
            signal: present(exit.signal),
            core: exit.core,
            reason,
            at: (exit.at_ns != 0).then_some(Time(exit.at_ns)),
            detail: present(exit.detail),
        }
    }
}

impl From<v1::Process> for Process {
    fn from(process: v1::Process) -> Self {
        let kind = match process.kind() {
            v1::ProcessKind::Unspecified => None,
            v1::ProcessKind::Service => Some("service"),
            v1::ProcessKind::Task => Some("task"),
        };
        Self {
            state: State::from_wire(process.state),
            kind,
            project: process.project,
            name: process.name,
            ready: process.ready,
            pid: process.pid,
            run: present(process.run),
            started_at: process.started_at_ns.map(Time),
            uptime_ms: process.uptime_ms,
            restarts: process.restarts,
            exit: process.exit.map(Exit::from).unwrap_or_default(),
            next_start_at: process.next_start_at_ns.map(Time),
            draining: process.draining,
            leftovers: process.leftovers,
            cpu_percent: process.usage.map(|usage| (usage.cpu_percent * 100.0).round() / 100.0),
            rss_bytes: process.usage.map(|usage| usage.rss_bytes),
            urls: process.urls,
            proxy_urls: Vec::new(),
            errors: process.errors,
            groups: Vec::new(),
            depends_on: process.depends_on,
            command: process.command,
            directory: present(process.directory),
            note: present(process.note),
            changed: process.changed,
            undeclared: process.undeclared,
            reason: present(process.reason),
        }
    }
}

/// `status NAME`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Full {
    #[serde(flatten)]
    pub process: Process,
    /// Values of secret-looking names are masked by the daemon.
    pub environment: BTreeMap<String, String>,
    pub environment_origin: Option<String>,
    /// Of what did not just come with the client: what is in force, then what it won over. A name that is not
    /// in the environment was taken out.
    pub environment_sources: BTreeMap<String, Vec<String>>,
    pub environment_notes: Vec<String>,
    /// Newest first.
    pub runs: Vec<Run>,
    /// When it counts as ready, in words.
    pub ready_check: Option<String>,
    #[serde(skip)]
    pub project_directory: Option<String>,
}

/// `{"process": …}`.
#[derive(Debug, Serialize)]
pub(crate) struct FullDocument {
    pub process: Full,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Run {
    pub run: String,
    pub pid: Option<u32>,
    pub started_at: Option<Time>,
    pub exit: Exit,
}

impl From<v1::Run> for Run {
    fn from(run: v1::Run) -> Self {
        Self {
            run: run.id,
            pid: run.pid,
            started_at: run.started_at_ns.map(Time),
            exit: run.exit.map(Exit::from).unwrap_or_default(),
        }
    }
}

impl Full {
    /// `None`: the daemon left the process out of its answer.
    pub(crate) fn from_wire(answer: v1::GetProcessResponse) -> Option<Self> {
        let value =
            |variable: v1::EnvironmentVariable| (variable.name, brummer_proto::text::plain(&variable.value));
        Some(Self {
            process: answer.process?.into(),
            environment: answer.environment.into_iter().map(value).collect(),
            environment_origin: present(answer.environment_origin),
            environment_sources: answer
                .environment_sources
                .into_iter()
                .map(|source| (source.name, source.places))
                .collect(),
            environment_notes: answer.environment_notes,
            runs: answer.runs.into_iter().map(Run::from).collect(),
            ready_check: present(answer.ready_check),
            project_directory: answer.project.and_then(|project| present(project.directory)),
        })
    }
}

/// Messages of `ps -w`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WatchItem<'a> {
    Snapshot(&'a [Process]),
    Change(&'a Process),
    /// `project/name`.
    Removed(&'a str),
}

/// One message of `ps -w` with its number in the stream.
#[derive(Debug, Serialize)]
pub(crate) struct WatchMessage<'a> {
    #[serde(flatten)]
    pub item: &'a WatchItem<'a>,
    pub seq: u64,
}
