//! The daemon's lock file as others see it: who holds it, and where that one listens.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What a daemon writes into its lock file. Only true while the lock is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockInfo {
    pub pid: u32,
    /// Milliseconds since 1970.
    pub started: u64,
    /// Absolute path of its control socket.
    pub socket: PathBuf,
    pub version: String,
    #[serde(default)]
    pub phase: Phase,
    /// What it speaks, so that a client need not ask. 0: a daemon that does not say.
    #[serde(default)]
    pub protocol: u32,
}

/// How far the lock's holder is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It holds the lock and does not serve yet.
    Starting,
    #[default]
    Serving,
    /// It was asked to stop and ends its processes in order.
    Stopping,
}

pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("brummerd.lock")
}

/// The daemon that holds the lock of `state_dir`, if one lives. Connects to nobody, so it never starts a
/// socket-activated daemon. A holder whose text cannot be read (it is just being written) has pid 0 and an
/// empty socket path.
pub fn lock_holder(state_dir: &Path) -> Option<LockInfo> {
    let mut file = File::open(path(state_dir)).ok()?;
    // A shared try is over within microseconds; a starting daemon tries for its own lock longer than that.
    match file.try_lock_shared() {
        Ok(()) => {
            // Closing would release it as well; saying so keeps the moment short.
            let _released = file.unlock();
            return None;
        }
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(_)) => return None,
    }
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    let parsed = read.ok().and_then(|_| serde_json::from_str(&text).ok());
    Some(parsed.unwrap_or(LockInfo {
        pid: 0,
        started: 0,
        socket: PathBuf::new(),
        version: String::new(),
        phase: Phase::Starting,
        protocol: 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_held_lock_has_a_holder() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(lock_holder(dir.path()), None, "no file");
        std::fs::write(path(dir.path()), r#"{"pid":7,"started":1,"socket":"/s","version":"1.2.3","new":1}"#)
            .unwrap();
        assert_eq!(lock_holder(dir.path()), None, "left by a daemon that was killed");
        let held = File::open(path(dir.path())).unwrap();
        held.try_lock().unwrap();
        let holder = lock_holder(dir.path()).unwrap();
        assert_eq!((holder.pid, holder.version.as_str(), holder.phase), (7, "1.2.3", Phase::Serving));
        std::fs::write(path(dir.path()), "").unwrap();
        assert_eq!(lock_holder(dir.path()).unwrap().pid, 0);
        drop(held);
        assert_eq!(lock_holder(dir.path()), None);
    }

    #[test]
    fn the_text_is_the_contract() {
        let info = LockInfo {
            pid: 7,
            started: 1,
            socket: "/s".into(),
            version: "1".into(),
            phase: Phase::Stopping,
            protocol: 3,
        };
        assert_eq!(
            serde_json::to_string(&info).unwrap(),
            r#"{"pid":7,"started":1,"socket":"/s","version":"1","phase":"stopping","protocol":3}"#
        );
    }
}
