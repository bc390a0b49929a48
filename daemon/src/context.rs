//! The daemon's own world: what a process gets that is started without any client.

use brummer_event::spec::ClientContext;
use brummer_proto::address::Environment;

use crate::limits::Given;

/// The environment and limits that the daemon was itself started with.
pub(crate) fn of_daemon(environment: &Environment, given: &Given) -> ClientContext {
    let text = |(name, value): (&std::ffi::OsString, &std::ffi::OsString)| {
        // A child's environment is text in meta.json; what is no text cannot be handed on.
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    ClientContext {
        env: environment.iter().filter_map(text).collect(),
        umask: Some(given.umask),
        rlimits: given.open_files.into_iter().collect(),
    }
}
