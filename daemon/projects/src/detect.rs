//! What could be run here: scripts found in the files of other tools, one file an ecosystem.
//!
//! Order is that of the files, so two looks at the same tree give the same list. A file that cannot be
//! understood is a notice; the other detectors go on. Nothing is executed to find out.

mod cargo;
mod compose;
mod dart;
mod deno;
mod dotnet;
mod elixir;
mod glob;
mod go;
mod gradle;
mod json;
mod just;
mod kind;
mod lack;
mod make;
mod manifest;
mod mark;
mod maven;
mod mise;
mod monorepo;
mod node;
mod notices;
mod php;
mod procfile;
mod programs;
mod python;
mod room;
mod ruby;
mod shape;
mod taskfile;
mod vscode;
mod wails;
mod words;
mod xml;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind, Origin, ProcessSpec, ReadyCheck};

use crate::names::{self, Named};
pub use lack::Lack;
pub(crate) use manifest::read as read_manifest;
use mark::Mark;
pub use notices::Notices;
pub use programs::Programs;
use room::Room;

/// Most scripts of one look.
const MAX_SCRIPTS: usize = 100_000;
/// Longest command with its name, in bytes: no argument may be longer on Linux.
const MAX_COMMAND: usize = 128 << 10;

/// What a look needs besides the directory: the world of the user who asks.
#[derive(Debug, Clone, Default)]
pub struct Look {
    pub programs: Programs,
    /// The user's home directory: nothing in or above it belongs to a project below it.
    pub home: Option<PathBuf>,
}

impl Look {
    /// What a script lacks that calls `program` in `directory`, if it is certain that neither the PATH nor its
    /// own path leads to it.
    pub(crate) fn lack_of(&self, directory: &Path, program: &str) -> Option<Lack> {
        self.programs.missing_in(directory, program).map(Lack::Program)
    }

    /// Directories above `dir` that can belong to the same repository, nearest first: up to its root; without
    /// a repository up to, but without, the home directory and `/`.
    fn above(&self, dir: &Path) -> Vec<PathBuf> {
        let mut above = Vec::new();
        if dir.join(".git").exists() {
            return above;
        }
        for parent in dir.ancestors().skip(1) {
            if self.home.as_deref() == Some(parent) || parent.parent().is_none() {
                break;
            }
            above.push(parent.to_owned());
            if parent.join(".git").exists() {
                break;
            }
        }
        above
    }
}

/// Something that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Unique in the project, a valid name.
    pub name: String,
    /// As it is called where it was found.
    pub original: String,
    pub run: Command,
    /// Absolute.
    pub directory: PathBuf,
    /// The file, as `package.json`, relative to the project.
    pub source: String,
    /// As `node`.
    pub ecosystem: &'static str,
    /// As `npm`.
    pub runner: String,
    /// The runner's version where the project's files pin one, as `9.1.0`.
    pub runner_version: Option<String>,
    pub kind: Kind,
    /// What it needs and has not.
    pub missing: Option<Lack>,
    /// What its own file says it is for, in one line.
    pub description: Option<String>,
    /// `.env` files that its own tool would read.
    pub env_files: Vec<PathBuf>,
    /// Variables that its own tool would set.
    pub env: Vec<(String, String)>,
    /// Names of scripts that its own tool would run first.
    pub depends_on: Vec<String>,
    /// What its own tool waits for before it runs those that depend on it.
    pub ready: Option<ReadyCheck>,
    /// What its ecosystem runs when nothing is named (`cargo run` of the one binary).
    pub is_default: bool,
}

impl Script {
    /// A task that is called as it is where it was found, run in `directory`; what else there is to say is
    /// set by the detector.
    pub(crate) fn new(
        original: impl Into<String>,
        run: Command,
        directory: &Path,
        source: impl Into<String>,
        ecosystem: &'static str,
        runner: impl Into<String>,
    ) -> Self {
        let original = original.into();
        Self {
            name: original.clone(),
            original,
            run,
            directory: directory.to_owned(),
            source: source.into(),
            ecosystem,
            runner: runner.into(),
            runner_version: None,
            kind: Kind::Task,
            missing: None,
            description: None,
            env_files: Vec::new(),
            env: Vec::new(),
            depends_on: Vec::new(),
            ready: None,
            is_default: false,
        }
    }

    /// What is executed when it is given further arguments.
    pub fn with_arguments(&self, arguments: &[String]) -> Command {
        crate::arguments::append(&self.run, arguments)
    }

    /// The argument list that is executed.
    pub fn argv(&self) -> Vec<String> {
        self.run.argv()
    }

    /// The process that it becomes when it is first started.
    pub fn spec(&self) -> ProcessSpec {
        let mut spec = ProcessSpec::new(
            self.name.clone(),
            self.run.clone(),
            self.directory.clone(),
            self.kind,
            Origin::Detected,
        );
        spec.autostart = false;
        spec.env_files = self.env_files.clone();
        spec.env = self.env.clone();
        spec.env_places = self.env.iter().map(|(name, _)| (name.clone(), self.source.clone())).collect();
        spec.depends_on = self.depends_on.clone();
        spec.ready = self.ready.clone();
        spec.unrunnable = self.missing.as_ref().and_then(Lack::forbids);
        spec
    }
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    pub scripts: Vec<Script>,
    /// What could not be read, in words.
    pub notices: Notices,
    /// Directories of workspace packages, the root not among them.
    pub packages: Vec<PathBuf>,
}

/// A script before it has its name.
struct Found {
    script: Script,
    /// Names to try in this order; the first is `script.name`.
    otherwise: Vec<String>,
}

/// One file of this folder: how it is known, and who looks.
#[derive(Debug)]
struct Ecosystem {
    /// As `ecosystem` of its scripts; some say it finer (`bun`).
    name: &'static str,
    /// What precedes a name that is taken.
    label: &'static str,
    /// What tells that it is here.
    marks: &'static [Mark],
    look_for: fn(&mut Room<'_>),
}

/// In the order in which names are given.
static ECOSYSTEMS: [Ecosystem; 20] = {
    const fn of(
        name: &'static str,
        label: &'static str,
        marks: &'static [Mark],
        look_for: fn(&mut Room<'_>),
    ) -> Ecosystem {
        Ecosystem { name, label, marks, look_for }
    }
    [
        of("node", "npm", &node::MARKS, node::detect),
        of("wails", "wails", &wails::MARKS, wails::detect),
        of("deno", "deno", &deno::MARKS, deno::detect),
        of("procfile", "procfile", &procfile::MARKS, procfile::detect),
        of("rust", "cargo", &cargo::MARKS, cargo::detect),
        of("go", "go", &go::MARKS, go::detect),
        of("python", "python", &python::MARKS, python::detect),
        of("ruby", "ruby", &ruby::MARKS, ruby::detect),
        of("php", "php", &php::MARKS, php::detect),
        of("java", "gradle", &gradle::MARKS, gradle::detect),
        of("java", "mvn", &maven::MARKS, maven::detect),
        of("dotnet", "dotnet", &dotnet::MARKS, dotnet::detect),
        of("elixir", "mix", &elixir::MARKS, elixir::detect),
        of("dart", "dart", &dart::MARKS, dart::detect),
        of("make", "make", &make::MARKS, make::detect),
        of("just", "just", &just::MARKS, just::detect),
        of("task", "task", &taskfile::MARKS, taskfile::detect),
        of("mise", "mise", &mise::MARKS, mise::detect),
        of("compose", "compose", &compose::MARKS, compose::detect),
        of("vscode", "vscode", &vscode::MARKS, vscode::detect),
    ]
};

/// What tells that scripts are found in a directory.
pub(crate) fn marks() -> impl Iterator<Item = &'static Mark> {
    ECOSYSTEMS.iter().flat_map(|ecosystem| ecosystem.marks)
}

/// Looks at the project in `dir`, a real path. Reads files; blocks.
pub fn detect(dir: &Path, look: &Look) -> Detected {
    let mut detected = Detected::default();
    let mut found = Vec::new();
    if let Err(error) = may_enter(dir) {
        detected.notices.push(&format!("{} cannot be read: {error}", dir.display()));
        return detected;
    }
    for ecosystem in &ECOSYSTEMS {
        (ecosystem.look_for)(&mut Room::new(ecosystem, dir, look, &mut found, &mut detected));
    }
    bounded(&mut found, &mut detected.notices);
    detected.scripts = name_all(found);
    detected.notices.close();
    room::resolve(&mut detected);
    detected
}

/// Whether files in `dir` can be asked for; one that is not there is entered with ease.
fn may_enter(dir: &Path) -> std::io::Result<()> {
    match std::fs::metadata(dir.join(".")) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(error),
        _ => Ok(()),
    }
}

/// Keeps scripts few enough, and leaves out what no system could start.
fn bounded(found: &mut Vec<Found>, notices: &mut Notices) {
    found.retain(|Found { script, .. }| {
        let argv = script.argv();
        let fault = if argv.iter().any(|word| word.contains('\0')) {
            Some("has a NUL in its command")
        } else if script.original.len() + argv.iter().map(String::len).sum::<usize>() > MAX_COMMAND {
            Some("is longer than a command may be")
        } else {
            None
        };
        if let Some(fault) = fault {
            let name: String = script.original.chars().take(40).collect();
            notices.push(&format!("{}: {name:?} {fault} and is not shown", script.source));
        }
        fault.is_none()
    });
    if found.len() > MAX_SCRIPTS {
        found.truncate(MAX_SCRIPTS);
        notices.push(&format!("there are more than {MAX_SCRIPTS} scripts; the others are not shown"));
    }
}

/// Gives every script its name: the wanted one if it is free, else one of the others, else a number.
fn name_all(found: Vec<Found>) -> Vec<Script> {
    // Each name taken, and the number last given to it: ten thousand clashes must not each count from two.
    let mut taken: BTreeMap<String, u64> = BTreeMap::new();
    found
        .into_iter()
        .map(|Found { mut script, otherwise }| {
            let wanted = names::map(&script.name, Named::Script);
            let others: Vec<String> = otherwise.iter().map(|name| names::map(name, Named::Script)).collect();
            let free = std::iter::once(&wanted).chain(&others).find(|name| !taken.contains_key(*name));
            script.name = free.cloned().unwrap_or_else(|| {
                let last = others.last().unwrap_or(&wanted);
                let (name, number) =
                    names::numbered(last, taken.get(last).copied().unwrap_or(1) + 1, |name| {
                        taken.contains_key(name)
                    });
                taken.insert(last.clone(), number);
                name
            });
            taken.entry(script.name.clone()).or_insert(1);
            script
        })
        .collect()
}

/// Whether two paths are one, written differently (`a/.` is `a`).
fn same(one: &Path, other: &Path) -> bool {
    one.components().eq(other.components())
}

/// Whether a file may be executed; nothing if there is none.
fn is_executable(path: &Path) -> Option<bool> {
    let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(meta.permissions().mode() & 0o111 != 0)
}

/// `path` as seen from the project, for people.
fn relative(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests;
