//! Why a wish was not done, in the form that every edge can tell: a kind that decides the exit code, a
//! stable code, one clear sentence, and what to do about it.

use std::fmt;

/// What kind of no it is. The edges map it: gRPC status, exit code, MCP error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The wish itself is malformed.
    Invalid,
    /// It names something that is not there.
    NotFound,
    /// It does not fit the present state: name taken, still running, nothing to start.
    Conflict,
    /// It is not allowed.
    Denied,
    /// It took longer than its caller wanted to wait; the work goes on.
    Timeout,
    /// The daemon is stopping.
    Unavailable,
    /// A thing outside failed: a child could not be spawned, a disk is full.
    Failed,
    /// A defect of Brummer's own.
    Internal,
}

/// A typed no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: Kind,
    /// As `NOT_FOUND`, `NAME_TAKEN`.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do; as `did you mean `api`?`.
    pub hint: Option<String>,
    /// Configuration mistakes, rendered for people, when that is what stands in the way.
    pub diagnostics: Vec<String>,
}

impl Refusal {
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), hint: None, diagnostics: Vec::new() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// `did you mean …?` if there is a near name, else the hint that was there.
    #[must_use]
    pub fn did_you_mean(mut self, nearest: Option<&str>) -> Self {
        if let Some(name) = nearest {
            self.hint = Some(format!("did you mean `{name}`?"));
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}
