//! What the daemon may use: more open files than a login gives, and a umask of its own. Children never
//! inherit either: they get their client's, or what the daemon was itself given.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};

/// Open files that the daemon asks for, if the hard limit allows.
const OPEN_FILES: u64 = 65_536;

/// What the daemon was started with, before it changed it for itself.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) umask: u32,
    /// (resource number, soft, hard).
    pub(crate) open_files: Option<(i32, u64, u64)>,
}

/// Raises the soft limit of open files and makes everything that the daemon creates private.
pub(crate) fn apply() -> Given {
    let before = umask(Mode::from_bits_truncate(0o077));
    let open_files = getrlimit(Resource::RLIMIT_NOFILE).ok();
    if let Some((soft, hard)) = open_files {
        let wanted = hard.min(OPEN_FILES);
        if soft < wanted {
            // Refused only where even a soft limit below the hard one is; then it stays as it is.
            let _raised = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard);
        }
    }
    #[allow(clippy::useless_conversion, reason = "the type of a mode is smaller on macOS")]
    let umask = u32::from(before.bits());
    Given { umask, open_files: open_files.map(|(soft, hard)| (Resource::RLIMIT_NOFILE as i32, soft, hard)) }
}
