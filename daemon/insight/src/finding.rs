//! What the classifier finds in lines, as plain data. Pure.

use brummer_event::{Level, WallNs};
use serde::{Deserialize, Serialize};

/// What was found in the lines given so far: a buffer that the caller takes from and uses again.
///
/// Within one buffer a group is one draft: frames that come after their head enrich the draft that is
/// already here. A draft for a group that an earlier (meanwhile taken) buffer held has `update` set.
#[derive(Debug, Default)]
pub struct Findings {
    pub urls: Vec<FoundUrl>,
    pub incidents: Vec<IncidentDraft>,
}

impl Findings {
    pub fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.incidents.is_empty()
    }

    /// Forgets what is here and keeps the memory.
    pub fn clear(&mut self) {
        self.urls.clear();
        self.incidents.clear();
    }
}

/// A URL that a process serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUrl {
    /// Number of the line within the run.
    pub line: u64,
    pub time: WallNs,
    /// As a browser on this machine would open it (`0.0.0.0` became `localhost`).
    pub url: String,
    /// The word that stood before it: `Local`, `Network`.
    pub label: Option<&'static str>,
}

/// An error as far as its lines are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentDraft {
    /// The group within its classifier: the same in every later draft of the same occurrence.
    pub key: u64,
    /// More about an occurrence that was handed out before: not a new one.
    pub update: bool,
    /// Number of the group's first line within the run. It may lie before the batch that this draft comes
    /// with: a Python traceback has a name only at its end.
    pub line: u64,
    /// Number of the group's last line so far.
    pub last_line: u64,
    /// Time of the first line.
    pub time: WallNs,
    /// Time of the newest occurrence in this draft.
    pub last_time: WallNs,
    /// Occurrences that this draft stands for: the same error told again and again within one buffer is
    /// one draft.
    pub count: u64,
    /// What makes two occurrences the same error, from all that is known now. Stable over numbers,
    /// addresses and the place of the project on disk.
    pub fingerprint: u64,
    /// The same from the first line alone: how an occurrence is found again whose first draft was made
    /// by a daemon that died since.
    pub head_fingerprint: u64,
    pub level: Level,
    /// The error's own name: `TypeError`, `panic`, `error`.
    pub kind: String,
    /// The tool's code: `TS2322`, `E0425`, `MODULE_NOT_FOUND`.
    pub code: Option<String>,
    pub message: String,
    pub language: Option<Language>,
    /// Where to look first: the innermost frame of one's own code, or where the compiler points.
    pub place: Option<Place>,
    /// Outermost call last for JavaScript and Rust, first for Python: as printed. At most
    /// [`IncidentDraft::MOST_FRAMES`].
    pub stack: Vec<Frame>,
}

impl IncidentDraft {
    /// Frames kept of one error; more are not looked at.
    pub const MOST_FRAMES: usize = 64;
    /// Bytes kept of a message.
    pub const MOST_MESSAGE: usize = 1000;
}

/// A position in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the project's directory where it lies below it, else as the tool wrote it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, where the tool says it.
    pub column: Option<u32>,
}

/// One call of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    #[serde(flatten)]
    pub place: Place,
    pub function: Option<String>,
    /// One's own code: neither a dependency nor the runtime.
    pub own: bool,
}

/// Which language an error speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Javascript,
    Typescript,
    Python,
    Rust,
}

impl Language {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Javascript => "javascript",
            Self::Typescript => "typescript",
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }
}
