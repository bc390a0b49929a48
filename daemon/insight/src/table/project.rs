//! Incidents and endpoints of one project, and what one occurrence does to them. Pure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use brummer_event::{LineCursor, LineSeq, ProcessKey, RunId};

use crate::IncidentDraft;
use crate::incidents::fingerprint;
use crate::table::effects::Effects;
use crate::table::{Endpoint, Incident};

/// Incidents of one project.
pub(crate) const MOST_INCIDENTS: usize = 500;

/// One occurrence of an error, as it was fed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence<'a> {
    pub(super) key: &'a ProcessKey,
    pub(super) run: RunId,
    pub(super) epoch: u64,
    /// Its first line.
    pub(super) seq: LineSeq,
    /// Grows with every occurrence.
    pub(super) used: u64,
    pub(super) draft: &'a IncidentDraft,
}

#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) incidents: HashMap<Arc<str>, Held>,
    /// (process, fingerprint) → id
    pub(super) known: HashMap<(Arc<str>, u64), Arc<str>>,
    /// (process, url)
    pub(super) endpoints: BTreeMap<(Arc<str>, Arc<str>), HeldEndpoint>,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) incident: Arc<Incident>,
    pub(super) fingerprint: u64,
    pub(super) used: u64,
}

#[derive(Debug)]
pub(super) struct HeldEndpoint {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) used: u64,
}

impl Project {
    pub(super) fn of(&self, id: &str, process: &str) -> bool {
        self.incidents.get(id).is_some_and(|held| &*held.incident.process.name == process)
    }

    /// An error that was not known.
    pub(super) fn add(&mut self, occurrence: Occurrence<'_>, effects: &mut Effects) -> Arc<str> {
        let Occurrence { key, run, epoch, seq, used, draft } = occurrence;
        let id = self.new_id(key, draft.fingerprint);
        let mut incident = Incident {
            id: id.clone(),
            process: key.clone(),
            run,
            kind: String::new(),
            code: None,
            message: String::new(),
            place: None,
            language: None,
            severity: draft.level,
            count: draft.count,
            first_seen: draft.time,
            last_seen: draft.last_time,
            first_cursor: LineCursor { epoch, seq: seq.saturating_sub(1), time: draft.time },
            last_seq: seq,
            stack: Vec::new(),
        };
        describe(&mut incident, draft);
        self.known.insert((key.name.clone(), draft.fingerprint), id.clone());
        let held = Held { incident: Arc::new(incident), fingerprint: draft.fingerprint, used };
        self.incidents.insert(id.clone(), held);
        effects.put(&key.project, &id);
        effects.told.insert(id.clone(), (key.project.clone(), true));
        if self.incidents.len() > MOST_INCIDENTS {
            let oldest = self.incidents.iter().min_by_key(|(_, held)| held.used).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                self.remove(&oldest, effects);
                effects.evicted += 1;
            }
        }
        id
    }

    /// A known error, once more.
    pub(super) fn again(&mut self, id: &Arc<str>, occurrence: Occurrence<'_>, effects: &mut Effects) {
        let Occurrence { run, seq, used, draft, .. } = occurrence;
        let Some(held) = self.incidents.get_mut(id) else { return };
        let mut incident = (*held.incident).clone();
        incident.count = incident.count.saturating_add(draft.count);
        incident.run = run;
        incident.last_seen = incident.last_seen.max(draft.last_time);
        incident.last_seq = incident.last_seq.max(seq);
        describe(&mut incident, draft);
        let project = incident.process.project.clone();
        *held = Held { incident: Arc::new(incident), fingerprint: held.fingerprint, used };
        effects.put(&project, id);
        effects.told.entry(id.clone()).or_insert((project, false));
    }

    /// More about an occurrence that was counted under `before`. If it turns out to be another error than
    /// its first line looked like, the occurrence moves there. Answers where it is now.
    pub(super) fn grow(
        &mut self,
        before: &Arc<str>,
        same: Option<Arc<str>>,
        occurrence: Occurrence<'_>,
        effects: &mut Effects,
    ) -> Arc<str> {
        let Occurrence { key, used, draft, .. } = occurrence;
        let Some(held) = self.incidents.get_mut(before) else { return before.clone() };
        let alone = held.incident.count <= draft.count;
        if held.fingerprint == draft.fingerprint || (alone && same.is_none()) {
            let mut incident = (*held.incident).clone();
            describe(&mut incident, draft);
            incident.last_seen = incident.last_seen.max(draft.last_time);
            self.known.remove(&(key.name.clone(), held.fingerprint));
            self.known.insert((key.name.clone(), draft.fingerprint), before.clone());
            *held = Held { incident: Arc::new(incident), fingerprint: draft.fingerprint, used };
            effects.put(&key.project, before);
            effects.told.entry(before.clone()).or_insert((key.project.clone(), false));
            return before.clone();
        }
        if alone {
            self.remove(before, effects);
        } else {
            let mut incident = (*held.incident).clone();
            incident.count -= draft.count;
            held.incident = Arc::new(incident);
            effects.put(&key.project, before);
        }
        match same {
            Some(id) => {
                self.again(&id, occurrence, effects);
                id
            }
            None => self.add(occurrence, effects),
        }
    }

    pub(super) fn remove(&mut self, id: &Arc<str>, effects: &mut Effects) {
        let Some(held) = self.incidents.remove(id) else { return };
        let process = &held.incident.process;
        self.known.remove(&(process.name.clone(), held.fingerprint));
        effects.projects.insert(process.project.clone());
        effects.put.remove(&(process.project.clone(), id.clone()));
        effects.told.remove(id);
        effects.dropped.insert(id.clone());
    }

    /// Eight digits of a hash over process and error, sixteen where those are taken.
    fn new_id(&self, key: &ProcessKey, fingerprint: u64) -> Arc<str> {
        let full = fingerprint::text(&format!("{key} {fingerprint:016x}"));
        let long = format!("{full:016x}");
        let short = long.get(..8).unwrap_or(&long);
        if self.incidents.contains_key(short) { Arc::from(long.as_str()) } else { Arc::from(short) }
    }
}

/// The newest occurrence describes the error; a stack is kept until another one comes.
fn describe(incident: &mut Incident, draft: &IncidentDraft) {
    incident.kind.clone_from(&draft.kind);
    incident.code.clone_from(&draft.code);
    incident.message.clone_from(&draft.message);
    incident.place = draft.place.clone().or(incident.place.take());
    incident.language = draft.language.or(incident.language);
    incident.severity = draft.level;
    if !draft.stack.is_empty() {
        incident.stack.clone_from(&draft.stack);
    }
}
