//! The developer's running world: the handles of every component, and what needs several of them at once.
//!
//! [`World`] owns no state of its own, but the order in which configuration is read again ([`Reloader`]). It resolves names as people say them, starts and stops across
//! dependencies, joins a process with its URLs, errors and usage, and waits for conditions. Both edges (gRPC
//! now, MCP later) speak to it and to nothing below it, so that the same question gives the same answer
//! everywhere. A no comes as a [`Refusal`], which every edge can tell.
//!
//! Nothing here queues: what is full or stopping is said by the component that was asked.

mod act;
mod control;
mod errors;
mod findings;
mod glob;
mod lines;
mod needed;
mod note;
mod projects;
mod refusal;
mod reload;
mod rows;
mod run;
mod select;
mod status;
mod up;
mod wait;

use std::sync::Arc;

use brummer_bus::Bus;
use brummer_insight::Insight;
use brummer_logs::Logs;
use brummer_process::Supervisor;
use brummer_projects::Projects;
use brummer_scope::Scope;
use tokio_util::sync::CancellationToken;

pub use act::{ActionDid, ActionItem, Actions, Done, StartAsk, StopAsk, Wish};
pub use brummer_process::{Change, RunEnvironment, RunView, TreeUsage};
pub use control::Control;
pub use findings::{Endpoint, Incident, IncidentsAsk};
pub use lines::{LinesAsk, RunChoice};
pub use note::short;
pub use refusal::{Kind, Refusal};
pub use reload::{ProjectReloaded, ReloadItem, Reloaded, Reloader, Works};
pub use rows::ProcessRow;
pub use run::{RunAsk, RunDone, ScriptAsk};
pub use select::{ProjectAsk, ProjectRef, Selected, Selection};
pub use status::{ProjectRow, Status};
pub use up::{UpAsk, UpDone};
pub use wait::{WaitAsk, WaitDone, WaitFor, WaitItem};

/// Handles of everything. Cheap to clone.
#[derive(Clone)]
pub struct World {
    parts: Arc<Parts>,
}

/// What a world is made of.
pub struct Parts {
    pub projects: Projects,
    pub processes: Supervisor,
    pub logs: Logs,
    pub insight: Insight,
    pub bus: Bus,
    pub scope: Scope,
    pub reloader: Reloader,
    pub control: Control,
}

impl World {
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    pub fn projects(&self) -> &Projects {
        &self.parts.projects
    }

    pub fn processes(&self) -> &Supervisor {
        &self.parts.processes
    }

    pub fn logs(&self) -> &Logs {
        &self.parts.logs
    }

    pub fn insight(&self) -> &Insight {
        &self.parts.insight
    }

    pub fn bus(&self) -> &Bus {
        &self.parts.bus
    }

    pub fn scope(&self) -> &Scope {
        &self.parts.scope
    }

    pub(crate) fn reloader(&self) -> &Reloader {
        &self.parts.reloader
    }

    pub fn control(&self) -> &Control {
        &self.parts.control
    }

    /// Cancelled when subscribers are to be closed: after the processes, so that people see the end.
    pub fn closing(&self) -> &CancellationToken {
        self.parts.control.closing()
    }
}
