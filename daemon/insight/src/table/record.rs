//! Incidents and endpoints as they are kept in the database: JSON beside the columns that identify them.
//! Pure.

use std::sync::Arc;

use brummer_event::{LineCursor, ProcessKey, WallNs};
use brummer_store::insight::{EndpointRow, IncidentRow};
use serde::{Deserialize, Serialize};

use crate::table::{Endpoint, Incident};
use crate::{Frame, Language, Place};

#[derive(Serialize, Deserialize)]
struct IncidentRecord {
    fingerprint: u64,
    run: String,
    kind: String,
    code: Option<String>,
    message: String,
    place: Option<Place>,
    language: Option<Language>,
    severity: String,
    count: u64,
    first_seen: WallNs,
    last_seen: WallNs,
    first_cursor: String,
    stack: Vec<Frame>,
}

#[derive(Serialize, Deserialize)]
struct EndpointRecord {
    run: String,
    label: Option<String>,
    alive: bool,
    first_seen: WallNs,
    seen_at: WallNs,
}

pub(crate) fn incident_row(incident: &Incident, fingerprint: u64) -> Option<IncidentRow> {
    let record = IncidentRecord {
        fingerprint,
        run: incident.run.to_string(),
        kind: incident.kind.clone(),
        code: incident.code.clone(),
        message: incident.message.clone(),
        place: incident.place.clone(),
        language: incident.language,
        severity: incident.severity.as_str().to_owned(),
        count: incident.count,
        first_seen: incident.first_seen,
        last_seen: incident.last_seen,
        first_cursor: incident.first_cursor.to_string(),
        stack: incident.stack.clone(),
    };
    Some(IncidentRow {
        id: incident.id.to_string(),
        project: incident.process.project.to_string(),
        process: incident.process.name.to_string(),
        last_seq: incident.last_seq,
        record: serde_json::to_string(&record).ok()?,
    })
}

/// The incident and its fingerprint; nothing if the record is not ours.
pub(crate) fn incident(row: &IncidentRow) -> Option<(Incident, u64)> {
    let record: IncidentRecord = serde_json::from_str(&row.record).ok()?;
    let first_cursor: LineCursor = record.first_cursor.parse().ok()?;
    let incident = Incident {
        id: Arc::from(row.id.as_str()),
        process: ProcessKey::new(row.project.as_str(), row.process.as_str()),
        run: record.run.parse().ok()?,
        kind: record.kind,
        code: record.code,
        message: record.message,
        place: record.place,
        language: record.language,
        severity: record.severity.parse().ok()?,
        count: record.count,
        first_seen: record.first_seen,
        last_seen: record.last_seen,
        first_cursor,
        last_seq: row.last_seq,
        stack: record.stack,
    };
    Some((incident, record.fingerprint))
}

pub(crate) fn endpoint_row(endpoint: &Endpoint) -> Option<EndpointRow> {
    let record = EndpointRecord {
        run: endpoint.run.to_string(),
        label: endpoint.label.clone(),
        alive: endpoint.alive,
        first_seen: endpoint.first_seen,
        seen_at: endpoint.seen_at,
    };
    Some(EndpointRow {
        project: endpoint.process.project.to_string(),
        process: endpoint.process.name.to_string(),
        url: endpoint.url.to_string(),
        record: serde_json::to_string(&record).ok()?,
    })
}

pub(crate) fn endpoint(row: &EndpointRow) -> Option<Endpoint> {
    let record: EndpointRecord = serde_json::from_str(&row.record).ok()?;
    Some(Endpoint {
        process: ProcessKey::new(row.project.as_str(), row.process.as_str()),
        run: record.run.parse().ok()?,
        url: Arc::from(row.url.as_str()),
        label: record.label,
        alive: record.alive,
        first_seen: record.first_seen,
        seen_at: record.seen_at,
    })
}
