//! Starting: what cannot start says why, who asks at once gets one process, the last word wins.

use brummer_tests::{Home, Process, until};

use crate::common::{lines, pid, process, state, until_state};

#[test]
fn f01_what_exits_at_once_backs_off_and_then_gives_up() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.crashy]\nrun = [\"@testproc\", \"exit\", \"1\"]\n");
    let mut watch = home.follow_in(project.dir(), ["events", "-f", "--topic", "process"]);
    home.ctl_in(project.dir(), ["up", "-d"]);
    let backoff = watch.until_json("backoff", |event| event["kind"] == "backoff");
    assert_eq!(backoff["data"]["exit"]["code"], 1, "{backoff}");
    watch.until_json("failed", |event| event["kind"] == "failed");
    let ended = process(&home, project.dir(), "crashy");
    assert_eq!(ended["state"], "failed");
    assert_eq!(ended["exit"]["code"], 1);
    assert_eq!(ended["restarts"], 5);
    assert!(ended["note"].as_str().unwrap().contains("gave up: 5 restarts in 60s"), "{ended}");
    let starts = watch.seen_json().iter().filter(|event| event["kind"] == "starting").count();
    assert_eq!(starts, 6, "the first start and five restarts");
}

#[test]
fn f16_a_missing_program_fails_with_the_path_that_was_searched_and_is_not_retried() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.gone]\nrun = [\"no-such-program-anywhere\"]\n");
    let answer = home.ctl_in(project.dir(), ["up", "-d"]).code(1);
    assert!(answer.stderr.contains("no-such-program-anywhere"), "{}", answer.stderr);
    let failed = process(&home, project.dir(), "gone");
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["exit"]["reason"], "start_failed");
    let all = lines(&home, project.dir(), "gone");
    assert!(
        all.iter().any(|line| line["text"].as_str().unwrap().contains("PATH")),
        "the log tells the PATH searched: {all:?}"
    );
    assert_eq!(failed["restarts"], 0, "what cannot be spawned is not retried");
    assert_eq!(failed["next_start_at"], serde_json::Value::Null);
}

#[test]
fn f16_a_file_that_is_not_executable_fails_with_its_reason() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.text]\nrun = [\"./notes.txt\"]\n");
    project.write("notes.txt", "not a program\n");
    home.ctl_in(project.dir(), ["up", "-d"]).code(1);
    let failed = process(&home, project.dir(), "text");
    assert_eq!(failed["exit"]["reason"], "start_failed");
    assert!(failed["note"].as_str().unwrap().contains("not executable"), "{failed}");
}

#[test]
fn f17_a_directory_that_is_gone_is_named() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "[processes.api]\nrun = \"echo hi\"\ndir = \"sub\"\n");
    std::fs::create_dir(project.dir().join("sub")).unwrap();
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    until_state(&home, project.dir(), "api", &["exited"]);
    std::fs::remove_dir(project.dir().join("sub")).unwrap();
    home.ctl_in(project.dir(), ["start", "api"]).code(1);
    let failed = process(&home, project.dir(), "api");
    assert_eq!(failed["state"], "failed");
    assert!(failed["note"].as_str().unwrap().contains("sub"), "{failed}");
}

#[test]
fn f21_d12_fifty_starts_at_once_make_one_run() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"100ms\"]\nautostart = false\n",
    );
    home.ctl_in(project.dir(), ["projects", "add", project.dir().to_str().unwrap()]).ok();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| home.ctl_in(project.dir(), ["start", "api", "-o", "json"]).ok().json()))
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let runs: std::collections::HashSet<_> =
        answers.iter().map(|answer| answer["results"][0]["run"].as_str().unwrap().to_owned()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let shims = home.living_shims();
    assert!(shims.len() <= 3, "one shim (and the daemon) hold files of one run: {shims:?}");
}

#[test]
fn f22_the_last_word_wins_over_starts_and_stops() {
    let home = Home::new();
    let daemon = home.daemon();
    let project =
        home.project("shop", "[processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"50ms\"]\n");
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    for round in 0..60 {
        let verb = if round % 2 == 0 { "stop" } else { "start" };
        home.ctl_in(project.dir(), [verb, "api"]).ok();
        let now = state(&home, project.dir(), "api");
        assert_eq!(now, if verb == "stop" { "stopped" } else { "running" });
    }
    // And without waiting for one another: the state settles, and nothing is left behind.
    std::thread::scope(|scope| {
        for round in 0..20 {
            let (home, dir) = (&home, project.dir());
            scope.spawn(move || home.ctl_in(dir, [if round % 2 == 0 { "start" } else { "stop" }, "api"]));
        }
    });
    home.ctl_in(project.dir(), ["stop", "api"]).ok();
    assert_eq!(state(&home, project.dir(), "api"), "stopped");
    let descendants = daemon.process().descendants();
    let left: Vec<_> = descendants
        .into_iter()
        .filter(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.contains("testproc"))
        })
        .collect();
    assert!(left.is_empty(), "orphans: {left:?}");
}

#[test]
fn d13_restart_keeps_arguments_environment_and_directory() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    home.ctl_in(
        project.dir(),
        [
            "run",
            "--name",
            "echo",
            "-e",
            "WHO=me",
            "--",
            "sh",
            "-c",
            "echo \"$WHO  $PWD  $0\"; exec sleep 600",
            "a  b",
        ],
    )
    .ok();
    let first = pid(&home, project.dir(), "echo");
    home.ctl_in(project.dir(), ["restart", "echo"]).ok();
    let second = process(&home, project.dir(), "echo");
    assert_ne!(second["pid"].as_u64().unwrap(), u64::from(first));
    assert_eq!(second["restarts"], 1);
    let expected = format!("me  {}  a  b", project.dir().canonicalize().unwrap().display());
    until("both runs have said the same", || {
        let texts = crate::common::texts(&home, project.dir(), "echo");
        (texts == [expected.clone(), expected.clone()]).then_some(())
    });
}

#[test]
fn d14_restart_of_one_leaves_the_ended_others_listed() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.a]\nrun = [\"@testproc\", \"exit\", \"0\"]\nkind = \"task\"\n\
         [processes.b]\nrun = [\"@testproc\", \"exit\", \"3\"]\nkind = \"task\"\n\
         [processes.c]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    until_state(&home, project.dir(), "b", &["failed"]);
    until_state(&home, project.dir(), "a", &["exited"]);
    home.ctl_in(project.dir(), ["restart", "c"]).ok();
    let list = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
    let names: Vec<_> =
        list["processes"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b", "c"], "D24: in order of declaration");
    assert_eq!(list["processes"][1]["exit"]["code"], 3);
}

#[test]
fn d15_restarting_a_server_on_a_fixed_port_never_meets_its_own_predecessor() {
    let home = Home::new();
    let _daemon = home.daemon();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let project = home.project(
        "shop",
        &format!("[processes.web]\nrun = [\"@testproc\", \"listen\", \"{port}\"]\nrestart = \"no\"\n"),
    );
    home.ctl_in(project.dir(), ["up", "-d"]).ok();
    for _ in 0..20 {
        home.ctl_in(project.dir(), ["restart", "--all"]).ok();
        home.ctl_in(project.dir(), ["wait", "web", "--for", "url"]).ok();
    }
    assert_eq!(state(&home, project.dir(), "web"), "running");
}

#[test]
fn d20_the_argument_list_is_kept_and_no_shell_sees_it() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    home.ctl_in(
        project.dir(),
        ["run", "--name", "a", "--", &testproc, "args", "a  b", "$(touch pwned)", "'x", ";rm"],
    )
    .ok();
    until_state(&home, project.dir(), "a", &["exited"]);
    let texts = crate::common::texts(&home, project.dir(), "a");
    assert_eq!(texts, [r#""a  b""#, r#""$(touch pwned)""#, r#""'x""#, r#"";rm""#]);
    assert!(!project.dir().join("pwned").exists());
}

#[test]
fn d05_fifty_runs_at_once_have_fifty_identities_and_all_can_be_stopped() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project("shop", "");
    let testproc = home.testproc();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                home.ctl_in(project.dir(), ["run", "--", &testproc, "tick", "--every", "10s"]).ok();
            });
        }
    });
    let list = home.ctl_in(project.dir(), ["ps", "-o", "json"]).ok().json();
    let list = list["processes"].as_array().unwrap();
    let distinct = |field: &str| {
        list.iter().map(|process| process[field].to_string()).collect::<std::collections::HashSet<_>>().len()
    };
    assert_eq!((list.len(), distinct("name"), distinct("run"), distinct("pid")), (50, 50, 50, 50));
    let pids: Vec<Process> = list
        .iter()
        .map(|process| Process::of(u32::try_from(process["pid"].as_u64().unwrap()).unwrap()))
        .collect();
    home.ctl_in(project.dir(), ["down"]).ok();
    assert!(pids.iter().all(|process| !process.lives()));
}

#[test]
fn a_dependant_starts_after_its_task_succeeded_and_waits_for_one_that_failed() {
    let home = Home::new();
    let _daemon = home.daemon();
    let project = home.project(
        "shop",
        "[processes.seed]\nrun = [\"@testproc\", \"exit\", \"0\"]\nkind = \"task\"\n\
         [processes.api]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\ndepends_on = [\"seed\"]\n\
         [processes.broken]\nrun = [\"@testproc\", \"exit\", \"2\"]\nkind = \"task\"\n\
         [processes.never]\nrun = [\"@testproc\", \"tick\", \"--every\", \"1s\"]\ndepends_on = [\"broken\"]\n",
    );
    home.ctl_in(project.dir(), ["up", "-d"]).code(7);
    assert_eq!(state(&home, project.dir(), "api"), "running");
    let never = process(&home, project.dir(), "never");
    assert_eq!(never["state"], "waiting");
    assert!(never["note"].as_str().unwrap().contains("broken"), "{never}");
    let events = home.ctl_in(project.dir(), ["events", "--topic", "process"]).ok().jsonl();
    let at = |key: &str, kind: &str| {
        events
            .iter()
            .position(|event| event["key"] == format!("shop/{key}") && event["kind"] == kind)
            .unwrap_or_else(|| panic!("{key} {kind}: {events:#?}"))
    };
    assert!(at("seed", "exited") < at("api", "starting"));
}
