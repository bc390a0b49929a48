//! Completion: the shell asks this program, and names are asked of the daemon, 150 ms at most.
//!
//! The generated shell code calls the program with [`VARIABLE`] set; nothing else does.

use std::ffi::OsStr;
use std::time::Duration;

use brummer_proto::client::{Client, ConnectOptions};
use brummer_proto::v1;
use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::args::Cli;

/// Set by the generated shell code alone.
const VARIABLE: &str = "BRUMMERCTL_COMPLETE";
/// A person waits at the prompt.
const PATIENCE: Duration = Duration::from_millis(150);

/// Answers the shell if it is the shell that asks.
pub(crate) fn answered() -> bool {
    if std::env::var_os(VARIABLE).is_none() {
        return false;
    }
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .bin("brummerctl")
        .completer("brummerctl")
        .try_complete(std::env::args_os(), here.as_deref());
    // A shell has no use for an error: it then offers nothing.
    asked.unwrap_or(true)
}

/// Shell code that completes this command line; `None`: no such shell.
pub(crate) fn script(shell: &str) -> Option<Vec<u8>> {
    let mut code = Vec::new();
    Shells::builtins()
        .completer(shell)?
        .write_registration(VARIABLE, "brummerctl", "brummerctl", "brummerctl", &mut code)
        .ok()?;
    Some(code)
}

/// Completes names of processes.
pub(crate) fn processes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, Kind::Processes))
}

/// Completes names of processes and of what could be one.
pub(crate) fn scripts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, Kind::Scripts))
}

/// Completes names of projects.
pub(crate) fn projects() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| candidates(current, Kind::Projects))
}

#[derive(Clone, Copy)]
enum Kind {
    Processes,
    Scripts,
    Projects,
}

fn candidates(current: &OsStr, kind: Kind) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let words: Vec<String> = std::env::args_os().filter_map(|word| word.into_string().ok()).collect();
    let names = runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(kind, &words)).await });
    let mut names = names.ok().flatten().unwrap_or_default();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| name.starts_with(current)).map(CompletionCandidate::new).collect()
}

async fn ask(kind: Kind, words: &[String]) -> Option<Vec<String>> {
    let socket = option(words, &["--socket"]).map(Into::into);
    let options = ConnectOptions { socket, autostart: false, timeout: PATIENCE };
    let client = Client::connect(options).await.ok()?;
    let scope = match option(words, &["-p", "--project"]) {
        Some(project) if project.contains('/') || project.starts_with('.') => {
            v1::Scope { project: crate::context::absolute(project.as_ref()).ok()?, ..v1::Scope::default() }
        }
        Some(project) => v1::Scope { project: project.to_owned(), ..v1::Scope::default() },
        None => v1::Scope { directory: crate::context::here().ok()?, ..v1::Scope::default() },
    };
    Some(match kind {
        Kind::Projects => project_names(&client).await,
        Kind::Processes => process_names(&client, scope).await,
        Kind::Scripts => {
            let (mut names, scripts) =
                tokio::join!(process_names(&client, scope.clone()), script_names(&client, scope));
            names.extend(scripts);
            names
        }
    })
}

async fn project_names(client: &Client) -> Vec<String> {
    let answer = client.projects().list_projects(v1::ListProjectsRequest {}).await;
    let projects = answer.map(|answer| answer.into_inner().projects).unwrap_or_default();
    projects.into_iter().map(|project| project.name).collect()
}

async fn process_names(client: &Client, scope: v1::Scope) -> Vec<String> {
    let request = v1::ListProcessesRequest { scope: Some(scope), names: Vec::new() };
    let answer = client.processes().list_processes(request).await;
    let processes = answer.map(|answer| answer.into_inner().processes).unwrap_or_default();
    processes.into_iter().map(|process| process.name).collect()
}

async fn script_names(client: &Client, scope: v1::Scope) -> Vec<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let request = v1::ListScriptsRequest { scope: Some(scope), path };
    let answer = client.list_scripts(request).await;
    let scripts = answer.map(|answer| answer.into_inner().scripts).unwrap_or_default();
    scripts.into_iter().map(|script| script.name).collect()
}

/// The value of an option in an unfinished command line.
fn option<'a>(words: &'a [String], names: &[&str]) -> Option<&'a str> {
    let mut words = words.iter();
    let mut found = None;
    while let Some(word) = words.next() {
        for name in names {
            if word == name {
                found = words.clone().next().map(String::as_str).or(found);
            } else if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                found = Some(value);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_code_that_asks_us() {
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let code = String::from_utf8(script(shell).unwrap()).unwrap();
            assert!(code.contains(VARIABLE) && code.contains("brummerctl"), "{shell}: {code}");
        }
        assert!(script("tcsh").is_none());
    }

    #[test]
    fn options_are_found_in_unfinished_lines() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (line, expected) in [
            ("brummerctl -- brummerctl -p shop logs a", Some("shop")),
            ("brummerctl -- brummerctl logs --project=shop a", Some("shop")),
            ("brummerctl -- brummerctl logs a", None),
            ("brummerctl -- brummerctl logs -p", None),
        ] {
            assert_eq!(option(&words(line), &["-p", "--project"]), expected, "{line}");
        }
    }
}
