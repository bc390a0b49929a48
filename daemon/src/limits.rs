//! What the daemon may use: more open files than a login gives, and a umask of its own. Children never
//! inherit either: they get their client's.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Open files that the daemon asks for, if the hard limit allows.
const OPEN_FILES: u64 = 65_536;

/// Raises the soft limit of open files and makes everything that the daemon creates private.
pub(crate) fn apply() {
    umask(Mode::from_bits_truncate(0o077));
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        let wanted = hard.min(OPEN_FILES);
        if soft >= wanted { Ok(()) } else { setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) }
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
