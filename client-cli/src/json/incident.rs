//! Incidents, shown to people as errors.

use brummer_proto::v1;
use serde::Serialize;

use super::{Time, from_one, present};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Incident {
    pub id: String,
    pub project: String,
    pub process: String,
    pub kind: String,
    pub code: Option<String>,
    pub message: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub language: Option<String>,
    pub count: u64,
    pub first_seen: Time,
    pub last_seen: Time,
    pub first_cursor: Option<String>,
    pub stack: Vec<Frame>,
    pub severity: Severity,
    pub source: String,
    pub muted: bool,
    pub resolved: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Frame {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub function: Option<String>,
    pub own: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Error,
    Fatal,
}

impl From<v1::Incident> for Incident {
    fn from(incident: v1::Incident) -> Self {
        let severity = match incident.severity() {
            v1::Severity::Fatal => Severity::Fatal,
            v1::Severity::Error | v1::Severity::Unspecified => Severity::Error,
        };
        let plain = |text: String| brummer_proto::text::plain(text.as_bytes());
        Self {
            id: incident.id,
            project: incident.project,
            process: incident.process,
            kind: incident.kind,
            code: present(incident.code),
            message: plain(incident.message),
            file: present(incident.file),
            line: from_one(incident.line),
            column: from_one(incident.column),
            language: present(incident.language),
            count: incident.count,
            first_seen: Time(incident.first_seen_ns),
            last_seen: Time(incident.last_seen_ns),
            first_cursor: present(incident.first_cursor),
            stack: incident
                .stack
                .into_iter()
                .map(|frame| Frame {
                    file: present(frame.file),
                    line: from_one(frame.line),
                    column: from_one(frame.column),
                    function: present(frame.function),
                    own: frame.own,
                })
                .collect(),
            severity,
            source: incident.source,
            muted: incident.muted,
            resolved: incident.resolved,
        }
    }
}

/// `src/x.ts:3:9`, as far as it is known.
pub(crate) fn place(file: Option<&str>, line: Option<u32>, column: Option<u32>) -> Option<String> {
    let file = file?;
    Some(match (line, column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(line), None) => format!("{file}:{line}"),
        (None, _) => file.to_owned(),
    })
}

impl Incident {
    pub(crate) fn place(&self) -> Option<String> {
        place(self.file.as_deref(), self.line, self.column)
    }

    /// Kind, code and message, none of them twice.
    pub(crate) fn words(&self) -> String {
        let mut words = String::new();
        if !self.kind.is_empty() && !self.message.starts_with(&self.kind) {
            words.push_str(&self.kind);
        }
        if let Some(code) = self.code.as_ref().filter(|code| !self.message.contains(code.as_str())) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(code);
        }
        if !words.is_empty() && !self.message.is_empty() {
            words.push_str(": ");
        }
        words + &self.message
    }
}
