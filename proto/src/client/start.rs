//! Starting the daemon when a client needs it: through the installed service if there is one, else the
//! `brummerd` beside our own binary, else the one on PATH.
//!
//! Of many clients at once each may start one; all but one end with "already running", which is success
//! here. The started daemon tells through a pipe that it serves, or with which words it ended.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::ClientError;
use crate::address::{Places, ensure_private_directory};

/// What a started daemon writes to its ready pipe when it serves.
pub const READY_WORD: &str = "ready";

/// Exit code of a daemon that found another one running.
const EXIT_ALREADY_RUNNING: i32 = 75;
/// Exit code of a daemon that refused its configuration or a directory: its words are the whole story.
const EXIT_REFUSED: i32 = 78;

/// Variables by which a service manager speaks to one process, and which its children inherit by accident.
pub const MANAGERS_WORDS: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

/// Most bytes that are read of a daemon's last words.
const LAST_WORDS: u64 = 16 * 1024;

/// Name of the systemd user unit and label of the launchd agent that `daemon install` writes.
#[cfg(target_os = "linux")]
const UNIT: &str = "brummerd.service";

/// A daemon on its way.
pub(super) enum Starting {
    /// The service manager said that it runs.
    Serving,
    /// We started it; it will say when it serves.
    Ours { pipe: pipe::Receiver, child: Option<Child>, text: Vec<u8> },
}

/// How a start went on.
pub(super) enum Progress {
    /// It serves, or another one does.
    Serving,
    Failed(ClientError),
}

/// Starts the daemon of `places`.
pub(super) async fn start(places: &Places) -> Result<Starting, ClientError> {
    if let Some(outcome) = start_service(places).await {
        return outcome.map(|()| Starting::Serving);
    }
    spawn(places)
}

impl Starting {
    /// Waits for the daemon's word. May be dropped and called again.
    pub(super) async fn progress(&mut self) -> Progress {
        let Self::Ours { pipe, child, text } = self else { return Progress::Serving };
        loop {
            if text.starts_with(READY_WORD.as_bytes()) {
                keep(child.take());
                return Progress::Serving;
            }
            let mut chunk = [0_u8; 1024];
            match pipe.read(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(length) if (text.len() as u64) < LAST_WORDS => {
                    text.extend_from_slice(chunk.get(..length).unwrap_or_default());
                }
                Ok(_) => {}
            }
        }
        let code = match child.take() {
            Some(child) => exit_code(child).await,
            None => None,
        };
        if code == Some(EXIT_ALREADY_RUNNING) {
            return Progress::Serving;
        }
        Progress::Failed(died(code, &crate::text::plain(text)))
    }
}

fn died(code: Option<i32>, words: &str) -> ClientError {
    let how = code.map_or_else(|| "was killed".to_owned(), |code| format!("ended with code {code}"));
    let words = words.trim();
    let mut error = ClientError::unreachable(
        "DAEMON_START",
        if words.is_empty() {
            format!("brummerd could not start: it {how} without a word")
        } else {
            format!("brummerd could not start: {words}")
        },
        (code != Some(EXIT_REFUSED))
            .then(|| "its log says more: brummerd.log in the state directory".to_owned()),
    );
    error.details = serde_json::json!({ "daemon_exit": code });
    error
}

/// The pipe closed, so the daemon is ending: this wait is short.
async fn exit_code(mut child: Child) -> Option<i32> {
    #[expect(clippy::disallowed_methods, reason = "clients have no scope; the wait ends with the child")]
    let waited = tokio::task::spawn_blocking(move || child.wait()).await;
    waited.ok()?.ok()?.code()
}

/// Daemons that we started and that live. A client that stays open reaps an ended one with its next start.
static STARTED: Mutex<Vec<Child>> = Mutex::new(Vec::new());

fn keep(child: Option<Child>) {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    started.extend(child);
}

fn spawn(places: &Places) -> Result<Starting, ClientError> {
    keep(None);
    let program = find_program()?;
    let failed = |what: &str, error: io::Error| {
        ClientError::unreachable("DAEMON_START", format!("cannot start brummerd: {what}: {error}"), None)
    };
    ensure_private_directory(&places.state_dir).map_err(|error| {
        ClientError::unreachable("DAEMON_START", format!("cannot start brummerd: {error}"), None)
    })?;
    let log_path = places.log();
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&log_path)
        .map_err(|error| failed(&log_path.display().to_string(), error))?;
    let errors = log.try_clone().map_err(|error| failed("descriptors", error))?;
    let (ours, theirs) = io::pipe().map_err(|error| failed("pipe", error))?;

    let mut command = brummerd(&program, places);
    command
        .args(["--foreground", "--ready-fd", "0"])
        // Descriptor 0 is the ready pipe, so nothing has to survive exec beside the standard three. The
        // daemon puts itself into a session of its own before anything else.
        .stdin(OwnedFd::from(theirs))
        .stdout(log)
        .stderr(Stdio::from(errors));
    let child = command.spawn().map_err(|error| failed(&program.display().to_string(), error))?;
    // Ends our copy of the pipe's writing end, so that the daemon's end is its end.
    drop(command);
    let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(ours)).map_err(|error| failed("pipe", error))?;
    Ok(Starting::Ours { pipe, child: Some(child), text: Vec::new() })
}

/// The daemon of `places` as a client runs it: what it does is to be added.
pub(super) fn brummerd(program: &Path, places: &Places) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the one place where a client runs the daemon")]
    let mut command = Command::new(program);
    command.arg("--state-dir").arg(&places.state_dir).current_dir("/");
    // What a service manager told *us* is not meant for the daemon.
    for variable in MANAGERS_WORDS {
        command.env_remove(variable);
    }
    if places.socket_given {
        command.arg("--socket").arg(&places.socket);
    }
    command
}

pub(super) fn find_program() -> Result<PathBuf, ClientError> {
    // An upgraded binary shows as "(deleted)"; its directory is right all the same.
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(|directory| directory.join("brummerd"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path =
        std::env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join("brummerd"));
    beside.into_iter().chain(on_path).find(|candidate| is_executable(candidate)).ok_or_else(|| {
        ClientError::unreachable(
            "DAEMON_START",
            "cannot start brummerd: it is neither beside this program nor on PATH",
            "install brummerd, or start it by hand".to_owned(),
        )
    })
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Through the user's service manager, if our unit is installed and the manager answers; `None` if not.
#[cfg(target_os = "linux")]
async fn start_service(places: &Places) -> Option<Result<(), ClientError>> {
    if !is_a_service(places).await {
        return None;
    }
    let started = systemctl(&["start", UNIT]).await?;
    if started.status.success() {
        return Some(Ok(()));
    }
    Some(Err(ClientError::unreachable(
        "DAEMON_START",
        format!("the service manager could not start {UNIT}: {}", crate::text::plain(&started.stderr).trim()),
        format!("`journalctl --user -u {UNIT}` says why"),
    )))
}

/// Whether the daemon of `places` is started by the user's service manager.
#[cfg(target_os = "linux")]
pub(super) async fn is_a_service(places: &Places) -> bool {
    if !places.standard {
        return false;
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    if !runtime.is_some_and(|runtime| Path::new(&runtime).join("systemd/private").exists()) {
        return false;
    }
    systemctl(&["is-enabled", UNIT]).await.is_some_and(|enabled| enabled.status.success())
}

#[cfg(target_os = "linux")]
async fn systemctl(arguments: &'static [&'static str]) -> Option<std::process::Output> {
    #[expect(clippy::disallowed_methods, reason = "a client asks the service manager by its own tool")]
    let run = move || Command::new("systemctl").arg("--user").args(arguments).stdin(Stdio::null()).output();
    #[expect(clippy::disallowed_methods, reason = "clients have no scope; bounded by the connect time-out")]
    let output = tokio::task::spawn_blocking(run).await;
    output.ok()?.ok()
}

/// launchd starts its agents at login and keeps them; there is nothing to ask for.
#[cfg(not(target_os = "linux"))]
async fn start_service(_places: &Places) -> Option<Result<(), ClientError>> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) async fn is_a_service(_places: &Places) -> bool {
    false
}
