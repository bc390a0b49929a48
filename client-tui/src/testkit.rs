//! A shop with five processes, for tests: what the contract draws.

use std::sync::Arc;

use bytes::Bytes;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::effect::Effect;
use crate::keys::{Code, Key};
use crate::message::{Change, Message, Update};
use crate::model::filter::{Level, Stream};
use crate::model::incident::{Frame, Incident};
use crate::model::log::{Entry, Gap, Line, Source};
use crate::model::process::{Endpoint, Exit, Process, Project, Script, State};
use crate::model::settings::{Found, Mistake, Setting};
use crate::model::{Model, Now, Place, Size};
use crate::update::update;
use crate::view;

/// 10:24:12 of a day in 2026, UTC.
pub(crate) const WALL_NS: i64 = 1_785_579_852_000_000_000;
pub(crate) const NOW: Now = Now { wall_ns: WALL_NS, mono_ms: 1_000_000 };

pub(crate) fn empty(width: u16, height: u16, colour: bool) -> Model {
    let place = Place::Project { name: "shop".into(), directory: "/home/ann/src/shop".into() };
    let mut model =
        Model::new(place, Size { width, height }, colour, TimeZone::UTC, Some("/home/ann".into()));
    model.now = NOW;
    model
}

pub(crate) fn process(name: &str, state: State) -> Process {
    Process {
        project: "shop".into(),
        name: name.into(),
        state,
        ready: None,
        pid: None,
        run: format!("run-of-{name}"),
        began_mono_ms: None,
        restarts: 0,
        exit: None,
        next_start_ns: None,
        draining: false,
        leftovers: Vec::new(),
        cpu_percent: None,
        rss_bytes: None,
        urls: Vec::new(),
        errors: 0,
        depends_on: Vec::new(),
        command: vec!["npm".into(), "run".into(), name.into()],
        directory: "/home/ann/src/shop".into(),
        note: String::new(),
        reason: String::new(),
        task: false,
        attempt: 0,
        attempts_max: 0,
        autostart: true,
        changed: false,
    }
}

fn running(name: &str, ready: bool, uptime_ms: i64, cpu: f64, megabytes: u64) -> Process {
    Process {
        ready: Some(ready),
        pid: Some(4711),
        began_mono_ms: Some(1_000_000 - uptime_ms),
        cpu_percent: Some(cpu),
        rss_bytes: Some(megabytes * 1024 * 1024),
        ..process(name, State::Running)
    }
}

pub(crate) fn processes() -> Vec<Process> {
    vec![
        Process { note: ":5432".into(), ..running("db", true, 315_000, 0.0, 31) },
        Process {
            note: "http://localhost:3000/".into(),
            urls: vec!["http://localhost:3000/".into()],
            depends_on: vec!["db".into()],
            ..running("api", true, 312_000, 0.3, 49)
        },
        Process {
            note: "http://localhost:5173/  2 errors".into(),
            urls: vec!["http://localhost:5173/".into()],
            errors: 2,
            restarts: 2,
            reason: "running; its ready check has not passed yet".into(),
            ..running("web", false, 8_000, 12.2, 210)
        },
        Process {
            exit: Some(Exit {
                code: Some(0),
                reason: "exited",
                at_ns: WALL_NS - 300_000_000_000,
                ..Exit::default()
            }),
            note: "exit 0, 5m ago".into(),
            task: true,
            ..process("migrate", State::Exited)
        },
        Process {
            exit: Some(Exit {
                code: Some(1),
                reason: "exited",
                at_ns: WALL_NS - 1_000_000_000,
                ..Exit::default()
            }),
            next_start_ns: Some(WALL_NS + 4_000_000_000),
            note: "exit 1; next start in 4s (4 of 5)".into(),
            reason: "exited with 1; restarted by policy `on-failure`".into(),
            restarts: 4,
            attempt: 4,
            attempts_max: 5,
            ..process("worker", State::Backoff)
        },
    ]
}

/// A line of `process`, written `seq` milliseconds after 10:24:05.
pub(crate) fn line(process: &str, seq: u64, text: &str) -> Line {
    Line {
        source: Arc::new(Source { process: process.into(), run: format!("run-of-{process}") }),
        seq,
        last_seq: seq,
        number: seq,
        stream: Stream::Out,
        time_ns: WALL_NS - 7_000_000_000 + i64::try_from(seq).unwrap() * 1_000_000,
        level: None,
        text: Bytes::copy_from_slice(text.as_bytes()),
        part: false,
        replaces: false,
        after_exit: false,
    }
}

pub(crate) fn entries() -> Vec<Entry> {
    let err = |seq, text| {
        Entry::Line(Line { stream: Stream::Err, level: Some(Level::Error), ..line("web", seq, text) })
    };
    vec![
        Entry::Line(line("web", 10, "\x1b[1;32mVITE v8\x1b[0m ready in \x1b[1m220\x1b[m ms")),
        Entry::Line(line("web", 20, "  ➜  Local: \x1b[36mhttp://localhost:5173/\x1b[39m")),
        Entry::Line(Line {
            level: Some(Level::Info),
            ..line("api", 981, "listening on http://localhost:3000")
        }),
        Entry::Line(Line {
            level: Some(Level::Warn),
            ..line("api", 1200, "GET /cart took 912 ms (timeout 1000)")
        }),
        err(
            4100,
            "TypeError: Cannot read properties of undefined (reading 'map') while rendering the list of 日本 items for the very first time",
        ),
        err(4101, "    at render (src/x.ts:3:9)"),
        Entry::Gap(Gap { from: 4102, to: 4252, lines: Some(151), process: "web".into(), reason: "evicted" }),
        Entry::Line(Line {
            stream: Stream::Sys,
            ..line("worker", 6000, "exited 1 after 3.2s; next start in 500ms")
        }),
        Entry::Line(line("web", 6100, "title \x1b]0;owned\x07 and \x1b[2J stay text")),
    ]
}

pub(crate) fn incidents() -> Vec<Incident> {
    let base = Incident {
        id: "3f9a1c2e".into(),
        process: "web".into(),
        kind: "TypeError".into(),
        code: String::new(),
        message: "Cannot read properties of undefined (reading 'map')".into(),
        file: "src/x.ts".into(),
        line: 3,
        column: 9,
        count: 4,
        first_seen_ns: WALL_NS - 90_000_000_000,
        last_seen_ns: WALL_NS - 12_000_000_000,
        first_cursor: "l1.feed.4099.0".into(),
        stack: vec![
            Frame { file: "src/x.ts".into(), line: 3, column: 9, function: "render".into(), own: true },
            Frame {
                file: "node_modules/lit/i.js".into(),
                line: 1,
                column: 2,
                function: "update".into(),
                own: false,
            },
        ],
        fatal: false,
        source: "log".into(),
        muted: false,
        resolved: false,
        earlier_run: false,
    };
    let other = Incident {
        id: "77aa0011".into(),
        process: "api".into(),
        kind: "error".into(),
        code: "TS2322".into(),
        message: "Type 'string' is not assignable to type 'number'.".into(),
        file: "src/cart.ts".into(),
        line: 120,
        count: 1,
        last_seen_ns: WALL_NS - 60_000_000_000,
        stack: Vec::new(),
        ..base.clone()
    };
    vec![base, other]
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint = |process: &str, url: &str, label: &str, alive| Endpoint {
        process: process.into(),
        url: url.into(),
        label: label.into(),
        proxy_url: String::new(),
        alive,
        seen_ns: WALL_NS - 7_000_000_000,
    };
    vec![
        endpoint("api", "http://localhost:3000/", "", true),
        endpoint("web", "http://localhost:5173/", "Local", true),
        endpoint("web", "http://192.168.1.4:5173/", "Network", false),
    ]
}

fn script(name: &str, directory: &str, command: &str, ecosystem: &str) -> Script {
    Script {
        name: name.into(),
        original: name.rsplit(':').next().unwrap_or_default().into(),
        command: command.split(' ').map(str::to_owned).collect(),
        directory: format!("/home/ann/src/shop{directory}"),
        source: "package.json".into(),
        ecosystem: ecosystem.into(),
        missing: String::new(),
        missing_reason: String::new(),
        wants_argument: false,
        last_run_ns: None,
    }
}

/// A monorepo with two packages and a Rust part; `cargo` is not there.
pub(crate) fn scripts() -> Vec<Script> {
    let ran = |minutes: i64| Some(WALL_NS - minutes * 60_000_000_000);
    vec![
        script("db", "", "/bin/sh -c postgres", "brummer"),
        Script { last_run_ns: ran(5), ..script("dev", "", "npm run dev", "node") },
        Script { last_run_ns: ran(1), ..script("test", "", "npm run test", "node") },
        script("web:build", "/packages/web", "npm run build", "node"),
        script("web:storybook", "/packages/web", "npm run storybook", "node"),
        script("api:migrate", "/packages/api", "npm run migrate", "node"),
        Script {
            missing: "cargo".into(),
            missing_reason: "needs cargo, which is not on the PATH".into(),
            ..script("cargo:run", "", "cargo run", "rust")
        },
    ]
}

pub(crate) fn settings() -> Found {
    let setting = |key: &str, value: &str, source: &str| Setting {
        key: key.into(),
        value: value.into(),
        source: source.into(),
    };
    Found {
        mistakes: vec![Mistake {
            code: "W102".into(),
            message: "`processes.api.watch` is not built into this version".into(),
            hint: "take it away, or keep it for a later version".into(),
            file: "/home/ann/src/shop/brummer.toml".into(),
            line: 7,
            column: 1,
        }],
        values: vec![
            setting("logs.keep_bytes", "\"2GiB\"", "default"),
            setting("logs.keep_lines", "50000", "/home/ann/.config/brummer/config.toml:3:1"),
            setting("processes.api.autostart", "true", "default"),
            setting(
                "processes.api.run",
                "[\"node\", \"server.js\", \"--port\", \"3000\", \"--verbose\", \"--trace\"]",
                "/home/ann/src/shop/brummer.toml:2:1",
            ),
            setting("daemon.log", "\"info\"", "environment BRUMMER_DAEMON__LOG"),
        ],
        files: vec!["/home/ann/.config/brummer/config.toml".into(), "/home/ann/src/shop/brummer.toml".into()],
    }
}

/// Everything known, lines of `all` arrived.
pub(crate) fn shop(width: u16, height: u16, colour: bool) -> Model {
    let mut model = empty(width, height, colour);
    let projects = vec![
        Project {
            name: "shop".into(),
            directory: "/home/ann/src/shop".into(),
            trusted: true,
            open: true,
            running: 3,
            failed: 0,
            other: 2,
            mistakes: 0,
        },
        Project {
            name: "blog".into(),
            directory: "/home/ann/src/blog".into(),
            trusted: false,
            open: true,
            running: 0,
            failed: 1,
            other: 0,
            mistakes: 0,
        },
    ];
    for update in [
        Update::Processes(Change::All(processes())),
        Update::Incidents(Change::All(incidents())),
        Update::Endpoints(Change::All(endpoints())),
        Update::Projects(Change::All(projects)),
    ] {
        tell(&mut model, update);
    }
    arrive(&mut model, entries());
    model
}

pub(crate) fn tell(model: &mut Model, told: Update) -> Vec<Effect> {
    let now = model.now;
    update(model, now, Message::Update(told))
}

/// Lines of the stream that the model listens to.
pub(crate) fn arrive(model: &mut Model, entries: Vec<Entry>) {
    let opening = model.log.opening;
    tell(model, Update::Lines { opening, entries, epoch: "l1.feed".into() });
}

pub(crate) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let now = model.now;
    update(model, now, Message::Key(key))
}

/// Keys by their characters; `\n` is Enter, `\x1b` Esc, `\t` Tab.
pub(crate) fn keys(model: &mut Model, text: &str) -> Vec<Effect> {
    let key = |character| match character {
        '\n' => Key::plain(Code::Enter),
        '\x1b' => Key::plain(Code::Esc),
        '\t' => Key::plain(Code::Tab),
        character => Key::char(character),
    };
    text.chars().flat_map(|character| press(model, key(character))).collect()
}

pub(crate) fn drawn(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.width, model.size.height)).unwrap();
    terminal.draw(|frame| view::draw(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The text of a row, without what a wide character covers.
pub(crate) fn row(buffer: &Buffer, y: u16) -> String {
    let mut text = String::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        text.push_str(symbol);
        x += u16::try_from(crate::ansi::width(symbol).max(1)).unwrap();
    }
    text
}

/// What is on the screen, and below it where it is styled, run by run.
pub(crate) fn picture(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        text.push_str(row(buffer, y).trim_end());
        text.push('\n');
    }
    text.push_str("-- styles\n");
    for y in 0..buffer.area.height {
        let runs = runs(buffer, y);
        if !runs.is_empty() {
            text.push_str(&format!("{y:>3}: {}\n", runs.join(" ")));
        }
    }
    text
}

fn runs(buffer: &Buffer, y: u16) -> Vec<String> {
    let mut runs = Vec::new();
    let mut start = 0;
    for x in 1..=buffer.area.width {
        let style = buffer[(start, y)].style();
        if x < buffer.area.width && buffer[(x, y)].style() == style {
            continue;
        }
        let name = name(style);
        if !name.is_empty() {
            runs.push(format!("{start}-{}:{name}", x - 1));
        }
        start = x;
    }
    runs
}

fn name(style: Style) -> String {
    let mut parts = Vec::new();
    if let Some(colour) = style.fg.filter(|colour| *colour != Color::Reset) {
        parts.push(format!("{colour}"));
    }
    if let Some(colour) = style.bg.filter(|colour| *colour != Color::Reset) {
        parts.push(format!("on-{colour}"));
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::REVERSED, "reversed"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::ITALIC, "italic"),
        (Modifier::CROSSED_OUT, "crossed"),
    ] {
        if style.add_modifier.contains(modifier) {
            parts.push(word.to_owned());
        }
    }
    parts.join("+")
}
