//! Supervision: what should run, what runs, and how it ended.
//!
//! **Owns** the known processes: one task each (an *actor*) holds a process's state machine, its living run
//! and its wishes; one owner task holds the list. Every other part reads immutable views
//! ([`Supervisor::snapshot`]) and never waits for an owner. **Who may call**: the edges, through
//! [`Supervisor`]; each command is answered when it is done. The reader of captures is behind [`RunLogs`].
//!
//! The daemon starts only shims; a shim holds the child, its pipes and its capture, so the end of the daemon
//! ends nothing. Starting is recovering: [`Supervisor::open`] reads what was intended, asks every shim that
//! still lives, and goes on. An intent is in the database before its effect.
//!
//! **When full**: mailboxes are bounded and their senders wait; starts beyond `max_concurrent_starts` wait in
//! the state `waiting`. **When stopping**: [`Supervisor::shutdown`] stops everything in reverse dependency
//! order within a deadline, [`Supervisor::detach`] leaves everything running for the next daemon.

mod actor;
mod adopt;
mod cell;
mod commands;
mod config;
mod diff;
pub mod environment;
mod error;
mod leftovers;
mod link;
mod needs;
pub mod plan;
mod reading;
mod record;
mod registry;
mod request;
pub mod restart;
mod shared;
mod shutdown;
mod spawn;
pub mod state;
mod stop_command;
mod supervisor;
mod sys;
mod usage;
mod view;
mod wait;

pub use config::{ProcessConfig, ReadStrategy};
pub use error::ProcessError;
pub use reading::{RunLogs, RunProgress, RunToRead, ShimOrder};
pub use request::{
    Answer, Asker, Change, Changed, Condition, DeclareRequest, Did, DownRequest, NewSpec, Outcome,
    RestartRequest, ShutdownReport, StartRequest, Until, UpRequest, Waited,
};
pub use restart::RestartPolicy;
pub use supervisor::Supervisor;
pub use view::{ProcessView, Registry, RunEnvironment, RunView, TreeUsage};
