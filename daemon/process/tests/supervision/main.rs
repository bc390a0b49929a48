//! Supervision through real shims and real children: a supervisor in this process, a reader of captures that
//! reads them as the log engine does, and `/bin/sh`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests"
)]

mod change;
mod crash;
mod dependencies;
mod ends;
mod faults;
mod harness;
mod reader;
mod ready;
mod shutdown;
mod start_stop;
mod stopping;
