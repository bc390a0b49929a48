//! What a process should be: the word that configuration and detection hand to supervision.
//!
//! A spec is a wish, already checked and in final types (no string durations). It is immutable; a changed
//! configuration makes a new one.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What to execute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A string that its author wrote for a shell: run as `/bin/sh -c TEXT`.
    Shell(String),
    /// An argument list, executed as it is; no shell ever sees it.
    Exec(Vec<String>),
}

impl Command {
    /// The argument list that is executed.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Shell(text) => vec!["/bin/sh".to_owned(), "-c".to_owned(), text.clone()],
            Self::Exec(argv) => argv.clone(),
        }
    }
}

/// A service is expected to stay; a task is expected to end with success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Service,
    Task,
}

/// When a run that ended by itself is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    No,
    OnFailure,
    Always,
}

impl Restart {
    /// `on-failure` for services, `no` for tasks.
    pub const fn default_for(kind: Kind) -> Self {
        match kind {
            Kind::Service => Self::OnFailure,
            Kind::Task => Self::No,
        }
    }
}

/// How often, and after which time, a run that ended by itself is started again; what is not said here is
/// supervision's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retry {
    /// Before the first restart; each further one waits twice as long.
    pub least: Option<Duration>,
    /// No restart waits longer.
    pub most: Option<Duration>,
    /// So many in a minute, and it is given up; 0: never.
    pub restarts: Option<u32>,
}

impl Retry {
    pub const LEAST: Duration = Duration::from_millis(250);
    pub const MOST: Duration = Duration::from_secs(30);
    pub const RESTARTS: u32 = 5;
}

/// How a process is asked to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Signal number; SIGTERM unless configured.
    pub signal: i32,
    /// Grace between the signal and the next, harder step.
    pub timeout: Duration,
    /// Runs first, at most 5 s.
    pub command: Option<Command>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { signal: 15, timeout: Duration::from_secs(10), command: None }
    }
}

/// When a service is ready: once a line of its run matches. Without a check it is ready once it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyCheck {
    /// A regular expression over the text of a line, as [`crate::pattern`] reads it.
    pub log: String,
    /// After so long without such a line it is told as not ready; the check goes on.
    pub deadline: Duration,
}

impl ReadyCheck {
    pub const DEADLINE: Duration = Duration::from_secs(60);

    /// A check with the usual deadline.
    pub fn log(pattern: impl Into<String>) -> Self {
        Self { log: pattern.into(), deadline: Self::DEADLINE }
    }
}

impl std::fmt::Display for ReadyCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a line that matches `{}`", self.log)
    }
}

/// What the child's stdin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stdin {
    /// A pipe whose other end the shim holds open and silent (several watchers quit on EOF).
    Open,
    /// `/dev/null`.
    Null,
}

impl Stdin {
    /// `open` for services, `null` for tasks.
    pub const fn default_for(kind: Kind) -> Self {
        match kind {
            Kind::Service => Self::Open,
            Kind::Task => Self::Null,
        }
    }
}

/// What happens when a child runs further ahead of the daemon than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenBehind {
    /// The shim stops reading, as any full pipe does. Nothing is lost.
    #[default]
    Slow,
    /// The oldest unindexed segment is unlinked after a GAP frame.
    Gap,
}

/// How much is kept of what a process says; what is not said here is the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogBounds {
    /// Lines in memory.
    pub keep_lines: Option<usize>,
    /// Bytes of lines in memory.
    pub ring_bytes: Option<u64>,
    /// Bytes of capture on disk.
    pub keep_bytes: Option<u64>,
    pub when_behind: Option<WhenBehind>,
}

/// Where a process comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `[processes.NAME]` of a configuration file.
    Declared,
    /// A script found in the project.
    Detected,
    /// `run -- CMD`.
    AdHoc,
}

/// What a process should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSpec {
    pub name: String,
    pub command: Command,
    /// Absolute.
    pub dir: PathBuf,
    /// `.env` files, absolute, read at each start in this order.
    pub env_files: Vec<PathBuf>,
    /// `env` of the configuration; wins over everything but Brummer's own variables.
    pub env: Vec<(String, String)>,
    /// Variables of the layers below that it must not have.
    #[serde(default)]
    pub env_unset: Vec<String>,
    /// Where each name of the two was written, as `file:line:column`; where that is not known, its origin says
    /// all.
    #[serde(default)]
    pub env_places: BTreeMap<String, String>,
    /// Names in the same project that must be ready first.
    pub depends_on: Vec<String>,
    /// Started by `up`.
    pub autostart: bool,
    pub kind: Kind,
    pub restart: Restart,
    #[serde(default)]
    pub retry: Retry,
    #[serde(default)]
    pub ready: Option<ReadyCheck>,
    pub stop: Stop,
    pub stdin: Stdin,
    /// One pipe for both streams: exact order, stream `out`.
    pub merge_output: bool,
    /// Its leader ends by design and leaves the work to its tree.
    pub daemonizes: bool,
    /// A run that lives is replaced when the configuration changes, instead of being marked.
    #[serde(default)]
    pub restart_on_change: bool,
    /// Why it cannot be started at all, in words that follow `it`: it needs what only another tool has.
    #[serde(default)]
    pub unrunnable: Option<String>,
    #[serde(default)]
    pub logs: LogBounds,
    pub origin: Origin,
}

impl Origin {
    /// As people are told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Detected => "detected",
            Self::AdHoc => "run",
        }
    }
}

impl ProcessSpec {
    /// A spec with the defaults of its kind.
    pub fn new(name: impl Into<String>, command: Command, dir: PathBuf, kind: Kind, origin: Origin) -> Self {
        Self {
            name: name.into(),
            command,
            dir,
            env_files: Vec::new(),
            env: Vec::new(),
            env_unset: Vec::new(),
            env_places: BTreeMap::new(),
            depends_on: Vec::new(),
            autostart: true,
            kind,
            restart: Restart::default_for(kind),
            retry: Retry::default(),
            ready: None,
            stop: Stop::default(),
            stdin: Stdin::default_for(kind),
            merge_output: false,
            daemonizes: false,
            restart_on_change: false,
            unrunnable: None,
            logs: LogBounds::default(),
            origin,
        }
    }

    /// Whether a run of `other` is just what a run of this would be. What says only when to start or restart
    /// it, when it counts as ready, or who wrote it, needs no new run to take effect.
    pub fn runs_as(&self, other: &Self) -> bool {
        // Named one by one, so that a new field cannot be forgotten here.
        let Self {
            name,
            command,
            dir,
            env_files,
            env,
            env_unset,
            env_places: _,
            depends_on,
            autostart: _,
            kind,
            restart,
            retry: _,
            ready: _,
            stop,
            stdin,
            merge_output,
            daemonizes,
            restart_on_change: _,
            unrunnable,
            logs,
            origin: _,
        } = self;
        (name, command, dir, env_files) == (&other.name, &other.command, &other.dir, &other.env_files)
            && same_variables(env, &other.env)
            && (env_unset, depends_on, kind, restart, stop)
                == (&other.env_unset, &other.depends_on, &other.kind, &other.restart, &other.stop)
            && (stdin, merge_output, daemonizes) == (&other.stdin, &other.merge_output, &other.daemonizes)
            && (unrunnable, logs) == (&other.unrunnable, &other.logs)
    }
}

/// Variables are a set of names: their order says nothing.
fn same_variables(one: &[(String, String)], other: &[(String, String)]) -> bool {
    let sorted = |variables: &[(String, String)]| {
        let mut all = variables.to_vec();
        all.sort();
        all
    };
    one == other || (one.len() == other.len() && sorted(one) == sorted(other))
}

/// What a client brings along with a command that starts something: the world its user lives in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientContext {
    /// The client's environment as it is; filtering (contract §7) happens when a run is composed.
    pub env: Vec<(String, String)>,
    pub umask: Option<u32>,
    /// (resource number, soft, hard) as `getrlimit` gives them.
    pub rlimits: Vec<(i32, u64, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_run_is_made_of_needs_a_new_run() {
        type Edit = fn(&mut ProcessSpec);
        let exec = |argv: &[&str]| Command::Exec(argv.iter().map(|arg| (*arg).to_owned()).collect());
        let pair = |name: &str| (name.to_owned(), "1".to_owned());
        let mut base = ProcessSpec::new("api", exec(&["x"]), "/p".into(), Kind::Service, Origin::Declared);
        base.env = vec![pair("A"), pair("B")];
        let table: [(&str, bool, Edit); 20] = [
            ("nothing", true, |_| {}),
            ("ready", true, |spec| spec.ready = Some(ReadyCheck::log("listening"))),
            ("autostart", true, |spec| spec.autostart = false),
            ("restart_on_change", true, |spec| spec.restart_on_change = true),
            ("origin", true, |spec| spec.origin = Origin::Detected),
            ("places of env", true, |spec| {
                spec.env_places.insert("A".to_owned(), "brummer.toml:3:1".to_owned());
            }),
            ("order of env", true, |spec| spec.env.reverse()),
            ("env", false, |spec| spec.env.truncate(1)),
            ("a value", false, |spec| spec.env[0].1.push('0')),
            ("env_unset", false, |spec| spec.env_unset.push("A".to_owned())),
            ("command", false, |spec| spec.command = Command::Shell("x".to_owned())),
            ("dir", false, |spec| spec.dir = "/q".into()),
            ("env_file", false, |spec| spec.env_files.push("/p/.env".into())),
            ("depends_on", false, |spec| spec.depends_on.push("db".to_owned())),
            ("kind", false, |spec| spec.kind = Kind::Task),
            ("restart", false, |spec| spec.restart = Restart::Always),
            ("stop", false, |spec| spec.stop.timeout = Duration::from_secs(1)),
            ("stdin", false, |spec| spec.stdin = Stdin::Null),
            ("daemonizes", false, |spec| spec.daemonizes = true),
            ("unrunnable", false, |spec| spec.unrunnable = Some("needs the editor".to_owned())),
        ];
        for (what, same, change) in table {
            let mut changed = base.clone();
            change(&mut changed);
            assert_eq!((base.runs_as(&changed), changed.runs_as(&base)), (same, same), "{what}");
        }
    }

    #[test]
    fn a_spec_that_an_older_daemon_wrote_can_be_read() {
        let spec =
            ProcessSpec::new("api", Command::Shell("x".to_owned()), "/".into(), Kind::Task, Origin::AdHoc);
        let mut written = serde_json::to_value(&spec).unwrap();
        for newer in ["restart_on_change", "unrunnable", "ready"] {
            written.as_object_mut().unwrap().remove(newer);
        }
        assert_eq!(serde_json::from_value::<ProcessSpec>(written).unwrap(), spec);
    }
}
