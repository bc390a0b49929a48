//! `{"schema":1,"error":{…}}` on stderr.

use serde::Serialize;
use serde_json::Value;

use crate::failure::Problem;

#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    error: Error<'a>,
}

#[derive(Debug, Serialize)]
struct Error<'a> {
    code: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
    details: &'a Value,
}

impl<'a> From<&'a Problem> for Document<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self {
            error: Error {
                code: &problem.code,
                message: &problem.message,
                hint: problem.hint.as_deref(),
                details: &problem.details,
            },
        }
    }
}
