//! The handle of supervision: what the edges may ask. Filled in as the rooms behind it are built.
#![expect(clippy::todo, reason = "the rooms behind this handle are being built")]
#![expect(unused_variables, reason = "the rooms behind this handle are being built")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::ProcessSpec;
use brummer_event::{ProcessKey, RunId};

use crate::ProcessError;
use crate::request::{
    Answer, Asker, Condition, DownRequest, Outcome, RestartRequest, ShutdownReport, StartRequest, UpRequest,
    Waited,
};
use crate::view::{ProcessView, Registry, RunEnvironment, RunView, TreeUsage};

/// Handle of supervision. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor;

impl Supervisor {
    /// All processes as they are now; never waits.
    pub fn snapshot(&self) -> Registry {
        todo!()
    }

    /// As [`Supervisor::snapshot`], by the configured read strategy.
    pub async fn read(&self) -> Registry {
        todo!()
    }

    /// One process, by the configured read strategy.
    pub async fn view(&self, key: &ProcessKey) -> Option<Arc<ProcessView>> {
        todo!()
    }

    /// Says what the configuration of a project declares, in its order.
    pub async fn declare(
        &self,
        project: &str,
        project_dir: &Path,
        specs: Vec<ProcessSpec>,
    ) -> Result<(), ProcessError> {
        todo!()
    }

    pub async fn start(&self, request: StartRequest) -> Result<Outcome, ProcessError> {
        todo!()
    }

    pub async fn up(&self, request: UpRequest) -> Result<Vec<Answer>, ProcessError> {
        todo!()
    }

    pub async fn restart(&self, request: RestartRequest) -> Result<Vec<Answer>, ProcessError> {
        todo!()
    }

    pub async fn down(&self, request: DownRequest) -> Result<Vec<Answer>, ProcessError> {
        todo!()
    }

    pub async fn stop(&self, asker: Asker, key: &ProcessKey) -> Result<Outcome, ProcessError> {
        todo!()
    }

    pub async fn remove(&self, asker: Asker, key: &ProcessKey) -> Result<Outcome, ProcessError> {
        todo!()
    }

    /// Forgets a whole project: refused while any of its processes lives.
    pub async fn forget_project(&self, project: &str) -> Result<(), ProcessError> {
        todo!()
    }

    pub async fn wait(&self, keys: &[ProcessKey], condition: Condition, any: bool) -> Vec<Waited> {
        todo!()
    }

    /// CPU and memory of the trees of living runs; `None` for the others.
    pub async fn usage(&self, keys: &[ProcessKey]) -> Vec<(ProcessKey, Option<TreeUsage>)> {
        todo!()
    }

    /// Newest first.
    pub async fn runs(&self, key: &ProcessKey, most: usize) -> Result<Vec<RunView>, ProcessError> {
        todo!()
    }

    pub async fn environment(
        &self,
        key: &ProcessKey,
    ) -> Result<Option<(RunId, RunEnvironment)>, ProcessError> {
        todo!()
    }

    pub async fn shutdown(&self, deadline: Duration) -> ShutdownReport {
        todo!()
    }

    pub fn hasten(&self) {
        todo!()
    }

    pub async fn detach(&self) {
        todo!()
    }
}
