//! The one table of keys: what may stand in a configuration, of which type, with which default, and what it
//! does. Checking, defaults, suggestions, `config show`, the JSON Schema (`json`) and the reference
//! (`reference`) all read it; `planned` names what is known and not built.
//!
//! Pure: data.

mod json;
mod keys;
pub(crate) mod planned;
mod reference;

pub use json::{project_schema, user_schema};
pub(crate) use keys::{PROJECT, USER};
pub use reference::reference;

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// The number of the format; nothing else reads it.
    Version,
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
    /// Variables: name to text, number, truth value, or (not in TOML) null.
    Variables,
    /// A list of names of variables, taken as null in the key named, which stands beside it.
    Unset {
        from: &'static str,
    },
    /// A signal's name.
    Signal,
    /// A regular expression.
    Pattern,
    Table(&'static [Key]),
    /// Tables of the same shape by process name.
    PerProcess(&'static [Key]),
    /// Tables of the same shape by directory.
    PerDirectory(&'static [Key]),
    /// Tables of the same shape by name of a profile.
    PerProfile(&'static [Key]),
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
    /// What it does, in one line.
    pub(crate) doc: &'static str,
    /// A value as TOML; empty for tables.
    pub(crate) example: &'static str,
    /// The default in words, where it depends on something.
    pub(crate) otherwise: &'static str,
}

impl Key {
    /// A value as TOML, of a table too.
    pub(crate) fn as_toml(&self) -> String {
        match self.kind {
            _ if !self.example.is_empty() => self.example.to_owned(),
            Kind::Sizes { alone, keys } => {
                keys.iter().find(|key| key.name == alone).map(Self::as_toml).unwrap_or_default()
            }
            Kind::PerProcess(keys) => format!("{{ api = {} }}", table_as_toml(keys)),
            Kind::PerDirectory(keys) => format!("{{ \"~/src/shop\" = {} }}", table_as_toml(keys)),
            Kind::PerProfile(keys) => format!("{{ ci = {} }}", table_as_toml(keys)),
            kind => table_as_toml(kind.keys().unwrap_or_default()),
        }
    }

    /// The default in words, where it depends on something.
    const fn otherwise(mut self, words: &'static str) -> Self {
        self.otherwise = words;
        self
    }
}

const fn key(
    name: &'static str,
    kind: Kind,
    preset: Preset,
    doc: &'static str,
    example: &'static str,
) -> Key {
    Key { name, kind, preset, doc, example, otherwise: "" }
}

const fn table(name: &'static str, keys: &'static [Key], doc: &'static str) -> Key {
    key(name, Kind::Table(keys), Preset::Unset, doc, "")
}

const fn count(name: &'static str, preset: i64, doc: &'static str, example: &'static str) -> Key {
    key(name, Kind::Int { least: 1, most: 10_000_000 }, Preset::Int(preset), doc, example)
}

impl Kind {
    /// The keys of the tables below it, if it is one.
    pub(crate) const fn keys(&self) -> Option<&'static [Key]> {
        match self {
            Self::Table(keys)
            | Self::PerProcess(keys)
            | Self::PerDirectory(keys)
            | Self::PerProfile(keys)
            | Self::Sizes { keys, .. } => Some(keys),
            _ => None,
        }
    }

    /// Whether a name of the user's choice stands between it and its keys.
    pub(crate) const fn by_name(&self) -> bool {
        matches!(self, Self::PerProcess(_) | Self::PerDirectory(_) | Self::PerProfile(_))
    }
}

/// The key at `path`, names of processes, profiles and directories taken as they come.
pub(crate) fn find<'a>(
    keys: &'static [Key],
    path: impl IntoIterator<Item = &'a str>,
) -> Option<&'static Key> {
    let mut path = path.into_iter();
    let mut here = keys;
    let mut found = None;
    while let Some(part) = path.next() {
        let key = here.iter().find(|key| key.name == part)?;
        if key.kind.by_name() {
            path.next();
        }
        found = Some(key);
        here = key.kind.keys().unwrap_or(&[]);
    }
    found
}

/// The path that a key of a profile has in the file itself; any other path as it is.
pub(crate) fn within_profile<S: AsRef<str>>(path: &[S]) -> &[S] {
    match path {
        [first, _, rest @ ..] if first.as_ref() == "profile" && !rest.is_empty() => rest,
        path => path,
    }
}

/// The first of these keys as a table in one line, as TOML.
pub(crate) fn table_as_toml(keys: &[Key]) -> String {
    let (leaves, tables): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| key.kind.keys().is_none());
    let shown = if leaves.is_empty() { tables.into_iter().take(1) } else { leaves.into_iter().take(2) };
    let pairs: Vec<String> = shown.map(|key| format!("{} = {}", key.name, key.as_toml())).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// What people call a key elsewhere, and its name here.
const ALIASES: [(&str, &str); 35] = [
    ("command", "run"),
    ("cmd", "run"),
    ("exec", "run"),
    ("script", "run"),
    ("shell", "run"),
    ("cwd", "dir"),
    ("working_dir", "dir"),
    ("working_directory", "dir"),
    ("directory", "dir"),
    ("workdir", "dir"),
    ("environment", "env"),
    ("dotenv", "env_file"),
    ("needs", "depends_on"),
    ("after", "depends_on"),
    ("autorestart", "restart"),
    ("availability", "restart"),
    ("disabled", "autostart"),
    ("disable", "autostart"),
    ("enabled", "autostart"),
    ("shutdown", "stop"),
    ("stop_signal", "stop"),
    ("stop_timeout", "stop"),
    ("stop_grace_period", "stop"),
    ("stop_command", "stop"),
    ("kill_signal", "stop"),
    ("kill_timeout", "stop"),
    ("restart_delay", "backoff"),
    ("backoff_seconds", "backoff"),
    ("healthcheck", "ready"),
    ("readiness_probe", "ready"),
    ("ready_log", "ready"),
    ("ready_log_line", "ready"),
    ("env_vars", "env"),
    ("services", "processes"),
    ("procs", "processes"),
];

/// Of these names the opposite is meant.
const OPPOSITE: [&str; 2] = ["disabled", "disable"];

/// What other tools call some of `keys`, and the key.
pub(crate) fn called_elsewhere(keys: &'static [Key]) -> impl Iterator<Item = (&'static str, &'static Key)> {
    ALIASES
        .iter()
        .filter_map(|(elsewhere, here)| Some((*elsewhere, keys.iter().find(|key| key.name == *here)?)))
}

/// Whether a key of other tools says the opposite of ours.
pub(crate) fn is_opposite(elsewhere: &str) -> bool {
    OPPOSITE.contains(&elsewhere)
}

#[cfg(test)]
mod tests;
