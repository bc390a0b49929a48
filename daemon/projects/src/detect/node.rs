//! package.json: scripts of the root and of its workspace's packages, run by the manager of the project.

mod package_json;
mod runner;
mod workspace;

use std::path::Path;

use brummer_event::spec::Command;

pub(crate) use package_json::PackageJson;

use super::{Detected, Found, Look, Script, kind, manifest, relative};
use crate::names;

pub(super) fn detect(dir: &Path, look: &Look, found: &mut Vec<Found>, detected: &mut Detected) {
    let path = dir.join("package.json");
    let root = match read(&path) {
        Ok(root) => root,
        Err(why) => {
            detected.notices.push(format!("package.json {why}"));
            None
        }
    };
    let runner = runner::choose(dir, root.as_ref(), look);
    if let Some(root) = &root {
        add(dir, dir, root, runner, "", look, found, detected);
    }
    for package in workspace::packages(dir, root.as_ref(), &mut detected.notices) {
        let path = package.join("package.json");
        match read(&path) {
            Ok(Some(json)) => {
                let fallback = package.file_name().map(|name| name.to_string_lossy().into_owned());
                let name = json.name.clone().or(fallback).unwrap_or_default();
                add(dir, &package, &json, runner, &name, look, found, detected);
                detected.packages.push(package);
            }
            Ok(None) => {}
            Err(why) => detected.notices.push(format!("{} {why}", relative(dir, &path))),
        }
    }
}

fn read(path: &Path) -> Result<Option<PackageJson>, String> {
    manifest::read(path)?.map(|text| PackageJson::parse(&text)).transpose()
}

#[expect(
    clippy::too_many_arguments,
    reason = "one caller each for the root and the packages; a struct would be passed once"
)]
fn add(
    root: &Path,
    dir: &Path,
    json: &PackageJson,
    runner: &'static str,
    package: &str,
    look: &Look,
    found: &mut Vec<Found>,
    detected: &mut Detected,
) {
    let source = relative(root, &dir.join("package.json"));
    for odd in &json.odd_scripts {
        detected.notices.push(format!("{source}: script {odd:?} is no text, skipped"));
    }
    for (original, command) in &json.scripts {
        let prefixed = |prefix: &str| format!("{prefix}:{original}");
        let (name, otherwise) = if package.is_empty() {
            (original.clone(), vec![prefixed(runner)])
        } else {
            (prefixed(names::without_npm_scope(package)), vec![prefixed(&names::with_npm_scope(package))])
        };
        let run = Command::Exec(vec![runner.to_owned(), "run".to_owned(), original.clone()]);
        let mut script = Script::new(original, run, dir, &source, "node", runner);
        script.name = name;
        script.kind = kind::of_script(original, command);
        script.missing = look.programs.missing(runner);
        found.push(Found { script, otherwise });
    }
}
