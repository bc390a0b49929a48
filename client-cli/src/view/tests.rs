//! Every text layout and every JSON document, from fixed messages of the wire.

use std::path::Path;
use std::sync::Arc;

use brummer_proto::v1;
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;

use crate::failure::Problem;
use crate::json::action::ActionResult;
use crate::json::config::{Check, Shown};
use crate::json::event::Event;
use crate::json::incident::Incident;
use crate::json::log::{self, Gap, GapMessage, Line, Record, Source, Stream};
use crate::json::process::{Full, FullDocument, Process, WatchItem, WatchMessage};
use crate::json::project::{Endpoint, Project, Script};
use crate::json::system::{Pong, Started, Status, StoppedProcess, Version};
use crate::json::wait::{Wait, WaitResult};
use crate::json::{List, Versioned};
use crate::table::Paper;
use crate::view;
use crate::view::logs::{Escapes, Manner, Prefix, Printer, Stamp};

/// 2026-08-01T10:24:05.123456789Z
const NOW: i64 = 1_785_579_845_123_456_789;
const SECOND: i64 = 1_000_000_000;
const M: f64 = 1024.0 * 1024.0;

fn home() -> Option<&'static Path> {
    Some(Path::new("/home/me"))
}

fn document(value: &impl Serialize) -> String {
    // As it is printed, but with line breaks for whoever reviews it.
    let printed = serde_json::to_string(&Versioned::new(value)).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(parsed["schema"], 1);
    assert!(printed.starts_with("{\"schema\":1,"), "{printed}");
    printed.replace(",\"", ",\n\"")
}

fn text(value: &str) -> String {
    value.to_owned()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures of a table")]
fn usage(cpu: f64, mebibytes: f64) -> Option<v1::Usage> {
    Some(v1::Usage { cpu_percent: cpu, rss_bytes: (mebibytes * M) as u64 })
}

fn process(name: &str, state: v1::ProcessState) -> v1::Process {
    v1::Process {
        project: text("shop"),
        name: text(name),
        state: state.into(),
        directory: text("/home/me/src/shop"),
        command: vec![text("npm"), text("run"), text("dev")],
        kind: v1::ProcessKind::Service.into(),
        ..v1::Process::default()
    }
}

fn exited(code: i32, ago: i64) -> Option<v1::Exit> {
    Some(v1::Exit {
        code: Some(code),
        reason: v1::ExitReason::Exited.into(),
        at_ns: NOW - ago * SECOND,
        ..v1::Exit::default()
    })
}

fn running(name: &str, ready: bool, uptime_ms: u64, pid: u32, usage: Option<v1::Usage>) -> v1::Process {
    v1::Process {
        ready: Some(ready),
        pid: Some(pid),
        run: format!("01k{name}"),
        started_at_ns: Some(NOW - i64::try_from(uptime_ms).unwrap() * 1_000_000),
        uptime_ms: Some(uptime_ms),
        usage,
        ..process(name, v1::ProcessState::Running)
    }
}

/// The processes of the contract's example.
fn shop() -> Vec<v1::Process> {
    vec![
        v1::Process { note: text(":5432"), ..running("db", true, 315_000, 4698, usage(0.0, 31.0)) },
        v1::Process {
            note: text("http://localhost:3000/"),
            urls: vec![text("http://localhost:3000/")],
            depends_on: vec![text("db")],
            ..running("api", true, 312_000, 4711, usage(0.3, 49.1))
        },
        v1::Process {
            note: text("http://localhost:5173/  2 errors"),
            restarts: 2,
            errors: 2,
            ..running("web", false, 8_000, 5120, usage(12.3, 210.0))
        },
        v1::Process {
            note: text("exit 0, 5m ago"),
            exit: exited(0, 300),
            ..process("migrate", v1::ProcessState::Exited)
        },
        v1::Process {
            note: text("exit 1; next start in 4s (4 of 5)"),
            restarts: 4,
            exit: exited(1, 1),
            next_start_at_ns: Some(NOW + 4 * SECOND),
            ..process("worker", v1::ProcessState::Backoff)
        },
        v1::Process {
            note: text("exit 1; gave up: 5 restarts in 60s"),
            restarts: 5,
            exit: exited(1, 9),
            ..process("seed", v1::ProcessState::Failed)
        },
    ]
}

fn processes() -> Vec<Process> {
    shop().into_iter().map(Process::from).collect()
}

#[test]
fn ps_is_the_contracts_example_to_the_letter() {
    let expected = "\
NAME     STATE    READY  RESTARTS  UPTIME    PID   CPU     MEM  NOTE
db       running  yes           0   5m15s   4698  0.0%   31.0M  :5432
api      running  yes           0   5m12s   4711  0.3%   49.1M  http://localhost:3000/
web      running  no            2      8s   5120   12%    210M  http://localhost:5173/  2 errors
migrate  exited   -             0       -      -     -       -  exit 0, 5m ago
worker   backoff  -             4       -      -     -       -  exit 1; next start in 4s (4 of 5)
seed     failed   -             5       -      -     -       -  exit 1; gave up: 5 restarts in 60s
";
    let shape = view::ps::Shape::of(&processes(), false, false);
    assert_eq!(view::ps::table(&processes(), shape, Paper::default()), expected);
}

#[test]
fn ps_of_all_projects_wide_and_in_colour() {
    let all = view::ps::Shape { projects: true, wide: true };
    insta::assert_snapshot!("ps_wide", view::ps::table(&processes(), all, Paper::default()));
    let shape = view::ps::Shape::default();
    insta::assert_snapshot!(
        "ps_colour",
        view::ps::table(&processes(), shape, Paper { colour: true, width: Some(80) })
    );
    insta::assert_snapshot!("ps_empty", view::ps::table(&[], shape, Paper::default()));
    let mut two = processes();
    two[1].project = text("other");
    assert!(view::ps::Shape::of(&two, false, false).projects, "rows of two projects say which");
    let layout = view::ps::layout(&processes(), shape);
    let late = [
        layout.row(view::ps::row(&processes()[2], shape), Paper::default()),
        layout.row(view::ps::removed_row("shop/migrate", shape), Paper::default()),
    ];
    insta::assert_snapshot!("ps_watch_rows", late.concat());
}

#[test]
fn ps_documents() {
    insta::assert_snapshot!("ps_json", document(&List { name: "processes", items: &processes()[1..5] }));
    insta::assert_snapshot!("ps_jsonl", document(&processes()[1]));
    let one = &processes()[3..4];
    let messages = [WatchItem::Snapshot(one), WatchItem::Change(&one[0]), WatchItem::Removed("shop/migrate")];
    let messages: Vec<String> =
        messages.iter().zip(1..).map(|(item, seq)| document(&WatchMessage { item, seq })).collect();
    insta::assert_snapshot!("ps_watch_jsonl", messages.join("\n"));
}

#[test]
fn the_example_of_ps_has_its_fields_in_order() {
    let fields = [
        "project",
        "name",
        "state",
        "ready",
        "pid",
        "run",
        "started_at",
        "uptime_ms",
        "restarts",
        "exit",
        "next_start_at",
        "draining",
        "leftovers",
        "cpu_percent",
        "rss_bytes",
        "urls",
        "proxy_urls",
        "errors",
        "groups",
        "depends_on",
        "command",
        "directory",
        "note",
    ];
    let printed = serde_json::to_string(&processes()[1]).unwrap();
    let mut from = 0;
    for field in fields {
        let at =
            printed[from..].find(&format!("\"{field}\":")).unwrap_or_else(|| panic!("{field}: {printed}"));
        from += at;
    }
    let empty = serde_json::to_value(&processes()[0].exit).unwrap();
    assert_eq!(empty, json!({ "code": null, "signal": null, "core": false, "reason": null, "at": null }));
}

fn full() -> Full {
    let variable =
        |name: &str, value: &str| v1::EnvironmentVariable { name: text(name), value: value.into() };
    let source = |name: &str, places: &[&str]| v1::EnvironmentSource {
        name: text(name),
        places: places.iter().map(|place| text(place)).collect(),
    };
    let killed = v1::Exit {
        signal: text("SIGKILL"),
        core: true,
        reason: v1::ExitReason::Signaled.into(),
        at_ns: NOW - 600 * SECOND,
        ..v1::Exit::default()
    };
    let run = |id: &str, exit| v1::Run {
        id: text(id),
        pid: Some(4711),
        started_at_ns: Some(NOW - 312 * SECOND),
        exit,
    };
    Full::from_wire(v1::GetProcessResponse {
        ready_check: text("a line that matches `listening`"),
        process: Some(v1::Process {
            reason: text("it was started by `up`"),
            exit: Some(killed.clone()),
            leftovers: vec![4712, 4713],
            ..shop().remove(1)
        }),
        environment: vec![
            variable("PATH", "/usr/bin"),
            variable("API_TOKEN", "***"),
            variable("GREETING", "good morning"),
            variable("KEY", &"k".repeat(70)),
            variable("EMPTY", ""),
            variable("BRUMMER", "1"),
        ],
        environment_origin: text("the shell that ran `brummerctl up`"),
        environment_sources: vec![
            source("API_TOKEN", &["/home/me/src/shop/.env:3:1", "client"]),
            source("BRUMMER", &["brummer"]),
            source("DEBUG", &["/home/me/src/shop/brummer.toml:7:1", "client"]),
            source("EMPTY", &["/home/me/src/shop/.env:4:1"]),
            source(
                "GREETING",
                &[
                    "/home/me/src/shop/brummer.local.toml:5:3",
                    "/home/me/.env:2:1",
                    "/home/me/src/shop/.env:2:1",
                ],
            ),
            source("KEY", &["run -e"]),
        ],
        environment_notes: vec![text("/home/me/src/shop/.env:2:9: refers to a variable that is not set")],
        runs: vec![run("01kapi", None), run("01jold", Some(killed))],
        project: Some(v1::ProjectRef {
            name: text("shop"),
            directory: text("/home/me/src/shop"),
            ..v1::ProjectRef::default()
        }),
    })
    .unwrap()
}

#[test]
fn one_process_in_full() {
    insta::assert_snapshot!("process", view::process::text(&full(), home(), NOW, Paper::default()));
    insta::assert_snapshot!("process_json", document(&FullDocument { process: full() }));
}

fn status() -> Status {
    v1::GetStatusResponse {
        version: text("0.1.0"),
        pid: 812,
        uptime_ms: (2 * 24 + 3) * 3_600_000 + 5000,
        socket: text("/home/me/.local/state/brummer/runtime/brummerd.sock"),
        service: text("systemd"),
        rss_bytes: 41 * 1024 * 1024,
        tasks: 17,
        degradation: text("full"),
        epoch: text("feed"),
        next_seq: 9,
        logs: Some(v1::LogTotals {
            lines: 12_340,
            disk_bytes: 84 * 1024 * 1024,
            lost_lines: 0,
            disk_bytes_max: 2 * 1024 * 1024 * 1024,
        }),
        projects: vec![v1::Project {
            name: text("shop"),
            directory: text("/home/me/src/shop"),
            trusted: true,
            open: true,
            config: vec![text("/home/me/src/shop/brummer.toml")],
            running: 3,
            failed: 1,
            other: 1,
            ..v1::Project::default()
        }],
        state_dir: text("/home/me/.local/state/brummer"),
        mistakes: Vec::new(),
    }
    .into()
}

#[test]
fn status_is_the_contracts_example_to_the_letter() {
    let expected = "\
brummerd  0.1.0  pid 812  up 2d 3h  41M  service: systemd
socket    ~/.local/state/brummer/runtime/brummerd.sock
logs      12,340 lines  84M of 2.0G on disk  0 lost
degradation  full
PROJECT  STATE                 DIRECTORY
shop     3 running, 1 failed   ~/src/shop
";
    assert_eq!(view::daemon::status(&status(), home(), Paper::default()), expected);
    insta::assert_snapshot!("status_json", document(&status()));
}

#[test]
fn projects_and_what_is_in_them() {
    let mut projects = status().projects;
    projects.push(Project { name: text("blog"), directory: text("/srv/blog"), ..projects[0].clone() });
    insta::assert_snapshot!("projects", view::project::projects(&projects, home(), Paper::default()));
    insta::assert_snapshot!("projects_json", document(&List { name: "projects", items: &projects }));

    let script = |name: &str, original: &str, missing: &str| {
        Script::from(v1::Script {
            project: text("shop"),
            name: text(name),
            original: text(original),
            command: vec![text("npm"), text("run"), text(original)],
            directory: text("/home/me/src/shop"),
            source: text("package.json"),
            ecosystem: text("node"),
            runner: text("npm"),
            kind: v1::ProcessKind::Service.into(),
            missing: text(missing),
            missing_reason: String::new(),
            wants_argument: false,
            description: String::new(),
            runner_version: text("10.9.2"),
            last_run_at_ns: (original == "dev").then_some(NOW - 90 * SECOND),
        })
    };
    let scripts = [script("dev", "dev", ""), script("build-all", "build all", "npm")];
    insta::assert_snapshot!("scripts", view::project::scripts(&scripts, false, home(), Paper::default()));
    insta::assert_snapshot!("scripts_wide", view::project::scripts(&scripts, true, home(), Paper::default()));
    insta::assert_snapshot!("scripts_json", document(&List { name: "scripts", items: &scripts }));

    let urls = [Endpoint::from(v1::Endpoint {
        project: text("shop"),
        process: text("web"),
        url: text("http://localhost:5173/"),
        label: text("Local"),
        alive: true,
        seen_at_ns: NOW - 90 * SECOND,
        ..v1::Endpoint::default()
    })];
    insta::assert_snapshot!("urls", view::project::urls(&urls, NOW, Paper::default()));
    insta::assert_snapshot!("urls_json", document(&List { name: "urls", items: &urls }));
}

fn incident() -> Incident {
    let frame = |file: &str, function: &str, own| v1::StackFrame {
        file: text(file),
        line: 3,
        column: 9,
        function: text(function),
        own,
    };
    v1::Incident {
        id: text("3f9a1c2e"),
        project: text("shop"),
        process: text("web"),
        kind: text("TypeError"),
        message: text("Cannot read properties of undefined (reading 'map')"),
        file: text("src/x.ts"),
        line: 3,
        column: 9,
        language: text("javascript"),
        count: 4,
        first_seen_ns: NOW - 400 * SECOND,
        last_seen_ns: NOW - 12 * SECOND,
        first_cursor: text("l1.feed.41.17"),
        stack: vec![
            frame("src/x.ts", "render", true),
            frame("node_modules/react.js", "", false),
            frame("", "native", false),
        ],
        severity: v1::Severity::Error.into(),
        source: text("log"),
        ..v1::Incident::default()
    }
    .into()
}

#[test]
fn errors_are_the_contracts_example_to_the_letter() {
    let expected = "\
ID        LAST  COUNT  PROCESS  PLACE         ERROR
3f9a1c2e   12s      4  web      src/x.ts:3:9  TypeError: Cannot read properties of undefined (reading 'map')
";
    assert_eq!(view::errors::table(&[incident()], NOW, Paper::default()), expected);
    insta::assert_snapshot!("errors_json", document(&List { name: "errors", items: &[incident()] }));
    insta::assert_snapshot!("error_in_full", view::errors::full(&incident(), NOW, Paper::default()));
}

#[test]
fn an_error_says_nothing_twice() {
    let words = |kind: &str, code: Option<&str>, message: &str| {
        Incident { kind: text(kind), code: code.map(text), message: text(message), ..incident() }.words()
    };
    assert_eq!(words("TypeError", None, "x is undefined"), "TypeError: x is undefined");
    assert_eq!(words("error", Some("E0425"), "cannot find `y`"), "error E0425: cannot find `y`");
    assert_eq!(
        words("error", Some("E0425"), "error[E0425]: cannot find `y`"),
        "error[E0425]: cannot find `y`"
    );
    assert_eq!(words("panic", None, ""), "panic");
}

fn results() -> Vec<ActionResult> {
    let result = |name: &str, did: v1::Did, process: Option<v1::Process>| v1::ActionResult {
        project: text("shop"),
        name: text(name),
        did: did.into(),
        process,
        error: None,
    };
    let error = |code: &str, message: &str, hint: &str| {
        Some(v1::ActionError { code: text(code), message: text(message), hint: text(hint) })
    };
    let waiting = v1::Process {
        reason: text("waits for db to be ready"),
        ..process("worker", v1::ProcessState::Waiting)
    };
    let results = [
        result("api", v1::Did::Started, Some(shop().remove(1))),
        result("db", v1::Did::AlreadyRunning, Some(shop().remove(0))),
        result("migrate", v1::Did::Started, Some(shop().remove(3))),
        result("old", v1::Did::AlreadyStopped, Some(process("old", v1::ProcessState::Stopped))),
        result("gone", v1::Did::Removed, None),
        result("worker", v1::Did::Waiting, Some(waiting)),
        v1::ActionResult {
            error: error("START_FAILED", "`bad` could not be started: no `nope` on PATH", "install it"),
            ..result("bad", v1::Did::Failed, Some(process("bad", v1::ProcessState::Failed)))
        },
    ];
    results.into_iter().map(ActionResult::from).collect()
}

#[test]
fn actions_say_one_line_each() {
    let lines: Vec<String> = results().iter().map(|result| view::action::line(result, false)).collect();
    assert_eq!(lines[0], "api  started  pid 4711  http://localhost:3000/");
    insta::assert_snapshot!("actions", lines.join("\n"));
    assert_eq!(view::action::line(&results()[4], true), "shop/gone  removed");
    assert!(!view::action::qualified(&results()));
    insta::assert_snapshot!("actions_json", document(&List { name: "results", items: &results() }));
}

#[test]
fn problems_say_what_and_what_to_do() {
    let problem = Problem::new(4, "NOT_FOUND", "no process `apii` in shop").hint("did you mean `api`?");
    assert_eq!(view::problem(&problem), "no process `apii` in shop; did you mean `api`?");
    let document = serde_json::to_string(&Versioned::new(&crate::json::problem::Document::from(&problem)));
    assert_eq!(
        document.unwrap(),
        "{\"schema\":1,\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"no process `apii` in shop\",\
         \"hint\":\"did you mean `api`?\",\"details\":{}}}"
    );
    let mut broken = Problem::new(2, "CONFIG", "brummer.toml has 1 mistake");
    broken.details = json!({ "diagnostics": "brummer.toml:3:5: unknown key `runn`\n" });
    assert_eq!(view::problem(&broken), "brummer.toml has 1 mistake\nbrummer.toml:3:5: unknown key `runn`");
    let hostile = Problem::new(4, "NOT_FOUND", "no process `\u{1b}[2Jx` in shop");
    assert_eq!(view::problem(&hostile), "no process `x` in shop");
}

fn record(process: &str, stream: Stream, line: u64, words: &str) -> Record {
    let source = Source { project: text("shop"), process: text(process), run: format!("01k{process}") };
    Record {
        source: Arc::new(source),
        seq: 120 + line,
        line,
        stream,
        time_ns: NOW,
        level: Some(log::Level::Info),
        text: Bytes::copy_from_slice(words.as_bytes()),
        part: false,
        replaces_previous: false,
        after_exit: false,
        context: false,
    }
}

fn manner() -> Manner {
    Manner {
        prefix: Prefix::Names(6),
        stamp: Stamp::Nothing,
        escapes: Escapes::Nothing,
        colour: false,
        width: None,
    }
}

fn print(manner: Manner, records: &[Record]) -> String {
    let (mut printer, mut out) = (Printer::new(manner), Vec::new());
    for record in records {
        printer.print(record, &mut out);
    }
    printer.close(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn logs_are_the_contracts_example_to_the_letter() {
    let at =
        |ms: i64, record: Record| Record { time_ns: 1_785_579_845_000_000_000 + ms * 1_000_000, ..record };
    let records = [
        at(123, record("api", Stream::Out, 1, "listening on http://localhost:3000")),
        at(981, record("web", Stream::Err, 1, "TypeError: Cannot read properties of undefined")),
        at(1002, record("worker", Stream::Sys, 1, "exited 1 after 3.2s; next start in 500ms")),
    ];
    let expected = "\
10:24:05.123 api     | listening on http://localhost:3000
10:24:05.981 web     ! TypeError: Cannot read properties of undefined
10:24:06.002 worker  * exited 1 after 3.2s; next start in 500ms
";
    assert_eq!(print(Manner { stamp: Stamp::Clock(TimeZone::UTC), ..manner() }, &records), expected);
    let utc = print(Manner { stamp: Stamp::Utc, ..manner() }, &records);
    assert!(utc.starts_with("2026-08-01T10:24:05.123Z api     | listening"), "{utc}");
}

#[test]
fn prefixes_tell_who_unless_it_is_clear() {
    let records = [
        record("api", Stream::Out, 1, "out"),
        record("api", Stream::Err, 2, "err"),
        record("api", Stream::Sys, 3, "exited 0"),
    ];
    for (prefix, expected) in [
        (Prefix::Names(3), "api  | out\napi  ! err\napi  * exited 0\n"),
        (Prefix::MarksOfSys, "out\nerr\n* exited 0\n"),
        (Prefix::Nothing, "out\nerr\nexited 0\n"),
    ] {
        assert_eq!(print(Manner { prefix, ..manner() }, &records), expected);
    }
    let long = record("a-very-long-name-of-a-process", Stream::Out, 1, "x");
    assert_eq!(print(manner(), &[long]), "a-very-long-name-of-a-process  | x\n");
    assert_eq!(view::logs::name_width(["api", "a-very-long-name-of-a-process"]), 20);
    assert_eq!(view::logs::name_width([]), 0);
}

#[test]
fn escape_sequences_go_where_they_are_wanted() {
    let records = [record("api", Stream::Out, 1, "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x\ry")];
    let show =
        |escapes, width| print(Manner { prefix: Prefix::Nothing, escapes, width, ..manner() }, &records);
    assert_eq!(show(Escapes::Nothing, None), "red x\ry\n");
    assert_eq!(show(Escapes::Nothing, Some(80)), "red x␍y\n");
    assert_eq!(show(Escapes::Colours, Some(80)), "\u{1b}[31mred\u{1b}[0m ␛]0;title␇x␍y\n");
    assert_eq!(show(Escapes::Raw, Some(80)), "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x\ry\n");
}

#[test]
fn an_unfinished_line_is_shown_and_continued() {
    let part = |words: &str| Record { part: true, ..record("api", Stream::Out, 1, words) };
    let end = record("api", Stream::Out, 1, " secret");
    let other = record("web", Stream::Out, 1, "hello");
    let manner = Manner { prefix: Prefix::Names(3), ..manner() };
    for (records, expected) in [
        (vec![part("Password:"), end.clone()], "api  | Password: secret\n"),
        (vec![part("Pass"), part("word:"), end.clone()], "api  | Password: secret\n"),
        (
            vec![part("Password:"), other.clone(), end.clone()],
            "api  | Password:\nweb  | hello\napi  |  secret\n",
        ),
        (vec![part("Password:")], "api  | Password:\n"),
    ] {
        assert_eq!(print(manner.clone(), &records), expected);
    }
}

#[test]
fn a_progress_line_takes_its_own_place_on_a_terminal() {
    let state =
        |line, words: &str| Record { replaces_previous: line > 1, ..record("api", Stream::Out, line, words) };
    let other = record("api", Stream::Err, 9, "note");
    let terminal = Manner { prefix: Prefix::Nothing, width: Some(10), ..manner() };
    let pipe = Manner { prefix: Prefix::Nothing, ..manner() };
    let records = [state(1, "10%"), state(2, "20%")];
    assert_eq!(print(terminal.clone(), &records), "10%\n\u{1b}[1A\r\u{1b}[0J20%\n");
    assert_eq!(print(pipe.clone(), &records), "10%\n20%\n", "a pipe gets each state");
    let wrapped = [state(1, "twelve columns"), state(2, "20%")];
    assert_eq!(print(terminal.clone(), &wrapped), "twelve columns\n\u{1b}[2A\r\u{1b}[0J20%\n");
    let between = [state(1, "10%"), other.clone(), state(2, "20%")];
    assert_eq!(
        print(terminal.clone(), &between),
        "10%\nnote\n20%\n",
        "what stands between is not taken away"
    );

    // As the daemon sends a bar that is still moving: each state is without its end, and the last is ended.
    let open = |line, words: &str| Record { part: true, ..state(line, words) };
    let end = Record { replaces_previous: false, ..state(2, "") };
    let bar = [open(1, "10%"), open(2, "20%"), end.clone()];
    assert_eq!(print(terminal.clone(), &bar), "10%\r\u{1b}[0J20%\n");
    assert_eq!(print(pipe, &bar), "10%\n20%\n");
    let grown =
        [open(1, "ten colums"), Record { replaces_previous: false, ..open(1, "+") }, open(2, "20%"), end];
    assert_eq!(print(terminal.clone(), &grown), "ten colums+\u{1b}[1A\r\u{1b}[0J20%\n");
    let torn = [open(1, "10%"), other, open(2, "20%")];
    assert_eq!(print(terminal, &torn), "10%\nnote\n20%\n");
}

#[test]
fn gaps_say_how_much_is_missing_and_why() {
    let gap = |reason: v1::GapReason, lines| {
        Gap::from(v1::Gap {
            from: 100,
            to: 250,
            lines,
            process: text("api"),
            project: text("shop"),
            reason: reason.into(),
            ..v1::Gap::default()
        })
    };
    let evicted = gap(v1::GapReason::Evicted, Some(151));
    assert_eq!(view::logs::gap(&evicted), "api: 151 lines evicted (seq 100-250)");
    let all: Vec<String> = (0..=6)
        .filter_map(|reason| v1::GapReason::try_from(reason).ok())
        .map(|reason| view::logs::gap(&gap(reason, None)))
        .collect();
    insta::assert_snapshot!("gaps", all.join("\n"));
    insta::assert_snapshot!("gap_jsonl", document(&GapMessage { gap: &evicted }));
}

#[test]
fn log_documents() {
    let mut records = vec![record("api", Stream::Out, 17, "\u{1b}[32mlistening\u{1b}[0m")];
    records.push(Record {
        text: Bytes::from_static(b"bad \xff utf"),
        level: None,
        after_exit: true,
        part: true,
        ..record("api", Stream::Err, 18, "")
    });
    let lines: Vec<Line> = records.iter().map(|record| Line::new(record, "l1.feed.200.9")).collect();
    insta::assert_snapshot!("log_line_jsonl", document(&lines[0]));
    let page = log::Page { lines, gaps: Vec::new(), next: Some(text("l1.feed.200.9")) };
    insta::assert_snapshot!("logs_json", document(&page));
}

#[test]
fn wire_lines_become_records() {
    let lines = v1::LogLines {
        sources: vec![v1::LineSource {
            project: text("shop"),
            process: text("api"),
            run: text("r"),
            ..v1::LineSource::default()
        }],
        lines: vec![
            v1::LogLine {
                source: 0,
                seq: 1,
                line: 1,
                stream: v1::Stream::Err.into(),
                level: v1::Level::Warn.into(),
                text: Bytes::from_static(b"x"),
                ..v1::LogLine::default()
            },
            v1::LogLine { source: 7, seq: 2, ..v1::LogLine::default() },
        ],
    };
    let records = log::records(lines);
    assert_eq!(
        (records[0].source.process.as_str(), records[0].stream, records[0].level),
        ("api", Stream::Err, Some(log::Level::Warn))
    );
    assert_eq!(records[1].source.process, "", "a source that is not there names nobody");
}

#[test]
fn event_documents() {
    let event = |data: &str| {
        Event::from(v1::Event {
            seq: 9,
            cursor: text("e1.feed.9"),
            time_ns: NOW,
            topic: text("process"),
            key: text("shop/api"),
            priority: text("high"),
            kind: text("exited"),
            run: text("01kapi"),
            data_json: text(data),
        })
    };
    insta::assert_snapshot!("event_jsonl", document(&event(r#"{"code":1}"#)));
    assert_eq!(event("").data, json!({}));
}

fn waited() -> Wait {
    let result = |name: &str, met, reason: &str, exit| {
        let result =
            v1::WaitResult { name: text(name), met, reason: text(reason), exit, ..v1::WaitResult::default() };
        WaitResult::from_wire(result, "exit")
    };
    Wait {
        met: false,
        waited_ms: 412,
        results: vec![result("api", true, "", exited(3, 1)), result("seed", false, "it never ran", None)],
    }
}

#[test]
fn waits_say_what_came_of_them() {
    let lines: Vec<String> = waited().results.iter().map(view::wait::line).collect();
    assert_eq!(lines, ["api  exit 3", "seed  it never ran"]);
    insta::assert_snapshot!("wait_json", document(&waited()));
    let url = v1::WaitResult {
        name: text("web"),
        met: true,
        url: text("http://localhost:5173/"),
        ..v1::WaitResult::default()
    };
    let url = WaitResult::from_wire(url, "url");
    assert_eq!(view::wait::data(&url).as_deref(), Some("http://localhost:5173/\n"));
    assert_eq!(view::wait::data(&waited().results[0]), None);
}

#[test]
fn configuration_is_checked_and_shown() {
    let check = Check::from(v1::CheckConfigResponse {
        diagnostics: vec![
            v1::Diagnostic {
                code: text("UNKNOWN_KEY"),
                message: text("unknown key `runn`"),
                hint: text("did you mean `run`?"),
                file: text("/home/me/src/shop/brummer.toml"),
                line: 3,
                column: 1,
                rendered: text("error[UNKNOWN_KEY]: unknown key `runn`\n --> brummer.toml:3:1\n  | ^^^^\n"),
                severity: text("error"),
                key: text("processes.api.runn"),
            },
            v1::Diagnostic {
                severity: text("error"),
                code: text("CYCLE"),
                message: text("a -> b -> a"),
                file: text("brummer.toml"),
                line: 9,
                ..v1::Diagnostic::default()
            },
        ],
        files: vec![text("/home/me/src/shop/brummer.toml")],
    });
    insta::assert_snapshot!("config_check", view::config::check(&check));
    insta::assert_snapshot!("config_check_json", document(&check));
    let value = |key: &str, value: &str, source: &str| v1::ConfigValue {
        key: text(key),
        value: text(value),
        source: text(source),
    };
    let shown = Shown::from(v1::ShowConfigResponse {
        values: vec![
            value("logs.keep_lines", "10000", "default"),
            value("processes.api.run", "\"npm start\"", "brummer.toml:3:7"),
        ],
        files: vec![text("brummer.toml")],
    });
    assert_eq!(
        view::config::show(&shown, false),
        "logs.keep_lines = 10000\nprocesses.api.run = \"npm start\"\n"
    );
    assert_eq!(
        view::config::show(&shown, true),
        "logs.keep_lines = 10000  # default\nprocesses.api.run = \"npm start\"  # brummer.toml:3:7\n"
    );
    insta::assert_snapshot!("config_show_json", document(&shown));
}

#[test]
fn the_small_documents() {
    let pong = Pong { pid: 1, version: text("0.1.0"), rtt_us: 410 };
    let version = Version { client: text("0.1.0"), daemon: None };
    let stopped = |how: &str| StoppedProcess { project: text("shop"), name: text("api"), how: text(how) };
    let started = Started { did: "restarted", pid: 812, version: text("0.1.0"), kept: Some(3) };
    let told = [
        view::daemon::pong(&pong),
        document(&pong),
        view::daemon::version(&version),
        document(&version),
        view::daemon::started(&started),
        view::daemon::stopped(&stopped("exit 0")),
        view::daemon::stopped(&stopped("stopped")),
        document(&started),
    ];
    insta::assert_snapshot!("small", told.join("\n"));
}

#[test]
fn paths_and_commands_are_written_as_people_do() {
    assert_eq!(view::tilde("/home/me/src", home()), "~/src");
    assert_eq!(view::tilde("/home/me", home()), "~");
    assert_eq!(view::tilde("/home/meadow", home()), "/home/meadow");
    assert_eq!(view::tilde("/srv", None), "/srv");
    let words =
        |command: &[&str]| view::shell_words(&command.iter().map(|word| text(word)).collect::<Vec<_>>());
    assert_eq!(words(&["npm", "run", "dev"]), "npm run dev");
    assert_eq!(words(&["sh", "-c", "echo 'a b'", ""]), r"sh -c 'echo '\''a b'\''' ''");
}
