//! Every state with every input, and every wish against a world that answers in any order.

use std::collections::{HashSet, VecDeque};

use proptest::prelude::*;

use super::*;

const ENDS: [End; 6] = [End::Success, End::Failure, End::Retry, End::GaveUp, End::StartFailed, End::Lost];

fn inputs() -> Vec<Input> {
    let mut all = vec![
        Input::Start,
        Input::Stop,
        Input::Restart,
        Input::Clear,
        Input::Missing(Need::Dependencies),
        Input::Missing(Need::Slot),
        Input::Missing(Need::Tree),
        Input::Missing(Need::Unchecked),
        Input::Started(Check::Open),
        Input::Started(Check::Closed),
        Input::Checked,
        Input::Recheck,
        Input::Paused,
        Input::Continued(Check::Open),
        Input::Continued(Check::Closed),
        Input::TreeGone,
        Input::Timer,
    ];
    all.extend(ENDS.map(Input::Ended));
    all
}

/// What is true of every state that can be.
fn check(state: State) {
    let State { phase, leader, tree } = state;
    match phase {
        Phase::Starting | Phase::Checking | Phase::Running | Phase::Paused => {
            assert!(leader, "{state:?}");
        }
        Phase::Waiting(Need::Tree) => assert!(tree && !leader, "{state:?}"),
        Phase::Waiting(_) | Phase::Stopped => assert!(!tree && !leader, "{state:?}"),
        Phase::Stopping(_) => assert!(leader || tree, "{state:?}"),
        Phase::Exited | Phase::Failed | Phase::Lost | Phase::Backoff => assert!(!leader, "{state:?}"),
    }
}

/// All states that can be reached from a fresh process and from every state that a daemon start can find.
fn reachable() -> HashSet<State> {
    let found_at_start = [
        State::new(),
        State::at_rest(Phase::Backoff),
        State::at_rest(Phase::Exited),
        State::alive(Phase::Starting),
        State::alive(Phase::Running),
        State::alive(Phase::Stopping(Then::Stopped)),
        State::alive(Phase::Stopping(Then::Start)),
    ];
    let mut seen: HashSet<State> = found_at_start.into_iter().collect();
    let mut open: VecDeque<State> = seen.iter().copied().collect();
    while let Some(state) = open.pop_front() {
        for input in inputs() {
            let next = state.on(input).next;
            if seen.insert(next) {
                open.push_back(next);
            }
        }
    }
    seen
}

#[test]
fn every_state_answers_every_input_and_stays_sound() {
    let states = reachable();
    assert!(states.len() > 25, "{}", states.len());
    for state in states {
        check(state);
        for input in inputs() {
            let Transition { next, effects } = state.on(input);
            check(next);
            if effects.contains(&Effect::Spawn) {
                assert!(!state.leader && !state.tree, "two runs: {state:?} {input:?}");
                assert_eq!((next, input), (State::alive(Phase::Starting), Input::Clear));
            }
            let (was, is) = (state.phase == Phase::Backoff, next.phase == Phase::Backoff);
            assert_eq!(effects.contains(&Effect::ArmTimer), !was && is, "{state:?} {input:?}");
            let left_early = was && !is && input != Input::Timer;
            assert_eq!(effects.contains(&Effect::CancelTimer), left_early, "{state:?} {input:?}");
            // The place among the starts is given back on every way out of `starting` and of waiting for it.
            if state.phase == Phase::Starting && next.phase != Phase::Starting {
                assert!(effects.contains(&Effect::ReleaseSlot), "{state:?} {input:?}");
            }
            if next.phase == Phase::Waiting(Need::Unchecked) && state.phase != next.phase {
                assert!(effects.contains(&Effect::Look), "{state:?} {input:?}");
            }
        }
    }
}

/// The table of the contract: how each state is left by each wish and each end.
#[test]
fn wishes_and_ends_by_the_table() {
    let running = State::alive(Phase::Running);
    let rest = State { leader: false, tree: true, phase: Phase::Exited };
    let table: &[(State, Input, Phase, &[Effect])] = &[
        (State::new(), Input::Start, Phase::Waiting(Need::Unchecked), &[Effect::Look]),
        (State::new(), Input::Stop, Phase::Stopped, &[]),
        (running, Input::Start, Phase::Running, &[]),
        (running, Input::Stop, Phase::Stopping(Then::Stopped), &[Effect::StopTree]),
        (running, Input::Restart, Phase::Stopping(Then::Start), &[Effect::StopTree]),
        (running, Input::Ended(End::Success), Phase::Exited, &[]),
        (running, Input::Ended(End::Failure), Phase::Failed, &[]),
        (running, Input::Ended(End::GaveUp), Phase::Failed, &[]),
        (running, Input::Ended(End::Retry), Phase::Backoff, &[Effect::ArmTimer]),
        (running, Input::Ended(End::Lost), Phase::Lost, &[]),
        (running, Input::Paused, Phase::Paused, &[]),
        (State::alive(Phase::Paused), Input::Continued(Check::Closed), Phase::Running, &[]),
        (State::alive(Phase::Paused), Input::Continued(Check::Open), Phase::Checking, &[]),
        (State::alive(Phase::Paused), Input::Checked, Phase::Paused, &[]),
        (State::alive(Phase::Checking), Input::Checked, Phase::Running, &[]),
        (State::alive(Phase::Running), Input::Recheck, Phase::Checking, &[]),
        (State::alive(Phase::Paused), Input::Recheck, Phase::Paused, &[]),
        (State::alive(Phase::Checking), Input::Paused, Phase::Paused, &[]),
        (State::alive(Phase::Checking), Input::Start, Phase::Checking, &[]),
        (State::alive(Phase::Checking), Input::Restart, Phase::Stopping(Then::Start), &[Effect::StopTree]),
        (State::alive(Phase::Checking), Input::Stop, Phase::Stopping(Then::Stopped), &[Effect::StopTree]),
        (State::alive(Phase::Checking), Input::Ended(End::Retry), Phase::Backoff, &[Effect::ArmTimer]),
        (State::alive(Phase::Starting), Input::Restart, Phase::Starting, &[]),
        (
            State::alive(Phase::Starting),
            Input::Started(Check::Closed),
            Phase::Running,
            &[Effect::ReleaseSlot],
        ),
        (State::alive(Phase::Starting), Input::Started(Check::Open), Phase::Checking, &[Effect::ReleaseSlot]),
        (
            State::alive(Phase::Starting),
            Input::Ended(End::StartFailed),
            Phase::Failed,
            &[Effect::ReleaseSlot],
        ),
        (
            State::alive(Phase::Starting),
            Input::Stop,
            Phase::Stopping(Then::Stopped),
            &[Effect::ReleaseSlot, Effect::StopTree],
        ),
        (rest, Input::Start, Phase::Waiting(Need::Tree), &[Effect::StopTree]),
        (rest, Input::Stop, Phase::Stopping(Then::Exited), &[Effect::StopTree]),
        (State::at_rest(Phase::Failed), Input::Stop, Phase::Failed, &[]),
        (State::at_rest(Phase::Backoff), Input::Stop, Phase::Stopped, &[Effect::CancelTimer]),
        (State::at_rest(Phase::Backoff), Input::Timer, Phase::Waiting(Need::Unchecked), &[Effect::Look]),
        (
            State::at_rest(Phase::Waiting(Need::Dependencies)),
            Input::Stop,
            Phase::Stopped,
            &[Effect::StopWaiting, Effect::ReleaseSlot],
        ),
    ];
    for (state, input, phase, effects) in table {
        let got = state.on(*input);
        assert_eq!((got.next.phase, got.effects.as_slice()), (*phase, *effects), "{state:?} {input:?}");
    }
}

#[test]
fn a_requested_stop_never_ends_as_a_failure() {
    for end in ENDS {
        for gone_first in [false, true] {
            let mut state = State::alive(Phase::Running).on(Input::Stop).next;
            let (first, second) = (Input::TreeGone, Input::Ended(end));
            let order = if gone_first { [first, second] } else { [second, first] };
            for input in order {
                assert_eq!(state.phase, Phase::Stopping(Then::Stopped));
                state = state.on(input).next;
            }
            assert_eq!(state, State::new(), "{end:?}");
        }
    }
}

/// A world that does what effects ask, in an order of its own.
struct World {
    state: State,
    /// What will happen some time.
    due: Vec<Input>,
    runs: u32,
    dependencies_ready: bool,
    /// Of each run when it has started.
    checks: Check,
}

impl World {
    fn feed(&mut self, input: Input) {
        let mut queue = VecDeque::from([input]);
        while let Some(input) = queue.pop_front() {
            let Transition { next, effects } = self.state.on(input);
            self.state = next;
            check(next);
            for effect in effects {
                match effect {
                    Effect::Look if self.dependencies_ready => queue.push_back(Input::Clear),
                    Effect::Look => queue.push_back(Input::Missing(Need::Dependencies)),
                    Effect::Spawn => {
                        assert_eq!(self.runs, 0, "never two");
                        self.runs = 1;
                        self.due.push(Input::Started(self.checks));
                    }
                    Effect::StopTree => {
                        if self.state.leader {
                            self.will(Input::Ended(End::Failure));
                        }
                        self.will(Input::TreeGone);
                    }
                    Effect::ArmTimer => self.due.push(Input::Timer),
                    Effect::CancelTimer => self.due.retain(|input| *input != Input::Timer),
                    Effect::Await(_) | Effect::StopWaiting | Effect::ReleaseSlot => {}
                }
            }
        }
    }

    fn will(&mut self, input: Input) {
        if !self.due.contains(&input) {
            self.due.push(input);
        }
    }

    /// The leader ends: nothing else is heard of it, and its shim will go.
    fn end(&mut self, end: End) {
        self.due.retain(|input| !matches!(input, Input::Ended(_) | Input::Started(_) | Input::Checked));
        if self.state.tree {
            self.will(Input::TreeGone);
        }
        self.feed(Input::Ended(end));
    }

    /// Lets one of the things due happen.
    fn step(&mut self, pick: usize) {
        if self.due.is_empty() {
            return;
        }
        let input = self.due.swap_remove(pick % self.due.len());
        match input {
            Input::Ended(end) => self.end(end),
            Input::TreeGone => {
                self.runs = 0;
                self.feed(input);
            }
            Input::Started(Check::Open) => {
                self.due.push(Input::Checked);
                self.feed(input);
            }
            other => self.feed(other),
        }
    }
}

proptest! {
    /// Any wishes, any ends, any order: never two runs, and once the world has settled the newest wish is true.
    #[test]
    fn the_newest_wish_wins(
        script in proptest::collection::vec((0usize..6, any::<usize>()), 1..80),
        last in 0usize..3,
        checks in prop_oneof![Just(Check::Open), Just(Check::Closed)],
    ) {
        let mut world = World { state: State::new(), due: Vec::new(), runs: 0, dependencies_ready: true, checks };
        for (what, pick) in script {
            match what {
                0 => world.feed(Input::Start),
                1 => world.feed(Input::Stop),
                2 => world.feed(Input::Restart),
                3 if world.state.leader => world.end(ENDS[pick % 4]),
                _ => world.step(pick),
            }
        }
        let wish = [Input::Start, Input::Stop, Input::Restart][last];
        world.feed(wish);
        while !world.due.is_empty() {
            world.step(0);
        }
        if wish == Input::Stop {
            prop_assert!(!world.state.leader && !world.state.tree, "{:?}", world.state);
            prop_assert!(world.state.phase.word().is_ended(), "{:?}", world.state);
        } else {
            prop_assert!(
                matches!(world.state.phase, Phase::Running | Phase::Paused),
                "{:?}", world.state
            );
        }
    }
}
