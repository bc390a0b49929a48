//! Events, as they are numbered.

use brummer_proto::v1;
use serde::Serialize;
use serde_json::Value;

use super::log::Gap;
use super::{Time, present};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Event {
    pub seq: u64,
    pub cursor: String,
    pub time: Time,
    pub topic: String,
    pub key: String,
    pub priority: String,
    pub kind: String,
    pub run: Option<String>,
    pub data: Value,
}

impl From<v1::Event> for Event {
    fn from(event: v1::Event) -> Self {
        let empty = || Value::Object(serde_json::Map::new());
        // Text that is no JSON is passed on as the text it is.
        let data = match event.data_json.as_str() {
            "" => empty(),
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        Self {
            seq: event.seq,
            cursor: event.cursor,
            time: Time(event.time_ns),
            topic: event.topic,
            key: event.key,
            priority: event.priority,
            kind: event.kind,
            run: present(event.run),
            data,
        }
    }
}

/// `events -o json`.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub events: Vec<Event>,
    pub gaps: Vec<Gap>,
    pub next: Option<String>,
}
