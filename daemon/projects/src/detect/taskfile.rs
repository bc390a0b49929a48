//! Task: Taskfile.yml with its included files.
//!
//! Internal tasks and those with a wildcard are not listed. Included files are followed below the project,
//! three deep; those with a variable in their path, or from the network, are not.

use std::path::{Path, PathBuf};

use super::json::Json;
use super::mark::{self, Mark};
use super::room::{Room, starter};
use super::shape::Shape::{self, Any, Bool, Keys, List, Map, OneOf, Text};
use super::{Lack, kind};
use crate::tree::Format;

const TASK: Shape = Keys(&[("internal", Bool), ("watch", Bool), ("platforms", List(&Text))]);
const SHAPE: Shape = Keys(&[
    ("tasks", Map(&OneOf(&[Text, List(&Any), TASK]))),
    ("includes", Map(&OneOf(&[Text, Keys(&[("taskfile", Text)])]))),
]);

/// The order in which Task looks.
pub(super) const MARKS: [Mark; 8] = [
    Mark::file("Taskfile.yml"),
    Mark::file("taskfile.yml"),
    Mark::file("Taskfile.yaml"),
    Mark::file("taskfile.yaml"),
    Mark::file("Taskfile.dist.yml"),
    Mark::file("taskfile.dist.yml"),
    Mark::file("Taskfile.dist.yaml"),
    Mark::file("taskfile.dist.yaml"),
];
const MAX_DEPTH: usize = 3;
const MAX_FILES: usize = 50;

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(path) = room.mark() else { return };
    let mut waiting = vec![(path, String::new(), 0)];
    let mut files = 0;
    while let Some((path, space, depth)) = waiting.pop() {
        files += 1;
        if files > MAX_FILES {
            room.notice(&path, "is one included file too many and was not read");
            return;
        }
        let Some(file) = room.json(&path, Format::Yaml, &SHAPE) else { continue };
        room.at(&root, &path);
        list(room, &file, &space);
        if depth < MAX_DEPTH {
            let dir = path.parent().unwrap_or(&root).to_owned();
            for (name, value) in file.get("includes").map(Json::entries).unwrap_or_default().iter().rev() {
                waiting.extend(
                    included(&dir, &space, name, value).map(|(path, space)| (path, space, depth + 1)),
                );
            }
        }
    }
}

fn list(room: &mut Room<'_>, file: &Json, space: &str) {
    let tasks = file.get("tasks").map(Json::entries).unwrap_or_default();
    let shown = tasks
        .iter()
        .filter(|(name, task)| task.get("internal") != Some(&Json::Bool(true)) && !name.contains('*'));
    let first = if space.is_empty() { starter(shown.clone().map(|(name, _)| name.as_str())) } else { None };
    for (name, task) in shown {
        let called = format!("{space}{name}");
        let watches = task.get("watch") == Some(&Json::Bool(true));
        let script = room.script(&called, &["task", &called]).kind(kind::of_script(&called, ""));
        let script = if watches { script.service() } else { script };
        let script = script.lacks(other_system(task).map(Lack::System));
        let about = task.text_at("desc").or_else(|| task.text_at("summary"));
        room.put(script.about(about).default_if(first == Some(name.as_str())));
    }
}

/// The first of its `platforms` (`os`, `arch` or `os/arch`), unless one of them is this.
fn other_system(task: &Json) -> Option<&'static str> {
    let platforms = task.get("platforms").map(Json::texts).unwrap_or_default();
    let system = |platform: &&str| match platform.split('/').next() {
        Some("windows") => Some("windows"),
        Some("darwin") => Some("macos"),
        Some(name @ ("freebsd" | "openbsd" | "netbsd")) => {
            ["freebsd", "openbsd", "netbsd"].into_iter().find(|known| *known == name)
        }
        // This one, or a processor alone.
        _ => None,
    };
    let others: Vec<&'static str> =
        platforms.iter().map(|name| name.as_ref()).filter_map(|name| system(&name)).collect();
    others.first().copied().filter(|_| others.len() == platforms.len())
}

/// The file of one include, and what precedes the names of its tasks.
fn included(dir: &Path, space: &str, name: &str, value: &Json) -> Option<(PathBuf, String)> {
    if value.get("internal") == Some(&Json::Bool(true)) {
        return None;
    }
    let path = value.text().or_else(|| value.text_at("taskfile"))?;
    if path.starts_with('/')
        || path.contains("{{")
        || path.contains("://")
        || path.split('/').any(|part| part == "..")
    {
        return None;
    }
    let path = dir.join(path.trim_start_matches("./"));
    let path = if path.is_dir() { mark::first(&MARKS, &path)? } else { path };
    let flat = value.get("flatten") == Some(&Json::Bool(true));
    Some((path, if flat { space.to_owned() } else { format!("{space}{name}:") }))
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn tasks_and_included_tasks_are_listed() {
        let task = fixture("taskfile");
        insta::assert_snapshot!(task.listing());
        let notes = task.detected.scripts.iter().find(|script| script.name == "notepad").unwrap();
        assert_eq!(notes.missing, Some(crate::detect::Lack::System("windows")));
        assert_eq!(task.up(""), "dev: `task dev`, found by Taskfile.yml");
    }
}
