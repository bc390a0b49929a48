//! What follows a change: views to publish, rows to keep, notices to give. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use brummer_event::Payload;

/// What has to follow a change.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Projects whose view changed.
    pub(crate) projects: BTreeSet<Arc<str>>,
    pub(super) put: BTreeSet<(Arc<str>, Arc<str>)>,
    pub(super) dropped: BTreeSet<Arc<str>>,
    pub(super) put_endpoints: BTreeSet<(Arc<str>, Arc<str>, Arc<str>)>,
    pub(super) dropped_endpoints: BTreeSet<(Arc<str>, Arc<str>, Arc<str>)>,
    /// Incidents to tell of: id → (project, seen first now).
    pub(super) told: BTreeMap<Arc<str>, (Arc<str>, bool)>,
    /// Other notices, in order.
    pub(super) notices: Vec<Payload>,
    pub(crate) evicted: u64,
}

impl Effects {
    pub(crate) fn is_empty(&self) -> bool {
        self.projects.is_empty() && self.notices.is_empty()
    }

    pub(super) fn put(&mut self, project: &Arc<str>, id: &Arc<str>) {
        self.projects.insert(project.clone());
        self.dropped.remove(id);
        self.put.insert((project.clone(), id.clone()));
    }

    pub(super) fn drop_endpoint(&mut self, project: &Arc<str>, process: &Arc<str>, url: &Arc<str>) {
        let row = (project.clone(), process.clone(), url.clone());
        self.put_endpoints.remove(&row);
        self.dropped_endpoints.insert(row);
    }
}
