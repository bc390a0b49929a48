//! What readers see: incidents, endpoints and the snapshot that holds them. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use brummer_event::{Level, LineCursor, LineSeq, ProcessKey, RunId, WallNs};

use crate::{Frame, Language, Place};

/// One error of one process, however often it occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// 8 hexadecimal digits, more where two would be the same.
    pub id: Arc<str>,
    pub process: ProcessKey,
    /// The run of its newest occurrence.
    pub run: RunId,
    /// The error's own name: `TypeError`, `panic`, `error`.
    pub kind: String,
    /// The tool's code: `TS2322`, `E0425`.
    pub code: Option<String>,
    pub message: String,
    pub place: Option<Place>,
    pub language: Option<Language>,
    pub severity: Level,
    pub count: u64,
    pub first_seen: WallNs,
    pub last_seen: WallNs,
    /// Just before its first line: reading on from here begins with it.
    pub first_cursor: LineCursor,
    /// First line of its newest occurrence.
    pub last_seq: LineSeq,
    /// As printed by the newest occurrence that had one.
    pub stack: Vec<Frame>,
}

/// A URL that a process serves, or served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub process: ProcessKey,
    pub run: RunId,
    pub url: Arc<str>,
    /// What the tool called it: `Local`, `Network`.
    pub label: Option<String>,
    /// Its process has not ended since it was said.
    pub alive: bool,
    pub first_seen: WallNs,
    /// When it was said last.
    pub seen_at: WallNs,
}

/// No single incident for a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    #[error("no error `{0}` is known; `errors` lists them")]
    None(String),
    #[error("{count} errors begin with `{prefix}`; give more of the id")]
    Several { prefix: String, count: usize },
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Snapshot {
    pub(crate) projects: BTreeMap<Arc<str>, ProjectView>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct ProjectView {
    pub(crate) incidents: Arc<[Arc<Incident>]>,
    pub(crate) endpoints: Arc<[Arc<Endpoint>]>,
}

impl Snapshot {
    pub(crate) fn incidents(&self, project: &str) -> Arc<[Arc<Incident>]> {
        self.projects.get(project).map_or_else(|| Arc::new([]) as _, |view| view.incidents.clone())
    }

    pub(crate) fn endpoints(&self, project: &str) -> Arc<[Arc<Endpoint>]> {
        self.projects.get(project).map_or_else(|| Arc::new([]) as _, |view| view.endpoints.clone())
    }

    pub(crate) fn by_prefix(
        &self,
        project: Option<&str>,
        prefix: &str,
    ) -> Result<Arc<Incident>, LookupError> {
        let views = self.projects.iter().filter(|(name, _)| project.is_none_or(|wanted| wanted == &***name));
        let all = views.flat_map(|(_, view)| view.incidents.iter());
        let mut hits =
            all.filter(|incident| !prefix.is_empty() && incident.id.starts_with(prefix)).peekable();
        let Some(first) = hits.next() else { return Err(LookupError::None(prefix.to_owned())) };
        match hits.count() {
            0 => Ok(first.clone()),
            _ if &*first.id == prefix => Ok(first.clone()),
            more => Err(LookupError::Several { prefix: prefix.to_owned(), count: more + 1 }),
        }
    }
}
