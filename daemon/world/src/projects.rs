//! Projects as the edges ask for them: located as people say it, joined with what runs in them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brummer_event::WallNs;
use brummer_event::spec::Origin;
use brummer_process::ProcessView;
use brummer_projects::config::{ConfigValue, ForeignFormat, ReadImport};
use brummer_projects::{ConfigCheck, Loaded, Located, OpenMode, ProjectsError, Script, StartFile, Verb};

use crate::up::here;
use crate::{Kind, ProjectAsk, ProjectRef, ProjectRow, Refusal, World};

impl World {
    /// Which project is meant, and whether it is known.
    ///
    /// # Errors
    /// Nothing says that there is one.
    pub async fn find_project(&self, ask: &ProjectAsk) -> Result<(ProjectRef, bool), Refusal> {
        let located = self.locate(ask, Verb::Find).await?;
        let known = matches!(located, Located::Known { .. });
        Ok((reference(&located, ask), known))
    }

    /// What the files of a project say now, known or not; registers nothing.
    ///
    /// # Errors
    /// No project, or a configuration with mistakes.
    pub async fn load(
        &self,
        ask: &ProjectAsk,
        path: Option<OsString>,
    ) -> Result<(ProjectRef, Loaded), Refusal> {
        let located = self.locate(ask, Verb::Find).await?;
        let loaded = self.projects().load(located.dir(), path).await?;
        Ok((reference(&located, ask), loaded))
    }

    /// When each of these scripts of a project last began to run, with or without further arguments.
    pub fn last_runs(&self, project: &str, scripts: &[Script]) -> Vec<Option<WallNs>> {
        let registry = self.processes().snapshot();
        let views: Vec<_> = registry.of_project(project).collect();
        if views.is_empty() {
            return vec![None; scripts.len()];
        }
        let of = |script: &Script| {
            // What stands in front of the arguments, as its tool wants them: `npm run test --`.
            let mut front = script.with_arguments(&[String::new()]).argv();
            front.pop();
            let ran = |view: &&&Arc<ProcessView>| {
                let with_arguments = view.spec.origin == Origin::AdHoc
                    && view.spec.dir == script.directory
                    && view.spec.command.argv().starts_with(&front);
                *view.key.name == *script.name || with_arguments
            };
            views.iter().filter(ran).filter_map(|view| view.run?.made_at()).max()
        };
        scripts.iter().map(of).collect()
    }

    /// Makes a directory known without starting or trusting anything.
    ///
    /// # Errors
    /// A directory that is none.
    pub async fn add_project(&self, dir: &Path) -> Result<(ProjectRow, bool), Refusal> {
        let entered = self.projects().enter(dir, OpenMode::Run).await?;
        let row = self.project_row(&entered.project.name).ok_or(Refusal::from(ProjectsError::Stopping))?;
        Ok((row, entered.added))
    }

    /// Trusts a directory for good, as its user's `up` would; opens and starts nothing. Says whether it was not
    /// trusted before.
    ///
    /// # Errors
    /// A directory that is none.
    pub async fn trust_project(&self, dir: &Path) -> Result<(ProjectRow, bool), Refusal> {
        let entered = self.projects().enter(dir, OpenMode::Trust).await?;
        let row = self.project_row(&entered.project.name).ok_or(Refusal::from(ProjectsError::Stopping))?;
        Ok((row, entered.newly_trusted))
    }

    /// Forgets a project of which nothing lives; its logs stay until retention takes them.
    ///
    /// # Errors
    /// Not known, or something of it lives.
    pub async fn remove_project(&self, ask: &ProjectAsk) -> Result<Arc<str>, Refusal> {
        let Some(project) = self.project(ask).await? else {
            return Err(Refusal::new(Kind::Invalid, "ONE_PROJECT", "say which project to forget"));
        };
        self.processes().forget_project(&project.name).await?;
        self.insight().forget_project(&project.name).await;
        self.projects().remove(&project.name).await?;
        Ok(project.name)
    }

    /// Every mistake of the user's configuration and of the project's that is meant, if there is one; with
    /// this profile, or else the one that the last `up` chose.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn check_config(
        &self,
        ask: &ProjectAsk,
        profile: Option<Arc<str>>,
    ) -> Result<ConfigCheck, Refusal> {
        let dir = self.located_dir(ask).await?;
        Ok(self.projects().check(dir.as_deref(), profile).await?)
    }

    /// Converts the file of another tool; with `write` the result is written beside it.
    ///
    /// # Errors
    /// It cannot be read or converted, or there is a configuration already.
    pub async fn import_config(
        &self,
        path: &Path,
        from: Option<ForeignFormat>,
        write: bool,
    ) -> Result<ReadImport, Refusal> {
        Ok(self.projects().import(path, from, write).await?)
    }

    /// Writes a start file for the project that is meant; registers nothing.
    ///
    /// # Errors
    /// There is a configuration already, or it cannot be written.
    pub async fn init_config(&self, ask: &ProjectAsk, path: Option<OsString>) -> Result<StartFile, Refusal> {
        let located = self.locate(ask, Verb::Here).await?;
        Ok(self.projects().init(located.dir(), path).await?)
    }

    /// Every effective value with its source; with this profile, or else the one that the last `up` chose.
    ///
    /// # Errors
    /// A configuration with mistakes.
    pub async fn show_config(
        &self,
        ask: &ProjectAsk,
        profile: Option<Arc<str>>,
    ) -> Result<(Vec<ConfigValue>, Vec<PathBuf>), Refusal> {
        // What was edited just now counts here, whenever the watch of the file comes to it; its mistakes are told
        // by `config check` and `status`.
        let _mistakes = self.reloader().user().await?;
        let user = self.projects().user();
        match self.located_dir(ask).await? {
            Some(dir) => {
                let profile = profile.or_else(|| self.projects().profile(&dir));
                let loaded = self.projects().load_with(&dir, None, profile).await?;
                let files = user.file.iter().cloned().chain(loaded.files).collect();
                Ok((loaded.values, files))
            }
            None => Ok((user.values().to_vec(), user.file.iter().cloned().collect())),
        }
    }

    /// The directory of the project that is meant; none if there is no project there.
    async fn located_dir(&self, ask: &ProjectAsk) -> Result<Option<PathBuf>, Refusal> {
        match self.locate(ask, Verb::Find).await {
            Ok(located) => Ok(Some(located.dir().to_owned())),
            Err(refusal) if refusal.code == "NO_PROJECT" => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

/// The name that the project has, or would get.
pub(crate) fn located_name(located: &Located) -> Arc<str> {
    match located {
        Located::Known { project, .. } => project.name.clone(),
        Located::New { name, .. } => name.as_str().into(),
    }
}

fn reference(located: &Located, ask: &ProjectAsk) -> ProjectRef {
    ProjectRef { name: located_name(located), dir: located.dir().to_owned(), here: here(located, ask) }
}
