//! When a service is ready: by a line of its log, through restarts of the daemon, and for what depends on it.

use std::path::Path;

use brummer_tests::{Home, Project, until};
use serde_json::Value;

use crate::common::{pid, process, texts, until_state};

/// `api` says that it listens once the file `go` is there; `web` needs it.
const CONFIG: &str = r#"
[processes.api]
run = "printf '\\033[32mbegins\\033[0m\\n'; while [ ! -e go ]; do sleep 0.02; done; printf '\\033[1mListening\\033[0m on port 80\\n'; exec sleep 600"
ready = { log = '^Listening on port \d+$' }

[processes.web]
run = "exec sleep 600"
depends_on = ["api"]
"#;

fn shop(home: &Home, config: &str) -> Project {
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d", "api"]).ok();
    project
}

fn until_ready(home: &Home, dir: &Path, name: &str) -> Value {
    until(&format!("{name} is ready"), || {
        let process = process(home, dir, name);
        (process["ready"] == true).then_some(process)
    })
}

#[test]
fn a_service_is_starting_until_its_line_comes_and_what_needs_it_waits() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = shop(&home, CONFIG);
    let api = process(&home, project.dir(), "api");
    assert_eq!((api["state"].as_str(), &api["ready"]), (Some("starting"), &Value::Null));
    assert!(api["pid"].is_u64(), "{api}");
    assert_eq!(api["note"], "waits for a line that matches `^Listening on port \\d+$`");
    let full = home.ctl_in(project.dir(), ["status", "api", "-o", "json"]).ok().json();
    assert_eq!(full["process"]["ready_check"], "a line that matches `^Listening on port \\d+$`");
    let waiting = home.follow_in(project.dir(), ["up", "web"]);
    until_state(&home, project.dir(), "web", &["waiting"]);
    assert_eq!(process(&home, project.dir(), "web")["note"], "waits for api to be ready");
    project.write("go", "");
    until_state(&home, project.dir(), "web", &["running"]);
    let api = process(&home, project.dir(), "api");
    assert_eq!((api["state"].as_str(), api["ready"].as_bool()), (Some("running"), Some(true)));
    assert!(api["note"].is_null(), "{api}");
    drop(waiting);
    home.ctl_in(project.dir(), ["wait", "api", "web", "--for", "ready"]).ok();
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
}

#[test]
fn a_daemon_that_was_killed_finds_the_line_that_was_said_meanwhile_and_remembers_what_was_ready() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = shop(&home, CONFIG);
    let before = pid(&home, project.dir(), "api");
    daemon.kill();
    project.write("go", "");
    // Said while nobody was there.
    until("the line is in the capture", || captured(&home, "Listening").then_some(()));
    let daemon = home.daemon();
    let api = until_ready(&home, project.dir(), "api");
    assert_eq!(api["pid"], before);
    daemon.kill();
    let _daemon = home.daemon();
    assert_eq!(until_ready(&home, project.dir(), "api")["pid"], before);
    let reason = home.ctl_in(project.dir(), ["status", "api"]).ok().stdout;
    assert!(reason.contains("ran on while no daemon was there"), "it was not looked for again: {reason}");
    assert_eq!(texts(&home, project.dir(), "api").len(), 2);
}

/// Whether a capture of any run holds this text.
fn captured(home: &Home, text: &str) -> bool {
    let runs = std::fs::read_dir(home.runs()).unwrap();
    let files = runs.flatten().flat_map(|run| std::fs::read_dir(run.path()).into_iter().flatten().flatten());
    files
        .filter(|file| file.file_name().to_string_lossy().starts_with("capture"))
        .any(|file| String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).contains(text))
}

#[test]
fn past_its_deadline_it_runs_and_is_not_ready_and_a_later_line_still_counts() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", &CONFIG.replace("ready = { log", "ready = { deadline = \"3s\", log"));
    let wait = home.ctl_in(project.dir(), ["up", "-d", "--wait", "api"]).code(1);
    let told = "`api` is not ready after 3.0s: no line matches `^Listening on port \\d+$`";
    assert!(wait.stderr.contains(told), "{}", wait.stderr);
    assert!(wait.stderr.contains("begins"), "its last lines: {}", wait.stderr);
    let api = process(&home, project.dir(), "api");
    assert_eq!((api["state"].as_str(), api["ready"].as_bool()), (Some("running"), Some(false)));
    let web = home.ctl_in(project.dir(), ["up", "-d", "web"]).code(1);
    assert!(web.stderr.contains("waits for api, which is not ready after 3.0s"), "{}", web.stderr);
    home.ctl_in(project.dir(), ["wait", "api", "--for", "ready", "--timeout", "50ms"]).code(17);
    project.write("go", "");
    until_ready(&home, project.dir(), "api");
    until_state(&home, project.dir(), "web", &["running"]);
}

#[test]
fn a_better_pattern_counts_for_the_run_that_waits() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = shop(&home, &CONFIG.replace("^Listening", "^Serving"));
    let before = pid(&home, project.dir(), "api");
    project.write("go", "");
    until("it has said its line", || (texts(&home, project.dir(), "api").len() == 2).then_some(()));
    assert_eq!(process(&home, project.dir(), "api")["state"], "starting");
    project.write("brummer.toml", CONFIG);
    let api = until_ready(&home, project.dir(), "api");
    assert_eq!(api["pid"], before, "no new run");
}

#[test]
fn a_watching_task_of_the_editor_is_ready_by_its_background_matcher() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    std::fs::create_dir(project.dir().join(".vscode")).unwrap();
    project.write(
        ".vscode/tasks.json",
        r#"{
  "version": "2.0.0",
  "tasks": [
    {
      "label": "watch", "type": "shell", "isBackground": true,
      "command": "echo Starting compilation; while [ ! -e go ]; do sleep 0.02; done; echo 'Found 0 errors. Watching for file changes.'; exec sleep 600",
      "problemMatcher": ["$eslint-stylish", "$tsc-watch"],
    },
    {"label": "serve", "type": "shell", "command": "exec sleep 600", "isBackground": true, "dependsOn": "watch"},
  ],
}"#,
    );
    let following = home.follow_in(project.dir(), ["up", "serve"]);
    until_state(&home, project.dir(), "serve", &["waiting"]);
    until_state(&home, project.dir(), "watch", &["starting"]);
    project.write("go", "");
    until_state(&home, project.dir(), "serve", &["running"]);
    assert_eq!(process(&home, project.dir(), "watch")["ready"], true);
    drop(following);
}
