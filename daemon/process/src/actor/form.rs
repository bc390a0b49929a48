//! Another form: taken at the next start, or at once where the configuration asks for that.

use super::{Actor, Cause, Form};
use crate::restart::History;
use crate::state::{Input, Need, Phase};

impl Actor {
    /// Takes another form. Says whether a new run was begun for it.
    pub(super) async fn take_form(&mut self, form: Form) -> bool {
        let before = std::mem::replace(&mut self.form, form);
        let differs = !before.spec.runs_as(&self.form.spec);
        let checked = self.run.as_ref().and_then(|run| run.spec.ready.clone());
        self.join_form();
        if self.run.as_ref().is_some_and(|run| run.spec.ready != checked) {
            self.follow_check().await;
        }
        let follows = self.follow_form(differs).await;
        if self.machine.phase == Phase::Waiting(Need::Dependencies) {
            // The new form may need less, or other things.
            self.look_again().await;
        }
        self.show();
        follows
    }

    /// Where the living run is what the form says, the form is in force: what else it says counts at once.
    pub(super) fn join_form(&mut self) {
        if let Some(run) = &mut self.run
            && run.spec.runs_as(&self.form.spec)
        {
            run.spec = self.form.spec.clone();
        }
    }

    /// With `restart_on_change`: a living run of an older form is replaced, and what failed or backs off under the
    /// form before (`differs`) is tried anew, if a person wants it to run. Decided here, in one turn with the
    /// state, so that no stop or end can come in between.
    pub(super) async fn follow_form(&mut self, differs: bool) -> bool {
        if !self.form.spec.restart_on_change || self.shared.is_closing() {
            return false;
        }
        let input = match self.machine.phase {
            Phase::Checking | Phase::Running | Phase::Paused if self.is_outdated() => Input::Restart,
            Phase::Failed | Phase::Backoff if differs && self.wanted => Input::Start,
            _ => return false,
        };
        self.history = History::default();
        self.cause = Cause::Changed;
        self.apply(input, "restarted: its configuration changed").await;
        true
    }

    fn is_outdated(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.spec.runs_as(&self.form.spec))
    }
}
