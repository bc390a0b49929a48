//! All state of the terminal UI, plain data with one owner: the loop. Nothing here knows the terminal, the
//! daemon or the clock; times come in with every message.

pub mod filter;
pub mod incident;
pub mod input;
pub mod list;
pub mod log;
pub mod popup;
pub mod process;
pub mod scripts;
pub mod search;
pub mod settings;
pub mod status;

use jiff::tz::TimeZone;

use self::incident::Incidents;
use self::list::Cursor;
use self::log::LogPane;
use self::popup::Popup;
use self::process::{Endpoint, Process, Project};
use self::search::Search;
use self::status::{Pending, Status};

/// The moment a message came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Nanoseconds since 1970: a label.
    pub wall_ns: i64,
    /// Milliseconds of a clock that only runs forward.
    pub mono_ms: u64,
}

/// Columns and rows of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub width: u16,
    pub height: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Processes,
    Logs,
    Errors,
    Urls,
}

impl View {
    pub const ALL: [Self; 4] = [Self::Processes, Self::Logs, Self::Errors, Self::Urls];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Processes => "Processes",
            Self::Logs => "Logs",
            Self::Errors => "Errors",
            Self::Urls => "URLs",
        }
    }
}

/// How the daemon is reached just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Live,
    /// Away since this monotonic time; the connection is being made again.
    Away {
        since_ms: u64,
    },
}

/// Which project is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A project that the daemon knows.
    Project { name: String, directory: String },
    /// A directory that is no known project (yet).
    Directory(String),
}

impl Place {
    pub fn directory(&self) -> &str {
        match self {
            Self::Project { directory, .. } | Self::Directory(directory) => directory,
        }
    }

    /// Name of the project, if it is one.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project { name, .. } => Some(name),
            Self::Directory(_) => None,
        }
    }
}

/// What a time in front of a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMode {
    Off,
    Clock,
    /// Since the line before.
    Delta,
}

#[derive(Debug, Clone)]
pub struct Model {
    pub now: Now,
    pub size: Size,
    pub colour: bool,
    pub zone: TimeZone,
    pub home: Option<String>,
    pub link: Link,
    pub place: Place,
    pub view: View,

    pub processes: Vec<Process>,
    /// The first complete answer is there.
    pub processes_known: bool,
    /// Row of the process list: a process, or `all` below them.
    pub process_cursor: Cursor,
    pub endpoints: Vec<Endpoint>,
    pub endpoints_known: bool,
    pub endpoint_cursor: Cursor,
    pub projects: Vec<Project>,
    pub incidents: Incidents,
    pub log: LogPane,
    pub search: Search,

    pub wrap: bool,
    pub time: TimeMode,

    /// Modal layers; the last one gets every key.
    pub popups: Vec<Popup>,
    pub status: Option<Status>,
    pub pending: Vec<Pending>,
    /// A directory is being looked at, to go there.
    pub going: Option<u64>,
    /// Given to the next action or request, so that late answers are recognised.
    pub next_ticket: u64,
    /// The last message changed something that can be seen.
    pub redraw: bool,
    /// The user left.
    pub leaving: bool,
}

impl Model {
    pub fn new(place: Place, size: Size, colour: bool, zone: TimeZone, home: Option<String>) -> Self {
        Self {
            now: Now::default(),
            size,
            colour,
            zone,
            home,
            link: Link::Live,
            place,
            view: View::Processes,
            processes: Vec::new(),
            processes_known: false,
            process_cursor: Cursor::default(),
            endpoints: Vec::new(),
            endpoints_known: false,
            endpoint_cursor: Cursor::default(),
            projects: Vec::new(),
            incidents: Incidents::default(),
            log: LogPane::default(),
            search: Search::default(),
            wrap: false,
            time: TimeMode::Clock,
            popups: Vec::new(),
            status: None,
            pending: Vec::new(),
            going: None,
            next_ticket: 1,
            redraw: true,
            leaving: false,
        }
    }

    /// A number that was not given before.
    pub fn ticket(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        ticket
    }

    /// Rows of the process list: every process, then `all`.
    pub fn process_rows(&self) -> usize {
        self.processes.len() + 1
    }

    /// The process under the cursor; `None` on `all`.
    pub fn selected_process(&self) -> Option<&Process> {
        let id = self.process_cursor.id.as_deref()?;
        self.processes.iter().find(|process| process.name == id)
    }

    /// Row of the process list that is selected.
    pub fn selected_row(&self) -> usize {
        let id = self.process_cursor.id.as_deref();
        id.and_then(|id| self.processes.iter().position(|process| process.name == id))
            .unwrap_or(self.processes.len())
    }

    pub fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().find(|process| process.name == name)
    }

    /// Row of the URL list that is selected.
    pub fn selected_endpoint_row(&self) -> usize {
        let id = self.endpoint_cursor.id.as_deref();
        id.and_then(|id| self.endpoints.iter().position(|endpoint| endpoint.id() == id)).unwrap_or(0)
    }

    pub fn selected_endpoint(&self) -> Option<&Endpoint> {
        self.endpoints.get(self.selected_endpoint_row())
    }

    /// Processes with a live pid, and all of them.
    pub fn up(&self) -> (usize, usize) {
        (self.processes.iter().filter(|process| process.state.is_up()).count(), self.processes.len())
    }

    /// What is known of the project that is looked at.
    pub fn project(&self) -> Option<&Project> {
        let name = self.place.project()?;
        self.projects.iter().find(|project| project.name == name)
    }

    /// Mistakes in the files of the project that is looked at: what was in force stays so.
    pub fn mistakes(&self) -> usize {
        self.project().map_or(0, |project| project.mistakes)
    }

    /// Processes that run unlike their configuration by now.
    pub fn changed(&self) -> usize {
        self.processes.iter().filter(|process| process.changed).count()
    }

    /// How long the daemon has been away, in milliseconds.
    pub fn away_ms(&self) -> Option<u64> {
        match self.link {
            Link::Live => None,
            Link::Away { since_ms } => Some(self.now.mono_ms.saturating_sub(since_ms)),
        }
    }
}
