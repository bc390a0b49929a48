//! Everything the UI can ask of the outside. Values only: they are performed in one place (`effects`).

use crate::model::Place;
use crate::model::filter::Filter;
use crate::model::log::Purpose;

/// A command that changes processes, logs or projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// What `up` starts, or these.
    Up(Vec<String>),
    Down,
    /// Processes, or scripts that become ones.
    Start(Vec<String>),
    /// A script with further arguments.
    RunScript {
        script: String,
        arguments: Vec<String>,
    },
    Stop(String),
    Restart(String),
    /// Forget an ended process.
    Remove(String),
    /// Show no lines before now: of all, or of one.
    Clear(Option<String>),
}

impl Act {
    /// As in `restart web: waits for the daemon`.
    pub fn in_words(&self) -> String {
        match self {
            Self::Up(names) if names.is_empty() => "up".to_owned(),
            Self::Up(names) => format!("up {}", names.join(" ")),
            Self::Down => "down".to_owned(),
            Self::Start(names) => format!("start {}", names.join(" ")),
            Self::RunScript { script, arguments } => format!("run {script} {}", arguments.join(" ")),
            Self::Stop(name) => format!("stop {name}"),
            Self::Restart(name) => format!("restart {name}"),
            Self::Remove(name) => format!("rm {name}"),
            Self::Clear(None) => "clear logs".to_owned(),
            Self::Clear(Some(name)) => format!("clear logs of {name}"),
        }
    }
}

/// Where a page is anchored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    Cursor(String),
    First,
    Last,
}

/// A question for lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuestion {
    pub filter: Filter,
    pub anchor: Anchor,
    pub before: u32,
    pub after: u32,
}

/// A line that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Cursor just after it.
    pub cursor: String,
    pub time_ns: i64,
}

/// A code reference to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub file: String,
    /// From 1; 0: unknown.
    pub line: u32,
    pub column: u32,
    /// Directories that a relative file may be in, the likeliest first.
    pub bases: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    Act {
        ticket: u64,
        place: Place,
        act: Act,
    },
    /// Lines for the pane.
    ReadPage {
        ticket: u64,
        place: Place,
        question: PageQuestion,
        purpose: Purpose,
    },
    /// The nearest line of a filter on one side of a cursor.
    FindLine {
        ticket: u64,
        place: Place,
        filter: Filter,
        anchor: Anchor,
        forward: bool,
    },
    /// How many lines match, and which of them one is.
    CountMatches {
        ticket: u64,
        place: Place,
        filter: Filter,
        at: Option<Hit>,
    },
    ListScripts {
        ticket: u64,
        place: Place,
    },
    /// The effective configuration, and its mistakes.
    ReadSettings {
        ticket: u64,
        place: Place,
    },
    /// Which project a directory is of.
    FindPlace {
        ticket: u64,
        directory: String,
    },
    ExplainProcess {
        ticket: u64,
        place: Place,
        name: String,
    },
    /// To the clipboard, by the terminal.
    Copy {
        text: String,
    },
    OpenUrl {
        url: String,
    },
    /// Suspends the screen while the editor runs.
    Edit(Spot),
    /// Stops ourselves as Ctrl-Z does elsewhere; `fg` brings us back.
    Suspend,
}

impl Effect {
    /// Another program has the terminal while it is performed.
    pub const fn lends_terminal(&self) -> bool {
        matches!(self, Self::Edit(_) | Self::Suspend)
    }
}
