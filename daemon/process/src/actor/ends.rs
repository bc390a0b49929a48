//! How a run's end is announced: after its last line can be read, written down, with what the policy makes of
//! it.

use std::time::Duration;

use brummer_capture::{ExitPayload, exit_text};
use brummer_event::spec::Restart;
use brummer_event::{Exit, ExitReason};
use brummer_scope::clock;

use super::Actor;
use crate::config::seed_of;
use crate::record::{NextStart, SavedExit, text};
use crate::restart::{Decision, RestartPolicy, mix};
use crate::state::{End, Input, Phase};

impl Actor {
    /// The leader's end may be known. Announced once, when the shim has told it (so that everything the shim told
    /// before is told before) and everything the leader wrote can be read.
    pub(super) async fn leader_ended(&mut self) {
        let stopping = matches!(self.machine.phase, Phase::Stopping(_));
        let Some(run) = &mut self.run else { return };
        if run.announced || !run.exit_told || !run.exit_readable {
            return;
        }
        let Some(mut exit) = run.held.clone().or_else(|| run.exit.clone()) else { return };
        let clean = exit.reason == ExitReason::Exited && exit.code == Some(0);
        if run.spec.daemonizes && clean && !run.gone && !stopping {
            // Its leader ended by design; the work goes on in its tree, and so does the process.
            run.held = Some(exit);
            self.show();
            return;
        }
        if run.held.is_some() {
            (exit.ended_mono_ns, exit.ended_wall_ns) = (clock::mono_ns(), clock::wall_ns());
            exit.detail = Some("the last process of its tree ended".to_owned());
        }
        run.announced = true;
        self.end_check();
        self.announce_end(exit, stopping).await;
    }

    async fn announce_end(&mut self, payload: ExitPayload, stopping: bool) {
        let mut exit = payload.to_exit();
        if stopping && !matches!(exit.reason, ExitReason::Lost) {
            exit.reason = ExitReason::Stopped;
        }
        metrics::counter!("brummer_process_ends_total", "reason" => exit.reason.as_str()).increment(1);
        let (end, why) = self.end_of(&payload, &exit, stopping);
        self.exit = Some(exit);
        if let Some(run) = &self.run
            && let (Ok(record), Ok(exit)) =
                (text(&run.record()), text(&self.exit.as_ref().map(SavedExit::from)))
        {
            self.unsaved_end = Some((run.id, record, exit));
        }
        let why = if stopping { "stopped" } else { &why };
        self.apply(Input::Ended(end), why).await;
        // A stop that still waits for the tree changed no state.
        if self.unsaved_end.is_some() {
            self.save().await;
        }
        self.is_settled();
    }

    /// Of the newest form: it says only when to start again, so it counts without a new run.
    pub(super) fn policy(&self) -> RestartPolicy {
        self.shared.config.restart.with(&self.form.spec.retry)
    }

    /// What the restart policy makes of an end, and the sentence about it.
    fn end_of(&mut self, payload: &ExitPayload, exit: &Exit, stopping: bool) -> (End, String) {
        let told = match payload.reason {
            ExitReason::Lost | ExitReason::StartFailed => exit.detail.clone().unwrap_or_default(),
            _ => exit_text(payload),
        };
        let plain = Self::end_without_policy(exit.reason, exit.is_success());
        let (restart, adopted) = match &self.run {
            Some(run) => (run.spec.restart, run.adopted),
            None => (Restart::No, false),
        };
        let due = match restart {
            Restart::No => false,
            Restart::OnFailure => plain == End::Failure,
            Restart::Always => matches!(plain, End::Failure | End::Success),
        };
        let unattended = adopted && payload.ended_mono_ns < self.shared.opened_mono_ns;
        if !due || stopping || self.shared.is_closing() {
            return (plain, told);
        }
        if unattended {
            // A daemon start adopts what lives and starts nothing else.
            return (plain, format!("{told} while no daemon was there"));
        }
        let policy = self.policy();
        let now = clock::mono_ns();
        let up = Duration::from_nanos(payload.ended_mono_ns.saturating_sub(payload.started_mono_ns));
        let random = mix(self.shared.config.seed ^ seed_of(&self.key.name) ^ self.restarts);
        match self.history.ended(&policy, now, up, random) {
            Decision::GiveUp => {
                metrics::counter!("brummer_process_given_up_total").increment(1);
                let window = policy.window.as_secs();
                (End::GaveUp, format!("gave up: {} restarts in {window}s", policy.most_restarts))
            }
            Decision::Retry { delay, attempt } => {
                let delay_ns = u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX);
                self.next_start = Some(NextStart {
                    mono_ns: now.saturating_add(delay_ns),
                    wall_ns: clock::wall_ns().saturating_add(i64::try_from(delay_ns).unwrap_or(i64::MAX)),
                    attempt,
                });
                (End::Retry, format!("{told}; next start in {}", brief(delay)))
            }
        }
    }
}

/// `250ms`, `4s`, `4.2s`.
pub(super) fn brief(delay: Duration) -> String {
    match delay.as_millis() {
        ms @ 0..1000 => format!("{ms}ms"),
        ms => format!("{}.{}s", ms / 1000, ms % 1000 / 100),
    }
}
