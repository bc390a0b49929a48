//! The clocks. Monotonic time orders and measures; wall time is a label. Pure code gets both as arguments.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since boot (CLOCK_MONOTONIC): the clock that the shims stamp frames with.
pub fn mono_ns() -> u64 {
    crate::sys::monotonic_ns()
}

/// Nanoseconds since 1970, for people.
pub fn wall_ns() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    let now = SystemTime::now();
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX),
    }
}

/// For measuring how long something took.
pub fn instant() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    Instant::now()
}

/// How long ago `mono_ns` was, zero if it lies ahead.
pub fn since(earlier_mono_ns: u64) -> Duration {
    Duration::from_nanos(mono_ns().saturating_sub(earlier_mono_ns))
}

/// Identity of this boot of the machine: monotonic times of another boot mean nothing.
pub fn boot_id() -> std::io::Result<String> {
    crate::sys::boot_id()
}
