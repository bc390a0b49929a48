//! The user's configuration: the daemon's own bounds and habits, in final types.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::WhenBehind;
use serde::Deserialize;

use super::check::Which;
use super::diagnostic::{Code, Diagnostic, Place};
use super::environment::{self, Environment};
use super::layers::{ConfigValue, Layer, Stack};
use super::{file, schema, text};

/// Everything that the user's file and the environment may set.
#[derive(Debug, Clone)]
pub struct UserConfig {
    pub concurrency: Concurrency,
    pub logs: LogsKeys,
    pub daemon: DaemonKeys,
    /// `[project."DIR"]`: directories as written, `~` replaced.
    pub projects: BTreeMap<PathBuf, UserProject>,
    /// The file that was read; nothing if there is none.
    pub file: Option<PathBuf>,
    /// Where it is, or would be.
    pub(crate) place: PathBuf,
    /// What is no error in it.
    pub warnings: Vec<Diagnostic>,
    values: Vec<ConfigValue>,
    /// Defaults and file (below a project's files), environment (above them).
    pub(super) below: Vec<Arc<Layer>>,
    pub(super) above: Vec<Arc<Layer>>,
}

/// `[concurrency]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    pub eventbus: EventBusKeys,
    pub process_manager: ProcessManagerKeys,
    pub log_store: LogStoreKeys,
}

/// `[concurrency.eventbus]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventBusKeys {
    /// Workers for handlers; nothing = `auto`: 2.5 a core, 4 to 32.
    #[serde(deserialize_with = "text::de_auto")]
    pub worker_pool_size: Option<usize>,
    /// Undelivered notices.
    pub queue_buffer_size: usize,
    pub backpressure_strategy: Backpressure,
    /// Events kept for readers.
    pub ring_size: usize,
}

/// What happens when `queue_buffer_size` notices are undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backpressure {
    Degrade,
    Block,
    Drop,
}

/// `[concurrency.process_manager]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessManagerKeys {
    pub max_concurrent_starts: usize,
    pub status_read_strategy: StatusRead,
}

/// How a status is read: through its owner's queue, or without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusRead {
    Locked,
    Atomic,
}

/// `[concurrency.log_store]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogStoreKeys {
    /// Lines read but not yet numbered.
    pub buffer_size: usize,
    /// Most lines of one run in one turn while others wait.
    pub batch_size: usize,
    /// How long a reader waits for room before it yields its turn.
    #[serde(rename = "timeout_ms", deserialize_with = "text::de_millis")]
    pub timeout: Duration,
}

/// `[logs]` of the user's configuration. Sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogsKeys {
    /// Lines of a process in memory.
    pub keep_lines: usize,
    pub ring_bytes: RingBytes,
    /// Captured bytes of a process on disk.
    #[serde(deserialize_with = "text::de_size")]
    pub keep_bytes: u64,
    /// Captured bytes of all.
    #[serde(deserialize_with = "text::de_size")]
    pub keep_total: u64,
    #[serde(deserialize_with = "text::de_duration")]
    pub keep_age: Duration,
    pub keep_runs: usize,
    /// Below this much free disk only current segments are kept.
    #[serde(deserialize_with = "text::de_size")]
    pub min_free: u64,
    pub when_behind: WhenBehind,
    /// How often segments and index are synced; nothing = `off`.
    #[serde(deserialize_with = "text::de_duration_or_off")]
    pub fsync: Option<Duration>,
}

/// `ring_bytes`: line memory of a process, of a project, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RingBytes {
    #[serde(deserialize_with = "text::de_size")]
    pub process: u64,
    #[serde(deserialize_with = "text::de_size")]
    pub project: u64,
    #[serde(deserialize_with = "text::de_size")]
    pub total: u64,
}

/// `[daemon]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonKeys {
    /// Loopback port of `/metrics` and `/healthz`; 0 = any free one.
    pub http_port: u16,
    /// Somebody wrote `http_port`: a busy port is then an error, not a reason to take the next.
    #[serde(skip)]
    pub http_port_by_hand: bool,
    /// How long shims keep their runs while no daemon comes back.
    #[serde(deserialize_with = "text::de_duration")]
    pub orphan_grace: Duration,
    /// Threads that read captures; nothing = `auto`: one a core.
    #[serde(deserialize_with = "text::de_auto")]
    pub ingest_threads: Option<usize>,
    /// uid 0 may connect to this user's daemon.
    pub allow_root: bool,
}

/// `[project."DIR"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserProject {
    /// Start it with the daemon, if it was open.
    pub resume: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    concurrency: Concurrency,
    logs: LogsKeys,
    daemon: DaemonKeys,
    #[serde(default)]
    project: BTreeMap<String, UserProject>,
}

impl UserConfig {
    /// Reads `explicit` (a flag), else `BRUMMER_CONFIG`, else `brummer/config.toml` (or `.yaml`, `.yml`,
    /// `.json`) below `XDG_CONFIG_HOME` or `~/.config`; only the last may be missing. `environment` then wins.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let path = match chosen(explicit, environment) {
            Chosen::Named(path) => Some(path),
            Chosen::Default(dir) => {
                let (path, twice) = file::in_any_format(&dir, "config");
                wrong.extend(twice);
                path
            }
            Chosen::None => None,
        };
        let text = path.and_then(|path| match file::read(&path) {
            Ok(text) => Some((path, text)),
            Err(diagnostic) => {
                wrong.push(diagnostic);
                None
            }
        });
        let text = text.as_ref().map(|(path, text)| (path.as_path(), text.as_str()));
        match Self::check(text, environment) {
            Ok(config) if wrong.is_empty() => Ok(config),
            Ok(_) => Err(wrong),
            Err(more) => {
                wrong.extend(more);
                Err(wrong)
            }
        }
    }

    /// The files that [`UserConfig::load`] may read, there or not: one if it was named, one of each format
    /// otherwise, none without a home.
    pub fn paths(explicit: Option<&Path>, environment: &Environment) -> Vec<PathBuf> {
        match chosen(explicit, environment) {
            Chosen::Named(path) => vec![path],
            Chosen::Default(dir) => {
                file::ENDINGS.iter().map(|ending| dir.join(format!("config.{ending}"))).collect()
            }
            Chosen::None => Vec::new(),
        }
    }

    /// As [`UserConfig::load`], of a text in hand. Pure.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn check(text: Option<(&Path, &str)>, environment: &Environment) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut below = vec![Arc::new(Layer::defaults(schema::USER))];
        if let Some((path, text)) = text {
            let (checked, mistakes) = file::check(path, text, Which::User, file::PROJECTS);
            wrong.extend(mistakes);
            below.extend(checked.map(|checked| Arc::new(Layer::new(path.display().to_string(), checked))));
        }
        let (checked, mistakes) = environment::read(environment);
        wrong.extend(mistakes);
        let above = vec![Arc::new(Layer::new("environment", checked))];
        super::diagnostic::sort(&mut wrong);
        if wrong.iter().any(Diagnostic::is_error) {
            return Err(wrong);
        }
        let stack = Stack::new(below.iter().chain(&above).cloned().collect());
        let raw: Raw = stack.extract().map_err(|diagnostic| vec![diagnostic])?;
        let mut daemon = raw.daemon;
        daemon.http_port_by_hand = stack.place(&["daemon", "http_port"]).is_some();
        let home = environment.get("HOME").map(PathBuf::from);
        let mut projects = BTreeMap::new();
        for (directory, project) in raw.project {
            let path = match (directory.strip_prefix('~'), &home) {
                (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
                (Some(_), None) => {
                    let place = Place::Environment("HOME".to_owned());
                    let message = format!("\"{directory}\" means nothing: HOME is not set");
                    return Err(vec![
                        Diagnostic::new(Code::BadValue, place, message).hint("write the whole directory"),
                    ]);
                }
                (None, _) => PathBuf::from(&directory),
            };
            projects.insert(path, project);
        }
        Ok(Self {
            concurrency: raw.concurrency,
            logs: raw.logs,
            daemon,
            projects,
            file: text.map(|(path, _)| path.to_owned()),
            place: match (text, chosen(None, environment)) {
                (Some((path, _)), _) => path.to_owned(),
                (None, Chosen::Named(path)) => path,
                (None, Chosen::Default(dir)) => dir.join("config.toml"),
                (None, Chosen::None) => PathBuf::from("~/.config/brummer/config.toml"),
            },
            warnings: wrong,
            values: stack.values(),
            below,
            above,
        })
    }

    /// The built-in values alone.
    ///
    /// # Errors
    /// Never with the table of keys as it is; typed so that nothing has to be unwrapped.
    pub fn builtin() -> Result<Self, Vec<Diagnostic>> {
        Self::check(None, &Environment::new())
    }

    /// Whether the project bound to `directory` (a real path) is started with the daemon. Resolves
    /// symbolic links of the configured directories, so it reads the file system.
    pub fn resumes(&self, directory: &Path) -> bool {
        self.projects.iter().any(|(configured, project)| {
            project.resume
                && (configured == directory || configured.canonicalize().is_ok_and(|real| real == directory))
        })
    }

    /// Every effective value with its source.
    pub fn values(&self) -> &[ConfigValue] {
        &self.values
    }
}

enum Chosen {
    /// Somebody named it: it must be there.
    Named(PathBuf),
    /// The directory to look in.
    Default(PathBuf),
    /// No home directory to look in.
    None,
}

fn chosen(explicit: Option<&Path>, environment: &Environment) -> Chosen {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = explicit.map(Path::to_owned).or_else(|| set("BRUMMER_CONFIG")) {
        return Chosen::Named(path);
    }
    set("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .map_or(Chosen::None, |base| Chosen::Default(base.join("brummer")))
}
