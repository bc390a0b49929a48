//! Wishes: merged while they wait, written down before their effect, answered when they are true.

use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::{ClientContext, Kind};
use brummer_event::{ExitReason, ProcessKey, RequestId};
use brummer_scope::clock;
use brummer_store::processes::CommandRow;
use tokio::sync::oneshot;

use super::{Actor, Cause};
use crate::ProcessError;
use crate::request::{Did, Outcome, Until};
use crate::restart::History;
use crate::state::{Input, Phase, Then};

/// What is wished of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Start,
    Stop,
    Restart,
}

impl Verb {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    /// It is to run afterwards.
    const fn is_up(self) -> bool {
        matches!(self, Self::Start | Self::Restart)
    }

    /// What two wishes amount to: the newest, but that a start does not take back a restart.
    const fn then(self, newer: Self) -> Self {
        match (self, newer) {
            (Self::Restart, Self::Start) => Self::Restart,
            (_, newer) => newer,
        }
    }
}

/// A wish as it waits in the mailbox.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) verb: Verb,
    pub(crate) request: RequestId,
    pub(crate) expected_generation: Option<u64>,
    /// The world of who asks; `None`: that of the last start.
    pub(crate) client: Option<ClientContext>,
    pub(crate) until: Until,
    pub(crate) without_dependencies: bool,
    /// The daemon's own stop, with the time it may take: it does not change what is wanted.
    pub(crate) shutdown: Option<Duration>,
    /// Told once the process shows that the wish was taken up.
    pub(crate) accepted: oneshot::Sender<()>,
    pub(crate) answer: oneshot::Sender<Result<Outcome, ProcessError>>,
}

/// Who waits for an answer.
#[derive(Debug)]
pub(super) struct Waiter {
    verb: Verb,
    until: Until,
    did: Did,
    answer: oneshot::Sender<Result<Outcome, ProcessError>>,
}

impl Actor {
    /// Takes up wishes that came together: one of them has an effect, all get its answer.
    pub(super) async fn grant(&mut self, wishes: Vec<Wish>) {
        let mut taken = Vec::with_capacity(wishes.len());
        for wish in wishes {
            match self.refusal(&wish) {
                // A caller that went away ended its waiting, not the work.
                Some(error) => drop(wish.answer.send(Err(error))),
                None => taken.push(wish),
            }
        }
        let Some(verb) = taken.iter().map(|wish| wish.verb).reduce(Verb::then) else { return };
        let did = self.will_do(verb);
        let effective = !matches!(did, Did::AlreadyRunning | Did::AlreadyStopped);
        for waiter in self.waiters.iter_mut().filter(|waiter| waiter.verb.is_up() != verb.is_up()) {
            (waiter.verb, waiter.did) = (verb, did);
        }
        let mut accepted = Vec::with_capacity(taken.len());
        let mut client = None;
        let mut first = true;
        for wish in taken {
            if effective && wish.shutdown.is_none() {
                self.commands.push(self.command_row(wish.request, wish.verb));
            }
            if wish.verb.is_up() {
                client = wish.client.or(client);
            }
            if wish.verb == verb && !self.is_live() {
                self.without_dependencies = wish.without_dependencies;
            }
            self.limit = wish.shutdown.or(self.limit);
            let joined = did == Did::Started && wish.verb == verb && !std::mem::take(&mut first);
            let did = if joined { Did::AlreadyRunning } else { did };
            self.waiters.push(Waiter { verb, until: wish.until, did, answer: wish.answer });
            accepted.push((wish.accepted, wish.shutdown.is_some()));
        }
        let by_daemon = accepted.iter().all(|(_, by_daemon)| *by_daemon);
        self.take_up(verb, client, effective, by_daemon).await;
        for (accepted, _) in accepted {
            let _unheard = accepted.send(());
        }
        self.settle();
    }

    async fn take_up(&mut self, verb: Verb, client: Option<ClientContext>, effective: bool, by_daemon: bool) {
        let wanted = if by_daemon { self.wanted } else { verb.is_up() };
        let wanted_changed = std::mem::replace(&mut self.wanted, wanted) != wanted;
        if effective && verb.is_up() {
            // A run that lives keeps its world; what begins anew takes that of who asks.
            if let Some(client) = client {
                self.client = Arc::new(client);
                self.client_origin = format!("the client's that asked for this {}", verb.as_str());
                self.client_unsaved = true;
            }
            self.history = History::default();
            let again = verb == Verb::Restart && self.machine.phase != Phase::Stopped;
            self.cause = if again { Cause::Restart } else { Cause::Start };
        }
        if verb == Verb::Stop && !by_daemon {
            self.restarts = 0;
            self.history = History::default();
        }
        let (input, why) = match verb {
            Verb::Start => (Input::Start, "started by hand"),
            Verb::Restart => (Input::Restart, "restarted by hand"),
            Verb::Stop if by_daemon => (Input::Stop, "the daemon is stopping"),
            Verb::Stop => (Input::Stop, "asked to stop"),
        };
        let before = self.machine;
        self.apply(input, why).await;
        // What changed nothing that is seen may still have to be known after a crash.
        if !self.commands.is_empty() || (wanted_changed && self.machine == before) {
            self.save().await;
        }
        if wanted_changed {
            self.show();
        }
    }

    fn refusal(&self, wish: &Wish) -> Option<ProcessError> {
        let key = || self.key.clone();
        if self.shared.is_closing() && wish.shutdown.is_none() {
            return Some(ProcessError::Stopping);
        }
        let actual = self.generation;
        if let Some(expected) = wish.expected_generation.filter(|expected| *expected != actual) {
            return Some(ProcessError::Generation { key: key(), expected, actual });
        }
        if wish.verb.is_up() && !wish.without_dependencies {
            let table = self.shared.table.load();
            let unknown =
                self.form.spec.depends_on.iter().find(|name| {
                    !table.contains_key(&ProcessKey::new(self.key.project.clone(), name.as_str()))
                });
            if let Some(dependency) = unknown {
                return Some(ProcessError::UnknownDependency { key: key(), dependency: dependency.clone() });
            }
        }
        None
    }

    fn is_live(&self) -> bool {
        matches!(self.machine.phase, Phase::Starting | Phase::Checking | Phase::Running | Phase::Paused)
    }

    /// What taking up this wish now amounts to.
    fn will_do(&self, verb: Verb) -> Did {
        let phase = self.machine.phase;
        match verb {
            Verb::Start => match phase {
                Phase::Starting
                | Phase::Checking
                | Phase::Running
                | Phase::Paused
                | Phase::Stopping(Then::Start) => Did::AlreadyRunning,
                // Somebody else's start waits already.
                Phase::Waiting(_) if self.waiters.iter().any(|waiter| waiter.verb.is_up()) => {
                    Did::AlreadyRunning
                }
                _ => Did::Started,
            },
            Verb::Restart if phase == Phase::Stopped => Did::Started,
            Verb::Restart => Did::Restarted,
            Verb::Stop if phase.word().is_ended() && !self.machine.tree => Did::AlreadyStopped,
            Verb::Stop => Did::Stopped,
        }
    }

    fn command_row(&self, request: RequestId, verb: Verb) -> CommandRow {
        CommandRow {
            request,
            key: self.key.clone(),
            verb: verb.as_str().to_owned(),
            at: clock::wall_ns(),
            run_before: self.newest,
            answer: None,
        }
    }

    /// Answers everyone whose wish is true by now, or can no longer become true.
    pub(super) fn settle(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        for waiter in std::mem::take(&mut self.waiters) {
            match self.verdict(&waiter) {
                // A caller that went away ended its waiting, not the work.
                Some(result) => drop(waiter.answer.send(result)),
                None => self.waiters.push(waiter),
            }
        }
    }

    fn verdict(&self, waiter: &Waiter) -> Option<Result<Outcome, ProcessError>> {
        let done = |did| Some(Ok(Outcome { did, view: self.cell.load() }));
        let phase = self.machine.phase;
        if waiter.verb == Verb::Stop {
            return if phase.word().is_ended() { done(waiter.did) } else { None };
        }
        match phase {
            // Its program runs.
            Phase::Checking | Phase::Running | Phase::Paused if waiter.until == Until::Running => {
                done(waiter.did)
            }
            Phase::Running | Phase::Paused => {
                let service = self.run.as_ref().is_none_or(|run| run.spec.kind == Kind::Service);
                if service && self.is_overdue() {
                    let reason = self.unready().unwrap_or_default();
                    return Some(Err(ProcessError::NotReady {
                        key: self.key.clone(),
                        run: self.newest,
                        reason,
                    }));
                }
                if service && self.is_ready() { done(waiter.did) } else { None }
            }
            // A task that succeeded, or a service that did and had nothing to show first.
            Phase::Exited if waiter.until == Until::Ready && self.never_ready() => Some(Err(self.why_not())),
            Phase::Exited => done(waiter.did),
            Phase::Waiting(_) if self.blocked => done(Did::Waiting),
            Phase::Failed | Phase::Lost | Phase::Stopped => Some(Err(self.why_not())),
            Phase::Waiting(_) | Phase::Starting | Phase::Checking | Phase::Stopping(_) | Phase::Backoff => {
                None
            }
        }
    }

    fn why_not(&self) -> ProcessError {
        let (key, run) = (self.key.clone(), self.newest);
        if let Some(reason) = &self.intent_failed {
            return ProcessError::NotRecorded { key, reason: reason.clone() };
        }
        let reason = self.reason.to_string();
        match &self.exit {
            Some(exit) if exit.reason == ExitReason::StartFailed => {
                ProcessError::StartFailed { key, run, reason }
            }
            exit => ProcessError::Ended { key, run, exit: exit.clone().map(Box::new), reason },
        }
    }
}
