//! Whether the living run is ready: once a line of it matches its check.
//!
//! The line is looked for by the reader of captures, in everything that the run has said since it began, also
//! under an earlier daemon. What it answers is a future that the actor awaits among other things: there is no
//! queue between them, and nothing that could be missed. That a check has passed is written down with the
//! process, so that a later daemon needs the line no more (it may be forgotten by then).
//!
//! A deadline that passes ends nothing: the run goes on as *running, not ready*, those who wait for it are
//! told, and a later line makes it ready all the same.

use std::time::Duration;

use brummer_event::spec::{Kind, ReadyCheck};
use brummer_scope::clock;
use futures::FutureExt as _;

use super::{Actor, ends};
use crate::state::{Check, Input, Phase};

/// What is left at least of an adopted run's deadline: what it said while no daemon was there is read first.
const LEAST_ADOPTED: Duration = Duration::from_secs(10);

/// How the check of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readiness {
    /// There is no check, or it has passed.
    Ready,
    Open,
    /// Not passed when its deadline was over.
    Overdue,
}

impl Actor {
    /// The program of the newest run runs, as its shim says, on each connection anew. Answers how its check stands.
    pub(super) fn check_started(&mut self) -> Check {
        if self.machine.phase != Phase::Starting {
            return self.check();
        }
        let up = match self.run.as_ref().and_then(|run| run.started) {
            Some((mono, _)) => Duration::from_nanos(clock::mono_ns().saturating_sub(mono)),
            None => Duration::ZERO,
        };
        self.begin_check(up)
    }

    /// Begins to check the living run, or begins anew; `up`: so much of the deadline is over.
    fn begin_check(&mut self, up: Duration) -> Check {
        self.end_check();
        let Some(run) = &mut self.run else { return Check::Closed };
        let check = run.spec.ready.clone().filter(|_| run.spec.kind == Kind::Service);
        let Some(check) = check.filter(|_| self.passed != Some(run.id)) else {
            run.readiness = Readiness::Ready;
            return Check::Closed;
        };
        run.readiness = Readiness::Open;
        let least = if run.adopted { LEAST_ADOPTED.min(check.deadline) } else { Duration::ZERO };
        let left = check.deadline.saturating_sub(up).max(least);
        self.ready_line = Some(self.shared.logs.first_line(self.key.clone(), run.id, check.log));
        self.ready_deadline = Some(tokio::time::sleep(left).boxed());
        Check::Open
    }

    /// Nothing is looked for any more.
    pub(super) fn end_check(&mut self) {
        (self.ready_line, self.ready_deadline) = (None, None);
    }

    /// How the machine is to see the check now.
    pub(super) fn check(&self) -> Check {
        match &self.run {
            Some(run) if run.readiness == Readiness::Open => Check::Open,
            _ => Check::Closed,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.run.as_ref().is_none_or(|run| run.readiness == Readiness::Ready)
    }

    pub(super) fn is_overdue(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.readiness == Readiness::Overdue)
    }

    /// The newest run is over, and its check never passed.
    pub(super) fn never_ready(&self) -> bool {
        let spec = self.run.as_ref().map_or(&self.form.spec, |run| &run.spec);
        spec.ready.is_some() && spec.kind == Kind::Service && self.passed != self.newest
    }

    /// What a run that is not ready waits for; `None` if it is.
    pub(super) fn unready(&self) -> Option<String> {
        let run = self.run.as_ref()?;
        let check = run.spec.ready.as_ref()?;
        match run.readiness {
            Readiness::Ready => None,
            Readiness::Open => Some(format!("waits for {check}")),
            Readiness::Overdue => {
                let ReadyCheck { log, deadline } = check;
                Some(format!("not ready after {}: no line matches `{log}`", ends::brief(*deadline)))
            }
        }
    }

    /// The reader has found the line, or cannot look for it.
    pub(super) async fn ready_line_found(&mut self, found: Result<(), String>) {
        let Some(run) = &mut self.run else { return };
        if let Err(reason) = found {
            // Its deadline says so to everybody.
            tracing::error!(process = %self.key, run = %run.id, reason, "a ready check cannot be made");
            return;
        }
        run.readiness = Readiness::Ready;
        self.ready_deadline = None;
        let why = match run.started {
            Some((mono, _)) if !run.adopted => {
                format!(
                    "ready after {}",
                    ends::brief(Duration::from_nanos(clock::mono_ns().saturating_sub(mono)))
                )
            }
            _ => "ready".to_owned(),
        };
        self.remember_ready().await;
        self.told_ready(&why).await;
    }

    /// The deadline of the check is over.
    pub(super) async fn ready_overdue(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.readiness = Readiness::Overdue;
        metrics::counter!("brummer_process_ready_overdue_total").increment(1);
        let why = self.unready().unwrap_or_default();
        self.told_ready(&why).await;
    }

    /// Another form of the living run came into force: its check is the newer one. What was ready stays so.
    pub(super) async fn follow_check(&mut self) {
        let started = self.run.as_ref().is_some_and(|run| run.started.is_some());
        if !started || !self.is_checked() {
            return;
        }
        if self.is_ready() {
            return self.remember_ready().await;
        }
        match self.begin_check(Duration::ZERO) {
            Check::Open => {
                let why = self.unready().unwrap_or_default();
                self.apply(Input::Recheck, &why).await;
                self.told_ready_state(why);
            }
            Check::Closed => {
                self.remember_ready().await;
                self.told_ready("ready: its configuration asks for no line any more").await;
            }
        }
    }

    /// The next daemon must not ask for a line that this run has never had to say.
    async fn remember_ready(&mut self) {
        self.passed = self.run.as_ref().map(|run| run.id);
        self.save().await;
    }

    async fn told_ready(&mut self, why: &str) {
        self.apply(Input::Checked, why).await;
        self.told_ready_state(why.to_owned());
    }

    /// Says how the check of a running process stands; what is paused or being stopped has a better reason.
    fn told_ready_state(&mut self, why: String) {
        if matches!(self.machine.phase, Phase::Checking | Phase::Running) {
            self.explain(why, false);
        }
        self.show();
    }

    /// Its program runs and is meant to.
    const fn is_checked(&self) -> bool {
        matches!(self.machine.phase, Phase::Checking | Phase::Running | Phase::Paused)
    }
}
