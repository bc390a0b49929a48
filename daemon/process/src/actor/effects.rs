//! What the state machine asks for: looking for what is missing, bringing a run to its shim, stopping a tree.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brummer_capture::meta::StopPlan;
use brummer_event::{ExitReason, ProcessKey, RunId};
use brummer_scope::{Task, clock, faults};
use futures::FutureExt as _;
use tokio::sync::OwnedSemaphorePermit;

use super::run::Run;
use super::{Actor, Cause};
use crate::link::{self, LinkedRun};
use crate::needs::{Watching, missing, views};
use crate::record::{RunRecord, unseen};
use crate::registry::Handle;
use crate::shared::Living;
use crate::spawn::{self, RunPlan, Spawned};
use crate::state::{Effect, End, Input, Need, Phase};
use crate::{leftovers, stop_command};

impl Actor {
    pub(super) async fn perform(&mut self, effect: Effect, queue: &mut VecDeque<Input>) {
        match effect {
            Effect::Look => queue.push_back(self.look()),
            Effect::Await(Need::Slot) => {
                let slots = self.shared.slots.clone();
                // Closed only with the daemon: then nobody waits any more.
                self.slot_wait = Some(async move { slots.acquire_owned().await.ok() }.boxed());
            }
            // Watched since the look.
            Effect::Await(_) => {}
            Effect::StopWaiting => {
                self.watching.stop();
                self.slot_wait = None;
            }
            Effect::Spawn => self.spawn(queue).await,
            Effect::StopTree => self.stop_tree(queue),
            Effect::ArmTimer => self.arm_timer(),
            Effect::CancelTimer => self.timer = None,
            Effect::ReleaseSlot => self.slot = None,
        }
    }

    fn dependencies(&self) -> Vec<Handle> {
        if self.without_dependencies {
            return Vec::new();
        }
        let table = self.shared.table.load();
        let of = |name: &String| table.get(&ProcessKey::new(self.key.project.clone(), name.as_str()));
        self.form.spec.depends_on.iter().filter_map(of).cloned().collect()
    }

    /// What the start still needs. Watched before looked at, so that no change is missed.
    fn look(&mut self) -> Input {
        let handles = self.dependencies();
        self.watching = Watching::of(handles.iter());
        if self.shared.is_closing() {
            (self.reason, self.slot) = ("the daemon is stopping".into(), None);
            return Input::Missing(Need::Dependencies);
        }
        let views = views(handles.iter());
        if let Some((why, blocked)) = missing(views.iter().map(Arc::as_ref)) {
            (self.reason, self.blocked, self.slot) = (why.into(), blocked, None);
            return Input::Missing(Need::Dependencies);
        }
        self.watching.stop();
        self.blocked = false;
        self.reason = match self.cause {
            Cause::Start => "started by hand".into(),
            Cause::Restart => "restarted by hand".into(),
            Cause::Changed => "restarted: its configuration changed".into(),
            Cause::Policy { attempt } => match self.policy().most_restarts {
                // Of no number, so all that were: this one is counted when it begins.
                0 => format!("restart {}", self.restarts + 1).into(),
                most => format!("restart {attempt} of {most}").into(),
            },
            Cause::Resume => "resumed after the daemon's restart".into(),
        };
        if self.slot.is_none() {
            self.slot = self.shared.slots.clone().try_acquire_owned().ok();
        }
        if self.slot.is_some() {
            return Input::Clear;
        }
        let places = self.shared.config.max_concurrent_starts;
        self.reason = format!("waits for a place among {places} starts at once").into();
        Input::Missing(Need::Slot)
    }

    /// A dependency changed.
    pub(super) async fn look_again(&mut self) {
        if !matches!(self.machine.phase, Phase::Waiting(Need::Dependencies)) {
            self.watching.stop();
            return;
        }
        let before = (self.reason.clone(), self.blocked);
        let input = self.look();
        if input == Input::Missing(Need::Dependencies) {
            if before != (self.reason.clone(), self.blocked) {
                self.show();
            }
            return;
        }
        self.apply(input, "").await;
    }

    pub(super) async fn slot_granted(&mut self, permit: Option<OwnedSemaphorePermit>) {
        if self.machine.phase != Phase::Waiting(Need::Slot) {
            return;
        }
        self.slot = permit;
        // Its dependencies may have gone while it waited.
        let input = self.look();
        self.apply(input, "").await;
    }

    fn plan(&self, run: RunId, argv: Vec<String>) -> RunPlan {
        let config = &self.shared.config;
        RunPlan {
            key: self.key.clone(),
            run,
            spec: self.form.spec.clone(),
            argv,
            client: self.client.clone(),
            runs_dir: config.runs_dir.clone(),
            boot_id: config.boot_id.clone(),
            orphan_grace_ms: u64::try_from(config.orphan_grace.as_millis()).unwrap_or(u64::MAX),
            when_behind: self.form.spec.logs.when_behind.unwrap_or(config.when_behind),
            living: self.shared.living.load(Ordering::Acquire),
        }
    }

    async fn spawn(&mut self, queue: &mut VecDeque<Input>) {
        metrics::counter!("brummer_process_starts_total").increment(1);
        let id = self.next_run;
        if let Some(reason) = self.intent_failed.clone() {
            self.never_was(&reason, queue);
            return;
        }
        let plan = self.plan(id, self.form.spec.command.argv());
        let shared = self.shared.clone();
        let begun = clock::instant();
        let spawned =
            self.shared.scope.blocking("spawn", move || spawn::spawn(&shared.launcher, &plan)).await;
        metrics::histogram!("brummer_process_spawn_seconds").record(begun.elapsed().as_secs_f64());
        faults::point("spawned");
        let (dir, cookie, launched) = match spawned {
            Ok(Spawned::Launched(dir, cookie, launched)) => (dir, cookie, Some(launched)),
            Ok(Spawned::Stillborn(dir, cookie)) => (dir, cookie, None),
            Ok(Spawned::Nothing(reason)) => return self.never_was(&reason, queue),
            Err(error) => return self.never_was(&error.to_string(), queue),
        };
        let record = RunRecord {
            spec: self.form.spec.clone(),
            project_dir: self.form.project_dir.to_path_buf(),
            stop_command: false,
            environment_origin: self.client_origin.clone(),
            pid: None,
            started_at: None,
        };
        let mut run = Run::new(id, record);
        run.shim = launched.as_ref().and_then(|launched| launched.shim);
        run.living = Some(Living::new(&self.shared.living));
        let linked = LinkedRun {
            key: self.key.clone(),
            run: id,
            dir,
            project_dir: self.form.project_dir.to_path_buf(),
            bounds: self.form.spec.logs,
            cookie: Some(cookie),
            same_boot: true,
        };
        let token = self.shared.tracker.token();
        run.link = Some(link::start(self.shared.link_context(), linked, launched, token));
        self.end_check();
        self.run = Some(run);
    }

    /// The run left no trace but in the database.
    fn never_was(&mut self, reason: &str, queue: &mut VecDeque<Input>) {
        let detail = format!("cannot start `{}`: {reason}", self.key.name);
        self.reason = detail.as_str().into();
        let (mono, wall) = (clock::mono_ns(), clock::wall_ns());
        self.exit = Some(unseen(ExitReason::StartFailed, mono, wall, detail).to_exit());
        (self.run, self.newest) = (None, None);
        let id = self.next_run;
        let shared = self.shared.clone();
        let _detached = self.shared.scope.spawn("run-drop", async move {
            // If this fails the next start finds a run without directory, and drops it then.
            let _tried = shared.store.call(move |c| brummer_store::processes::drop_run(c, id)).await;
        });
        queue.extend([Input::Ended(End::StartFailed), Input::TreeGone]);
    }

    fn stop_tree(&mut self, queue: &mut VecDeque<Input>) {
        if let Some(orphans) = &self.orphans {
            if self.sweep.is_none() {
                let (run, holder) = (orphans.run, orphans.holder);
                let grace = (!self.shared.hasten.is_cancelled()).then_some(Duration::from_secs(1));
                self.orphan_watch = None;
                self.sweep =
                    Some(self.shared.scope.blocking("leftovers", move || leftovers::end(run, holder, grace)));
            }
            return;
        }
        let Some(run) = self.run.as_ref().filter(|run| !run.gone) else {
            // The shim is gone already, and nothing outlived it.
            queue.push_back(Input::TreeGone);
            return;
        };
        let command = run.spec.stop.command.clone();
        match command {
            Some(command) if self.machine.leader && run.started.is_some() && self.stop_command.is_none() => {
                let plan = self.plan(RunId::generate(), command.argv());
                self.stop_command = Some(self.run_stop_command(plan));
            }
            _ => self.order_stop(),
        }
    }

    fn run_stop_command(&self, plan: RunPlan) -> Task<()> {
        let (shared, project_dir) = (self.shared.clone(), self.form.project_dir.clone());
        self.shared.scope.spawn("stop-command", stop_command::run(shared, plan, project_dir))
    }

    /// Tells the shim to stop everything.
    pub(super) fn order_stop(&mut self) {
        self.stop_command = None;
        let Some(run) = &self.run else { return };
        let mut plan = spawn::stop_plan(&run.spec);
        if let Some(limit) = self.limit {
            let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            plan.grace_ms = plan.grace_ms.min(limit);
            plan.limit_ms = Some(limit);
        }
        if self.shared.hasten.is_cancelled() {
            plan = StopPlan { grace_ms: 0, ..plan };
        }
        if let Some(link) = &run.link {
            link.stop(plan);
        }
    }

    /// A second signal: no grace for anything that is still there.
    pub(super) fn hasten(&mut self) {
        if self.run.as_ref().is_some_and(|run| !run.gone) && matches!(self.machine.phase, Phase::Stopping(_))
        {
            self.order_stop();
        }
    }

    fn arm_timer(&mut self) {
        let Some(next) = self.next_start else { return };
        let left = Duration::from_nanos(next.mono_ns.saturating_sub(clock::mono_ns()));
        self.timer = Some(tokio::time::sleep(left).boxed());
    }

    pub(super) async fn timer_fired(&mut self) {
        if let Some(next) = self.next_start.take() {
            self.cause = Cause::Policy { attempt: next.attempt };
        }
        self.apply(Input::Timer, "").await;
    }

    /// Arms the timer of a back-off that an earlier daemon began.
    pub(super) fn rearm_timer(&mut self) {
        self.arm_timer();
    }

    /// What outlived a lost run was ended as far as possible.
    pub(super) async fn swept(&mut self, left: Vec<brummer_capture::ProcId>) {
        if left.is_empty() {
            self.orphans = None;
            self.apply(Input::TreeGone, "").await;
            return;
        }
        // Somebody cannot be killed (a process in the kernel): its end is waited for.
        if let Some(orphans) = &mut self.orphans {
            orphans.pids.clone_from(&left);
        }
        self.watch_orphans();
        self.explain(format!("{} left of its last run cannot be ended", left.len()), false);
    }

    pub(super) fn watch_orphans(&mut self) {
        let Some(orphans) = &self.orphans else { return };
        self.orphan_watch = Some(link::one_ended(orphans.pids.clone()).boxed());
    }

    /// One of the leftovers has ended: which are there now?
    pub(super) async fn orphan_ended(&mut self) {
        let Some(orphans) = &self.orphans else { return };
        let (run, holder) = (orphans.run, orphans.holder);
        let found = self.shared.scope.blocking("leftovers", move || leftovers::find(run, holder)).await;
        match found {
            Ok(left) if left.is_empty() => {
                self.orphans = None;
                self.apply(Input::TreeGone, "").await;
            }
            Ok(left) => {
                if let Some(orphans) = &mut self.orphans {
                    orphans.pids = left;
                }
                self.watch_orphans();
                self.show();
            }
            Err(error) => tracing::error!(%error, "what a lost run left behind cannot be looked for"),
        }
    }
}
