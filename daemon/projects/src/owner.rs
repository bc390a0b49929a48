//! The one owner of the list of known projects.
//!
//! Only its handle sends orders; it writes, publishes, announces, answers, in this order, one order at a
//! time. When the daemon stops it takes no more orders; what it has begun is written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use brummer_bus::Bus;
use brummer_event::event::ProjectChange;
use brummer_event::{Payload, WallNs};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use brummer_store::projects::{self, ProjectRow};
use tokio::sync::{mpsc, oneshot, watch};

use crate::ProjectsError;
use crate::config::Diagnostic;
use crate::names::{self, Named};

/// Orders that wait for the owner; callers wait when it is full.
pub(crate) const QUEUE: usize = 64;

/// Mistakes that an event tells; `status` and `config check` tell all.
const MOST_TOLD: usize = 5;

/// A known project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Unique; bound to the directory until it is removed.
    pub name: Arc<str>,
    /// Real path.
    pub dir: PathBuf,
    /// Its user has opened or trusted it by hand: until then nothing of it runs on an agent's wish.
    pub trusted: bool,
    /// Opened by `up`, and not closed by `down`.
    pub open: bool,
    /// Of an open project: what is wrong in its files now, so that what was in force stays so. Not kept.
    pub mistakes: Arc<[Diagnostic]>,
    /// The profile that the last `up` chose.
    pub profile: Option<Arc<str>>,
    /// When it became known.
    pub created: WallNs,
}

/// Why a directory is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// By hand: opens and trusts.
    Up,
    /// For one command: registers, never trusts.
    Run,
    /// Registers and trusts, opens nothing.
    Trust,
}

/// What entering a directory did.
#[derive(Debug, Clone)]
pub struct Entered {
    pub project: Arc<Project>,
    /// It was not known before.
    pub added: bool,
    /// It was not trusted before and is now: to be said once.
    pub newly_trusted: bool,
}

pub(crate) type Answer<T> = oneshot::Sender<Result<T, ProjectsError>>;

pub(crate) enum Order {
    /// `dir` is a real path.
    Enter {
        dir: PathBuf,
        mode: OpenMode,
        /// Which one, or none, is chosen from now on; nothing: it stays as it is.
        profile: Option<Option<Arc<str>>>,
        answer: Answer<Entered>,
    },
    /// What reading number `reading` found wrong in the files at `dir`.
    Judge {
        dir: PathBuf,
        reading: u64,
        mistakes: Arc<[Diagnostic]>,
        answer: Answer<()>,
    },
    Close {
        name: String,
        answer: Answer<Arc<Project>>,
    },
    Remove {
        name: String,
        answer: Answer<Arc<Project>>,
    },
}

pub(crate) struct Owner {
    store: Store,
    bus: Bus,
    published: Arc<ArcSwap<Vec<Arc<Project>>>>,
    /// Tells that another list was published.
    changed: watch::Sender<()>,
    /// The newest reading of each project's files that was judged.
    judged: HashMap<Arc<str>, u64>,
}

impl Owner {
    /// Reads the known projects.
    pub(crate) async fn new(
        store: Store,
        bus: Bus,
        published: Arc<ArcSwap<Vec<Arc<Project>>>>,
        changed: watch::Sender<()>,
    ) -> Result<Self, ProjectsError> {
        let rows = store.call(projects::all).await?;
        let known = rows
            .into_iter()
            .map(|row| {
                Arc::new(Project {
                    name: row.name.into(),
                    dir: row.dir,
                    trusted: row.trusted,
                    open: row.open,
                    mistakes: Arc::default(),
                    profile: row.profile.map(Into::into),
                    created: row.created,
                })
            })
            .collect();
        published.store(Arc::new(known));
        Ok(Self { store, bus, published, changed, judged: HashMap::new() })
    }

    pub(crate) fn spawn(mut self, scope: &Scope, mut orders: mpsc::Receiver<Order>) {
        let token = scope.token().clone();
        let _task = scope.spawn("projects", async move {
            loop {
                // A cancelled recv() has taken nothing.
                let order = tokio::select! {
                    biased;
                    () = token.cancelled() => break,
                    order = orders.recv() => order,
                };
                match order {
                    Some(order) => self.perform(order).await,
                    None => break,
                }
            }
        });
    }

    async fn perform(&mut self, order: Order) {
        // A caller that went away ends its waiting, not the work.
        match order {
            Order::Enter { dir, mode, profile, answer } => {
                drop(answer.send(self.enter(dir, mode, profile).await));
            }
            Order::Judge { dir, reading, mistakes, answer } => {
                self.judge(&dir, reading, mistakes);
                drop(answer.send(Ok(())));
            }
            Order::Close { name, answer } => drop(answer.send(self.close(&name).await)),
            Order::Remove { name, answer } => drop(answer.send(self.remove(&name).await)),
        }
    }

    async fn enter(
        &self,
        dir: PathBuf,
        mode: OpenMode,
        profile: Option<Option<Arc<str>>>,
    ) -> Result<Entered, ProjectsError> {
        let known = self.published.load_full();
        let before = known.iter().find(|project| project.dir == dir).cloned();
        let profile = profile.unwrap_or_else(|| before.as_ref().and_then(|before| before.profile.clone()));
        let (trusts, opens) = (mode != OpenMode::Run, mode == OpenMode::Up);
        let project = match &before {
            Some(before) => Project {
                trusted: before.trusted || trusts,
                open: before.open || opens,
                profile,
                ..Project::clone(before)
            },
            None => Project {
                name: free_name(&dir, &known).into(),
                trusted: trusts,
                open: opens,
                mistakes: Arc::default(),
                profile,
                created: clock::wall_ns(),
                dir,
            },
        };
        let newly_trusted = project.trusted && !before.as_ref().is_some_and(|before| before.trusted);
        let was_open = before.as_ref().is_some_and(|before| before.open);
        let added = before.is_none();
        let changed = before.as_deref() != Some(&project);
        let project = Arc::new(project);
        if changed {
            let change = if added || (project.open && !was_open) {
                ProjectChange::Opened
            } else if newly_trusted {
                ProjectChange::Trusted
            } else {
                ProjectChange::Changed
            };
            self.keep(&project, change).await?;
        }
        Ok(Entered { project, added, newly_trusted })
    }

    async fn close(&self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let project = self.named(name)?;
        if !project.open {
            return Ok(project);
        }
        let closed = Arc::new(Project { open: false, mistakes: Arc::default(), ..Project::clone(&project) });
        self.keep(&closed, ProjectChange::Changed).await?;
        Ok(closed)
    }

    async fn remove(&mut self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let project = self.named(name)?;
        let key = project.name.clone();
        self.store.durable(move |connection| projects::remove(connection, &key)).await?;
        self.judged.remove(&project.name);
        self.publish(|known| known.retain(|other| other.name != project.name));
        self.announce(&project, ProjectChange::Removed, "");
        Ok(project)
    }

    /// Shows what is wrong with an open project's files, or that nothing is any more. Readings that began
    /// earlier and end later say nothing new.
    fn judge(&mut self, dir: &Path, reading: u64, mistakes: Arc<[Diagnostic]>) {
        let known = self.published.load_full();
        let Some(project) = known.iter().find(|project| project.open && project.dir == *dir) else { return };
        let newest = self.judged.entry(project.name.clone()).or_default();
        if *newest > reading {
            return;
        }
        *newest = reading;
        if project.mistakes == mistakes {
            return;
        }
        let change = if mistakes.is_empty() { ProjectChange::Mended } else { ProjectChange::Broken };
        let text = mistakes.iter().take(MOST_TOLD).map(Diagnostic::brief).collect::<Vec<_>>().join("; ");
        let judged = Arc::new(Project { mistakes, ..Project::clone(project) });
        self.replace(&judged);
        self.announce(&judged, change, &text);
    }

    fn named(&self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let known = self.published.load();
        known.iter().find(|project| &*project.name == name).cloned().ok_or_else(|| not_found(name, &known))
    }

    async fn keep(&self, project: &Arc<Project>, change: ProjectChange) -> Result<(), ProjectsError> {
        let row = ProjectRow {
            name: project.name.to_string(),
            dir: project.dir.clone(),
            trusted: project.trusted,
            open: project.open,
            profile: project.profile.as_deref().map(str::to_owned),
            created: project.created,
        };
        self.store.durable(move |connection| projects::put(connection, &row)).await?;
        self.replace(project);
        self.announce(project, change, "");
        Ok(())
    }

    fn replace(&self, project: &Arc<Project>) {
        self.publish(|known| {
            known.retain(|other| other.name != project.name);
            known.push(project.clone());
            known.sort_by(|left, right| left.name.cmp(&right.name));
        });
    }

    fn publish(&self, change: impl FnOnce(&mut Vec<Arc<Project>>)) {
        let mut known = Vec::clone(&self.published.load());
        change(&mut known);
        self.published.store(Arc::new(known));
        self.changed.send_replace(());
    }

    fn announce(&self, project: &Project, change: ProjectChange, text: &str) {
        let payload = Payload::Project { name: project.name.clone(), change, text: text.into() };
        if let Err(error) = self.bus.try_notice(clock::wall_ns(), payload) {
            // The bus has counted it; the list itself is published.
            tracing::debug!(%error, project = %project.name, "nobody was told about a project");
        }
    }
}

/// The name a project at `dir` gets: its directory's, made unique.
pub(crate) fn free_name(dir: &Path, known: &[Arc<Project>]) -> String {
    let last = dir.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let wanted = names::map(&last, Named::Project);
    names::unique(&wanted, |name| known.iter().any(|project| &*project.name == name))
}

pub(crate) fn not_found(name: &str, known: &[Arc<Project>]) -> ProjectsError {
    let nearest = names::nearest(name, known.iter().map(|project| &*project.name)).map(str::to_owned);
    ProjectsError::NotFound { name: name.chars().take(100).collect(), nearest }
}
