//! Reading configuration again: what it changed, told by process. By hand (`reload`, SIGHUP) and by itself, when
//! files of open projects change.
//!
//! [`Reloader`] is the handle of the one owner of *when*: at most one reading of a project goes on and at most one
//! waits, however many ask. *What is in force* is not its business: every reading has a number, and supervision
//! takes nothing from an older one, so that `up` and `start`, which read as well, need not wait here.

mod job;
mod owner;

use std::path::PathBuf;
use std::sync::Arc;

use brummer_bus::Bus;
use brummer_event::ProcessKey;
use brummer_insight::Insight;
use brummer_process::{Change, Changed, Condition, Supervisor};
use brummer_projects::{Diagnostic, Projects};
use brummer_scope::Scope;
use tokio::sync::{mpsc, oneshot};

use crate::{ProcessRow, ProjectAsk, ProjectRef, Refusal, World};

/// Orders that wait for the owner; callers wait when it is full.
const QUEUE: usize = 64;

/// What reading the configuration again did.
#[derive(Debug, Clone, Default)]
pub struct Reloaded {
    /// Mistakes in the user's: the old one stays in force.
    pub diagnostics: Vec<Diagnostic>,
    /// Keys of the user's that differ from what the daemon began with and count only from its next start on.
    pub needs_restart: Vec<String>,
    pub projects: Vec<ProjectReloaded>,
}

/// What reading one project's files again did.
#[derive(Debug, Clone)]
pub struct ProjectReloaded {
    pub project: ProjectRef,
    /// Mistakes: what was in force stays so.
    pub diagnostics: Vec<Diagnostic>,
    /// As declared, then the others.
    pub items: Vec<ReloadItem>,
}

/// What became of one process.
#[derive(Debug, Clone)]
pub struct ReloadItem {
    pub key: ProcessKey,
    pub change: Change,
    /// As it is now; none if it is forgotten.
    pub row: Option<ProcessRow>,
}

/// What a reading of one project's files came to.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Applied(Vec<Changed>),
    Mistakes(Vec<Diagnostic>),
    /// The directory is gone, the daemon stops, …: in words.
    Failed(Refusal),
}

/// Handle of the owner of reloads. Cheap to clone.
#[derive(Clone)]
pub struct Reloader {
    orders: mpsc::Sender<owner::Order>,
}

/// What reloads work on.
#[derive(Clone)]
pub struct Works {
    pub projects: Projects,
    pub processes: Supervisor,
    pub insight: Insight,
    pub bus: Bus,
    pub scope: Scope,
}

impl Reloader {
    /// Starts the owner. Open projects are watched from now on and read once: what changed while no daemon was
    /// there is a change too.
    pub fn start(works: Works) -> Self {
        let (orders, inbox) = mpsc::channel(QUEUE);
        owner::spawn(works, inbox);
        Self { orders }
    }

    pub(crate) async fn user(&self) -> Result<Vec<Diagnostic>, Refusal> {
        self.order(|answer| owner::Order::User { answer }).await
    }

    async fn project(&self, name: Arc<str>) -> Result<Outcome, Refusal> {
        self.order(|answer| owner::Order::Project { name, answer }).await
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> owner::Order) -> Result<T, Refusal> {
        let stopping = || Refusal::from(brummer_projects::ProjectsError::Stopping);
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())
    }
}

impl World {
    /// Reads the user's configuration again, and that of the project that is meant (all: of every open one).
    /// Returns when it is in force, with the new runs of what was restarted running. What concerns projects counts
    /// at once; the bounds of running parts count from the next daemon start on, and are named.
    ///
    /// # Errors
    /// A project that is not known, or whose directory is gone; the daemon is stopping. Mistakes are no error.
    pub async fn reload(&self, ask: &ProjectAsk) -> Result<Reloaded, Refusal> {
        let wanted = self.to_reload(ask).await?;
        let diagnostics = self.reloader().user().await?;
        let readings = wanted.into_iter().map(|project| async move {
            let outcome = self.reloader().project(project.name.clone()).await?;
            self.project_reloaded(project, outcome).await
        });
        let projects = futures::future::try_join_all(readings).await?;
        Ok(Reloaded { diagnostics, needs_restart: self.needs_restart(), projects })
    }

    async fn to_reload(&self, ask: &ProjectAsk) -> Result<Vec<ProjectRef>, Refusal> {
        match self.project(ask).await {
            Ok(Some(project)) => Ok(vec![project]),
            Ok(None) => {
                let known = self.projects().list();
                let reference = |project: &Arc<brummer_projects::Project>| ProjectRef {
                    name: project.name.clone(),
                    dir: project.dir.clone(),
                    here: false,
                };
                Ok(known.iter().filter(|project| project.open).map(reference).collect())
            }
            // Where no project is there is still the user's configuration.
            Err(refusal) if refusal.code == "NO_PROJECT" => Ok(Vec::new()),
            Err(refusal) => Err(refusal),
        }
    }

    async fn project_reloaded(
        &self,
        project: ProjectRef,
        outcome: Outcome,
    ) -> Result<ProjectReloaded, Refusal> {
        let (changes, diagnostics) = match outcome {
            Outcome::Applied(changes) => (changes, Vec::new()),
            Outcome::Mistakes(mistakes) => (Vec::new(), mistakes),
            Outcome::Failed(refusal) => return Err(refusal),
        };
        let restarted: Vec<ProcessKey> = changes
            .iter()
            .filter(|changed| changed.change == Change::Restarted)
            .map(|changed| changed.key.clone())
            .collect();
        if !restarted.is_empty() {
            let _told_by_its_row = self.processes().wait(&restarted, Condition::Running, false).await;
        }
        let registry = self.processes().snapshot();
        let items = changes.into_iter().map(|Changed { key, change, view }| {
            let row = view.and_then(|_| registry.get(&key).cloned()).map(|view| self.row(view));
            ReloadItem { key, change, row }
        });
        Ok(ProjectReloaded { project, diagnostics, items: items.collect() })
    }

    /// Keys of the user's configuration in force that a running daemon does not follow.
    fn needs_restart(&self) -> Vec<String> {
        let (now, before) = (self.projects().user(), self.projects().user_at_start());
        let differs =
            |key: &str, value: &str| !before.values().iter().any(|old| old.key == key && old.value == value);
        let live = |key: &str| key.starts_with("project.");
        now.values()
            .iter()
            .filter(|value| !live(&value.key) && differs(&value.key, &value.value))
            .map(|value| value.key.clone())
            .collect()
    }

    pub(crate) fn works(&self) -> Works {
        Works {
            projects: self.projects().clone(),
            processes: self.processes().clone(),
            insight: self.insight().clone(),
            bus: self.bus().clone(),
            scope: self.scope().clone(),
        }
    }
}

/// PATH of the world in which something of the project ran last: what is installed may decide what a script runs.
async fn path_of(processes: &Supervisor, project: &str) -> Option<std::ffi::OsString> {
    let registry = processes.snapshot();
    let newest =
        registry.of_project(project).filter(|view| view.run.is_some()).max_by_key(|view| view.run)?;
    let (_, environment) = processes.environment(&newest.key).await.ok()??;
    environment.variables.into_iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.into())
}

/// Where a project is now, if it is known.
fn dir_of(projects: &Projects, name: &str) -> Option<PathBuf> {
    projects.get(name).ok().map(|project| project.dir.clone())
}
