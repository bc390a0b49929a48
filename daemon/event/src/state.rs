//! In which state a process can be, and how a run ended: the words of the contract.

use std::fmt;

use crate::WallNs;

/// State of a process. The transition function lives in the process crate; these are only the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProcessState {
    /// Never run, or ended because asked.
    Stopped,
    /// Start wanted; a dependency, port or admission slot is missing.
    Waiting,
    /// Spawn asked and no pid yet, or its ready check has not yet passed once.
    Starting,
    /// Its pid lives.
    Running,
    /// Stopped by a job-control signal.
    Paused,
    /// The stop sequence runs.
    Stopping,
    /// Ended by itself with a success code, no restart due.
    Exited,
    /// Ended, next attempt scheduled.
    Backoff,
    /// Ended with another code or signal, could not be spawned, or given up.
    Failed,
    /// Its shim died or the machine restarted: the end was not seen.
    Lost,
}

impl ProcessState {
    pub const ALL: [Self; 10] = [
        Self::Stopped,
        Self::Waiting,
        Self::Starting,
        Self::Running,
        Self::Paused,
        Self::Stopping,
        Self::Exited,
        Self::Backoff,
        Self::Failed,
        Self::Lost,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Exited => "exited",
            Self::Backoff => "backoff",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// A pid is there, or is about to be.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Paused | Self::Stopping)
    }

    /// Nothing runs and nothing is scheduled.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Stopped | Self::Exited | Self::Failed | Self::Lost)
    }
}

impl fmt::Display for ProcessState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// By itself, with a code.
    Exited,
    /// By a signal that Brummer did not send.
    Signaled,
    /// Because it was asked to.
    Stopped,
    /// It could not be spawned.
    StartFailed,
    /// The end was not seen.
    Lost,
}

impl ExitReason {
    pub const ALL: [Self; 5] = [Self::Exited, Self::Signaled, Self::Stopped, Self::StartFailed, Self::Lost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Signaled => "signaled",
            Self::Stopped => "stopped",
            Self::StartFailed => "start_failed",
            Self::Lost => "lost",
        }
    }

    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// How a run ended. `code` and `signal` are both absent for `StartFailed` and `Lost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub code: Option<i32>,
    /// Signal number; its name is made at the edge ([`signal_name`]).
    pub signal: Option<i32>,
    pub core: bool,
    pub reason: ExitReason,
    pub at: WallNs,
    /// What a person should know besides: why it could not be spawned, who had to be killed.
    pub detail: Option<String>,
}

impl Exit {
    /// Ended by itself with code 0, or because asked.
    pub fn is_success(&self) -> bool {
        matches!(self.reason, ExitReason::Stopped)
            || (matches!(self.reason, ExitReason::Exited) && self.code == Some(0))
    }
}

/// `SIGKILL` for 9 (Linux numbers; those that differ on macOS are not sent by name).
pub fn signal_name(number: i32) -> String {
    const NAMES: [&str; 31] = [
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
    usize::try_from(number - 1)
        .ok()
        .and_then(|index| NAMES.get(index))
        .map_or_else(|| format!("signal {number}"), |name| (*name).to_owned())
}

/// Number for `SIGTERM`, `TERM` or `term`; nothing for other text.
pub fn signal_number(name: &str) -> Option<i32> {
    let upper = name.to_ascii_uppercase();
    let full = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    (1..=31).find(|number| signal_name(*number) == full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_their_names() {
        assert_eq!(signal_name(9), "SIGKILL");
        assert_eq!(signal_name(11), "SIGSEGV");
        assert_eq!(signal_name(64), "signal 64");
        assert_eq!(signal_number("term"), Some(15));
        assert_eq!(signal_number("SIGINT"), Some(2));
        assert_eq!(signal_number("SIGNOPE"), None);
    }

    #[test]
    fn words_come_back() {
        for state in ProcessState::ALL {
            assert_eq!(ProcessState::from_text(state.as_str()), Some(state));
        }
    }
}
