//! Projects: which directories the daemon knows, what could be run in them, how they are configured, and
//! whether their user trusts them.
//!
//! [`Projects`] is the handle. One owner task keeps the list of known projects: it writes a change to the
//! state database, publishes a new snapshot, then tells the bus. Readers take the snapshot and never wait.
//! The owner's queue holds 64 orders; callers wait when it is full and are told when the daemon stops.
//!
//! [`watch`] tells when the files of open projects change. A project's files are read anew at each [`Projects::load`], on the blocking pool: nothing is cached that
//! a text editor could make stale, nothing is executed to find out what is there. Mistakes in a
//! configuration come back all at once with file, line and column ([`config`]); a manifest of another tool
//! that cannot be read is a notice and no end ([`detect`](mod@detect)).
//!
//! Pure: [`names`], [`choose`], and all of `config` but its file reader. Foreign text (manifests, names,
//! paths) is never given to a shell that it was not written for.

#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod arguments;
pub mod choose;
pub mod config;
pub mod detect;
mod error;
mod handle;
mod load;
pub mod locate;
mod matcher;
pub mod names;
mod owner;
mod procfile;
mod tree;
pub mod watch;

pub use choose::{Choice, NothingToStart};
pub use config::{Diagnostic, Environment, UserConfig};
pub use detect::{Lack, Script};
pub use error::ProjectsError;
pub use handle::{ConfigCheck, Located, Projects, Selector, Settings, StartFile, Verb};
pub use load::Loaded;
pub use owner::{Entered, OpenMode, Project};
