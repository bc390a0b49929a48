//! Worktrees of one repository are projects of their own; trust.

use std::path::{Path, PathBuf};

use brummer_tests::Home;
use serde_json::Value;

use crate::common::{pid, process, until_state};

const CONFIG: &str = "[processes.api]\nrun = [\"sleep\", \"600\"]\n";

/// Runs git in a directory, without anybody's settings.
#[track_caller]
fn git(home: &Home, dir: &Path, arguments: &[&str]) {
    let output = home
        .command("git")
        .args([
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .current_dir(dir)
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository `src/NAME` with a configuration in its first commit.
fn repository(home: &Home, name: &str) -> PathBuf {
    let project = home.project(name, CONFIG);
    git(home, project.dir(), &["init", "-q", "-b", "main"]);
    git(home, project.dir(), &["add", "."]);
    git(home, project.dir(), &["commit", "-q", "-m", "first"]);
    project.dir().to_owned()
}

fn projects(home: &Home) -> Vec<Value> {
    home.ctl(["projects", "-o", "json"]).ok().json()["projects"].as_array().unwrap().clone()
}

fn names(home: &Home) -> Vec<String> {
    projects(home).iter().map(|project| project["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn two_worktrees_run_at_once_and_do_not_know_each_other() {
    let home = Home::new();
    let _daemon = home.daemon();
    let main = repository(&home, "shop");
    git(&home, &main, &["worktree", "add", "-q", ".worktrees/feature"]);
    git(&home, &main, &["worktree", "add", "-q", "../shop-fix"]);
    let feature = main.join(".worktrees/feature");
    let fix = home.path().join("src/shop-fix");

    home.ctl_in(&main, ["up", "-d"]).ok();
    // Inside the main checkout, and yet no part of it.
    let refused = home.ctl_in(&feature, ["ps"]).code(4);
    assert!(refused.stderr.contains("no project here"), "{}", refused.stderr);
    home.ctl_in(&feature, ["up", "-d"]).ok();
    home.ctl_in(&fix, ["up", "-d"]).ok();
    assert_eq!(names(&home), ["feature", "shop", "shop-fix"]);

    let pids: Vec<u32> = [&main, &feature, &fix].map(|dir| pid(&home, dir, "api")).to_vec();
    for (dir, name, pid) in
        [(&main, "shop", pids[0]), (&feature, "feature", pids[1]), (&fix, "shop-fix", pids[2])]
    {
        let process = process(&home, dir, "api");
        assert_eq!(process["project"], *name);
        assert_eq!(process["directory"], dir.canonicalize().unwrap().to_str().unwrap());
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        let expected = format!("BRUMMER_PROJECT={name}\0");
        assert!(String::from_utf8_lossy(&environment).contains(&expected), "{name}");
    }
    // What is done in one is done in one; deeper directories mean the worktree as well.
    let deep = feature.join("src/deep");
    std::fs::create_dir_all(&deep).unwrap();
    home.ctl_in(&deep, ["down"]).ok();
    until_state(&home, &feature, "api", &["stopped"]);
    assert_eq!((pid(&home, &main, "api"), pid(&home, &fix, "api")), (pids[0], pids[2]));
    assert!(!Path::new(&format!("/proc/{}", pids[1])).exists(), "its tree is gone");
}

#[test]
fn worktrees_beside_a_bare_repository_are_projects() {
    let home = Home::new();
    let _daemon = home.daemon();
    let origin = repository(&home, "origin");
    let shop = home.path().join("src/shop");
    std::fs::create_dir(&shop).unwrap();
    git(&home, &shop, &["clone", "-q", "--bare", origin.to_str().unwrap(), ".bare"]);
    std::fs::write(shop.join(".git"), "gitdir: ./.bare\n").unwrap();
    git(&home, &shop, &["worktree", "add", "-q", "main"]);
    git(&home, &shop, &["worktree", "add", "-q", "feature"]);
    home.ctl_in(&shop.join("main"), ["up", "-d"]).ok();
    home.ctl_in(&shop.join("feature"), ["up", "-d"]).ok();
    assert_eq!(names(&home), ["feature", "main"]);
    assert_ne!(pid(&home, &shop.join("main"), "api"), pid(&home, &shop.join("feature"), "api"));
}

#[test]
fn a_submodule_belongs_to_what_is_around_it() {
    let home = Home::new();
    let _daemon = home.daemon();
    let library = repository(&home, "library");
    let shop = repository(&home, "shop");
    git(&home, &shop, &["submodule", "add", "-q", library.to_str().unwrap(), "lib"]);
    home.ctl_in(&shop, ["up", "-d"]).ok();
    let pid_of_shop = pid(&home, &shop, "api");
    assert_eq!(pid(&home, &shop.join("lib"), "api"), pid_of_shop);
    // Opened by hand it is a project all the same.
    home.ctl_in(&shop, ["-p", shop.join("lib").to_str().unwrap(), "up", "-d"]).ok();
    assert_eq!(names(&home), ["lib", "shop"]);
    assert_ne!(pid(&home, &shop.join("lib"), "api"), pid_of_shop);
}

#[test]
fn trust_is_given_by_hand_and_once() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = home.project("shop", CONFIG);
    let mut events = home.follow_in(project.dir(), ["events", "-f", "--topic", "project"]);
    home.ctl_in(project.dir(), ["run", "--name", "once", "--", "true"]).ok();
    assert_eq!(projects(&home)[0]["trusted"], false, "run trusts nobody");
    let said = home.ctl_in(project.dir(), ["projects", "trust", "."]).ok();
    assert!(said.stderr.contains("shop  trusted"), "{}", said.stderr);
    events.until_json("a word of trust", |event| event["kind"] == "trusted" && event["key"] == "shop");
    let again = home.ctl_in(project.dir(), ["projects", "trust", "."]).ok();
    assert!(again.stderr.contains("already trusted"), "{}", again.stderr);
    daemon.kill();
    let _daemon = home.daemon();
    let after = projects(&home);
    assert_eq!((&after[0]["trusted"], &after[0]["open"]), (&Value::Bool(true), &Value::Bool(false)));
    let table = home.ctl(["projects"]).ok().stdout;
    assert!(table.lines().next().unwrap().contains("TRUSTED"), "{table}");
    let missing = home.ctl(["projects", "trust", "nowhere"]);
    assert_ne!(missing.code, 0);
}

#[test]
fn a_project_is_added_listed_and_forgotten() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", CONFIG);
    let dir = project.dir().to_str().unwrap();
    let added = home.ctl(["projects", "add", dir]).ok();
    assert!(added.stderr.contains("shop  added"), "{}", added.stderr);
    assert!(home.ctl(["projects", "add", dir]).ok().stderr.contains("already known"));
    let all = projects(&home);
    let [shop] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(shop["name"], "shop");
    assert_eq!(shop["directory"], project.dir().canonicalize().unwrap().to_str().unwrap());
    assert_eq!((&shop["trusted"], &shop["open"]), (&Value::Bool(false), &Value::Bool(false)));
    assert_eq!(shop["processes"], serde_json::json!({ "running": 0, "failed": 0, "other": 0 }));
    assert_eq!(home.ctl(["projects", "list", "-o", "json"]).ok().json()["projects"], Value::from(all));

    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl(["projects", "rm", "shop"]).code(5);
    home.ctl_in(project.dir(), ["down"]).ok();
    assert_eq!(home.ctl(["projects", "rm", dir, "-o", "json"]).ok().json()["removed"], "shop");
    assert!(names(&home).is_empty());
    home.ctl(["projects", "rm", "shop"]).code(4);
    assert!(project.dir().join("brummer.toml").exists(), "its files are its user's");
}
