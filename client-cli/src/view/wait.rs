//! `wait`: what it came to, in words and as data.

use super::plain_words;
use crate::json::wait::WaitResult;

/// For stderr: `api  running`, `api  exit 1`, `api  cannot: …`.
pub(crate) fn line(result: &WaitResult) -> String {
    let words = match (&result.reason, result.met) {
        (_, true) => match (result.condition, &result.exit) {
            ("exit", Some(exit)) => exit.words(),
            ("running", _) => "running".to_owned(),
            ("log", _) => "said it".to_owned(),
            ("url", _) => "serves".to_owned(),
            (other, _) => other.to_owned(),
        },
        (Some(reason), false) => reason.clone(),
        (None, false) => "not yet".to_owned(),
    };
    plain_words(&format!("{}  {words}", result.name))
}

/// For stdout: the URL, or the line that was waited for.
pub(crate) fn data(result: &WaitResult) -> Option<String> {
    let found = result.url.as_ref().or(result.line.as_ref())?;
    Some(plain_words(found).replace('\n', " ") + "\n")
}
