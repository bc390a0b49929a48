//! mise: tasks in its TOML files, and task files.

use std::path::Path;

use super::json::Json;
use super::mark::{self, Mark};
use super::room::{Room, starter};
use super::shape::Shape::{self, Any, Bool, Keys, List, Map, OneOf, Text, Whole};
use super::{Script, kind};
use crate::tree::Format;

const RUN: Shape = OneOf(&[Text, List(&Any), Map(&Any)]);
const TASK: Shape = OneOf(&[Text, List(&Any), Keys(&[("run", RUN), ("description", Text), ("hide", Bool)])]);
const SHAPE: Shape = Keys(&[("tasks", Map(&Whole(&TASK)))]);

const FILES: [Mark; 6] = [
    Mark::file("mise.toml"),
    Mark::file(".mise.toml"),
    Mark::file("mise/config.toml"),
    Mark::file(".mise/config.toml"),
    Mark::file(".config/mise.toml"),
    Mark::file(".config/mise/config.toml"),
];
const FOLDERS: [Mark; 5] = [
    Mark::folder("mise-tasks"),
    Mark::folder(".mise-tasks"),
    Mark::folder("mise/tasks"),
    Mark::folder(".mise/tasks"),
    Mark::folder(".config/mise/tasks"),
];

pub(super) const MARKS: [Mark; 11] = mark::joined(&FILES, &FOLDERS);
const MAX_FILES: usize = 500;

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let mut scripts: Vec<Script> = Vec::new();
    for path in FILES.iter().filter_map(|mark| mark.find(&root)) {
        let Some(file) = room.json(&path, Format::Toml, &SHAPE) else { continue };
        room.at(&root, &path);
        let tasks = file.get("tasks").map(Json::entries).unwrap_or_default();
        scripts.extend(tasks.iter().filter_map(|(name, task)| from_toml(room, name, task)));
    }
    for folder in FOLDERS.iter().filter_map(|mark| mark.find(&root)) {
        for (called, path) in files(&folder) {
            room.at(&root, &path);
            scripts.extend(from_file(room, &called, &path));
        }
    }
    let first = starter(scripts.iter().map(|script| script.original.as_str())).map(str::to_owned);
    for script in scripts {
        let is_first = first.as_ref() == Some(&script.original);
        room.put(script.default_if(is_first));
    }
}

fn from_toml(room: &Room<'_>, name: &str, task: &Json) -> Option<Script> {
    if task.get("hide") == Some(&Json::Bool(true)) {
        return None;
    }
    let command = task.text().or_else(|| task.text_at("run")).unwrap_or_default();
    let script = room.script(name, &["mise", "run", name]).kind(kind::of_script(name, command));
    Some(script.about(task.text_at("description")))
}

/// Header lines of a task file are comments: `#MISE description="…"`, `#MISE hide=true`.
fn from_file(room: &mut Room<'_>, name: &str, path: &Path) -> Option<Script> {
    let text = room.text(path)?;
    let settings = headers(&text);
    if settings.iter().any(|line| line.replace(' ', "") == "hide=true") {
        return None;
    }
    let about = settings.iter().find_map(|line| {
        let value = line.strip_prefix("description")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"'))
    });
    Some(room.script(name, &["mise", "run", name]).kind(kind::of_script(name, "")).about(about))
}

fn headers(text: &str) -> Vec<&str> {
    let marks = ["#MISE ", "# MISE ", "//MISE ", "# [MISE] ", "#[MISE] "];
    let lines = text.lines().take(50);
    lines.filter_map(|line| marks.iter().find_map(|mark| line.strip_prefix(mark))).map(str::trim).collect()
}

/// Executable files below a folder of tasks, as mise calls them: `a/b` is `a:b`.
fn files(folder: &Path) -> Vec<(String, std::path::PathBuf)> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((dir, space, depth)) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&dir) else { continue };
        for entry in entries.filter_map(Result::ok).take(MAX_FILES) {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = entry.path();
            // Links are not followed into folders: they may lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth < 3 {
                    waiting.push((path, format!("{space}{name}:"), depth + 1));
                }
            } else if super::is_executable(&path) == Some(true) && found.len() < MAX_FILES {
                let stem = name.split_once('.').map_or(name.as_str(), |(stem, _)| stem);
                found.push((format!("{space}{stem}"), path));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn tasks_in_toml_and_in_files_are_listed() {
        let mise = fixture("mise");
        insta::assert_snapshot!(mise.listing());
        assert_eq!(mise.up(""), "dev: `mise run dev`, found by mise.toml");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(#MISE |description|[= \"\na-cé])*") {
            let _ = headers(&text);
        }
    }
}
