//! Nx: the targets of each project.json, and those below `nx` in a package.json that say what to run. Targets
//! that Nx's plug-ins make up while they run are not in any file that a person writes, and are not listed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brummer_event::spec::Kind;

use super::{Local, below, read as read_file};
use crate::detect::json::Json;
use crate::detect::node::{PackageJson, Scripts, Task};
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Any, Keys, Map, OneOf, Text};
use crate::detect::{glob, kind, manifest, relative};
use crate::tree::Format;

pub(super) struct Nx {
    /// By path.
    projects: BTreeMap<PathBuf, Project>,
    directories: Vec<PathBuf>,
    /// Nx without a package.json brings a starter of its own.
    starter: bool,
}

struct Project {
    name: String,
    /// Name, what it is, and the file that says it.
    targets: Vec<(String, Json, &'static str)>,
}

const PROJECT: &str = "project.json";
const PACKAGE: &str = "package.json";

const WORKSPACE_SHAPE: Shape = Keys(&[("projects", Map(&OneOf(&[Text, Keys(&[("root", Text)])])))]);
const TARGETS: Shape = Map(&Map(&Any));
const PROJECT_SHAPE: Shape = Keys(&[("name", Text), ("targets", TARGETS), ("architect", TARGETS)]);

fn read_project(dir: &Path, path: &Path, notices: &mut Notices) -> Option<Project> {
    let file = path.join(PROJECT);
    let read = Json::read_shaped(&file, Format::Commented, &PROJECT_SHAPE);
    let json = notices.told(&relative(dir, &file), read)?;
    let targets =
        json.get("targets").or_else(|| json.get("architect")).map(Json::entries).unwrap_or_default();
    let name = json.text_at("name").filter(|name| !name.is_empty()).map(str::to_owned);
    let targets = targets.iter().map(|(name, about)| (name.clone(), about.clone(), PROJECT)).collect();
    Some(Project { name: name.unwrap_or_else(|| name_of(dir, path)), targets })
}

/// What Nx calls a project that does not say its name: as its package, else as its directory.
fn name_of(dir: &Path, path: &Path) -> String {
    let package = || {
        let text = manifest::read(&path.join(PACKAGE)).ok()??;
        PackageJson::parse(&text).ok()?.name
    };
    let last =
        || path.strip_prefix(dir).unwrap_or(path).file_name().map(|name| name.to_string_lossy().into_owned());
    package().or_else(last).unwrap_or_default()
}

pub(super) fn read(dir: &Path, notices: &mut Notices) -> Option<Nx> {
    read_file(dir, "nx.json", Format::Commented, &Keys(&[]), notices)?;
    let workspace = read_file(dir, "workspace.json", Format::Commented, &WORKSPACE_SHAPE, notices);
    let mut directories = match workspace {
        // Before Nx 13 this file named the projects.
        Some(workspace) => {
            let projects = workspace.get("projects").map(Json::entries).unwrap_or_default().to_vec();
            let place = |value: &Json| value.text().or_else(|| value.text_at("root")).map(str::to_owned);
            projects.iter().filter_map(|(_, value)| below(dir, &place(value)?)).collect()
        }
        None => {
            let everywhere = ["**".to_owned()];
            let search = glob::packages(dir, &everywhere, |path| path.join(PROJECT).is_file());
            search.told(dir, "Nx", notices)
        }
    };
    directories.push(dir.to_owned());
    directories.sort();
    let mut projects = BTreeMap::new();
    for path in &directories {
        if let Some(project) = read_project(dir, path, notices) {
            projects.insert(path.clone(), project);
        }
    }
    let starter = !dir.join(PACKAGE).is_file() && dir.join("nx").is_file();
    Some(Nx { projects, directories, starter })
}

impl Nx {
    pub(super) fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.directories.iter()
    }

    /// Targets below `nx` in a package's own file. One that only tunes a script, or what a plug-in makes, runs
    /// nothing by itself; one that its project.json has too is that one's.
    pub(super) fn meet(&mut self, dir: &Path, json: &PackageJson) {
        let runs = |about: &Json| about.get("executor").or_else(|| about.get("command")).is_some();
        let mut targets = json.nx_targets.iter().filter(|(_, about)| runs(about)).peekable();
        if targets.peek().is_none() {
            return;
        }
        let last = || dir.file_name().map(|name| name.to_string_lossy().into_owned());
        let project = self.projects.entry(dir.to_owned()).or_insert_with(|| Project {
            name: json.nx_name.clone().or_else(|| json.name.clone()).or_else(last).unwrap_or_default(),
            targets: Vec::new(),
        });
        project.targets.extend(targets.map(|(name, about)| (name.clone(), about.clone(), PACKAGE)));
    }

    pub(super) fn add(&self, scripts: &mut Scripts<'_>, local: &Local<'_>) {
        for (path, project) in &self.projects {
            for (target, about, file) in &project.targets {
                let argument = format!("{}:{target}", project.name);
                let argv = if self.starter {
                    vec!["./nx".to_owned(), "run".to_owned(), argument]
                } else {
                    local.call("nx", "nx", &["run", &argument])
                };
                scripts.add_task(Task {
                    name: target,
                    package: &project.name,
                    directory: path,
                    argv,
                    tool: "nx",
                    source: relative(scripts.dir, &path.join(file)),
                    kind: kind_of(target, about),
                    is_default: false,
                });
            }
        }
    }
}

fn kind_of(target: &str, about: &Json) -> Kind {
    let executor = about.text_at("executor").or_else(|| about.text_at("builder")).unwrap_or_default();
    let serves = ["dev-server", "serve", "file-server", "module-federation-dev-server", "preview-server"];
    let by_executor = executor.rsplit(':').next().is_some_and(|last| serves.contains(&last));
    if by_executor || about.get("continuous") == Some(&Json::Bool(true)) {
        return Kind::Service;
    }
    let options = about.get("options");
    let command = about.text_at("command").or_else(|| options?.text_at("command"));
    kind::of_script(target, command.unwrap_or_default())
}
