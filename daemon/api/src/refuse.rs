//! A [`Refusal`] as a gRPC status with `google.rpc` details: ErrorInfo carries our code and hint, the
//! diagnostics of a configuration go along as metadata of the same.

use std::collections::HashMap;

use brummer_world::{Kind, Refusal};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Domain of our codes in ErrorInfo.
const DOMAIN: &str = "brummer";

/// Longest text of diagnostics in a status: headers are bounded, so is what goes into them.
const DIAGNOSTICS_MAX: usize = 4096;

/// The status that the client module turns into exit code, sentence and hint.
pub(crate) fn status(refusal: Refusal) -> Status {
    let code = match refusal.kind {
        Kind::Invalid => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::Conflict => Code::FailedPrecondition,
        Kind::Denied => Code::PermissionDenied,
        Kind::Timeout => Code::DeadlineExceeded,
        Kind::Unavailable => Code::Unavailable,
        Kind::Failed => Code::Aborted,
        Kind::Internal => Code::Internal,
    };
    let mut metadata = HashMap::new();
    if let Some(hint) = refusal.hint {
        metadata.insert("hint".to_owned(), hint);
    }
    if !refusal.diagnostics.is_empty() {
        let mut text = refusal.diagnostics.join("\n");
        if text.len() > DIAGNOSTICS_MAX {
            let cut = (0..=DIAGNOSTICS_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(cut);
            text.push_str("\n(more: `brummerctl config check`)");
        }
        metadata.insert("diagnostics".to_owned(), text);
    }
    let mut details = ErrorDetails::new();
    details.set_error_info(refusal.code, DOMAIN, metadata);
    Status::with_error_details(code, refusal.message, details)
}

/// A request that leaves out what it must say.
pub(crate) fn missing(field: &'static str) -> Status {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(field, "must be set");
    details.set_error_info("INVALID_REQUEST", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, format!("the request leaves out `{field}`"), details)
}

/// A field whose value means nothing.
pub(crate) fn invalid(field: &'static str, why: impl Into<String>) -> Status {
    let why = why.into();
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(field, why.clone());
    details.set_error_info("INVALID_REQUEST", DOMAIN, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, why, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_hint_and_diagnostics_travel_in_error_info() {
        let mut refusal =
            Refusal::new(Kind::NotFound, "NOT_FOUND", "no process `apii` in shop").did_you_mean(Some("api"));
        refusal.diagnostics = vec!["x".repeat(5000)];
        let status = status(refusal);
        assert_eq!(status.code(), Code::NotFound);
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("NOT_FOUND", "brummer"));
        assert_eq!(info.metadata["hint"], "did you mean `api`?");
        assert!(info.metadata["diagnostics"].len() < 4200);
    }
}
