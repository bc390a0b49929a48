//! Everything that can happen to the UI: one closed list.

use crate::keys::Key;
use crate::model::incident::Incident;
use crate::model::log::{Entry, Line, Page, Purpose, Scan};
use crate::model::process::{Endpoint, Process, Project, Run, Script, Usage};
use crate::model::settings::Found;
use crate::model::{Place, Size};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    Click,
    WheelUp,
    WheelDown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    pub kind: MouseKind,
    pub column: u16,
    pub row: u16,
}

/// A failure as its user is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    pub hint: Option<String>,
}

/// A change of a list that is watched.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<T> {
    /// Everything there is.
    All(Vec<T>),
    One(Box<T>),
    Gone(String),
}

/// What the daemon tells by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    Processes(Change<Process>),
    Usage(Vec<Usage>),
    Incidents(Change<Incident>),
    Endpoints(Change<Endpoint>),
    Projects(Change<Project>),
    /// Lines and gaps, in order. `epoch`: how their cursors begin; empty if still unknown.
    Lines {
        opening: u64,
        entries: Vec<Entry>,
        epoch: String,
    },
    Scanned {
        opening: u64,
        scan: Scan,
    },
    /// The daemon refuses the lines.
    LinesRefused {
        opening: u64,
        failure: Failure,
    },
    /// The daemon refuses a list.
    Refused(Failure),
    /// The daemon is away since this monotonic time.
    Away {
        since_ms: u64,
    },
    Back,
}

/// What a command did to one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub name: String,
    /// As `started`.
    pub did: &'static str,
    pub failure: Option<Failure>,
}

/// Answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acted {
    pub outcomes: Vec<Outcome>,
    /// The project that it was about: name, directory.
    pub project: Option<(String, String)>,
    /// What was chosen and why, notices.
    pub words: Vec<String>,
}

/// The answer to an effect, by its ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Acted(Result<Acted, Failure>),
    Page { purpose: Purpose, page: Result<Page, Failure> },
    Found(Result<Option<Line>, Failure>),
    Counted { total: u64, place: Option<u64> },
    CountFailed(Failure),
    Scripts(Result<(Vec<Script>, Vec<String>), Failure>),
    Settings(Result<Found, Failure>),
    Place(Result<Place, Failure>),
    Explained(Result<(Vec<Run>, String), Failure>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(Size),
    /// A shown time may have changed.
    Tick,
    Update(Update),
    Reply {
        ticket: u64,
        reply: Reply,
    },
    /// Something to say: from the clipboard, the browser, the editor.
    Said(Result<String, Failure>),
}
