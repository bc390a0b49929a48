//! Exit codes: the contract's, and those that a run passes on.

use brummer_proto::client::EXIT_UNREACHABLE;

use crate::json::process::Exit;

pub(crate) const OK: u8 = 0;
pub(crate) const FAILURE: u8 = 1;
/// Usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// The daemon cannot be reached.
pub(crate) const UNREACHABLE: u8 = EXIT_UNREACHABLE;
pub(crate) const NOT_FOUND: u8 = 4;
/// Conflict, precondition, nothing to start.
pub(crate) const CONFLICT: u8 = 5;
pub(crate) const DENIED: u8 = 6;
/// Partly done; details per item on stderr.
pub(crate) const PARTLY: u8 = 7;
pub(crate) const WAIT_TIMED_OUT: u8 = 17;
pub(crate) const WAIT_IMPOSSIBLE: u8 = 18;
/// As a shell says: 128 and SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Signals by number, as Linux has them; the daemon says their names.
const SIGNALS: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// The code that passes a run's end on: its own, 128 and the signal, 1 if neither was seen.
pub(crate) fn of_run(exit: &Exit) -> u8 {
    if let Some(signal) = &exit.signal {
        let number = SIGNALS
            .iter()
            .position(|name| name == signal)
            .map(|at| at + 1)
            .or_else(|| signal.trim_start_matches("SIG").trim_start_matches("RTMIN+").parse().ok());
        return number.and_then(|number| u8::try_from(128 + number).ok()).unwrap_or(FAILURE);
    }
    match exit.code {
        // Codes are eight bits wide; a wider one keeps being a failure.
        Some(code) => u8::try_from(code).unwrap_or(FAILURE),
        None => FAILURE,
    }
}

/// What a refused item of an action means, by the daemon's own code. (A refusal of a whole request has its
/// exit code from the client module.)
pub(crate) fn of_code(code: &str) -> u8 {
    match code {
        "NOT_FOUND" | "NO_PROJECT" | "NO_DIRECTORY" => NOT_FOUND,
        "NAME_TAKEN" | "STILL_RUNNING" | "DECLARED" | "GENERATION" | "NOTHING_TO_START" | "AMBIGUOUS"
        | "CONFLICT" => CONFLICT,
        "DENIED" | "NOT_TRUSTED" => DENIED,
        "UNKNOWN_DEPENDENCY" | "DEPENDENCY_CYCLE" | "CONFIG" | "BAD_NAME" | "INVALID_REQUEST" => USAGE,
        "STOPPING" => UNREACHABLE,
        _ => FAILURE,
    }
}

/// One code for several items: 0 if none failed; with successes among them 7; else what all of them mean,
/// or 1 if they mean different things.
pub(crate) fn of_items(items: impl IntoIterator<Item = u8>) -> u8 {
    let items: Vec<u8> = items.into_iter().collect();
    let mut failed = items.iter().filter(|code| **code != OK);
    let Some(first) = failed.next() else { return OK };
    if items.contains(&OK) {
        return PARTLY;
    }
    if failed.all(|code| code == first) { *first } else { FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_passes_its_end_on() {
        for (code, signal, expected) in [
            (Some(0), None, 0),
            (Some(3), None, 3),
            (Some(127), None, 127),
            (Some(255), None, 255),
            (None, Some("SIGINT"), 130),
            (None, Some("SIGKILL"), 137),
            (None, Some("SIGTERM"), 143),
            (None, Some("SIGSYS"), 159),
            (None, Some("SIG40"), 168),
            (None, None, 1),
        ] {
            let exit = Exit { code, signal: signal.map(str::to_owned), ..Exit::default() };
            assert_eq!(of_run(&exit), expected, "{code:?} {signal:?}");
        }
    }

    #[test]
    fn items_add_up() {
        for (items, expected) in [
            (vec![], OK),
            (vec![OK, OK], OK),
            (vec![FAILURE], FAILURE),
            (vec![CONFLICT], CONFLICT),
            (vec![CONFLICT, CONFLICT], CONFLICT),
            (vec![CONFLICT, NOT_FOUND], FAILURE),
            (vec![OK, FAILURE], PARTLY),
            (vec![NOT_FOUND, OK, FAILURE], PARTLY),
        ] {
            assert_eq!(of_items(items.clone()), expected, "{items:?}");
        }
    }
}
