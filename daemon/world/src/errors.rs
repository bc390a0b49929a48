//! The components' own errors as refusals: one place decides what kind of no each is.

use brummer_logs::LogsError;
use brummer_process::ProcessError;
use brummer_projects::config::ImportError;
use brummer_projects::{Diagnostic, NothingToStart, ProjectsError};

use crate::{Kind, Refusal};

impl From<LogsError> for Refusal {
    fn from(error: LogsError) -> Self {
        let (kind, code) = match &error {
            LogsError::Pattern(_) => (Kind::Invalid, "BAD_PATTERN"),
            LogsError::Stopping => (Kind::Unavailable, "STOPPING"),
            _ => (Kind::Internal, "LOGS"),
        };
        Self::new(kind, code, error.to_string())
    }
}

impl From<ProcessError> for Refusal {
    fn from(error: ProcessError) -> Self {
        let kind = match &error {
            ProcessError::NotFound { .. } => Kind::NotFound,
            ProcessError::NameTaken { .. }
            | ProcessError::StillRunning { .. }
            | ProcessError::Declared { .. }
            | ProcessError::TooMany { .. }
            | ProcessError::Generation { .. } => Kind::Conflict,
            ProcessError::UnknownDependency { .. } | ProcessError::Cycle { .. } => Kind::Invalid,
            ProcessError::StartFailed { .. } | ProcessError::Ended { .. } | ProcessError::NotReady { .. } => {
                Kind::Failed
            }
            ProcessError::Stopping => Kind::Unavailable,
            _ => Kind::Internal,
        };
        // Sentences of the form "what; cure" are told as message and hint, but for reasons, which hold other text.
        let code = error.code();
        let text = error.to_string();
        let is_reason = matches!(error, ProcessError::Ended { .. } | ProcessError::NotReady { .. });
        match text.split_once("; ").filter(|_| !is_reason) {
            Some((message, cure)) => Self::new(kind, code, message).hint(cure),
            None => Self::new(kind, code, text),
        }
    }
}

impl From<ProjectsError> for Refusal {
    fn from(error: ProjectsError) -> Self {
        match error {
            ProjectsError::NotFound { name, nearest } => {
                Self::new(Kind::NotFound, "NOT_FOUND", format!("no project `{name}`"))
                    .did_you_mean(nearest.as_deref())
            }
            ProjectsError::NoneHere { .. } => Self::new(Kind::NotFound, "NO_PROJECT", error.to_string()),
            ProjectsError::Directory { .. } => Self::new(Kind::NotFound, "NO_DIRECTORY", error.to_string()),
            ProjectsError::Config(mistakes) => {
                let message = format!("the configuration has {}", Diagnostic::count(&mistakes));
                let mut refusal = Self::new(Kind::Invalid, "CONFIG", message);
                refusal.diagnostics = mistakes.iter().map(|mistake| mistake.render()).collect();
                refusal
            }
            ProjectsError::Import(error) => import(&error),
            ProjectsError::Stopping => Self::new(Kind::Unavailable, "STOPPING", error.to_string()),
            ProjectsError::Store(_) | ProjectsError::Task(_) => {
                Self::new(Kind::Internal, "STATE", error.to_string())
            }
        }
    }
}

fn import(error: &ImportError) -> Refusal {
    let (kind, code) = match error {
        ImportError::Missing { .. } => (Kind::NotFound, "NO_FILE"),
        ImportError::Exists { .. } => (Kind::Conflict, "CONFIG_EXISTS"),
        ImportError::Unwritable { .. } => (Kind::Failed, "UNWRITABLE"),
        ImportError::Unsound { .. } => (Kind::Internal, "IMPORT"),
        ImportError::Unreadable { .. }
        | ImportError::Syntax { .. }
        | ImportError::Program { .. }
        | ImportError::Unknown { .. }
        | ImportError::TooLarge
        | ImportError::Nothing { .. } => (Kind::Invalid, "IMPORT"),
    };
    let mut refusal = Refusal::new(kind, code, error.to_string());
    refusal.hint = error.hint();
    if let ImportError::Unsound { diagnostics } = error {
        refusal.diagnostics = diagnostics.iter().map(|mistake| mistake.render()).collect();
    }
    refusal
}

impl From<NothingToStart> for Refusal {
    fn from(nothing: NothingToStart) -> Self {
        let text = nothing.to_string();
        match text.split_once("; ") {
            Some((message, cure)) => Self::new(Kind::Conflict, "NOTHING_TO_START", message).hint(cure),
            None => Self::new(Kind::Conflict, "NOTHING_TO_START", text),
        }
    }
}
