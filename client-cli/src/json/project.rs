//! Projects, what could be run in them, and the endpoints they serve.

use brummer_proto::v1;
use serde::Serialize;

use super::config::Diagnostic;
use super::{Time, present};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Project {
    pub name: String,
    pub directory: String,
    pub trusted: bool,
    pub open: bool,
    pub config: Vec<String>,
    /// In its files; what was in force stays so.
    pub mistakes: Vec<Diagnostic>,
    pub processes: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub running: u32,
    pub failed: u32,
    pub other: u32,
}

impl From<v1::Project> for Project {
    fn from(project: v1::Project) -> Self {
        Self {
            name: project.name,
            directory: project.directory,
            trusted: project.trusted,
            open: project.open,
            config: project.config,
            mistakes: project.mistakes.into_iter().map(Diagnostic::from).collect(),
            processes: Tally { running: project.running, failed: project.failed, other: project.other },
        }
    }
}

/// `projects rm`.
#[derive(Debug, Serialize)]
pub(crate) struct Removed {
    pub removed: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Script {
    pub project: String,
    pub name: String,
    pub original: String,
    pub command: Vec<String>,
    pub directory: String,
    pub source: String,
    pub ecosystem: Option<String>,
    pub runner: Option<String>,
    pub runner_version: Option<String>,
    pub kind: Option<&'static str>,
    pub missing: Option<String>,
    pub last_run_at: Option<Time>,
    pub description: Option<String>,
}

impl From<v1::Script> for Script {
    fn from(script: v1::Script) -> Self {
        let kind = match script.kind() {
            v1::ProcessKind::Unspecified => None,
            v1::ProcessKind::Service => Some("service"),
            v1::ProcessKind::Task => Some("task"),
        };
        Self {
            project: script.project,
            name: script.name,
            original: script.original,
            command: script.command,
            directory: script.directory,
            source: script.source,
            ecosystem: present(script.ecosystem),
            runner: present(script.runner),
            runner_version: present(script.runner_version),
            kind,
            missing: present(script.missing),
            last_run_at: script.last_run_at_ns.map(Time),
            description: present(script.description),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Endpoint {
    pub project: String,
    pub process: String,
    pub url: String,
    pub label: Option<String>,
    pub proxy_url: Option<String>,
    pub alive: bool,
    pub seen_at: Time,
}

impl From<v1::Endpoint> for Endpoint {
    fn from(endpoint: v1::Endpoint) -> Self {
        Self {
            project: endpoint.project,
            process: endpoint.process,
            url: endpoint.url,
            label: present(endpoint.label),
            proxy_url: present(endpoint.proxy_url),
            alive: endpoint.alive,
            seen_at: Time(endpoint.seen_at_ns),
        }
    }
}
