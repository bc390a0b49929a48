//! What a client says when something goes wrong: code, words, cure and exit code.

use std::error::Error as _;
use std::path::Path;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::ERROR_DOMAIN;
use crate::address::AddressError;

/// A failure as the user is told it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientError {
    /// As `NOT_FOUND`, `CONFLICT`: the daemon's own code, else that of gRPC.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
    /// Exit code of the contract.
    pub exit: u8,
    /// A JSON object; empty if there is nothing more to say.
    pub details: serde_json::Value,
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ClientError {}

/// gRPC code, its name, and the exit code that it means: the one table.
const EXITS: [(Code, &str, u8); 16] = [
    (Code::Cancelled, "CANCELLED", 1),
    (Code::Unknown, "UNKNOWN", 1),
    (Code::InvalidArgument, "INVALID_ARGUMENT", 2),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 1),
    (Code::NotFound, "NOT_FOUND", 4),
    (Code::AlreadyExists, "ALREADY_EXISTS", 5),
    (Code::PermissionDenied, "PERMISSION_DENIED", 6),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", 1),
    (Code::FailedPrecondition, "FAILED_PRECONDITION", 5),
    (Code::Aborted, "ABORTED", 5),
    (Code::OutOfRange, "OUT_OF_RANGE", 2),
    (Code::Unimplemented, "UNIMPLEMENTED", 1),
    (Code::Internal, "INTERNAL", 1),
    (Code::Unavailable, "UNAVAILABLE", EXIT_UNREACHABLE),
    (Code::DataLoss, "DATA_LOSS", 1),
    (Code::Unauthenticated, "UNAUTHENTICATED", 6),
];

/// Exit code of "daemon not reachable".
pub const EXIT_UNREACHABLE: u8 = 3;

fn row(code: Code) -> (&'static str, u8) {
    let found = EXITS.iter().find(|(known, _, _)| *known == code);
    found.map_or(("UNKNOWN", 1), |(_, name, exit)| (name, *exit))
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        if is_time_out(&status) {
            return Self::time_out();
        }
        let (name, exit) = row(status.code());
        let mut code = name.to_owned();
        let mut hint = None;
        let mut details = serde_json::Map::new();
        let said = status.get_error_details();
        if let Some(info) = said.error_info().filter(|info| info.domain == ERROR_DOMAIN) {
            info.reason.clone_into(&mut code);
            for (key, value) in &info.metadata {
                if key == "hint" {
                    hint = Some(value.clone());
                } else {
                    details.insert(key.clone(), value.clone().into());
                }
            }
        }
        if let Some(bad) = said.bad_request() {
            let fields = bad
                .field_violations
                .iter()
                .map(|field| serde_json::json!({ "field": field.field, "description": field.description }));
            details.insert("fields".to_owned(), fields.collect());
        }
        let mut message = status.message().to_owned();
        if message.is_empty() {
            message = format!("the daemon answered {name} without a word");
        }
        Self { code, message, hint, exit, details: details.into() }
    }
}

impl From<AddressError> for ClientError {
    fn from(error: AddressError) -> Self {
        Self::new("ADDRESS", 2, error.to_string(), None)
    }
}

impl ClientError {
    /// An error of the client's own.
    pub fn new(code: &str, exit: u8, message: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint,
            exit,
            details: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// The deadline of a command passed. The work goes on.
    pub(crate) fn time_out() -> Self {
        Self::new(
            "DEADLINE_EXCEEDED",
            row(Code::DeadlineExceeded).1,
            "still working: the time-out passed before the daemon was done; the work goes on",
            Some("give it longer with --timeout, or look with `brummerctl ps`".to_owned()),
        )
    }

    pub(crate) fn unreachable(
        code: &str,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) -> Self {
        Self::new(code, EXIT_UNREACHABLE, message, hint.into())
    }

    pub(crate) fn not_running() -> Self {
        Self::unreachable(
            "NOT_RUNNING",
            "brummerd is not running",
            "start it with `brummerctl daemon start`".to_owned(),
        )
    }

    pub(crate) fn gone(socket: &Path, last: &Status) -> Self {
        let mut error = Self::from(last.clone());
        if error.code == "UNAVAILABLE" || !has_our_info(last) {
            error = Self::unreachable(
                "UNAVAILABLE",
                format!("the daemon at {} does not answer: {}", socket.display(), innermost(last)),
                "`brummerctl daemon status` says whether it runs".to_owned(),
            );
        }
        error
    }
}

/// The time-out that tonic's channel applies to a request says so with the code CANCELLED.
fn is_time_out(status: &Status) -> bool {
    status.code() == Code::DeadlineExceeded && !has_our_info(status)
        || status.code() == Code::Cancelled && chain_has(status, &|error| error.is::<tonic::TimeoutExpired>())
}

fn has_our_info(status: &Status) -> bool {
    status.get_details_error_info().is_some_and(|info| info.domain == ERROR_DOMAIN)
}

/// The connection broke or never came about: another attempt may succeed. A status that the daemon sent
/// has no local cause; one that tonic made of a broken connection has.
pub(crate) fn is_lost(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        Code::Unknown | Code::Internal | Code::Cancelled => status.source().is_some() && !is_time_out(status),
        _ => false,
    }
}

/// Whether an error in the chain of causes satisfies `test`.
pub(crate) fn chain_has(status: &Status, test: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool) -> bool {
    let mut next = status.source();
    while let Some(error) = next {
        if test(error) {
            return true;
        }
        next = error.source();
    }
    false
}

/// The words of the cause at the root: "transport error" helps nobody.
fn innermost(status: &Status) -> String {
    let mut words = status.message().to_owned();
    let mut next = status.source();
    while let Some(error) = next {
        words = error.to_string();
        next = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn every_code_has_its_exit() {
        for (code, name, exit) in [
            (Code::NotFound, "NOT_FOUND", 4),
            (Code::InvalidArgument, "INVALID_ARGUMENT", 2),
            (Code::FailedPrecondition, "FAILED_PRECONDITION", 5),
            (Code::AlreadyExists, "ALREADY_EXISTS", 5),
            (Code::Aborted, "ABORTED", 5),
            (Code::PermissionDenied, "PERMISSION_DENIED", 6),
            (Code::Unavailable, "UNAVAILABLE", 3),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 1),
            (Code::Internal, "INTERNAL", 1),
            (Code::Unknown, "UNKNOWN", 1),
        ] {
            let error = ClientError::from(Status::new(code, "words"));
            assert_eq!((error.code.as_str(), error.exit), (name, exit));
        }
        for code in (1..=16).map(Code::from_i32) {
            assert!(EXITS.iter().any(|(known, _, _)| *known == code), "{code:?} has no row");
        }
    }

    #[test]
    fn our_code_hint_and_details_come_through() {
        let metadata = HashMap::from([
            ("hint".to_owned(), "did you mean `api`?".to_owned()),
            ("project".to_owned(), "shop".to_owned()),
        ]);
        let mut said = ErrorDetails::with_error_info("NO_PROCESS", ERROR_DOMAIN, metadata.clone());
        said.add_bad_request_violation("names[0]", "unknown");
        let error =
            ClientError::from(Status::with_error_details(Code::NotFound, "no process `apii` in shop", said));
        assert_eq!((error.code.as_str(), error.exit), ("NO_PROCESS", 4));
        assert_eq!(error.message, "no process `apii` in shop");
        assert_eq!(error.hint.as_deref(), Some("did you mean `api`?"));
        assert_eq!(
            error.details,
            serde_json::json!({
                "project": "shop",
                "fields": [{ "field": "names[0]", "description": "unknown" }],
            })
        );
        let foreign = ErrorDetails::with_error_info("SOMETHING", "example.com", metadata);
        let error = ClientError::from(Status::with_error_details(Code::NotFound, "gone", foreign));
        assert_eq!((error.code.as_str(), error.hint), ("NOT_FOUND", None));
    }

    #[test]
    fn what_the_daemon_said_is_no_lost_connection() {
        for code in [Code::Unknown, Code::Internal, Code::Cancelled, Code::NotFound] {
            assert!(!is_lost(&Status::new(code, "said")), "{code:?}");
        }
        assert!(is_lost(&Status::unavailable("stopping")));
        let broken = Status::from_error(Box::new(std::io::Error::other("broken pipe")));
        assert!(is_lost(&broken), "{broken:?}");
    }
}
