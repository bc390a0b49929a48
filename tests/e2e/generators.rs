//! Projects as their own generators make them, opened as a person would: the list of scripts, and what `up`
//! starts. And the published schema in the language servers that editors have.
//!
//! Nothing is skipped: what is missing fails a test by its name. They need package registries the first time;
//! what was fetched is kept below the target folder. See `tests/README.md`, "Real generators".

mod editors;
mod java;
mod node;
mod procfile;
mod python;
mod rust;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use brummer_tests::{Answer, Home, http, process, until};

use crate::common::until_state;

/// Said with everything that is missing.
const CURE: &str = "tests/README.md (Real generators) tells what these tests need; \
                    `cargo test --workspace -- --skip generators` leaves them out";

/// Where a program is, or a failure that names it.
#[track_caller]
fn need(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("`{program}` is not installed. {CURE}"))
}

/// A program, on the PATH or below `dir`, with everything that the caller's environment says: proxies,
/// certificates, caches.
#[track_caller]
fn program(dir: &Path, argv: &[&str]) -> Command {
    let path = if argv[0].contains('/') { dir.join(argv[0]) } else { need(argv[0]) };
    let mut command = Command::new(path);
    command.args(&argv[1..]).current_dir(dir).stdin(Stdio::null());
    command
}

/// Runs a program that needs no network.
#[track_caller]
fn run(dir: &Path, argv: &[&str]) -> Answer {
    let answer = Answer::of(program(dir, argv));
    assert_eq!(answer.code, 0, "{argv:?} failed:\n{}\n{}", answer.stdout, answer.stderr);
    answer
}

/// Runs a program that asks a package registry; three times if it must, because registries hiccup.
#[track_caller]
fn fetch(dir: &Path, argv: &[&str]) {
    let mut said = String::new();
    for _ in 0..3 {
        let answer = Answer::of(program(dir, argv));
        if answer.code == 0 {
            return;
        }
        said = format!("{}\n{}", answer.stdout, answer.stderr);
    }
    panic!("{argv:?} failed three times; is the package registry reached?\n{said}\n{CURE}");
}

/// A directory below the target folder that is made once and then kept, so that later runs need no network.
/// What is in it never changes: `name` carries the version.
#[track_caller]
fn kept(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generators");
    std::fs::create_dir_all(&all).unwrap();
    let lock = std::fs::File::create(all.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let dir = all.join(name);
    if !dir.exists() {
        // Made under another name, so that what broke off is not taken for whole.
        let part = all.join(format!("{name}.part"));
        let _ = std::fs::remove_dir_all(&part);
        std::fs::create_dir(&part).unwrap();
        make(&part);
        std::fs::rename(&part, &dir).unwrap();
    }
    dir
}

/// A copy of a kept project in this world.
#[track_caller]
fn copied(home: &Home, kept: &Path, name: &str) -> PathBuf {
    let dir = home.path().join("src").join(name);
    run(home.path(), &["cp", "-a", kept.to_str().unwrap(), dir.to_str().unwrap()]);
    dir
}

/// A world whose programs find these directories before all others.
fn home_with(first: &[&Path]) -> Home {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().map(|dir| (*dir).to_owned()).chain(std::env::split_paths(&path));
    Home::new().env("PATH", std::env::join_paths(all).unwrap().to_str().unwrap())
}

/// `NAME = COMMAND` of every script, a line each, with what is missing.
#[track_caller]
fn listed(home: &Home, dir: &Path) -> Vec<String> {
    let document = home.ctl_in(dir, ["scripts", "-o", "json"]).ok().json();
    let scripts = document["scripts"].as_array().unwrap().iter();
    scripts
        .map(|script| {
            let words: Vec<&str> =
                script["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
            let missing = script["missing"].as_str().map(|what| format!(" (missing: {what})"));
            let name = script["name"].as_str().unwrap();
            format!("{name} = {}{}", words.join(" "), missing.unwrap_or_default())
        })
        .collect()
}

/// `up -d` starts this process alone; answers what it said.
#[track_caller]
fn up_starts(home: &Home, dir: &Path, name: &str) -> String {
    let said = home.ctl_in(dir, ["up", "-d"]).ok().stderr;
    let document = home.ctl_in(dir, ["ps", "-o", "json"]).ok().json();
    let started: Vec<&str> = document["processes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|process| process["state"] != "idle")
        .map(|process| process["name"].as_str().unwrap())
        .collect();
    assert_eq!(started, [name], "{said}");
    said
}

/// `up -d` starts nothing, with exit code 5, and says what could be started.
#[track_caller]
fn up_asks(home: &Home, dir: &Path, names: &str) {
    let refused = home.ctl_in(dir, ["up", "-d"]).code(5);
    let expected = format!("nothing says what to start; name one of these scripts: {names}\n");
    assert!(refused.stderr.ends_with(&expected), "{}", refused.stderr);
}

/// The URL that a process serves, once it does.
#[track_caller]
fn url(home: &Home, dir: &Path, name: &str) -> String {
    let said = home.ctl_in(dir, ["wait", name, "--for", "url", "--timeout", "60s"]);
    assert_eq!(said.code, 0, "{}\n{}", said.stderr, home.ctl_in(dir, ["logs", name]).stdout);
    let url = said.stdout.trim().to_owned();
    let document = home.ctl_in(dir, ["urls", "-o", "json"]).ok().json();
    let row = document["urls"].as_array().unwrap().iter().find(|row| row["url"] == url.as_str());
    assert!(row.is_some_and(|row| row["process"] == name && row["alive"] == true), "{url}: {document}");
    url
}

/// `down`: no process of the project is left, and nobody listens where it served.
#[track_caller]
fn down_leaves_nothing(home: &Home, dir: &Path, name: &str, urls: &[&str]) {
    home.ctl_in(dir, ["down"]).ok();
    until_state(home, dir, name, &["stopped"]);
    let dir = dir.canonicalize().unwrap();
    assert_eq!(process::standing_below(&dir), Vec::<String>::new());
    for url in urls {
        assert!(!http::is_served(url), "somebody still listens at {url}");
    }
}

/// A run that ends by itself with exit code 0; answers its lines.
#[track_caller]
fn ends_well(home: &Home, dir: &Path, name: &str) -> Vec<String> {
    home.ctl_in(dir, ["wait", name, "--for", "exit", "--timeout", "60s"]).ok();
    until("the end is told", || {
        let process = crate::common::process(home, dir, name);
        (process["state"] == "exited").then_some(process)
    });
    crate::common::texts(home, dir, name)
}
