//! What is no longer shown of processes, as the database keeps it.

use std::collections::HashMap;

use brummer_event::ProcessKey;
use brummer_store::seqs::{self, LogMark};
use brummer_store::{Store, StoreError};

use crate::board::Marks;

/// Keeps marks in the database. Blocks.
pub(crate) fn save_marks(store: &Store, marked: HashMap<ProcessKey, Marks>) -> Result<(), StoreError> {
    if marked.is_empty() {
        return Ok(());
    }
    let marks: Vec<LogMark> = marked.into_iter().map(|(key, marks)| to_kept(&key, marks)).collect();
    store.call_blocking(move |connection| seqs::save_marks(connection, &marks))
}

/// A mark as the database keeps it.
pub(crate) fn to_kept(key: &ProcessKey, marks: Marks) -> LogMark {
    LogMark {
        project: key.project.to_string(),
        process: key.name.to_string(),
        evicted_to: marks.evicted_to,
        evicted_lines: marks.evicted_lines,
        cleared_to: marks.cleared_to,
    }
}
