//! Start, stop, restart, down, remove: names are resolved, wishes go to supervision project by project, the
//! answers come back joined.

use std::collections::BTreeMap;
use std::sync::Arc;

use brummer_event::spec::{ClientContext, ProcessSpec};
use brummer_event::{ProcessKey, RequestId};
use brummer_process::{
    Answer, Asker, Did, DownRequest, NewSpec, ProcessError, RestartRequest, StartRequest, Until, UpRequest,
};
use brummer_projects::{Loaded, Selector, Verb};

use crate::rows::ProcessRow;
use crate::select::{no_process, resolve};
use crate::{Kind, ProjectAsk, ProjectRef, Refusal, Selection, World, glob};

/// Who asks, and on what condition.
#[derive(Debug, Clone)]
pub struct Wish {
    pub request: RequestId,
    pub expected_generation: Option<u64>,
}

impl Wish {
    pub(crate) fn asker(&self, part: &str) -> Asker {
        // One command may become several wishes: each has an identity of its own, the same at a retry.
        Asker {
            request: RequestId(format!("{}/{part}", self.request).into()),
            expected_generation: self.expected_generation,
        }
    }
}

/// Start or restart.
#[derive(Debug, Clone)]
pub struct StartAsk {
    pub wish: Wish,
    pub client: ClientContext,
    pub selection: Selection,
    /// Without names: all of the project. Otherwise no names are a mistake.
    pub all: bool,
    /// Until ready instead of running.
    pub wait: bool,
    /// Restart only.
    pub with_dependents: bool,
}

/// Stop.
#[derive(Debug, Clone)]
pub struct StopAsk {
    pub wish: Wish,
    pub selection: Selection,
    pub all: bool,
    pub with_dependents: bool,
}

/// What was done to one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionDid {
    Started,
    AlreadyRunning,
    Stopped,
    AlreadyStopped,
    Restarted,
    Removed,
    /// Wanted; a dependency is missing.
    Waiting,
}

#[derive(Debug, Clone)]
pub struct Done {
    pub did: ActionDid,
    /// As it is now; none if it was removed.
    pub row: Option<ProcessRow>,
}

/// The answer for one process.
#[derive(Debug, Clone)]
pub struct ActionItem {
    pub key: ProcessKey,
    pub result: Result<Done, Refusal>,
    /// As it is now, also after a refusal.
    pub row: Option<ProcessRow>,
}

/// The answers of one command.
#[derive(Debug, Clone)]
pub struct Actions {
    pub project: Option<ProjectRef>,
    pub items: Vec<ActionItem>,
    /// What else there is to know, in words.
    pub notices: Vec<String>,
}

/// Names of one project: known processes, and scripts that become ones.
#[derive(Default)]
pub(crate) struct Startable {
    pub(crate) known: Vec<String>,
    pub(crate) scripts: Vec<ProcessSpec>,
    /// Scripts that those depend on, to become processes too.
    pub(crate) needed: Vec<ProcessSpec>,
    /// Without what they depend on.
    pub(crate) alone: bool,
}

impl World {
    /// Starts; returns when each process runs, or is ready with `wait`.
    ///
    /// # Errors
    /// A name or project that is not known. What goes wrong with single processes is told by item.
    pub async fn start(&self, ask: StartAsk) -> Result<Actions, Refusal> {
        names_or_all(&ask.selection, ask.all, "start")?;
        let (project, per_project, notices) = self.startable(&ask.selection, &ask.client).await?;
        let until = if ask.wait { Until::Ready } else { Until::Running };
        let mut items = Vec::new();
        for (name, names) in per_project {
            items.extend(self.start_names(&ask.wish, &ask.client, &name, names, until, true).await?);
        }
        Ok(Actions { project, items, notices })
    }

    /// Stops, then starts again: the old tree is gone before the new run begins.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn restart(&self, ask: StartAsk) -> Result<Actions, Refusal> {
        names_or_all(&ask.selection, ask.all, "restart")?;
        let (project, per_project, notices) = self.startable(&ask.selection, &ask.client).await?;
        let until = if ask.wait { Until::Ready } else { Until::Running };
        let mut items = Vec::new();
        for (name, names) in per_project {
            let mut names = names;
            self.make_needed(&name, &mut names).await?;
            let scripts = Startable { scripts: names.scripts, ..Startable::default() };
            if !names.known.is_empty() {
                let request = RestartRequest {
                    asker: ask.wish.asker(&name),
                    project: name.to_string(),
                    names: names.known,
                    client: Some(ask.client.clone()),
                    until,
                    with_dependents: ask.with_dependents,
                };
                items.extend(self.items(self.processes().restart(request).await?));
            }
            items.extend(self.start_names(&ask.wish, &ask.client, &name, scripts, until, true).await?);
        }
        Ok(Actions { project, items, notices })
    }

    /// Stops, dependents first; returns when the trees are gone.
    ///
    /// # Errors
    /// A name or project that is not known.
    pub async fn stop(&self, ask: StopAsk) -> Result<Actions, Refusal> {
        names_or_all(&ask.selection, ask.all, "stop")?;
        let selected = self.select(&ask.selection).await?;
        let mut items = Vec::new();
        for (project, names) in by_project(selected.keys) {
            let request = DownRequest {
                asker: ask.wish.asker(&project),
                project: project.to_string(),
                names,
                with_dependents: ask.with_dependents,
            };
            items.extend(self.items(self.processes().down(request).await?));
        }
        self.forget_undeclared(&ask.wish, &items).await;
        Ok(Actions { project: selected.project, items, notices: Vec::new() })
    }

    /// Stopping what no configuration declares any more is the word that it may go.
    async fn forget_undeclared(&self, wish: &Wish, items: &[ActionItem]) {
        for item in items {
            let undeclared = item.row.as_ref().is_some_and(|row| row.view.is_undeclared());
            if !undeclared || item.result.is_err() {
                continue;
            }
            // What was declared or started again meanwhile refuses, and stays.
            if self.processes().remove(wish.asker(&item.key.name), &item.key).await.is_ok() {
                self.insight().forget(&item.key).await;
            }
        }
    }

    /// Takes a project (or some of it) down. Without names the project is closed: it does not resume.
    ///
    /// # Errors
    /// As [`World::stop`].
    pub async fn down(&self, wish: Wish, selection: Selection) -> Result<Actions, Refusal> {
        let whole = selection.names.is_empty();
        let ask = StopAsk { wish, selection, all: true, with_dependents: false };
        let actions = self.stop(ask).await?;
        if let Some(project) = actions.project.as_ref().filter(|_| whole) {
            self.projects().close(&project.name).await?;
        }
        Ok(actions)
    }

    /// Forgets ended ad-hoc or detected processes; with `logs` their captures too.
    ///
    /// # Errors
    /// A name or project that is not known.
    pub async fn remove(&self, wish: Wish, selection: Selection, logs: bool) -> Result<Actions, Refusal> {
        if selection.names.is_empty() {
            return Err(Refusal::new(Kind::Invalid, "NO_NAMES", "say which processes to forget"));
        }
        let selected = self.select(&selection).await?;
        let mut items = Vec::new();
        for key in selected.keys {
            let removed = self.processes().remove(wish.asker(&key.name), &key).await;
            let result = match removed {
                Ok(_) => {
                    self.insight().forget(&key).await;
                    if logs {
                        self.logs().forget(&key, true).await?;
                    }
                    Ok(Done { did: ActionDid::Removed, row: None })
                }
                Err(error) => Err(error.into()),
            };
            items.push(self.item(key, result));
        }
        Ok(Actions { project: selected.project, items, notices: Vec::new() })
    }

    /// Reads the project's files anew and tells supervision what they declare.
    pub(crate) async fn refresh(
        &self,
        name: &Arc<str>,
        dir: &std::path::Path,
        client: &ClientContext,
    ) -> Result<Loaded, Refusal> {
        let path = client.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.into());
        let loaded = self.projects().load(dir, path).await?;
        self.works().declare(name, dir, &loaded).await?;
        Ok(loaded)
    }

    /// What the names mean, project by project, and what there is to tell of it; files are read anew, so that an
    /// edited configuration counts. One with mistakes changes nothing: what is known is started as it was read
    /// last, and only a name that is not known needs the files.
    async fn startable(
        &self,
        selection: &Selection,
        client: &ClientContext,
    ) -> Result<(Option<ProjectRef>, BTreeMap<Arc<str>, Startable>, Vec<String>), Refusal> {
        let all_qualified =
            !selection.names.is_empty() && selection.names.iter().all(|name| name.contains('/'));
        let project = match self.project(&selection.project).await {
            Ok(project) => project,
            Err(_) if all_qualified => None,
            Err(refusal) => return Err(refusal),
        };
        let mut loaded: BTreeMap<Arc<str>, Result<Loaded, Refusal>> = BTreeMap::new();
        let mut notices = Vec::new();
        let mut chosen: BTreeMap<Arc<str>, Startable> = BTreeMap::new();
        let wanted: Vec<ProjectRef> = match (&project, selection.names.is_empty()) {
            (Some(project), true) => vec![project.clone()],
            (None, true) => self.every_project(),
            _ => Vec::new(),
        };
        for project in wanted {
            let files = self.refresh_or_keep(&project, client, &mut notices).await?;
            let registry = self.processes().snapshot();
            let known = registry.of_project(&project.name).map(|view| view.key.name.to_string()).collect();
            let mut names = Startable { known, ..Startable::default() };
            match files {
                Ok(files) => self.add_needed(&project, &files, &mut names)?,
                Err(mistakes) if names.known.is_empty() => return Err(mistakes),
                Err(_) => {}
            }
            chosen.insert(project.name, names);
        }
        for name in &selection.names {
            let (of, plain) = match name.split_once('/') {
                Some((of, plain)) => (self.named(of).await?, plain),
                None => match &project {
                    Some(project) => (project.clone(), name.as_str()),
                    None => {
                        return Err(Refusal::new(
                            Kind::Invalid,
                            "NO_PROJECT",
                            "say the project of each name",
                        )
                        .hint(format!("as `PROJECT/{name}`")));
                    }
                },
            };
            if !loaded.contains_key(&of.name) {
                let files = self.refresh_or_keep(&of, client, &mut notices).await?;
                loaded.insert(of.name.clone(), files);
            }
            let Some(files) = loaded.get(&of.name) else { continue };
            let to = chosen.entry(of.name.clone()).or_default();
            match files {
                Ok(files) => self.add_named(&of, files, plain, to)?,
                Err(mistakes) if !self.add_known(&of, plain, to) => return Err(mistakes.clone()),
                Err(_) => {}
            }
        }
        Ok((project, chosen, notices))
    }

    /// [`World::refresh`]; a configuration with mistakes is given back as such, and told.
    async fn refresh_or_keep(
        &self,
        of: &ProjectRef,
        client: &ClientContext,
        notices: &mut Vec<String>,
    ) -> Result<Result<Loaded, Refusal>, Refusal> {
        match self.refresh(&of.name, &of.dir, client).await {
            Err(refusal) if refusal.code == "CONFIG" => {
                let told = &refusal.message;
                notices.push(format!(
                    "{}: {told} and changes nothing until it is mended; `config check` tells more",
                    of.name
                ));
                Ok(Err(refusal))
            }
            other => other.map(Ok),
        }
    }

    /// Adds the known processes of this name or glob; false if there are none.
    fn add_known(&self, of: &ProjectRef, name: &str, to: &mut Startable) -> bool {
        let Ok(keys) = resolve(&self.processes().snapshot(), Some(&of.name), name) else { return false };
        for key in keys {
            if !to.known.iter().any(|known| **known == *key.name) {
                to.known.push(key.name.to_string());
            }
        }
        true
    }

    /// A name or glob among the known processes, else a script; and what they depend on.
    pub(crate) fn add_named(
        &self,
        of: &ProjectRef,
        files: &Loaded,
        name: &str,
        to: &mut Startable,
    ) -> Result<(), Refusal> {
        if self.add_known(of, name, to) {
            return self.add_needed(of, files, to);
        }
        let registry = self.processes().snapshot();
        if glob::is_glob(name) {
            resolve(&registry, Some(&of.name), name)?;
        }
        let Some(spec) = files.spec(name) else {
            let names = registry.of_project(&of.name).map(|view| &*view.key.name);
            let scripts = files.specs.iter().map(|spec| spec.name.as_str());
            return Err(no_process(name, Some(&of.name), names.chain(scripts)));
        };
        if !to.scripts.iter().any(|script| script.name == spec.name) {
            to.scripts.push(spec.clone());
        }
        self.add_needed(of, files, to)
    }

    /// Starts known processes together (their dependencies order them), and scripts each for itself.
    pub(crate) async fn start_names(
        &self,
        wish: &Wish,
        client: &ClientContext,
        project: &str,
        mut names: Startable,
        until: Until,
        with_dependencies: bool,
    ) -> Result<Vec<ActionItem>, Refusal> {
        let mut items = Vec::new();
        self.make_needed(project, &mut names).await?;
        if !names.known.is_empty() {
            let request = UpRequest {
                asker: wish.asker(project),
                project: project.to_owned(),
                names: names.known,
                client: Some(client.clone()),
                until,
                with_dependencies,
            };
            items.extend(self.items(self.processes().up(request).await?));
        }
        let project_dir = self.projects().get(project)?.dir.clone();
        let starts = names.scripts.into_iter().map(|spec| {
            let key = ProcessKey::new(project, spec.name.as_str());
            let request = StartRequest {
                asker: wish.asker(&key.to_string()),
                key: key.clone(),
                spec: Some(NewSpec { spec, project_dir: project_dir.clone() }),
                client: Some(client.clone()),
                until,
                with_dependencies,
                must_be_new: false,
            };
            async move { (key, self.processes().start(request).await) }
        });
        items.extend(self.items(futures::future::join_all(starts).await));
        Ok(items)
    }

    pub(crate) fn items(&self, answers: Vec<Answer>) -> Vec<ActionItem> {
        answers
            .into_iter()
            .map(|(key, answer)| {
                let result = match answer {
                    Ok(outcome) => Ok(Done { did: outcome.did.into(), row: Some(self.row(outcome.view)) }),
                    Err(error) => Err(Refusal::from(error)),
                };
                self.item(key, result)
            })
            .collect()
    }

    pub(crate) fn item(&self, key: ProcessKey, result: Result<Done, Refusal>) -> ActionItem {
        let row = self.processes().snapshot().get(&key).cloned().map(|view| self.row(view));
        ActionItem { key, result, row }
    }

    fn every_project(&self) -> Vec<ProjectRef> {
        let known = self.projects().list();
        known
            .iter()
            .map(|project| ProjectRef { name: project.name.clone(), dir: project.dir.clone(), here: false })
            .collect()
    }

    async fn named(&self, name: &str) -> Result<ProjectRef, Refusal> {
        let ask = ProjectAsk::Named { name: name.to_owned(), here: None };
        match self.project(&ask).await? {
            Some(project) => Ok(project),
            None => Err(ProcessError::Internal("a named project is one".to_owned()).into()),
        }
    }

    /// As people say it: which project, known or not yet.
    pub(crate) async fn locate(
        &self,
        ask: &ProjectAsk,
        verb: Verb,
    ) -> Result<brummer_projects::Located, Refusal> {
        let selector = match ask {
            ProjectAsk::Named { name, .. } => Selector::Named(name),
            ProjectAsk::Here(dir) => Selector::Here(dir),
            ProjectAsk::All => {
                return Err(Refusal::new(Kind::Invalid, "ONE_PROJECT", "this works on one project"));
            }
        };
        Ok(self.projects().locate(selector, verb).await?)
    }
}

impl From<Did> for ActionDid {
    fn from(did: Did) -> Self {
        match did {
            Did::Started => Self::Started,
            Did::AlreadyRunning => Self::AlreadyRunning,
            Did::Stopped => Self::Stopped,
            Did::AlreadyStopped => Self::AlreadyStopped,
            Did::Restarted => Self::Restarted,
            Did::Removed => Self::Removed,
            Did::Waiting => Self::Waiting,
        }
    }
}

fn names_or_all(selection: &Selection, all: bool, verb: &str) -> Result<(), Refusal> {
    if selection.names.is_empty() && !all {
        return Err(Refusal::new(Kind::Invalid, "NO_NAMES", format!("say which processes to {verb}"))
            .hint("or `--all`"));
    }
    Ok(())
}

fn by_project(keys: Vec<ProcessKey>) -> BTreeMap<Arc<str>, Vec<String>> {
    let mut projects: BTreeMap<Arc<str>, Vec<String>> = BTreeMap::new();
    for key in keys {
        projects.entry(key.project).or_default().push(key.name.to_string());
    }
    projects
}
