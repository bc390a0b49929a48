//! Large and hostile projects, listed by the real binaries.

use brummer_tests::Home;

#[test]
fn forty_thousand_scripts_are_all_listed() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("huge", "");
    project.fill_with_packages(10_000);
    let answer = home.ctl_in(project.dir(), ["scripts", "-o", "json"]).ok();
    let document = answer.json();
    let scripts = document["scripts"].as_array().unwrap();
    assert_eq!(scripts.len(), 40_000);
    assert_eq!((&scripts[0]["name"], &scripts[39_999]["name"]), (&"p0000:dev".into(), &"p9999:lint".into()));

    let refused = home.ctl_in(project.dir(), ["up", "-d"]).code(5);
    assert!(refused.stderr.len() < 4_000, "the refusal names some, not all: {}", refused.stderr);
}

const TASKS: &str = r#"{"tasks": [
    {"label": "clean", "type": "shell", "command": "echo cleaned >> order"},
    {"label": "build", "type": "shell", "command": "echo built >> order"},
    {"label": "all", "dependsOn": ["clean", "build"], "dependsOrder": "sequence"},
    {"label": "ask", "type": "shell", "command": "rm -rf ${input:what}"},
    {"label": "image", "type": "docker-build"},
    {"label": "ship", "dependsOn": ["clean", "image"]}
]}"#;

#[test]
fn a_task_starts_what_it_depends_on_in_its_order() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("tasks", "");
    project.write(".vscode/tasks.json", TASKS);
    home.ctl_in(project.dir(), ["up", "all", "-d", "--wait"]).ok();
    assert_eq!(std::fs::read_to_string(project.dir().join("order")).unwrap(), "cleaned\nbuilt\n");
}

#[test]
fn a_declared_process_starts_the_script_it_depends_on() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "tasks",
        "[processes.api]\nrun = \"cat order\"\nkind = \"task\"\ndepends_on = [\"build\"]\n",
    );
    project.write(".vscode/tasks.json", TASKS);
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let said = home.ctl_in(project.dir(), ["logs", "api", "--stream", "out"]).ok();
    assert!(said.stdout.contains("built"), "{}", said.stdout);
}

#[test]
fn what_only_the_editor_can_run_is_refused_before_anything_begins() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("tasks", "");
    project.write(".vscode/tasks.json", TASKS);
    for (name, why) in [
        ("ask", "`ask` cannot be started: it needs ${input:what}, which only the editor has"),
        (
            "image",
            "`image` cannot be started: it needs tasks of type docker-build, which only the editor has",
        ),
        ("ship", "`image` cannot be started: it needs tasks of type docker-build, which only the editor has"),
    ] {
        let answer = home.ctl_in(project.dir(), ["up", name, "-d"]).code(5);
        assert!(answer.stderr.contains(why), "{name}: {}", answer.stderr);
    }
    let listed = home.ctl_in(project.dir(), ["scripts", "-o", "json"]).ok().json();
    let image =
        listed["scripts"].as_array().unwrap().iter().find(|script| script["name"] == "image").unwrap();
    assert_eq!(image["missing"], "tasks of type docker-build");
    let known = home.ctl_in(project.dir(), ["projects", "-o", "json"]).ok().json();
    assert_eq!(known["projects"], serde_json::json!([]), "a refusal opens and trusts nothing");

    // Nor does a bare `up` open anything for a process that is declared of it.
    project.write("brummer.toml", "[processes.ask]\n");
    let answer = home.ctl_in(project.dir(), ["up", "-d"]).code(5);
    assert!(answer.stderr.contains("which only the editor has"), "{}", answer.stderr);
    let known = home.ctl(["projects", "list", "-o", "json"]).ok().json();
    assert_eq!(known["projects"], serde_json::json!([]), "nothing was opened");
}
