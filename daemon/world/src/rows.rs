//! Joined rows: a process with what other components know of it. Read from published snapshots; never
//! waits for an owner.

use std::sync::Arc;
use std::time::Duration;

use brummer_event::{ProcessKey, ProcessState};
use brummer_process::{ProcessView, TreeUsage};
use brummer_scope::clock;

use crate::World;
use crate::note::{Facts, note};

/// One row of `ps`.
#[derive(Debug, Clone)]
pub struct ProcessRow {
    pub view: Arc<ProcessView>,
    /// Of the living run.
    pub uptime: Option<Duration>,
    /// Of the whole tree; `None` where nothing runs, or where it was not asked for.
    pub usage: Option<TreeUsage>,
    pub urls: Vec<String>,
    /// Incidents of the newest run.
    pub errors: u64,
    pub note: String,
}

impl World {
    /// The rows of these views, without usage.
    pub fn rows(&self, views: &[Arc<ProcessView>]) -> Vec<ProcessRow> {
        views.iter().map(|view| self.row(view.clone())).collect()
    }

    /// The rows of these views with CPU and memory of each tree; at most one look at the system each half
    /// second, however many ask.
    pub async fn rows_with_usage(&self, views: &[Arc<ProcessView>]) -> Vec<ProcessRow> {
        let mut rows = self.rows(views);
        let keys: Vec<ProcessKey> =
            views.iter().filter(|view| view.state.is_live()).map(|view| view.key.clone()).collect();
        if keys.is_empty() {
            return rows;
        }
        let usage = self.processes().usage(&keys).await;
        for row in &mut rows {
            row.usage = usage.iter().find(|(key, _)| **key == row.view.key).and_then(|(_, usage)| *usage);
        }
        rows
    }

    /// One row without usage.
    pub fn row(&self, view: Arc<ProcessView>) -> ProcessRow {
        let urls = if view.state.is_live() { self.urls_of(&view.key) } else { Vec::new() };
        let errors = self.errors_of(&view.key);
        let facts = Facts {
            state: Some(view.state),
            reason: &view.reason,
            exit: view.exit.as_ref(),
            next_start_at: view.next_start_at,
            attempt: (view.attempt, view.attempts_max),
            urls: &urls,
            errors,
            leftovers: if view.state == ProcessState::Running { 0 } else { view.leftovers.len() },
            unready: view.is_unready(),
            changed: view.is_changed(),
            undeclared: view.is_undeclared(),
            now: clock::wall_ns(),
        };
        let note = note(&facts);
        let uptime = view.uptime(clock::mono_ns());
        ProcessRow { uptime, usage: None, urls, errors, note, view }
    }
}
