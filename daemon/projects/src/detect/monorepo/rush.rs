//! Rush: its projects, whose scripts `rushx` runs, and its commands, the project's own among them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{below, read as read_file};
use crate::detect::json::Json;
use crate::detect::kind;
use crate::detect::node::{Scripts, Task};
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Keys, List, Text};
use crate::tree::Format;

const SHAPE: Shape = Keys(&[("rushVersion", Text), ("projects", List(&Keys(&[("projectFolder", Text)])))]);
const COMMANDS_SHAPE: Shape = Keys(&[("commands", List(&Keys(&[("name", Text)])))]);

/// Where a project defines commands of its own.
const COMMANDS: &str = "common/config/rush/command-line.json";

pub(super) struct Rush {
    pub(super) version: Option<String>,
    directories: BTreeSet<PathBuf>,
    /// Name and file.
    commands: Vec<(String, &'static str)>,
}

pub(super) fn read(dir: &Path, notices: &mut Notices) -> Option<Rush> {
    let rush = read_file(dir, "rush.json", Format::Commented, &SHAPE, notices)?;
    let folders = rush.get("projects").map(Json::items).unwrap_or_default();
    let directories =
        folders.iter().filter_map(|project| below(dir, project.text_at("projectFolder")?)).collect();
    let mut commands: Vec<(String, &'static str)> =
        ["install", "update", "build", "rebuild"].map(|name| (name.to_owned(), "rush.json")).to_vec();
    if let Some(own) = read_file(dir, COMMANDS, Format::Commented, &COMMANDS_SHAPE, notices) {
        let own = own.get("commands").map(Json::items).unwrap_or_default();
        // One that is called as a command of Rush's own changes that one; it is listed once, by `add`.
        commands
            .extend(own.iter().filter_map(|command| Some((command.text_at("name")?.to_owned(), COMMANDS))));
    }
    let version = rush.text_at("rushVersion").map(str::to_owned);
    Some(Rush { version, directories, commands })
}

impl Rush {
    pub(super) fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.directories.iter()
    }

    pub(super) fn has(&self, dir: &Path) -> bool {
        self.directories.contains(dir)
    }

    pub(super) fn add(&self, scripts: &mut Scripts<'_>) {
        let dir = scripts.dir.to_owned();
        for (name, source) in &self.commands {
            scripts.add_task(Task {
                name,
                package: "",
                directory: &dir,
                argv: vec!["rush".to_owned(), name.clone()],
                tool: "rush",
                source: (*source).to_owned(),
                kind: kind::of_script(name, ""),
                is_default: false,
            });
        }
    }
}
