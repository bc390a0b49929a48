//! Each key has its effect, seen from outside: what a process is run with, when it is started again, how it
//! is stopped, what of its lines is kept. The list of keys with their tests is in `tests/README.md`.

use brummer_tests::{Home, Process, Project, until};

use crate::common::{pid, process, texts, until_state};

/// A project `shop` of which everything is up and every task has succeeded.
fn up(home: &Home, config: &str) -> Project {
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    project
}

#[test]
fn run_dir_and_environment_are_as_written() {
    let home = Home::new().env("FROM_CLIENT", "client").env("NOT_WANTED", "1");
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        r#"
[processes.shell]
run = "echo $0 $FROM_CLIENT; pwd"
dir = "inner"
kind = "task"

[processes.list]
run = ["@testproc", "args", "$FROM_CLIENT", "a b"]
kind = "task"

[processes.env]
run = ["@testproc", "env"]
kind = "task"
env = { BOTH = "env", NUMBER = 3000 }
env_unset = ["NOT_WANTED"]
env_file = ["one.env", "two.env"]
"#,
    );
    project.write("one.env", "BOTH=one\nONE=one\nTWO=one\n");
    project.write("two.env", "TWO=two-${ONE}\n");
    std::fs::create_dir(project.dir().join("inner")).unwrap();
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();

    let inner = project.dir().canonicalize().unwrap().join("inner");
    assert_eq!(texts(&home, project.dir(), "shell"), ["/bin/sh client", inner.to_str().unwrap()]);
    assert_eq!(texts(&home, project.dir(), "list"), ["\"$FROM_CLIENT\"", "\"a b\""]);
    let environment = texts(&home, project.dir(), "env");
    for expected in ["BOTH=env", "NUMBER=3000", "ONE=one", "TWO=two-one", "FROM_CLIENT=client"] {
        assert!(environment.iter().any(|line| line == expected), "{expected}: {environment:?}");
    }
    assert!(!environment.iter().any(|line| line.starts_with("NOT_WANTED=")), "{environment:?}");
}

#[test]
fn a_profile_lies_over_the_file_until_the_next_up() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = "[processes.env]\nrun = [\"@testproc\", \"env\", \"LEVEL\"]\nkind = \"task\"\nenv = { LEVEL = \"info\" }\n\
                  [profile.ci.processes.env]\nenv = { LEVEL = \"debug\" }\n";
    let project = home.project("shop", config);
    let last = || texts(&home, project.dir(), "env").pop().unwrap();
    home.ctl_in(project.dir(), ["--profile", "ci", "up", "-d", "--wait"]).ok();
    assert_eq!(last(), "debug");
    home.ctl_in(project.dir(), ["restart", "env", "--wait"]).ok();
    assert_eq!(last(), "debug", "it stays chosen");
    home.ctl_in(project.dir(), ["up", "-d", "env", "--wait"]).ok();
    home.ctl_in(project.dir(), ["restart", "env", "--wait"]).ok();
    assert_eq!(last(), "info");
}

#[test]
fn kind_restart_and_autostart_say_what_follows_an_end() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        r#"
[processes.task]
run = ["@testproc", "exit", "0"]
kind = "task"

[processes.never]
run = ["@testproc", "exit", "3"]
restart = "no"

[processes.failure]
run = ["@testproc", "exit", "3"]
restart = "on-failure"

[processes.success]
run = ["@testproc", "exit", "0"]
restart = "on-failure"

[processes.always]
run = ["@testproc", "exit", "0"]
restart = "always"

[processes.by-hand]
run = ["sleep", "600"]
autostart = false
"#,
    );
    home.ctl_in(project.dir(), ["up", "-d"]);
    let ended = |name: &str, state: &str| {
        let process = until_state(&home, project.dir(), name, &[state]);
        process["restarts"].as_u64().unwrap()
    };
    assert_eq!((ended("task", "exited"), ended("never", "failed"), ended("success", "exited")), (0, 0, 0));
    // Both end again and again, until there is no point in it.
    assert_eq!((ended("failure", "failed"), ended("always", "failed")), (5, 5));
    assert_eq!(process(&home, project.dir(), "by-hand")["state"], "stopped");
    home.ctl_in(project.dir(), ["up", "-d", "by-hand"]).ok();
    assert_eq!(process(&home, project.dir(), "by-hand")["state"], "running");
}

#[test]
fn backoff_and_max_restarts_are_the_processs_own() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        r#"
[processes.quick]
run = ["@testproc", "exit", "3"]
backoff = { min = "1ms", max = "2ms" }
max_restarts = 8

[processes.slow]
run = ["@testproc", "exit", "3"]
backoff = { min = "1h" }

[processes.never]
run = ["@testproc", "exit", "3"]
backoff = { max = "300ms" }
max_restarts = 0
"#,
    );
    home.ctl_in(project.dir(), ["up", "-d"]);
    let quick = until_state(&home, project.dir(), "quick", &["failed"]);
    assert_eq!(quick["restarts"], 8);
    assert!(quick["note"].as_str().unwrap().contains("gave up: 8 restarts in 60s"), "{quick}");
    let slow = until_state(&home, project.dir(), "slow", &["backoff"]);
    let note = slow["note"].as_str().unwrap();
    assert!(note.contains("next start in") && note.contains("(1 of 5)") && note.contains('m'), "{note}");
    until("more than the usual five", || {
        (process(&home, project.dir(), "never")["restarts"].as_u64() > Some(6)).then_some(())
    });
    // A change of it alone needs no restart, and counts at the next end.
    let shown = home.ctl_in(project.dir(), ["config", "show"]).ok().stdout;
    for line in ["processes.quick.backoff.max = \"2ms\"", "processes.never.max_restarts = 0"] {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn stdin_is_silent_or_at_its_end() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = "[processes.open]\nrun = \"cat; echo over\"\nstdin = \"open\"\n\
                  [processes.null]\nrun = \"cat; echo over\"\nstdin = \"null\"\nrestart = \"no\"\n";
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    until_state(&home, project.dir(), "null", &["exited"]);
    assert_eq!(texts(&home, project.dir(), "null"), ["over"]);
    assert_eq!(process(&home, project.dir(), "open")["state"], "running");
    assert_eq!(texts(&home, project.dir(), "open"), Vec::<String>::new());
}

#[test]
fn stop_says_with_what_and_how_long() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        r#"
[processes.int]
run = "trap 'echo got INT; exit 0' INT; trap 'echo got TERM; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
stop = { signal = "SIGINT" }

[processes.command]
run = "trap 'cat said; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
stop = { command = "echo by the command > said" }

[processes.stubborn]
run = ["@testproc", "ignore-term"]
stop = { timeout = "100ms" }
"#,
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    for name in ["int", "command", "stubborn"] {
        home.ctl_in(project.dir(), ["wait", name, "--for", "log=ready"]).ok();
    }
    let before = std::time::Instant::now();
    home.ctl_in(project.dir(), ["stop", "stubborn"]).ok();
    assert!(before.elapsed().as_secs() < 10, "not the usual grace: {:?}", before.elapsed());
    assert_eq!(process(&home, project.dir(), "stubborn")["exit"]["signal"], "SIGKILL");
    home.ctl_in(project.dir(), ["stop", "int", "command"]).ok();
    assert_eq!(texts(&home, project.dir(), "int").last().unwrap(), "got INT");
    assert!(texts(&home, project.dir(), "command").contains(&"by the command".to_owned()));
}

#[test]
fn what_daemonizes_runs_on_behind_its_leader() {
    let home = Home::new();
    let _daemon = home.daemon();
    let config = "[processes.server]\nrun = [\"@testproc\", \"daemonise\"]\ndaemonizes = true\n";
    let project = home.project("shop", config);
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    let server = until("the leader is gone", || {
        let server = process(&home, project.dir(), "server");
        (!server["leftovers"].as_array().unwrap().is_empty() || server["state"] == "running")
            .then_some(server)
    });
    assert_eq!((&server["state"], &server["restarts"]), (&"running".into(), &0.into()), "{server}");
    home.ctl_in(project.dir(), ["stop", "server"]).ok();
    assert_eq!(process(&home, project.dir(), "server")["state"], "stopped");
}

/// The value of a metric without labels; zero if it was never touched.
fn metric(home: &Home, name: &str) -> f64 {
    let metrics = home.metrics();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.trim().parse().unwrap())
}

const FLOOD: &str = "[processes.flood]\nrun = [\"@testproc\", \"flood\", \"20000\"]\nkind = \"task\"\n";

/// Bytes of lines in memory after two megabytes of them were written; every one can still be read.
fn in_memory(user: &str, project: &str) -> f64 {
    let home = Home::with_config(user);
    let _daemon = home.daemon();
    let project = up(&home, &format!("{FLOOD}{project}"));
    until("all lines are there", || {
        let count = home.ctl_in(project.dir(), ["logs", "--stream", "out", "--count"]).ok().stdout;
        (count.trim() == "20000").then_some(())
    });
    metric(&home, "brummer_logs_ring_bytes")
}

#[test]
fn what_stays_in_memory_is_bounded_as_written() {
    let plenty = "[logs]\nkeep_lines = 100000\n";
    let all = in_memory(plenty, "");
    assert!(all > 2_000_000.0, "{all}");
    for (user, project) in [
        ("[logs]\nkeep_lines = 100\n", ""),
        (plenty, "[logs]\nkeep_lines = 100\n"),
        ("[logs]\nkeep_lines = 100000\nring_bytes = \"128KiB\"\n", ""),
        (plenty, "[logs]\nring_bytes = \"128KiB\"\n"),
        ("[logs]\nkeep_lines = 100000\nring_bytes = { project = \"128KiB\" }\n", ""),
        ("[logs]\nkeep_lines = 100000\nring_bytes = { total = \"128KiB\" }\n", ""),
    ] {
        let kept = in_memory(user, project);
        // Whole chunks go, so some more than the bound stays.
        assert!(kept < 1_000_000.0, "{kept} of {all} bytes with {user}{project}");
    }
}

#[test]
fn fsync_is_how_often_or_never() {
    for (fsync, syncs) in [("20ms", true), ("off", false)] {
        let home = Home::with_config(&format!("[logs]\nfsync = \"{fsync}\"\n"));
        let _daemon = home.daemon();
        let project = home
            .project("shop", "[processes.tick]\nrun = [\"@testproc\", \"tick\", \"--every\", \"10ms\"]\n");
        home.ctl_in(project.dir(), ["up", "-d"]).ok();
        if syncs {
            until("it is synced", || (metric(&home, "brummer_logs_syncs_total") > 0.0).then_some(()));
        } else {
            home.ctl_in(project.dir(), ["wait", "tick", "--for", "log=tick 50"]).ok();
            assert_eq!(metric(&home, "brummer_logs_syncs_total"), 0.0);
        }
    }
}

#[test]
fn ingest_threads_is_how_many_there_are() {
    for threads in [1, 3] {
        let home = Home::with_config(&format!("[daemon]\ningest_threads = {threads}\n"));
        let daemon = home.daemon();
        let tasks = std::fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap();
        let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap());
        assert_eq!(names.filter(|name| name.trim() == "log-ingest").count(), threads);
    }
}

#[test]
fn orphan_grace_is_how_long_processes_outlive_their_daemon() {
    let home = Home::with_config("[daemon]\norphan_grace = \"200ms\"\n");
    let daemon = home.daemon();
    let project = up(&home, "[processes.api]\nrun = [\"sleep\", \"600\"]\n");
    let api = Process::of(pid(&home, project.dir(), "api"));
    daemon.kill();
    assert!(api.gone_within(brummer_tests::PATIENCE), "nobody comes back for it");
}

#[test]
fn resume_starts_a_project_with_the_daemon() {
    let config = "[processes.api]\nrun = [\"sleep\", \"600\"]\n";
    for resume in [true, false] {
        let home = Home::new();
        let dir = home.path().join("src/shop");
        std::fs::write(
            home.path().join("home/.config/brummer/config.toml"),
            format!("[project.\"{}\"]\nresume = {resume}\n", dir.display()),
        )
        .unwrap();
        let mut daemon = home.daemon();
        let project = up(&home, config);
        assert_eq!(daemon.terminate(), Some(0));
        let _daemon = home.daemon();
        if resume {
            until_state(&home, project.dir(), "api", &["running"]);
        } else {
            assert_eq!(process(&home, project.dir(), "api")["state"], "stopped");
        }
    }
}
