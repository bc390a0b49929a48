//! The table itself: every key that is built, in the order in which it is documented.
//!
//! Pure: data.

use super::Preset::{Bool, Int, Text, Unset};
use super::{Key, Kind, count, key, table};

/// Of the user's configuration file and of the environment (there without `project`).
pub(crate) static USER: &[Key] = &[
    VERSION,
    table("concurrency", CONCURRENCY, "How much the daemon does at once, and how its queues behave."),
    table("logs", USER_LOGS, "How much of what processes say is kept."),
    table("daemon", DAEMON, "The daemon itself."),
    key(
        "project",
        Kind::PerDirectory(&[key(
            "resume",
            Kind::Bool,
            Bool(false),
            "Start the project with the daemon, if it was open.",
            "true",
        )]),
        Unset,
        "What you allow one project, by its directory.",
        "",
    ),
];

/// Of a project's files.
pub(crate) static PROJECT: &[Key] = &[
    VERSION,
    PROCESSES,
    PROJECT_LOGS_TABLE,
    key(
        "profile",
        Kind::PerProfile(PROFILE),
        Unset,
        "Overlays by name: what differs when `brummerctl --profile NAME up` chose them.",
        "",
    ),
];

/// Of one profile.
static PROFILE: &[Key] = &[PROCESSES, PROJECT_LOGS_TABLE];

const VERSION: Key = key("version", Kind::Version, Int(1), "Version of the format; there is one.", "1");

const PROCESSES: Key =
    key("processes", Kind::PerProcess(PROCESS), Unset, "What runs, by name, in the order of the file.", "");

const PROJECT_LOGS_TABLE: Key =
    table("logs", PROJECT_LOGS, "How much of what the project's processes say is kept.");

static CONCURRENCY: &[Key] = &[
    table("eventbus", EVENTBUS, "How events get to handlers."),
    table("process_manager", PROCESS_MANAGER, "How processes are started and looked at."),
    table("log_store", LOG_STORE, "How lines get from captures into the store."),
];

static EVENTBUS: &[Key] = &[
    key(
        "worker_pool_size",
        Kind::AutoInt { least: 1, most: 1024 },
        Text("auto"),
        "Workers for handlers of events; `auto` is 2.5 a core, 4 to 32.",
        "8",
    ),
    count(
        "queue_buffer_size",
        1000,
        "Undelivered notices that are kept; changes of state do not count.",
        "2000",
    ),
    key(
        "backpressure_strategy",
        Kind::Word(&["degrade", "block", "drop"]),
        Text("degrade"),
        "When they are full: merge and drop the least important, let the publisher wait, or drop the newest.",
        "\"block\"",
    ),
    count("ring_size", 10_000, "Events kept for readers that come later.", "20000"),
];

static PROCESS_MANAGER: &[Key] = &[
    key(
        "max_concurrent_starts",
        Kind::Int { least: 1, most: 1024 },
        Int(10),
        "Processes that are being started at the same time; others wait.",
        "4",
    ),
    key(
        "status_read_strategy",
        Kind::Word(&["locked", "atomic"]),
        Text("atomic"),
        "Read a status without waiting (`atomic`), or through its owner's queue (`locked`).",
        "\"locked\"",
    ),
];

static LOG_STORE: &[Key] = &[
    count(
        "buffer_size",
        10_000,
        "Lines that are read and not yet numbered; when full, reading waits.",
        "20000",
    ),
    count("batch_size", 100, "Most lines of one run in one turn while others wait.", "200"),
    key(
        "timeout_ms",
        Kind::Int { least: 1, most: 60_000 },
        Int(50),
        "Milliseconds that a reader waits for room before it yields its turn.",
        "100",
    ),
];

static USER_LOGS: &[Key] = &[
    KEEP_LINES,
    key(
        "ring_bytes",
        Kind::Sizes { alone: "process", keys: USER_RINGS },
        Unset,
        "Memory for lines; a size alone is that of a process.",
        "",
    ),
    KEEP_BYTES,
    key("keep_total", Kind::Size, Text("2GiB"), "Captured bytes of all processes on disk.", "\"10GiB\""),
    key("keep_age", Kind::Duration, Text("7d"), "How old captures may get.", "\"30d\""),
    count("keep_runs", 1000, "Runs whose captures are kept, of all processes.", "50"),
    key(
        "min_free",
        Kind::Size,
        Text("200MiB"),
        "With less free space on the disk only current captures are kept.",
        "\"1GiB\"",
    ),
    WHEN_BEHIND,
    key(
        "fsync",
        Kind::DurationOrOff,
        Text("1s"),
        "How often captures are forced to the disk; matters for power failures only.",
        "\"off\"",
    ),
];

static DAEMON: &[Key] = &[
    key(
        "http_port",
        Kind::Int { least: 0, most: 65_535 },
        Int(7777),
        "Loopback port of `/metrics` and `/healthz`; 0 is any free one. Written by hand, it must be free.",
        "9090",
    ),
    key(
        "orphan_grace",
        Kind::Duration,
        Text("15m"),
        "How long processes run on while no daemon comes back.",
        "\"1h\"",
    ),
    key(
        "ingest_threads",
        Kind::AutoInt { least: 1, most: 1024 },
        Text("auto"),
        "Threads that read captures; `auto` is one a core.",
        "2",
    ),
    key("allow_root", Kind::Bool, Bool(false), "Let root talk to your daemon.", "true"),
];

static PROJECT_LOGS: &[Key] = &[
    KEEP_LINES,
    key(
        "ring_bytes",
        Kind::Sizes { alone: "process", keys: PROJECT_RINGS },
        Unset,
        "Memory for lines of a process.",
        "",
    ),
    KEEP_BYTES,
    WHEN_BEHIND,
];

/// Of one process. Defaults that are `Unset` depend on its kind or its origin.
static PROCESS: &[Key] = &[
    key(
        "run",
        Kind::Command,
        Unset,
        "What to run: text goes to `/bin/sh -c`, a list is executed as it is.",
        "\"cargo run -p api\"",
    )
    .otherwise("the detected script of this name"),
    key("dir", Kind::Path, Unset, "Where to run it, from the file's directory.", "\"apps/api\"")
        .otherwise("the file's directory, or the detected script's"),
    key(
        "env",
        Kind::Variables,
        Unset,
        "Variables of its environment; they win over `.env` files. In YAML and JSON null unsets one.",
        "{ PORT = 3000, RUST_LOG = \"info\" }",
    ),
    key(
        "env_unset",
        Kind::Unset { from: "env" },
        Unset,
        "Variables that it must not have: null of `env`, for TOML.",
        "[\"HTTP_PROXY\"]",
    ),
    key(
        "env_file",
        Kind::Paths,
        Unset,
        "`.env` files, read in this order at each start; later ones win.",
        "[\".env\", \".env.local\"]",
    )
    .otherwise("`.env` for a Procfile's processes, else none"),
    key(
        "depends_on",
        Kind::Names,
        Unset,
        "Processes that must be ready first; a task is ready once it has succeeded.",
        "[\"db\", \"migrate\"]",
    )
    .otherwise("none"),
    key("autostart", Kind::Bool, Bool(true), "Started by `up` without names.", "false"),
    key(
        "restart",
        Kind::Word(&["no", "on-failure", "always"]),
        Unset,
        "When it is started again after it ended by itself.",
        "\"always\"",
    )
    .otherwise("`on-failure` for services, `no` for tasks"),
    table("backoff", BACKOFF, "How long it waits before it is started again; each time twice as long."),
    key(
        "max_restarts",
        Kind::Int { least: 0, most: 1000 },
        Int(5),
        "Restarts within 60 s before it is given up; 0: it never is.",
        "0",
    ),
    key(
        "kind",
        Kind::Word(&["service", "task"]),
        Unset,
        "Meant to stay (`service`), or to end with success (`task`).",
        "\"task\"",
    )
    .otherwise("`service`, or what the detected script is"),
    table("ready", READY, "When it is ready, for a service; without a check it is once it runs."),
    table("stop", STOP, "How it is asked to stop."),
    key(
        "stdin",
        Kind::Word(&["open", "null"]),
        Unset,
        "Its standard input: a pipe that stays open and silent, or nothing.",
        "\"null\"",
    )
    .otherwise("`open` for services, `null` for tasks"),
    key(
        "merge_output",
        Kind::Bool,
        Bool(false),
        "One pipe for both streams: their exact order, but all is `out`.",
        "true",
    ),
    key(
        "daemonizes",
        Kind::Bool,
        Bool(false),
        "Its first process ends by design and leaves the work to its children.",
        "true",
    ),
    key(
        "restart_on_change",
        Kind::Bool,
        Bool(false),
        "Restart it when its configuration changed, instead of only saying so.",
        "true",
    ),
];

static BACKOFF: &[Key] = &[
    key("min", Kind::Duration, Text("250ms"), "Before the first restart; 50 ms at least.", "\"1s\""),
    key(
        "max",
        Kind::Duration,
        Text("30s"),
        "Before any restart; never less than `min`, and 50 ms at least.",
        "\"5s\"",
    ),
];

static READY: &[Key] = &[
    key(
        "log",
        Kind::Pattern,
        Unset,
        "A line of its output that matches; exact in case unless it says `(?i)`.",
        r"'listening on .*:\d+'",
    )
    .otherwise("none, or what the detected script's own tool waits for"),
    key(
        "deadline",
        Kind::Duration,
        Text("60s"),
        "Without the line for so long it counts as not ready; it runs on, and the line still counts.",
        "\"2m\"",
    ),
];

static STOP: &[Key] = &[
    key("signal", Kind::Signal, Text("SIGTERM"), "What is sent first, to the whole group.", "\"SIGINT\""),
    key("timeout", Kind::Duration, Text("10s"), "How long it may take before it is killed.", "\"30s\""),
    key(
        "command",
        Kind::Command,
        Unset,
        "Runs before the signal, for at most 5 s.",
        "[\"pg_ctl\", \"stop\", \"-D\", \".data\"]",
    )
    .otherwise("none"),
];

static USER_RINGS: &[Key] = &[
    key("process", Kind::Size, Text("16MiB"), "Of one process.", "\"8MiB\""),
    key("project", Kind::Size, Text("32MiB"), "Of all processes of a project.", "\"64MiB\""),
    key("total", Kind::Size, Text("128MiB"), "Of all.", "\"256MiB\""),
];

static PROJECT_RINGS: &[Key] = &[key("process", Kind::Size, Text("16MiB"), "Of one process.", "\"8MiB\"")];

const KEEP_LINES: Key = count("keep_lines", 10_000, "Lines of a process kept in memory.", "50000");
const KEEP_BYTES: Key =
    key("keep_bytes", Kind::Size, Text("256MiB"), "Captured bytes of a process on disk.", "\"64MiB\"");
const WHEN_BEHIND: Key = key(
    "when_behind",
    Kind::Word(&["slow", "gap"]),
    Text("slow"),
    "When a process writes faster than it is read: let it wait, or drop the oldest with a gap.",
    "\"gap\"",
);
