//! The lock file `alive`: held by the shim from before its start to its end.
//!
//! The daemon takes the lock *before* it starts the shim and hands the locked file over as the shim's stdout
//! (a lock belongs to the open file, not to the process); so there is no moment at which a run that is just
//! being started looks dead to the next daemon. The shim writes into it who holds it. The lock is never
//! given up by hand, only by closing: unlocking one descriptor would unlock the shim's too.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::proc::ProcId;

/// File name in the run directory.
pub const ALIVE: &str = "alive";

/// Who holds a run, as the shim wrote it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub shim: ProcId,
    /// The run's leader, once it was started.
    pub child: Option<ProcId>,
}

/// The lock, held.
#[derive(Debug)]
pub struct AliveLock {
    file: File,
}

impl AliveLock {
    /// Takes the lock of the run directory `dir`, creating the file (0600) if need be. `None` when someone
    /// holds it: the run lives.
    ///
    /// # Errors
    /// The file cannot be opened or locked.
    pub fn try_take(dir: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join(ALIVE))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Recognises an inherited descriptor as the lock of `dir`: the same file, and locked by it (or not
    /// locked at all yet). Gives the descriptor back if it is something else.
    ///
    /// # Errors
    /// The descriptor, or that it is the right file but another holds the lock.
    pub fn from_inherited(fd: OwnedFd, dir: &Path) -> Result<Self, OwnedFd> {
        let file = File::from(fd);
        let same = match (file.metadata(), std::fs::metadata(dir.join(ALIVE))) {
            (Ok(ours), Ok(named)) => ours.dev() == named.dev() && ours.ino() == named.ino(),
            _ => false,
        };
        if !same {
            return Err(file.into());
        }
        // Locking again what this open file holds already changes nothing.
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(_) => Err(file.into()),
        }
    }

    /// A second descriptor of the same open file, to be given to the shim as its stdout. The lock falls when
    /// both are closed.
    ///
    /// # Errors
    /// No descriptor is free.
    pub fn to_inherit(&self) -> io::Result<OwnedFd> {
        self.file.as_fd().try_clone_to_owned()
    }

    /// Writes down who holds the run.
    ///
    /// # Errors
    /// The disk is full or the file is gone.
    pub fn write_holder(&self, holder: &Holder) -> io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.write_all_at(&text, 0)?;
        self.file.set_len(text.len() as u64)
    }
}

/// True while someone holds the lock of `dir`. False also where there is no such file.
///
/// # Errors
/// The file cannot be opened or locked.
pub fn is_held(dir: &Path) -> io::Result<bool> {
    let file = match File::open(dir.join(ALIVE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // Shared, so that two who look at once do not take each other for the holder.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Who holds or held the run, as written down last; `None` when nothing was.
///
/// # Errors
/// The file cannot be read.
pub fn holder(dir: &Path) -> io::Result<Option<Holder>> {
    let mut text = Vec::new();
    match File::open(dir.join(ALIVE)) {
        Ok(file) => file.take(4096).read_to_end(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_slice(&text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_lives_as_long_as_any_descriptor_of_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_held(dir.path()).unwrap(), "no file yet");
        let lock = AliveLock::try_take(dir.path()).unwrap().unwrap();
        assert!(is_held(dir.path()).unwrap());
        assert!(AliveLock::try_take(dir.path()).unwrap().is_none());
        let inherited = lock.to_inherit().unwrap();
        drop(lock);
        assert!(is_held(dir.path()).unwrap(), "the second descriptor still holds it");
        let lock = AliveLock::from_inherited(inherited, dir.path()).unwrap();
        let own = ProcId::own().unwrap();
        lock.write_holder(&Holder { shim: own, child: Some(own) }).unwrap();
        lock.write_holder(&Holder { shim: own, child: None }).unwrap();
        assert_eq!(holder(dir.path()).unwrap(), Some(Holder { shim: own, child: None }));
        drop(lock);
        assert!(!is_held(dir.path()).unwrap());
        assert!(holder(dir.path()).unwrap().is_some(), "who held it can still be read");
    }

    #[test]
    fn another_file_is_not_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let _lock = AliveLock::try_take(dir.path()).unwrap().unwrap();
        let null: OwnedFd = File::open("/dev/null").unwrap().into();
        assert!(AliveLock::from_inherited(null, dir.path()).is_err());
        let second: OwnedFd = File::options().write(true).open(dir.path().join(ALIVE)).unwrap().into();
        assert!(AliveLock::from_inherited(second, dir.path()).is_err(), "locked by another open file");
    }
}
