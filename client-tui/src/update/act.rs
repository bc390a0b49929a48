//! Commands of the user: asked once, told while they last, told when they are done.

use crate::effect::{Act, Effect};
use crate::message::{Acted, Failure};
use crate::model::status::{Pending, Status};
use crate::model::{Model, Place};

/// Sends a command off.
pub(super) fn begin(model: &mut Model, act: Act) -> Vec<Effect> {
    let ticket = model.ticket();
    model.status = None;
    model.pending.push(Pending { ticket, what: act.in_words() });
    vec![Effect::Act { ticket, place: model.place.clone(), act }]
}

/// The answer to a command.
pub(super) fn done(model: &mut Model, ticket: u64, result: Result<Acted, Failure>) -> Vec<Effect> {
    let what = match model.pending.iter().position(|pending| pending.ticket == ticket) {
        Some(index) => model.pending.remove(index).what,
        None => String::new(),
    };
    match result {
        Err(failure) => {
            model.status = Some(Status::error(format!("{what}: {}", failure.message), failure.hint));
        }
        Ok(acted) => {
            model.status = Some(said(&what, &acted));
            let new_here = matches!(model.place, Place::Directory(_));
            if let Some((name, directory)) = acted.project.filter(|_| new_here) {
                let (cursor, filter) = (model.process_cursor.clone(), model.log.filter.clone());
                super::go_to(model, name, directory);
                (model.process_cursor, model.log.filter) = (cursor, filter);
            }
            // A name that was unknown when its lines were asked for may be known now.
            if model.log.refused.is_some() {
                model.log.reopen();
            }
        }
    }
    Vec::new()
}

fn said(what: &str, acted: &Acted) -> Status {
    let failed: Vec<_> = acted
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.failure.as_ref().map(|f| (&outcome.name, f)))
        .collect();
    if let [(name, failure), more @ ..] = failed.as_slice() {
        let others =
            if more.is_empty() { String::new() } else { format!(" (and {} more failed)", more.len()) };
        let text = format!("{name}: {}{others}", failure.message);
        return Status::error(text, failure.hint.clone());
    }
    let mut parts: Vec<String> =
        acted.outcomes.iter().map(|outcome| format!("{} {}", outcome.name, outcome.did)).collect();
    if parts.len() > 6 {
        let more = parts.len() - 5;
        parts.truncate(5);
        parts.push(format!("{more} more"));
    }
    let mut text = parts.join(", ");
    if text.is_empty() {
        text = format!("{what}: done");
    }
    for words in &acted.words {
        text.push_str(" · ");
        text.push_str(words);
    }
    Status::info(text)
}
