//! package.json: scripts of the root and of its workspace's packages, run by the manager of the project.

mod bun;
mod electron;
mod package_json;
mod runner;
mod tool;
mod workspace;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind};

pub(crate) use package_json::PackageJson;
pub(super) use runner::{Manager, Runner};

use super::mark::Mark;
use super::monorepo::Monorepo;
use super::room::Room;
use super::{Detected, Found, Look, Script, deno, kind, manifest, relative};
use crate::names;

pub(super) const MARKS: [Mark; 9] = [
    Mark::file("package.json").of_root_if(names_a_workspace),
    Mark::file("pnpm-workspace.yaml").of_root(),
    Mark::file("lerna.json").of_root(),
    Mark::file("nx.json").of_root(),
    Mark::file("rush.json").of_root(),
    Mark::file(".moon/workspace.yml").of_root(),
    Mark::file(".moon/workspace.yaml").of_root(),
    // A package of a monorepo may have one too.
    Mark::file("turbo.json"),
    Mark::file("turbo.jsonc"),
];

fn names_a_workspace(package_json: &Path) -> bool {
    read(package_json).ok().flatten().is_some_and(|json| json.workspaces.is_some())
}

pub(super) fn detect(room: &mut Room<'_>) {
    let (dir, look, found, detected) = room.parts();
    let path = dir.join("package.json");
    let root = read(&path).unwrap_or_else(|why| {
        detected.notices.push(&format!("package.json {why}"));
        None
    });
    let mut monorepo = Monorepo::read(dir, &mut detected.notices);
    if root.is_none() && monorepo.is_none() && !dir.join("pnpm-workspace.yaml").is_file() {
        return;
    }
    let runner = runner::choose(dir, root.as_ref(), look);
    let tools = tool::Tools::new(dir, look);
    let mut scripts = Scripts { dir, look, tools, listed: HashSet::new(), found, detected };
    if let Some(root) = &root {
        monorepo.meet(dir, root);
        scripts.add_package(dir, root, &runner, "");
        electron::add(&mut scripts, root, &runner);
        bun::add(&mut scripts, root, &runner);
    }
    for package in workspace::packages(dir, root.as_ref(), &monorepo, &mut scripts.detected.notices) {
        let path = package.join("package.json");
        match read(&path) {
            Ok(Some(json)) => {
                let fallback = package.file_name().map(|name| name.to_string_lossy().into_owned());
                let name = json.name.clone().or(fallback).unwrap_or_default();
                monorepo.meet(&package, &json);
                let own = monorepo.runner(&package).or_else(|| runner::named_by(&json));
                scripts.add_package(&package, &json, own.as_ref().unwrap_or(&runner), &name);
                scripts.detected.packages.push(package);
            }
            Ok(None) => {}
            Err(why) => scripts.detected.notices.push(&format!("{} {why}", relative(dir, &path))),
        }
    }
    monorepo.add(&mut scripts, root.as_ref(), &runner);
}

fn read(path: &Path) -> Result<Option<PackageJson>, String> {
    manifest::read(path)?.map(|text| PackageJson::parse(&text)).transpose()
}

/// Who runs the scripts of the package in `dir`.
pub(super) fn manager_of(dir: &Path, look: &Look) -> Manager {
    let package = read(&dir.join("package.json")).ok().flatten();
    runner::choose(dir, package.as_ref(), look).manager
}

/// A project's scripts while they are collected.
pub(super) struct Scripts<'a> {
    pub(super) dir: &'a Path,
    look: &'a Look,
    tools: tool::Tools<'a>,
    /// Directory and name of each script of a package: what a build system wraps is listed once.
    listed: HashSet<(PathBuf, String)>,
    found: &'a mut Vec<Found>,
    detected: &'a mut Detected,
}

/// What a build system can run, once for the package in `directory`.
pub(super) struct Task<'a> {
    pub(super) name: &'a str,
    /// The package as the build system calls it; empty for the whole project.
    pub(super) package: &'a str,
    /// Where the package lies.
    pub(super) directory: &'a Path,
    pub(super) argv: Vec<String>,
    /// The program of the build system.
    pub(super) tool: &'static str,
    pub(super) source: String,
    pub(super) kind: Kind,
    pub(super) is_default: bool,
}

impl Scripts<'_> {
    fn add_package(&mut self, dir: &Path, json: &PackageJson, runner: &Runner, package: &str) {
        let source = relative(self.dir, &dir.join("package.json"));
        for odd in &json.odd {
            self.detected.notices.push(&format!("{source} {odd}"));
        }
        let manager = runner.manager;
        // `deno task` prefers what its own file calls so.
        let shadowed = if manager == Manager::Deno { deno::task_names(dir) } else { BTreeSet::new() };
        let without = self.look.lack_of(dir, manager.name());
        for (original, command) in json.scripts.iter().filter(|(name, _)| !shadowed.contains(name)) {
            let run = Command::Exec(manager.run(original));
            let mut script = Script::new(original, run, dir, &source, manager.ecosystem(), manager.name());
            script.runner_version = runner.version.clone();
            script.kind = kind::of_script(original, command);
            script.missing = without.clone().or_else(|| match manager {
                // It has a shell of its own and fetches what it runs.
                Manager::Deno => None,
                _ => self.tools.missing(dir, command),
            });
            self.listed.insert((dir.to_owned(), original.clone()));
            self.push(script, package, manager.name());
        }
    }

    /// Lists what a build system runs, unless the package's own script is called the same.
    pub(super) fn add_task(&mut self, task: Task<'_>) {
        if !self.listed.insert((task.directory.to_owned(), task.name.to_owned())) {
            return;
        }
        let program = task.argv.first().cloned().unwrap_or_default();
        let run = Command::Exec(task.argv);
        let mut script = Script::new(task.name, run, self.dir, task.source, task.tool, task.tool);
        script.kind = task.kind;
        script.is_default = task.is_default;
        let without = self.look.lack_of(self.dir, &program);
        script.missing = without.or_else(|| self.tools.missing(self.dir, task.tool));
        self.push(script, task.package, task.tool);
    }

    fn push(&mut self, mut script: Script, package: &str, runner: &str) {
        let original = script.original.clone();
        let prefixed = |prefix: &str| format!("{prefix}:{original}");
        let otherwise = if package.is_empty() {
            vec![prefixed(runner)]
        } else {
            script.name = prefixed(names::without_npm_scope(package));
            vec![prefixed(&names::with_npm_scope(package))]
        };
        self.found.push(Found { script, otherwise });
    }
}

#[cfg(test)]
mod tests;
