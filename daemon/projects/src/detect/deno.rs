//! deno.json and deno.jsonc: tasks of the root and of its workspace's members.

use std::collections::BTreeSet;
use std::path::Path;

use brummer_event::spec::Command;

use super::json::Json;
use super::mark::Mark;
use super::notices::Notices;
use super::room::Room;
use super::shape::Shape::{self, Keys, List, Map, OneOf, Text};
use super::{Found, Script, glob, kind, relative};
use crate::names;
use crate::tree::Format;

const SHAPE: Shape = Keys(&[
    ("name", Text),
    ("tasks", Map(&OneOf(&[Text, Keys(&[("command", Text)])]))),
    ("workspace", OneOf(&[List(&Text), Keys(&[("members", List(&Text))])])),
]);

/// The files, the first that is there counts.
const FILES: [&str; 2] = ["deno.json", "deno.jsonc"];

pub(super) const MARKS: [Mark; 2] =
    [Mark::file(FILES[0]).of_root_if(names_a_workspace), Mark::file(FILES[1]).of_root_if(names_a_workspace)];

fn names_a_workspace(path: &Path) -> bool {
    let json = Json::read(path, Json::parse_commented).ok().flatten();
    json.is_some_and(|json| json.get("workspace").is_some())
}

pub(super) fn detect(room: &mut Room<'_>) {
    let (dir, look, found, detected) = room.parts();
    let Some((file, root)) = read(dir, dir, &mut detected.notices) else { return };
    let version = look.programs.version("deno");
    let mut add = |directory: &Path, source: String, package: &str, json: &Json| {
        for (task, command) in tasks(json) {
            let run = Command::Exec(vec!["deno".to_owned(), "task".to_owned(), task.to_owned()]);
            let mut script = Script::new(task, run, directory, source.clone(), "deno", "deno");
            script.runner_version = version.clone();
            script.kind = kind::of_script(task, command);
            script.missing = look.lack_of(directory, "deno");
            let otherwise = if package.is_empty() {
                vec![format!("deno:{task}")]
            } else {
                script.name = format!("{}:{task}", names::without_npm_scope(package));
                vec![format!("{}:{task}", names::with_npm_scope(package))]
            };
            found.push(Found { script, otherwise });
        }
    };
    add(dir, file.to_owned(), "", &root);
    let members = match root.get("workspace") {
        Some(Json::Object(_)) => root.get("workspace").and_then(|workspace| workspace.get("members")),
        list => list,
    };
    let patterns = members.map(Json::texts).unwrap_or_default();
    let search = glob::packages(dir, &patterns, |path| FILES.iter().any(|file| path.join(file).is_file()));
    for member in search.told(dir, "the workspace", &mut detected.notices) {
        let Some((file, json)) = read(dir, &member, &mut detected.notices) else { continue };
        let directory = member.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = json.text_at("name").map(str::to_owned).or(directory).unwrap_or_default();
        add(&member, relative(dir, &member.join(file)), &name, &json);
        if !detected.packages.contains(&member) {
            detected.packages.push(member);
        }
    }
}

/// Names of the tasks of the file in `dir`.
pub(super) fn task_names(dir: &Path) -> BTreeSet<String> {
    let read = read(dir, dir, &mut Notices::default());
    read.iter().flat_map(|(_, json)| tasks(json)).map(|(task, _)| task.to_owned()).collect()
}

fn read(root: &Path, dir: &Path, notices: &mut Notices) -> Option<(&'static str, Json)> {
    FILES.into_iter().find_map(|file| {
        let path = dir.join(file);
        let read = Json::read_shaped(&path, Format::Commented, &SHAPE);
        let json = notices.told(&relative(root, &path), read)?;
        Some((file, json))
    })
}

/// Name and command; a task may only depend on others and have none.
fn tasks(json: &Json) -> impl Iterator<Item = (&str, &str)> {
    let tasks = json.get("tasks").map(Json::entries).unwrap_or_default();
    tasks.iter().filter_map(|(name, task)| match task {
        Json::Text(command) => Some((name.as_str(), command.as_str())),
        Json::Object(_) => Some((name.as_str(), task.text_at("command").unwrap_or_default())),
        _ => None,
    })
}
