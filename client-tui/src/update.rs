//! What every message does to the state, and what it asks of the outside. Pure: the same state and message
//! give the same state and effects.

mod act;
mod action;
mod copy;
mod daemon;
mod filters;
mod lines;
mod lists;
mod mouse;
mod picker;
mod popups;
mod reply;
mod scripts;
mod search;
mod settings;

use crate::effect::{Act, Effect};
use crate::layout;
use crate::message::Message;
use crate::model::status::{Status, Tone};
use crate::model::{Model, Now, Place, TimeMode, View};
use crate::{keys, page};

/// Takes a message in. `model.redraw` says afterwards whether anything that can be seen may have changed.
pub fn update(model: &mut Model, now: Now, message: Message) -> Vec<Effect> {
    model.now = now;
    model.redraw = true;
    match message {
        Message::Key(key) => key_pressed(model, key),
        Message::Paste(text) => popups::paste(model, &text),
        Message::Mouse(mouse) => mouse::update(model, mouse),
        Message::Resize(size) => {
            model.size = size;
            lines::settle(model);
            lists::settle(model);
            Vec::new()
        }
        Message::Tick => Vec::new(),
        Message::Update(update) => daemon::update(model, update),
        Message::Reply { ticket, reply } => reply::update(model, ticket, reply),
        Message::Said(Ok(text)) => {
            model.status = Some(Status::info(text));
            Vec::new()
        }
        Message::Said(Err(failure)) => {
            model.status = Some(Status::error(failure.message, failure.hint));
            Vec::new()
        }
    }
}

/// The topmost layer gets the key, and nothing else does.
fn key_pressed(model: &mut Model, key: keys::Key) -> Vec<Effect> {
    if model.status.as_ref().is_some_and(|status| status.tone == Tone::Info) {
        model.status = None;
    }
    if !model.popups.is_empty() {
        return popups::key(model, key);
    }
    match keys::action(keys::Context::of(model.view), key) {
        Some(action) => action::perform(model, action),
        None => Vec::new(),
    }
}

/// Another project: everything of the one before goes.
fn go_to(model: &mut Model, name: String, directory: String) {
    go(model, Place::Project { name, directory });
}

fn go(model: &mut Model, place: Place) {
    model.going = None;
    if model.place.project().is_some() && model.place.project() == place.project() {
        return;
    }
    model.place = place;
    model.processes.clear();
    model.processes_known = false;
    model.process_cursor = Default::default();
    model.endpoints.clear();
    model.endpoints_known = false;
    model.endpoint_cursor = Default::default();
    model.incidents.clear();
    model.log.filter = Default::default();
    model.log.epoch.clear();
    model.log.reopen();
    model.search.active = None;
    model.search.stop();
}

/// Least milliseconds between two drawings for a time alone: of two hundred uptimes one changes always.
const LEAST_TICK: u64 = 250;

/// Milliseconds until a time that is shown changes by itself; `None`: nothing on the screen moves.
pub fn next_tick(model: &Model) -> Option<u64> {
    // A duration changes with its next second, after an hour with its next minute.
    let rising = |ms: u64| if ms < 3_600_000 { 1000 - ms % 1000 } else { 60_000 - ms % 60_000 };
    let falling = |ms: u64| if ms == 0 { None } else { Some(ms % 1000 + 1) };
    let mut next = model.away_ms().map(|ms| 1000 - ms % 1000);
    let mut sooner = |candidate: Option<u64>| {
        next = match (next, candidate) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    };
    let why = model.popups.iter().any(|popup| matches!(popup, crate::model::popup::Popup::Why(_)));
    if model.view == View::Processes || why {
        for process in &model.processes {
            sooner(process.uptime_ms(model.now.mono_ms).map(rising));
            sooner(process.next_start_in_ms(model.now.wall_ns).and_then(falling));
        }
    }
    if model.view == View::Errors && model.time == TimeMode::Delta {
        for incident in page::incidents(model) {
            sooner(Some(rising(crate::format::ago_ms(model.now.wall_ns, incident.last_seen_ns))));
        }
    }
    next.map(|ms| ms.max(LEAST_TICK))
}

/// What the UI does first when it was started with names.
pub fn started_with(model: &mut Model, names: Vec<String>) -> Vec<Effect> {
    if names.is_empty() {
        return Vec::new();
    }
    if let [name] = names.as_slice() {
        model.process_cursor.id = Some(name.clone());
        model.log.filter.processes = vec![name.clone()];
    }
    act::begin(model, Act::Up(names))
}

/// Rows of the log pane, at least one.
fn log_height(model: &Model) -> usize {
    layout::log_height(model).max(1)
}

#[cfg(test)]
mod tests;
