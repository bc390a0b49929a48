//! Stopping: asked first, the whole tree, nobody else, and never called a failure.

use std::io::Write as _;
use std::time::{Duration, Instant};

use brummer_tests::{Home, Process, until};

use crate::common::{lines, pid, process, texts, until_state};

/// Pids that a line `pids 1 2 3` or `pid 1` of the helper names.
fn pids_said(home: &Home, dir: &std::path::Path, name: &str, count: usize) -> Vec<Process> {
    until("the helper has said its pids", || {
        let numbers: Vec<u32> = texts(home, dir, name)
            .iter()
            .filter(|text| text.starts_with("pid"))
            .flat_map(|text| {
                text.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect::<Vec<_>>()
            })
            .collect();
        (numbers.len() >= count).then(|| numbers.into_iter().map(Process::of).collect())
    })
}

#[test]
fn d01_a_requested_stop_ends_as_stopped_once_and_is_no_error() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.api]\nrun = [\"sleep\", \"600\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["stop", "api"]).ok();
    let stopped = process(&home, project.dir(), "api");
    assert_eq!(
        (stopped["state"].as_str(), stopped["exit"]["reason"].as_str()),
        (Some("stopped"), Some("stopped"))
    );
    assert_eq!(stopped["exit"]["signal"], "SIGTERM");
    let events = home.ctl_in(project.dir(), ["events", "--topic", "process"]).ok().jsonl();
    let ends: Vec<_> = events
        .iter()
        .filter(|event| ["stopped", "failed", "exited", "lost"].contains(&event["kind"].as_str().unwrap()))
        .filter(|event| !event["run"].as_str().unwrap_or_default().is_empty())
        .collect();
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(lines(&home, project.dir(), "api").iter().all(|line| line["level"] != "error"));
    assert_eq!(
        home.ctl_in(project.dir(), ["errors", "-o", "json"]).ok().json()["errors"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn d02_a_child_that_cleans_up_may_finish() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.api]\nrun = [\"@testproc\", \"trap-term\", \"300\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "api", "--for", "log=ready"]).ok();
    home.ctl_in(project.dir(), ["stop", "api"]).ok();
    assert!(texts(&home, project.dir(), "api").contains(&"CLEANUP".to_owned()));
    let stopped = process(&home, project.dir(), "api");
    assert_eq!(stopped["state"], "stopped");
    assert_eq!(stopped["exit"]["code"], 0, "no KILL: {stopped}");
}

#[test]
fn f02_what_ignores_sigterm_is_killed_after_its_grace() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.deaf]\nrun = [\"@testproc\", \"ignore-term\", \"--child\"]\nstop = { timeout = \"700ms\" }\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "deaf", "--for", "log=ready"]).ok();
    let leader = Process::of(pid(&home, project.dir(), "deaf"));
    let tree: Vec<Process> = leader.descendants().into_iter().map(Process::of).collect();
    assert!(!tree.is_empty());
    let asked = Instant::now();
    home.ctl_in(project.dir(), ["stop", "deaf"]).ok();
    assert!(asked.elapsed() >= Duration::from_millis(700), "it got its grace");
    assert!(!leader.lives() && tree.iter().all(|process| !process.lives()));
    let stopped = process(&home, project.dir(), "deaf");
    assert_eq!(
        (stopped["state"].as_str(), stopped["exit"]["signal"].as_str()),
        (Some("stopped"), Some("SIGKILL"))
    );
}

#[test]
fn f03_d03_no_member_of_the_tree_survives_a_stop() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.setsid]\nrun = [\"@testproc\", \"escape\", \"setsid\", \"--stay\"]\n\
         [processes.fork]\nrun = [\"@testproc\", \"escape\", \"double-fork\", \"--stay\"]\n\
         [processes.tree]\nrun = [\"@testproc\", \"tree\", \"3\"]\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut all = Vec::new();
    for name in ["setsid", "fork", "tree"] {
        all.extend(pids_said(&home, project.dir(), name, 1));
    }
    assert!(all.iter().all(Process::lives));
    home.ctl_in(project.dir(), ["down"]).ok();
    let left: Vec<u32> = all.iter().filter(|process| process.lives()).map(Process::pid).collect();
    assert!(left.is_empty(), "still alive: {left:?}");
}

#[test]
fn f03_descendants_that_outlive_their_leader_are_shown_and_stopped_before_the_next_run() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.leaver]\nrun = [\"@testproc\", \"escape\", \"setsid\"]\nkind = \"task\"\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let ended = until("leftovers are known", || {
        let process = process(&home, project.dir(), "leaver");
        (process["state"] == "exited" && !process["leftovers"].as_array().unwrap().is_empty())
            .then_some(process)
    });
    let escaped = Process::of(u32::try_from(ended["leftovers"][0].as_u64().unwrap()).unwrap());
    assert!(escaped.lives());
    home.ctl_in(project.dir(), ["start", "leaver"]).ok();
    assert!(!escaped.lives(), "the old tree is stopped before a new run");
    home.ctl_in(project.dir(), ["stop", "leaver"]).ok();
    let after = process(&home, project.dir(), "leaver");
    assert_eq!(after["leftovers"], serde_json::json!([]));
}

#[test]
fn d06_strangers_live_on_whatever_their_name_or_port() {
    let home = Home::new();
    let mut daemon = home.daemon();
    // A stranger named as a dev server, and one that listens.
    let vite = home.path().join("vite");
    std::fs::copy("/bin/sleep", &vite).unwrap();
    let mut stranger = home.command(&vite).arg("600").spawn().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let number = port.local_addr().unwrap().port();
    let project =
        home.project("shop", &format!("[processes.dev]\nrun = [\"@testproc\", \"listen\", \"{number}\"]\n"));
    home.ctl_in(project.dir(), ["up", "-d"]);
    home.ctl_in(project.dir(), ["stop", "dev"]).ok();
    assert_eq!(daemon.terminate(), Some(0));
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was signalled");
    std::net::TcpStream::connect(port.local_addr().unwrap()).unwrap().flush().unwrap();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn f58_sigterm_stops_everything_in_reverse_order_and_exits_0() {
    let home = Home::new();
    let mut daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.db]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\n\
         [processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\ndepends_on = [\"db\"]\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let pids: Vec<Process> =
        ["db", "api"].iter().map(|name| Process::of(pid(&home, project.dir(), name))).collect();
    let mut events = home.follow_in(project.dir(), ["events", "-f", "--topic", "process"]);
    home.ctl_in(project.dir(), ["run", "--name", "mark", "--", "true"]).ok();
    events.until_json("the stream is open", |event| event["key"] == "shop/mark");
    assert_eq!(daemon.terminate(), Some(0));
    assert!(pids.iter().all(|process| !process.lives()));
    let seen: Vec<String> = events
        .drain(Duration::from_millis(300))
        .iter()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|event| event["kind"] == "stopped")
        .map(|event| event["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen, ["shop/api", "shop/db"], "subscribers see the end, in reverse order");
    assert!(home.living_shims().is_empty());
}

#[test]
fn f59_a_second_sigterm_means_at_once() {
    let home = Home::new();
    let mut daemon = home.daemon();
    let project = home.project("shop", "[processes.deaf]\nrun = [\"@testproc\", \"ignore-term\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    home.ctl_in(project.dir(), ["wait", "deaf", "--for", "log=ready"]).ok();
    let child = Process::of(pid(&home, project.dir(), "deaf"));
    let mut events = home.follow_in(project.dir(), ["events", "-f", "--topic", "process"]);
    home.ctl_in(project.dir(), ["run", "--name", "mark", "--", "true"]).ok();
    events.until_json("the stream is open", |event| event["key"] == "shop/mark");
    daemon.process().signal(nix::sys::signal::Signal::SIGTERM);
    events
        .until_json("the stop has begun", |event| event["key"] == "shop/deaf" && event["kind"] == "stopping");
    let second = Instant::now();
    daemon.process().signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(daemon.wait_exit(), Some(0));
    assert!(second.elapsed() < Duration::from_secs(8), "the grace of 10 s was cut short");
    assert!(!child.lives());
}

#[test]
fn f05_the_exit_is_told_at_once_while_a_grandchild_holds_stdout() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.holder]\nrun = [\"@testproc\", \"hold\", \"forever\"]\nkind = \"task\"\n",
    );
    let asked = Instant::now();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let ended = until_state(&home, project.dir(), "holder", &["exited"]);
    assert!(asked.elapsed() < Duration::from_secs(20), "the grandchild would hold stdout for ever");
    assert_eq!(ended["exit"]["code"], 0);
    assert!(!texts(&home, project.dir(), "holder").is_empty(), "what the leader said is there");
    assert!(!ended["leftovers"].as_array().unwrap().is_empty());
}

#[test]
fn d10_asking_for_the_state_does_not_wait_for_stops() {
    let home = Home::new();
    let _daemon = home.daemon();
    let mut config = String::new();
    for number in 0..10 {
        config.push_str(&format!(
            "[processes.p{number}]\nrun = [\"@testproc\", \"ignore-term\"]\nstop = {{ timeout = \"3s\" }}\n"
        ));
    }
    let project = home.project("shop", &config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let mut events = home.follow_in(project.dir(), ["events", "-f", "--topic", "process"]);
    home.ctl_in(project.dir(), ["run", "--name", "mark", "--", "true"]).ok();
    events.until_json("the stream is open", |event| event["key"] == "shop/mark");
    std::thread::scope(|scope| {
        let down = scope.spawn(|| home.ctl_in(project.dir(), ["down"]).ok());
        events.until_json("the stops run", |event| event["kind"] == "stopping");
        let asked = Instant::now();
        let list = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
        assert!(asked.elapsed() < Duration::from_secs(2), "ps waited for the stops");
        assert!(list["processes"].as_array().unwrap().iter().any(|process| process["state"] == "stopping"));
        down.join().unwrap();
    });
}
