//! The control socket: inherited from a service manager, or bound by us and kept in place.
//!
//! Only what we bound is ever unlinked, and only under `<socket>.lock`. When the file of our socket
//! vanishes while we live (a tidy-up job, an `rm`), [`Kept::watch`] binds it anew.

mod watch;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::exit::Fatal;

/// A socket that a service manager opened for us, if it did. Must be called before anything else opens a
/// descriptor.
///
/// # Errors
/// [`Fatal::Refused`]: what was inherited is no listening Unix socket.
pub(crate) fn take_inherited() -> Result<Option<UnixListener>, Fatal> {
    let mut inherited = listenfd::ListenFd::from_env();
    if inherited.len() > 1 {
        return Err(Fatal::Refused(format!(
            "{} sockets were inherited, one is understood; the unit must have one ListenStream",
            inherited.len()
        )));
    }
    inherited
        .take_unix_listener(0)
        .map_err(|error| Fatal::Refused(format!("the inherited socket is no Unix stream socket: {error}")))
}

/// A socket that we bound. Unlinked when dropped, if it is still ours.
pub(crate) struct Bound {
    pub(crate) listener: UnixListener,
    pub(crate) kept: Kept,
}

/// Our right to a socket path, for life.
pub(crate) struct Kept {
    path: PathBuf,
    /// Held: nobody else may unlink what lies at the path.
    _lock: File,
    /// Identity of the file that we bound.
    file: FileId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(path: &Path) -> io::Result<Self> {
        let found = std::fs::symlink_metadata(path)?;
        Ok(Self { device: found.dev(), inode: found.ino() })
    }
}

/// Binds the control socket (0600), taking the place of one that nobody listens at.
///
/// # Errors
/// [`Fatal::AlreadyRunning`]: somebody listens there. [`Fatal::Refused`]: something else lies there, or
/// the directory cannot be written.
pub(crate) fn bind(path: &Path) -> Result<Bound, Fatal> {
    let lock = lock_path(path)?;
    clear(path)?;
    let (listener, file) = bind_free(path).map_err(|error| refused(path, &error))?;
    Ok(Bound { listener, kept: Kept { path: path.to_owned(), _lock: lock, file } })
}

fn refused(path: &Path, error: &io::Error) -> Fatal {
    Fatal::Refused(format!("cannot listen at {}: {error}; set BRUMMER_SOCKET or --socket", path.display()))
}

fn lock_path(path: &Path) -> Result<File, Fatal> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(&name)
        .map_err(|error| refused(path, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Fatal::AlreadyRunning(format!(
            "already running: another brummerd listens at {} (with another state directory)",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(refused(path, &error)),
    }
}

/// Removes a stale socket. Called under the lock.
fn clear(path: &Path) -> Result<(), Fatal> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(path, &error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(Fatal::Refused(format!("{} is no socket; move it away", path.display())));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(Fatal::AlreadyRunning(format!(
            "something listens at {} already (a service manager's socket unit?); stop it, or set BRUMMER_SOCKET",
            path.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|error| refused(path, &error))
        }
        Err(error) => Err(refused(path, &error)),
    }
}

fn bind_free(path: &Path) -> io::Result<(UnixListener, FileId)> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok((listener, FileId::of(path)?))
}

impl Kept {
    /// Whether the file at the path is the one that we bound.
    fn in_place(&self) -> bool {
        FileId::of(&self.path).is_ok_and(|found| found == self.file)
    }

    /// Binds anew after the file vanished; the directory too, if that went.
    fn bind_again(&mut self) -> Result<UnixListener, Fatal> {
        if let Some(parent) = self.path.parent()
            && !parent.exists()
        {
            brummer_proto::address::ensure_private_directory(parent)?;
        }
        let mut lock = self.path.as_os_str().to_owned();
        lock.push(".lock");
        // The lock's file may have gone the same way; then our descriptor guards nothing.
        let held = self._lock.metadata().map(|found| FileId { device: found.dev(), inode: found.ino() });
        if !matches!((held, FileId::of(Path::new(&lock))), (Ok(held), Ok(found)) if held == found) {
            self._lock = lock_path(&self.path)?;
        }
        clear(&self.path)?;
        let (listener, file) = bind_free(&self.path).map_err(|error| refused(&self.path, &error))?;
        self.file = file;
        Ok(listener)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.in_place() {
            let _removed = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "left behind");
        let bound = bind(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        let second = bind(&path).err().unwrap();
        assert_eq!(second.code(), 75, "{second}");
        drop(bound);
        assert!(!path.exists(), "removed what we bound");

        let foreign = UnixListener::bind(&path).unwrap();
        assert_eq!(bind(&path).err().unwrap().code(), 75);
        assert!(path.exists());
        drop(foreign);
    }

    #[test]
    fn only_what_we_bound_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let bound = bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "a stranger's").unwrap();
        drop(bound);
        assert!(path.exists());
        let refused = bind(&path).err().unwrap();
        assert_eq!(refused.code(), 78);
        assert!(refused.to_string().contains("no socket"), "{refused}");
    }
}
