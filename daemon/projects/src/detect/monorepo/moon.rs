//! moon: the tasks of each project's moon.yml, and those that projects inherit, which `moon run :TASK` runs in
//! all that have them: of `.moon/tasks.yml` and of the files in `.moon/tasks/`, where a project may inherit them.

mod inherit;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brummer_event::spec::Kind;

use super::{Local, below, read as read_file};
use crate::detect::json::Json;
use crate::detect::node::{Scripts, Task};
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Any, Keys, List, Map, OneOf, Text};
use crate::detect::{glob, kind, relative};
use crate::tree::Format;

const WORKSPACE: [&str; 2] = [".moon/workspace.yml", ".moon/workspace.yaml"];
const INHERITED: [&str; 2] = [".moon/tasks.yml", ".moon/tasks.yaml"];
const WORKSPACE_SHAPE: Shape =
    Keys(&[("projects", OneOf(&[List(&Text), Map(&OneOf(&[Text, List(&Text), Map(&Text)]))]))]);
const TASKS: (&str, Shape) = ("tasks", Map(&OneOf(&[Text, List(&Any), Map(&Any)])));
const PROJECT_SHAPE: Shape = Keys(&[
    ("id", Text),
    ("language", Text),
    ("layer", Text),
    ("type", Text),
    ("stack", Text),
    ("tags", List(&Text)),
    TASKS,
]);
const WORDS: Shape = OneOf(&[Text, List(&Text)]);
const CLAUSES: Shape = OneOf(&[Text, List(&Text), Map(&WORDS)]);
const INHERITED_SHAPE: Shape = Keys(&[("inheritedBy", Map(&CLAUSES)), TASKS]);
/// Folder of further files of inherited tasks.
const FOLDER: &str = ".moon/tasks";
/// Most files of inherited tasks.
const MAX_FILES: usize = 200;

pub(super) struct Moon {
    /// By directory.
    projects: BTreeMap<PathBuf, Project>,
    /// Name, what it is, and the file that says it.
    inherited: Vec<(String, Json, String)>,
}

struct Project {
    id: String,
    tasks: Vec<(String, Json)>,
    /// The file of the tasks; empty if there is none.
    source: String,
    /// What that file says; nothing if it cannot be read.
    about: Option<Json>,
}

pub(super) fn read(dir: &Path, notices: &mut Notices) -> Option<Moon> {
    let read = |name| read_file(dir, name, Format::Yaml, &WORKSPACE_SHAPE, notices);
    let workspace = WORKSPACE.into_iter().find_map(read)?;
    let mut directories: BTreeMap<PathBuf, String> = BTreeMap::new();
    let projects = workspace.get("projects").cloned().unwrap_or_default();
    let (globs, sources) = match &projects {
        Json::List(_) => (projects.texts(), Vec::new()),
        other => match (other.get("globs"), other.get("sources")) {
            (None, None) => (Vec::new(), other.entries().to_vec()),
            (globs, sources) => (
                globs.map(Json::texts).unwrap_or_default(),
                sources.map(Json::entries).unwrap_or_default().to_vec(),
            ),
        },
    };
    for path in glob::packages(dir, &globs, |_| true).told(dir, "moon", notices) {
        let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        directories.insert(path, id);
    }
    for (id, place) in sources {
        if let Some(path) = place.text().and_then(|place| below(dir, place)) {
            directories.insert(path, id);
        }
    }
    let mut projects = BTreeMap::new();
    for (path, id) in directories {
        let project = project(dir, &path, id, notices);
        projects.insert(path, project);
    }
    let mut inherited = Vec::new();
    for file in INHERITED.into_iter().map(str::to_owned).chain(inherited_files(dir)) {
        let Some(read) = read_file(dir, &file, Format::Yaml, &INHERITED_SHAPE, notices) else { continue };
        let may = |(path, project): (&PathBuf, &Project)| {
            let conditions = read.get("inheritedBy");
            conditions.is_none_or(|all| inherit::may_inherit(all, project.about.as_ref(), path))
        };
        if !projects.is_empty() && !projects.iter().any(may) {
            continue;
        }
        let tasks = read.get("tasks").map(Json::entries).unwrap_or_default();
        inherited.extend(tasks.iter().map(|(name, about)| (name.clone(), about.clone(), file.clone())));
    }
    Some(Moon { projects, inherited })
}

/// Files in the folder of inherited tasks, and one level below it, by name.
fn inherited_files(dir: &Path) -> Vec<String> {
    let entries = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(dir.join(folder)).into_iter().flatten().filter_map(Result::ok);
        entries
            .take(MAX_FILES)
            .filter_map(|entry| Some(format!("{folder}/{}", entry.file_name().to_str()?)))
            .collect()
    };
    let top = entries(FOLDER);
    let below = top.iter().filter(|path| dir.join(path).is_dir()).flat_map(|path| entries(path));
    let mut files: Vec<String> = below.chain(top.iter().cloned()).collect();
    files.retain(|path| path.ends_with(".yml") || path.ends_with(".yaml"));
    files.sort();
    files.truncate(MAX_FILES);
    files
}

fn project(dir: &Path, path: &Path, id: String, notices: &mut Notices) -> Project {
    for name in ["moon.yml", "moon.yaml"] {
        let file = path.join(name);
        let source = relative(dir, &file);
        let there = crate::detect::manifest::is_there(&file);
        let read = Json::read_shaped(&file, Format::Yaml, &PROJECT_SHAPE);
        if let Some(json) = notices.told(&source, read) {
            let tasks = json.get("tasks").map(Json::entries).unwrap_or_default().to_vec();
            let id = json.text_at("id").map(str::to_owned).unwrap_or(id);
            return Project { id, tasks, source, about: Some(json) };
        }
        if there {
            return Project { id, tasks: Vec::new(), source: String::new(), about: None };
        }
    }
    Project { id, tasks: Vec::new(), source: String::new(), about: Some(Json::Null) }
}

impl Moon {
    pub(super) fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.projects.keys()
    }

    pub(super) fn add(&self, scripts: &mut Scripts<'_>, local: &Local<'_>) {
        for (path, Project { id, tasks, source, .. }) in &self.projects {
            for (name, about) in tasks {
                let target = format!("{id}:{name}");
                scripts.add_task(Task {
                    name,
                    package: id,
                    directory: path,
                    argv: local.call("moon", "@moonrepo/cli", &["run", &target]),
                    tool: "moon",
                    source: source.clone(),
                    kind: kind_of(name, about),
                    is_default: false,
                });
            }
        }
        let dir = scripts.dir.to_owned();
        for (name, about, source) in &self.inherited {
            let target = format!(":{name}");
            scripts.add_task(Task {
                name,
                package: "",
                directory: &dir,
                argv: local.call("moon", "@moonrepo/cli", &["run", &target]),
                tool: "moon",
                source: source.clone(),
                kind: kind_of(name, about),
                is_default: false,
            });
        }
    }
}

fn kind_of(name: &str, about: &Json) -> Kind {
    let preset = about.text_at("preset").is_some_and(|preset| ["server", "watcher"].contains(&preset));
    let persistent = about.get("options").and_then(|options| options.get("persistent"));
    if preset || persistent == Some(&Json::Bool(true)) {
        return Kind::Service;
    }
    let command = match about.get("command").or_else(|| about.get("script")) {
        Some(Json::Text(command)) => command.clone(),
        Some(list) => list.texts().join(" "),
        None => String::new(),
    };
    kind::of_script(name, &command)
}
