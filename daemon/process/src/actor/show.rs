//! Showing a process to others, and writing down what the next daemon must know.

use std::sync::Arc;

use brummer_event::event::ProcessChange;
use brummer_event::spec::Kind;
use brummer_event::{ProcessKey, ProcessState, RunId};
use brummer_scope::{clock, faults};
use brummer_store::StoreError;
use brummer_store::processes::{self, RunRow};

use super::{Actor, Cause, Form};
use crate::ProcessView;
use crate::record::{Record, RunRecord, SavedContext, SavedExit, text};
use crate::state::{Phase, Then};

impl ProcessView {
    /// A process that never ran.
    pub(crate) fn fresh(key: ProcessKey, form: &Form) -> Self {
        Self {
            key,
            generation: 1,
            spec: form.spec.clone(),
            next: form.spec.clone(),
            project_dir: form.project_dir.clone(),
            declared: form.declared,
            wanted: false,
            state: ProcessState::Stopped,
            ready: None,
            pid: None,
            run: None,
            started_at: None,
            started_mono_ns: None,
            first_started_at: None,
            restarts: 0,
            exit: None,
            next_start_at: None,
            attempt: 0,
            attempts_max: 0,
            draining: false,
            leftovers: Vec::new(),
            reason: "never started".into(),
            blocked: false,
            shim: None,
        }
    }
}

impl Actor {
    fn view(&self) -> ProcessView {
        let state = self.machine.phase.word();
        let run = self.run.as_ref().filter(|_| self.machine.leader);
        let spec = run.map_or(&self.form.spec, |run| &run.spec);
        let mut leftovers = match &self.run {
            Some(run) if !self.machine.leader && !run.gone => run.leftovers(),
            _ => Vec::new(),
        };
        leftovers.extend(
            self.orphans.iter().flat_map(|orphans| &orphans.pids).filter_map(|id| u32::try_from(id.pid).ok()),
        );
        let daemonized = run.and_then(|run| run.held.as_ref().and(run.leftovers().first().copied()));
        let draining = self.run.as_ref().is_some_and(|run| {
            !run.gone && run.exit.is_some() && run.held.is_none() && (!run.announced || run.output_open)
        });
        let next = self.next_start.filter(|_| state == ProcessState::Backoff);
        ProcessView {
            key: self.key.clone(),
            generation: self.generation,
            ready: (state == ProcessState::Running).then(|| spec.kind == Kind::Service && self.is_ready()),
            spec: spec.clone(),
            next: self.form.spec.clone(),
            project_dir: self.form.project_dir.clone(),
            declared: self.form.declared,
            wanted: self.wanted,
            state,
            pid: daemonized.or_else(|| run.and_then(|run| run.pid())),
            run: self.newest,
            started_at: run.and_then(|run| run.started).map(|(_, wall)| wall),
            started_mono_ns: run.and_then(|run| run.started).map(|(mono, _)| mono),
            first_started_at: self.first_started_at,
            restarts: self.restarts,
            exit: if state.is_live() { None } else { self.exit.clone() },
            next_start_at: next.map(|next| next.wall_ns),
            attempt: next.map_or(0, |next| next.attempt),
            attempts_max: if next.is_some() { self.policy().most_restarts } else { 0 },
            draining,
            leftovers,
            reason: self.reason.clone(),
            blocked: self.blocked,
            shim: self.run.as_ref().filter(|run| !run.gone).and_then(|run| run.shim),
        }
    }

    /// Publishes the view if it differs; a change of state is told to everybody.
    pub(super) fn show(&mut self) {
        let mut view = self.view();
        let old = self.cell.load();
        view.generation = old.generation;
        if view == *old {
            return;
        }
        self.generation += 1;
        view.generation = self.generation;
        let view = self.cell.store(view);
        let told = |view: &ProcessView| (view.state, view.run, view.ready, view.is_unready());
        if told(&view) == told(&old) {
            self.shared.notice(self.key.clone());
            return;
        }
        self.shared.announce(ProcessChange {
            process: self.key.clone(),
            run: view.run,
            from: (old.run.is_some() || old.state != view.state).then_some(old.state),
            to: view.state,
            ready: view.ready,
            pid: view.pid,
            reason: view.reason.clone(),
            exit: view.exit.clone(),
        });
    }

    /// Shows what was recovered without telling anybody: it is no change.
    pub(super) fn show_quietly(&mut self) {
        let view = self.view();
        self.cell.store(view);
    }

    fn record(&self) -> Record {
        Record {
            boot: self.shared.config.boot_id.clone(),
            state: self.machine.phase.word().as_str().to_owned(),
            then_start: self.machine.phase == Phase::Stopping(Then::Start),
            reason: self.reason.to_string(),
            generation: self.generation,
            restarts: self.restarts,
            first_started_at: self.first_started_at,
            without_dependencies: self.without_dependencies,
            history: self.history.clone(),
            next_start: self.next_start,
            run: self.newest.map(|run| run.to_string()),
            exit: self.exit.as_ref().map(SavedExit::from),
            left_behind: self.orphans.is_some(),
            passed: self.passed.map(|run| run.to_string()),
        }
    }

    /// Writes down how things stand. Where that fails the process goes on as it is: the run directories are the
    /// truth about what runs.
    pub(super) async fn save(&mut self) {
        if let Err(error) = self.write(None).await {
            metrics::counter!("brummer_process_unsaved_total").increment(1);
            tracing::error!(process = %self.key, %error, "a change could not be written down; after a crash it is not known");
        }
    }

    /// Writes down that a run is to begin. Only then may it.
    pub(super) async fn intend_run(&mut self) {
        let (run, now) = (RunId::generate(), clock::wall_ns());
        self.next_run = run;
        self.newest = Some(run);
        self.first_started_at.get_or_insert(now);
        match self.cause {
            Cause::Restart | Cause::Changed | Cause::Policy { .. } => self.restarts += 1,
            Cause::Start | Cause::Resume => {}
        }
        let record = RunRecord {
            spec: self.form.spec.clone(),
            project_dir: self.form.project_dir.to_path_buf(),
            stop_command: false,
            environment_origin: self.client_origin.clone(),
            pid: None,
            started_at: None,
        };
        let row = text(&record).map(|record| RunRow {
            run,
            key: self.key.clone(),
            boot_id: self.shared.config.boot_id.clone(),
            created: now,
            record,
            exit: None,
        });
        let written = match row {
            Ok(row) => self.write(Some(row)).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        self.intent_failed = written.err();
        faults::point("intent");
    }

    async fn write(&mut self, begin: Option<RunRow>) -> Result<(), StoreError> {
        let (key, wanted) = (self.key.clone(), self.wanted);
        let damaged =
            |error: serde_json::Error| StoreError::Damaged { what: "record", text: error.to_string() };
        let record = text(&self.record()).map_err(damaged)?;
        let context = match self.client_unsaved {
            true => {
                let origin = self.client_origin.clone();
                let client = brummer_event::spec::ClientContext::clone(&self.client);
                Some(text(&SavedContext { origin, client }).map_err(damaged)?)
            }
            false => None,
        };
        let commands = std::mem::take(&mut self.commands);
        let end = self.unsaved_end.take();
        let memory = i64::try_from(self.shared.config.command_memory.as_nanos()).unwrap_or(i64::MAX);
        let oldest = clock::wall_ns().saturating_sub(memory);
        let durable = !commands.is_empty();
        let work = move |c: &_| {
            processes::put_record(c, &key, wanted, &record)?;
            if let Some(context) = &context {
                processes::put_context(c, &key, context)?;
            }
            if let Some(row) = &begin {
                processes::begin_run(c, row)?;
            }
            if let Some((run, record, exit)) = &end {
                processes::end_run(c, *run, record, exit)?;
            }
            commands.iter().try_for_each(|command| processes::begin_command(c, command, oldest))
        };
        if durable {
            self.shared.store.durable(work).await?
        } else {
            self.shared.store.call(work).await?
        }
        self.client_unsaved = false;
        Ok(())
    }

    /// Gives a sentence to what is going on without any change of state.
    pub(super) fn explain(&mut self, reason: String, blocked: bool) {
        if *self.reason != *reason || self.blocked != blocked {
            self.reason = Arc::from(reason);
            self.blocked = blocked;
            self.show();
        }
    }
}
