//! A configuration that changes while its processes run: by itself, by hand, and when it is broken.

use std::path::Path;
use std::time::Duration;

use brummer_tests::{Follow, Home, Project, until};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::common::{pid, process, until_state};

fn sleeper(name: &str, seconds: u32) -> String {
    format!("[processes.{name}]\nrun = [\"sleep\", \"{seconds}\"]\n")
}

/// A project `shop` that is open.
fn opened(home: &Home, config: &str) -> Project {
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    project
}

/// What of the project's configuration is told from now on.
fn told(home: &Home, dir: &Path) -> Follow {
    let mut events = home.follow_in(dir, ["events", "-f", "--topic", "project"]);
    // Proof that it listens: something that is told for sure.
    let probe = home.project("probe", "");
    until("the follower listens", || {
        home.ctl_in(probe.dir(), ["projects", "add", "."]).ok();
        home.ctl_in(probe.dir(), ["projects", "rm", "probe"]).ok();
        events.drain(Duration::from_millis(50)).iter().any(|line| line.contains("probe")).then_some(())
    });
    events
}

#[track_caller]
fn reloaded(events: &mut Follow, text: &str) {
    events.until_json(text, |event| {
        event["key"] == "shop" && event["kind"] == "reloaded" && event["data"]["text"] == text
    });
}

fn until_process(home: &Home, dir: &Path, name: &str, what: impl Fn(&Value) -> bool) -> Value {
    until(name, || {
        let process = process(home, dir, name);
        what(&process).then_some(process)
    })
}

#[test]
fn an_edited_file_is_applied_as_a_difference() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = opened(&home, &(sleeper("api", 600) + &sleeper("old", 600)));
    let dir = project.dir();
    home.ctl_in(dir, ["run", "--name", "adhoc", "--", "sleep", "600"]).ok();
    let before = [pid(&home, dir, "api"), pid(&home, dir, "old"), pid(&home, dir, "adhoc")];
    let mut events = told(&home, dir);

    project.write("brummer.toml", &(sleeper("api", 601) + &sleeper("new", 1)));
    reloaded(&mut events, "added new; changed api (restart to apply); removed old (still there)");
    let api = process(&home, dir, "api");
    assert_eq!((&api["changed"], &api["undeclared"]), (&true.into(), &false.into()));
    assert!(api["note"].as_str().unwrap().contains("changed, restart to apply"), "{api}");
    assert_eq!(api["command"][1], "600", "what runs is what it was started as");
    let old = process(&home, dir, "old");
    assert_eq!((&old["state"], &old["undeclared"]), (&"running".into(), &true.into()));
    assert!(old["note"].as_str().unwrap().contains("no longer declared"), "{old}");
    assert_eq!(process(&home, dir, "new")["state"], "stopped", "declared is not started");
    let after = [pid(&home, dir, "api"), pid(&home, dir, "old"), pid(&home, dir, "adhoc")];
    assert_eq!(before, after, "nothing that runs was touched");

    home.ctl_in(dir, ["restart", "api"]).ok();
    let api = process(&home, dir, "api");
    assert_eq!((&api["changed"], &api["command"][1]), (&false.into(), &"601".into()));
    // To stop it is the word that it may go.
    home.ctl_in(dir, ["stop", "old"]).ok();
    home.ctl_in(dir, ["ps", "old"]).code(4);
    project.write("brummer.toml", &sleeper("api", 601));
    reloaded(&mut events, "removed new");
    home.ctl_in(dir, ["ps", "new"]).code(4);
}

#[test]
fn comments_and_formatting_change_nothing() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = opened(&home, &sleeper("api", 600));
    let dir = project.dir();
    project.write(
        "brummer.toml",
        "# more\n\n[ processes . api ]\n  run=[ 'sleep','600' , ]\nautostart = false\n",
    );
    let answer = home.ctl_in(dir, ["reload", "-o", "json"]).ok().json();
    let result = &answer["projects"][0]["results"][0];
    assert_eq!(result["changed"], false, "{answer}");
    assert_eq!(process(&home, dir, "api")["changed"], false);
}

#[test]
fn a_broken_file_changes_nothing_and_says_so_until_it_is_mended() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = opened(&home, &sleeper("api", 600));
    let dir = project.dir();
    let running = pid(&home, dir, "api");
    let mut events = told(&home, dir);

    project.write("brummer.toml", "[processes.api]\nrn = \"x\"\n");
    let broken = events.until_json("broken", |event| event["kind"] == "broken");
    let text = broken["data"]["text"].as_str().unwrap();
    assert!(text.contains("brummer.toml:2:1: E001"), "{text}");
    let status = home.ctl_in(dir, ["status", "-o", "json"]).ok().json();
    let shop =
        status["projects"].as_array().unwrap().iter().find(|project| project["name"] == "shop").unwrap();
    assert_eq!((&shop["mistakes"][0]["code"], &shop["mistakes"][0]["line"]), (&"E001".into(), &2.into()));
    let table = home.ctl_in(dir, ["status"]).ok().stdout;
    assert!(table.contains("configuration broken") && table.contains("did you mean `run`?"), "{table}");
    let refused = home.ctl_in(dir, ["reload"]).code(2);
    assert!(refused.stdout.contains("brummer.toml:2:1"), "{}", refused.stdout);
    let document = home.ctl_in(dir, ["reload", "-o", "json"]).code(2).json();
    assert_eq!(document["projects"][0]["mistakes"][0]["code"], "E001");
    assert_eq!((pid(&home, dir, "api"), &process(&home, dir, "api")["changed"]), (running, &false.into()));

    // What is known is started as it was read last; only a new name needs the file.
    let restarted = home.ctl_in(dir, ["restart", "api"]).ok();
    let told = "shop: the configuration has 1 mistake and changes nothing until it is mended";
    assert!(restarted.stderr.contains(told), "{}", restarted.stderr);
    let running = pid(&home, dir, "api");
    home.ctl_in(dir, ["start", "api"]).ok();
    home.ctl_in(dir, ["start", "--all"]).ok();
    assert!(home.ctl_in(dir, ["start", "worker"]).code(2).stderr.contains("did you mean `run`?"));

    // A file that comes later counts, and one that goes.
    project.write("brummer.toml", &sleeper("api", 600));
    events.until_json("mended", |event| event["kind"] == "mended");
    project.write("brummer.local.toml", "not toml");
    events.until_json("broken again", |event| event["kind"] == "broken");
    std::fs::remove_file(dir.join("brummer.local.toml")).unwrap();
    events.until_json("mended again", |event| event["kind"] == "mended");
    let status = home.ctl_in(dir, ["status"]).ok().stdout;
    assert!(!status.contains("broken"), "{status}");
    assert_eq!(pid(&home, dir, "api"), running);
}

#[test]
fn restart_on_change_restarts_when_an_editor_replaces_the_file() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = |seconds| sleeper("api", seconds) + "restart_on_change = true\n" + &sleeper("db", 600);
    let project = opened(&home, &config(600));
    let dir = project.dir();
    let (api, db) = (pid(&home, dir, "api"), pid(&home, dir, "db"));
    // As editors do: another file, renamed over it.
    let temporary = project.write("brummer.toml~", &config(601));
    std::fs::rename(temporary, dir.join("brummer.toml")).unwrap();
    let new = until_process(&home, dir, "api", |process| {
        process["state"] == "running" && process["command"][1] == "601"
    });
    assert_eq!((&new["changed"], &new["restarts"]), (&false.into(), &1.into()));
    assert_ne!(pid(&home, dir, "api"), api);
    assert_eq!(pid(&home, dir, "db"), db);
    // Asked by hand the answer comes when the new run is there.
    let old = pid(&home, dir, "api");
    project.write("brummer.toml", &config(602));
    home.ctl_in(dir, ["reload"]).ok();
    let now = until_state(&home, dir, "api", &["running"]);
    assert_eq!(now["command"][1], "602");
    assert_ne!(pid(&home, dir, "api"), old);
}

#[test]
fn a_hang_up_reads_everything_again_also_what_is_not_watched() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = opened(&home, &sleeper("api", 600));
    let dir = project.dir();
    home.ctl_in(dir, ["down"]).ok();
    // Closed: its files are not watched, and a reload by hand reads them all the same.
    project.write("brummer.toml", &(sleeper("api", 600) + &sleeper("later", 1)));
    let said = home.ctl_in(dir, ["reload"]).ok();
    assert!(said.stderr.contains("later  added"), "{}", said.stderr);

    let config = home.path().join("home/.config/brummer/config.toml");
    let mut events = home.follow_in(dir, ["events", "-f", "--topic", "system"]);
    std::fs::write(&config, "[logs]\nkeep_lines = 77\n").unwrap();
    daemon.process().signal(Signal::SIGHUP);
    until("the new value is in force", || {
        home.ctl_in(dir, ["config", "show"]).ok().stdout.contains("logs.keep_lines = 77").then_some(())
    });
    let answer = home.ctl_in(dir, ["reload", "-o", "json"]).ok().json();
    assert_eq!(answer["user"]["needs_restart"], serde_json::json!(["logs.keep_lines"]), "honest each time");
    std::fs::write(&config, "[logs]\nkeep_lines = 0\n").unwrap();
    events.until_json("the mistake", |event| event["kind"] == "config_broken");
    let status = home.ctl_in(dir, ["status", "-o", "json"]).ok().json();
    assert_eq!(status["daemon"]["mistakes"].as_array().unwrap().len(), 1, "{status}");
    assert!(home.ctl_in(dir, ["config", "show"]).stdout.contains("logs.keep_lines = 77"));
    home.ctl_in(dir, ["reload"]).code(2);
    std::fs::remove_file(&config).unwrap();
    events.until_json("it is mended", |event| event["kind"] == "config_reloaded");
    assert_eq!(
        home.ctl_in(dir, ["reload", "-o", "json"]).ok().json()["user"]["needs_restart"],
        serde_json::json!([])
    );
}

#[test]
fn the_next_daemon_knows_what_changed_before_and_meanwhile() {
    let home = Home::new();
    let daemon = home.daemon();
    let project = opened(&home, &(sleeper("api", 600) + &sleeper("web", 600) + &sleeper("old", 600)));
    let dir = project.dir();
    project.write("brummer.toml", &(sleeper("api", 601) + &sleeper("web", 600) + &sleeper("old", 600)));
    until_process(&home, dir, "api", |process| process["changed"] == true);
    let pids = ["api", "web", "old"].map(|name| pid(&home, dir, name));
    daemon.kill();
    project.write("brummer.toml", &(sleeper("api", 601) + &sleeper("web", 601)));
    let _daemon = home.daemon();
    until_process(&home, dir, "web", |process| process["changed"] == true);
    assert_eq!(process(&home, dir, "api")["changed"], true, "compared with what its run was started as");
    until_process(&home, dir, "old", |process| process["undeclared"] == true);
    assert_eq!(["api", "web", "old"].map(|name| pid(&home, dir, name)), pids);
    project.write("brummer.toml", &(sleeper("api", 600) + &sleeper("web", 601) + &sleeper("old", 600)));
    until_process(&home, dir, "api", |process| process["changed"] == false);
    until_process(&home, dir, "old", |process| process["undeclared"] == false);
}

#[test]
fn fifty_edits_in_a_burst_are_few_readings_and_the_last_state() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = opened(&home, &sleeper("api", 600));
    let dir = project.dir();
    let mut events = told(&home, dir);
    for number in 1..=50 {
        project.write("brummer.toml", &sleeper("api", 600 + number));
    }
    project.write("brummer.toml", &(sleeper("api", 700) + &sleeper("last", 1)));
    events.until_json("the last state", |event| {
        event["data"]["text"].as_str().is_some_and(|text| text.contains("added last"))
    });
    let readings =
        events.drain(Duration::from_millis(500)).iter().filter(|line| line.contains("reloaded")).count();
    assert!(readings <= 10, "{readings} readings");
    home.ctl_in(dir, ["restart", "api"]).ok();
    assert_eq!(process(&home, dir, "api")["command"][1], "700");
}

#[test]
fn ups_reloads_and_edits_at_once_end_in_the_last_state() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = opened(&home, &sleeper("api", 600));
    let dir = project.dir();
    std::thread::scope(|scope| {
        for verb in [["up", "-d"], ["reload", "-a"], ["restart", "api"], ["reload", "-q"]] {
            let home = &home;
            scope.spawn(move || (0..5).for_each(|_| home_ctl(home, dir, &verb)));
        }
        for number in 1..=30 {
            project
                .write("brummer.toml", &(sleeper("api", 600 + number) + &sleeper(&format!("n{number}"), 1)));
        }
    });
    let answer = home.ctl_in(dir, ["reload", "-o", "json"]).ok().json();
    let names: Vec<&str> = answer["projects"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["undeclared"] == false && !result["state"].is_null())
        .map(|result| result["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["api", "n30"], "{answer}");
    home.ctl_in(dir, ["restart", "api"]).ok();
    assert_eq!(process(&home, dir, "api")["command"][1], "630");
}

/// A command among others, which may be refused where another was faster.
fn home_ctl(home: &Home, dir: &Path, verb: &[&str]) {
    let answer = home.ctl_in(dir, verb);
    assert!([0, 1, 5, 7].contains(&answer.code), "{verb:?}: {answer:?}");
}
