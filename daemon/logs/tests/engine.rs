//! The whole engine on real files, with a shim's part played in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

#[path = "engine/follow.rs"]
mod follow;
#[path = "engine/gaps.rs"]
mod gaps;
#[path = "engine/page.rs"]
mod page;
#[path = "engine/recovery.rs"]
mod recovery;
#[path = "engine/retention.rs"]
mod retention;
#[path = "engine/rig.rs"]
mod rig;
#[path = "engine/text.rs"]
mod text;
#[path = "engine/trouble.rs"]
mod trouble;
