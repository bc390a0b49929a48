//! Wishes for several processes of one project, in the order of their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use brummer_event::ProcessKey;
use brummer_event::spec::ClientContext;
use futures::future::join_all;

use super::Supervisor;
use super::one::With;
use crate::ProcessError;
use crate::actor::Verb;
use crate::needs::{Standing, standing};
use crate::plan::{Graph, PlanError};
use crate::registry::Handle;
use crate::request::{Answer, Asker, Changed, DeclareRequest, Did, DownRequest, RestartRequest, UpRequest};
use crate::spawn;

/// The processes of one project and who depends on whom.
struct Project {
    name: String,
    handles: BTreeMap<String, Handle>,
    graph: Graph,
}

impl Project {
    fn error(&self, error: PlanError) -> ProcessError {
        match error {
            PlanError::Cycle(path) => ProcessError::Cycle { project: self.name.clone(), path },
            PlanError::Unknown { name, dependency } => {
                let key = ProcessKey::new(self.name.as_str(), name.as_str());
                ProcessError::UnknownDependency { key, dependency }
            }
        }
    }

    /// Splits names into known ones and answers for the others.
    fn known(&self, names: &[String]) -> (Vec<String>, Vec<Answer>) {
        let (known, unknown): (Vec<_>, Vec<_>) =
            names.iter().cloned().partition(|name| self.handles.contains_key(name));
        let answers = unknown.into_iter().map(|name| {
            let key = ProcessKey::new(self.name.as_str(), name.as_str());
            (key.clone(), Err(ProcessError::NotFound { key }))
        });
        (known, answers.collect())
    }
}

impl Supervisor {
    fn project(&self, project: &str) -> Project {
        let table = self.shared.table.load();
        let handles: BTreeMap<String, Handle> = table
            .values()
            .filter(|handle| &*handle.key.project == project)
            .map(|handle| (handle.key.name.to_string(), handle.clone()))
            .collect();
        let graph = Graph::new(
            handles.iter().map(|(name, handle)| (name.clone(), handle.cell.load().spec.depends_on.clone())),
        );
        Project { name: project.to_owned(), handles, graph }
    }

    /// Says what the configuration of a project declares, in its order; applied as a difference. New forms count
    /// from the next start on, with `restart_on_change` at once. What is declared no longer is forgotten, or goes
    /// on if something of it lives. Answers what became of each process.
    ///
    /// # Errors
    /// It cannot be written down; nothing has changed then.
    pub async fn declare(&self, request: DeclareRequest) -> Result<Vec<Changed>, ProcessError> {
        self.registry.declare(request).await
    }

    /// Starts the named processes, and first what they need and is not ready. Returns when each runs (or is
    /// ready), failed, or waits for something that failed. Answers cover what was started along.
    ///
    /// # Errors
    /// An unknown dependency or a circle: nothing was begun. All else is told per process.
    pub async fn up(&self, request: UpRequest) -> Result<Vec<Answer>, ProcessError> {
        let UpRequest { asker, project, names, client, until, with_dependencies } = request;
        let project = self.project(&project);
        let (names, mut answers) = project.known(&names);
        let named: BTreeSet<String> = names.iter().cloned().collect();
        let chosen = if with_dependencies {
            project.graph.with_dependencies(&names).map_err(|error| project.error(error))?
        } else {
            named.clone()
        };
        let levels = if with_dependencies {
            project.graph.levels(&chosen).map_err(|error| project.error(error))?
        } else {
            vec![names]
        };
        let mut sent = Vec::new();
        for level in levels {
            let mut of_level = Vec::new();
            for name in level {
                let Some(handle) = project.handles.get(&name) else { continue };
                let view = handle.cell.load();
                let is_named = named.contains(&name);
                // What is on its way by itself needs no second wish; what has succeeded is not done again.
                if !is_named && (!view.state.is_ended() || standing(&view) == Standing::Ready) {
                    continue;
                }
                let until = if is_named { until } else { crate::request::Until::Running };
                let with = With { client: client.clone(), until, without_dependencies: !with_dependencies };
                of_level.push((
                    handle.key.clone(),
                    self.send(handle, Verb::Start, &for_name(&asker, is_named), with),
                ));
            }
            // A dependant looks at what its dependencies show: they must show that they were started.
            for (_, sent) in &mut of_level {
                sent.accepted().await;
            }
            sent.extend(of_level);
        }
        answers
            .extend(join_all(sent.into_iter().map(|(key, sent)| async { (key, sent.answer.await) })).await);
        Ok(answers)
    }

    /// Stops the named processes, dependents first; returns when all their trees are gone.
    ///
    /// # Errors
    /// None of its own; told per process.
    pub async fn down(&self, request: DownRequest) -> Result<Vec<Answer>, ProcessError> {
        let DownRequest { asker, project, names, with_dependents } = request;
        let project = self.project(&project);
        let (names, mut answers) = project.known(&names);
        let chosen =
            if with_dependents { project.graph.with_dependents(&names) } else { names.into_iter().collect() };
        for level in project.graph.levels_anyhow(&chosen).into_iter().rev() {
            answers.extend(self.stop_level(&project, &level, &asker).await);
        }
        Ok(answers)
    }

    async fn stop_level(&self, project: &Project, level: &[String], asker: &Asker) -> Vec<Answer> {
        let stops = level.iter().filter_map(|name| project.handles.get(name)).map(|handle| {
            let sent = self.send(handle, Verb::Stop, asker, With::NOTHING);
            async { (handle.key.clone(), sent.answer.await) }
        });
        join_all(stops).await
    }

    /// Splits names into those that may be stopped for a restart, and answers for those that run and whose new run
    /// could not begin. A file that breaks later fails the start, as ever.
    async fn startable_again(
        &self,
        project: &Project,
        names: Vec<String>,
        client: Option<&ClientContext>,
    ) -> (Vec<String>, Vec<Answer>) {
        let Some(client) = client.cloned() else { return (names, Vec::new()) };
        let running = names.iter().filter_map(|name| {
            let handle = project.handles.get(name)?;
            let view = handle.cell.load();
            (!view.state.is_ended()).then(|| (handle.key.clone(), view.next.clone()))
        });
        let running: Vec<_> = running.collect();
        let check = move || -> Vec<Answer> {
            let faults = running.into_iter().filter_map(|(key, spec)| {
                let reason = spawn::check(&spec, &client).err()?;
                let reason = format!("{reason}; it was not stopped");
                Some((key.clone(), Err(ProcessError::StartFailed { key, run: None, reason })))
            });
            faults.collect()
        };
        // One that cannot be asked for is found at the start.
        let kept = self.shared.scope.blocking("restart-check", check).await.unwrap_or_default();
        let may = |name: &String| !kept.iter().any(|(key, _)| *key.name == **name);
        (names.into_iter().filter(may).collect(), kept)
    }

    /// Restarts the named processes: each old tree is gone before the new run begins. With dependents, those
    /// that run are stopped first and started again afterwards.
    ///
    /// # Errors
    /// A circle of dependencies, with dependents. All else is told per process.
    pub async fn restart(&self, request: RestartRequest) -> Result<Vec<Answer>, ProcessError> {
        let RestartRequest { asker, project, names, client, until, with_dependents } = request;
        let project = self.project(&project);
        let (names, mut answers) = project.known(&names);
        let (names, kept) = self.startable_again(&project, names, client.as_ref()).await;
        answers.extend(kept);
        let named: BTreeSet<String> = names.iter().cloned().collect();
        let mut dependents = Vec::new();
        if with_dependents {
            let all = project.graph.with_dependents(&names);
            let runs = |name: &String| {
                project.handles.get(name).is_some_and(|handle| !handle.cell.load().state.is_ended())
            };
            let around: BTreeSet<String> =
                all.into_iter().filter(|name| !named.contains(name) && runs(name)).collect();
            dependents = project.graph.levels(&around).map_err(|error| project.error(error))?;
            for level in dependents.iter().rev() {
                // A dependent that cannot be stopped says so when it is started again.
                let _told_later = self.stop_level(&project, level, &for_name(&asker, false)).await;
            }
        }
        let with = |until| With { client: client.clone(), until, without_dependencies: false };
        let restarts: Vec<_> = names
            .iter()
            .filter_map(|name| project.handles.get(name))
            .map(|handle| (handle.key.clone(), self.send(handle, Verb::Restart, &asker, with(until))))
            .collect();
        answers.extend(
            join_all(restarts.into_iter().map(|(key, sent)| async { (key, sent.answer.await) })).await,
        );
        for level in dependents {
            let mut starts = Vec::new();
            for handle in level.iter().filter_map(|name| project.handles.get(name)) {
                let mut sent = self.send(handle, Verb::Start, &for_name(&asker, false), with(until));
                sent.accepted().await;
                starts.push((handle.key.clone(), sent));
            }
            for (key, sent) in starts {
                let answer = sent.answer.await.map(|mut outcome| {
                    if outcome.did == Did::Started {
                        outcome.did = Did::Restarted;
                    }
                    outcome
                });
                answers.push((key, answer));
            }
        }
        Ok(answers)
    }

    /// Forgets a whole project.
    ///
    /// # Errors
    /// One of its processes still lives; then nothing of it is forgotten.
    pub async fn forget_project(&self, project: &str) -> Result<(), ProcessError> {
        let found = self.project(project);
        for handle in found.handles.values() {
            let view = handle.cell.load();
            if !view.state.is_ended() || !view.leftovers.is_empty() {
                return Err(ProcessError::StillRunning { key: view.key.clone(), state: view.state });
            }
        }
        let dir = found.handles.values().next().map(|handle| handle.cell.load().project_dir.clone());
        let Some(dir) = dir else { return Ok(()) };
        let (project_dir, specs) = (dir.to_path_buf(), Vec::new());
        let nothing = DeclareRequest { project: project.to_owned(), project_dir, specs, reading: None };
        self.registry.declare(nothing).await?;
        for handle in self.project(project).handles.into_values() {
            self.registry.forget(handle.key).await?;
        }
        Ok(())
    }
}

/// The condition of a command is about what it names, not about what goes along.
fn for_name(asker: &Asker, is_named: bool) -> Asker {
    Asker { expected_generation: asker.expected_generation.filter(|_| is_named), ..asker.clone() }
}
