//! Answers to what was asked. One that nobody waits for any more is ignored.

use super::{act, lines, scripts, search, settings};
use crate::effect::Effect;
use crate::message::Reply;
use crate::model::Model;
use crate::model::popup::Popup;
use crate::model::status::Status;

pub(super) fn update(model: &mut Model, ticket: u64, reply: Reply) -> Vec<Effect> {
    match reply {
        Reply::Acted(result) => act::done(model, ticket, result),
        Reply::Page { purpose, page } => {
            if model.log.loading != Some(ticket) {
                model.redraw = false;
                return Vec::new();
            }
            model.log.loading = None;
            match page {
                Ok(page) => {
                    let bound = lines::bound(model);
                    model.log.place(page, purpose, bound);
                    if matches!(purpose, crate::model::log::Purpose::Instead { .. }) {
                        lines::settle(model);
                    }
                    if model.search.reading == Some(ticket) { search::arrived(model) } else { Vec::new() }
                }
                Err(failure) => {
                    model.search.stop();
                    model.status = Some(Status::error(failure.message, failure.hint));
                    Vec::new()
                }
            }
        }
        Reply::Found(result) => search::found(model, ticket, result),
        Reply::Counted { total, place } => search::counted(model, ticket, total, place),
        Reply::CountFailed(failure) => {
            model.status = Some(Status::error(failure.message, failure.hint));
            Vec::new()
        }
        Reply::Scripts(result) => scripts::arrived(model, ticket, result),
        Reply::Settings(result) => settings::arrived(model, ticket, result),
        Reply::Place(_) if model.going != Some(ticket) => {
            model.redraw = false;
            Vec::new()
        }
        Reply::Place(result) => {
            model.going = None;
            match result {
                Ok(place) => super::go(model, place),
                Err(failure) => model.status = Some(Status::error(failure.message, failure.hint)),
            }
            Vec::new()
        }
        Reply::Explained(result) => {
            let failed = result.is_err().then(|| result.clone().err()).flatten();
            for popup in &mut model.popups {
                if let Popup::Why(why) = popup
                    && why.ticket == ticket
                {
                    let (runs, origin) = result.clone().unwrap_or_default();
                    (why.runs, why.origin) = (Some(runs), origin);
                }
            }
            if let Some(failure) = failed {
                model.status = Some(Status::error(failure.message, failure.hint));
            }
            Vec::new()
        }
    }
}
