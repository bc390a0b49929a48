//! What reading the configuration again did.

use brummer_proto::v1;
use serde::Serialize;

use super::config::Diagnostic;
use super::process::State;

/// `reload`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reload {
    pub user: User,
    pub projects: Vec<Project>,
}

/// The user's configuration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct User {
    pub mistakes: Vec<Diagnostic>,
    /// Keys that count from the next daemon start on.
    pub needs_restart: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Project {
    pub name: String,
    pub directory: String,
    pub mistakes: Vec<Diagnostic>,
    pub results: Vec<Result>,
}

/// What became of one process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Result {
    pub name: String,
    pub did: Did,
    /// Absent: it is forgotten.
    pub state: Option<State>,
    /// A restart makes it what the configuration says.
    pub changed: bool,
    /// Declared no longer, and something of it is still there.
    pub undeclared: bool,
    pub pid: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Did {
    Added,
    Changed,
    Restarted,
    Removed,
    Unchanged,
}

impl Reload {
    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &Diagnostic> {
        self.user.mistakes.iter().chain(self.projects.iter().flat_map(|project| &project.mistakes))
    }
}

impl Did {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Restarted => "restarted",
            Self::Removed => "removed",
            Self::Unchanged => "unchanged",
        }
    }
}

impl From<v1::ReloadResponse> for Reload {
    fn from(done: v1::ReloadResponse) -> Self {
        Self {
            user: User {
                mistakes: done.diagnostics.into_iter().map(Diagnostic::from).collect(),
                needs_restart: done.needs_restart,
            },
            projects: done.projects.into_iter().map(Project::from).collect(),
        }
    }
}

impl From<v1::ProjectReloaded> for Project {
    fn from(done: v1::ProjectReloaded) -> Self {
        let project = done.project.unwrap_or_default();
        Self {
            name: project.name,
            directory: project.directory,
            mistakes: done.diagnostics.into_iter().map(Diagnostic::from).collect(),
            results: done.results.into_iter().map(Result::from).collect(),
        }
    }
}

impl From<v1::ReloadResult> for Result {
    fn from(result: v1::ReloadResult) -> Self {
        let did = match result.did() {
            v1::ReloadDid::Added => Did::Added,
            v1::ReloadDid::Changed => Did::Changed,
            v1::ReloadDid::Restarted => Did::Restarted,
            v1::ReloadDid::Removed => Did::Removed,
            v1::ReloadDid::Unchanged | v1::ReloadDid::Unspecified => Did::Unchanged,
        };
        let process = result.process.as_ref();
        Self {
            did,
            state: process.map(|process| State::from_wire(process.state)),
            changed: process.is_some_and(|process| process.changed),
            undeclared: process.is_some_and(|process| process.undeclared),
            pid: process.and_then(|process| process.pid),
            name: result.name,
        }
    }
}
