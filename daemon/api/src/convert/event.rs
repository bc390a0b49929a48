//! Events on the wire: the payload as a JSON object, so that a new kind needs no new message.

use brummer_event::state::signal_name;
use brummer_event::{Event, EventCursor, Exit, Payload};
use brummer_proto::v1;
use serde_json::{Map, Value, json};

pub(crate) fn event(event: &Event, epoch: u64) -> v1::Event {
    v1::Event {
        seq: event.seq,
        cursor: EventCursor { epoch, seq: event.seq }.to_string(),
        time_ns: event.time,
        topic: event.topic.as_str().to_owned(),
        key: event.key.to_string(),
        priority: event.topic.priority().as_str().to_owned(),
        kind: event.payload.kind().to_owned(),
        run: event.payload.run().map(|run| run.to_string()).unwrap_or_default(),
        data_json: Value::Object(data(&event.payload)).to_string(),
    }
}

fn data(payload: &Payload) -> Map<String, Value> {
    let value = match payload {
        Payload::ProcessState(change) => json!({
            "from": change.from.map(|state| state.as_str()),
            "to": change.to.as_str(),
            "ready": change.ready,
            "pid": change.pid,
            "reason": &*change.reason,
            "exit": change.exit.as_ref().map(exit),
        }),
        Payload::ProcessRemoved { process } | Payload::ProcessUpdated { process } => {
            json!({ "process": process.to_string() })
        }
        Payload::Incident { id, process, count, message, seq, first } => json!({
            "id": &**id, "process": process.to_string(), "count": count, "message": &**message,
            "line_seq": seq, "first": first,
        }),
        Payload::IncidentsCleared { project } => json!({ "project": &**project }),
        Payload::Endpoint { process, url, alive } => {
            json!({ "process": process.to_string(), "url": &**url, "alive": alive })
        }
        Payload::Project { name, text, .. } => {
            json!({ "name": &**name, "text": (!text.is_empty()).then_some(&**text) })
        }
        Payload::LogAdvanced { process, seq } => json!({ "process": process.to_string(), "line_seq": seq }),
        Payload::System { text, .. } => json!({ "text": &**text }),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn exit(exit: &Exit) -> Value {
    json!({
        "code": exit.code,
        "signal": exit.signal.map(signal_name),
        "core": exit.core,
        "reason": exit.reason.as_str(),
        "detail": exit.detail,
    })
}
