//! `run`: an ad-hoc process. Its directory becomes a known project, never a trusted one.

use std::path::PathBuf;

use brummer_event::spec::{ClientContext, Command, Kind as ProcessKind, Origin, ProcessSpec, Restart};
use brummer_event::{LineCursor, ProcessKey};
use brummer_process::{NewSpec, ProcessError, StartRequest, Until};
use brummer_projects::names::{self, Named};
use brummer_projects::{OpenMode, Verb};

use crate::act::{Done, Startable};
use crate::projects::located_name;
use crate::select::no_process;
use crate::up::here;
use crate::{ActionItem, Kind, ProjectAsk, ProjectRef, Refusal, Wish, World};

/// Numbers tried for a name that others take at the same moment.
const NAME_TRIES: usize = 1000;

#[derive(Debug, Clone)]
pub struct RunAsk {
    pub wish: Wish,
    pub client: ClientContext,
    pub project: ProjectAsk,
    /// `None`: after the command.
    pub name: Option<String>,
    pub argv: Vec<String>,
    pub directory: PathBuf,
    /// Over the client's environment.
    pub env: Vec<(String, String)>,
}

/// A script with further arguments.
#[derive(Debug, Clone)]
pub struct ScriptAsk {
    pub wish: Wish,
    pub client: ClientContext,
    pub project: ProjectAsk,
    /// By its name, or as its own file calls it.
    pub script: String,
    pub arguments: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct RunDone {
    pub project: ProjectRef,
    pub item: ActionItem,
    /// Before the run's first line.
    pub cursor: LineCursor,
}

impl World {
    /// Starts a command as a process of its own; no shell ever sees it.
    ///
    /// # Errors
    /// A bad or taken name, an empty command, a directory that is none.
    pub async fn run(&self, ask: RunAsk) -> Result<RunDone, Refusal> {
        let Some(program) = ask.argv.first().filter(|program| !program.is_empty()) else {
            return Err(Refusal::new(Kind::Invalid, "NO_COMMAND", "say what to run: `run -- CMD`"));
        };
        if let Some(name) = &ask.name
            && let Some(fault) = names::fault(name)
        {
            return Err(Refusal::new(Kind::Invalid, "BAD_NAME", format!("`{name}` is no name: {fault}")));
        }
        let located = self.locate(&ask.project, Verb::Here).await?;
        let here = here(&located, &ask.project);
        let entered = self.projects().enter(located.dir(), OpenMode::Run).await?;
        let project =
            ProjectRef { name: entered.project.name.clone(), dir: entered.project.dir.clone(), here };
        let wanted = match &ask.name {
            Some(name) => name.clone(),
            None => {
                let base = program.rsplit('/').next().unwrap_or(program);
                names::map(base, Named::Script)
            }
        };
        let new = NewProcess {
            wish: &ask.wish,
            client: &ask.client,
            project,
            name: ask.name.as_deref(),
            wanted,
            with_dependencies: false,
        };
        self.run_new(new, |_| false, |name| spec(name, &ask)).await
    }

    /// Starts a script with further arguments as a process of its own, named after it. One with the very same
    /// arguments that is known already is started again instead.
    ///
    /// # Errors
    /// A name that is not known, a program that is missing, a configuration with mistakes.
    pub async fn run_script(&self, ask: ScriptAsk) -> Result<RunDone, Refusal> {
        let located = self.locate(&ask.project, Verb::Here).await?;
        let here = here(&located, &ask.project);
        let path = ask.client.env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.into());
        let loaded = self.projects().load(located.dir(), path).await?;
        let (Some(script), Some(known)) = (loaded.script(&ask.script), loaded.spec(&ask.script)) else {
            let names = loaded.specs.iter().map(|spec| spec.name.as_str());
            return Err(no_process(&ask.script, Some(&located_name(&located)), names));
        };
        if let Some(lack) = script.missing.as_ref().filter(|lack| !lack.is_met_by(&ask.arguments)) {
            let message = format!("`{}` {}", script.name, lack.reason());
            return Err(Refusal::new(Kind::Conflict, "MISSING_PROGRAM", message));
        }
        let entered = self.projects().enter(located.dir(), OpenMode::Run).await?;
        let project =
            ProjectRef { name: entered.project.name.clone(), dir: entered.project.dir.clone(), here };
        let command = script.with_arguments(&ask.arguments);
        let make = |name: String| {
            let mut spec = known.clone();
            (spec.name, spec.command, spec.origin) = (name, command.clone(), Origin::AdHoc);
            (spec.restart, spec.autostart) = (Restart::No, false);
            spec
        };
        let mut needed = Startable { scripts: vec![known.clone()], ..Startable::default() };
        self.add_needed(&project, &loaded, &mut needed)?;
        self.make_needed(&project.name, &mut needed).await?;
        let registry = self.processes().snapshot();
        let same = registry.of_project(&project.name).find(|view| {
            let spec = &view.spec;
            spec.origin == Origin::AdHoc && spec.command == command && spec.dir == known.dir
        });
        if let Some(view) = same {
            let cursor = self.logs().cursor_now();
            let key = view.key.clone();
            let request = StartRequest {
                asker: ask.wish.asker(&key.name),
                key: key.clone(),
                spec: Some(NewSpec { spec: make(key.name.to_string()), project_dir: project.dir.clone() }),
                client: Some(ask.client.clone()),
                until: Until::Running,
                with_dependencies: true,
                must_be_new: false,
            };
            let result = self.processes().start(request).await;
            let result = result
                .map(|outcome| Done { did: outcome.did.into(), row: Some(self.row(outcome.view)) })
                .map_err(Refusal::from);
            return Ok(RunDone { project, item: self.item(key, result), cursor });
        }
        let new = NewProcess {
            wish: &ask.wish,
            client: &ask.client,
            project,
            name: None,
            wanted: script.name.clone(),
            with_dependencies: true,
        };
        // The script's own name stays free for the script as it is.
        self.run_new(new, |name| loaded.specs.iter().any(|spec| spec.name == name), make).await
    }

    /// Starts what must not be there yet, under the name given or the next free one like the wanted one.
    async fn run_new(
        &self,
        new: NewProcess<'_>,
        reserved: impl Fn(&str) -> bool,
        make: impl Fn(String) -> ProcessSpec,
    ) -> Result<RunDone, Refusal> {
        let NewProcess { wish, client, project, name: given, wanted, with_dependencies } = new;
        let cursor = self.logs().cursor_now();
        for _ in 0..NAME_TRIES {
            let name = match given {
                Some(name) => name.to_owned(),
                None => {
                    let registry = self.processes().snapshot();
                    names::unique(&wanted, |name| {
                        let key = ProcessKey::new(project.name.clone(), name);
                        // A retry of this very command finds the name that its first try gave.
                        let taken = || {
                            registry.get(&key).is_some()
                                && !self.processes().has_begun(&wish.asker(name), &key)
                        };
                        reserved(name) || taken()
                    })
                }
            };
            let key = ProcessKey::new(project.name.clone(), name.as_str());
            let request = StartRequest {
                asker: wish.asker(&name),
                key: key.clone(),
                spec: Some(NewSpec { spec: make(name), project_dir: project.dir.clone() }),
                client: Some(client.clone()),
                until: Until::Running,
                with_dependencies,
                must_be_new: true,
            };
            let result = match self.processes().start(request).await {
                // Somebody was quicker: the next number.
                Err(ProcessError::NameTaken { .. }) if given.is_none() => continue,
                Err(error @ ProcessError::NameTaken { .. }) => return Err(error.into()),
                Ok(outcome) => Ok(Done { did: outcome.did.into(), row: Some(self.row(outcome.view)) }),
                Err(error) => Err(error.into()),
            };
            return Ok(RunDone { project, item: self.item(key, result), cursor });
        }
        Err(Refusal::new(Kind::Conflict, "NAME_TAKEN", format!("every name like `{wanted}` is taken"))
            .hint("give one with `--name`"))
    }
}

/// A process that is to be made.
struct NewProcess<'a> {
    wish: &'a Wish,
    client: &'a ClientContext,
    project: ProjectRef,
    /// `None`: the next free one like `wanted`.
    name: Option<&'a str>,
    wanted: String,
    with_dependencies: bool,
}

/// An ad-hoc process is a service that is not restarted: it may stay, and its end is its own affair.
fn spec(name: String, ask: &RunAsk) -> ProcessSpec {
    let command = Command::Exec(ask.argv.clone());
    let mut spec =
        ProcessSpec::new(name, command, ask.directory.clone(), ProcessKind::Service, Origin::AdHoc);
    spec.restart = Restart::No;
    spec.autostart = false;
    spec.env = ask.env.clone();
    spec.env_places = ask.env.iter().map(|(name, _)| (name.clone(), "run -e".to_owned())).collect();
    spec
}
