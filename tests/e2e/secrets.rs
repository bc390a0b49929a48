//! Values of secrets do not leave the daemon: a marker stands wherever a secret can stand, and nothing that any
//! client, the daemon's log or its HTTP says has it.

use std::path::Path;

use brummer_tests::{Answer, Home, Terminal, until};

use crate::common::until_state;

/// In every secret; behind it, which one it is.
const MARKER: &str = "hunter2";

const CONFIG: &str = r#"
[processes.api]
run = ["sh", "-c", "API_KEY=hunter2-shell exec sleep 600", "--db-password", "hunter2-argument"]
env = { API_TOKEN = "hunter2-env", DATABASE_URL = "postgres://me:hunter2-url@db/x", PORT = "3000" }
env_file = ".env"
[processes.task]
run = "DB_PASSWORD='hunter2 task' true"
kind = "task"
[processes.broken]
run = ["true"]
env_file = ".env.broken"
[profile.ci.processes.api.env]
GITHUB_TOKEN = "hunter2-profile"
"#;

fn nothing_of_it(what: &str, text: &str) {
    assert!(!text.contains(MARKER), "{what} tells a secret:\n{text}");
}

/// Every verb that only reads, as text and as JSON.
fn read_everything(home: &Home, dir: &Path) -> String {
    let verbs: [&[&str]; 17] = [
        &["ps", "-a"],
        &["ps", "-a", "-o", "wide"],
        &["status"],
        &["status", "api"],
        &["status", "task"],
        &["status", "broken"],
        &["status", "once"],
        &["scripts"],
        &["scripts", "-o", "wide"],
        &["projects"],
        &["config", "check"],
        &["config", "show"],
        &["config", "show", "--sources"],
        &["--profile", "ci", "config", "show", "--sources"],
        &["errors", "--all"],
        &["urls"],
        &["config", "import", "mprocs.yaml"],
    ];
    let mut all = String::new();
    let mut add = |words: &[&str], answer: &Answer| {
        let said = format!("{}\n{}", answer.stdout, answer.stderr);
        nothing_of_it(&words.join(" "), &said);
        all.push_str(&said);
    };
    for verb in verbs {
        add(verb, &home.ctl_in(dir, verb));
        if !verb.contains(&"wide") {
            let json = [verb, &["-o", "json"]].concat();
            add(&json, &home.ctl_in(dir, &json));
        }
    }
    for words in
        [&["events"][..], &["logs", "-n", "all"], &["logs", "-n", "all", "-o", "jsonl"], &["daemon", "logs"]]
    {
        add(words, &home.ctl_in(dir, words));
    }
    all
}

#[test]
fn no_secret_is_told_by_any_verb_screen_log_or_metric() {
    let home = Home::new().env("CLIENT_TOKEN", "hunter2-client");
    let daemon = home.daemon();
    let project = home.project("shop", CONFIG);
    let dir = project.dir();
    project.write(".env", "DB_PASSWORD=\"hunter2 of a file\"\nSESSION_SECRET=p$hunter2\nPUBLIC=shown\n");
    project.write(".env.broken", "DB_PASSWORD='hunter2'x\n");
    project
        .write("package.json", r#"{"scripts": {"dev": "API_TOKEN=hunter2-npm vite --token hunter2-npm"}}"#);
    project.write(
        "mprocs.yaml",
        "procs:\n  db:\n    cmd: [db, --password, hunter2-c]\n    env:\n      POSTGRES_PASSWORD: hunter2-mprocs\n  old:\n    shell: TOKEN=hunter2-s x\n",
    );

    let mut said = Vec::new();
    let mut keep = |what: &str, answer: Answer| {
        nothing_of_it(what, &answer.stdout);
        nothing_of_it(what, &answer.stderr);
        said.push(answer);
    };
    keep("up", home.ctl_in(dir, ["--profile", "ci", "up", "-d", "api", "task"]));
    let refused = home.ctl_in(dir, ["start", "broken"]).code(1);
    assert!(refused.stderr.contains("/.env.broken:1:22: something follows"), "{}", refused.stderr);
    keep("a failed start", refused);
    keep("a failed start", home.ctl_in(dir, ["start", "broken", "-o", "json"]));
    let run = ["run", "-e", "MY_SECRET=hunter2-option", "--name", "once", "--", "sleep", "600"];
    keep("run", home.ctl_in(dir, run).ok());
    until_state(&home, dir, "api", &["running"]);

    let all = read_everything(&home, dir);
    for there in
        ["API_TOKEN", "GITHUB_TOKEN", "CLIENT_TOKEN", "MY_SECRET", "POSTGRES_PASSWORD", "shown", "***"]
    {
        assert!(all.contains(there), "{there} itself is told");
    }

    // Mistakes on the very lines of secrets.
    project.write("brummer.toml", &CONFIG.replace("\"hunter2-env\"", "[\"hunter2-env\"]"));
    keep("reload", home.ctl_in(dir, ["reload"]).code(2));
    read_everything(&home, dir);
    project.write("brummer.toml", &CONFIG.replace("\"hunter2-env\"", "hunter2-env"));
    let check = home.ctl_in(dir, ["config", "check"]).code(2);
    assert!(
        check.stderr.contains("API_TOKEN = ***") || check.stdout.contains("API_TOKEN = ***"),
        "{check:?}"
    );
    keep("check", check);
    read_everything(&home, dir);

    let mut command = home.command(home.binaries().path("brummer-tui"));
    command.current_dir(dir);
    let mut screen = Terminal::start(command, 50, 160);
    screen.until("the mistake", |text| text.contains("api") && text.contains("config broken"));
    screen.send("gi");
    screen.until("why", |text| text.contains("┌ why"));
    screen.send("\u{1b}");
    screen.until("it is closed", |text| !text.contains("┌ why"));
    screen.send(",");
    screen.until("the settings", |text| text.contains("settings of shop"));
    screen.send("q");
    screen.until("they are closed", |text| !text.contains("settings of shop"));
    screen.send("x");
    screen.until("why there are no scripts", |text| text.contains("the configuration has 1 mistake"));
    nothing_of_it("the TUI", &String::from_utf8_lossy(screen.raw()));

    nothing_of_it("metrics", &home.metrics());
    let log = until("the log of the daemon", || Some(daemon.stderr()).filter(|log| log.contains("broken")));
    nothing_of_it("the daemon's log", &log);
}

#[test]
fn the_users_file_is_told_without_its_secrets_too() {
    let home = Home::new();
    let file = home.path().join("config.toml");
    std::fs::write(&file, "[mcp]\ntoken = \"hunter2\"\n[daemon]\nauth_token = \"hunter2\nhttp_port = 7777\n")
        .unwrap();
    let mut command = home.command(home.binaries().path("brummerd"));
    command.arg("--check-config").arg("--config").arg(&file);
    let answer = Answer::of(command);
    assert_eq!(answer.code, 78, "{answer:?}");
    assert!(answer.stderr.contains("auth_token = \"***"), "{}", answer.stderr);
    nothing_of_it("--check-config", &answer.stderr);
}

#[test]
fn an_import_is_printed_without_secrets_and_written_with_them() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    project.write("mprocs.yaml", "procs:\n  db:\n    shell: x\n    env:\n      DB_PASSWORD: hunter2\n");
    let printed = home.ctl_in(project.dir(), ["config", "import", "mprocs.yaml"]).ok();
    assert!(printed.stdout.contains("DB_PASSWORD = \"***\""), "{}", printed.stdout);
    assert!(printed.stderr.contains("`--write` writes them as they are"), "{}", printed.stderr);
    let written = home.ctl_in(project.dir(), ["config", "import", "--write", "mprocs.yaml"]).ok();
    assert!(!written.stderr.contains("as they are"), "{}", written.stderr);
    let file = std::fs::read_to_string(project.dir().join("brummer.toml")).unwrap();
    assert!(file.contains("DB_PASSWORD = \"hunter2\""), "{file}");
}
