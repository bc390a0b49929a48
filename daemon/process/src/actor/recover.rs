//! Taking up what an earlier daemon left: the same path as any start, with memory.

use brummer_event::{Exit, ProcessState, RunId, WallNs};
use tokio::sync::oneshot;

use super::run::Run;
use super::{Actor, Cause, Orphans};
use crate::leftovers;
use crate::link::{self, LinkedRun};
use crate::record::{Record, RunRecord, SavedContext};
use crate::shared::Living;
use crate::state::{Effect, Input, Need, Phase, State, Then};

/// What the database knows of a process.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) record: Option<Record>,
    pub(crate) context: Option<SavedContext>,
    pub(crate) wanted: bool,
    /// Its newest run, if anything of it may still be there.
    pub(crate) run: Option<RecoveredRun>,
}

/// A run that was not closed.
#[derive(Debug)]
pub(crate) struct RecoveredRun {
    pub(crate) id: RunId,
    pub(crate) record: RunRecord,
    /// Announced already.
    pub(crate) exit: Option<Exit>,
    pub(crate) same_boot: bool,
    pub(crate) created: WallNs,
}

/// Generations that may have been shown and not written down.
const GENERATION_MARGIN: u64 = 1024;

impl Actor {
    pub(super) async fn recover(&mut self, memory: Memory, settled: oneshot::Sender<()>) {
        let Memory { record, context, wanted, run } = memory;
        self.wanted = wanted;
        if let Some(context) = context {
            self.client = context.client.into();
            self.client_origin = context.origin;
        }
        let same_boot = record.as_ref().is_some_and(|record| record.boot == self.shared.config.boot_id);
        if let Some(record) = &record {
            self.generation = record.generation.saturating_add(GENERATION_MARGIN);
            self.reason = record.reason.as_str().into();
            self.restarts = record.restarts;
            self.first_started_at = record.first_started_at;
            self.without_dependencies = record.without_dependencies;
            self.passed = record.passed.as_deref().and_then(|run| run.parse().ok());
            self.newest = record.run.as_deref().and_then(|run| run.parse().ok());
            self.exit = record.exit.clone().map(Exit::from);
            if same_boot {
                self.history = record.history.clone();
                self.next_start = record.next_start;
            }
        }
        self.settled = Some(settled);
        match run {
            Some(run) => self.adopt(run, record.as_ref(), same_boot).await,
            None => self.resume(record.as_ref(), same_boot).await,
        }
        // A run answers for itself; without one everything is known.
        if self.run.is_none() {
            self.is_settled();
        }
    }

    /// Nothing of a run is left.
    async fn resume(&mut self, record: Option<&Record>, same_boot: bool) {
        let state = record.and_then(|record| ProcessState::from_text(&record.state));
        let phase = match state {
            Some(ProcessState::Exited) => Phase::Exited,
            Some(ProcessState::Failed) => Phase::Failed,
            Some(ProcessState::Lost) => Phase::Lost,
            Some(ProcessState::Backoff) if same_boot => Phase::Backoff,
            Some(ProcessState::Backoff) => Phase::Failed,
            _ => Phase::Stopped,
        };
        self.machine = State::at_rest(phase);
        if same_boot && record.is_some_and(|record| record.left_behind) {
            self.find_left_behind().await;
        }
        if phase != Phase::Backoff {
            self.next_start = None;
        }
        self.show_quietly();
        if phase == Phase::Backoff {
            self.rearm_timer();
        }
        let restarting = record.is_some_and(|record| record.then_start);
        let begun = matches!(state, Some(ProcessState::Waiting | ProcessState::Starting)) || restarting;
        if begun && same_boot {
            self.cause = Cause::Resume;
            self.apply(Input::Start, "").await;
        } else if begun {
            self.reason = "the machine restarted before it was started".into();
            self.show_quietly();
            self.save().await;
        }
    }

    /// What outlived the shim of its newest run may live on.
    async fn find_left_behind(&mut self) {
        let Some(run) = self.newest else { return };
        let dir = brummer_capture::RunDir::of(&self.shared.config.runs_dir, run);
        let scan = self.shared.scope.blocking("leftovers", move || {
            let holder = brummer_capture::alive::holder(dir.path()).ok().flatten();
            (holder, leftovers::find(run, holder))
        });
        if let Ok((holder, pids)) = scan.await
            && !pids.is_empty()
        {
            self.orphans = Some(Orphans { run, holder, pids });
            self.machine.tree = true;
            self.watch_orphans();
        }
    }

    /// Something of its newest run may still be there: its link finds out, and tells all.
    async fn adopt(&mut self, found: RecoveredRun, record: Option<&Record>, same_boot: bool) {
        let announced = found.exit.is_some();
        let state = record.and_then(|record| ProcessState::from_text(&record.state));
        let then = if record.is_some_and(|record| record.then_start) { Then::Start } else { Then::Stopped };
        let rest = |phase| State { phase, leader: false, tree: true };
        self.machine = match (announced, state) {
            (false, Some(ProcessState::Stopping)) => State::alive(Phase::Stopping(then)),
            (false, _) => State::alive(Phase::Starting),
            (true, Some(ProcessState::Stopping)) => rest(Phase::Stopping(then)),
            (true, Some(ProcessState::Waiting)) if same_boot => rest(Phase::Waiting(Need::Tree)),
            (true, Some(ProcessState::Backoff)) if same_boot => rest(Phase::Backoff),
            (true, Some(ProcessState::Exited)) => rest(Phase::Exited),
            (true, Some(ProcessState::Failed | ProcessState::Backoff)) => rest(Phase::Failed),
            (true, Some(ProcessState::Lost)) => rest(Phase::Lost),
            (true, _) => State::at_rest(Phase::Stopped),
        };
        if announced {
            self.exit = found.exit;
        }
        self.newest = Some(found.id);
        self.first_started_at.get_or_insert(found.created);
        let mut run = Run::new(found.id, found.record);
        (run.adopted, run.announced) = (true, announced);
        run.living = Some(Living::new(&self.shared.living));
        let linked = LinkedRun {
            key: self.key.clone(),
            run: found.id,
            dir: brummer_capture::RunDir::of(&self.shared.config.runs_dir, found.id),
            project_dir: run.project_dir.clone(),
            bounds: run.spec.logs,
            cookie: None,
            same_boot: found.same_boot,
        };
        let token = self.shared.tracker.token();
        run.link = Some(link::start(self.shared.link_context(), linked, None, token));
        self.run = Some(run);
        self.join_form();
        self.show_quietly();
        match self.machine.phase {
            Phase::Backoff => self.rearm_timer(),
            // Told again: a plan once accepted only ever gets faster.
            Phase::Stopping(_) | Phase::Waiting(Need::Tree) => {
                let mut queue = std::collections::VecDeque::new();
                self.perform(Effect::StopTree, &mut queue).await;
            }
            _ => {}
        }
    }
}
