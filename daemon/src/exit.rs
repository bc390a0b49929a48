//! How the daemon ends: one type of fatal error, one table of exit codes.

use std::process::ExitCode;

use brummer_proto::address::{AddressError, DirectoryError};

/// Why the daemon could not start or had to end. The words are the last message that its starter sees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fatal {
    #[error("{0}")]
    Usage(String),
    /// Not ours to mend: what broke, in words.
    #[error("{0}")]
    Internal(String),
    #[error("{0}")]
    AlreadyRunning(String),
    /// A directory or a piece of configuration is refused: which, and the cure.
    #[error("{0}")]
    Refused(String),
    /// Another instance of this program said it already, with this code.
    #[error("{message}")]
    Told { code: u8, message: String },
}

impl Fatal {
    /// Exit code of the contract.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Internal(_) => 70,
            Self::AlreadyRunning(_) => 75,
            Self::Refused(_) => 78,
            Self::Told { code, .. } => *code,
        }
    }

    pub(crate) fn internal(what: &str, error: impl std::fmt::Display) -> Self {
        Self::Internal(format!("{what}: {error}"))
    }
}

impl From<AddressError> for Fatal {
    fn from(error: AddressError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<DirectoryError> for Fatal {
    fn from(error: DirectoryError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<Fatal> for ExitCode {
    fn from(fatal: Fatal) -> Self {
        Self::from(fatal.code())
    }
}
