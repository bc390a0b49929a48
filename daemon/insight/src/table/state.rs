//! Incidents and endpoints of all projects, and what each finding does to them. Pure: the owner publishes,
//! keeps and tells what [`Effects`] says.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use brummer_event::{Payload, ProcessKey, RunId};
use brummer_store::insight::{Changes, Kept};

use crate::FoundUrl;
use crate::table::effects::Effects;
use crate::table::project::{Held, HeldEndpoint, Occurrence, Project};
use crate::table::view::{ProjectView, Snapshot};
use crate::table::{Endpoint, Found, Incident, record};

/// Endpoints of one project.
pub(crate) const MOST_ENDPOINTS: usize = 100;
/// Groups of one run that may still be enriched: one a stream is open at a time.
const OPEN_GROUPS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct State {
    projects: BTreeMap<Arc<str>, Project>,
    /// Which incident a classifier's group became.
    groups: HashMap<RunId, VecDeque<(u64, Arc<str>)>>,
    /// To tell which of two was used longer ago.
    clock: u64,
}

impl State {
    /// What was kept; records that cannot be read are left out and counted.
    pub(crate) fn restore(kept: &Kept) -> Self {
        let mut state = Self::default();
        for row in &kept.incidents {
            let Some((incident, fingerprint)) = record::incident(row) else {
                metrics::counter!("brummer_insight_unreadable_records_total").increment(1);
                continue;
            };
            state.clock += 1;
            let used = state.clock;
            let project = state.projects.entry(incident.process.project.clone()).or_default();
            project.known.insert((incident.process.name.clone(), fingerprint), incident.id.clone());
            project
                .incidents
                .insert(incident.id.clone(), Held { incident: Arc::new(incident), fingerprint, used });
        }
        for row in &kept.endpoints {
            let Some(endpoint) = record::endpoint(row) else {
                metrics::counter!("brummer_insight_unreadable_records_total").increment(1);
                continue;
            };
            state.clock += 1;
            let used = state.clock;
            let project = state.projects.entry(endpoint.process.project.clone()).or_default();
            let key = (endpoint.process.name.clone(), endpoint.url.clone());
            project.endpoints.insert(key, HeldEndpoint { endpoint: Arc::new(endpoint), used });
        }
        state
    }

    pub(crate) fn found(&mut self, found: Found, effects: &mut Effects) {
        let Found { key, run, epoch, urls, incidents, .. } = found;
        for (_, url) in urls {
            self.url(&key, run, url, effects);
        }
        for (seq, draft) in incidents {
            self.clock += 1;
            let occurrence = Occurrence { key: &key, run, epoch, seq, used: self.clock, draft: &draft };
            self.draft(occurrence, effects);
        }
    }

    fn url(&mut self, key: &ProcessKey, run: RunId, found: FoundUrl, effects: &mut Effects) {
        self.clock += 1;
        let used = self.clock;
        let project = self.projects.entry(key.project.clone()).or_default();
        let url: Arc<str> = found.url.into();
        let place = (key.name.clone(), url.clone());
        let known = project.endpoints.get(&place).map(|held| held.endpoint.clone());
        let revived = known.as_ref().is_none_or(|endpoint| !endpoint.alive || endpoint.run != run);
        let endpoint = Endpoint {
            process: key.clone(),
            run,
            url: url.clone(),
            label: found
                .label
                .map(str::to_owned)
                .or_else(|| known.as_ref().and_then(|known| known.label.clone())),
            alive: true,
            first_seen: known.as_ref().map_or(found.time, |known| known.first_seen),
            seen_at: found.time,
        };
        project.endpoints.insert(place, HeldEndpoint { endpoint: Arc::new(endpoint), used });
        effects.projects.insert(key.project.clone());
        let row = (key.project.clone(), key.name.clone(), url.clone());
        effects.dropped_endpoints.remove(&row);
        effects.put_endpoints.insert(row);
        if revived {
            effects.notices.push(Payload::Endpoint { process: key.clone(), url, alive: true });
        }
        if project.endpoints.len() > MOST_ENDPOINTS {
            // Dead ones first, then the one said longest ago.
            let oldest = project.endpoints.iter().min_by_key(|(_, held)| (held.endpoint.alive, held.used));
            if let Some(place) = oldest.map(|(place, _)| place.clone()) {
                project.endpoints.remove(&place);
                effects.drop_endpoint(&key.project, &place.0, &place.1);
                effects.evicted += 1;
            }
        }
    }

    fn draft(&mut self, occurrence: Occurrence<'_>, effects: &mut Effects) {
        let Occurrence { key, run, draft, .. } = occurrence;
        let project = self.projects.entry(key.project.clone()).or_default();
        let groups = self.groups.entry(run).or_default();
        let by_print = |print: u64| project.known.get(&(key.name.clone(), print)).cloned();
        let same = by_print(draft.fingerprint);
        if draft.update {
            let grown = groups.iter().rev().find(|(group, _)| *group == draft.key).map(|(_, id)| id.clone());
            let grown = grown.filter(|id| project.incidents.contains_key(id));
            let before = grown.or_else(|| same.clone()).or_else(|| by_print(draft.head_fingerprint));
            if let Some(before) = before {
                let id = project.grow(&before, same, occurrence, effects);
                remember(groups, draft.key, id);
                return;
            }
        }
        let id = match same {
            Some(id) => {
                project.again(&id, occurrence, effects);
                id
            }
            None => project.add(occurrence, effects),
        };
        remember(groups, draft.key, id);
    }

    /// The endpoints of a process that ended are not served any more.
    pub(crate) fn ended(&mut self, key: &ProcessKey, effects: &mut Effects) {
        let Some(project) = self.projects.get_mut(&key.project) else { return };
        for ((process, url), held) in &mut project.endpoints {
            if *process != key.name || !held.endpoint.alive {
                continue;
            }
            held.endpoint = Arc::new(Endpoint { alive: false, ..(*held.endpoint).clone() });
            effects.projects.insert(key.project.clone());
            effects.put_endpoints.insert((key.project.clone(), key.name.clone(), url.clone()));
            let gone = Payload::Endpoint { process: key.clone(), url: url.clone(), alive: false };
            effects.notices.push(gone);
        }
        // Its runs have no open groups any more; those of others are found by their fingerprints.
        let known: BTreeSet<Arc<str>> = project.incidents.keys().cloned().collect();
        self.groups.retain(|_, groups| {
            groups.retain(|(_, id)| !(known.contains(id) && project.of(id, &key.name)));
            !groups.is_empty()
        });
    }

    pub(crate) fn forget(&mut self, project: &str, process: Option<&str>, effects: &mut Effects) -> usize {
        let count = self.clear(project, process, effects);
        let Some((name, held)) = self.projects.get_key_value(project) else { return count };
        let name = name.clone();
        let matching = held.endpoints.keys().filter(|(of, _)| process.is_none_or(|process| process == &**of));
        let gone: Vec<(Arc<str>, Arc<str>)> = matching.cloned().collect();
        if let Some(held) = self.projects.get_mut(project) {
            for place in &gone {
                if let Some(old) = held.endpoints.remove(place)
                    && old.endpoint.alive
                {
                    let key = old.endpoint.process.clone();
                    effects.notices.push(Payload::Endpoint {
                        process: key,
                        url: place.1.clone(),
                        alive: false,
                    });
                }
                effects.projects.insert(name.clone());
                effects.drop_endpoint(&name, &place.0, &place.1);
            }
        }
        if process.is_none() {
            self.projects.remove(project);
            effects.projects.insert(name);
        }
        count
    }

    /// Clears incidents of a project, or of one process in it.
    pub(crate) fn clear(&mut self, project: &str, process: Option<&str>, effects: &mut Effects) -> usize {
        let Some((name, _)) = self.projects.get_key_value(project) else { return 0 };
        let name = name.clone();
        let Some(held) = self.projects.get_mut(project) else { return 0 };
        let matching =
            held.incidents.values().filter(|held| process.is_none_or(|p| p == &*held.incident.process.name));
        let gone: Vec<Arc<str>> = matching.map(|held| held.incident.id.clone()).collect();
        for id in &gone {
            held.remove(id, effects);
        }
        if !gone.is_empty() {
            effects.projects.insert(name.clone());
            effects.notices.push(Payload::IncidentsCleared { project: name });
        }
        gone.len()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let projects =
            self.projects.keys().filter_map(|name| Some((name.clone(), self.view(name)?))).collect();
        Snapshot { projects }
    }

    pub(crate) fn view(&self, project: &str) -> Option<ProjectView> {
        let project = self.projects.get(project)?;
        let mut incidents: Vec<Arc<Incident>> =
            project.incidents.values().map(|held| held.incident.clone()).collect();
        incidents.sort_by(|a, b| b.last_seq.cmp(&a.last_seq).then_with(|| a.id.cmp(&b.id)));
        let mut endpoints: Vec<Arc<Endpoint>> =
            project.endpoints.values().map(|held| held.endpoint.clone()).collect();
        endpoints.sort_by(|a, b| {
            a.process
                .name
                .cmp(&b.process.name)
                .then(a.first_seen.cmp(&b.first_seen))
                .then_with(|| a.url.cmp(&b.url))
        });
        Some(ProjectView { incidents: incidents.into(), endpoints: endpoints.into() })
    }

    /// What the database has to keep.
    pub(crate) fn changes(&self, effects: &Effects) -> Changes {
        let held = |project: &str, id: &str| self.projects.get(project)?.incidents.get(id);
        let owned =
            |row: &(Arc<str>, Arc<str>, Arc<str>)| (row.0.to_string(), row.1.to_string(), row.2.to_string());
        Changes {
            put_incidents: effects
                .put
                .iter()
                .filter_map(|(project, id)| held(project, id))
                .filter_map(|held| record::incident_row(&held.incident, held.fingerprint))
                .collect(),
            drop_incidents: effects.dropped.iter().map(|id| id.to_string()).collect(),
            put_endpoints: effects
                .put_endpoints
                .iter()
                .filter_map(|(project, process, url)| {
                    let place = (process.clone(), url.clone());
                    record::endpoint_row(&self.projects.get(project)?.endpoints.get(&place)?.endpoint)
                })
                .collect(),
            drop_endpoints: effects.dropped_endpoints.iter().map(owned).collect(),
            derived: None,
        }
    }

    /// What the bus has to be told, one notice an incident however often it occurred.
    pub(crate) fn notices(&self, effects: Effects) -> Vec<Payload> {
        let incidents = effects.told.iter().filter_map(|(id, (project, first))| {
            let incident = &self.projects.get(project)?.incidents.get(id)?.incident;
            Some(Payload::Incident {
                id: id.clone(),
                process: incident.process.clone(),
                count: incident.count,
                message: Arc::from(incident.message.as_str()),
                seq: incident.last_seq,
                first: *first,
            })
        });
        let incidents: Vec<Payload> = incidents.collect();
        effects.notices.into_iter().chain(incidents).collect()
    }
}

fn remember(groups: &mut VecDeque<(u64, Arc<str>)>, key: u64, id: Arc<str>) {
    groups.retain(|(group, _)| *group != key);
    groups.push_back((key, id));
    if groups.len() > OPEN_GROUPS {
        groups.pop_front();
    }
}
