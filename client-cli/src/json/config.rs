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
    pub message: String,
    pub hint: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    /// With excerpt and caret; said in text only.
    #[serde(skip)]
    pub rendered: String,
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
