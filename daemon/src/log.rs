//! The daemon's own log: stderr in the foreground, else `brummerd.log`, rotated by size.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use brummer_proto::address::Environment;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::exit::Fatal;

/// A log file is renamed to `.1` when it would grow beyond this.
const SIZE_MAX: u64 = 8 * 1024 * 1024;
/// Renamed files that are kept.
const KEPT: u32 = 2;

/// Sets up logging for the whole process: to `file` (standard output and error are moved to it too, so that
/// a panic's words land there), else to stderr. `BRUMMER_LOG` filters (env-filter syntax).
///
/// # Errors
/// [`Fatal::Refused`]: the filter is none, or the file cannot be written.
pub(crate) fn start(file: Option<&Path>, environment: &Environment) -> Result<(), Fatal> {
    let filter = match environment.get(OsStr::new("BRUMMER_LOG")).and_then(|text| text.to_str()) {
        Some(text) if !text.is_empty() => EnvFilter::try_new(text)
            .map_err(|error| Fatal::Refused(format!("BRUMMER_LOG `{text}` is no log filter: {error}")))?,
        _ => EnvFilter::new("info"),
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    let installed = match file {
        None => builder.with_writer(io::stderr).try_init(),
        Some(path) => {
            let file = Rotating::open(path, SIZE_MAX, true)
                .map_err(|error| Fatal::Refused(format!("cannot write {}: {error}", path.display())))?;
            builder.with_writer(Shared(Arc::new(Mutex::new(file)))).try_init()
        }
    };
    installed.map_err(|error| Fatal::internal("logging", error))
}

/// A leaf lock around the file: a write, now and then a rename.
#[derive(Clone)]
struct Shared(Arc<Mutex<Rotating>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Shared {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

struct Rotating {
    path: PathBuf,
    file: File,
    size: u64,
    size_max: u64,
    carries_stdio: bool,
}

impl Rotating {
    fn open(path: &Path, size_max: u64, carries_stdio: bool) -> io::Result<Self> {
        let file = Self::append(path)?;
        let size = file.metadata()?.len();
        let opened = Self { path: path.to_owned(), file, size, size_max, carries_stdio };
        opened.move_stdio()?;
        Ok(opened)
    }

    fn append(path: &Path) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).mode(0o600).open(path)
    }

    fn move_stdio(&self) -> io::Result<()> {
        if self.carries_stdio {
            nix::unistd::dup2_stdout(&self.file)?;
            nix::unistd::dup2_stderr(&self.file)?;
        }
        Ok(())
    }

    fn kept(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    /// Renames the files by one place. If that fails the present one grows on: a log that is too long is
    /// better than none.
    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            match std::fs::rename(self.kept(number), self.kept(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.kept(1))?;
        self.file = Self::append(&self.path)?;
        self.size = 0;
        self.move_stdio()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size + bytes.len() as u64 > self.size_max && self.size > 0 && self.rotate().is_err() {
            metrics::counter!("brummer_daemon_log_rotation_failures_total").increment(1);
            // Not again with each line.
            self.size = 0;
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rotates_by_size_and_keeps_two() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = Rotating::open(&path, 10, false).unwrap();
        for line in ["first\n", "second\n", "third\n", "fourth\n"] {
            log.write_all_line(line);
        }
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(
            (read("log"), read("log.1"), read("log.2")),
            ("fourth\n".into(), "third\n".into(), "second\n".into())
        );
        assert!(!dir.path().join("log.3").exists());
        drop(log);
        let mut again = Rotating::open(&path, 10, false).unwrap();
        again.write_all_line("x\n");
        assert_eq!(read("log"), "fourth\nx\n");
    }

    impl Rotating {
        fn write_all_line(&mut self, line: &str) {
            assert_eq!(self.write(line.as_bytes()).unwrap(), line.len());
        }
    }
}
