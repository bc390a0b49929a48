//! What an action did: `up start stop restart run rm down`.

use brummer_proto::v1;
use serde::Serialize;

use super::present;
use super::process::{Process, State};
use crate::exit;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ActionResult {
    pub project: String,
    pub name: String,
    pub did: Did,
    pub state: Option<State>,
    pub run: Option<String>,
    pub pid: Option<u32>,
    pub url: Option<String>,
    pub error: Option<ActionError>,
    /// Everything else that is known of it; said in text only.
    #[serde(skip)]
    pub process: Option<Box<Process>>,
    /// Its start is wanted and something it needs is missing.
    #[serde(skip)]
    pub waits: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Did {
    Started,
    AlreadyRunning,
    Stopped,
    AlreadyStopped,
    Restarted,
    Removed,
    Failed,
}

impl Did {
    /// As people read it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::AlreadyRunning => "already running",
            Self::Stopped => "stopped",
            Self::AlreadyStopped => "already stopped",
            Self::Restarted => "restarted",
            Self::Removed => "removed",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ActionError {
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

impl From<v1::ActionResult> for ActionResult {
    fn from(result: v1::ActionResult) -> Self {
        use v1::Did as Wire;
        let waits = result.did() == Wire::Waiting;
        let did = match result.did() {
            Wire::Started => Did::Started,
            Wire::AlreadyRunning => Did::AlreadyRunning,
            Wire::Stopped => Did::Stopped,
            Wire::AlreadyStopped => Did::AlreadyStopped,
            Wire::Restarted => Did::Restarted,
            Wire::Removed => Did::Removed,
            // What still waits for something was not started; its state and its error say so.
            Wire::Failed | Wire::Waiting | Wire::Unspecified => Did::Failed,
        };
        let process = result.process.map(|process| Box::new(Process::from(process)));
        let told = result.error.map(|error| ActionError {
            code: error.code,
            message: error.message,
            hint: present(error.hint),
        });
        let error = told.or_else(|| (did == Did::Failed).then(|| ActionError::of_state(process.as_deref())));
        Self {
            project: result.project,
            name: result.name,
            did,
            state: process.as_ref().map(|process| process.state),
            run: process.as_ref().and_then(|process| process.run.clone()),
            pid: process.as_ref().and_then(|process| process.pid),
            url: process.as_ref().and_then(|process| process.urls.first().cloned()),
            error,
            process,
            waits,
        }
    }
}

impl ActionError {
    /// An error for an item that the daemon sent without one: its state tells.
    fn of_state(process: Option<&Process>) -> Self {
        let code = match process.map(|process| process.state) {
            Some(State::Waiting) => "WAITING",
            _ => "FAILED",
        };
        let message = process
            .and_then(|process| process.reason.clone().or_else(|| process.note.clone()))
            .unwrap_or_else(|| "it failed, and no reason was given".to_owned());
        Self { code: code.to_owned(), message, hint: None }
    }
}

/// Exit code of an action with these results.
pub(crate) fn exit_code(results: &[ActionResult]) -> u8 {
    exit::of_items(results.iter().map(|result| match (&result.error, result.did) {
        (Some(error), _) => exit::of_code(&error.code).max(exit::FAILURE),
        (None, Did::Failed) => exit::FAILURE,
        (None, _) => exit::OK,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(did: v1::Did, code: Option<&str>) -> ActionResult {
        let error = code.map(|code| v1::ActionError { code: code.to_owned(), ..Default::default() });
        v1::ActionResult { did: did.into(), error, ..Default::default() }.into()
    }

    #[test]
    fn results_have_their_exit_codes() {
        use v1::Did as D;
        for (results, expected) in [
            (vec![], 0),
            (vec![(D::Started, None)], 0),
            (vec![(D::AlreadyRunning, None), (D::AlreadyStopped, None)], 0),
            (vec![(D::Failed, Some("START_FAILED"))], 1),
            (vec![(D::Failed, Some("START_FAILED")), (D::Started, None)], 7),
            (vec![(D::Failed, Some("STILL_RUNNING"))], 5),
            (vec![(D::Failed, Some("NAME_TAKEN"))], 5),
            (vec![(D::Failed, Some("NOT_FOUND"))], 4),
            (vec![(D::Waiting, None)], 1),
            (vec![(D::Waiting, None), (D::Started, None)], 7),
            (vec![(D::Failed, None), (D::Failed, Some("NOT_FOUND"))], 1),
            (vec![(D::Removed, None), (D::Failed, Some("STILL_RUNNING"))], 7),
        ] {
            let results: Vec<_> = results.iter().map(|(did, code)| result(*did, *code)).collect();
            assert_eq!(exit_code(&results), expected, "{results:?}");
        }
    }
}
