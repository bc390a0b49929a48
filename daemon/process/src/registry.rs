//! The owner of the list of processes: makes them known, gives them new forms, forgets them. The list is
//! published as a whole; the owner asks actors, never the other way round.
//!
//! **When full**: its queue holds 64 wishes, then callers wait; beyond `max_processes` nothing new is known. **When stopping**: it ends with the daemon;
//! whoever asks after that hears [`ProcessError::Stopping`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use brummer_event::ProcessKey;
use brummer_event::spec::ProcessSpec;
use brummer_store::processes;
use tokio::sync::{mpsc, oneshot};

use crate::actor::{Actor, Ask, Form};
use crate::cell::Cell;
use crate::request::NewSpec;
use crate::shared::{Shared, Table};
use crate::{ProcessError, Registry, record};

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
    Declare { project: String, project_dir: PathBuf, specs: Vec<ProcessSpec>, reply: Reply<()> },
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
            Owner { shared, inbox }.live().await;
        });
        Self { wishes }
    }

    async fn ask<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Wish) -> Result<T, ProcessError> {
        let (reply, answered) = oneshot::channel();
        self.wishes.send(make(reply)).await.map_err(|_| ProcessError::Stopping)?;
        answered.await.map_err(|_| ProcessError::Stopping)
    }

    pub(crate) async fn declare(
        &self,
        project: &str,
        project_dir: &Path,
        specs: Vec<ProcessSpec>,
    ) -> Result<(), ProcessError> {
        let (project, project_dir) = (project.to_owned(), project_dir.to_owned());
        self.ask(|reply| Wish::Declare { project, project_dir, specs, reply }).await?
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
                Some(Wish::Declare { project, project_dir, specs, reply }) => {
                    let _unheard = reply.send(self.declare(&project, &project_dir, specs).await);
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

    async fn declare(
        &mut self,
        project: &str,
        project_dir: &Path,
        specs: Vec<ProcessSpec>,
    ) -> Result<(), ProcessError> {
        let project: Arc<str> = project.into();
        let project_dir: Arc<Path> = project_dir.into();
        let mut forms = Vec::with_capacity(specs.len());
        for (place, spec) in specs.into_iter().enumerate() {
            let key = ProcessKey::new(project.clone(), spec.name.as_str());
            let declared = Some(u32::try_from(place).unwrap_or(u32::MAX - 1));
            forms.push((key, Form { spec: Arc::new(spec), project_dir: project_dir.clone(), declared }));
        }
        let table = self.shared.table.load_full();
        let no_longer: Vec<Handle> = table
            .values()
            .filter(|handle| handle.key.project == project)
            .filter(|handle| handle.cell.load().declared.is_some())
            .filter(|handle| forms.iter().all(|(key, _)| *key != handle.key))
            .cloned()
            .collect();
        self.room_for(forms.iter().filter(|(key, _)| !table.contains_key(key)).count())?;
        self.write(&forms).await?;
        let mut next = Table::clone(&table);
        for (key, form) in forms {
            match table.get(&key) {
                Some(handle) => reform(handle, form).await,
                None => enlist(&self.shared, &mut next, key, form),
            }
        }
        self.shared.table.store(Arc::new(next));
        for handle in no_longer {
            self.undeclare(&handle).await?;
        }
        Ok(())
    }

    /// Out of the configuration: never run, it is forgotten; else it stays known until `rm`.
    async fn undeclare(&mut self, handle: &Handle) -> Result<(), ProcessError> {
        let view = handle.cell.load();
        let form = Form { spec: view.spec.clone(), project_dir: view.project_dir.clone(), declared: None };
        self.write(&[(handle.key.clone(), form.clone())]).await?;
        reform(handle, form).await;
        if view.run.is_none() {
            match self.forget(handle.key.clone()).await {
                // It was started meanwhile: then it stays.
                Ok(()) | Err(ProcessError::StillRunning { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
                if view.state.is_live() || view.spec != form.spec || view.project_dir != form.project_dir {
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

async fn reform(handle: &Handle, form: Form) {
    let view = handle.cell.load();
    // What is shown of a living run is the form it was started with.
    let shown = !view.state.is_live() && view.spec == form.spec;
    if shown && view.declared == form.declared && view.project_dir == form.project_dir {
        return;
    }
    let (taken, shown) = oneshot::channel();
    // An actor that is gone was forgotten, or the daemon stops: nobody needs the form.
    if handle.asks.send(Ask::Form(form, taken)).await.is_ok() {
        let _either = shown.await;
    }
}
