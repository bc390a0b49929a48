//! What the link says about the living run.

use brummer_capture::protocol::{Phase as ShimPhase, State as ShimState, Up};
use brummer_event::ExitReason;
use brummer_scope::clock;

use super::{Actor, Orphans};
use crate::leftovers;
use crate::link::{Gone, News};
use crate::reading::RunProgress;
use crate::record::unseen;
use crate::state::{End, Input, Phase};

impl Actor {
    pub(super) async fn hear_news(&mut self, news: Option<News>) {
        match news {
            None => {
                // The link ended: the daemon leaves, or everything about the run is said.
                if let Some(run) = &mut self.run {
                    run.link = None;
                }
            }
            Some(News::Connected { shim, child }) => {
                if let Some(run) = &mut self.run {
                    run.shim = Some(shim);
                    run.child = child.or(run.child);
                }
            }
            Some(News::Said(said)) => self.hear_shim(said).await,
            Some(News::Progress(RunProgress::ExitPublished { exit, .. })) => {
                if let Some(run) = &mut self.run {
                    run.exit.get_or_insert(exit);
                    run.exit_readable = true;
                }
                self.leader_ended().await;
            }
            Some(News::Progress(RunProgress::Drained { .. }) | News::ReadingEnded) => {
                // Nobody will read on: then the shim's word must do.
                if let Some(run) = &mut self.run {
                    run.exit_readable = true;
                }
                self.leader_ended().await;
            }
            Some(News::Gone(gone)) => self.shim_gone(gone).await,
        }
    }

    async fn hear_shim(&mut self, said: Up) {
        let Some(run) = &mut self.run else { return };
        match said {
            Up::Started { child, mono_ns, wall_ns } => {
                run.child = Some(child);
                run.started = Some((mono_ns, wall_ns));
                let why = if run.adopted { "ran on while no daemon was there" } else { "" };
                let check = self.check_started();
                let why = self.unready().unwrap_or_else(|| why.to_owned());
                self.apply(Input::Started(check), &why).await;
                self.show();
                // The form may have changed while it was being started.
                self.follow_form(false).await;
            }
            Up::StartFailed(failed) => run.refused = Some(failed.text),
            Up::State(state) => self.hear_state(state).await,
            Up::Tree(members) => {
                run.tree = members;
                if !self.machine.leader || run.held.is_some() {
                    self.show();
                }
            }
            Up::Exit { exit, .. } => {
                (run.exit, run.exit_told) = (Some(exit), true);
                self.show();
                self.leader_ended().await;
            }
            // The link answers all others itself.
            _ => {}
        }
    }

    async fn hear_state(&mut self, state: ShimState) {
        let Some(run) = &mut self.run else { return };
        let output_changed = std::mem::replace(&mut run.output_open, state.output_open) != state.output_open;
        match state.phase {
            ShimPhase::Paused => self.apply(Input::Paused, "stopped by a job-control signal").await,
            ShimPhase::Running => {
                let why = self.unready().unwrap_or_else(|| "continued".to_owned());
                self.apply(Input::Continued(self.check()), &why).await;
            }
            ShimPhase::Starting | ShimPhase::Stopping | ShimPhase::Ended => {}
        }
        if output_changed && !self.machine.leader {
            self.show();
        }
        // The end of a run that ended is still to be read.
        if state.phase != ShimPhase::Ended || self.run.as_ref().is_none_or(|run| run.announced) {
            self.is_settled();
        }
    }

    /// How things stand is known again.
    pub(super) fn is_settled(&mut self) {
        if let Some(settled) = self.settled.take() {
            // The start may have gone on without waiting.
            let _unheard = settled.send(());
        }
    }

    async fn shim_gone(&mut self, gone: Gone) {
        let Some(run) = &mut self.run else { return };
        let id = run.id;
        run.gone = true;
        run.living = None;
        run.output_open = false;
        run.exit_told = true;
        if let Some(record) = &gone.exit {
            run.exit.get_or_insert_with(|| record.exit());
        }
        if run.exit.is_none() && !run.announced {
            if run.adopted && gone.holder.is_none() {
                self.never_came_to_be(gone.same_boot).await;
                return;
            }
            self.lost(&gone);
        }
        let found = if gone.exit.is_none() && gone.same_boot {
            let holder = gone.holder;
            let scan = self.shared.scope.blocking("leftovers", move || leftovers::find(id, holder));
            scan.await.unwrap_or_default()
        } else {
            Vec::new()
        };
        if !found.is_empty() {
            self.orphans = Some(Orphans { run: id, holder: gone.holder, pids: found });
        }
        self.leader_ended().await;
        if self.orphans.is_none() {
            self.apply(Input::TreeGone, "").await;
        } else if matches!(self.machine.phase, Phase::Stopping(_) | Phase::Waiting(_)) {
            let mut nothing = std::collections::VecDeque::new();
            self.perform(crate::state::Effect::StopTree, &mut nothing).await;
        } else {
            self.watch_orphans();
            self.show();
        }
        if self.run.as_ref().is_none_or(|run| run.announced) {
            self.is_settled();
        }
    }

    /// The shim died without a last word.
    fn lost(&mut self, gone: &Gone) {
        let (mono, wall) = (clock::mono_ns(), clock::wall_ns());
        let Some(run) = &mut self.run else { return };
        let (reason, detail) = match (&run.refused, gone.holder) {
            (Some(refused), _) => (ExitReason::StartFailed, format!("its shim refused: {refused}")),
            (None, None) => (ExitReason::StartFailed, "its shim ended before it began".to_owned()),
            (None, Some(_)) if !gone.same_boot => {
                (ExitReason::Lost, "the machine restarted; its end was not seen".to_owned())
            }
            (None, Some(_)) => (ExitReason::Lost, "its shim died; its end was not seen".to_owned()),
        };
        let mut exit = unseen(reason, mono, wall, detail);
        if let Some((mono, wall)) = run.started {
            (exit.started_mono_ns, exit.started_wall_ns) = (mono, wall);
        }
        run.exit = Some(exit);
        // There is no last line to wait for.
        run.exit_readable = true;
    }

    /// An earlier daemon wrote that it would begin this run, and died before it did.
    async fn never_came_to_be(&mut self, same_boot: bool) {
        let Some(run) = self.run.take() else { return };
        self.end_check();
        let (id, runs) = (run.id, self.shared.config.runs_dir.clone());
        tracing::info!(process = %self.key, run = %id, "an intended run was never begun");
        let dir = brummer_capture::RunDir::of(&runs, id);
        let removed = self.shared.scope.blocking("run-remove", move || dir.remove()).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%error, "the directory of a run that never began stays");
        }
        if let Err(error) = self.shared.store.call(move |c| brummer_store::processes::drop_run(c, id)).await {
            tracing::warn!(%error, "a run that never began stays in the database");
        }
        let goes_on =
            matches!(self.machine.phase, Phase::Starting | Phase::Stopping(crate::state::Then::Start));
        self.newest = None;
        self.machine = crate::state::State::new();
        self.show_quietly();
        if goes_on && same_boot {
            self.cause = super::Cause::Resume;
            self.apply(Input::Start, "").await;
        } else {
            self.reason = "the machine restarted before it was started".into();
            self.save().await;
            self.show();
        }
        self.is_settled();
    }

    /// For [`End::Lost`] and the like: what the machine calls it.
    pub(super) const fn end_without_policy(reason: ExitReason, success: bool) -> End {
        match reason {
            ExitReason::StartFailed => End::StartFailed,
            ExitReason::Lost => End::Lost,
            _ if success => End::Success,
            _ => End::Failure,
        }
    }
}
