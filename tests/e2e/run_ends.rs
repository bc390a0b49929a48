//! How a run ends, as others are told: codes, signals, the last line before the end.

use brummer_tests::Home;

use crate::common::{assert_complete, lines, process, until_state};

#[test]
fn b03_d18_exits_are_told_by_code_and_by_the_name_of_the_signal() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    for (name, arguments, state, code, signal) in [
        ("zero", ["exit", "0"], "exited", Some(0), None),
        ("three", ["exit", "3"], "failed", Some(3), None),
        ("kill", ["signal", "KILL"], "failed", None, Some("SIGKILL")),
        ("segv", ["signal", "SEGV"], "failed", None, Some("SIGSEGV")),
    ] {
        home.ctl_in(project.dir(), ["run", "--name", name, "--", &testproc, arguments[0], arguments[1]]).ok();
        let ended = until_state(&home, project.dir(), name, &[state]);
        assert_eq!(ended["exit"]["code"].as_i64(), code, "{ended}");
        assert_eq!(ended["exit"]["signal"].as_str(), signal, "{ended}");
    }
}

#[test]
fn run_rm_passes_the_code_of_its_child() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    home.ctl_in(project.dir(), ["run", "--rm", "--", &testproc, "exit", "42"]).code(42);
    home.ctl_in(project.dir(), ["run", "--rm", "--", &testproc, "signal", "TERM"]).code(128 + 15);
    home.ctl_in(project.dir(), ["run", "--rm", "--", "no-such-program-anywhere"]).code(127);
    let text = project.write("text", "no program");
    home.ctl_in(project.dir(), ["run", "--rm", "--", text.to_str().unwrap()]).code(126);
    let answer = home.ctl_in(project.dir(), ["run", "--rm", "--", &testproc, "lines", "50"]).ok();
    assert_eq!(answer.stdout.lines().count(), 50, "{}", answer.stdout);
    let list = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
    assert_eq!(list["processes"], serde_json::json!([]), "nothing is left of them");
}

#[test]
fn f06_the_last_line_needs_no_newline() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    home.ctl_in(project.dir(), ["run", "--name", "tail", "--", "printf", "first\\nlast-without-newline"])
        .ok();
    until_state(&home, project.dir(), "tail", &["exited"]);
    let all = lines(&home, project.dir(), "tail");
    assert_complete(&all);
    let texts: Vec<_> = all
        .iter()
        .filter(|line| line["stream"] == "out")
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["first", "last-without-newline"]);
}

#[test]
fn f07_ten_megabytes_right_before_the_exit_are_all_there_and_come_before_it() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home
        .project("shop", "[processes.big]\nrun = [\"@testproc\", \"flood\", \"100000\"]\nkind = \"task\"\n");
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    let all = lines(&home, project.dir(), "big");
    assert_complete(&all);
    assert_eq!(all.iter().filter(|line| line["stream"] == "out").count(), 100_000);
    assert_eq!(all.last().unwrap()["stream"], "sys", "the end is the last line");
}

#[test]
fn d04_short_and_long_outputs_are_complete_every_time() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    for (count, times) in [(3, 25), (200, 10), (20_000, 3)] {
        for round in 0..times {
            let name = format!("n{count}-{round}");
            let lines = count.to_string();
            home.ctl_in(project.dir(), ["run", "--name", &name, "--", &testproc, "lines", &lines]).ok();
            home.ctl_in(project.dir(), ["wait", &name, "--for", "exit"]).ok();
            let told = home.ctl_in(project.dir(), ["logs", &name, "--stream", "out", "--count"]).ok();
            assert_eq!(told.stdout.trim(), lines, "{name}");
        }
    }
}

#[test]
fn d08_every_way_of_asking_gives_the_same_state() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.flaky]\nrun = [\"./tool\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).code(1);
    let tool = project.write("tool", "#!/bin/sh\nexec sleep 600\n");
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    home.ctl_in(project.dir(), ["start", "flaky"]).ok();
    let listed = process(&home, project.dir(), "flaky");
    let shown = home.ctl_in(project.dir(), ["status", "flaky", "-o", "json"]).ok().json();
    for field in ["state", "pid", "run", "restarts"] {
        assert_eq!(listed[field], shown["process"][field], "{field}");
    }
    assert_eq!(listed["state"], "running");
    home.ctl_in(project.dir(), ["wait", "flaky", "--for", "running"]).ok();
}
