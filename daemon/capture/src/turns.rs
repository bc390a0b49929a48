//! How soon a thread runs that has little to do but is waited for: those on the way from a child's line to whoever
//! reads it (the shim, the lane for runs that woke, the writer of lines, the services).
//!
//! The scheduler gives a woken thread with a short slice an early deadline: it may interrupt one that is in the
//! middle of a long slice, and has to give way itself soon. Its share of the processor does not change. Linux
//! 6.12 and later (`sched_setattr` with a runtime, open to ordinary users); elsewhere nothing happens.

/// A turn on the processor, ns: the least that the scheduler takes.
#[cfg(target_os = "linux")]
const SLICE_NS: u64 = 100_000;

/// Asks for short turns for the calling thread. What it starts (threads, children) does not inherit them.
pub fn take_short_ones() {
    #[cfg(target_os = "linux")]
    crate::sys::set_thread_slice(SLICE_NS);
}
