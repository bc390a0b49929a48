//! What supervision writes down, as text for the database: the state of a process, of a run, an exit, an
//! answer. Pure.

use std::path::PathBuf;
use std::sync::Arc;

use brummer_capture::ExitPayload;
use brummer_event::spec::{ClientContext, ProcessSpec};
use brummer_event::{Exit, ExitReason, WallNs};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::request::Did;
use crate::restart::History;

/// A process, as far as the next daemon must know it. `state` is the word of the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Boot in which back-off, waiting and monotonic times are meant.
    pub(crate) boot: String,
    pub(crate) state: String,
    /// A new run follows the stop.
    pub(crate) then_start: bool,
    pub(crate) reason: String,
    pub(crate) generation: u64,
    pub(crate) restarts: u64,
    pub(crate) first_started_at: Option<WallNs>,
    pub(crate) without_dependencies: bool,
    pub(crate) history: History,
    pub(crate) next_start: Option<NextStart>,
    pub(crate) run: Option<String>,
    pub(crate) exit: Option<SavedExit>,
    /// Its shim died and something outlived it.
    pub(crate) left_behind: bool,
    /// The run whose ready check has passed.
    #[serde(default)]
    pub(crate) passed: Option<String>,
}

/// When a back-off is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NextStart {
    pub(crate) mono_ns: u64,
    pub(crate) wall_ns: WallNs,
    pub(crate) attempt: u32,
}

/// The world of the last start, and where it came from in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedContext {
    pub(crate) origin: String,
    pub(crate) client: ClientContext,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    #[serde(with = "shared_spec")]
    pub(crate) spec: Arc<ProcessSpec>,
    pub(crate) project_dir: PathBuf,
    /// A `stop.command`, not a run of the process itself.
    pub(crate) stop_command: bool,
    pub(crate) environment_origin: String,
    pub(crate) pid: Option<u32>,
    pub(crate) started_at: Option<WallNs>,
}

mod shared_spec {
    use std::sync::Arc;

    use brummer_event::spec::ProcessSpec;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(
        spec: &Arc<ProcessSpec>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        ProcessSpec::serialize(spec, serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<ProcessSpec>, D::Error> {
        ProcessSpec::deserialize(deserializer).map(Arc::new)
    }
}

/// [`Exit`] as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedExit {
    code: Option<i32>,
    signal: Option<i32>,
    core: bool,
    reason: String,
    at: WallNs,
    detail: Option<String>,
}

impl From<&Exit> for SavedExit {
    fn from(exit: &Exit) -> Self {
        Self {
            code: exit.code,
            signal: exit.signal,
            core: exit.core,
            reason: exit.reason.as_str().to_owned(),
            at: exit.at,
            detail: exit.detail.clone(),
        }
    }
}

impl From<SavedExit> for Exit {
    fn from(saved: SavedExit) -> Self {
        Self {
            code: saved.code,
            signal: saved.signal,
            core: saved.core,
            reason: ExitReason::from_text(&saved.reason).unwrap_or(ExitReason::Lost),
            at: saved.at,
            detail: saved.detail,
        }
    }
}

/// An end that nobody saw, or that never was a beginning.
pub(crate) fn unseen(reason: ExitReason, mono_ns: u64, wall_ns: WallNs, detail: String) -> ExitPayload {
    ExitPayload {
        code: None,
        signal: None,
        core: false,
        reason,
        started_mono_ns: mono_ns,
        started_wall_ns: wall_ns,
        ended_mono_ns: mono_ns,
        ended_wall_ns: wall_ns,
        usage: brummer_capture::Usage::default(),
        detail: Some(detail),
    }
}

impl Did {
    pub(crate) const ALL: [Self; 7] = [
        Self::Started,
        Self::AlreadyRunning,
        Self::Stopped,
        Self::AlreadyStopped,
        Self::Restarted,
        Self::Removed,
        Self::Waiting,
    ];

    /// The word of the contract (`did`), and `waiting`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::AlreadyRunning => "already_running",
            Self::Stopped => "stopped",
            Self::AlreadyStopped => "already_stopped",
            Self::Restarted => "restarted",
            Self::Removed => "removed",
            Self::Waiting => "waiting",
        }
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|did| did.as_str() == text)
    }
}

/// The text of a record.
pub(crate) fn text(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

/// A record from its text; `None` (and a word in the log) where it cannot be read: the run directories are the
/// truth about what runs, so losing a record never loses a process.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, whose: &str, text: &str) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            metrics::counter!("brummer_process_records_damaged_total").increment(1);
            tracing::error!(what, whose, %error, "a record of the state database cannot be read; it is begun anew");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_and_answers_come_back() {
        for reason in ExitReason::ALL {
            let exit = Exit {
                code: Some(3),
                signal: Some(9),
                core: true,
                reason,
                at: -5,
                detail: Some("why".to_owned()),
            };
            let saved = text(&SavedExit::from(&exit)).unwrap();
            assert_eq!(Exit::from(read::<SavedExit>("exit", "x", &saved).unwrap()), exit);
        }
        for did in Did::ALL {
            assert_eq!(Did::from_text(did.as_str()), Some(did));
        }
        assert_eq!(read::<SavedExit>("exit", "x", "{"), None);
        assert_eq!(read::<SavedExit>("exit", "x", ""), None);
    }
}
