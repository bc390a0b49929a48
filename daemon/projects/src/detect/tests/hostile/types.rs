//! Values of a wrong type in the files of other tools: each is told with the key that it is at, and nothing is
//! listed that its own tool would refuse.

use super::kinds::{KINDS, Kind, Language};
use super::{Rows, lay, look_at};

/// Path, text, what the notice names; then the names of what is listed all the same, where the text has any.
const ROWS: &[(&str, &str, &[&str])] = &[
    (
        "package.json",
        r#"{"scripts":["a"],"workspaces":5}"#,
        &["a list as `scripts`", "a number as `workspaces`"],
    ),
    ("package.json", r#"{"scripts":{"dev":5}}"#, &["a number as `scripts.dev`"]),
    ("package.json", "[]", &["must be an object, not a list"]),
    ("pnpm-workspace.yaml", "packages: 5\n", &["a number as `packages`"]),
    ("lerna.json", r#"{"packages":"a"}"#, &["text as `packages`"]),
    ("nx.json", "[]", &["must be an object, not a list"]),
    ("workspace.json", r#"{"projects":["a"]}"#, &["a list as `projects`"]),
    ("project.json", r#"{"targets":["a"]}"#, &["a list as `targets`"]),
    ("turbo.json", r#"{"tasks":["a"]}"#, &["a list as `tasks`"]),
    ("turbo.json", r#"{"tasks":{"odd":5}}"#, &["a number as `tasks.odd`"]),
    ("rush.json", r#"{"projects":{}}"#, &["an object as `projects`"]),
    ("common/config/rush/command-line.json", r#"{"commands":{"odd":1}}"#, &["an object as `commands`"]),
    (".moon/workspace.yml", "projects: 5\n", &["a number as `projects`"]),
    (".moon/tasks.yml", "tasks: [odd]\n", &["a list as `tasks`"]),
    (".moon/tasks/node.yml", "tasks: {odd: 5}\n", &["a number as `tasks.odd`"]),
    ("a/moon.yml", "tasks: {odd: 5}\n", &["a number as `tasks.odd`"]),
    ("deno.json", r#"{"tasks":5}"#, &["a number as `tasks`"]),
    (
        "deno.json",
        r#"{"tasks":{"odd":["x"]},"workspace":"a"}"#,
        &["a list as `tasks.odd`", "text as `workspace`"],
    ),
    ("Cargo.toml", "[workspace]\nmembers = \"a\"\n", &["text as `workspace.members`"]),
    ("Cargo.toml", "package = []\nbin = 5\n", &["a list as `package`", "a number as `bin`"]),
    (".cargo/config.toml", "[alias]\nodd = 5\n", &["a number as `alias.odd`"]),
    (
        "pyproject.toml",
        "[project]\nname = \"a\"\nscripts = { odd = 5 }\n",
        &["a number as `project.scripts.odd`"],
    ),
    ("pyproject.toml", "[tool.poe]\ntasks = { odd = 5 }\n", &["a number as `tool.poe.tasks.odd`"]),
    ("Pipfile", "packages = 5\n", &["a number as `packages`"]),
    (
        "composer.json",
        r#"{"scripts":{"odd":5},"require":["a"]}"#,
        &["a number as `scripts.odd`", "a list as `require`"],
    ),
    ("gradle/libs.versions.toml", "plugins = 5\n", &["a number as `plugins`"]),
    ("Properties/launchSettings.json", r#"{"profiles":["odd"]}"#, &["a list as `profiles`"]),
    ("pubspec.yaml", "dependencies: [odd]\n", &["a list as `dependencies`"]),
    ("Taskfile.yml", "tasks: 5\n", &["a number as `tasks`"]),
    ("Taskfile.yml", "tasks: {odd: 5}\n", &["a number as `tasks.odd`"]),
    ("mise.toml", "[tasks]\nodd = 5\n", &["a number as `tasks.odd`"]),
    ("mise.toml", "[tasks.odd]\nrun = 5\n", &["a number as `tasks.odd.run`"]),
    ("compose.yaml", "services: [odd]\n", &["a list as `services`"]),
    ("compose.yaml", "services: {odd: 5}\n", &["a number as `services.odd`"]),
    (".vscode/tasks.json", r#"{"tasks":{}}"#, &["an object as `tasks`"]),
    (".vscode/tasks.json", r#"{"tasks":[{"label":"odd","command":[1]}]}"#, &["a list as `tasks[0].command`"]),
    (".vscode/launch.json", r#"{"configurations":{"odd":1}}"#, &["an object as `configurations`"]),
];

/// Files that are read by their structure, whose own key is wrong.
fn is_structured(kind: &Kind) -> bool {
    kind.is_read() && matches!(kind.language, Language::Json | Language::Yaml | Language::Toml)
}

#[test]
fn values_of_a_wrong_type_are_told_and_not_listed() {
    let mut rows = Rows::default();
    for (path, text, told) in ROWS {
        let what = format!("{path}: {text}");
        rows.row(&what, || {
            let kind = KINDS.iter().find(|kind| kind.paths.contains(path)).unwrap();
            let (_temp, root) = lay(kind, path, text.as_bytes());
            let detected = look_at(&root, &what);
            for told in *told {
                let is_told = |notice: &String| notice.starts_with(path) && notice.contains(told);
                assert!(detected.notices.iter().any(is_told), "{told}: {:?}", detected.notices);
            }
            let odd = detected.scripts.iter().find(|script| script.original.contains("odd"));
            assert_eq!(odd, None);
        });
    }
    rows.hold();
}

#[test]
fn every_kind_of_structured_file_has_its_wrong_types() {
    let without = KINDS.iter().filter(|kind| is_structured(kind)).map(|kind| kind.paths[0]);
    let without: Vec<&str> = without.filter(|path| !ROWS.iter().any(|(row, ..)| row == path)).collect();
    assert_eq!(without, Vec::<&str>::new());
}
