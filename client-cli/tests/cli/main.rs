//! The real binary against a daemon that says what a test wants: exit codes, which stream gets what, and what
//! happens when somebody goes away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and this one starts programs"
)]

mod fake;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};

use brummer_proto::v1;
use fake::{Fake, Script, line, refusal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tonic::Code;

fn ctl(fake: &Fake, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", fake.dir())
        .current_dir(fake.dir())
        .arg("--socket")
        .arg(fake.socket())
        .args(arguments)
        .stdin(Stdio::null());
    command
}

/// Exit code, stdout, stderr.
fn run(fake: &Fake, arguments: &[&str]) -> (i32, String, String) {
    told(ctl(fake, arguments).output().unwrap())
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A command under way.
struct Following {
    child: Child,
    stdout: Option<BufReader<std::process::ChildStdout>>,
}

impl Following {
    fn start(fake: &Fake, arguments: &[&str]) -> Self {
        let mut child = ctl(fake, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    fn interrupt(&self) {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGINT).unwrap();
    }

    /// Exit code, the rest of stdout, stderr.
    fn end(mut self) -> (i32, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(mut stdout) = self.stdout.take() {
            stdout.read_to_string(&mut out).unwrap();
        }
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), out, err)
    }
}

fn process(name: &str) -> v1::Process {
    v1::Process {
        project: "shop".to_owned(),
        name: name.to_owned(),
        state: v1::ProcessState::Running.into(),
        ready: Some(true),
        pid: Some(4711),
        run: "r1".to_owned(),
        ..v1::Process::default()
    }
}

fn result(name: &str, did: v1::Did) -> v1::ActionResult {
    v1::ActionResult {
        project: "shop".to_owned(),
        name: name.to_owned(),
        did: did.into(),
        process: Some(process(name)),
        error: None,
    }
}

fn failed(name: &str, code: &str) -> v1::ActionResult {
    let error = v1::ActionError { code: code.to_owned(), message: "no".to_owned(), hint: String::new() };
    v1::ActionResult { error: Some(error), ..result(name, v1::Did::Failed) }
}

fn ended(code: i32) -> v1::WaitResult {
    let exit = v1::Exit { code: Some(code), reason: v1::ExitReason::Exited.into(), ..v1::Exit::default() };
    v1::WaitResult { name: "api".to_owned(), met: true, exit: Some(exit), ..v1::WaitResult::default() }
}

fn out(seq: u64, text: &str) -> v1::LogLine {
    line(seq, v1::Stream::Out, text)
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let fake = Fake::start(Script {
        project: v1::ProjectRef { name: "shop".to_owned(), here: true, ..v1::ProjectRef::default() },
        results: vec![result("api", v1::Did::Started)],
        processes: vec![process("api")],
        ..Script::default()
    });
    let done = run(&fake, &["start", "api"]);
    assert_eq!(done, (0, String::new(), "api  started  pid 4711\n".to_owned()));
    assert_eq!(run(&fake, &["start", "api", "-q"]), (0, String::new(), String::new()));
    let (code, stdout, stderr) = run(&fake, &["ps"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("NAME  STATE"), "{stdout}");
    let (code, stdout, _) = run(&fake, &["-o", "json", "start", "api"]);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &document["results"][0]["did"]), (0, &Value::from("started")));
    // The start carries the world of whoever asks.
    let asked = fake.asked("start");
    assert!(asked.contains("PATH") && asked.contains("request_id"), "{asked}");
}

#[test]
fn another_directorys_project_is_named_on_stderr() {
    let directory = "/srv/shop".to_owned();
    let project = v1::ProjectRef { name: "shop".to_owned(), directory, ..v1::ProjectRef::default() };
    let fake = Fake::start(Script { project, ..Script::default() });
    let (_, stdout, stderr) = run(&fake, &["-p", "shop", "ps"]);
    assert_eq!(stderr, "project shop  /srv/shop\n");
    assert!(!stdout.contains("/srv"));
    assert!(fake.asked("list").contains("project: \"shop\""));
    let inside = fake.dir().canonicalize().unwrap();
    run(&fake, &["ps", "-p", "."]);
    assert!(fake.asked("list").contains(&format!("project: \"{}\"", inside.display())));
    run(&fake, &["ps", "-a"]);
    assert!(fake.asked("list").contains("all: true"));
}

#[test]
fn a_no_has_its_exit_code_and_its_hint() {
    let fake = Fake::start(Script::default());
    for (code, ours, exit) in [
        (Code::NotFound, "NOT_FOUND", 4),
        (Code::InvalidArgument, "CONFIG", 2),
        (Code::FailedPrecondition, "NOTHING_TO_START", 5),
        (Code::PermissionDenied, "DENIED", 6),
        (Code::Internal, "INTERNAL", 1),
    ] {
        let no = refusal(code, ours, "no process `apii` in shop", "did you mean `api`?");
        fake.change(|script| script.refusal = Some(no));
        let (found, stdout, stderr) = run(&fake, &["start", "apii"]);
        assert_eq!((found, stdout.as_str()), (exit, ""), "{code:?}");
        assert_eq!(stderr, "brummerctl: no process `apii` in shop; did you mean `api`?\n");
        let (found, stdout, stderr) = run(&fake, &["start", "apii", "-o", "jsonl"]);
        assert_eq!((found, stdout.as_str()), (exit, ""), "{code:?}");
        let said: Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!((&said["schema"], &said["error"]["code"]), (&Value::from(1), &Value::from(ours)));
        assert_eq!(said["error"]["hint"], "did you mean `api`?");
    }
}

#[test]
fn partial_failure_says_which_and_exits_7() {
    let fake = Fake::start(Script {
        results: vec![result("api", v1::Did::Started), failed("web", "START_FAILED")],
        ..Script::default()
    });
    let (code, _, stderr) = run(&fake, &["start", "api", "web", "-q"]);
    assert_eq!((code, stderr.as_str()), (7, "web  failed  no\n"));
    let (code, stdout, stderr) = run(&fake, &["start", "api", "web", "-o", "json"]);
    let (document, said): (Value, Value) =
        (serde_json::from_str(&stdout).unwrap(), serde_json::from_str(&stderr).unwrap());
    assert_eq!((code, document["results"].as_array().unwrap().len()), (7, 2));
    assert_eq!(said["error"]["details"]["name"], "web");
    fake.change(|script| script.results = vec![failed("web", "START_FAILED")]);
    assert_eq!(run(&fake, &["start", "web"]).0, 1);
    fake.change(|script| script.results = vec![failed("web", "STILL_RUNNING")]);
    assert_eq!(run(&fake, &["start", "web"]).0, 5);
}

#[test]
fn failing_to_become_ready_shows_the_last_lines() {
    let fake = Fake::start(Script {
        results: vec![failed("api", "ENDED")],
        lines: (1..=30).map(|seq| out(seq, &format!("line {seq}"))).collect(),
        ..Script::default()
    });
    let (code, stdout, stderr) = run(&fake, &["start", "api", "--wait"]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[1], lines[10]),
        (11, "api  failed  no", "api  | line 21", "api  | line 30")
    );
    assert_eq!(run(&fake, &["start", "api"]).2, "api  failed  no\n");
}

#[test]
fn no_daemon_is_3_and_nothing_is_started() {
    let fake = Fake::start(Script::default());
    let nowhere = ["--socket", "gone.sock", "--no-autostart"];
    for verb in [vec!["ps"], vec!["daemon", "status"], vec!["ping"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
        command.env_clear().env("HOME", fake.dir()).current_dir(fake.dir()).args(nowhere).args(&verb);
        let (code, stdout, stderr) = told(command.output().unwrap());
        assert_eq!((code, stdout.as_str()), (3, ""), "{verb:?}: {stderr}");
    }
    let mut version = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
    version.env_clear().env("HOME", fake.dir()).args(["version", "-o", "json"]);
    let (code, stdout, stderr) = told(version.output().unwrap());
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, stderr.as_str(), &document["daemon"]), (0, "", &Value::Null));
    for verb in ["status", "stop"] {
        let mut daemon = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
        daemon.env_clear().env("HOME", fake.dir()).args(["daemon", verb]);
        let (code, _, stderr) = told(daemon.output().unwrap());
        assert_eq!(code, if verb == "status" { 3 } else { 0 }, "{stderr}");
    }
}

#[test]
fn a_timeout_ends_the_waiting_and_says_that_the_work_goes_on() {
    let fake = Fake::start(Script::default());
    let (code, _, stderr) = run(&fake, &["restart", "api", "--timeout", "50ms"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("still working"), "{stderr}");
    let (code, _, stderr) = run(&fake, &["wait", "api", "--for", "exit", "--timeout", "50ms"]);
    assert_eq!(code, 17);
    assert!(stderr.contains("waited 50ms in vain for api to exit"), "{stderr}");
}

#[test]
fn wait_passes_an_end_on() {
    let answer = |results: Vec<v1::WaitResult>, met, impossible| {
        Some(v1::WaitResponse { met, impossible, results, project: None })
    };
    let fake = Fake::start(Script { wait: answer(vec![ended(3)], true, false), ..Script::default() });
    assert_eq!(run(&fake, &["wait", "api", "--for", "exit"]).0, 3);
    let (code, stdout, _) = run(&fake, &["wait", "api", "--for", "exit", "-o", "json"]);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &document["results"][0]["exit"]["code"]), (0, &Value::from(3)));
    let never = v1::WaitResult { name: "api".to_owned(), reason: "it never ran".to_owned(), ..ended(0) };
    let never = v1::WaitResult { met: false, never_ran: true, exit: None, ..never };
    fake.change(|script| script.wait = answer(vec![never], false, true));
    let (code, _, stderr) = run(&fake, &["wait", "api", "--for", "exit"]);
    assert_eq!((code, stderr.as_str()), (18, "api  it never ran\n"));
    let url = v1::WaitResult { url: "http://localhost:1/".to_owned(), exit: None, ..ended(0) };
    fake.change(|script| script.wait = answer(vec![url], true, false));
    assert_eq!(run(&fake, &["wait", "api", "--for", "url"]).1, "http://localhost:1/\n");
}

#[test]
fn logs_show_the_newest_lines_of_the_process() {
    let mut lines: Vec<v1::LogLine> = (1..=300).map(|seq| out(seq, &format!("line {seq}"))).collect();
    lines.push(line(301, v1::Stream::Sys, "exited 0"));
    let fake = Fake::start(Script {
        lines,
        processes: vec![process("api"), process("worker")],
        ..Script::default()
    });
    let count = |arguments: &[&str]| run(&fake, arguments).1.lines().count();
    assert_eq!(count(&["logs", "api"]), 201, "200 lines of the process and what Brummer says");
    assert_eq!(count(&["logs", "api", "-n", "5"]), 6);
    assert_eq!(count(&["logs", "api", "-n", "all"]), 301);
    assert_eq!(count(&["logs", "api", "-n", "0"]), 0);
    let (_, stdout, _) = run(&fake, &["logs", "api", "-n", "1"]);
    assert_eq!(stdout, "line 300\n* exited 0\n");
    let (_, stdout, _) = run(&fake, &["logs", "-n", "1"]);
    assert_eq!(stdout, "api     | line 300\napi     * exited 0\n", "padded to the longest selected");
    let (_, stdout, _) = run(&fake, &["logs", "-n", "1", "--no-prefix"]);
    assert_eq!(stdout, "line 300\nexited 0\n");
    assert_eq!(run(&fake, &["logs", "--count"]).1, "301\n");
}

#[test]
fn cursors_page_through_everything_once() {
    let fake =
        Fake::start(Script { lines: (1..=25).map(|seq| out(seq, "x")).collect(), ..Script::default() });
    let mut after = "l1.feed.0.0".to_owned();
    let mut seen = Vec::new();
    loop {
        let (code, stdout, _) = run(&fake, &["logs", "api", "--after", &after, "-n", "10", "-o", "json"]);
        let page: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(code, 0);
        let lines = page["lines"].as_array().unwrap();
        if lines.is_empty() {
            break;
        }
        seen.extend(lines.iter().map(|line| line["seq"].as_u64().unwrap()));
        // The page's own cursor, and the one of its last line, say the same.
        assert_eq!(page["next"], lines.last().unwrap()["cursor"]);
        after = page["next"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, (1..=25).collect::<Vec<u64>>());
    assert_eq!(run(&fake, &["logs", "api", "--after", "nonsense"]).0, 2);
}

#[test]
fn gaps_are_told_where_they_belong() {
    let gap = v1::Gap {
        from: 1,
        to: 4,
        lines: Some(4),
        process: "api".to_owned(),
        reason: v1::GapReason::Evicted.into(),
        ..v1::Gap::default()
    };
    let fake = Fake::start(Script { lines: vec![out(5, "five")], gaps: vec![gap], ..Script::default() });
    let (_, stdout, stderr) = run(&fake, &["logs", "api"]);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("five\n", "api: 4 lines evicted (seq 1-4)\n"));
    let (_, stdout, stderr) = run(&fake, &["logs", "api", "-o", "jsonl"]);
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(stderr, "");
    assert_eq!(
        (&lines[0]["gap"]["reason"], &lines[1]["text"]),
        (&Value::from("evicted"), &Value::from("five"))
    );
}

#[test]
fn following_goes_on_through_the_death_of_the_daemon() {
    let fake = Fake::start(Script { lines: vec![out(1, "one"), out(2, "two")], ..Script::default() });
    let mut logs = Following::start(&fake, &["logs", "api", "-f"]);
    assert_eq!((logs.line(), logs.line()), ("one\n".to_owned(), "two\n".to_owned()));
    fake.change(|script| script.lines.push(out(3, "three")));
    assert_eq!(logs.line(), "three\n");
    fake.cut();
    fake.change(|script| script.lines.push(out(4, "four")));
    assert_eq!(logs.line(), "four\n", "each line once, over the loss");
    logs.interrupt();
    let (code, rest, stderr) = logs.end();
    assert_eq!((code, rest.as_str()), (130, ""));
    assert_eq!(stderr, "the daemon is away; waiting for it\nthe daemon is back\n");
}

#[test]
fn a_follower_of_something_quiet_ends_with_its_reader() {
    let fake = Fake::start(Script { lines: vec![out(1, "one")], ..Script::default() });
    let mut logs = Following::start(&fake, &["logs", "api", "-f"]);
    assert_eq!(logs.line(), "one\n");
    drop(logs.stdout.take());
    assert_eq!(logs.end(), (0, String::new(), String::new()));
}

#[test]
fn a_broken_pipe_is_no_failure() {
    let fake =
        Fake::start(Script { lines: (1..=9000).map(|seq| out(seq, "y")).collect(), ..Script::default() });
    let mut logs = Following::start(&fake, &["logs", "api", "-n", "all"]);
    assert_eq!(logs.line(), "y\n");
    drop(logs.stdout.take());
    let (code, _, stderr) = logs.end();
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn raw_bytes_pass_through() {
    let bytes = b"\x1b[31mred\x1b[0m \xff\xfe \x1b]0;t\x07";
    let raw = v1::LogLine { text: bytes.to_vec().into(), ..out(1, "") };
    let fake = Fake::start(Script { lines: vec![raw], ..Script::default() });
    let passed = ctl(&fake, &["logs", "api", "--raw"]).output().unwrap();
    assert_eq!(passed.stdout, [bytes.as_slice(), b"\n"].concat());
    let (_, shown, _) = run(&fake, &["logs", "api"]);
    assert_eq!(shown, "red \u{fffd}\u{fffd} \n");
}

#[test]
fn up_follows_until_interrupted_and_says_that_all_keeps_running() {
    let fake = Fake::start(Script {
        project: v1::ProjectRef { name: "shop".to_owned(), here: true, ..v1::ProjectRef::default() },
        results: vec![result("api", v1::Did::Started)],
        ..Script::default()
    });
    let mut up = Following::start(&fake, &["up"]);
    // Whatever is said from the start on is shown, also before anybody follows.
    fake.until_asked("up");
    fake.change(|script| script.lines.push(out(1, "hello")));
    assert_eq!(up.line(), "api  | hello\n");
    up.interrupt();
    let (code, _, stderr) = up.end();
    assert_eq!(code, 0);
    assert!(stderr.ends_with("detached: all keeps running; `brummerctl down` stops it\n"), "{stderr}");
    assert!(!fake.asked("up").contains("wait: true") && fake.asked("stop").is_empty());
    let (code, stdout, _) = run(&fake, &["up", "-d"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
}

#[test]
fn run_rm_is_as_if_the_command_ran_here() {
    let fake = Fake::start(Script {
        results: vec![result("sh", v1::Did::Started)],
        lines: vec![
            out(1, "to out"),
            line(2, v1::Stream::Err, "to err"),
            line(3, v1::Stream::Sys, "exited 3"),
        ],
        wait: Some(v1::WaitResponse { met: true, results: vec![ended(3)], ..v1::WaitResponse::default() }),
        ..Script::default()
    });
    let (code, stdout, stderr) = run(&fake, &["run", "--rm", "-q", "-e", "A=b", "--", "sh", "-c", "exit 3"]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (3, "to out\n", "to err\n"));
    assert!(fake.asked("remove").contains("\"sh\""));
    let asked = fake.asked("run");
    assert!(asked.contains(r#"argv: ["sh", "-c", "exit 3"]"#) && asked.contains(r#"name: "A""#), "{asked}");
}

#[test]
fn run_rm_of_what_cannot_run_has_a_shells_code() {
    let fake = Fake::start(Script { results: vec![failed("x", "START_FAILED")], ..Script::default() });
    std::fs::write(fake.dir().join("data"), "no program").unwrap();
    assert_eq!(run(&fake, &["run", "--rm", "--", "no-such-program-anywhere"]).0, 127);
    assert_eq!(run(&fake, &["run", "--rm", "--", "./data"]).0, 126);
    assert_eq!(run(&fake, &["run", "--", "./data"]).0, 1, "without --rm it is a start that failed");
}

#[test]
fn an_interrupted_run_rm_stops_what_it_started() {
    let fake = Fake::start(Script {
        results: vec![result("sleep", v1::Did::Started)],
        lines: vec![out(1, "begun")],
        ..Script::default()
    });
    let mut command = Following::start(&fake, &["run", "--rm", "--", "sleep", "1000"]);
    assert_eq!(command.line(), "begun\n");
    command.interrupt();
    let (code, _, _) = command.end();
    assert_eq!(code, 130);
    assert!(fake.asked("stop").contains("\"sleep\"") && fake.asked("remove").contains("\"sleep\""));
}

#[test]
fn ps_watch_is_a_list_and_then_changes() {
    let fake = Fake::start(Script { processes: vec![process("api")], ..Script::default() });
    let mut watch = Following::start(&fake, &["ps", "-w", "-o", "jsonl"]);
    let parse = |line: String| serde_json::from_str::<Value>(&line).unwrap();
    let first = parse(watch.line());
    assert_eq!((&first["snapshot"][0]["name"], &first["seq"]), (&Value::from("api"), &Value::from(1)));
    fake.change(|script| script.processes = vec![process("web")]);
    let second = parse(watch.line());
    assert_eq!((&second["change"]["name"], &second["seq"]), (&Value::from("web"), &Value::from(2)));
    watch.interrupt();
    assert_eq!(watch.end().0, 130);
}

#[test]
fn what_has_no_end_is_no_document() {
    let fake = Fake::start(Script::default());
    for arguments in [
        vec!["logs", "-f"],
        vec!["ps", "-w"],
        vec!["errors", "-f"],
        vec!["events", "-f"],
        vec!["up"],
        vec!["run", "--rm", "--", "true"],
    ] {
        let (code, stdout, stderr) = run(&fake, &[&["-o", "json"], arguments.as_slice()].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(serde_json::from_str::<Value>(&stderr).unwrap()["error"]["code"], "USAGE");
    }
    assert_eq!(run(&fake, &["logs", "--raw", "-o", "jsonl"]).0, 2);
    assert_eq!(run(&fake, &["logs", "-C", "2"]).0, 2);
    assert_eq!(run(&fake, &["errors", "--all", "show", "3f"]).0, 2);
}

#[test]
fn completion_asks_the_daemon_for_names() {
    let fake = Fake::start(Script { processes: vec![process("api"), process("web")], ..Script::default() });
    let complete = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
        command
            .env_clear()
            .env("HOME", fake.dir())
            .env("BRUMMER_SOCKET", fake.socket())
            .env("BRUMMERCTL_COMPLETE", "fish")
            .current_dir(fake.dir())
            .args(["--", "brummerctl"])
            .args(words);
        told(command.output().unwrap())
    };
    let (code, stdout, _) = complete(&["logs", "w"]);
    assert_eq!((code, stdout.lines().collect::<Vec<_>>()), (0, vec!["web"]));
    let (_, verbs, _) = complete(&["sta"]);
    assert!(verbs.contains("start") && verbs.contains("status"), "{verbs}");
    let (code, script, _) = run(&fake, &["completion", "bash"]);
    assert_eq!(code, 0);
    assert!(script.contains("BRUMMERCTL_COMPLETE"));
}

#[test]
fn installing_without_a_manager_shows_and_changes_nothing() {
    let fake = Fake::start(Script::default());
    let bin = tempfile::tempdir().unwrap();
    std::fs::write(bin.path().join("brummerd"), "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_brummerctl"));
    // No systemctl on this PATH, so no manager answers.
    command.env_clear().env("HOME", fake.dir()).env("PATH", bin.path()).args(["daemon", "install"]);
    let (code, stdout, stderr) = told(command.output().unwrap());
    assert_eq!(code, 5, "{stderr}");
    assert!(stdout.contains("brummerd.service") && stdout.contains("KillMode=process"), "{stdout}");
    assert!(!fake.dir().join(".config").exists());
}

#[test]
fn usage_errors_are_told_in_the_format_asked_for() {
    let fake = Fake::start(Script::default());
    let (code, stdout, stderr) = run(&fake, &["pss"]);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (2, "", "brummerctl: no verb `pss`; did you mean `ps`?\n")
    );
    let (code, _, stderr) = run(&fake, &["pss", "-o", "json"]);
    let said: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((code, &said["error"]["hint"]), (2, &Value::from("did you mean `ps`?")));
    let (code, stdout, _) = run(&fake, &["--help"]);
    assert!(code == 0 && stdout.contains("completion"));
}
