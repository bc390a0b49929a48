//! The state machine of a process: the one function that decides what follows. Pure.
//!
//! A [`State`] is a phase and two facts about the newest run: whether its leader's end is still to be
//! announced, and whether anything of its tree is still there. A new run begins only when both are false: so
//! there are never two, whatever the order in which wishes, ends and timers come in.
//!
//! `Waiting(Unchecked)` lasts no longer than the turn that enters it: [`Effect::Look`] answers it at once.

use brummer_event::ProcessState;

/// What a wanted start still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Not looked at yet.
    Unchecked,
    /// The old run's tree must be gone.
    Tree,
    Dependencies,
    /// A place among `max_concurrent_starts`.
    Slot,
}

/// What follows once a stop is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Then {
    Stopped,
    /// Only what had outlived its leader was stopped: the old end stays.
    Exited,
    Failed,
    Lost,
    /// A new run.
    Start,
}

/// Where a process stands. Finer than the words of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    Stopped,
    Waiting(Need),
    /// Spawn asked, no pid yet.
    Starting,
    /// The program runs; its ready check has not passed yet.
    Checking,
    Running,
    Paused,
    Stopping(Then),
    Exited,
    Backoff,
    Failed,
    Lost,
}

impl Phase {
    /// The word of the contract.
    pub const fn word(self) -> ProcessState {
        match self {
            Self::Stopped => ProcessState::Stopped,
            Self::Waiting(_) => ProcessState::Waiting,
            Self::Starting | Self::Checking => ProcessState::Starting,
            Self::Running => ProcessState::Running,
            Self::Paused => ProcessState::Paused,
            Self::Stopping(_) => ProcessState::Stopping,
            Self::Exited => ProcessState::Exited,
            Self::Backoff => ProcessState::Backoff,
            Self::Failed => ProcessState::Failed,
            Self::Lost => ProcessState::Lost,
        }
    }
}

/// A phase and what is left of the newest run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    pub phase: Phase,
    /// A leader lives, or its end is not announced yet.
    pub leader: bool,
    /// A shim, or something that outlived one, is still there.
    pub tree: bool,
}

/// How a run ended, with what the restart policy made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    Success,
    /// Another code or signal, and no restart is due.
    Failure,
    /// The policy starts it again after a delay.
    Retry,
    /// The policy has tried often enough.
    GaveUp,
    StartFailed,
    /// Nobody saw it.
    Lost,
}

/// How the ready check of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// It has not passed, and its deadline is not over.
    Open,
    /// There is none, it has passed, or its deadline is over: a run that is not ready by then runs all the same.
    Closed,
}

impl Check {
    const fn phase(self) -> Phase {
        match self {
            Self::Open => Phase::Checking,
            Self::Closed => Phase::Running,
        }
    }
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Input {
    Start,
    Stop,
    Restart,
    /// Looked: nothing is missing.
    Clear,
    /// Looked: this is missing ([`Need::Dependencies`] or [`Need::Slot`]).
    Missing(Need),
    /// The child's program runs.
    Started(Check),
    /// The ready check is closed.
    Checked,
    /// Of a run that is not ready another check has begun.
    Recheck,
    Paused,
    Continued(Check),
    /// The leader ended, and everything it wrote can be read.
    Ended(End),
    TreeGone,
    /// The back-off is over.
    Timer,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// See what is missing; answer with [`Input::Clear`] or [`Input::Missing`] in the same turn.
    Look,
    /// Wait for it; then look again.
    Await(Need),
    StopWaiting,
    Spawn,
    /// Stop everything of the newest run in order; answer with [`Input::TreeGone`].
    StopTree,
    ArmTimer,
    CancelTimer,
    ReleaseSlot,
}

/// What follows from an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub next: State,
    /// In this order.
    pub effects: Vec<Effect>,
}

impl State {
    /// Never run.
    pub const fn new() -> Self {
        Self::at_rest(Phase::Stopped)
    }

    /// Nothing of a run is left.
    pub const fn at_rest(phase: Phase) -> Self {
        Self { phase, leader: false, tree: false }
    }

    /// A run lives.
    pub const fn alive(phase: Phase) -> Self {
        Self { phase, leader: true, tree: true }
    }

    /// What follows from `input`. What makes no sense in a state changes nothing: messages may come late or
    /// twice.
    #[must_use]
    pub fn on(self, input: Input) -> Transition {
        match self.phase {
            Phase::Stopped | Phase::Exited | Phase::Failed | Phase::Lost => self.on_at_end(input),
            Phase::Backoff => self.on_in_backoff(input),
            Phase::Waiting(need) => self.on_waiting(need, input),
            Phase::Starting | Phase::Checking | Phase::Running | Phase::Paused => self.on_alive(input),
            Phase::Stopping(then) => self.on_stopping(then, input),
        }
    }

    fn on_at_end(self, input: Input) -> Transition {
        match input {
            Input::Start | Input::Restart => self.begin(&[]),
            Input::Stop if self.tree => {
                let then = match self.phase {
                    Phase::Exited => Then::Exited,
                    Phase::Failed => Then::Failed,
                    Phase::Lost => Then::Lost,
                    _ => Then::Stopped,
                };
                self.to(Phase::Stopping(then), &[Effect::StopTree])
            }
            Input::TreeGone => Self { tree: false, ..self }.stay(),
            _ => self.stay(),
        }
    }

    fn on_in_backoff(self, input: Input) -> Transition {
        match input {
            Input::Start | Input::Restart => self.begin(&[Effect::CancelTimer]),
            Input::Timer => self.begin(&[]),
            Input::Stop if self.tree => {
                self.to(Phase::Stopping(Then::Stopped), &[Effect::CancelTimer, Effect::StopTree])
            }
            Input::Stop => self.to(Phase::Stopped, &[Effect::CancelTimer]),
            Input::TreeGone => Self { tree: false, ..self }.stay(),
            _ => self.stay(),
        }
    }

    fn on_waiting(self, need: Need, input: Input) -> Transition {
        match (need, input) {
            (Need::Tree, Input::TreeGone) => Self { tree: false, ..self }.begin(&[]),
            (Need::Tree, Input::Stop) => self.to(Phase::Stopping(Then::Stopped), &[]),
            (Need::Tree, _) => self.stay(),
            (_, Input::Stop) => self.to(Phase::Stopped, &[Effect::StopWaiting, Effect::ReleaseSlot]),
            // A new wish may need less (no dependencies) or other things (another form).
            (_, Input::Start | Input::Restart) => self.begin(&[Effect::StopWaiting]),
            (_, Input::Clear) => Self::alive(Phase::Starting).with(&[Effect::StopWaiting, Effect::Spawn]),
            (_, Input::Missing(missing @ (Need::Dependencies | Need::Slot))) => {
                self.to(Phase::Waiting(missing), &[Effect::Await(missing)])
            }
            _ => self.stay(),
        }
    }

    fn on_alive(self, input: Input) -> Transition {
        let starting = self.phase == Phase::Starting;
        let release: &[Effect] = if starting { &[Effect::ReleaseSlot] } else { &[] };
        let stop: &[Effect] =
            if starting { &[Effect::ReleaseSlot, Effect::StopTree] } else { &[Effect::StopTree] };
        match input {
            Input::Stop => self.to(Phase::Stopping(Then::Stopped), stop),
            Input::Restart if !starting => self.to(Phase::Stopping(Then::Start), stop),
            Input::Started(check) if starting => self.to(check.phase(), release),
            Input::Checked if self.phase == Phase::Checking => self.to(Phase::Running, &[]),
            Input::Recheck if self.phase == Phase::Running => self.to(Phase::Checking, &[]),
            Input::Paused if matches!(self.phase, Phase::Running | Phase::Checking) => {
                self.to(Phase::Paused, &[])
            }
            Input::Continued(check) if self.phase == Phase::Paused => self.to(check.phase(), &[]),
            Input::Ended(end) => Self { leader: false, ..self }.ended(end, release),
            Input::TreeGone => Self { tree: false, ..self }.stay(),
            _ => self.stay(),
        }
    }

    fn on_stopping(self, then: Then, input: Input) -> Transition {
        match input {
            Input::Start | Input::Restart => self.to(Phase::Stopping(Then::Start), &[]),
            Input::Stop if then == Then::Start => self.to(Phase::Stopping(Then::Stopped), &[]),
            Input::Ended(_) => Self { leader: false, ..self }.stopped_if_done(then),
            Input::TreeGone => Self { tree: false, ..self }.stopped_if_done(then),
            _ => self.stay(),
        }
    }

    fn stopped_if_done(self, then: Then) -> Transition {
        if self.leader || self.tree {
            return self.stay();
        }
        match then {
            Then::Stopped => self.to(Phase::Stopped, &[]),
            Then::Exited => self.to(Phase::Exited, &[]),
            Then::Failed => self.to(Phase::Failed, &[]),
            Then::Lost => self.to(Phase::Lost, &[]),
            Then::Start => self.begin(&[]),
        }
    }

    fn begin(self, first: &[Effect]) -> Transition {
        let (need, effect) =
            if self.tree { (Need::Tree, Effect::StopTree) } else { (Need::Unchecked, Effect::Look) };
        let mut begun = self.to(Phase::Waiting(need), first);
        begun.effects.push(effect);
        begun
    }

    fn ended(self, end: End, first: &[Effect]) -> Transition {
        let phase = match end {
            End::Success => Phase::Exited,
            End::Failure | End::GaveUp | End::StartFailed => Phase::Failed,
            End::Retry => Phase::Backoff,
            End::Lost => Phase::Lost,
        };
        let mut ended = self.to(phase, first);
        if end == End::Retry {
            ended.effects.push(Effect::ArmTimer);
        }
        ended
    }

    fn to(self, phase: Phase, effects: &[Effect]) -> Transition {
        Self { phase, ..self }.with(effects)
    }

    fn stay(self) -> Transition {
        self.with(&[])
    }

    fn with(self, effects: &[Effect]) -> Transition {
        Transition { next: self, effects: effects.to_vec() }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
