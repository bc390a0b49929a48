//! The directory of one run: which files are in it, and how each is written so that a reader never sees half.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use brummer_event::RunId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::meta::{ExitRecord, FILE_VERSION, Meta};
use crate::segment::segment_name;

pub const META: &str = "meta.json";
pub const EXIT: &str = "exit.json";
pub const CONTROL: &str = "ctl.sock";
pub use crate::alive::ALIVE;

/// A file of a run directory could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    #[error("cannot {what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{path} cannot be understood: {source}")]
    Text { path: PathBuf, source: serde_json::Error },
    #[error("{path} is of version {found}; this is version {FILE_VERSION}: update the older of the two")]
    Version { path: PathBuf, found: u32 },
}

/// A segment in a run directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentFile {
    pub number: u32,
    pub bytes: u64,
}

/// The directory of one run: `<state>/runs/<run id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// The directory of `run` below `runs`; nothing is touched.
    pub fn of(runs: &Path, run: RunId) -> Self {
        Self { path: runs.join(run.to_string()) }
    }

    /// The run directory at `path`; nothing is touched.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run that the directory's name says.
    pub fn run(&self) -> Option<RunId> {
        self.path.file_name()?.to_str()?.parse().ok()
    }

    /// Creates the directory (0700). Its parent must exist.
    ///
    /// # Errors
    /// It exists already, or cannot be created.
    pub fn create(&self) -> Result<(), RunDirError> {
        fs::DirBuilder::new().mode(0o700).create(&self.path).map_err(|source| self.io("create", "", source))
    }

    /// Writes `meta.json` (0600), whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_meta(&self, meta: &Meta) -> Result<(), RunDirError> {
        self.write(META, meta)
    }

    /// Reads `meta.json`.
    ///
    /// # Errors
    /// It is not there, cannot be understood, or is of another version.
    pub fn read_meta(&self) -> Result<Meta, RunDirError> {
        let meta: Meta = self.read(META)?;
        self.check(META, meta.version)?;
        Ok(meta)
    }

    /// Writes `exit.json` (0600), whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_exit(&self, exit: &ExitRecord) -> Result<(), RunDirError> {
        self.write(EXIT, exit)
    }

    /// Reads `exit.json`; `None` while there is none.
    ///
    /// # Errors
    /// It cannot be read or understood, or is of another version.
    pub fn read_exit(&self) -> Result<Option<ExitRecord>, RunDirError> {
        match self.read::<ExitRecord>(EXIT) {
            Ok(exit) => {
                self.check(EXIT, exit.version)?;
                Ok(Some(exit))
            }
            Err(RunDirError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The segments that are there, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn segments(&self) -> Result<Vec<SegmentFile>, RunDirError> {
        let numbers = crate::segment::segments(&self.path).map_err(|source| self.io("list", "", source))?;
        let mut found = Vec::with_capacity(numbers.len());
        for number in numbers {
            match fs::metadata(self.path.join(segment_name(number))) {
                Ok(metadata) => found.push(SegmentFile { number, bytes: metadata.len() }),
                // Unlinked meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(self.io("look at", &segment_name(number), source)),
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Unlinks a segment; that it is gone already is no error. Only its owner may: the shim while it lives,
    /// the daemon once `exit.json` is there.
    ///
    /// # Errors
    /// The system refuses.
    pub fn remove_segment(&self, number: u32) -> Result<(), RunDirError> {
        self.remove_file(&segment_name(number))
    }

    /// Removes the directory with everything in it.
    ///
    /// # Errors
    /// The system refuses; that it is gone already is no error.
    pub fn remove(&self) -> Result<(), RunDirError> {
        match fs::remove_dir_all(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.io("remove", "", source)),
            _ => Ok(()),
        }
    }

    /// Binds the control socket (0600 by the directory). The path's length does not matter.
    ///
    /// # Errors
    /// It exists already, or the system refuses.
    pub fn listen(&self) -> Result<UnixListener, RunDirError> {
        let bound = self.by_descriptor(|path| UnixListener::bind(path));
        bound.map_err(|source| self.io("bind", CONTROL, source))
    }

    /// Connects to the control socket. The path's length does not matter; the caller's directory neither.
    ///
    /// # Errors
    /// `NotFound` or `ConnectionRefused` when no shim listens.
    pub fn connect(&self) -> Result<UnixStream, RunDirError> {
        let connected = self.by_descriptor(|path| UnixStream::connect(path));
        connected.map_err(|source| self.io("connect to", CONTROL, source))
    }

    /// Unlinks the control socket; that it is gone already is no error.
    ///
    /// # Errors
    /// The system refuses.
    pub fn unlink_control(&self) -> Result<(), RunDirError> {
        self.remove_file(CONTROL)
    }

    /// A socket's path may have 107 bytes only, a state directory more: `/proc/self/fd/N` is short.
    fn by_descriptor<T>(&self, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        if cfg!(target_os = "linux") {
            let dir = File::open(&self.path)?;
            act(Path::new(&format!("/proc/self/fd/{}/{CONTROL}", dir.as_raw_fd())))
        } else {
            act(&self.path.join(CONTROL))
        }
    }

    fn remove_file(&self, name: &str) -> Result<(), RunDirError> {
        match fs::remove_file(self.path.join(name)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.io("remove", name, source)),
            _ => Ok(()),
        }
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<(), RunDirError> {
        let temporary = format!(".{name}.tmp");
        let path = self.path.join(&temporary);
        let text = serde_json::to_vec(value)
            .map_err(|source| RunDirError::Text { path: self.path.join(name), source })?;
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&path, self.path.join(name)));
        written.map_err(|source| {
            // Leaves no half file behind; if this fails too the next writer truncates it.
            let _best_effort = fs::remove_file(&path);
            self.io("write", name, source)
        })
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, RunDirError> {
        let text = fs::read(self.path.join(name)).map_err(|source| self.io("read", name, source))?;
        serde_json::from_slice(&text)
            .map_err(|source| RunDirError::Text { path: self.path.join(name), source })
    }

    fn check(&self, name: &str, found: u32) -> Result<(), RunDirError> {
        if found == FILE_VERSION {
            Ok(())
        } else {
            Err(RunDirError::Version { path: self.path.join(name), found })
        }
    }

    fn io(&self, what: &'static str, name: &str, source: io::Error) -> RunDirError {
        RunDirError::Io { what, path: self.path.join(name), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Cookie;
    use std::os::unix::fs::PermissionsExt as _;

    fn new_dir() -> (tempfile::TempDir, RunDir) {
        let runs = tempfile::tempdir().unwrap();
        let dir = RunDir::of(runs.path(), RunId::from_u128(42));
        dir.create().unwrap();
        (runs, dir)
    }

    #[test]
    fn files_are_private_and_come_back() {
        let (_runs, dir) = new_dir();
        assert_eq!(dir.run(), Some(RunId::from_u128(42)));
        assert!(dir.create().is_err(), "a run is never begun twice");
        let meta = Meta::new(RunId::from_u128(42), Cookie([1; 16]), vec!["true".into()], "/".into());
        dir.write_meta(&meta).unwrap();
        assert_eq!(dir.read_meta().unwrap(), meta);
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(META), mode("")), (0o600, 0o700));
        assert_eq!(dir.read_exit().unwrap(), None);
        let newer = Meta { version: 2, ..meta };
        dir.write_meta(&newer).unwrap();
        assert!(matches!(dir.read_meta(), Err(RunDirError::Version { found: 2, .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn the_socket_works_however_long_the_path_is() {
        let runs = tempfile::tempdir().unwrap();
        let deep = runs.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let dir = RunDir::of(&deep, RunId::from_u128(1));
        dir.create().unwrap();
        let gone = dir.connect().unwrap_err();
        assert!(matches!(gone, RunDirError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound));
        let _listener = dir.listen().unwrap();
        dir.connect().unwrap();
        dir.unlink_control().unwrap();
        dir.unlink_control().unwrap();
        assert!(dir.connect().is_err());
    }

    #[test]
    fn segments_are_listed_in_order_and_removed_once() {
        let (_runs, dir) = new_dir();
        for (number, bytes) in [(2u32, 5usize), (1, 3), (1_000_000, 1)] {
            fs::write(dir.path().join(segment_name(number)), vec![0; bytes]).unwrap();
        }
        fs::write(dir.path().join("capture.000002.zst"), b"").unwrap();
        let numbers = |dir: &RunDir| {
            dir.segments().unwrap().iter().map(|file| (file.number, file.bytes)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&dir), [(1, 3), (2, 5), (1_000_000, 1)]);
        dir.remove_segment(1).unwrap();
        dir.remove_segment(1).unwrap();
        assert_eq!(numbers(&dir), [(2, 5), (1_000_000, 1)]);
        dir.remove().unwrap();
        dir.remove().unwrap();
    }
}
