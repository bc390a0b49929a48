//! `brummerd` without `--foreground`: starts itself once more, in a session of its own, and waits for its
//! word. No fork after threads: the daemon is a new program from its first instruction.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};

use brummer_proto::address::{Places, ensure_private_directory};
use brummer_proto::client::{MANAGERS_WORDS, READY_WORD};

use crate::args::Args;
use crate::exit::Fatal;

/// Most bytes read of the daemon's last words.
const LAST_WORDS: u64 = 16 * 1024;

/// Starts the daemon and returns when its socket answers.
///
/// # Errors
/// The daemon's own exit code and last message, or what kept it from being started.
pub(crate) fn run(args: &Args) -> Result<(), Fatal> {
    let places = Places::of_process(&args.overrides())?;
    ensure_private_directory(&places.state_dir)?;
    let log_path = places.log();
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&log_path)
        .map_err(|error| Fatal::Refused(format!("cannot write {}: {error}", log_path.display())))?;
    let errors = log.try_clone().map_err(|error| Fatal::internal("descriptors", error))?;
    let (ours, theirs) = std::io::pipe().map_err(|error| Fatal::internal("pipe", error))?;
    let own = std::env::current_exe().map_err(|error| Fatal::internal("own program file", error))?;

    #[expect(clippy::disallowed_methods, reason = "the daemon starts itself; no process of a user's")]
    let mut command = Command::new(&own);
    command
        .args(["--foreground", "--ready-fd", "0", "--state-dir"])
        .arg(&places.state_dir)
        .current_dir("/")
        .stdin(OwnedFd::from(theirs))
        .stdout(log)
        .stderr(Stdio::from(errors));
    // What a service manager told *us* is not meant for the daemon.
    for variable in MANAGERS_WORDS {
        command.env_remove(variable);
    }
    if places.socket_given {
        command.arg("--socket").arg(&places.socket);
    }
    if let Some(config) = &args.config {
        let absolute = std::path::absolute(config).map_err(|error| Fatal::internal("--config", error))?;
        command.arg("--config").arg(absolute);
    }
    let mut child = command
        .spawn()
        .map_err(|error| Fatal::internal(&format!("cannot start {}", own.display()), error))?;
    // Our copy of the writing end goes, so that the daemon's end is the end.
    drop(command);

    let mut ours = ours;
    let mut words = Vec::new();
    let mut chunk = [0_u8; 1024];
    while let Ok(length @ 1..) = ours.read(&mut chunk) {
        if (words.len() as u64) < LAST_WORDS {
            words.extend_from_slice(chunk.get(..length).unwrap_or_default());
        }
        if words.starts_with(READY_WORD.as_bytes()) {
            return Ok(());
        }
    }
    let status = child.wait().map_err(|error| Fatal::internal("the daemon's end", error))?;
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    let message = if words.is_empty() {
        format!("the daemon ended without a word ({status}); see {}", log_path.display())
    } else {
        words
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
    Err(Fatal::Told { code: code.unwrap_or(70), message })
}

/// Lets go of whoever started us: their session and process group (so that their Ctrl-C and hang-up are not
/// ours), and every descriptor that we got from them by accident (a lock, a job server's pipe) beside the
/// standard three and `keep`. Must be called before anything is opened.
pub(crate) fn let_go(keep: &[i32]) {
    // Refused only for the leader of a group, as started by hand from a shell; that one asked for it.
    let _session = nix::unistd::setsid();
    let Ok(open) = std::fs::read_dir("/dev/fd") else { return };
    // Read to the end first: the listing has a descriptor of its own, which is closed by then.
    let numbers: Vec<i32> = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    for number in numbers {
        if number > 2 && !keep.contains(&number) {
            let _closed = nix::unistd::close(number);
        }
    }
}
