//! The settings in force: read, filtered, copied, edited where they are set.

use super::{action, copy, popups};
use crate::effect::{Effect, Spot};
use crate::keys::{Action, Key};
use crate::layout;
use crate::message::Failure;
use crate::model::popup::Popup;
use crate::model::settings::{Found, Row, Setting, Settings};
use crate::model::{Model, list};

pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.popups.push(Popup::Settings(Box::default()));
    read(model)
}

fn read(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let place = model.place.clone();
    match opened(model) {
        Some(settings) => {
            settings.loading = Some(ticket);
            vec![Effect::ReadSettings { ticket, place }]
        }
        None => Vec::new(),
    }
}

pub(super) fn arrived(model: &mut Model, ticket: u64, result: Result<Found, Failure>) -> Vec<Effect> {
    let waiting = model.popups.iter_mut().find_map(|popup| match popup {
        Popup::Settings(settings) if settings.loading == Some(ticket) => Some(settings),
        _ => None,
    });
    let Some(settings) = waiting else {
        model.redraw = false;
        return Vec::new();
    };
    settings.loading = None;
    match result {
        Ok(found) => (settings.found, settings.refused) = (found, None),
        Err(failure) => settings.refused = Some(failure.message),
    }
    settings.lay();
    Vec::new()
}

fn opened(model: &mut Model) -> Option<&mut Settings> {
    match model.popups.last_mut() {
        Some(Popup::Settings(settings)) => Some(settings),
        _ => None,
    }
}

pub(super) fn key(model: &mut Model, key: Key, action: Option<Action>) -> Vec<Effect> {
    let page = isize::try_from(rows(model)).unwrap_or(1).saturating_sub(1).max(1);
    let Some(settings) = opened(model) else { return Vec::new() };
    if settings.typing {
        match action {
            Some(Action::Accept) => settings.typing = false,
            Some(Action::Back) => unfilter(settings),
            _ => {
                if settings.filter.key(key) {
                    settings.lay();
                }
            }
        }
        return Vec::new();
    }
    match action {
        Some(Action::Up) => moved(model, -1),
        Some(Action::Down) => moved(model, 1),
        Some(Action::PageUp) => moved(model, -page),
        Some(Action::PageDown) => moved(model, page),
        Some(Action::First) => moved(model, isize::MIN),
        Some(Action::Last) => moved(model, isize::MAX),
        Some(Action::Search) => settings.typing = true,
        Some(Action::Again) => return read(model),
        Some(Action::CopyRow) => {
            let text = settings.row().map(|row| in_words(&settings.found, row));
            return copy::copy(model, text);
        }
        Some(Action::CopyAll) => {
            let rows = settings.rows.iter().map(|row| in_words(&settings.found, row));
            let text = rows.collect::<Vec<_>>().join("\n");
            return copy::copy(model, Some(text));
        }
        Some(Action::Edit) => {
            let spot = settings.row().and_then(|row| spot(&settings.found, row));
            return match spot {
                Some(spot) => vec![Effect::Edit(spot)],
                None => action::say(model, "no file sets it"),
            };
        }
        Some(Action::Back) if !settings.filter.text().is_empty() => unfilter(settings),
        Some(Action::Back) => return popups::closed(model),
        _ => {}
    }
    Vec::new()
}

fn unfilter(settings: &mut Settings) {
    settings.typing = false;
    settings.filter = Default::default();
    settings.lay();
}

/// Rows of the list that fit.
fn rows(model: &Model) -> usize {
    usize::from(layout::picker_rows(layout::sheet(model)).height)
}

/// To the next row in a direction that can be selected.
pub(super) fn moved(model: &mut Model, by: isize) {
    let Some(settings) = opened(model) else { return };
    let at: Vec<usize> = (0..settings.rows.len())
        .filter(|row| settings.rows.get(*row).is_some_and(Row::can_be_selected))
        .collect();
    let now = at.iter().position(|row| *row == settings.selected).unwrap_or(0);
    let to = at.get(list::moved(now, by, at.len())).copied().unwrap_or(0);
    select(model, to);
}

fn select(model: &mut Model, row: usize) {
    let height = rows(model);
    let Some(settings) = opened(model) else { return };
    settings.selected = row;
    // The name of the first table is seen with its first value.
    let seen = if row == 1 { 0 } else { settings.offset };
    settings.offset = list::offset(seen, row, settings.rows.len(), height);
}

pub(super) fn clicked(model: &mut Model, row: usize) -> Vec<Effect> {
    let Some(settings) = opened(model) else { return Vec::new() };
    let row = settings.offset + row;
    if settings.rows.get(row).is_some_and(Row::can_be_selected) {
        select(model, row);
    }
    Vec::new()
}

fn in_words(found: &Found, row: &Row) -> String {
    let mistake = |index: &usize| found.mistakes.get(*index);
    match row {
        Row::Mistake(index) => mistake(index)
            .map(|mistake| format!("{} {}  {}", mistake.code, mistake.place(), mistake.message))
            .unwrap_or_default(),
        Row::Hint(index) => mistake(index).map(|mistake| mistake.hint.clone()).unwrap_or_default(),
        Row::Table(name) => format!("[{name}]"),
        Row::Value(index) => found
            .values
            .get(*index)
            .map(|Setting { key, value, source }| format!("{key} = {value}  # {source}"))
            .unwrap_or_default(),
    }
}

fn spot(found: &Found, row: &Row) -> Option<Spot> {
    match row {
        Row::Mistake(index) => {
            let mistake = found.mistakes.get(*index).filter(|mistake| !mistake.file.is_empty())?;
            let (file, line, column) = (mistake.file.clone(), mistake.line, mistake.column);
            Some(Spot { file, line, column, bases: Vec::new() })
        }
        Row::Value(index) => found.values.get(*index)?.spot(),
        Row::Hint(_) | Row::Table(_) => None,
    }
}
