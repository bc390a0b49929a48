//! Build systems of monorepos: a fixture each.

use crate::detect::tests::fixture::{fixture, make};
use crate::detect::{Look, detect};

#[test]
fn lerna_names_packages_and_manager() {
    insta::assert_snapshot!(fixture("lerna").listing());
}

#[test]
fn nx_runs_targets_that_are_no_scripts() {
    let nx = fixture("nx");
    insta::assert_snapshot!(nx.listing());
    assert_eq!(nx.up("apps/shop"), "shop:serve: script `serve` of apps/shop/project.json");
}

#[test]
fn turbo_runs_tasks_that_are_no_scripts_of_the_root() {
    let turbo = fixture("turbo");
    insta::assert_snapshot!(turbo.listing());
    assert_eq!(turbo.up("apps/web"), "web:dev: script `dev` of apps/web/package.json");
    assert_eq!(turbo.up("."), "dev: `yarn run turbo run dev`, found by turbo.json");
}

#[test]
fn rush_has_projects_and_commands_among_comments() {
    let rush = fixture("rush");
    insta::assert_snapshot!(rush.listing());
    assert_eq!(rush.up("apps/web"), "web:dev: script `dev` of apps/web/package.json");
}

#[test]
fn moon_runs_tasks_of_projects_and_inherited_ones() {
    insta::assert_snapshot!(fixture("moon").listing());
}

#[test]
fn moons_inherited_tasks_are_those_that_a_project_may_have() {
    let project = "language: rust\nlayer: library\nstack: backend\ntags: [api, slow]\n";
    let listed = |conditions: &str, project: &[(&str, &str)]| {
        let tasks = format!("inheritedBy: {conditions}\ntasks: {{lint: {{command: x}}}}\n");
        let files = [
            (".moon/workspace.yml", "projects: [a]"),
            (".moon/tasks/some.yml", tasks.as_str()),
            ("a/src/main.rs", ""),
        ];
        let (_temp, root) = make(&[files.as_slice(), project].concat());
        let detected = detect(&root, &Look::default());
        assert_eq!(detected.notices.join("\n"), "", "{conditions}");
        detected.scripts.iter().any(|script| script.name == "lint")
    };
    let own = [("a/moon.yml", project)];
    for met in [
        "{}",
        "{language: rust}",
        "{languages: [go, rust], layer: library}",
        "{stack: backend, toolchain: node}",
        "{tags: [web, api]}",
        "{tags: {and: [api, slow], not: [web]}}",
        "{file: src/main.rs}",
        "{of-a-later-version: x}",
    ] {
        assert!(listed(met, &own), "{met}");
    }
    for not_met in [
        "{language: go}",
        "{languages: [rust], layers: [tool]}",
        "{stack: frontend}",
        "{tag: web}",
        "{tags: {and: [api, web]}}",
        "{tags: {or: [api], not: slow}}",
        "{files: [src/lib.rs]}",
    ] {
        assert!(!listed(not_met, &own), "{not_met}");
    }
    // What moon finds out by itself, or what is said where it is not read.
    assert!(listed("{language: go}", &[]));
    assert!(!listed("{tag: web}", &[]));
    assert!(listed("{tag: web}", &[("a/moon.json", "{}")]));
}

#[test]
fn what_is_oddly_typed_is_told_and_left_out_and_no_end() {
    let odd = r#"{"projects":[7,{"projectFolder":[]},{}],"tasks":[1],"packages":"x","targets":{"a":1}}"#;
    let (_temp, root) = make(&[
        ("package.json", r#"{"scripts":{"dev":"x"},"workspaces":7}"#),
        ("rush.json", odd),
        ("turbo.json", odd),
        ("lerna.json", odd),
        ("nx.json", "7"),
        ("project.json", odd),
        (".moon/workspace.yml", "projects: {a: 7, b: ../out, c: [x]}"),
        ("deno.json", r#"{"tasks":["a"],"workspace":"x"}"#),
        ("pnpm-workspace.yaml", "packages: {a: b}"),
    ]);
    let detected = detect(&root, &Look::default());
    insta::assert_snapshot!(detected.notices.join("\n"));
    let names: Vec<&str> = detected.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["dev", "install", "update", "build", "rebuild"]);
}
