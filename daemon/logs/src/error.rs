//! What can go wrong with logs, in words that say what to do.

use std::path::PathBuf;

use brummer_event::RunId;

#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    #[error("cannot {what} {path}: {source}")]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    /// The index was written by a newer version.
    #[error("the log index {path} is of version {found}, this Brummer knows {known}; update Brummer")]
    Newer { path: PathBuf, found: u8, known: u8 },
    #[error("run {0} is being read already")]
    Attached(RunId),
    #[error("the pattern cannot be used: {0}")]
    Pattern(String),
    #[error("line numbers could not be kept: {0}")]
    Store(#[from] brummer_store::StoreError),
    #[error("no thread for the log engine: {0}")]
    Thread(std::io::Error),
    #[error("the daemon is stopping; ask again when it is back")]
    Stopping,
}
