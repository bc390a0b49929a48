//! The shim as the daemon sees it: a real run directory, a real child, the socketpair and the capture.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "tests start processes and fail by panicking"
)]

mod control;
mod ending;
mod harness;
mod output;
mod rest;
mod starting;
mod stopping;
