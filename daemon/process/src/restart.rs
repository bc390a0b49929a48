//! When a run that ended by itself is started again: the back-off. Pure; times are nanoseconds since boot.
//!
//! The delay doubles from [`RestartPolicy::first`] to [`RestartPolicy::most_delay`], each with a jitter from a
//! seed. A run that stayed up for [`RestartPolicy::healthy_after`] wipes the slate clean. With
//! [`RestartPolicy::most_restarts`] restarts already within [`RestartPolicy::window`], the next end is the
//! last: give up (with 0, never). A run that could not be spawned never comes here.

use std::time::Duration;

use brummer_event::spec::Retry;
use serde::{Deserialize, Serialize};

/// Bounds of the back-off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartPolicy {
    pub first: Duration,
    pub most_delay: Duration,
    /// Each delay is this many percent longer or shorter, at most.
    pub jitter_percent: u32,
    pub healthy_after: Duration,
    pub most_restarts: u32,
    pub window: Duration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            first: Retry::LEAST,
            most_delay: Retry::MOST,
            jitter_percent: 10,
            healthy_after: Duration::from_secs(10),
            most_restarts: Retry::RESTARTS,
            window: Duration::from_secs(60),
        }
    }
}

/// Restarts that are remembered: who is never given up needs no more to be counted.
const REMEMBERED: usize = 1000;
/// What a process wants for itself is never shorter: one that ends at once and is never given up would keep the
/// machine busy with nothing but its restarts.
const LEAST_DELAY: Duration = Duration::from_millis(50);

impl RestartPolicy {
    /// This one, with what a process wants for itself: no delay of its own is below 50 ms.
    #[must_use]
    pub fn with(&self, own: &Retry) -> Self {
        let floored = |delay: Option<Duration>| delay.map(|delay| delay.max(LEAST_DELAY));
        let (least, most) = (floored(own.least), floored(own.most));
        let first = least.unwrap_or(self.first);
        // Who only says the least means at least that.
        let most_delay = most.unwrap_or(self.most_delay).max(least.unwrap_or_default());
        Self { first, most_delay, most_restarts: own.restarts.unwrap_or(self.most_restarts), ..self.clone() }
    }
}

/// What follows an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Start again after this delay; `attempt` counts from 1.
    Retry {
        delay: Duration,
        attempt: u32,
    },
    GiveUp,
}

/// The restarts of one process by policy. A start or restart by hand begins a new history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// When each restart was decided; only those that can still count.
    restarts: Vec<u64>,
    /// Doublings so far.
    step: u32,
}

impl History {
    /// A run ended by itself at `now`, having been up for `up`. `random` is any number.
    pub fn ended(&mut self, policy: &RestartPolicy, now: u64, up: Duration, random: u64) -> Decision {
        if up >= policy.healthy_after {
            *self = Self::default();
        }
        let window = nanos(policy.window);
        self.restarts.retain(|at| now.saturating_sub(*at) <= window);
        if policy.most_restarts > 0 && self.restarts.len() >= policy.most_restarts as usize {
            return Decision::GiveUp;
        }
        if self.restarts.len() >= REMEMBERED.max(policy.most_restarts as usize) {
            self.restarts.remove(0);
        }
        let delay = jittered(self.plain_delay(policy), policy.jitter_percent, random);
        self.step = self.step.saturating_add(1);
        self.restarts.push(now);
        Decision::Retry { delay, attempt: u32::try_from(self.restarts.len()).unwrap_or(u32::MAX) }
    }

    fn plain_delay(&self, policy: &RestartPolicy) -> Duration {
        // 2^31 times anything is beyond every bound already.
        policy.first.saturating_mul(1 << self.step.min(31)).min(policy.most_delay)
    }
}

fn jittered(delay: Duration, percent: u32, random: u64) -> Duration {
    let span = u128::from(percent) * 2 + 1;
    // Thousandths of a percent, so that close neighbours spread too.
    let place = u128::from(mix(random)) % (span * 1000);
    let factor = (100_000 - u128::from(percent.min(100)) * 1000) + place.min(u128::from(percent) * 2000);
    let jittered = delay.as_nanos() * factor / 100_000;
    Duration::from_nanos(u64::try_from(jittered).unwrap_or(u64::MAX))
}

/// SplitMix64: spreads seeds that differ little.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    fn steady() -> RestartPolicy {
        RestartPolicy { jitter_percent: 0, ..RestartPolicy::default() }
    }

    #[test]
    fn the_schedule_of_a_process_that_ends_at_once() {
        let mut history = History::default();
        let (mut now, mut delays) = (0, Vec::new());
        while let Decision::Retry { delay, attempt } = history.ended(&steady(), now, Duration::ZERO, 0) {
            delays.push((attempt, delay.as_millis()));
            now += nanos(delay);
        }
        assert_eq!(delays, [(1, 250), (2, 500), (3, 1000), (4, 2000), (5, 4000)]);
        assert_eq!(history.ended(&steady(), now, Duration::ZERO, 0), Decision::GiveUp, "it stays given up");
    }

    #[test]
    fn delays_grow_to_the_bound_when_ends_are_far_apart() {
        let mut history = History::default();
        let (mut now, mut delays) = (0, Vec::new());
        for _ in 0..12 {
            let Decision::Retry { delay, .. } = history.ended(&steady(), now, Duration::from_secs(9), 0)
            else {
                panic!("fewer than five in any minute")
            };
            delays.push(delay.as_millis());
            now += 20 * SECOND;
        }
        assert_eq!(&delays[..8], [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
        assert!(delays[8..].iter().all(|delay| *delay == 30_000), "{delays:?}");
    }

    #[test]
    fn ten_seconds_of_health_wipe_the_slate() {
        let mut history = History::default();
        for _ in 0..4 {
            history.ended(&steady(), 0, Duration::ZERO, 0);
        }
        let healthy = history.ended(&steady(), SECOND, Duration::from_secs(10), 0);
        assert_eq!(healthy, Decision::Retry { delay: Duration::from_millis(250), attempt: 1 });
        let nearly = history.ended(&steady(), SECOND, Duration::from_millis(9999), 0);
        assert_eq!(nearly, Decision::Retry { delay: Duration::from_millis(500), attempt: 2 });
    }

    #[test]
    fn the_window_is_sixty_seconds() {
        let mut history = History::default();
        for second in [0, 1, 2, 3, 4] {
            history.ended(&steady(), second * SECOND, Duration::ZERO, 0);
        }
        let mut early = history.clone();
        assert_eq!(early.ended(&steady(), 60 * SECOND, Duration::ZERO, 0), Decision::GiveUp);
        let late = history.ended(&steady(), 60 * SECOND + 1, Duration::ZERO, 0);
        assert!(matches!(late, Decision::Retry { attempt: 5, .. }), "{late:?}");
    }

    #[test]
    fn a_process_may_want_its_own_delays_and_its_own_patience() {
        let own = Retry {
            least: Some(Duration::from_secs(1)),
            most: Some(Duration::from_secs(2)),
            restarts: Some(4),
        };
        let policy = steady().with(&own);
        let (mut history, mut delays) = (History::default(), Vec::new());
        while let Decision::Retry { delay, .. } = history.ended(&policy, 0, Duration::ZERO, 0) {
            delays.push(delay.as_secs());
        }
        assert_eq!(delays, [1, 2, 2, 2]);
        assert_eq!(steady().with(&Retry::default()), steady());
        let slow = steady().with(&Retry { least: Some(Duration::from_secs(60)), ..Retry::default() });
        assert_eq!(slow.most_delay, Duration::from_secs(60));

        let zero = Some(Duration::ZERO);
        let busy = steady().with(&Retry { least: zero, most: zero, restarts: Some(0) });
        let mut history = History::default();
        for _ in 0..3 {
            let next = history.ended(&busy, 0, Duration::ZERO, 0);
            assert!(matches!(next, Decision::Retry { delay: LEAST_DELAY, .. }), "{next:?}");
        }
        let at_most = steady().with(&Retry { most: zero, ..Retry::default() });
        assert_eq!(at_most.most_delay, LEAST_DELAY);

        let never = steady().with(&Retry { restarts: Some(0), ..Retry::default() });
        let mut history = History::default();
        for _ in 0..3 * REMEMBERED {
            assert_ne!(history.ended(&never, 0, Duration::ZERO, 0), Decision::GiveUp);
        }
        assert_eq!(history.restarts.len(), REMEMBERED, "bounded");
    }

    proptest! {
        #[test]
        fn jitter_stays_within_ten_percent(random: u64, step in 0u32..40) {
            let policy = RestartPolicy::default();
            let mut history = History { restarts: Vec::new(), step };
            let plain = history.plain_delay(&policy);
            let Decision::Retry { delay, .. } = history.ended(&policy, 0, Duration::ZERO, random) else {
                panic!("the first end is never the last")
            };
            prop_assert!(delay >= plain.mul_f64(0.8999) && delay <= plain.mul_f64(1.1001), "{plain:?} {delay:?}");
        }
    }

    #[test]
    fn jitter_differs_with_the_seed() {
        let delays: std::collections::BTreeSet<_> =
            (0..50).map(|seed| jittered(Duration::from_secs(1), 10, seed)).collect();
        assert!(delays.len() > 40, "{delays:?}");
        assert!(delays.iter().min() < Some(&Duration::from_millis(960)));
        assert!(delays.iter().max() > Some(&Duration::from_millis(1040)));
    }
}
