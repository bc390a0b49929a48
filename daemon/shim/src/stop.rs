//! The stop sequence, as a pure machine: times and what is alive come in, what to do comes out.
//!
//! Ask (the plan's signal to the leader's group), wait the grace for the *group* to end, SIGTERM to whatever
//! else is left (it may have left the group and never heard), one second more, then SIGSTOP and SIGKILL to
//! everything in passes until nothing is left. What was asked already is not asked again while its grace
//! lasts: many servers take a second SIGTERM as "at once".

use brummer_capture::meta::StopPlan;

/// Between SIGTERM to the rest and SIGKILL.
const TERMINATE_NS: u64 = 1_000_000_000;
/// For all passes of SIGKILL together.
const KILL_NS: u64 = 2_000_000_000;
const KILL_PASSES: u32 = 20;
/// From the first pass to the second; doubles up to the largest.
const FIRST_PAUSE_NS: u64 = 10_000_000;
const LARGEST_PAUSE_NS: u64 = 100_000_000;

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The plan's signal, and SIGCONT.
    Ask,
    /// SIGTERM and SIGCONT to each descendant.
    Terminate,
    /// SIGSTOP, then SIGKILL to each descendant.
    Kill,
    /// Something cannot be killed: say so.
    GiveUp,
}

/// What lives of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Living {
    /// Anything that was asked by [`Act::Ask`]: the leader's group, or everything where the leader was gone.
    pub(crate) asked: bool,
    /// Anything at all.
    pub(crate) any: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Idle,
    /// Ask at the next look.
    Due {
        grace_ns: u64,
    },
    Asked {
        until: u64,
    },
    Terminating {
        until: u64,
    },
    Killing {
        pass: u32,
        next: u64,
        until: u64,
    },
    GaveUp,
}

/// One run's stop. Times are monotonic ns.
#[derive(Debug)]
pub(crate) struct Stop {
    step: Step,
    signal: i32,
    asked: bool,
    limit: u64,
}

impl Stop {
    pub(crate) const fn new() -> Self {
        Self { step: Step::Idle, signal: 0, asked: false, limit: u64::MAX }
    }

    /// It was asked before it was killed.
    pub(crate) const fn asked(&self) -> bool {
        self.asked
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.step != Step::Idle
    }

    /// Everything was tried.
    pub(crate) fn gave_up(&self) -> bool {
        self.step == Step::GaveUp
    }

    /// The signal to ask with.
    pub(crate) const fn signal(&self) -> i32 {
        self.signal
    }

    /// Accepts a plan. The first one begins the stop; a later one can only make it faster.
    pub(crate) fn accept(&mut self, plan: StopPlan, now: u64) {
        let grace_ns = plan.grace_ms.saturating_mul(1_000_000);
        if let Some(limit_ms) = plan.limit_ms {
            self.limit = self.limit.min(now.saturating_add(limit_ms.saturating_mul(1_000_000)));
        }
        let end = now.saturating_add(grace_ns);
        self.step = match self.step {
            Step::Idle => {
                self.signal = plan.signal;
                if grace_ns == 0 { Self::killing(now) } else { Step::Due { grace_ns } }
            }
            Step::Due { .. } | Step::Asked { .. } | Step::Terminating { .. } if grace_ns == 0 => {
                Self::killing(now)
            }
            Step::Due { grace_ns: first } => Step::Due { grace_ns: first.min(grace_ns) },
            Step::Asked { until } => Step::Asked { until: until.min(end) },
            Step::Terminating { until } => Step::Terminating { until: until.min(end) },
            // A new wish after everything was tried is worth trying everything again.
            Step::GaveUp => Self::killing(now),
            killing @ Step::Killing { .. } => killing,
        };
    }

    const fn killing(now: u64) -> Step {
        Step::Killing { pass: 0, next: now, until: now.saturating_add(KILL_NS) }
    }

    /// When to look again, if nothing else happens before.
    pub(crate) fn timer(&self) -> Option<u64> {
        match self.step {
            Step::Idle | Step::GaveUp => None,
            Step::Due { .. } => Some(0),
            Step::Asked { until } | Step::Terminating { until } => Some(until.min(self.limit)),
            Step::Killing { next, .. } => Some(next),
        }
    }

    /// What to do now; ask again until there is nothing.
    pub(crate) fn next(&mut self, now: u64, living: Living) -> Option<Act> {
        if !living.any {
            return None;
        }
        if now >= self.limit
            && matches!(self.step, Step::Due { .. } | Step::Asked { .. } | Step::Terminating { .. })
        {
            self.step = Self::killing(now);
        }
        match self.step {
            Step::Idle | Step::GaveUp => None,
            Step::Due { grace_ns } => {
                self.step = Step::Asked { until: now.saturating_add(grace_ns) };
                self.asked = true;
                Some(Act::Ask)
            }
            Step::Asked { until } if now >= until || !living.asked => {
                self.step = Step::Terminating { until: now.saturating_add(TERMINATE_NS) };
                Some(Act::Terminate)
            }
            Step::Terminating { until } if now >= until => {
                self.step = Self::killing(now);
                self.next(now, living)
            }
            Step::Killing { pass, next, until } if now >= next => {
                if pass >= KILL_PASSES || now > until {
                    self.step = Step::GaveUp;
                    return Some(Act::GiveUp);
                }
                let pause = FIRST_PAUSE_NS.saturating_mul(1 << pass.min(10)).min(LARGEST_PAUSE_NS);
                self.step = Step::Killing { pass: pass + 1, next: now.saturating_add(pause), until };
                Some(Act::Kill)
            }
            Step::Asked { .. } | Step::Terminating { .. } | Step::Killing { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;
    const ALL: Living = Living { asked: true, any: true };
    const ESCAPED: Living = Living { asked: false, any: true };
    const NONE: Living = Living { asked: false, any: false };

    fn plan(grace_ms: u64, limit_ms: Option<u64>) -> StopPlan {
        StopPlan { signal: 2, grace_ms, limit_ms }
    }

    /// Runs the machine with time standing still wherever it may; returns (second, act) without repetition.
    fn play(stop: &mut Stop, mut now: u64, living: impl Fn(u64) -> Living) -> Vec<(u64, Act)> {
        let mut acts: Vec<(u64, Act)> = Vec::new();
        loop {
            while let Some(act) = stop.next(now, living(now)) {
                if acts.last().is_none_or(|last| last.1 != act) {
                    acts.push((now / S, act));
                }
            }
            match stop.timer() {
                Some(next) if living(now).any => now = next.max(now + 1),
                _ => return acts,
            }
        }
    }

    #[test]
    fn who_ignores_everything_is_killed_after_grace_and_a_second() {
        let mut stop = Stop::new();
        stop.accept(plan(10_000, None), 5 * S);
        let acts = play(&mut stop, 5 * S, |_| ALL);
        assert_eq!(acts, [(5, Act::Ask), (15, Act::Terminate), (16, Act::Kill), (17, Act::GiveUp)]);
        assert!(stop.gave_up());
        assert_eq!(stop.signal(), 2);
    }

    #[test]
    fn who_left_the_group_is_told_as_soon_as_the_group_is_gone() {
        let mut stop = Stop::new();
        stop.accept(plan(10_000, None), 0);
        assert_eq!(stop.next(0, ALL), Some(Act::Ask));
        assert_eq!(stop.next(S, ALL), None);
        assert_eq!(stop.next(2 * S, ESCAPED), Some(Act::Terminate));
        assert_eq!(stop.timer(), Some(3 * S));
        assert_eq!(stop.next(3 * S, NONE), None, "gone: nothing more to do");
    }

    #[test]
    fn no_grace_means_at_once() {
        let mut stop = Stop::new();
        stop.accept(plan(0, None), S);
        assert_eq!(stop.next(S, ALL), Some(Act::Kill));
        let mut asked = Stop::new();
        asked.accept(plan(10_000, None), S);
        assert_eq!(asked.next(S, ALL), Some(Act::Ask));
        asked.accept(plan(0, None), 2 * S);
        assert_eq!(asked.next(2 * S, ALL), Some(Act::Kill));
    }

    #[test]
    fn a_later_plan_is_only_ever_faster() {
        let mut stop = Stop::new();
        stop.accept(plan(10_000, None), 0);
        assert_eq!(stop.next(0, ALL), Some(Act::Ask));
        stop.accept(plan(60_000, None), 0);
        assert_eq!(stop.timer(), Some(10 * S));
        stop.accept(plan(3_000, Some(60_000)), S);
        assert_eq!(stop.timer(), Some(4 * S));
    }

    #[test]
    fn at_the_limit_everything_is_killed() {
        let mut stop = Stop::new();
        stop.accept(plan(60_000, Some(4_000)), 0);
        let acts = play(&mut stop, 0, |_| ALL);
        assert_eq!(acts, [(0, Act::Ask), (4, Act::Kill), (5, Act::GiveUp)]);
    }

    #[test]
    fn passes_are_bounded_and_within_two_seconds() {
        let mut stop = Stop::new();
        stop.accept(plan(0, None), 0);
        let (mut now, mut passes) = (0, 0);
        loop {
            match stop.next(now, ALL) {
                Some(Act::Kill) => passes += 1,
                Some(Act::GiveUp) => break,
                None => now = stop.timer().unwrap(),
                other => panic!("{other:?}"),
            }
        }
        assert!((10..=20).contains(&passes) && now <= KILL_NS + LARGEST_PAUSE_NS, "{passes} until {now}");
        stop.accept(plan(10_000, None), now);
        assert_eq!(stop.next(now, ALL), Some(Act::Kill), "asked again it tries again");
    }
}
