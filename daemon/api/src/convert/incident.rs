//! Incidents on the wire.

use brummer_event::Level;
use brummer_proto::v1;
use brummer_world::{Incident, World};

pub(crate) fn incident(world: &World, incident: &Incident) -> v1::Incident {
    let place = incident.place.as_ref();
    v1::Incident {
        id: incident.id.to_string(),
        host: String::new(),
        project: incident.process.project.to_string(),
        process: incident.process.name.to_string(),
        kind: incident.kind.clone(),
        code: incident.code.clone().unwrap_or_default(),
        message: incident.message.clone(),
        file: place.map(|place| place.file.clone()).unwrap_or_default(),
        line: place.map_or(0, |place| place.line),
        column: place.and_then(|place| place.column).unwrap_or(0),
        language: incident.language.map(|language| language.as_str().to_owned()).unwrap_or_default(),
        count: incident.count,
        first_seen_ns: incident.first_seen,
        last_seen_ns: incident.last_seen,
        first_cursor: incident.first_cursor.to_string(),
        stack: incident
            .stack
            .iter()
            .map(|frame| v1::StackFrame {
                file: frame.place.file.clone(),
                line: frame.place.line,
                column: frame.place.column.unwrap_or(0),
                function: frame.function.clone().unwrap_or_default(),
                own: frame.own,
            })
            .collect(),
        severity: match incident.severity {
            Level::Fatal => v1::Severity::Fatal,
            _ => v1::Severity::Error,
        }
        .into(),
        source: "log".to_owned(),
        muted: false,
        resolved: false,
        last_seq: incident.last_seq,
        earlier_run: world.is_of_earlier_run(incident),
    }
}
