//! Python: uv, Poetry, PDM, Pipenv or a virtual environment; scripts of pyproject.toml, Django, Flask,
//! FastAPI, a main file, pytest; packages of uv and Poetry workspaces.
//!
//! Who runs: the tool whose lock file, table or build backend is there, else `.venv` or `venv`, else uv where
//! it is installed and the files are as `uv init` leaves them, else `python3`.

mod framework;
mod manager;

use std::path::{Path, PathBuf};

use toml_edit::{Item, TableLike};

use super::mark::Mark;
use super::room::{Room, starter};
use super::shape::Shape::{self, Any, Keys, List, Map, OneOf, Text};
use super::{glob, kind, manifest};
use manager::Manager;

pub(super) const MARKS: [Mark; 6] = [
    Mark::file("pyproject.toml").of_root_if(names_a_workspace),
    Mark::file("requirements.txt"),
    Mark::file("setup.py"),
    Mark::file("setup.cfg"),
    Mark::file("Pipfile"),
    Mark::file("manage.py"),
];
/// Of entry points; Poetry has tables too.
const POINTS: Shape = Map(&OneOf(&[Text, Map(&Any)]));
/// Of tools that run tasks: a command, several, or a table that says more.
const TASKS: Shape = Map(&OneOf(&[Text, List(&Any), Map(&Any)]));
const POETRY: Shape = Keys(&[
    ("name", Text),
    ("scripts", POINTS),
    ("dependencies", Map(&Any)),
    ("dev-dependencies", Map(&Any)),
    ("group", Map(&Keys(&[("dependencies", Map(&Any))]))),
]);
const UV: Shape = Keys(&[
    ("workspace", Keys(&[("members", List(&Text)), ("exclude", List(&Text))])),
    ("dev-dependencies", List(&Text)),
]);
const PYPROJECT: Shape = Keys(&[
    (
        "project",
        Keys(&[
            ("name", Text),
            ("scripts", Map(&Text)),
            ("gui-scripts", Map(&Text)),
            ("dependencies", List(&Text)),
            ("optional-dependencies", Map(&List(&Text))),
        ]),
    ),
    ("dependency-groups", Map(&List(&Any))),
    (
        "tool",
        Keys(&[
            ("uv", UV),
            ("poetry", POETRY),
            ("pdm", Keys(&[("scripts", TASKS), ("dev-dependencies", Map(&List(&Any)))])),
            ("poe", Keys(&[("tasks", TASKS)])),
            ("taskipy", Keys(&[("tasks", TASKS)])),
            ("hatch", Keys(&[("envs", Map(&Keys(&[("scripts", TASKS)])))])),
        ]),
    ),
]);
const PIPFILE: Shape = Keys(&[("packages", Map(&Any)), ("dev-packages", Map(&Any))]);
const MAX_PACKAGES: usize = 1_000;

/// A pyproject.toml, as far as it is understood.
pub(super) struct Project {
    document: Option<toml_edit::Document<String>>,
    /// Names of what it depends on, in lower case with dashes.
    requires: Vec<String>,
}

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let Some(mark) = room.mark() else { return };
    let project = Project::read(room, &root);
    let manager = Manager::of(&root, &project, &room.look.programs);
    room.at(&root, &mark);
    let has_pytest = project.has("pytest")
        || ["pytest.ini", "conftest.py", "tests/conftest.py"].iter().any(|name| room.has(name));
    let mut has_default = framework::detect(room, &manager, &project, has_pytest);
    room.at(&root, &root.join("pyproject.toml"));
    has_default |= scripts(room, &manager, &project, None, !has_default);
    for (tool, path, runner) in RUNNERS {
        has_default |= tasks(room, &project, tool, path, runner, !has_default);
    }
    room.at(&root, &mark);
    if !has_default {
        main_file(room, &manager);
    }
    if has_pytest {
        let script = room.script("test", &manager.python(&["-m", "pytest"]));
        room.put(script);
    }
    if let Some(argv) = manager.install(room.has("requirements.txt")) {
        let script = room.script("install", &argv);
        room.put(script);
    }
    for dir in members(room, &project) {
        let member = Project::read(room, &dir);
        let Some(name) = member.name() else { continue };
        room.package(&dir);
        room.at(if manager == Manager::Uv { &root } else { &dir }, &dir.join("pyproject.toml"));
        scripts(room, &manager, &member, Some(&name), false);
    }
}

impl Project {
    fn read(room: &mut Room<'_>, dir: &Path) -> Self {
        let document = room.toml(&dir.join("pyproject.toml"), &PYPROJECT);
        let mut project = Self { document, requires: Vec::new() };
        let mut requires = Vec::new();
        for path in [["project", "dependencies"], ["build-system", "none"]] {
            requires.extend(project.at(&path).map(texts).unwrap_or_default());
        }
        for path in [["project", "optional-dependencies"], ["dependency-groups", ""]] {
            let path: Vec<&str> = path.iter().copied().filter(|part| !part.is_empty()).collect();
            let groups = project.table(&path);
            requires.extend(
                groups.into_iter().flat_map(|groups| groups.iter()).flat_map(|(_, group)| texts(group)),
            );
        }
        requires.extend(project.at(&["tool", "uv", "dev-dependencies"]).map(texts).unwrap_or_default());
        for path in [
            ["tool", "poetry", "dependencies"],
            ["tool", "poetry", "dev-dependencies"],
            ["tool", "pdm", "dev-dependencies"],
        ] {
            let names = project
                .table(&path)
                .into_iter()
                .flat_map(|table| table.iter())
                .map(|(name, _)| name.to_owned());
            requires.extend(names);
        }
        for (_, group) in
            project.table(&["tool", "poetry", "group"]).into_iter().flat_map(|table| table.iter())
        {
            let names = group.get("dependencies").and_then(Item::as_table_like);
            requires
                .extend(names.into_iter().flat_map(|table| table.iter()).map(|(name, _)| name.to_owned()));
        }
        for file in
            ["requirements.txt", "requirements-dev.txt", "requirements/base.txt", "requirements/dev.txt"]
        {
            requires.extend(room.text(&dir.join(file)).unwrap_or_default().lines().map(str::to_owned));
        }
        let pipfile = room.toml(&dir.join("Pipfile"), &PIPFILE);
        for table in ["packages", "dev-packages"] {
            let names = pipfile.as_ref().and_then(|file| file.get(table)?.as_table_like());
            requires
                .extend(names.into_iter().flat_map(|table| table.iter()).map(|(name, _)| name.to_owned()));
        }
        project.requires = requires.iter().filter_map(|text| manager::required(text)).collect();
        project
    }

    fn at(&self, path: &[&str]) -> Option<&Item> {
        let mut item = self.document.as_ref()?.as_item();
        for part in path {
            item = item.get(part)?;
        }
        Some(item)
    }

    fn table(&self, path: &[&str]) -> Option<&dyn TableLike> {
        self.at(path)?.as_table_like()
    }

    fn has(&self, dependency: &str) -> bool {
        self.requires.iter().any(|name| name == dependency)
    }

    fn name(&self) -> Option<String> {
        let name = self.at(&["project", "name"]).or_else(|| self.at(&["tool", "poetry", "name"]))?;
        Some(name.as_str()?.to_owned())
    }
}

fn texts(item: &Item) -> Vec<String> {
    let list = item.as_array().into_iter().flatten();
    list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Entry points; those of a package are called `package:script`. True if one of them starts the project.
fn scripts(
    room: &mut Room<'_>,
    manager: &Manager,
    project: &Project,
    package: Option<&str>,
    may_start: bool,
) -> bool {
    let paths: [&[&str]; 3] =
        [&["project", "scripts"], &["project", "gui-scripts"], &["tool", "poetry", "scripts"]];
    let names: Vec<String> = paths
        .iter()
        .filter_map(|path| project.table(path))
        .flat_map(|table| table.iter())
        .filter(|(_, point)| point.is_str() || point.is_table_like())
        .map(|(name, _)| name.to_owned())
        .collect();
    // The only entry point is what the project is for.
    let alone = if let [only] = names.as_slice() { Some(only.as_str()) } else { None };
    let first = starter(names.iter().map(String::as_str)).or(alone).filter(|_| may_start).map(str::to_owned);
    for name in &names {
        let script = room.script(name, &manager.entry_point(name, package, room.root));
        let script = script.kind(kind::of_script(name, ""));
        match package {
            Some(package) => room.put_in(package, script),
            None => room.put(script.default_if(first.as_ref() == Some(name))),
        }
    }
    first.is_some()
}

/// Tables of tasks that a tool of their own runs.
const RUNNERS: &[(&str, &[&str], &[&str])] = &[
    ("pdm", &["tool", "pdm", "scripts"], &["pdm", "run"]),
    ("poe", &["tool", "poe", "tasks"], &["poe"]),
    ("taskipy", &["tool", "taskipy", "tasks"], &["task"]),
    ("hatch", &["tool", "hatch", "envs", "default", "scripts"], &["hatch", "run"]),
];

fn tasks(
    room: &mut Room<'_>,
    project: &Project,
    tool: &str,
    path: &[&str],
    runner: &[&str],
    may_start: bool,
) -> bool {
    let Some(table) = project.table(path) else { return false };
    // `_` is PDM's table of options, and marks what is private elsewhere.
    let tasks = table.iter().filter(|(_, task)| task.is_str() || task.is_array() || task.is_table_like());
    let names: Vec<&str> = tasks.map(|(name, _)| name).filter(|name| !name.starts_with('_')).collect();
    let first = starter(names.iter().copied()).filter(|_| may_start);
    for name in names {
        let task = table.get(name);
        let field = |key: &str| task.and_then(|task| task.get(key)?.as_str());
        let command = task.and_then(Item::as_str).or_else(|| field("cmd")).or_else(|| field("shell"));
        let argv: Vec<&str> = runner.iter().copied().chain([name]).collect();
        let mut script = room.script(name, &argv).kind(kind::of_script(name, command.unwrap_or_default()));
        tool.clone_into(&mut script.runner);
        room.put(script.about(field("help")).default_if(first == Some(name)));
    }
    first.is_some()
}

/// `main.py`, or the package with a `__main__.py`.
fn main_file(room: &mut Room<'_>, manager: &Manager) {
    if let Some(name) =
        ["main.py", "app.py", "run.py", "server.py", "__main__.py"].iter().find(|name| room.has(name))
    {
        let script = room.script("run", &manager.python(&[name])).service().default_if(true);
        room.put(script);
        return;
    }
    let patterns = ["*".to_owned(), "src/*".to_owned()];
    let packages = glob::packages(room.root, &patterns, |dir| dir.join("__main__.py").is_file()).found;
    if let [only] = packages.as_slice()
        && let Some(name) = only.file_name().and_then(|name| name.to_str())
    {
        let script = room.script("run", &manager.python(&["-m", name])).service().default_if(true);
        room.put(script);
    }
}

fn names_a_workspace(pyproject: &Path) -> bool {
    let document = manifest::read_toml(pyproject).ok().flatten();
    let patterns = member_patterns(&Project { document, requires: Vec::new() });
    // A package beside this one makes it no root.
    patterns.iter().any(|pattern| !pattern.starts_with(['.', '/', '!']) || pattern.starts_with("./"))
}

/// Where the packages of a uv workspace lie, and those that Poetry depends on by path.
fn member_patterns(project: &Project) -> Vec<String> {
    let workspace = |key: &str| project.at(&["tool", "uv", "workspace", key]).map(texts).unwrap_or_default();
    let mut patterns = workspace("members");
    patterns.extend(workspace("exclude").iter().map(|pattern| format!("!{pattern}")));
    let mut paths: Vec<String> = Vec::new();
    let mut by_path = |table: Option<&dyn TableLike>| {
        for (_, item) in table.into_iter().flat_map(TableLike::iter) {
            paths.extend(item.get("path").and_then(Item::as_str).map(str::to_owned));
        }
    };
    by_path(project.table(&["tool", "poetry", "dependencies"]));
    for (_, group) in project.table(&["tool", "poetry", "group"]).into_iter().flat_map(|table| table.iter()) {
        by_path(group.get("dependencies").and_then(Item::as_table_like));
    }
    patterns.extend(paths);
    patterns
}

/// Directories of the packages.
fn members(room: &mut Room<'_>, project: &Project) -> Vec<PathBuf> {
    let root = room.root.to_owned();
    let patterns = member_patterns(project);
    if patterns.is_empty() {
        return Vec::new();
    }
    let search = glob::packages(&root, &patterns, |dir| dir.join("pyproject.toml").is_file());
    let mut found = room.searched(search, "the workspace");
    if found.len() > MAX_PACKAGES {
        found.truncate(MAX_PACKAGES);
        room.notice(&root.join("pyproject.toml"), "has too many packages; some are not shown");
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::detect::tests::fixture::{fixture, make, with_programs};
    use crate::detect::{Look, detect};

    #[test]
    fn djangos_tests_have_a_prefix_only_where_pytest_runs_them() {
        for (requires, expected) in
            [("django\n", vec!["test"]), ("django\npytest\n", vec!["manage:test", "test"])]
        {
            let (_temp, root) = make(&[("manage.py", "import django\n"), ("requirements.txt", requires)]);
            let detected = detect(&root, &Look::default());
            let tests = detected.scripts.iter().filter(|script| script.original == "test");
            assert_eq!(tests.map(|script| script.name.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn who_runs_is_what_the_files_or_the_machine_say() {
        const PLAIN: &str = "[project]\nname = \"shop\"\n";
        let backend = |name: &str| format!("{PLAIN}[build-system]\nbuild-backend = \"{name}\"\n");
        let tables: &[(String, &[&str], &[&str], &str)] = &[
            (backend("uv_build"), &[], &[], "uv run python main.py"),
            (backend("poetry.core.masonry.api"), &[], &[], "poetry run python main.py"),
            (backend("hatchling.build"), &[], &["uv"], "python3 main.py"),
            (PLAIN.to_owned(), &[".python-version"], &["uv"], "uv run python main.py"),
            (PLAIN.to_owned(), &[".python-version"], &["python3"], "python3 main.py"),
            (PLAIN.to_owned(), &[], &["uv"], "python3 main.py"),
            (PLAIN.to_owned(), &[".python-version", ".venv/bin/python"], &["uv"], ".venv/bin/python main.py"),
        ];
        for (pyproject, files, programs, expected) in tables {
            let beside: Vec<(&str, &str)> = files.iter().map(|file| (*file, "")).collect();
            let (_temp, root) = make(
                &[&[("pyproject.toml", pyproject.as_str()), ("main.py", "")], beside.as_slice()].concat(),
            );
            let detected = detect(&root, &with_programs(&root, programs));
            let run = detected.scripts.iter().find(|script| script.name == "run").unwrap();
            assert_eq!(run.argv().join(" "), *expected, "{pyproject} {files:?} {programs:?}");
        }
    }

    #[test]
    fn each_manager_runs_its_scripts() {
        let uv = fixture("python-uv");
        insta::assert_snapshot!(uv.listing());
        assert_eq!(uv.up(""), "serve: `uv run serve`, found by pyproject.toml");
        insta::assert_snapshot!(fixture("python-poetry").listing());
        insta::assert_snapshot!(fixture("python-pdm").listing());
    }

    #[test]
    fn frameworks_serve() {
        let django = fixture("python-django");
        insta::assert_snapshot!(django.listing());
        assert_eq!(django.up(""), "runserver: `.venv/bin/python manage.py runserver`, found by manage.py");
        insta::assert_snapshot!(fixture("python-flask").listing());
        insta::assert_snapshot!(fixture("python-fastapi").listing());
    }
}
