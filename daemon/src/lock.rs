//! The one lock that makes a daemon *the* daemon of its state directory.
//!
//! Held by flock for life, so it falls with the process however that ends. Its text says to others who
//! holds it, where that one listens and how far it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use brummer_proto::address::{LockInfo, Phase, Places, lock_holder};
use brummer_scope::clock;

use crate::exit::Fatal;

/// Clients that test the lock hold it for an instant; a living daemon holds it longer than this.
const ATTEMPTS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(10);

/// The lock, held.
pub(crate) struct DaemonLock {
    file: File,
    info: LockInfo,
}

impl DaemonLock {
    /// Takes the lock; `socket` is where this daemon will listen.
    ///
    /// # Errors
    /// [`Fatal::AlreadyRunning`] with the holder's pid; the file cannot be made or written.
    pub(crate) async fn acquire(places: &Places, socket: &Path) -> Result<Self, Fatal> {
        let path = places.lock();
        let refused =
            |error: std::io::Error| Fatal::Refused(format!("cannot use {}: {error}", path.display()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&path)
            .map_err(refused)?;
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempt < ATTEMPTS => tokio::time::sleep(BETWEEN).await,
                Err(TryLockError::WouldBlock) => return Err(already_running(places)),
                Err(TryLockError::Error(error)) => return Err(refused(error)),
            }
        }
        let info = LockInfo {
            pid: std::process::id(),
            started: u64::try_from(clock::wall_ns() / 1_000_000).unwrap_or(0),
            socket: socket.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            phase: Phase::Starting,
            protocol: brummer_proto::PROTOCOL,
        };
        let mut lock = Self { file, info };
        lock.write().map_err(refused)?;
        Ok(lock)
    }

    /// Tells others how far this daemon is.
    pub(crate) fn set_phase(&mut self, phase: Phase) {
        self.info.phase = phase;
        if let Err(error) = self.write() {
            // Others then see an older phase: they wait a little too long, or not long enough.
            tracing::warn!(%error, "the lock file cannot be written");
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        let text = serde_json::to_vec(&self.info)?;
        // One write of the whole text; what a shorter text leaves behind is cut after it.
        self.file.write_all_at(&text, 0)?;
        self.file.set_len(text.len() as u64)
    }
}

impl Drop for DaemonLock {
    fn drop(&mut self) {
        // The lock falls with the file; an empty text keeps a later reader from seeing a dead pid.
        let _emptied = self.file.set_len(0);
    }
}

fn already_running(places: &Places) -> Fatal {
    let state = places.state_dir.display();
    Fatal::AlreadyRunning(match lock_holder(&places.state_dir) {
        Some(holder) if holder.pid != 0 => {
            format!("already running, pid {} (socket {}, state {state})", holder.pid, holder.socket.display())
        }
        _ => format!("already running: another brummerd holds {state}"),
    })
}

#[cfg(test)]
mod tests {
    use brummer_proto::address::{Environment, Overrides};

    use super::*;

    fn places(dir: &Path) -> Places {
        let environment: Environment =
            [("HOME", dir), ("BRUMMER_STATE_DIR", dir)].map(|(k, v)| (k.into(), v.into())).into();
        Places::new(&environment, &Overrides::default()).unwrap()
    }

    #[tokio::test]
    async fn only_one_holds_it_and_the_others_learn_who() {
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        let mut lock = DaemonLock::acquire(&places, &places.socket).await.unwrap();
        let refused = DaemonLock::acquire(&places, &places.socket).await.err().unwrap();
        assert_eq!(refused.code(), 75);
        assert!(refused.to_string().contains(&format!("pid {}", std::process::id())), "{refused}");
        assert_eq!(lock_holder(dir.path()).unwrap().phase, Phase::Starting);
        lock.set_phase(Phase::Serving);
        let seen = lock_holder(dir.path()).unwrap();
        assert_eq!((seen.phase, seen.socket), (Phase::Serving, places.socket.clone()));
        drop(lock);
        assert_eq!(lock_holder(dir.path()), None);
        DaemonLock::acquire(&places, &places.socket).await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_just_looks_does_not_keep_a_daemon_out() {
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        std::fs::write(places.lock(), "").unwrap();
        let looking = File::open(places.lock()).unwrap();
        looking.try_lock_shared().unwrap();
        let (lock, ()) = tokio::join!(DaemonLock::acquire(&places, &places.socket), async {
            tokio::task::yield_now().await;
            drop(looking);
        });
        assert!(lock.is_ok());
    }
}
