//! The daemon and its projects as `status` shows them.

use std::path::PathBuf;
use std::sync::Arc;

use brummer_event::ProcessState;
use brummer_logs::LogStats;
use brummer_process::Registry;
use brummer_projects::Diagnostic;

use crate::World;

/// A known project with how its processes are.
#[derive(Debug, Clone)]
pub struct ProjectRow {
    pub name: Arc<str>,
    pub dir: PathBuf,
    pub trusted: bool,
    pub open: bool,
    /// Configuration files that are there.
    pub config: Vec<PathBuf>,
    /// Mistakes in them: what was in force stays so.
    pub mistakes: Arc<[Diagnostic]>,
    pub running: u32,
    pub failed: u32,
    pub other: u32,
}

#[derive(Debug, Clone)]
pub struct Status {
    pub tasks: usize,
    pub logs: LogStats,
    pub next_seq: u64,
    /// Event epoch.
    pub epoch: u64,
    pub projects: Vec<ProjectRow>,
    /// Mistakes in the user's configuration: the old one stays in force.
    pub mistakes: Arc<Vec<Diagnostic>>,
}

impl World {
    pub fn status(&self) -> Status {
        Status {
            tasks: self.scope().count(),
            logs: self.logs().stats(),
            next_seq: self.logs().next_seq(),
            epoch: self.bus().epoch(),
            projects: self.project_rows(),
            mistakes: self.projects().user_mistakes(),
        }
    }

    /// Every known project, by name.
    pub fn project_rows(&self) -> Vec<ProjectRow> {
        let registry = self.processes().snapshot();
        self.projects().list().iter().map(|project| row(&registry, project)).collect()
    }

    /// One known project.
    pub fn project_row(&self, name: &str) -> Option<ProjectRow> {
        let registry = self.processes().snapshot();
        self.projects()
            .list()
            .iter()
            .find(|project| &*project.name == name)
            .map(|project| row(&registry, project))
    }
}

fn row(registry: &Registry, project: &brummer_projects::Project) -> ProjectRow {
    let count = |wanted: fn(ProcessState) -> bool| {
        let views = registry.of_project(&project.name).filter(|view| wanted(view.state));
        u32::try_from(views.count()).unwrap_or(u32::MAX)
    };
    let failed = |state| matches!(state, ProcessState::Failed | ProcessState::Lost);
    ProjectRow {
        name: project.name.clone(),
        dir: project.dir.clone(),
        trusted: project.trusted,
        open: project.open,
        mistakes: project.mistakes.clone(),
        config: brummer_projects::config::FILES
            .iter()
            .map(|name| project.dir.join(name))
            .filter(|path| path.is_file())
            .collect(),
        running: count(|state| state.is_live()),
        failed: count(failed),
        other: count(|state| !state.is_live() && !matches!(state, ProcessState::Failed | ProcessState::Lost)),
    }
}
