//! Project layouts and what is found in them.

use std::path::Path;

use super::*;

pub(crate) mod fixture;
mod hostile;

use fixture::{fixture, make, with_programs};

fn look_at(files: &[(&str, &str)]) -> Detected {
    let (_temp, root) = make(files);
    let first = detect(&root, &Look::default());
    assert_eq!(first, detect(&root, &Look::default()), "two looks are equal");
    first
}

/// `name = command` of every script.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let detected = look_at(files);
    assert_eq!(detected.notices, Notices::default());
    detected.scripts.iter().map(|s| format!("{} = {}", s.name, s.argv().join(" "))).collect()
}

const SCRIPTS: &str = r#"{"scripts":{"dev":"vite","build":"vite build","test":"vitest"}}"#;

#[test]
fn scripts_come_in_the_order_of_the_file() {
    let files = [("package.json", SCRIPTS), ("package-lock.json", "{}")];
    assert_eq!(found(&files), ["dev = npm run dev", "build = npm run build", "test = npm run test"]);
    let detected = look_at(&files);
    let kinds: Vec<Kind> = detected.scripts.iter().map(|script| script.kind).collect();
    assert_eq!(kinds, [Kind::Service, Kind::Task, Kind::Task]);
}

#[test]
fn a_lock_in_a_parent_counts_up_to_the_repository() {
    let (_temp, root) = make(&[
        ("yarn.lock", ""),
        ("apps/web/package.json", SCRIPTS),
        ("other/.git/HEAD", ""),
        ("other/web/package.json", SCRIPTS),
    ]);
    let runner = |dir: &str| detect(&root.join(dir), &Look::default()).scripts[0].runner.clone();
    assert_eq!(runner("apps/web"), "yarn");
    assert_eq!(runner("other/web"), "npm");
}

#[test]
fn workspaces_of_npm_and_yarn_have_two_forms() {
    for form in [r#"["packages/*"]"#, r#"{"packages":["packages/*"],"nohoist":[]}"#] {
        let root = format!(r#"{{"workspaces":{form},"scripts":{{"dev":"x"}}}}"#);
        let files = [
            ("package.json", root.as_str()),
            ("yarn.lock", ""),
            ("packages/a/package.json", r#"{"scripts":{"dev":"x"}}"#),
        ];
        assert_eq!(found(&files), ["dev = yarn run dev", "a:dev = yarn run dev"]);
    }
}

#[test]
fn odd_names_are_safe_and_startable() {
    let package = r#"{"scripts":{"dev:api":"x","build+x":"x","été":"x","with blank":"x","with-blank":"y","; rm -rf ~":"x"}}"#;
    let detected = look_at(&[("package.json", package)]);
    let names: Vec<&str> = detected.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["dev:api", "build+x", "t-", "with-blank", "npm:with-blank", "rm--rf--"]);
    let last = detected.scripts.last().unwrap();
    assert_eq!(last.original, "; rm -rf ~");
    assert_eq!(last.run, Command::Exec(vec!["npm".into(), "run".into(), "; rm -rf ~".into()]), "no shell");
}

#[test]
fn a_broken_file_is_a_notice_and_no_end() {
    let detected = look_at(&[
        ("package.json", "{ \"scripts\": "),
        ("Procfile", "web: node x\nnonsense\n# comment\n\nworker:  node y: z\n"),
        ("Cargo.toml", "[package\n"),
        ("pnpm-workspace.yaml", "packages: [a\n"),
    ]);
    let names: Vec<&str> = detected.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["web", "worker"]);
    assert_eq!(detected.scripts[1].run, Command::Shell("node y: z".to_owned()));
    assert_eq!(detected.notices.len(), 4, "{:?}", detected.notices);
    assert!(detected.notices.iter().any(|notice| notice.starts_with("package.json is no valid JSON")));
    assert!(detected.notices.iter().any(|notice| notice.starts_with("Procfile, line 2")));
    assert!(detected.notices.iter().any(|notice| notice.starts_with("Cargo.toml is no valid TOML")));
}

#[test]
fn a_procfile_reads_its_dotenv_and_its_release_ends() {
    let (_temp, root) = make(&[("Procfile", "web: x\nrelease: y\n"), (".env", "A=1")]);
    let detected = detect(&root, &Look::default());
    assert_eq!(detected.scripts[0].env_files, vec![root.join(".env")]);
    assert_eq!((detected.scripts[0].kind, detected.scripts[1].kind), (Kind::Service, Kind::Task));
}

#[test]
fn cargo_runs_what_is_there_and_no_library() {
    let workspace = [
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
        ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
        ("a/src/main.rs", ""),
        ("b/Cargo.toml", "[package]\nname = \"b\"\n"),
        ("b/src/lib.rs", ""),
    ];
    assert_eq!(
        found(&workspace),
        ["run = cargo run -p a --bin a", "build = cargo build", "test = cargo test", "check = cargo check"]
    );

    let single = [("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/main.rs", "")];
    assert_eq!(found(&single)[0], "run = cargo run");
    assert!(look_at(&single).scripts[0].is_default);

    let library = [("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/lib.rs", "")];
    assert_eq!(found(&library)[0], "build = cargo build");

    let many = [
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\nedition = \"2024\"\n[[bin]]\nname = \"main\"\npath = \"src/main.rs\"\n",
        ),
        ("src/main.rs", ""),
        ("src/bin/two.rs", ""),
        ("src/bin/three/main.rs", ""),
    ];
    assert_eq!(
        found(&many)[..3],
        [
            "run:main = cargo run -p a --bin main",
            "run:three = cargo run -p a --bin three",
            "run:two = cargo run -p a --bin two"
        ]
    );
    let with_default = [
        (
            "Cargo.toml",
            "[package]\nname = \"a\"\ndefault-run = \"a\"\n[workspace]\nmembers = [\"tool/*\"]\nexclude = [\"tool/old\"]",
        ),
        ("src/main.rs", ""),
        ("src/bin/two.rs", ""),
        ("tool/x/Cargo.toml", "[package]\nname = \"x\"\nautobins = false\n[[bin]]\nname = \"xx\"\n"),
        ("tool/x/src/main.rs", ""),
        ("tool/old/Cargo.toml", "[package]\nname = \"old\"\n"),
        ("tool/old/src/main.rs", ""),
    ];
    assert_eq!(
        found(&with_default)[..3],
        ["run = cargo run", "run:two = cargo run -p a --bin two", "run:xx = cargo run -p x --bin xx"]
    );
}

#[test]
fn the_later_ecosystem_loses_its_name() {
    let files = [
        ("package.json", r#"{"scripts":{"test":"x","web":"y"}}"#),
        ("Procfile", "web: z\nworker: w\n"),
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
    ];
    let detected = look_at(&files);
    let names: Vec<&str> = detected.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["test", "web", "procfile:web", "worker", "build", "cargo:test", "check"]);
}

#[test]
fn a_missing_program_is_named() {
    let (_temp, root) = make(&[("package.json", SCRIPTS), ("yarn.lock", ""), ("bin/npm", "")]);
    let programs = Programs::new(Some(root.join("bin").as_os_str()));
    let look = Look { programs: programs.clone(), home: None };
    assert_eq!(detect(&root, &look).scripts[0].missing, Some(Lack::Program("yarn".to_owned())));
    assert_eq!(programs.missing("npm"), Some("npm".to_owned()), "not executable");
    assert_eq!(Programs::new(None).missing("yarn"), None, "an unknown PATH blames nobody");
    assert_eq!(programs.missing("./x"), None);
}

#[test]
fn a_program_of_the_project_that_is_not_there_is_named() {
    let tasks = r#"{"tasks": [
        {"label": "serve", "type": "process", "command": ".venv/bin/python", "args": ["app.py"]},
        {"label": "tool", "type": "process", "command": "./run", "options": {"cwd": "${workspaceFolder}/api"}}
    ]}"#;
    let (_temp, root) = make(&[
        (".vscode/tasks.json", tasks),
        ("api/run", ""),
        (
            "brummer.toml",
            "[processes.there]\nrun = [\"./run\"]\ndir = \"api\"\n[processes.gone]\nrun = [\"./run\"]\n",
        ),
    ]);
    let listed = |look: &Look| {
        let loaded =
            crate::load::load(&root, &crate::config::UserConfig::builtin().unwrap(), look, None, 1).unwrap();
        let of = |name: &str| {
            loaded.scripts.iter().find(|script| script.name == name).unwrap().missing.as_ref().map(Lack::what)
        };
        ["serve", "tool", "there", "gone"].map(of)
    };
    let missing = |path: &str| Some(path.to_owned());
    let look = || with_programs(&root, &[]);
    assert_eq!(listed(&look()), [missing(".venv/bin/python"), None, None, missing("./run")]);
    assert_eq!(listed(&Look::default()), [None, None, None, None], "nothing is known of this world");
    std::fs::create_dir_all(root.join(".venv/bin")).unwrap();
    std::fs::write(root.join(".venv/bin/python"), "").unwrap();
    assert_eq!(listed(&look()), [None, None, None, missing("./run")]);
}

#[test]
fn a_link_in_a_circle_ends() {
    let (_temp, root) =
        make(&[("package.json", r#"{"workspaces":["**"],"scripts":{}}"#), ("a/package.json", SCRIPTS)]);
    std::os::unix::fs::symlink(&root, root.join("a/loop")).unwrap();
    assert_eq!(detect(&root, &Look::default()).packages, vec![root.join("a")]);
}

#[test]
fn nothing_is_found_in_nothing() {
    assert_eq!(detect(Path::new("/nonexistent"), &Look::default()), Detected::default());
}

#[test]
fn npm_runs_what_its_file_lists() {
    let npm = fixture("npm");
    insta::assert_snapshot!(npm.listing());
    assert_eq!(npm.up("."), "dev: script `dev` of package.json");
}
