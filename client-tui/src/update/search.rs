//! Searching: the daemon looks for the next line and counts all of them; errors are searched in their list.

use super::{action, lines, lists};
use crate::effect::{Anchor, Effect, Hit};
use crate::message::Failure;
use crate::model::filter::{Chip, Filter, Level, Pattern};
use crate::model::log::{Line, Purpose};
use crate::model::search::{Active, Finding, Sought, Step};
use crate::model::status::Status;
use crate::model::{Model, View};
use crate::page;

/// Begins a search.
///
/// # Errors
/// In words, when the pattern is no regex.
pub(super) fn begin(model: &mut Model, pattern: Pattern) -> Result<Vec<Effect>, String> {
    let regex = pattern.compile()?;
    model.search.remember(&pattern.text);
    model.search.stop();
    model.search.active = Some(Active { pattern, regex, total: None, place: None, count_ticket: 0 });
    if model.view == View::Errors {
        return Ok(in_errors(model, true, true));
    }
    Ok(find(model, Sought::Match { first: true, wrapped: false }, false))
}

/// The next match, or the one before.
pub(super) fn next(model: &mut Model, forward: bool) -> Vec<Effect> {
    if model.search.active.is_none() {
        return action::say(model, "nothing is searched for: / begins");
    }
    if model.view == View::Errors {
        return in_errors(model, forward, false);
    }
    step(model, Step { sought: Sought::Match { first: false, wrapped: false }, forward })
}

/// The next line of an error, or the one before.
pub(super) fn error(model: &mut Model, forward: bool) -> Vec<Effect> {
    step(model, Step { sought: Sought::Error, forward })
}

/// A step at once, or after those that are still on their way.
fn step(model: &mut Model, step: Step) -> Vec<Effect> {
    let reading = model.search.reading.is_some() && model.search.reading == model.log.loading;
    if model.search.finding.is_some() || reading {
        model.search.wait(step);
        return Vec::new();
    }
    find(model, step.sought, step.forward)
}

/// The page around what was found is there.
pub(super) fn arrived(model: &mut Model) -> Vec<Effect> {
    model.search.reading = None;
    match model.search.steps.pop_front() {
        Some(step) => find(model, step.sought, step.forward),
        None => Vec::new(),
    }
}

fn in_errors(model: &mut Model, forward: bool, here_too: bool) -> Vec<Effect> {
    let Some(active) = &model.search.active else { return Vec::new() };
    let matching: Vec<usize> = page::incidents(model)
        .iter()
        .enumerate()
        .filter(|(_, incident)| page::matches(incident, &active.regex))
        .map(|(row, _)| row)
        .collect();
    let selected = page::selected_incident_row(model);
    let after = matching.iter().position(|row| *row > selected || (here_too && *row == selected));
    let before = matching.iter().rposition(|row| *row < selected);
    let last = matching.len().checked_sub(1);
    let found = if forward { after.or(last.map(|_| 0)) } else { before.or(last) };
    if let Some(active) = &mut model.search.active {
        active.total = Some(matching.len() as u64);
        active.place = found.map(|index| index as u64 + 1);
    }
    match found.and_then(|index| matching.get(index)) {
        Some(row) => lists::to(model, *row),
        None => action::say(model, "no error matches"),
    }
}

/// Lines of the pane that are looked for.
fn sought_filter(model: &Model, sought: Sought) -> Filter {
    let mut filter = model.log.filter.clone();
    match sought {
        Sought::Error => filter.level = Some(filter.level.unwrap_or(Level::Error).max(Level::Error)),
        Sought::Match { .. } => {
            if let Some(active) = &model.search.active {
                filter.add(Chip::Text(active.pattern.clone()));
            }
        }
    }
    filter
}

fn find(model: &mut Model, sought: Sought, forward: bool) -> Vec<Effect> {
    let mut effects = lines::hold(model);
    let cursor = model.log.cursor;
    let anchor = match sought {
        Sought::Match { wrapped: true, .. } if forward => Anchor::First,
        Sought::Match { wrapped: true, .. } => Anchor::Last,
        // The line under the cursor counts for a new search only.
        Sought::Match { first: true, .. } => {
            model.log.cursor_after(cursor).map_or(Anchor::Last, Anchor::Cursor)
        }
        _ if forward => model.log.cursor_after(cursor).map_or(Anchor::First, Anchor::Cursor),
        _ => model.log.cursor_before(cursor).map_or(Anchor::Last, Anchor::Cursor),
    };
    let ticket = model.ticket();
    let filter = sought_filter(model, sought);
    model.search.finding = Some(Finding { ticket, sought, forward });
    effects.push(Effect::FindLine { ticket, place: model.place.clone(), filter, anchor, forward });
    effects
}

/// The daemon's answer.
pub(super) fn found(model: &mut Model, ticket: u64, result: Result<Option<Line>, Failure>) -> Vec<Effect> {
    let Some(finding) = model.search.finding.filter(|finding| finding.ticket == ticket) else {
        model.redraw = false;
        return Vec::new();
    };
    model.search.finding = None;
    match (result, finding.sought) {
        (Err(failure), _) => {
            model.search.stop();
            model.status = Some(Status::error(failure.message, failure.hint));
            Vec::new()
        }
        (Ok(Some(line)), sought) => {
            let mut effects = lines::jump(model, line.seq, line.time_ns);
            if let Sought::Match { wrapped: true, first: false } = sought {
                let end = if finding.forward { "beginning" } else { "end" };
                model.status = Some(Status::info(format!("searched on from the {end}")));
            }
            // Only where the last step ends matters.
            if matches!(sought, Sought::Match { .. }) && model.search.steps.is_empty() {
                let cursor = model.log.cursor_at(line.last_seq, line.time_ns);
                let hit = cursor.map(|cursor| Hit { cursor, time_ns: line.time_ns });
                effects.extend(count(model, hit));
            }
            let elsewhere =
                |effect: &Effect| matches!(effect, Effect::ReadPage { purpose: Purpose::Instead { .. }, .. });
            if effects.iter().any(elsewhere) {
                model.search.reading = model.log.loading;
            } else {
                effects.extend(arrived(model));
            }
            effects
        }
        (Ok(None), Sought::Match { first: true, wrapped: false }) if !finding.forward => {
            find(model, Sought::Match { first: true, wrapped: false }, true)
        }
        (Ok(None), Sought::Match { first: false, wrapped: false }) => {
            find(model, Sought::Match { first: false, wrapped: true }, finding.forward)
        }
        (Ok(None), Sought::Match { .. }) => {
            model.search.stop();
            if let Some(active) = &mut model.search.active {
                (active.total, active.place) = (Some(0), None);
            }
            action::say(model, "no line matches")
        }
        (Ok(None), Sought::Error) => {
            model.search.stop();
            let side = if finding.forward { "after" } else { "before" };
            action::say(model, &format!("no error {side} this line"))
        }
    }
}

/// Has the matches counted, and which of them one is.
pub(super) fn count(model: &mut Model, at: Option<Hit>) -> Vec<Effect> {
    if model.search.active.is_none() || model.view == View::Errors {
        return Vec::new();
    }
    let ticket = model.ticket();
    let filter = sought_filter(model, Sought::Match { first: false, wrapped: false });
    let Some(active) = &mut model.search.active else { return Vec::new() };
    active.count_ticket = ticket;
    // Where the cursor was is not where it is; how many there are has hardly changed.
    active.place = None;
    if at.is_none() {
        active.total = None;
    }
    vec![Effect::CountMatches { ticket, place: model.place.clone(), filter, at }]
}

pub(super) fn counted(model: &mut Model, ticket: u64, total: u64, place: Option<u64>) -> Vec<Effect> {
    match &mut model.search.active {
        Some(active) if active.count_ticket == ticket => {
            active.total = Some(total);
            // Both were counted one after the other; lines may have come in between.
            active.place = place.map(|place| place.clamp(1, total.max(1)));
        }
        _ => model.redraw = false,
    }
    Vec::new()
}
