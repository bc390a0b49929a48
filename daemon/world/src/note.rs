//! The NOTE cell of a process row: the one thing a person would ask next. Made here so that every client
//! says the same.
//!
//! Pure: facts in, text out.

use brummer_event::state::signal_name;
use brummer_event::{Exit, ExitReason, ProcessState, WallNs};

/// What a note is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) state: Option<ProcessState>,
    pub(crate) reason: &'a str,
    pub(crate) exit: Option<&'a Exit>,
    pub(crate) next_start_at: Option<WallNs>,
    /// The restart that comes next and the most that are tried.
    pub(crate) attempt: (u32, u32),
    pub(crate) urls: &'a [String],
    pub(crate) errors: u64,
    pub(crate) leftovers: usize,
    /// Its program runs and its ready check has not passed.
    pub(crate) unready: bool,
    /// Its run is not what the configuration says by now.
    pub(crate) changed: bool,
    /// A configuration declared it and does so no longer.
    pub(crate) undeclared: bool,
    pub(crate) now: WallNs,
}

/// The note, empty if there is nothing to say.
pub(crate) fn note(facts: &Facts<'_>) -> String {
    let mut parts = Vec::new();
    match facts.state {
        Some(ProcessState::Running | ProcessState::Starting | ProcessState::Paused) => {
            parts.extend(facts.urls.first().cloned());
            if facts.errors > 0 {
                parts.push(plural(facts.errors, "error"));
            }
            if facts.unready {
                parts.push(facts.reason.to_owned());
            }
        }
        Some(ProcessState::Exited) => parts.extend(facts.exit.map(|exit| ended_ago(exit, facts.now))),
        Some(ProcessState::Backoff) => parts.push(backoff(facts)),
        Some(ProcessState::Failed) => parts.push(failed(facts)),
        Some(ProcessState::Waiting | ProcessState::Stopping | ProcessState::Lost) => {
            parts.push(facts.reason.to_owned());
        }
        Some(ProcessState::Stopped) | None => {}
    }
    if facts.leftovers > 0 {
        parts.push(format!("{} still alive", plural(facts.leftovers as u64, "descendant")));
    }
    if facts.undeclared {
        parts.push("no longer declared; stop it to forget it".to_owned());
    } else if facts.changed {
        parts.push("changed, restart to apply".to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

/// `exit 1`, `SIGKILL`, or why it never ran.
pub(crate) fn ended(exit: &Exit) -> String {
    match (exit.reason, exit.signal, exit.code) {
        (ExitReason::StartFailed | ExitReason::Lost, ..) => brief(exit.detail.as_deref().unwrap_or_default()),
        (_, Some(signal), _) => {
            format!("{}{}", signal_name(signal), if exit.core { " (core dumped)" } else { "" })
        }
        (_, None, Some(code)) => format!("exit {code}"),
        (_, None, None) => String::new(),
    }
}

/// The PATH that was searched is told in full elsewhere: by `status NAME` and in the log.
fn brief(detail: &str) -> String {
    detail.split("; searched PATH=").next().unwrap_or(detail).to_owned()
}

fn ended_ago(exit: &Exit, now: WallNs) -> String {
    format!("{}, {} ago", ended(exit), short(now.saturating_sub(exit.at)))
}

fn backoff(facts: &Facts<'_>) -> String {
    let how = facts.exit.map(ended).unwrap_or_default();
    let next = match facts.next_start_at {
        Some(at) if at > facts.now => format!("next start in {}", short(at - facts.now)),
        _ => "next start now".to_owned(),
    };
    match facts.attempt {
        // It is never given up.
        (attempt, 0) => format!("{how}; {next} ({attempt})"),
        (attempt, most) => format!("{how}; {next} ({attempt} of {most})"),
    }
}

fn failed(facts: &Facts<'_>) -> String {
    let how = facts.exit.map(ended).unwrap_or_default();
    match (how.is_empty(), facts.reason.is_empty() || facts.reason == how) {
        (true, _) => facts.reason.to_owned(),
        (false, true) => how,
        (false, false) if facts.reason.starts_with("gave up") => format!("{how}; {}", facts.reason),
        (false, false) => how,
    }
}

fn plural(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `4s`, `5m`, `3h`, `2d`; below a second `250ms`.
pub fn short(nanoseconds: i64) -> String {
    let milliseconds = nanoseconds.max(0) / 1_000_000;
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds}ms"),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn exit(code: i32, at: WallNs) -> Exit {
        Exit { code: Some(code), signal: None, core: false, reason: ExitReason::Exited, at, detail: None }
    }

    #[test]
    fn notes_read_as_the_contract_shows_them() {
        let now = 1000 * SECOND;
        let urls = ["http://localhost:5173/".to_owned()];
        let zero = exit(0, now - 300 * SECOND);
        let one = exit(1, now);
        let table = [
            (
                Facts { state: Some(ProcessState::Running), urls: &urls, errors: 2, now, ..Facts::default() },
                "http://localhost:5173/  2 errors",
            ),
            (
                Facts { state: Some(ProcessState::Exited), exit: Some(&zero), now, ..Facts::default() },
                "exit 0, 5m ago",
            ),
            (
                Facts {
                    state: Some(ProcessState::Backoff),
                    exit: Some(&one),
                    next_start_at: Some(now + 4 * SECOND),
                    attempt: (4, 5),
                    now,
                    ..Facts::default()
                },
                "exit 1; next start in 4s (4 of 5)",
            ),
            (
                Facts {
                    state: Some(ProcessState::Failed),
                    exit: Some(&one),
                    reason: "gave up: 5 restarts in 60s",
                    now,
                    ..Facts::default()
                },
                "exit 1; gave up: 5 restarts in 60s",
            ),
            (
                Facts {
                    state: Some(ProcessState::Waiting),
                    reason: "waits for db to be ready",
                    now,
                    ..Facts::default()
                },
                "waits for db to be ready",
            ),
            (
                Facts {
                    state: Some(ProcessState::Failed),
                    exit: Some(&Exit {
                        reason: ExitReason::StartFailed,
                        code: None,
                        detail: Some("command not found: x; searched PATH=/usr/bin:/bin".to_owned()),
                        ..exit(0, now)
                    }),
                    reason: "command not found: x; searched PATH=/usr/bin:/bin",
                    now,
                    ..Facts::default()
                },
                "command not found: x",
            ),
            (Facts { state: Some(ProcessState::Stopped), exit: Some(&one), now, ..Facts::default() }, ""),
            (
                Facts {
                    state: Some(ProcessState::Starting),
                    reason: "waits for a line that matches `listening`",
                    unready: true,
                    ..Facts::default()
                },
                "waits for a line that matches `listening`",
            ),
            (
                Facts { state: Some(ProcessState::Running), errors: 1, changed: true, ..Facts::default() },
                "1 error  changed, restart to apply",
            ),
            (
                Facts {
                    state: Some(ProcessState::Running),
                    changed: true,
                    undeclared: true,
                    ..Facts::default()
                },
                "no longer declared; stop it to forget it",
            ),
        ];
        for (facts, expected) in table {
            assert_eq!(note(&facts), expected);
        }
    }
}
