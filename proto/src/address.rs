//! Where things are: one rule for both sides of the wire (contract.md, Places).
//!
//! [`Places`] is computed once, at the edge, from an injected environment and the command line. Nothing
//! here connects; [`lock_holder`] tells whether a daemon lives without waking a socket-activated one.

mod lock;
mod private;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

pub use lock::{LockInfo, Phase, lock_holder};
pub use private::{DirectoryError, ensure_private_directory};

/// Variables of a process. Injected, so that tests need not touch their own.
pub type Environment = BTreeMap<OsString, OsString>;

/// The environment of this process, read once at the edge.
pub fn environment() -> Environment {
    std::env::vars_os().collect()
}

/// Longest path that a Unix socket can be bound to, in bytes, without the final NUL.
#[cfg(not(target_os = "macos"))]
pub const SOCKET_PATH_MAX: usize = 107;
/// Longest path that a Unix socket can be bound to, in bytes, without the final NUL.
#[cfg(target_os = "macos")]
pub const SOCKET_PATH_MAX: usize = 103;

/// What the command line says over the environment. Relative paths are taken from the current directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--socket`.
    pub socket: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

/// Where one daemon keeps its state and listens. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub state_dir: PathBuf,
    pub runtime_dir: PathBuf,
    /// The socket asked for, or the default one. A client without a given one asks the lock first.
    pub socket: PathBuf,
    /// The socket came from the command line or `BRUMMER_SOCKET`.
    pub socket_given: bool,
    /// Nothing was overridden: this is the daemon that an installed service runs.
    pub standard: bool,
}

/// Why no places could be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("there is no home directory: HOME is not set and the user has none; set BRUMMER_STATE_DIR")]
    NoHome,
    #[error(
        "the socket path is {length} bytes long, a Unix socket allows {SOCKET_PATH_MAX}: {}; \
         set {variable} to a shorter one", path.display()
    )]
    SocketPathTooLong { path: PathBuf, length: usize, variable: &'static str },
    #[error("`{}` cannot be made absolute: the current directory is gone; say an absolute path", path.display())]
    Relative { path: PathBuf },
}

impl Places {
    /// The places of this process: its own environment and `overrides`.
    ///
    /// # Errors
    /// No home directory; a socket path that is too long.
    pub fn of_process(overrides: &Overrides) -> Result<Self, AddressError> {
        Self::new(&environment(), overrides)
    }

    /// The places that `environment` and `overrides` mean.
    ///
    /// # Errors
    /// As [`Places::of_process`].
    pub fn new(environment: &Environment, overrides: &Overrides) -> Result<Self, AddressError> {
        let variable = |name: &str| {
            environment.get(std::ffi::OsStr::new(name)).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        // The XDG rule: a relative path in such a variable is as if unset.
        let xdg = |name: &str| variable(name).filter(|path| path.is_absolute());

        let given_state = overrides.state_dir.clone().or_else(|| variable("BRUMMER_STATE_DIR"));
        let given_runtime = variable("BRUMMER_RUNTIME_DIR");
        let given_socket = overrides.socket.clone().or_else(|| variable("BRUMMER_SOCKET"));
        let standard = given_state.is_none() && given_runtime.is_none() && given_socket.is_none();

        let state_dir = match given_state {
            Some(path) => absolute(path)?,
            None => match xdg("XDG_STATE_HOME") {
                Some(base) => base.join("brummer"),
                None => home(environment)?.join(".local/state/brummer"),
            },
        };
        let xdg_runtime = xdg("XDG_RUNTIME_DIR").filter(|path| path.is_dir());
        let runtime_given = given_runtime.is_some();
        let runtime_dir = match (given_runtime, &xdg_runtime) {
            (Some(path), _) => absolute(path)?,
            (None, Some(base)) => base.join("brummer"),
            (None, None) => state_dir.join("runtime"),
        };
        let socket_given = given_socket.is_some();
        let socket = match given_socket {
            Some(path) => absolute(path)?,
            None => runtime_dir.join("brummerd.sock"),
        };
        let length = socket.as_os_str().as_bytes().len();
        if length > SOCKET_PATH_MAX {
            let variable = if socket_given {
                "BRUMMER_SOCKET (or --socket)"
            } else if runtime_given || xdg_runtime.is_none() {
                "BRUMMER_RUNTIME_DIR"
            } else {
                "XDG_RUNTIME_DIR or BRUMMER_RUNTIME_DIR"
            };
            return Err(AddressError::SocketPathTooLong { path: socket, length, variable });
        }
        Ok(Self { state_dir, runtime_dir, socket, socket_given, standard })
    }

    /// Held (flock) by the daemon for life; its text is a [`LockInfo`].
    pub fn lock(&self) -> PathBuf {
        lock::path(&self.state_dir)
    }

    pub fn database(&self) -> PathBuf {
        self.state_dir.join("state.db")
    }

    pub fn runs(&self) -> PathBuf {
        self.state_dir.join("runs")
    }

    pub fn index(&self) -> PathBuf {
        self.state_dir.join("index")
    }

    /// The daemon's own log.
    pub fn log(&self) -> PathBuf {
        self.state_dir.join("brummerd.log")
    }

    /// What the daemon serves over HTTP, as JSON.
    pub fn addresses(&self) -> PathBuf {
        self.runtime_dir.join("addresses.json")
    }

    /// Where a client finds the daemon now: the given socket, else the one that the lock's holder says,
    /// else the default.
    pub fn socket_now(&self) -> PathBuf {
        if self.socket_given {
            return self.socket.clone();
        }
        self.socket_of(lock_holder(&self.state_dir))
    }

    /// As [`Places::socket_now`], by a lock that was just read.
    pub(crate) fn socket_of(&self, holder: Option<LockInfo>) -> PathBuf {
        holder
            .filter(|holder| !self.socket_given && holder.socket.is_absolute())
            .map_or_else(|| self.socket.clone(), |holder| holder.socket)
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, AddressError> {
    std::path::absolute(&path).map_err(|_| AddressError::Relative { path })
}

/// HOME, else what the user database says.
fn home(environment: &Environment) -> Result<PathBuf, AddressError> {
    let named = environment.get(std::ffi::OsStr::new("HOME")).map(PathBuf::from);
    named
        .filter(|path| path.is_absolute())
        .or_else(home_by_database)
        .filter(|path| path.is_absolute() && path != Path::new("/nonexistent"))
        .ok_or(AddressError::NoHome)
}

/// Asked of the program that knows all sources of the database: the C library would load a module for some of
/// them, which a program without shared libraries does not survive.
#[cfg(target_os = "linux")]
fn home_by_database() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a question to the system that is over at once")]
    let mut getent = std::process::Command::new("getent");
    let asked =
        getent.arg("passwd").arg(nix::unistd::getuid().to_string()).stdin(std::process::Stdio::null());
    home_of_entry(&asked.output().ok()?.stdout)
}

#[cfg(not(target_os = "linux"))]
fn home_by_database() -> Option<PathBuf> {
    nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.dir)
}

/// The sixth field of a line as in `passwd(5)`.
#[cfg(any(target_os = "linux", test))]
fn home_of_entry(entry: &[u8]) -> Option<PathBuf> {
    let line = entry.split(|byte| *byte == b'\n').next()?;
    let home = line.split(|byte| *byte == b':').nth(5)?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
    }

    fn places(pairs: &[(&str, &str)]) -> Places {
        Places::new(&environment(pairs), &Overrides::default()).unwrap()
    }

    #[test]
    fn the_user_database_knows_a_home() {
        let home = |entry: &str| home_of_entry(entry.as_bytes());
        assert_eq!(home("ann:x:1000:1000:Ann,,,:/home/ann:/bin/sh\n"), Some("/home/ann".into()));
        assert_eq!(home("ann:x:1000:1000:Ann,,,:/home/a n\n"), Some("/home/a n".into()));
        assert_eq!(home(""), None, "no such user");
        let known = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap().map(|user| user.dir);
        assert_eq!(home_by_database(), known, "as the C library says");
    }

    #[test]
    fn each_variable_has_its_place() {
        let runtime = tempfile::tempdir().unwrap();
        let runtime = runtime.path().to_str().unwrap();
        for (pairs, state, run, socket) in [
            (
                vec![("HOME", "/h")],
                "/h/.local/state/brummer",
                "/h/.local/state/brummer/runtime".to_owned(),
                "/h/.local/state/brummer/runtime/brummerd.sock".to_owned(),
            ),
            (
                vec![("HOME", "/h"), ("XDG_STATE_HOME", "/s"), ("XDG_RUNTIME_DIR", runtime)],
                "/s/brummer",
                format!("{runtime}/brummer"),
                format!("{runtime}/brummer/brummerd.sock"),
            ),
            (
                vec![("HOME", "/h"), ("XDG_STATE_HOME", "relative"), ("XDG_RUNTIME_DIR", "/is/not/there")],
                "/h/.local/state/brummer",
                "/h/.local/state/brummer/runtime".to_owned(),
                "/h/.local/state/brummer/runtime/brummerd.sock".to_owned(),
            ),
            (
                vec![("HOME", "/h"), ("BRUMMER_STATE_DIR", "/x"), ("BRUMMER_SOCKET", "/y/z.sock")],
                "/x",
                "/x/runtime".to_owned(),
                "/y/z.sock".to_owned(),
            ),
            (
                vec![("HOME", "/h"), ("BRUMMER_STATE_DIR", ""), ("BRUMMER_RUNTIME_DIR", "/r")],
                "/h/.local/state/brummer",
                "/r".to_owned(),
                "/r/brummerd.sock".to_owned(),
            ),
        ] {
            let found = places(&pairs);
            assert_eq!(found.state_dir, Path::new(state), "{pairs:?}");
            assert_eq!(found.runtime_dir, Path::new(&run), "{pairs:?}");
            assert_eq!(found.socket, Path::new(&socket), "{pairs:?}");
        }
    }

    #[test]
    fn flags_win_over_variables_and_are_made_absolute() {
        let variables = environment(&[("HOME", "/h"), ("BRUMMER_STATE_DIR", "/x"), ("BRUMMER_SOCKET", "/y")]);
        let flags = Overrides { socket: Some("mine.sock".into()), state_dir: Some("/flag".into()) };
        let found = Places::new(&variables, &flags).unwrap();
        assert_eq!(found.state_dir, Path::new("/flag"));
        assert_eq!(found.socket, std::env::current_dir().unwrap().join("mine.sock"));
        assert!(found.socket_given && !found.standard);
        assert!(places(&[("HOME", "/h")]).standard);
    }

    #[test]
    fn a_path_too_long_names_the_variable_to_set() {
        let long = format!("/{}", "x".repeat(SOCKET_PATH_MAX));
        for (variable, names) in [
            ("BRUMMER_SOCKET", "BRUMMER_SOCKET"),
            ("BRUMMER_RUNTIME_DIR", "BRUMMER_RUNTIME_DIR"),
            ("BRUMMER_STATE_DIR", "BRUMMER_RUNTIME_DIR"),
        ] {
            let error =
                Places::new(&environment(&[("HOME", "/h"), (variable, &long)]), &Overrides::default())
                    .unwrap_err();
            assert!(error.to_string().contains(names), "{variable}: {error}");
        }
        let fits = format!("/{}", "x".repeat(SOCKET_PATH_MAX - 1));
        assert_eq!(places(&[("HOME", "/h"), ("BRUMMER_SOCKET", &fits)]).socket, Path::new(&fits));
    }

    #[test]
    fn without_a_given_socket_the_living_lock_decides() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().to_str().unwrap();
        let found = places(&[("HOME", "/h"), ("BRUMMER_STATE_DIR", state)]);
        let text = r#"{"pid":1,"started":2,"socket":"/else/where.sock","version":"0.0.1"}"#;
        std::fs::write(found.lock(), text).unwrap();
        assert_eq!(found.socket_now(), found.socket, "nobody holds the lock: its text is old");
        let file = std::fs::File::open(found.lock()).unwrap();
        file.try_lock().unwrap();
        assert_eq!(found.socket_now(), Path::new("/else/where.sock"));
        let given = places(&[("HOME", "/h"), ("BRUMMER_STATE_DIR", state), ("BRUMMER_SOCKET", "/given")]);
        assert_eq!(given.socket_now(), Path::new("/given"));
    }
}
