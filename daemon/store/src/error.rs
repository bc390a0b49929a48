//! What can go wrong with the database.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the state database {path}: {source}")]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error(
        "the state database {path} was written by a newer Brummer (version {found}, this one knows {known}); update Brummer, or move the file away"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the state database could not keep a change: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("the state database holds text that cannot be read as {what}: {text}")]
    Damaged { what: &'static str, text: String },
    #[error("no thread for the state database: {0}")]
    Thread(std::io::Error),
    #[error("file of the state database: {0}")]
    Io(#[from] std::io::Error),
    #[error("the daemon is stopping; nothing was changed")]
    Stopping,
}
