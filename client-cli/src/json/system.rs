//! The daemon itself: `status`, `ping`, `version`, and how it ends.

use brummer_proto::v1;
use serde::Serialize;

use super::config::Diagnostic;
use super::present;
use super::project::Project;

/// `status`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Status {
    pub daemon: Daemon,
    pub projects: Vec<Project>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Daemon {
    pub version: String,
    pub pid: u32,
    pub uptime_ms: u64,
    pub socket: String,
    pub service: Option<String>,
    pub rss_bytes: u64,
    pub tasks: u64,
    pub degradation: String,
    pub epoch: String,
    pub next_seq: u64,
    /// In the user's configuration; the old one stays in force.
    pub mistakes: Vec<Diagnostic>,
    pub logs: Logs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Logs {
    pub lines: u64,
    pub disk_bytes: u64,
    pub lost_lines: u64,
    /// The bound on disk; said in text only.
    #[serde(skip)]
    pub disk_bytes_max: u64,
}

impl From<v1::GetStatusResponse> for Status {
    fn from(status: v1::GetStatusResponse) -> Self {
        let logs = status.logs.unwrap_or_default();
        Self {
            daemon: Daemon {
                version: status.version,
                pid: status.pid,
                uptime_ms: status.uptime_ms,
                socket: status.socket,
                service: present(status.service),
                rss_bytes: status.rss_bytes,
                tasks: status.tasks,
                degradation: status.degradation,
                epoch: status.epoch,
                next_seq: status.next_seq,
                mistakes: status.mistakes.into_iter().map(Diagnostic::from).collect(),
                logs: Logs {
                    lines: logs.lines,
                    disk_bytes: logs.disk_bytes,
                    lost_lines: logs.lost_lines,
                    disk_bytes_max: logs.disk_bytes_max,
                },
            },
            projects: status.projects.into_iter().map(Project::from).collect(),
        }
    }
}

/// `ping`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pong {
    pub pid: u32,
    pub version: String,
    pub rtt_us: u64,
}

/// `version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Version {
    pub client: String,
    /// Absent if none runs.
    pub daemon: Option<String>,
}

/// `daemon start`, and the second half of `daemon restart`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Started {
    pub did: &'static str,
    pub pid: u32,
    pub version: String,
    /// Processes that went on while one daemon left and the next came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u32>,
}

/// `daemon stop`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Stopped {
    pub did: &'static str,
    pub stopped: Vec<StoppedProcess>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StoppedProcess {
    pub project: String,
    pub name: String,
    pub how: String,
}

impl From<v1::StoppedProcess> for StoppedProcess {
    fn from(stopped: v1::StoppedProcess) -> Self {
        Self { project: stopped.project, name: stopped.name, how: stopped.how }
    }
}

/// `daemon logs -o json`.
#[derive(Debug, Serialize)]
pub(crate) struct LogFile<'a> {
    pub path: String,
    pub lines: Vec<&'a str>,
}

/// `daemon logs -o jsonl`.
#[derive(Debug, Serialize)]
pub(crate) struct LogLine<'a> {
    pub text: &'a str,
}

/// `daemon install` and `uninstall`.
#[derive(Debug, Serialize)]
pub(crate) struct Installed {
    pub did: &'static str,
    pub files: Vec<InstalledFile>,
}

#[derive(Debug, Serialize)]
pub(crate) struct InstalledFile {
    pub path: String,
    pub content: Option<String>,
}
