//! Mistakes in configuration, and what is in effect.

use brummer_proto::v1;
use serde::Serialize;

use super::{from_one, present};

/// `config check`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Check {
    pub diagnostics: Vec<Diagnostic>,
    pub files: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Diagnostic {
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// As `processes.api.run`.
    pub key: Option<String>,
    pub message: String,
    pub hint: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    /// All of it as people see it, with excerpt and mark.
    pub rendered: String,
}

impl Check {
    /// Warnings and errors.
    pub(crate) fn counts(&self) -> (u64, u64) {
        counts(&self.diagnostics)
    }
}

/// Warnings and errors among them.
pub(crate) fn counts(diagnostics: &[Diagnostic]) -> (u64, u64) {
    let warnings = diagnostics.iter().filter(|diagnostic| diagnostic.severity == "warning").count();
    (warnings as u64, (diagnostics.len() - warnings) as u64)
}

impl From<v1::CheckConfigResponse> for Check {
    fn from(check: v1::CheckConfigResponse) -> Self {
        Self {
            diagnostics: check.diagnostics.into_iter().map(Diagnostic::from).collect(),
            files: check.files,
        }
    }
}

impl From<v1::Diagnostic> for Diagnostic {
    fn from(diagnostic: v1::Diagnostic) -> Self {
        Self {
            code: diagnostic.code,
            severity: diagnostic.severity,
            key: present(diagnostic.key),
            message: diagnostic.message,
            hint: present(diagnostic.hint),
            file: present(diagnostic.file),
            line: from_one(diagnostic.line),
            column: from_one(diagnostic.column),
            rendered: diagnostic.rendered,
        }
    }
}

/// `config show`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Shown {
    pub values: Vec<Value>,
    pub files: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Value {
    pub key: String,
    /// TOML.
    pub value: String,
    pub source: String,
}

impl From<v1::ShowConfigResponse> for Shown {
    fn from(shown: v1::ShowConfigResponse) -> Self {
        let value =
            |value: v1::ConfigValue| Value { key: value.key, value: value.value, source: value.source };
        Self { values: shown.values.into_iter().map(value).collect(), files: shown.files }
    }
}

/// `config init`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Init {
    pub file: String,
    pub text: String,
    pub scripts: u32,
}

impl From<v1::InitConfigResponse> for Init {
    fn from(made: v1::InitConfigResponse) -> Self {
        Self { file: made.file, text: made.text, scripts: made.scripts }
    }
}

/// `config import`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Import {
    pub format: String,
    /// A whole `brummer.toml`.
    pub text: String,
    /// Where it belongs.
    pub file: String,
    pub written: bool,
    pub processes: Vec<String>,
    pub notes: Vec<ImportNote>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ImportNote {
    pub place: String,
    pub line: Option<u32>,
    pub why: String,
}

impl From<v1::ImportConfigResponse> for Import {
    fn from(imported: v1::ImportConfigResponse) -> Self {
        let notes = imported.notes.into_iter();
        Self {
            format: imported.format,
            text: imported.text,
            file: imported.file,
            written: imported.written,
            processes: imported.processes,
            notes: notes
                .map(|note| ImportNote { place: note.place, line: from_one(note.line), why: note.why })
                .collect(),
        }
    }
}
