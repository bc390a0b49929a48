//! What can go wrong with projects: theirs (named, with the nearest name), or ours.

use std::path::PathBuf;

use crate::config::{self, Diagnostic};

#[derive(Debug, thiserror::Error)]
pub enum ProjectsError {
    /// A name that no project has.
    #[error("no project `{name}`{}", .nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NotFound { name: String, nearest: Option<String> },
    /// The directory means no project.
    #[error("no project here; `brummerctl up` opens one, `ps -a` shows all")]
    NoneHere { dir: PathBuf },
    #[error("the directory {dir} cannot be used: {why}")]
    Directory { dir: PathBuf, why: String },
    /// Mistakes in configuration files, all of them.
    #[error("{}", config::render_all(.0))]
    Config(Vec<Diagnostic>),
    #[error(transparent)]
    Import(#[from] config::ImportError),
    #[error(transparent)]
    Store(#[from] brummer_store::StoreError),
    #[error("the daemon is stopping; nothing was changed")]
    Stopping,
    #[error(transparent)]
    Task(#[from] brummer_scope::TaskError),
}
