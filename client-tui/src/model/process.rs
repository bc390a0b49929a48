//! Processes, endpoints, projects and scripts as the UI knows them. Pure.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Stopped,
    Waiting,
    Starting,
    Running,
    Paused,
    Stopping,
    Exited,
    Backoff,
    Failed,
    Lost,
    /// A state of a newer daemon.
    Unknown,
}

impl State {
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
            Self::Unknown => "unknown",
        }
    }

    /// Its pid lives.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Paused | Self::Stopping)
    }

    /// `s` stops it; anything else it starts.
    pub const fn is_wanted(self) -> bool {
        matches!(self, Self::Waiting | Self::Starting | Self::Running | Self::Paused | Self::Backoff)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: String,
    pub core: bool,
    /// `exited`, `signaled`, `stopped`, `start_failed`, `lost`; empty if unknown.
    pub reason: &'static str,
    pub at_ns: i64,
    pub detail: String,
}

impl Exit {
    /// `exit 1`, `SIGKILL (core dumped)`, `could not be started: …`.
    pub fn in_words(&self) -> String {
        let mut words = match (self.reason, self.code) {
            ("start_failed", _) => "could not be started".to_owned(),
            ("lost", _) => "its end was not seen".to_owned(),
            (_, _) if !self.signal.is_empty() => self.signal.clone(),
            (_, Some(code)) => format!("exit {code}"),
            _ => "ended".to_owned(),
        };
        if self.core {
            words.push_str(" (core dumped)");
        }
        if self.reason == "stopped" {
            words.push_str(", stopped as asked");
        }
        if !self.detail.is_empty() {
            words.push_str(": ");
            words.push_str(&self.detail);
        }
        words
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub project: String,
    pub name: String,
    pub state: State,
    pub ready: Option<bool>,
    pub pid: Option<u32>,
    pub run: String,
    /// Monotonic time of this client at which its run began; negative if that was before the clock's zero.
    pub began_mono_ms: Option<i64>,
    pub restarts: u64,
    pub exit: Option<Exit>,
    pub next_start_ns: Option<i64>,
    pub draining: bool,
    pub leftovers: Vec<u32>,
    pub cpu_percent: Option<f64>,
    pub rss_bytes: Option<u64>,
    pub urls: Vec<String>,
    pub errors: u64,
    pub depends_on: Vec<String>,
    pub command: Vec<String>,
    pub directory: String,
    pub note: String,
    pub reason: String,
    pub task: bool,
    pub attempt: u32,
    pub attempts_max: u32,
    pub autostart: bool,
    /// Its run is not what the configuration says by now, or no configuration declares it any more.
    pub changed: bool,
}

impl Process {
    pub fn uptime_ms(&self, mono_ms: u64) -> Option<u64> {
        let now = i64::try_from(mono_ms).unwrap_or(i64::MAX);
        self.began_mono_ms.map(|began| u64::try_from(now.saturating_sub(began)).unwrap_or(0))
    }

    /// Milliseconds until the next attempt.
    pub fn next_start_in_ms(&self, wall_ns: i64) -> Option<u64> {
        self.next_start_ns.map(|at| u64::try_from(at.saturating_sub(wall_ns) / 1_000_000).unwrap_or(0))
    }

    /// The STATE cell: `ready` for a running one that is.
    pub fn state_word(&self) -> &'static str {
        match (self.state, self.ready) {
            (State::Running, Some(true)) => "ready",
            (state, _) => state.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    pub name: String,
    pub cpu_percent: f64,
    pub rss_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub process: String,
    pub url: String,
    pub label: String,
    pub proxy_url: String,
    pub alive: bool,
    pub seen_ns: i64,
}

impl Endpoint {
    pub fn id(&self) -> String {
        format!("{} {}", self.process, self.url)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub name: String,
    pub directory: String,
    pub trusted: bool,
    pub open: bool,
    pub running: u32,
    pub failed: u32,
    pub other: u32,
    /// Mistakes in its files: what was in force stays so.
    pub mistakes: usize,
}

impl Project {
    /// As `3 running, 1 failed`.
    pub fn in_words(&self) -> String {
        let parts: Vec<String> = [(self.running, "running"), (self.failed, "failed")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match (parts.is_empty(), self.open) {
            (false, _) => parts.join(", "),
            (true, true) => "nothing runs".to_owned(),
            (true, false) => "closed".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub name: String,
    /// As its own file calls it.
    pub original: String,
    pub command: Vec<String>,
    pub directory: String,
    /// The file, as `package.json`.
    pub source: String,
    /// As `node`.
    pub ecosystem: String,
    /// What it lacks, as the name of a program; empty if it can run.
    pub missing: String,
    /// Why it cannot run, in words that follow its name.
    pub missing_reason: String,
    /// What is missing is an argument: given one it runs.
    pub wants_argument: bool,
    pub last_run_ns: Option<i64>,
}

/// One earlier run, for `why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub pid: Option<u32>,
    pub started_ns: Option<i64>,
    pub exit: Option<Exit>,
}
