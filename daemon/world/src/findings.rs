//! What was found in lines, as the edges ask for it: incidents and endpoints of a selection.

use std::collections::BTreeSet;
use std::sync::Arc;

use brummer_event::{ProcessKey, WallNs};
use brummer_insight::LookupError;
pub use brummer_insight::{Endpoint, Incident};

use crate::{Kind, ProjectRef, Refusal, Selection, World};

/// Which incidents.
#[derive(Debug, Clone)]
pub struct IncidentsAsk {
    pub selection: Selection,
    /// Last seen since.
    pub since: Option<WallNs>,
    /// Also those that only earlier runs of their process told.
    pub all_runs: bool,
}

impl World {
    /// Incidents, last seen first.
    ///
    /// # Errors
    /// A name or project that is not known.
    pub async fn incidents(
        &self,
        ask: &IncidentsAsk,
    ) -> Result<(Option<ProjectRef>, Vec<Arc<Incident>>), Refusal> {
        let selected = self.select(&ask.selection).await?;
        let mut found: Vec<Arc<Incident>> = self
            .incidents_of(&selected.keys)
            .into_iter()
            .filter(|incident| ask.since.is_none_or(|since| incident.last_seen >= since))
            .filter(|incident| ask.all_runs || !self.is_of_earlier_run(incident))
            .collect();
        found.sort_by_key(|incident| std::cmp::Reverse((incident.last_seen, incident.last_seq)));
        Ok((selected.project, found))
    }

    /// Whether the process that told it has been started again since.
    pub fn is_of_earlier_run(&self, incident: &Incident) -> bool {
        self.processes().snapshot().get(&incident.process).and_then(|view| view.run) != Some(incident.run)
    }

    fn incidents_of(&self, keys: &[ProcessKey]) -> Vec<Arc<Incident>> {
        let projects: BTreeSet<&str> = keys.iter().map(|key| &*key.project).collect();
        let incidents = |project: &str| self.insight().incidents(project).to_vec();
        let all = projects.into_iter().flat_map(incidents);
        all.filter(|incident| keys.contains(&incident.process)).collect()
    }

    /// One incident by a unique prefix of its id.
    ///
    /// # Errors
    /// No id begins so, or several do.
    pub fn incident(&self, prefix: &str) -> Result<Arc<Incident>, Refusal> {
        self.insight().incident_by_prefix(None, prefix).map_err(|error| {
            let text = error.to_string();
            let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
            let refusal = match error {
                LookupError::None(_) => Refusal::new(Kind::NotFound, "NOT_FOUND", message),
                LookupError::Several { .. } => Refusal::new(Kind::Conflict, "AMBIGUOUS", message),
            };
            refusal.hint(hint)
        })
    }

    /// Incidents that the newest run of a process told.
    pub(crate) fn errors_of(&self, key: &ProcessKey) -> u64 {
        let all = self.insight().incidents(&key.project);
        all.iter().filter(|incident| incident.process == *key && !self.is_of_earlier_run(incident)).count()
            as u64
    }

    /// Endpoints, in the order of their processes.
    ///
    /// # Errors
    /// A name or project that is not known.
    pub async fn endpoints(
        &self,
        selection: &Selection,
    ) -> Result<(Option<ProjectRef>, Vec<Arc<Endpoint>>), Refusal> {
        let selected = self.select(selection).await?;
        let projects: BTreeSet<&str> = selected.keys.iter().map(|key| &*key.project).collect();
        let endpoints = |project: &str| self.insight().endpoints(project).to_vec();
        let all = projects.into_iter().flat_map(endpoints);
        let endpoints = all.filter(|endpoint| selected.keys.contains(&endpoint.process)).collect();
        Ok((selected.project, endpoints))
    }

    /// URLs that a living process serves.
    pub(crate) fn urls_of(&self, key: &ProcessKey) -> Vec<String> {
        let all = self.insight().endpoints(&key.project);
        all.iter()
            .filter(|endpoint| endpoint.process == *key && endpoint.alive)
            .map(|endpoint| endpoint.url.to_string())
            .collect()
    }
}
