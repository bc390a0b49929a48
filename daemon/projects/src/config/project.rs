//! A project's configuration: its files over one another, joined with what was detected, as specs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::{Command, Kind, Origin, ProcessSpec, Restart, Stdin, Stop};
use brummer_event::state::signal_number;
use serde::Deserialize;

use super::check::{Checked, Which, dotted};
use super::diagnostic::{Code, Diagnostic, Place};
use super::layers::{ConfigValue, Layer, Stack};
use super::user::{UserConfig, WhenBehind};
use super::{diagnostic, file, graph, text};
use crate::detect::Script;
use crate::names;

/// Files that are read, later ones win.
pub const FILES: [&str; 2] = ["brummer.toml", "brummer.local.toml"];

/// Files that a reader of other documentation may have written, and that are not read.
pub const UNREAD: [&str; 3] = ["brummer.yaml", "brummer.yml", "brummer.json"];

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
    let (checked, wrong) = file::check(path, text, Which::Project);
    if wrong.is_empty() { Ok(Parsed { path: path.to_owned(), checked }) } else { Err(wrong) }
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

/// Reads and checks the files of the project at `dir`. The second answer is what was found but is not read.
pub(crate) fn read_files(dir: &Path) -> Result<(Vec<Parsed>, Vec<String>), Vec<Diagnostic>> {
    let mut parsed = Vec::new();
    let mut wrong = Vec::new();
    for name in FILES {
        let path = dir.join(name);
        match file::read_if_there(&path) {
            Ok(Some(text)) => match check_project(&path, &text) {
                Ok(one) => parsed.push(one),
                Err(mistakes) => wrong.extend(mistakes),
            },
            Ok(None) => {}
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    let mut notices = Vec::new();
    for name in UNREAD {
        let Some(diagnostic) = file::unread_format(&dir.join(name), "brummer.toml") else { continue };
        // Alone it is what its author meant to be read; beside a brummer.toml it is a leftover.
        if parsed.is_empty() && wrong.is_empty() {
            wrong.push(diagnostic);
        } else {
            notices.push(format!("{name} is not read; brummer.toml is"));
        }
    }
    if wrong.is_empty() { Ok((parsed, notices)) } else { Err(wrong) }
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
    files: &[Parsed],
    detected: &[Script],
) -> Result<ProjectConfig, Vec<Diagnostic>> {
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

    let mut wrong = Vec::new();
    commands(&ordered, detected, &stack, &mut wrong);
    dependencies(&ordered, detected, &stack, &mut wrong);
    circles(&ordered, &stack, &mut wrong);
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
    for spec in &declared {
        defaults(spec, &mut values);
    }
    let logs = ProjectLogs {
        keep_lines: raw.logs.keep_lines,
        ring_bytes: raw.logs.ring_bytes.process,
        keep_bytes: raw.logs.keep_bytes,
        when_behind: raw.logs.when_behind,
    };
    let files = files.iter().map(|parsed| parsed.path.clone()).collect();
    Ok(ProjectConfig { files, declared, sources, logs, values })
}

fn place(stack: &Stack, path: &[&str]) -> Place {
    stack.place(path).cloned().unwrap_or_else(|| Place::Environment(dotted(path)))
}

fn commands(
    processes: &[(&str, RawProcess)],
    detected: &[Script],
    stack: &Stack,
    wrong: &mut Vec<Diagnostic>,
) {
    for (name, raw) in processes {
        if raw.run.is_some() || detected.iter().any(|script| script.name == *name) {
            continue;
        }
        let near = names::nearest(name, detected.iter().map(|script| script.name.as_str()));
        let hint = match near {
            Some(near) => format!("add `run = \"…\"`; or did you mean the script `{near}`?"),
            None => "add `run = \"…\"`".to_owned(),
        };
        let message = format!("[{}] has no command", dotted(&["processes", name]));
        wrong.push(Diagnostic::new(Code::NoCommand, place(stack, &["processes", name]), message).hint(hint));
    }
}

fn dependencies(
    processes: &[(&str, RawProcess)],
    detected: &[Script],
    stack: &Stack,
    wrong: &mut Vec<Diagnostic>,
) {
    let known: BTreeSet<&str> = processes
        .iter()
        .map(|(name, _)| *name)
        .chain(detected.iter().map(|script| script.name.as_str()))
        .collect();
    for (name, raw) in processes {
        for (index, dependency) in raw.depends_on.iter().enumerate() {
            if known.contains(dependency.as_str()) {
                continue;
            }
            let hint = match names::nearest(dependency, known.iter().copied().filter(|known| known != name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it as [{}]", dotted(&["processes", dependency])),
            };
            let index = index.to_string();
            let at = place(stack, &["processes", name, "depends_on", &index]);
            let message = format!("`{name}` depends on `{}`, which is not there", dependency.escape_debug());
            wrong.push(Diagnostic::new(Code::UnknownDependency, at, message).hint(hint));
        }
    }
}

fn circles(processes: &[(&str, RawProcess)], stack: &Stack, wrong: &mut Vec<Diagnostic>) {
    let nodes: Vec<(&str, Vec<&str>)> = processes
        .iter()
        .map(|(name, raw)| (*name, raw.depends_on.iter().map(String::as_str).collect()))
        .collect();
    for circle in graph::cycles(&nodes) {
        let Some(first) = circle.first() else { continue };
        let next = circle.get(1).unwrap_or(first);
        let index = processes
            .iter()
            .find(|(name, _)| name == first)
            .and_then(|(_, raw)| raw.depends_on.iter().position(|dependency| dependency == next))
            .unwrap_or(0)
            .to_string();
        let way: Vec<&str> = circle.iter().copied().chain([*first]).collect();
        let message = if circle.len() == 1 {
            format!("`{first}` depends on itself")
        } else {
            format!("processes wait for each other: {}", way.join(" → "))
        };
        let at = place(stack, &["processes", first, "depends_on", &index]);
        wrong.push(Diagnostic::new(Code::Cycle, at, message).hint("take one of these dependencies out"));
    }
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
    Some(spec)
}

/// `path` of a file in `dir`; without the `.` parts that people write.
fn inside(dir: &Path, path: &Path) -> PathBuf {
    dir.join(path).components().filter(|part| *part != std::path::Component::CurDir).collect()
}

/// Adds the values of a process that nobody wrote.
fn defaults(spec: &ProcessSpec, values: &mut Vec<ConfigValue>) {
    let word = |word: &str| toml_edit::Value::from(word).to_string();
    let list = |argv: &[String]| {
        argv.iter().map(|arg| toml_edit::Value::from(arg.as_str())).collect::<toml_edit::Value>().to_string()
    };
    let run = match &spec.command {
        Command::Shell(text) => word(text),
        Command::Exec(argv) => list(argv),
    };
    let restart = match spec.restart {
        Restart::No => "no",
        Restart::OnFailure => "on-failure",
        Restart::Always => "always",
    };
    let kind = match spec.kind {
        Kind::Service => "service",
        Kind::Task => "task",
    };
    let stdin = match spec.stdin {
        Stdin::Open => "open",
        Stdin::Null => "null",
    };
    let files: Vec<String> = spec.env_files.iter().map(|file| file.display().to_string()).collect();
    let effective: [(&[&str], String); 12] = [
        (&["run"], run),
        (&["dir"], word(&spec.dir.display().to_string())),
        (&["env_file"], list(&files)),
        (&["depends_on"], list(&spec.depends_on)),
        (&["autostart"], spec.autostart.to_string()),
        (&["restart"], word(restart)),
        (&["kind"], word(kind)),
        (&["stop", "signal"], word(&brummer_event::state::signal_name(spec.stop.signal))),
        (&["stop", "timeout"], word(&format!("{}ms", spec.stop.timeout.as_millis()))),
        (&["stdin"], word(stdin)),
        (&["merge_output"], spec.merge_output.to_string()),
        (&["daemonizes"], spec.daemonizes.to_string()),
    ];
    for (path, value) in effective {
        let key = dotted(&[&["processes", spec.name.as_str()], path].concat());
        if !values.iter().any(|written| written.key == key) {
            values.push(ConfigValue { key, value, source: "default".to_owned() });
        }
    }
}
