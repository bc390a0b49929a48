//! The one table of keys: what may stand in a configuration, of which type, with which default.
//! Checking, defaults, suggestions and `config show` all read it.
//!
//! Pure: data.

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Bool,
    Int {
        least: i64,
        most: i64,
    },
    /// `"auto"` or a number.
    AutoInt {
        least: i64,
        most: i64,
    },
    Duration,
    /// `"off"` or a duration.
    DurationOrOff,
    Size,
    /// A size (then of the key named), or a table of sizes.
    Sizes {
        alone: &'static str,
        keys: &'static [Key],
    },
    Word(&'static [&'static str]),
    Path,
    /// One path or a list of them.
    Paths,
    /// Text for a shell, or a list that is executed as it is.
    Command,
    /// A list of process names.
    Names,
    /// Variables: name to text, number or truth value.
    Variables,
    /// A signal's name.
    Signal,
    Table(&'static [Key]),
    /// Tables of the same shape by process name.
    PerProcess(&'static [Key]),
    /// Tables of the same shape by directory.
    PerDirectory(&'static [Key]),
}

/// A default, as it would be written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Preset {
    /// None, or one that depends on other keys.
    Unset,
    Bool(bool),
    Int(i64),
    Text(&'static str),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) preset: Preset,
}

const fn key(name: &'static str, kind: Kind, preset: Preset) -> Key {
    Key { name, kind, preset }
}

const fn table(name: &'static str, keys: &'static [Key]) -> Key {
    key(name, Kind::Table(keys), Preset::Unset)
}

const fn count(name: &'static str, preset: i64) -> Key {
    key(name, Kind::Int { least: 1, most: 10_000_000 }, Preset::Int(preset))
}

/// Of the user's configuration file and of the environment (there without `project`).
pub(crate) static USER: &[Key] = &[
    table(
        "concurrency",
        &[
            table(
                "eventbus",
                &[
                    key("worker_pool_size", Kind::AutoInt { least: 1, most: 1024 }, Preset::Text("auto")),
                    count("queue_buffer_size", 1000),
                    key(
                        "backpressure_strategy",
                        Kind::Word(&["degrade", "block", "drop"]),
                        Preset::Text("degrade"),
                    ),
                    count("ring_size", 10_000),
                ],
            ),
            table(
                "process_manager",
                &[
                    key("max_concurrent_starts", Kind::Int { least: 1, most: 1024 }, Preset::Int(10)),
                    key("status_read_strategy", Kind::Word(&["locked", "atomic"]), Preset::Text("atomic")),
                ],
            ),
            table(
                "log_store",
                &[
                    count("buffer_size", 10_000),
                    count("batch_size", 100),
                    key("timeout_ms", Kind::Int { least: 1, most: 60_000 }, Preset::Int(50)),
                ],
            ),
        ],
    ),
    table(
        "logs",
        &[
            KEEP_LINES,
            key("ring_bytes", Kind::Sizes { alone: "process", keys: USER_RINGS }, Preset::Unset),
            KEEP_BYTES,
            key("keep_total", Kind::Size, Preset::Text("2GiB")),
            key("keep_age", Kind::Duration, Preset::Text("7d")),
            count("keep_runs", 1000),
            key("min_free", Kind::Size, Preset::Text("200MiB")),
            WHEN_BEHIND,
            key("fsync", Kind::DurationOrOff, Preset::Text("1s")),
        ],
    ),
    table(
        "daemon",
        &[
            key("http_port", Kind::Int { least: 0, most: 65_535 }, Preset::Int(7777)),
            key("orphan_grace", Kind::Duration, Preset::Text("15m")),
            key("ingest_threads", Kind::AutoInt { least: 1, most: 1024 }, Preset::Text("auto")),
            key("allow_root", Kind::Bool, Preset::Bool(false)),
        ],
    ),
    key("project", Kind::PerDirectory(&[key("resume", Kind::Bool, Preset::Bool(false))]), Preset::Unset),
];

/// Of a project's files.
pub(crate) static PROJECT: &[Key] = &[
    key("processes", Kind::PerProcess(PROCESS), Preset::Unset),
    table(
        "logs",
        &[
            KEEP_LINES,
            key("ring_bytes", Kind::Sizes { alone: "process", keys: PROJECT_RINGS }, Preset::Unset),
            KEEP_BYTES,
            WHEN_BEHIND,
        ],
    ),
];

/// Of one process. Defaults that are `Unset` depend on its kind or its origin.
pub(crate) static PROCESS: &[Key] = &[
    key("run", Kind::Command, Preset::Unset),
    key("dir", Kind::Path, Preset::Text(".")),
    key("env", Kind::Variables, Preset::Unset),
    key("env_file", Kind::Paths, Preset::Unset),
    key("depends_on", Kind::Names, Preset::Unset),
    key("autostart", Kind::Bool, Preset::Bool(true)),
    key("restart", Kind::Word(&["no", "on-failure", "always"]), Preset::Unset),
    key("kind", Kind::Word(&["service", "task"]), Preset::Unset),
    table(
        "stop",
        &[
            key("signal", Kind::Signal, Preset::Text("SIGTERM")),
            key("timeout", Kind::Duration, Preset::Text("10s")),
            key("command", Kind::Command, Preset::Unset),
        ],
    ),
    key("stdin", Kind::Word(&["open", "null"]), Preset::Unset),
    key("merge_output", Kind::Bool, Preset::Bool(false)),
    key("daemonizes", Kind::Bool, Preset::Bool(false)),
    key("restart_on_change", Kind::Bool, Preset::Bool(false)),
];

static USER_RINGS: &[Key] = &[
    key("process", Kind::Size, Preset::Text("16MiB")),
    key("project", Kind::Size, Preset::Text("32MiB")),
    key("total", Kind::Size, Preset::Text("128MiB")),
];

static PROJECT_RINGS: &[Key] = &[key("process", Kind::Size, Preset::Text("16MiB"))];

const KEEP_LINES: Key = count("keep_lines", 10_000);
const KEEP_BYTES: Key = key("keep_bytes", Kind::Size, Preset::Text("256MiB"));
const WHEN_BEHIND: Key = key("when_behind", Kind::Word(&["slow", "gap"]), Preset::Text("slow"));

impl Kind {
    /// The keys of the tables below it, if it is one.
    pub(crate) const fn keys(&self) -> Option<&'static [Key]> {
        match self {
            Self::Table(keys)
            | Self::PerProcess(keys)
            | Self::PerDirectory(keys)
            | Self::Sizes { keys, .. } => Some(keys),
            _ => None,
        }
    }
}

/// The key at `path`, names of processes and directories taken as they come.
pub(crate) fn find<'a>(
    keys: &'static [Key],
    path: impl IntoIterator<Item = &'a str>,
) -> Option<&'static Key> {
    let mut path = path.into_iter();
    let mut here = keys;
    let mut found = None;
    while let Some(part) = path.next() {
        let key = here.iter().find(|key| key.name == part)?;
        if matches!(key.kind, Kind::PerProcess(_) | Kind::PerDirectory(_)) {
            path.next();
        }
        found = Some(key);
        here = key.kind.keys().unwrap_or(&[]);
    }
    found
}
