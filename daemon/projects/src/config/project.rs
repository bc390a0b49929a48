//! A project's configuration: its files over one another, joined with what was detected, as specs.
//!
//! Pure: no files, no environment, no clock.

mod effective;
pub(crate) mod files;
mod judge;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brummer_event::spec::{
    Command, Kind, LogBounds, Origin, ProcessSpec, ReadyCheck, Restart, Retry, Stdin, Stop,
};
use brummer_event::state::signal_number;
use serde::Deserialize;

use super::check::{Checked, dotted};
use super::diagnostic::{Code, Diagnostic, Place};
use super::dialect::Dialect;
use super::layers::{ConfigValue, Layer, Stack};
use super::user::UserConfig;
use super::{diagnostic, text};
use crate::detect::Script;
use crate::names;
use files::{Files, Parsed};

/// What a project's files say, together with what was detected.
#[derive(Debug, Clone)]
pub struct ProjectConfig {
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// In the order of the files.
    pub declared: Vec<ProcessSpec>,
    /// The file (its last part) that declares each of them.
    pub(crate) sources: BTreeMap<String, String>,
    /// What they want of the logs of the project's processes; the rest is the user's.
    pub logs: LogBounds,
    /// Every effective value with its source.
    pub values: Vec<ConfigValue>,
    /// What is no error in the files.
    pub warnings: Vec<Diagnostic>,
}

/// A directory or file that the configuration names, to be looked for by who may read the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) written: PathBuf,
    pub(crate) path: PathBuf,
    pub(crate) is_dir: bool,
    /// As `processes.api.dir`.
    pub(crate) key: String,
    pub(crate) place: Place,
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
    env: BTreeMap<String, Option<String>>,
    env_file: Option<Vec<PathBuf>>,
    depends_on: Vec<String>,
    autostart: Option<bool>,
    restart: Option<Restart>,
    backoff: RawBackoff,
    max_restarts: Option<u32>,
    kind: Option<Kind>,
    ready: RawReady,
    stop: RawStop,
    stdin: Option<Stdin>,
    merge_output: Option<bool>,
    daemonizes: Option<bool>,
    restart_on_change: Option<bool>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawBackoff {
    #[serde(deserialize_with = "some_duration")]
    min: Option<Duration>,
    #[serde(deserialize_with = "some_duration")]
    max: Option<Duration>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawReady {
    log: Option<String>,
    #[serde(deserialize_with = "some_duration")]
    deadline: Option<Duration>,
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

/// Puts the files of a project over the user's configuration and the chosen profile over both, joins them
/// with the detected scripts, and checks what needs all of them: commands, dependencies, circles. Pure.
///
/// # Errors
/// Every mistake at once, warnings among them.
pub(crate) fn join(
    dir: &Path,
    user: &UserConfig,
    files: &Files,
    detected: &[Script],
    profile: Option<&str>,
) -> Result<ProjectConfig, Vec<Diagnostic>> {
    let mut wrong = files.wrong.clone();
    if files.incomplete {
        diagnostic::sort(&mut wrong);
        return Err(wrong);
    }
    let files = files.parsed.as_slice();
    wrong.extend(profile.and_then(|name| unknown_profile(name, files)));
    let texts: Vec<(String, &Checked, &Parsed)> = texts(files, profile);
    let layers = layers(&texts);
    let logs_of = |layers: &[Arc<Layer>]| layers.iter().map(|layer| Arc::new(layer.only("logs"))).collect();
    let below: Vec<Arc<Layer>> = logs_of(&user.below);
    let above: Vec<Arc<Layer>> = logs_of(&user.above);
    let stack = Stack::new(below.into_iter().chain(layers).chain(above).collect());
    let raw: Raw = stack.extract().map_err(|diagnostic| vec![diagnostic])?;

    let mut order: Vec<&str> = Vec::new();
    let here = || texts.iter().filter(|(_, _, parsed)| !parsed.above);
    for name in here().flat_map(|(_, checked, _)| &checked.order) {
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
    judge::checks(&ordered, detected, &stack, &mut wrong);
    diagnostic::sort(&mut wrong);
    if wrong.iter().any(Diagnostic::is_error) {
        return Err(wrong);
    }

    let mut sources = BTreeMap::new();
    for (_, checked, parsed) in here() {
        let file = parsed.path.file_name().map(|name| name.to_string_lossy().into_owned());
        for name in &checked.order {
            sources.entry(name.clone()).or_insert_with(|| file.clone().unwrap_or_default());
        }
    }
    let own = |path: &[&str]| match stack.place(path) {
        Some(Place::Span(span)) => files.iter().any(|parsed| parsed.path == span.file),
        _ => false,
    };
    let logs = LogBounds {
        keep_lines: own(&["logs", "keep_lines"]).then_some(raw.logs.keep_lines),
        ring_bytes: own(&["logs", "ring_bytes", "process"]).then_some(raw.logs.ring_bytes.process),
        keep_bytes: own(&["logs", "keep_bytes"]).then_some(raw.logs.keep_bytes),
        when_behind: own(&["logs", "when_behind"]).then_some(raw.logs.when_behind),
    };
    let declared: Vec<ProcessSpec> = ordered
        .into_iter()
        .filter_map(|(name, raw)| {
            let mut spec = spec(name, raw, dir, detected.iter().find(|script| script.name == name))?;
            let places = spec.env.iter().map(|(variable, _)| variable).chain(&spec.env_unset);
            let places = places.filter_map(|variable| {
                let place = stack.place(&["processes", name, "env", variable])?;
                Some((variable.clone(), place.to_string()))
            });
            let places: Vec<(String, String)> = places.collect();
            spec.env_places.extend(places);
            spec.logs = logs;
            Some(spec)
        })
        .collect();
    let mut values = stack.values();
    values.extend(user.values().iter().filter(|value| !value.key.starts_with("logs.")).cloned());
    for spec in &declared {
        let written = stack.place(&["processes", &spec.name, "run"]).is_some();
        let script = detected.iter().find(|script| script.name == spec.name && !written);
        effective::add_unwritten(spec, script, &mut values);
    }
    values.sort_by(|left, right| left.key.cmp(&right.key));
    let files = files.iter().map(|parsed| parsed.path.clone()).collect();
    Ok(ProjectConfig { files, declared, sources, logs, values, warnings: wrong })
}

/// What is laid over one another: the files, then the profile's part of each, with a name unlike the others'.
fn texts<'a>(files: &'a [Parsed], profile: Option<&str>) -> Vec<(String, &'a Checked, &'a Parsed)> {
    let plain = files.iter().map(|parsed| (parsed.path.display().to_string(), &parsed.checked, parsed));
    let overlays = profile.into_iter().flat_map(|name| {
        files.iter().filter_map(move |parsed| {
            let checked = parsed.checked.profiles.get(name)?;
            Some((format!("{} (profile {name})", parsed.path.display()), checked, parsed))
        })
    });
    plain.chain(overlays).collect()
}

/// Of files above the project's directory everything but processes counts.
fn layers(texts: &[(String, &Checked, &Parsed)]) -> Vec<Arc<Layer>> {
    let layer = |(name, checked, parsed): &(String, &Checked, &Parsed)| {
        let layer = Layer::new(name.clone(), Checked::clone(checked));
        Arc::new(if parsed.above { layer.without("processes") } else { layer })
    };
    texts.iter().map(layer).collect()
}

fn unknown_profile(name: &str, files: &[Parsed]) -> Option<Diagnostic> {
    let known = || files.iter().flat_map(|parsed| parsed.checked.profiles.keys()).map(String::as_str);
    if known().any(|known| known == name) {
        return None;
    }
    let shown = name.escape_debug();
    let hint = match names::nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known().next().is_some() => {
            let all: std::collections::BTreeSet<&str> = known().collect();
            format!("there are {}", all.into_iter().collect::<Vec<_>>().join(", "))
        }
        None => {
            let own = files.iter().rfind(|parsed| !parsed.above);
            let dialect = own.map_or(Dialect::Toml, |parsed| Dialect::of(&parsed.path));
            let path = ["profile", name, "processes", "NAME"];
            let table = dialect.table(&path, "{ autostart = false }");
            format!("declare it as {table}, or say `up` without a profile")
        }
    };
    let place = Place::Option(format!("--profile {shown}"));
    Some(
        Diagnostic::new(Code::UnknownProfile, place, format!("no file declares a profile `{shown}`"))
            .hint(hint),
    )
}

/// The directories and files that somebody wrote down for the processes of the project at `dir`, right or wrong
/// as the rest may be. Pure.
pub(crate) fn named(dir: &Path, files: &Files, profile: Option<&str>) -> Vec<Named> {
    #[derive(Deserialize)]
    struct Processes {
        #[serde(default)]
        processes: BTreeMap<String, RawProcess>,
    }
    let stack = Stack::new(layers(&texts(&files.parsed, profile)));
    // What does not fit is told by whoever joins them.
    let Ok(raw) = stack.extract::<Processes>() else { return Vec::new() };
    let mut named = Vec::new();
    for (name, process) in &raw.processes {
        let mut add = |key: &[&str], written: &Path, is_dir: bool| {
            let full: Vec<&str> = [&["processes", name.as_str()], key].concat();
            let Some(place) = stack.place(&full) else { return };
            let key = dotted(full.get(..3).unwrap_or(&full));
            let (written, path) = (written.to_owned(), inside(dir, written));
            named.push(Named { written, path, is_dir, key, place: place.clone() });
        };
        if let Some(own) = &process.dir {
            add(&["dir"], own, true);
        }
        for (index, file) in process.env_file.iter().flatten().enumerate() {
            add(&["env_file", &index.to_string()], file, false);
        }
    }
    named
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
    let mut env: BTreeMap<String, Option<String>> = BTreeMap::new();
    if let Some(script) = base {
        env.extend(script.env.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
        spec.env_places.extend(script.env.iter().map(|(name, _)| (name.clone(), script.source.clone())));
    }
    env.extend(raw.env);
    for (name, value) in env {
        match value {
            Some(value) => spec.env.push((name, value)),
            None => spec.env_unset.push(name),
        }
    }
    spec.env_files = match raw.env_file {
        Some(files) => files.iter().map(|file| inside(dir, file)).collect(),
        None => base.map(|script| script.env_files.clone()).unwrap_or_default(),
    };
    let inherited = base.filter(|_| raw.depends_on.is_empty()).map(|script| script.depends_on.clone());
    for dependency in inherited.unwrap_or(raw.depends_on) {
        if !spec.depends_on.contains(&dependency) {
            spec.depends_on.push(dependency);
        }
    }
    spec.autostart = raw.autostart.unwrap_or(true);
    spec.restart = raw.restart.unwrap_or(spec.restart);
    spec.retry = Retry { least: raw.backoff.min, most: raw.backoff.max, restarts: raw.max_restarts };
    spec.ready = raw
        .ready
        .log
        .map(ReadyCheck::log)
        .or_else(|| base.and_then(|script| script.ready.clone()))
        // Of a script whose kind was declared otherwise; written by hand it is a mistake.
        .filter(|_| kind == Kind::Service)
        .map(|check| ReadyCheck { deadline: raw.ready.deadline.unwrap_or(check.deadline), ..check });
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
    spec.unrunnable = base.and_then(|script| script.missing.as_ref()?.forbids());
    Some(spec)
}

/// `path` of a file in `dir`; without the `.` parts that people write.
fn inside(dir: &Path, path: &Path) -> PathBuf {
    dir.join(path).components().filter(|part| *part != std::path::Component::CurDir).collect()
}
