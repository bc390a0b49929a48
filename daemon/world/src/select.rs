//! Names as people say them, resolved: which project, which processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use brummer_event::ProcessKey;
use brummer_process::Registry;
use brummer_projects::locate;
use brummer_projects::names::nearest;

use crate::{Kind, Refusal, World, glob};

/// Which project is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectAsk {
    /// Every known one.
    All,
    /// A name, or a directory (it has a slash). `here`: the client's directory, to know whether it is worth
    /// telling.
    Named { name: String, here: Option<PathBuf> },
    /// The nearest known at or above this directory.
    Here(PathBuf),
}

/// A project and names in it; no names: all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub project: ProjectAsk,
    pub names: Vec<String>,
}

/// The project that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRef {
    pub name: Arc<str>,
    pub dir: PathBuf,
    /// It is the current directory's: nobody needs to be told.
    pub here: bool,
}

/// What a selection turned out to mean.
#[derive(Debug, Clone)]
pub struct Selected {
    /// `None` with [`ProjectAsk::All`].
    pub project: Option<ProjectRef>,
    /// In order of display, each once.
    pub keys: Vec<ProcessKey>,
}

impl World {
    /// The known project that is meant.
    ///
    /// # Errors
    /// None is known there, or of that name.
    pub async fn project(&self, ask: &ProjectAsk) -> Result<Option<ProjectRef>, Refusal> {
        match ask {
            ProjectAsk::All => Ok(None),
            ProjectAsk::Here(dir) => match self.nearest_known(dir) {
                Some(project) => Ok(Some(project)),
                None => Err(no_project_here()),
            },
            ProjectAsk::Named { name, here } => {
                let here = here.as_deref().and_then(|dir| self.nearest_known(dir));
                let mut project = self.known(name)?;
                project.here = here.is_some_and(|here| here.name == project.name);
                Ok(Some(project))
            }
        }
    }

    fn known(&self, name: &str) -> Result<ProjectRef, Refusal> {
        let projects = self.projects().list();
        let found = if name.contains('/') {
            let dir = std::fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
            projects.iter().find(|project| project.dir == dir)
        } else {
            projects.iter().find(|project| *project.name == *name)
        };
        let known = projects.iter().map(|project| &*project.name);
        found
            .map(|project| ProjectRef { name: project.name.clone(), dir: project.dir.clone(), here: false })
            .ok_or_else(|| {
                Refusal::new(Kind::NotFound, "NOT_FOUND", format!("no project `{name}`"))
                    .hint("`brummerctl projects` lists the known ones")
                    .did_you_mean(nearest(name, known))
            })
    }

    /// The nearest known project at or above the real path of `dir`.
    pub fn nearest_known(&self, dir: &Path) -> Option<ProjectRef> {
        let real = std::fs::canonicalize(dir).ok()?;
        let projects = self.projects().list();
        let around = projects.iter().map(|project| (project.dir.as_path(), project));
        let project = locate::nearest_known(&real, locate::worktree_around(&real), around)?;
        Some(ProjectRef { name: project.name.clone(), dir: project.dir.clone(), here: true })
    }

    /// The processes that are meant.
    ///
    /// # Errors
    /// A project, name or glob that means nothing known.
    pub async fn select(&self, selection: &Selection) -> Result<Selected, Refusal> {
        // Names that all say their project need no other.
        let all_qualified =
            !selection.names.is_empty() && selection.names.iter().all(|name| name.contains('/'));
        let project = match self.project(&selection.project).await {
            Ok(project) => project,
            Err(_) if all_qualified => None,
            Err(refusal) => return Err(refusal),
        };
        let registry = self.processes().snapshot();
        let mut chosen: Vec<ProcessKey> = Vec::new();
        if selection.names.is_empty() {
            let wanted = project.as_ref().map(|project| &*project.name);
            chosen.extend(
                registry
                    .all()
                    .iter()
                    .filter(|view| wanted.is_none_or(|name| *view.key.project == *name))
                    .map(|view| view.key.clone()),
            );
            return Ok(Selected { project, keys: chosen });
        }
        for name in &selection.names {
            for key in resolve(&registry, project.as_ref().map(|project| &*project.name), name)? {
                if !chosen.contains(&key) {
                    chosen.push(key);
                }
            }
        }
        Ok(Selected { project, keys: chosen })
    }
}

/// The processes that one name, `project/name` or glob means.
pub(crate) fn resolve(
    registry: &Registry,
    project: Option<&str>,
    name: &str,
) -> Result<Vec<ProcessKey>, Refusal> {
    let (project, name) = match name.split_once('/') {
        Some((project, name)) => (Some(project), name),
        None => (project, name),
    };
    let keys: Vec<ProcessKey> = registry
        .all()
        .iter()
        .filter(|view| project.is_none_or(|project| *view.key.project == *project))
        .map(|view| view.key.clone())
        .collect();
    let matching: Vec<ProcessKey> = if glob::is_glob(name) {
        keys.iter().filter(|key| glob::matches(name, &key.name)).cloned().collect()
    } else {
        keys.iter().filter(|key| *key.name == *name).cloned().collect()
    };
    match (matching.len(), project) {
        (0, _) => Err(no_process(name, project, keys.iter().map(|key| &*key.name))),
        // Without a project a name must be clear by itself.
        (2.., None) if !glob::is_glob(name) => {
            let all: Vec<String> = matching.iter().map(|key| format!("`{key}`")).collect();
            Err(Refusal::new(Kind::Conflict, "AMBIGUOUS", format!("`{name}` is in several projects"))
                .hint(format!("say which: {}", all.join(", "))))
        }
        _ => Ok(matching),
    }
}

pub(crate) fn no_process<'a>(
    name: &str,
    project: Option<&str>,
    known: impl Iterator<Item = &'a str>,
) -> Refusal {
    let place = project.map(|project| format!(" in {project}")).unwrap_or_default();
    Refusal::new(Kind::NotFound, "NOT_FOUND", format!("no process `{name}`{place}"))
        .did_you_mean(nearest(name, known))
}

pub(crate) fn no_project_here() -> Refusal {
    Refusal::new(
        Kind::NotFound,
        "NO_PROJECT",
        "no project here; `brummerctl up` opens one, `ps -a` shows all",
    )
}
