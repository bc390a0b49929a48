//! What an action did: one line a process, for stderr.

use super::plain_words;
use crate::json::action::{ActionResult, Did};
use crate::json::process::State;

/// `api  started  pid 4711  http://localhost:3000/`. `qualified`: with the project's name in front.
pub(crate) fn line(result: &ActionResult, qualified: bool) -> String {
    let name = if qualified { format!("{}/{}", result.project, result.name) } else { result.name.clone() };
    let mut parts = vec![name];
    if let Some(error) = &result.error {
        parts.push(if result.waits { "waiting" } else { "failed" }.to_owned());
        let mut words = error.message.clone();
        if let Some(hint) = &error.hint {
            words.push_str("; ");
            words.push_str(hint);
        }
        parts.push(words);
        return plain_words(&parts.join("  "));
    }
    parts.push(result.did.words().to_owned());
    if matches!(result.did, Did::Started | Did::AlreadyRunning | Did::Restarted) {
        match (result.pid, result.state) {
            (Some(pid), _) => parts.push(format!("pid {pid}")),
            // It is over already: a task, or something that came and went.
            (None, Some(state)) if state != State::Running => {
                let how = result.process.as_ref().map(|process| process.exit.words()).unwrap_or_default();
                parts.push(if how.is_empty() { state.as_str().to_owned() } else { how });
            }
            (None, _) => {}
        }
        parts.extend(result.url.clone());
    }
    plain_words(&parts.join("  "))
}

/// Results of several projects say whose they are.
pub(crate) fn qualified(results: &[ActionResult]) -> bool {
    let first = results.first().map(|result| &result.project);
    results.iter().any(|result| Some(&result.project) != first)
}
