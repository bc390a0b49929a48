//! What is said in the last row: results, errors with their hint, and what is still being done. Pure.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Goes with the next key.
    Info,
    /// Stays until Esc or the next result.
    Error,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub tone: Tone,
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Status {
    pub fn info(text: impl Into<String>) -> Self {
        Self { tone: Tone::Info, text: text.into(), hint: None }
    }

    pub fn error(text: impl Into<String>, hint: Option<String>) -> Self {
        Self { tone: Tone::Error, text: text.into(), hint }
    }
}

/// A request of the user that is not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub ticket: u64,
    /// As `restart web`.
    pub what: String,
}
