//! The daemon as a service of one user: which files, and what their manager is told.
//!
//! The files are those of `deploy/`, with the path of the daemon put in. Nothing here is done unless the
//! manager answers.

mod manager;

use std::path::{Path, PathBuf};

use crate::exit;
use crate::failure::Problem;

/// Stands for the daemon's path in the files of `deploy/`.
const PLACEHOLDER: &str = "@BRUMMERD@";

/// A file of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub path: PathBuf,
    pub content: String,
}

/// A service manager's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub manager: &'static str,
    pub files: Vec<File>,
}

/// Where a user's service files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Systemd,
    Launchd,
}

impl Service {
    /// The service of this user, running `daemon`.
    pub(crate) fn of_this_user(daemon: &Path) -> Result<Self, Problem> {
        let kind = if cfg!(target_os = "macos") { Kind::Launchd } else { Kind::Systemd };
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()).ok_or_else(
            || Problem::new(exit::CONFLICT, "NO_HOME", "HOME is not set, so there is nowhere to install"),
        )?;
        let config = std::env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|config| config.is_absolute())
            .unwrap_or_else(|| home.join(".config"));
        Self::new(kind, &home, &config, daemon)
    }

    fn new(kind: Kind, home: &Path, config: &Path, daemon: &Path) -> Result<Self, Problem> {
        let program = daemon.to_str().filter(|path| !path.contains(['\n', '"', '\\', '%', '<', '&', '$']));
        let program = program.ok_or_else(|| {
            let message =
                format!("the path of the daemon cannot stand in a service file: {}", daemon.display());
            Problem::new(exit::CONFLICT, "BAD_PATH", message)
        })?;
        let units = config.join("systemd/user");
        let (manager, files) = match kind {
            Kind::Systemd => (
                "systemd",
                vec![
                    (units.join("brummerd.socket"), include_str!("../../deploy/systemd/brummerd.socket")),
                    (units.join("brummerd.service"), include_str!("../../deploy/systemd/brummerd.service")),
                ],
            ),
            Kind::Launchd => (
                "launchd",
                vec![(
                    home.join("Library/LaunchAgents").join(manager::LAUNCHD_FILE),
                    include_str!("../../deploy/launchd/dev.brummer.brummerd.plist"),
                )],
            ),
        };
        let file =
            |(path, content): (PathBuf, &str)| File { path, content: content.replace(PLACEHOLDER, program) };
        Ok(Self { manager, files: files.into_iter().map(file).collect() })
    }

    /// Writes the files and has the manager run the service from now on.
    pub(crate) fn install(&self) -> Result<(), Problem> {
        for file in &self.files {
            write(file).map_err(|error| {
                Problem::new(
                    exit::FAILURE,
                    "INSTALL",
                    format!("cannot write {}: {error}", file.path.display()),
                )
            })?;
        }
        self.enable()
    }

    /// Has the manager forget the service, and removes the files. What runs goes on.
    pub(crate) fn uninstall(&self) -> Result<(), Problem> {
        self.disable()?;
        for file in &self.files {
            match std::fs::remove_file(&file.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let message = format!("cannot remove {}: {error}", file.path.display());
                    return Err(Problem::new(exit::FAILURE, "UNINSTALL", message));
                }
                _ => {}
            }
        }
        self.reload()
    }
}

/// Whole or not at all.
fn write(file: &File) -> std::io::Result<()> {
    if let Some(parent) = file.path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let partial = file.path.with_extension("new");
    std::fs::write(&partial, &file.content)?;
    std::fs::rename(&partial, &file.path)
}

/// The daemon beside this program, else the one on PATH: the same that a client would start.
pub(crate) fn daemon_binary() -> Result<PathBuf, Problem> {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("brummerd")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path =
        std::env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join("brummerd"));
    beside.into_iter().chain(on_path).find(|candidate| candidate.is_file()).ok_or_else(|| {
        Problem::new(exit::NOT_FOUND, "NO_DAEMON", "brummerd is neither beside this program nor on PATH")
            .hint("install brummerd first")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manager_has_its_files() {
        for (kind, names) in [
            (Kind::Systemd, vec!["/c/systemd/user/brummerd.socket", "/c/systemd/user/brummerd.service"]),
            (Kind::Launchd, vec!["/h/Library/LaunchAgents/dev.brummer.brummerd.plist"]),
        ] {
            let service =
                Service::new(kind, Path::new("/h"), Path::new("/c"), Path::new("/opt/brummerd")).unwrap();
            let found: Vec<_> = service.files.iter().map(|file| file.path.to_str().unwrap()).collect();
            assert_eq!(found, names);
            assert!(service.files.iter().any(|file| file.content.contains("/opt/brummerd")));
            assert!(service.files.iter().all(|file| !file.content.contains('@')), "{service:?}");
        }
    }

    #[test]
    fn a_path_that_would_break_the_file_is_refused() {
        for path in ["/a\nExecStart=/bin/sh", "/a\"b", "/a%h", "/a<b"] {
            assert!(Service::new(Kind::Systemd, Path::new("/h"), Path::new("/c"), Path::new(path)).is_err());
        }
    }

    #[test]
    fn files_are_written_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = File { path: dir.path().join("a/b/x.service"), content: "[Unit]\n".to_owned() };
        write(&file).unwrap();
        write(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), "[Unit]\n");
        assert_eq!(std::fs::read_dir(file.path.parent().unwrap()).unwrap().count(), 1);
    }
}
