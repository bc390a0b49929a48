//! `run`: an ad-hoc process. Its directory becomes a known project, never a trusted one.

use std::path::PathBuf;

use brummer_event::spec::{ClientContext, Command, Kind as ProcessKind, Origin, ProcessSpec, Restart};
use brummer_event::{LineCursor, ProcessKey};
use brummer_process::{NewSpec, ProcessError, StartRequest, Until};
use brummer_projects::names::{self, Named};
use brummer_projects::{OpenMode, Verb};

use crate::act::Done;
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
        let cursor = self.logs().cursor_now();
        for _ in 0..NAME_TRIES {
            let name = match &ask.name {
                Some(name) => name.clone(),
                None => {
                    let registry = self.processes().snapshot();
                    names::unique(&wanted, |name| {
                        let key = ProcessKey::new(project.name.clone(), name);
                        // A retry of this very command finds the name that its first try gave.
                        registry.get(&key).is_some()
                            && !self.processes().has_begun(&ask.wish.asker(name), &key)
                    })
                }
            };
            let key = ProcessKey::new(project.name.clone(), name.as_str());
            let request = StartRequest {
                asker: ask.wish.asker(&name),
                key: key.clone(),
                spec: Some(NewSpec { spec: spec(name, &ask), project_dir: project.dir.clone() }),
                client: Some(ask.client.clone()),
                until: Until::Running,
                with_dependencies: false,
                must_be_new: true,
            };
            let result = match self.processes().start(request).await {
                // Somebody was quicker: the next number.
                Err(ProcessError::NameTaken { .. }) if ask.name.is_none() => continue,
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

/// An ad-hoc process is a service that is not restarted: it may stay, and its end is its own affair.
fn spec(name: String, ask: &RunAsk) -> ProcessSpec {
    let command = Command::Exec(ask.argv.clone());
    let mut spec =
        ProcessSpec::new(name, command, ask.directory.clone(), ProcessKind::Service, Origin::AdHoc);
    spec.restart = Restart::No;
    spec.autostart = false;
    spec.env = ask.env.clone();
    spec
}
