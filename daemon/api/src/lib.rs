//! The gRPC edge: tonic services over the [`World`](brummer_world::World), health and reflection, and the accept loop.
//!
//! Thin and without state: a service translates a request, asks the world, translates the answer or streams.
//! Streams are polled by their connection and hold a cursor, not a queue. Generated types never leave this
//! crate; `convert` is the only place where they meet the domain's.
//!
//! **When stopping** new commands are refused by the components themselves; streams end when the world closes
//! its subscribers, after the processes.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod convert;
pub mod listen;
mod refuse;
mod serve;
mod services;
mod watch;

pub use serve::{ServeError, serve};
pub use services::Daemon;
