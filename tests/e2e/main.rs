//! End to end, through the real binaries, a world a test. `tests/README.md` maps each test to the faults
//! and defects that it stands against.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, start programs and read clocks"
)]

mod bad_input;
mod common;
mod concurrency;
mod configuration;
mod crash;
mod daemon;
mod defects;
mod detection;
mod environment;
mod generators;
mod hundred;
mod keys;
mod log_bombs;
mod movers;
mod output;
mod ready;
mod reload;
mod run_ends;
mod screens;
mod secrets;
mod start_stop;
mod stopping;
mod worktrees;
