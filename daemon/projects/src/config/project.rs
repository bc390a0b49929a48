//! A project's configuration: its files over one another, joined with what was detected, as specs.

mod effective;
mod judge;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::{Command, Kind, Origin, ProcessSpec, Restart, Stdin, Stop};
use brummer_event::state::signal_number;
use serde::Deserialize;

use super::check::{Checked, Which};
use super::diagnostic::{Code, Diagnostic};
use super::layers::{ConfigValue, Layer, Stack};
use super::user::{UserConfig, WhenBehind};
use super::{diagnostic, file, text};
use crate::detect::Script;

/// Files that are read, later ones win.
pub const FILES: [&str; 2] = ["brummer.toml", "brummer.local.toml"];

/// Files that a reader of other documentation may have written, and that are not read.
pub const UNREAD: [&str; 3] = ["brummer.yaml", "brummer.yml", "brummer.json"];

/// The predecessor's file.
const PREDECESSOR: &str = ".brum.toml";

/// Whether a file of this name can belong to a project's configuration, read or not.
pub fn is_project_file(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let form = |ending: &str| [".toml", ".yaml", ".yml", ".json"].contains(&ending);
    name == PREDECESSOR
        || name.strip_prefix("brummer.local").is_some_and(form)
        || name.strip_prefix("brummer").is_some_and(form)
}

/// One checked text of a project.
#[derive(Debug, Clone)]
pub struct Parsed {
    path: PathBuf,
    checked: Checked,
}

impl Parsed {
    /// Names of the processes it declares, in its order.
    pub fn processes(&self) -> &[String] {
        &self.checked.order
    }
}

/// Checks the text of one project file by itself; what needs all files together (dependencies, commands)
/// is checked when they are joined. Pure.
///
/// # Errors
/// Every mistake at once.
pub fn check_project(path: &Path, text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let mut files = Files::default();
    files.add(path, text);
    match files.parsed.pop() {
        Some(parsed) if files.wrong.is_empty() => Ok(parsed),
        _ => Err(files.wrong),
    }
}

/// The files of a project, checked one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    parsed: Vec<Parsed>,
    /// Mistakes so far.
    wrong: Vec<Diagnostic>,
    /// A text is missing as a whole, so that nothing can be said about all of them together.
    incomplete: bool,
    /// What was found but is not read.
    pub(crate) notices: Vec<String>,
}

impl Files {
    /// Checks one more text; it wins over those before. Pure.
    pub(crate) fn add(&mut self, path: &Path, text: &str) {
        let (checked, wrong) = file::check(path, text, Which::Project);
        self.incomplete |= wrong.iter().any(|mistake| mistake.code == Code::Syntax);
        self.wrong.extend(wrong);
        self.parsed.push(Parsed { path: path.to_owned(), checked });
    }

    fn refuse(&mut self, diagnostic: Diagnostic) {
        self.incomplete = true;
        self.wrong.push(diagnostic);
    }
}

/// Bounds of the logs of a project's processes, effective: from the user's and the project's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectLogs {
    pub keep_lines: usize,
    /// Line memory of one process, in bytes.
    pub ring_bytes: u64,
    /// Captured bytes of a process on disk.
    pub keep_bytes: u64,
    pub when_behind: WhenBehind,
}

/// What a project's files say, together with what was detected.
#[derive(Debug, Clone)]
pub struct ProjectConfig {
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// In the order of the files.
    pub declared: Vec<ProcessSpec>,
    /// The file (its last part) that declares each of them.
    pub(crate) sources: BTreeMap<String, String>,
    pub logs: ProjectLogs,
    /// Every effective value with its source.
    pub values: Vec<ConfigValue>,
}

/// Reads and checks the files of the project at `dir`.
pub(crate) fn read_files(dir: &Path) -> Files {
    let mut files = Files::default();
    for name in FILES {
        let path = dir.join(name);
        match file::read_if_there(&path) {
            Ok(Some(text)) => files.add(&path, &text),
            Ok(None) => {}
            Err(diagnostic) => files.refuse(diagnostic),
        }
    }
    for name in UNREAD {
        let Some(diagnostic) = file::unread_format(&dir.join(name), "brummer.toml") else { continue };
        // Alone it is what its author meant to be read; beside a brummer.toml it is a leftover.
        if files.parsed.is_empty() && files.wrong.is_empty() {
            files.refuse(diagnostic);
        } else {
            files.notices.push(format!("{name} is not read; brummer.toml is"));
        }
    }
    if dir.join(PREDECESSOR).is_file() {
        files.notices.push(format!("{PREDECESSOR} is not read; its processes belong into brummer.toml"));
    }
    files
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    processes: BTreeMap<String, RawProcess>,
    logs: super::user::LogsKeys,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawProcess {
    run: Option<RawCommand>,
    dir: Option<PathBuf>,
    env: BTreeMap<String, String>,
    env_file: Option<Vec<PathBuf>>,
    depends_on: Vec<String>,
    autostart: Option<bool>,
    restart: Option<Restart>,
    kind: Option<Kind>,
    stop: RawStop,
    stdin: Option<Stdin>,
    merge_output: Option<bool>,
    daemonizes: Option<bool>,
    restart_on_change: Option<bool>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawStop {
    signal: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    timeout: Option<Duration>,
    command: Option<RawCommand>,
}

fn some_duration<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    text::de_duration(deserializer).map(Some)
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum RawCommand {
    Shell(String),
    Exec(Vec<String>),
}

impl From<RawCommand> for Command {
    fn from(raw: RawCommand) -> Self {
        match raw {
            RawCommand::Shell(text) => Self::Shell(text),
            RawCommand::Exec(argv) => Self::Exec(argv),
        }
    }
}

/// Puts the files of a project over the user's configuration, joins them with the detected scripts, and
/// checks what needs all of them: commands, dependencies, circles. Pure.
///
/// # Errors
/// Every mistake at once.
pub(crate) fn join(
    dir: &Path,
    user: &UserConfig,
    files: &Files,
    detected: &[Script],
) -> Result<ProjectConfig, Vec<Diagnostic>> {
    let mut wrong = files.wrong.clone();
    if files.incomplete {
        return Err(wrong);
    }
    let files = files.parsed.as_slice();
    let layers: Vec<Arc<Layer>> = files
        .iter()
        .map(|parsed| Arc::new(Layer::new(parsed.path.display().to_string(), parsed.checked.clone())))
        .collect();
    let logs_of = |layers: &[Arc<Layer>]| layers.iter().map(|layer| Arc::new(layer.only("logs"))).collect();
    let below: Vec<Arc<Layer>> = logs_of(&user.below);
    let above: Vec<Arc<Layer>> = logs_of(&user.above);
    let stack = Stack::new(below.into_iter().chain(layers).chain(above).collect());
    let raw: Raw = stack.extract().map_err(|diagnostic| vec![diagnostic])?;

    let mut order: Vec<&str> = Vec::new();
    for name in files.iter().flat_map(|parsed| &parsed.checked.order) {
        if !order.contains(&name.as_str()) {
            order.push(name);
        }
    }
    let mut processes = raw.processes;
    let ordered: Vec<(&str, RawProcess)> =
        order.iter().filter_map(|name| Some((*name, processes.remove(*name)?))).collect();

    judge::commands(&ordered, detected, &stack, &mut wrong);
    judge::dependencies(&ordered, detected, &stack, &mut wrong);
    judge::circles(&ordered, &stack, &mut wrong);
    if !wrong.is_empty() {
        diagnostic::sort(&mut wrong);
        return Err(wrong);
    }

    let mut sources = BTreeMap::new();
    for parsed in files {
        let file = parsed.path.file_name().map(|name| name.to_string_lossy().into_owned());
        for name in &parsed.checked.order {
            sources.entry(name.clone()).or_insert_with(|| file.clone().unwrap_or_default());
        }
    }
    let declared: Vec<ProcessSpec> = ordered
        .into_iter()
        .filter_map(|(name, raw)| spec(name, raw, dir, detected.iter().find(|script| script.name == name)))
        .collect();
    let mut values = stack.values();
    values.extend(user.values().iter().filter(|value| !value.key.starts_with("logs.")).cloned());
    for spec in &declared {
        effective::add_defaults(spec, &mut values);
    }
    values.sort_by(|left, right| left.key.cmp(&right.key));
    let logs = ProjectLogs {
        keep_lines: raw.logs.keep_lines,
        ring_bytes: raw.logs.ring_bytes.process,
        keep_bytes: raw.logs.keep_bytes,
        when_behind: raw.logs.when_behind,
    };
    let files = files.iter().map(|parsed| parsed.path.clone()).collect();
    Ok(ProjectConfig { files, declared, sources, logs, values })
}

fn spec(name: &str, raw: RawProcess, dir: &Path, script: Option<&Script>) -> Option<ProcessSpec> {
    let base = script.filter(|_| raw.run.is_none());
    let command = raw.run.map(Command::from).or_else(|| base.map(|script| script.run.clone()))?;
    let kind = raw.kind.or_else(|| base.map(|script| script.kind)).unwrap_or(Kind::Service);
    let default_dir = base.map_or_else(|| dir.to_owned(), |script| script.directory.clone());
    let mut spec = ProcessSpec::new(name, command, default_dir, kind, Origin::Declared);
    if let Some(own) = raw.dir {
        spec.dir = inside(dir, &own);
    }
    spec.env = raw.env.into_iter().collect();
    spec.env_files = match raw.env_file {
        Some(files) => files.iter().map(|file| inside(dir, file)).collect(),
        None => base.map(|script| script.env_files.clone()).unwrap_or_default(),
    };
    for dependency in raw.depends_on {
        if !spec.depends_on.contains(&dependency) {
            spec.depends_on.push(dependency);
        }
    }
    spec.autostart = raw.autostart.unwrap_or(true);
    spec.restart = raw.restart.unwrap_or(spec.restart);
    let stop = Stop::default();
    spec.stop = Stop {
        signal: raw.stop.signal.as_deref().and_then(signal_number).unwrap_or(stop.signal),
        timeout: raw.stop.timeout.unwrap_or(stop.timeout),
        command: raw.stop.command.map(Command::from),
    };
    spec.stdin = raw.stdin.unwrap_or(spec.stdin);
    spec.merge_output = raw.merge_output.unwrap_or(false);
    spec.daemonizes = raw.daemonizes.unwrap_or(false);
    spec.restart_on_change = raw.restart_on_change.unwrap_or(false);
    Some(spec)
}

/// `path` of a file in `dir`; without the `.` parts that people write.
fn inside(dir: &Path, path: &Path) -> PathBuf {
    dir.join(path).components().filter(|part| *part != std::path::Component::CurDir).collect()
}
