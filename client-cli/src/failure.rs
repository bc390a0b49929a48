//! Why a command ended early, as its user is told.

use std::io;

use brummer_proto::client::ClientError;
use serde_json::{Map, Value};

use crate::exit;

/// Something to tell: code, words, cure and the exit code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    /// As `NOT_FOUND`, `USAGE`.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// A JSON object.
    pub details: Value,
    pub exit: u8,
}

impl Problem {
    pub(crate) fn new(exit: u8, code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            details: Value::Object(Map::new()),
            exit,
        }
    }

    /// The command line asks for something that does not go together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "USAGE", message)
    }

    /// A time-out passed; the daemon goes on.
    pub(crate) fn still_working() -> Self {
        Self::new(
            exit::FAILURE,
            "DEADLINE_EXCEEDED",
            "still working: the time-out passed before the daemon was done; the work goes on",
        )
        .hint("give it longer with --timeout, or look with `brummerctl ps`")
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How a command can end early.
#[derive(Debug)]
pub(crate) enum Failure {
    Problem(Box<Problem>),
    /// Whoever read our output went away: no failure at all (exit 0).
    ReaderGone,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Problem {
            code: error.code,
            message: error.message,
            hint: error.hint,
            details: error.details,
            exit: error.exit,
        }
        .into()
    }
}

impl Failure {
    /// Writing to stdout failed.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Problem::new(exit::FAILURE, "OUTPUT", format!("cannot write to standard output: {error}")).into()
    }
}
