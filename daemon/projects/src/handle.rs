//! The handle: find, enter, list, load, check.

mod check;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use brummer_bus::Bus;
use brummer_scope::Scope;
use brummer_store::Store;
use tokio::sync::{mpsc, oneshot, watch};

pub use check::ConfigCheck;

use crate::ProjectsError;
use crate::config::{self, Diagnostic, Environment, ForeignFormat, ReadImport, UserConfig};
use crate::detect::{self, Look, Programs};
use crate::load::{self, Loaded};
use crate::locate;
use crate::owner::{self, Answer, Entered, OpenMode, Order, Owner, Project};
use crate::watch::{Interests, Subject};

/// What the handle needs to know of the daemon's world.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As loaded at the start.
    pub user: UserConfig,
    /// The configuration file that a flag named.
    pub config_file: Option<PathBuf>,
    /// The daemon's environment: `HOME`, `BRUMMER_…__…`.
    pub environment: Environment,
}

/// How a person says which project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selector<'a> {
    /// `-p`: a name; a directory if it has a slash.
    Named(&'a str),
    /// The current directory.
    Here(&'a Path),
}

/// What for, which decides how far a search may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Known projects only (`ps`, `logs`, `status`, …).
    Known,
    /// Also a directory with files that say so (`up`, `scripts`, `config`).
    Find,
    /// If nothing says so, the directory itself (`run`, `up NAME`).
    Here,
}

/// What was meant.
#[derive(Debug, Clone)]
pub enum Located {
    /// `here`: found from the current directory.
    Known { project: Arc<Project>, here: bool },
    /// Not known yet; [`Projects::enter`] makes it so. `name` is what it would be called.
    New { dir: PathBuf, name: String, here: bool },
}

impl Located {
    /// Real path.
    pub fn dir(&self) -> &Path {
        match self {
            Self::Known { project, .. } => &project.dir,
            Self::New { dir, .. } => dir,
        }
    }
}

/// A configuration file that was made.
#[derive(Debug, Clone)]
pub struct StartFile {
    pub path: PathBuf,
    pub text: String,
    /// Scripts that were found and are named in it.
    pub scripts: usize,
}

/// Handle of the projects. Cheap to clone.
#[derive(Clone)]
pub struct Projects {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    scope: Scope,
}

struct Shared {
    known: Arc<ArcSwap<Vec<Arc<Project>>>>,
    changed: watch::Receiver<()>,
    user: ArcSwap<UserConfig>,
    /// What was in force when the daemon began.
    user_at_start: Arc<UserConfig>,
    /// What is wrong in the user's file now, so that what was in force stays so.
    user_mistakes: ArcSwap<Vec<Diagnostic>>,
    /// Number of the next reading of a project's files.
    readings: AtomicU64,
    config_file: Option<PathBuf>,
    environment: Environment,
    /// Real path.
    home: Option<PathBuf>,
}

impl Projects {
    /// Reads the known projects and starts their owner in `scope`.
    ///
    /// # Errors
    /// When the state database cannot be read.
    pub async fn open(
        store: Store,
        bus: Bus,
        scope: &Scope,
        settings: Settings,
    ) -> Result<Self, ProjectsError> {
        let known = Arc::new(ArcSwap::from_pointee(Vec::new()));
        let (changes, changed) = watch::channel(());
        let owner = Owner::new(store, bus, known.clone(), changes).await?;
        let (orders, queue) = mpsc::channel(owner::QUEUE);
        owner.spawn(scope, queue);
        let home = settings.environment.get("HOME").map(PathBuf::from);
        let home = home.map(|home| home.canonicalize().unwrap_or(home));
        let user = Arc::new(settings.user);
        let shared = Arc::new(Shared {
            known,
            changed,
            user: ArcSwap::new(user.clone()),
            user_at_start: user,
            user_mistakes: ArcSwap::default(),
            readings: AtomicU64::new(1),
            config_file: settings.config_file,
            environment: settings.environment,
            home,
        });
        Ok(Self { shared, orders, scope: scope.clone() })
    }

    /// Every known project, by name. Never waits.
    pub fn list(&self) -> Arc<Vec<Arc<Project>>> {
        self.shared.known.load_full()
    }

    /// Wakes when another list than the one that [`Projects::list`] gave before may be there.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.clone()
    }

    /// The project called `name`.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn get(&self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let known = self.shared.known.load();
        let found = known.iter().find(|project| &*project.name == name);
        found.cloned().ok_or_else(|| owner::not_found(name, &known))
    }

    /// The user's configuration in force.
    pub fn user(&self) -> Arc<UserConfig> {
        self.shared.user.load_full()
    }

    /// The user's configuration as it was when the daemon began.
    pub fn user_at_start(&self) -> &UserConfig {
        &self.shared.user_at_start
    }

    /// What is wrong in the user's file since it was last read; nothing if it is in force.
    pub fn user_mistakes(&self) -> Arc<Vec<Diagnostic>> {
        self.shared.user_mistakes.load_full()
    }

    /// Reads the user's configuration again; with mistakes the old one stays in force.
    ///
    /// # Errors
    /// Every mistake at once.
    pub async fn reload(&self) -> Result<Arc<UserConfig>, ProjectsError> {
        let shared = self.shared.clone();
        match self.blocking("config-reload", move || shared.load_user()).await? {
            Ok(user) => {
                let user = Arc::new(user);
                self.shared.user.store(user.clone());
                self.shared.user_mistakes.store(Arc::default());
                Ok(user)
            }
            Err(mistakes) => {
                self.shared.user_mistakes.store(Arc::new(mistakes.clone()));
                Err(ProjectsError::Config(mistakes))
            }
        }
    }

    /// What to watch for changes of the user's file and of the files of open projects, as directories are now.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn interests(&self) -> Result<Interests, ProjectsError> {
        let shared = self.shared.clone();
        self.blocking("watch-look", move || shared.interests()).await
    }

    /// Which project `selector` means. Registers nothing.
    ///
    /// # Errors
    /// No such name, no project here, or a directory that is none.
    pub async fn locate(&self, selector: Selector<'_>, verb: Verb) -> Result<Located, ProjectsError> {
        let (text, here) = match selector {
            Selector::Named(name) if !name.contains('/') => {
                return self.get(name).map(|project| Located::Known { project, here: false });
            }
            Selector::Named(dir) => (PathBuf::from(dir), false),
            Selector::Here(dir) => (dir.to_owned(), true),
        };
        let shared = self.shared.clone();
        self.blocking("locate", move || shared.locate(&text, here, verb)).await?
    }

    /// Makes the project at `dir` known; [`OpenMode::Up`] also opens and trusts it.
    ///
    /// # Errors
    /// A directory that is none, or the state database.
    pub async fn enter(&self, dir: &Path, mode: OpenMode) -> Result<Entered, ProjectsError> {
        let dir = dir.to_owned();
        let dir = self.blocking("real-path", move || real(&dir)).await??;
        self.order(|answer| Order::Enter { dir, mode, profile: None, answer }).await
    }

    /// As [`Projects::enter`] by `up`, which also chooses a profile, or none, until the next time.
    ///
    /// # Errors
    /// A directory that is none, or the state database.
    pub async fn enter_with(&self, dir: &Path, profile: Option<Arc<str>>) -> Result<Entered, ProjectsError> {
        let (dir, mode, profile) = (dir.to_owned(), OpenMode::Up, Some(profile));
        let dir = self.blocking("real-path", move || real(&dir)).await??;
        self.order(|answer| Order::Enter { dir, mode, profile, answer }).await
    }

    /// The profile that was chosen for the project at `dir`, a real path.
    pub fn profile(&self, dir: &Path) -> Option<Arc<str>> {
        let known = self.shared.known.load();
        known.iter().find(|project| project.dir == dir)?.profile.clone()
    }

    /// Says that everything of the project was taken down: it is not resumed with the daemon.
    ///
    /// # Errors
    /// Not found, or the state database.
    pub async fn close(&self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let name = name.to_owned();
        self.order(|answer| Order::Close { name, answer }).await
    }

    /// Forgets a project. The caller makes sure that nothing of it lives.
    ///
    /// # Errors
    /// Not found, or the state database.
    pub async fn remove(&self, name: &str) -> Result<Arc<Project>, ProjectsError> {
        let name = name.to_owned();
        self.order(|answer| Order::Remove { name, answer }).await
    }

    /// Reads all that the files of the project at `dir` (a real path, known or not) say now, with the profile
    /// that was chosen for it; of an open project it is shown whether they have mistakes. `path` is the PATH of
    /// the user who asks; without it nothing counts as missing.
    ///
    /// # Errors
    /// Every mistake of its configuration at once.
    pub async fn load(&self, dir: &Path, path: Option<OsString>) -> Result<Loaded, ProjectsError> {
        self.load_with(dir, path, self.profile(dir)).await
    }

    /// As [`Projects::load`], with this profile, or none.
    ///
    /// # Errors
    /// Every mistake of its configuration at once.
    pub async fn load_with(
        &self,
        dir: &Path,
        path: Option<OsString>,
        profile: Option<Arc<str>>,
    ) -> Result<Loaded, ProjectsError> {
        // Numbered before anything is looked at: a later number has seen all that an earlier one saw.
        let reading = self.shared.readings.fetch_add(1, Ordering::Relaxed);
        let (of, shared) = (dir.to_owned(), self.shared.clone());
        let user = self.user();
        let loaded = self
            .blocking("project-load", move || {
                if !of.is_dir() {
                    let why = "it is no longer there; `brummerctl projects rm` forgets it".to_owned();
                    return Err(ProjectsError::Directory { dir: of, why });
                }
                let look = shared.look(path);
                load::load(&of, &user, &look, profile.as_deref(), reading).map_err(ProjectsError::Config)
            })
            .await?;
        let mistakes = match &loaded {
            Ok(_) => Arc::default(),
            Err(ProjectsError::Config(mistakes)) => Arc::from(mistakes.as_slice()),
            Err(_) => return loaded,
        };
        if self.list().iter().any(|project| project.open && project.dir == *dir) {
            let dir = dir.to_owned();
            self.order(|answer| Order::Judge { dir, reading, mistakes, answer }).await?;
        }
        loaded
    }

    /// Checks the user's configuration as it is on disk now, and that of the project at `dir` with this
    /// profile, or else the one that was chosen for it.
    ///
    /// # Errors
    /// Only when the daemon stops; mistakes are the answer.
    pub async fn check(
        &self,
        dir: Option<&Path>,
        profile: Option<Arc<str>>,
    ) -> Result<ConfigCheck, ProjectsError> {
        let profile = profile.or_else(|| self.profile(dir?));
        let (dir, shared) = (dir.map(Path::to_owned), self.shared.clone());
        self.blocking("config-check", move || shared.check(dir.as_deref(), profile.as_deref())).await
    }

    /// Writes a commented start file for the project at `dir` (a real path, known or not), with what is
    /// detected there. `path` as for [`load`](Self::load).
    ///
    /// # Errors
    /// There is a configuration, or it cannot be written.
    pub async fn init(&self, dir: &Path, path: Option<OsString>) -> Result<StartFile, ProjectsError> {
        let (dir, shared) = (dir.to_owned(), self.shared.clone());
        self.blocking("config-init", move || {
            let target = dir.join("brummer.toml");
            let detected = detect::detect(&dir, &shared.look(path));
            let text = config::start_file(&dir, &detected.scripts);
            config::write(&target, &text)?;
            Ok(StartFile { path: target, text, scripts: detected.scripts.len() })
        })
        .await?
    }

    /// Converts the file of another tool at `path`, absolute; with `write` what it gives is written beside it.
    ///
    /// # Errors
    /// It cannot be read or converted; or there is a configuration already.
    pub async fn import(
        &self,
        path: &Path,
        from: Option<ForeignFormat>,
        write: bool,
    ) -> Result<ReadImport, ProjectsError> {
        let path = path.to_owned();
        self.blocking("config-import", move || {
            let read = config::read_foreign(&path, from)?;
            if write {
                config::write(&read.target, &read.imported.text)?;
            }
            Ok(read)
        })
        .await?
    }

    async fn order<T>(&self, order: impl FnOnce(Answer<T>) -> Order) -> Result<T, ProjectsError> {
        let (answer, result) = oneshot::channel();
        self.orders.send(order(answer)).await.map_err(|_| ProjectsError::Stopping)?;
        result.await.map_err(|_| ProjectsError::Stopping)?
    }

    async fn blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ProjectsError> {
        Ok(self.scope.blocking(name, work).await?)
    }
}

impl Shared {
    fn load_user(&self) -> Result<UserConfig, Vec<Diagnostic>> {
        UserConfig::load(self.config_file.as_deref(), &self.environment)
    }

    fn look(&self, path: Option<OsString>) -> Look {
        Look { programs: Programs::new(path.as_deref()), home: self.home.clone() }
    }

    fn interests(&self) -> Interests {
        let mut interests = Interests::default();
        for file in UserConfig::paths(self.config_file.as_deref(), &self.environment) {
            interests.file(&file, &Subject::User);
        }
        for project in self.known.load().iter().filter(|project| project.open) {
            let subject = Subject::Project(project.name.clone());
            for dir in locate::layers(&project.dir, self.home.as_deref()) {
                interests.directory(&dir, &subject);
            }
        }
        interests
    }

    fn locate(&self, text: &Path, here: bool, verb: Verb) -> Result<Located, ProjectsError> {
        let known = self.known.load();
        let dir = match real(text) {
            Ok(dir) => dir,
            // A project outlives its directory until it is forgotten.
            Err(error) => {
                let gone = known.iter().find(|project| project.dir == text);
                return gone.map(|project| Located::Known { project: project.clone(), here }).ok_or(error);
            }
        };
        let is_known = |project: &Arc<Project>| Located::Known { project: project.clone(), here };
        let is_new = |dir: PathBuf| {
            let name = owner::free_name(&dir, &known);
            Located::New { dir, name, here }
        };
        if let Some(project) = known.iter().find(|project| project.dir == dir) {
            return Ok(is_known(project));
        }
        // A directory that was named is meant itself, not a project around it.
        if !here && verb != Verb::Known {
            return Ok(is_new(dir));
        }
        let around = known.iter().map(|project| (project.dir.as_path(), project));
        if let Some(project) = locate::nearest_known(&dir, locate::worktree_around(&dir), around) {
            return Ok(is_known(project));
        }
        if verb == Verb::Known {
            return Err(ProjectsError::NoneHere { dir });
        }
        let upwards = locate::look_up(&dir, self.home.as_deref());
        match locate::to_open(&upwards) {
            Some(found) => Ok(is_new(found.to_owned())),
            None if verb == Verb::Here => Ok(is_new(dir)),
            None => Err(ProjectsError::NoneHere { dir }),
        }
    }
}

fn real(dir: &Path) -> Result<PathBuf, ProjectsError> {
    let fault = |why: String| ProjectsError::Directory { dir: dir.to_owned(), why };
    let real = dir.canonicalize().map_err(|error| fault(error.to_string()))?;
    if real.is_dir() { Ok(real) } else { Err(fault("it is no directory".to_owned())) }
}

#[cfg(test)]
mod tests;
