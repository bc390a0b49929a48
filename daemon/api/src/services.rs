//! The tonic services: thin. Each translates a request, asks the world, translates the answer.

mod event;
mod incident;
mod log;
mod process;
mod project;
mod system;

pub(crate) use event::EventApi;
pub(crate) use incident::IncidentApi;
pub(crate) use log::LogApi;
pub(crate) use process::ProcessApi;
pub(crate) use project::ProjectApi;
pub use system::Daemon;
pub(crate) use system::SystemApi;
