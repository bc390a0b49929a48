//! The owner of the list of processes: makes them known, gives them new forms, forgets them. The list is
//! published as a whole; the owner asks actors, never the other way round.
//!
//! **When full**: its queue holds 64 wishes, then callers wait; beyond `max_processes` nothing new is known. **When stopping**: it ends with the daemon;
//! whoever asks after that hears [`ProcessError::Stopping`].

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use brummer_event::ProcessKey;
use brummer_event::spec::ProcessSpec;
use brummer_store::processes;
use tokio::sync::{mpsc, oneshot};

use crate::actor::{Actor, Ask, Form};
use crate::cell::Cell;
use crate::diff::{Place, Step, diff};
use crate::request::{Change, Changed, DeclareRequest, NewSpec};
use crate::shared::{Shared, Table};
use crate::{ProcessError, ProcessView, Registry, record};

const QUEUE: usize = 64;

/// How others reach a process.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    pub(crate) key: ProcessKey,
    pub(crate) cell: Arc<Cell>,
    pub(crate) asks: mpsc::Sender<Ask>,
}

impl Handle {
    /// Asks the process's task; an ended one means that it was forgotten or the daemon stops.
    pub(crate) async fn ask<T>(
        &self,
        shared: &Shared,
        make: impl FnOnce(oneshot::Sender<T>) -> Ask,
    ) -> Result<T, ProcessError> {
        let (answer, answered) = oneshot::channel();
        let gone = || {
            if shared.leave.is_cancelled() {
                ProcessError::Stopping
            } else if self.cell.is_retired() {
                ProcessError::NotFound { key: self.key.clone() }
            } else {
                // Its run goes on in its shim.
                let name = &self.key.name;
                ProcessError::Internal(format!(
                    "the task of `{name}` broke down (the log says why); `daemon restart` takes it up again"
                ))
            }
        };
        self.asks.send(make(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

type Reply<T> = oneshot::Sender<Result<T, ProcessError>>;

/// A wish about the list.
enum Wish {
    Declare { request: DeclareRequest, reply: Reply<Vec<Changed>> },
    Ensure { key: ProcessKey, spec: Option<Box<NewSpec>>, must_be_new: bool, reply: Reply<Handle> },
    Forget { key: ProcessKey, reply: Reply<()> },
    Read { reply: oneshot::Sender<Registry> },
}

/// Handle of the owner.
#[derive(Debug, Clone)]
pub(crate) struct RegistryHandle {
    wishes: mpsc::Sender<Wish>,
}

impl RegistryHandle {
    /// Starts the owner.
    pub(crate) fn start(shared: Arc<Shared>) -> Self {
        let (wishes, inbox) = mpsc::channel(QUEUE);
        let token = shared.tracker.token();
        let scope = shared.scope.clone();
        let _detached = scope.spawn("process-registry", async move {
            let _token = token;
            Owner { shared, inbox, readings: HashMap::new() }.live().await;
        });
        Self { wishes }
    }

    async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Wish) -> Result<T, ProcessError> {
        let (reply, answered) = oneshot::channel();
        self.wishes.send(make(reply)).await.map_err(|_| ProcessError::Stopping)?;
        answered.await.map_err(|_| ProcessError::Stopping)
    }

    pub(crate) async fn declare(&self, request: DeclareRequest) -> Result<Vec<Changed>, ProcessError> {
        self.ask(|reply| Wish::Declare { request, reply }).await?
    }

    pub(crate) async fn ensure(
        &self,
        key: ProcessKey,
        spec: Option<NewSpec>,
        must_be_new: bool,
    ) -> Result<Handle, ProcessError> {
        let spec = spec.map(Box::new);
        self.ask(|reply| Wish::Ensure { key, spec, must_be_new, reply }).await?
    }

    pub(crate) async fn forget(&self, key: ProcessKey) -> Result<(), ProcessError> {
        self.ask(|reply| Wish::Forget { key, reply }).await?
    }

    pub(crate) async fn read(&self) -> Result<Registry, ProcessError> {
        self.ask(|reply| Wish::Read { reply }).await
    }
}

/// All views as they are now, in order of display.
pub(crate) fn snapshot(shared: &Shared) -> Registry {
    Registry::new(shared.table.load().values().map(|handle| handle.cell.load()).collect())
}

/// Puts a process into the list and starts its task.
pub(crate) fn enlist(shared: &Arc<Shared>, table: &mut Table, key: ProcessKey, form: Form) {
    let handle = Actor::start(shared.clone(), key.clone(), form);
    table.insert(key, handle);
}

struct Owner {
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Wish>,
    /// The newest reading of each project's files that is in force.
    readings: HashMap<Arc<str>, u64>,
}

impl Owner {
    async fn live(mut self) {
        let leave = self.shared.leave.clone();
        loop {
            let wish = tokio::select! {
                wish = self.inbox.recv() => wish,
                () = leave.cancelled() => return,
            };
            // A caller that went away ended its waiting, not the work.
            match wish {
                None => return,
                Some(Wish::Declare { request, reply }) => {
                    let _unheard = reply.send(self.declare(request).await);
                }
                Some(Wish::Ensure { key, spec, must_be_new, reply }) => {
                    let _unheard = reply.send(self.ensure(key, spec.map(|spec| *spec), must_be_new).await);
                }
                Some(Wish::Forget { key, reply }) => {
                    let _unheard = reply.send(self.forget(key).await);
                }
                Some(Wish::Read { reply }) => {
                    let _unheard = reply.send(snapshot(&self.shared));
                }
            }
        }
    }

    /// Takes over what a project's files say, as a difference to what is known.
    async fn declare(&mut self, request: DeclareRequest) -> Result<Vec<Changed>, ProcessError> {
        let DeclareRequest { project, project_dir, specs, reading } = request;
        let (project, dir): (Arc<str>, Arc<Path>) = (project.into(), project_dir.into());
        let table = self.shared.table.load_full();
        let known: Vec<Arc<ProcessView>> = table
            .values()
            .filter(|handle| handle.key.project == project)
            .map(|handle| handle.cell.load())
            .collect();
        if reading.is_some_and(|reading| self.readings.get(&project).is_some_and(|newer| *newer > reading)) {
            let unchanged = |view: Arc<ProcessView>| Changed {
                key: view.key.clone(),
                change: Change::Unchanged,
                view: Some(view),
            };
            return Ok(known.into_iter().map(unchanged).collect());
        }
        let steps: Vec<(ProcessKey, Step)> = diff(&known, &dir, specs)
            .into_iter()
            .map(|(name, step)| (ProcessKey::new(project.clone(), name), step))
            .collect();
        self.room_for(steps.iter().filter(|(_, step)| matches!(step, Step::Add(..))).count())?;
        let forms: Vec<(ProcessKey, Form)> = steps
            .iter()
            .filter_map(|(key, step)| step.form().map(|(spec, place)| (key.clone(), form(&dir, spec, place))))
            .collect();
        self.write(&forms).await?;
        match reading {
            Some(reading) => self.readings.insert(project, reading),
            None => self.readings.remove(&project),
        };
        self.add(&table, &steps, &dir);
        let mut changes = Vec::with_capacity(steps.len());
        for (key, step) in steps {
            changes.push(self.take(key, step, &dir).await?);
        }
        Ok(changes)
    }

    /// Makes the new ones known, all at once: a dependency must be there before its dependant is asked for.
    fn add(&self, table: &Table, steps: &[(ProcessKey, Step)], dir: &Arc<Path>) {
        let mut next = Table::clone(table);
        let mut added = Vec::new();
        for (key, step) in steps {
            if let Step::Add(spec, place) = step {
                enlist(&self.shared, &mut next, key.clone(), form(dir, spec, *place));
                added.push(key);
            }
        }
        if added.is_empty() {
            return;
        }
        self.shared.table.store(Arc::new(next));
        for key in added {
            self.shared.notice(key.clone());
        }
    }

    async fn take(&mut self, key: ProcessKey, step: Step, dir: &Arc<Path>) -> Result<Changed, ProcessError> {
        let handle = self.shared.handle(&key).ok_or_else(|| ProcessError::NotFound { key: key.clone() })?;
        let before = handle.cell.load();
        let change = match step {
            Step::Add(..) => Change::Added,
            Step::Leave => Change::Unchanged,
            Step::Reform(spec, place) => {
                let same = spec.runs_as(&before.next) && before.declared.is_some() == place.is_some();
                match reform(&handle, form(dir, &spec, place)).await {
                    true => Change::Restarted,
                    false if same => Change::Unchanged,
                    false => Change::Changed,
                }
            }
            Step::Undeclare(spec) => {
                let told = spec.is_none();
                if let Some(spec) = spec {
                    reform(&handle, form(dir, &spec, None)).await;
                }
                match self.forget(key.clone()).await {
                    Ok(()) => return Ok(Changed { key, change: Change::Removed, view: None }),
                    Err(ProcessError::StillRunning { .. }) if told => Change::Unchanged,
                    // Something of it lives: it goes on until somebody stops it.
                    Err(ProcessError::StillRunning { .. }) => Change::Removed,
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(Changed { key, change, view: Some(handle.cell.load()) })
    }

    async fn ensure(
        &mut self,
        key: ProcessKey,
        spec: Option<NewSpec>,
        must_be_new: bool,
    ) -> Result<Handle, ProcessError> {
        let known = self.shared.handle(&key);
        let Some(NewSpec { spec, project_dir }) = spec else {
            return known.ok_or(ProcessError::NotFound { key });
        };
        let declared = known.as_ref().and_then(|handle| handle.cell.load().declared);
        let form = Form { spec: Arc::new(spec), project_dir: project_dir.into(), declared };
        match known {
            Some(_) if must_be_new => Err(ProcessError::NameTaken { key }),
            Some(handle) => {
                let view = handle.cell.load();
                if view.next != form.spec || view.project_dir != form.project_dir {
                    self.write(&[(key, form.clone())]).await?;
                    reform(&handle, form).await;
                }
                Ok(handle)
            }
            None => {
                self.room_for(1)?;
                self.write(&[(key.clone(), form.clone())]).await?;
                let mut next = Table::clone(&self.shared.table.load());
                enlist(&self.shared, &mut next, key.clone(), form);
                self.shared.table.store(Arc::new(next));
                self.shared.handle(&key).ok_or(ProcessError::NotFound { key })
            }
        }
    }

    async fn forget(&mut self, key: ProcessKey) -> Result<(), ProcessError> {
        let handle = self.shared.handle(&key).ok_or_else(|| ProcessError::NotFound { key: key.clone() })?;
        handle.ask(&self.shared, Ask::Retire).await??;
        let forgotten = key.clone();
        self.shared.store.durable(move |c| processes::forget(c, &forgotten)).await?;
        let mut next = Table::clone(&self.shared.table.load());
        next.remove(&key);
        self.shared.table.store(Arc::new(next));
        self.shared.announce_removed(key);
        Ok(())
    }

    /// The list is bounded: a script that runs and never forgets is told.
    fn room_for(&self, new: usize) -> Result<(), ProcessError> {
        let most = self.shared.config.max_processes;
        if self.shared.table.load().len() + new > most {
            metrics::counter!("brummer_process_refused_total").increment(1);
            return Err(ProcessError::TooMany { most });
        }
        Ok(())
    }

    async fn write(&self, forms: &[(ProcessKey, Form)]) -> Result<(), ProcessError> {
        if forms.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::with_capacity(forms.len());
        for (key, form) in forms {
            let spec = record::text(&*form.spec)
                .map_err(|error| ProcessError::io(format!("write down `{}`", key.name), &error))?;
            let Some(dir) = form.project_dir.to_str().map(str::to_owned) else {
                let what = format!("use {}", form.project_dir.display());
                return Err(ProcessError::Io { what, reason: "its path is not UTF-8".to_owned() });
            };
            rows.push((key.clone(), dir, form.declared, spec));
        }
        self.shared
            .store
            .durable(move |c| {
                rows.iter().try_for_each(|(key, dir, declared, spec)| {
                    processes::declare(c, key, dir, *declared, spec)
                })
            })
            .await?;
        Ok(())
    }
}

fn form(dir: &Arc<Path>, spec: &Arc<ProcessSpec>, declared: Place) -> Form {
    Form { spec: spec.clone(), project_dir: dir.clone(), declared }
}

/// Gives a process another form. Says whether a new run was begun for it.
async fn reform(handle: &Handle, form: Form) -> bool {
    let (taken, begun) = oneshot::channel();
    // An actor that is gone was forgotten, or the daemon stops: nobody needs the form.
    handle.asks.send(Ask::Form(form, taken)).await.is_ok() && begun.await.unwrap_or(false)
}
