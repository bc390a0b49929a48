//! Configuration: text to checked values in final types, every mistake told at once with its place.
//!
//! A text (TOML, YAML or JSON) goes through `crate::tree` (where does each part stand), `check` (the table of keys in
//! `schema`), and `layers` (figment: defaults < user file < project files < profile < environment). What comes out are final types:
//! [`UserConfig`] for the daemon, [`ProjectConfig`] for one project. Only `file` reads files; the
//! environment is handed in.

mod check;
mod diagnostic;
mod dialect;
mod environment;
mod file;
mod graph;
mod import;
mod init;
mod layers;
mod project;
mod schema;
mod text;
mod user;

pub use crate::procfile::Ports;
pub(crate) use check::dotted;
pub(crate) use diagnostic::sort;
pub use diagnostic::{Code, Diagnostic, Place, Severity, Span, render_all};
pub use environment::Environment;
pub use file::MAX_BYTES;
pub(crate) use import::write;
pub use import::{
    Beside, Format as ForeignFormat, ImportError, Imported, Note, Read as ReadImport, convert,
    read as read_foreign,
};
pub use init::start_file;
pub use layers::ConfigValue;
pub use project::ProjectConfig;
pub use project::files::{FILES, Parsed, check_project as check, is_project_file};
pub(crate) use project::files::{not_there, predecessor, predecessors, read_files};
pub(crate) use project::{join, named};
pub use schema::{project_schema, reference, user_schema};
pub use text::{duration, size};
pub use user::{
    Backpressure, Concurrency, DaemonKeys, EventBusKeys, LogStoreKeys, LogsKeys, ProcessManagerKeys,
    RingBytes, StatusRead, UserConfig, UserProject,
};

#[cfg(test)]
mod tests;
