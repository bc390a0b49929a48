//! Whether a daemon that is stopped now could be followed by another one.
//!
//! The next daemon itself is asked, with `--check-config`: the program, arguments and environment that it
//! would be started with. So what would keep it from starting is known while the old one still runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::ClientError;
use super::start::{brummerd, find_program, is_a_service};
use crate::address::{Environment, Places, lock_holder};

/// Asks the daemon that would come after the running one of `places` whether its configuration lets it start.
///
/// # Errors
/// `CONFIG` (exit 2) with what is wrong; `DAEMON_START` where there is no program to start.
pub async fn check_next_daemon(places: &Places) -> Result<(), ClientError> {
    let mut command = match started_by_a_service(places).await {
        Some(Started { program, config, environment }) => {
            let mut command = brummerd(&program, places);
            if let Some(config) = config {
                command.arg("--config").arg(config);
            }
            command.env_clear().envs(environment);
            command
        }
        None => brummerd(&find_program()?, places),
    };
    let program = PathBuf::from(command.get_program());
    command.arg("--check-config").stdin(Stdio::null());
    #[expect(clippy::disallowed_methods, reason = "clients have no scope; it reads one file and ends")]
    let asked = tokio::task::spawn_blocking(move || command.output()).await;
    let answer = asked.map_err(std::io::Error::other).flatten().map_err(|error| {
        let message = format!("the next brummerd could not be started: {}: {error}", program.display());
        ClientError::unreachable("DAEMON_START", message, None)
    })?;
    if answer.status.success() {
        return Ok(());
    }
    let words = crate::text::plain(&answer.stderr);
    let words = words.trim().trim_start_matches("brummerd: ");
    let message = format!("brummerd would not start again, so nothing was stopped: {words}");
    Err(ClientError::new("CONFIG", 2, message, None))
}

/// How a daemon was started.
#[derive(Debug, PartialEq)]
struct Started {
    program: PathBuf,
    config: Option<OsString>,
    environment: Environment,
}

/// A service manager starts the next one as it started this one: not in our environment. `None` where no
/// manager does, or where nothing can be seen of the running one.
async fn started_by_a_service(places: &Places) -> Option<Started> {
    let holder = lock_holder(&places.state_dir)?;
    if !is_a_service(places).await {
        return None;
    }
    let facts = PathBuf::from(format!("/proc/{}", holder.pid));
    let read = |name: &str| std::fs::read(facts.join(name)).ok();
    started(&read("cmdline")?, &read("environ")?)
}

/// From the command line and the environment as the kernel tells them: each word ended by a NUL.
fn started(command_line: &[u8], environment: &[u8]) -> Option<Started> {
    let words = |text: &[u8]| -> Vec<OsString> {
        let words = text.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| OsStr::from_bytes(word).to_owned()).collect()
    };
    let command = words(command_line);
    let mut command = command.iter();
    let program = PathBuf::from(command.next()?);
    if !Path::new(&program).is_absolute() {
        return None;
    }
    let mut config = None;
    while let Some(word) = command.next() {
        if word == "--config" {
            config = command.next().cloned();
        } else if let Some(file) = word.as_bytes().strip_prefix(b"--config=") {
            config = Some(OsStr::from_bytes(file).to_owned());
        }
    }
    let environment = words(environment).into_iter().filter_map(|variable| {
        let bytes = variable.as_bytes();
        let middle = bytes.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (bytes.get(..middle)?, bytes.get(middle + 1..)?);
        Some((OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(value).to_owned()))
    });
    Some(Started { program, config, environment: environment.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_started_again_as_it_was() {
        let environment = b"HOME=/h\0BRUMMER_LOGS__KEEP_LINES=a=b\0";
        for (line, config) in [
            (&b"/opt/brummerd\0--foreground\0"[..], None),
            (&b"/opt/brummerd\0--foreground\0--config\0/c.toml\0"[..], Some("/c.toml")),
            (&b"/opt/brummerd\0--config=/c.toml\0--foreground\0"[..], Some("/c.toml")),
        ] {
            let found = started(line, environment).unwrap();
            assert_eq!(
                (found.program.to_str(), found.config),
                (Some("/opt/brummerd"), config.map(Into::into))
            );
            let variable =
                |name: &str| found.environment.get(OsStr::new(name)).and_then(|value| value.to_str());
            assert_eq!((variable("HOME"), variable("BRUMMER_LOGS__KEEP_LINES")), (Some("/h"), Some("a=b")));
        }
        assert_eq!(started(b"brummerd\0", environment), None, "found on a PATH that is not ours");
        assert_eq!(started(b"", environment), None);
    }
}
