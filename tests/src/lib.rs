//! The harness of the end-to-end tests: real binaries, one state directory and one daemon a test.
//!
//! [`binaries`] builds everything once, under a file lock, so that `cargo test --workspace` is enough on
//! a fresh machine. A [`Home`] is one user's world in a temporary directory; [`Home::daemon`] starts
//! `brummerd` in it and waits for its `READY=1`; [`Home::ctl`] runs `brummerctl`; [`Follow`] reads a
//! following command line by line. When a `Home` goes, everything that ran in it is stopped.
//!
//! Tests await events: [`Follow::until`] for output, [`Process::wait_gone`] for processes (pidfd). What has
//! no event is asked for again by [`until`], with a deadline far above what a loaded machine needs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a harness fails its test by panicking, starts programs and reads clocks; that is its work"
)]

pub mod binaries;
pub mod ctl;
pub mod follow;
pub mod home;
pub mod http;
pub mod process;
pub mod project;
pub mod terminal;

use std::time::{Duration, Instant};

pub use binaries::Binaries;
pub use ctl::Answer;
pub use follow::Follow;
pub use home::{Daemon, Home};
pub use process::Process;
pub use project::Project;
pub use terminal::Terminal;

/// Longest that any awaited thing may take: ten times what a loaded machine of two cores needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again until `check` has an answer, for what no event tells. Panics with `what` after [`PATIENCE`].
pub fn until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
