//! Cargo: binaries, examples and aliases of a package or workspace, and what cargo does with every package.
//!
//! Manifests are read; cargo is not run. `cargo metadata` would tell the same bins and examples (a test
//! compares both), it tells no aliases, and to ask it is to execute: `rust-toolchain.toml` may name a cargo
//! of the repository's own, or one that is downloaded first. A list of scripts must do neither.

mod alias;
mod manifest;
mod workspace;

use super::mark::Mark;
use super::room::Room;
use super::{Command, Found, Kind, Script};
use manifest::Target;
use workspace::Workspace;

pub(super) const MARKS: [Mark; 1] = [Mark::file("Cargo.toml").of_root_if(workspace::is_named_in)];

pub(super) fn detect(room: &mut Room<'_>) {
    let (dir, look, found, detected) = room.parts();
    let Some(workspace) = Workspace::read(dir, &mut detected.notices) else { return };
    detected
        .packages
        .extend(workspace.members.iter().filter(|member| member.dir != dir).map(|m| m.dir.clone()));
    let mut add = |name: &str, arguments: &[&str], kind: Kind, source: &str, about: Option<&str>| {
        let argv = std::iter::once("cargo").chain(arguments.iter().copied()).map(str::to_owned).collect();
        let mut script = Script::new(name, Command::Exec(argv), dir, source, "rust", "cargo");
        script.kind = kind;
        script.missing = look.lack_of(dir, "cargo");
        script.is_default = name == "run" && source == "Cargo.toml";
        found.push(Found { otherwise: vec![format!("cargo:{name}")], script: script.about(about) });
    };

    let alone = workspace.run_alone();
    if let Some((package, target)) = &alone {
        // What `cargo run` finds by itself needs no name.
        let bare = workspace.cargo_run_finds(package, target);
        let mut argv =
            if bare { vec!["run"] } else { vec!["run", "-p", &package.name, "--bin", &target.name] };
        let features = target.features();
        argv.extend(features.iter().map(String::as_str));
        add("run", &argv, Kind::Service, "Cargo.toml", None);
    }
    for package in &workspace.members {
        let source = super::relative(dir, &package.dir.join("Cargo.toml"));
        let is_alone = |target: &Target| {
            alone.as_ref().is_some_and(|(other, only)| other.dir == package.dir && only.name == target.name)
        };
        let runnable = [("run", "--bin", &package.bins), ("example", "--example", &package.examples)];
        for (word, flag, targets) in runnable {
            for target in targets.iter().filter(|target| word != "run" || !is_alone(target)) {
                let features = target.features();
                let mut argv = vec!["run", "-p", package.name.as_str(), flag, target.name.as_str()];
                argv.extend(features.iter().map(String::as_str));
                add(&format!("{word}:{}", target.name), &argv, Kind::Service, &source, None);
            }
        }
    }
    for task in ["build", "test", "check"] {
        add(task, &[task], Kind::Task, "Cargo.toml", None);
    }
    for alias in alias::read(dir, &mut detected.notices) {
        let kind = alias.kind();
        let about = format!("cargo {}", alias.command);
        add(&alias.name, &[&alias.name], kind, &alias.source, Some(&about));
    }
}

#[cfg(test)]
mod tests;
