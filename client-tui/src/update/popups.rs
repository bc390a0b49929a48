//! Keys of the topmost layer. Whatever it does not know ends there.

use super::{act, action, copy, lines, picker, scripts, search, settings};
use crate::effect::Effect;
use crate::keys::{self, Action, Key};
use crate::message::{Mouse, MouseKind};
use crate::model::filter::Pattern;
use crate::model::log::Target;
use crate::model::popup::{DetailsOf, Popup, Prompt};
use crate::model::{Model, View};
use crate::{layout, page};

pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(context) = model.popups.last().map(Popup::context) else { return Vec::new() };
    let action = keys::action(context, key);
    match model.popups.last_mut() {
        Some(Popup::Help { .. } | Popup::Why(_) | Popup::Details(_)) => {
            action.map_or_else(Vec::new, |action| read(model, action))
        }
        Some(Popup::Confirm(_)) => match action {
            Some(Action::Accept) => match model.popups.pop() {
                Some(Popup::Confirm(confirm)) => act::begin(model, confirm.act),
                _ => Vec::new(),
            },
            Some(Action::Refuse) => closed(model),
            _ => Vec::new(),
        },
        Some(Popup::Picker(picker)) => match action {
            Some(Action::Back) => closed(model),
            Some(action) => picker::key(model, action),
            None => {
                if picker.input.key(key) {
                    picker::typed(picker);
                }
                Vec::new()
            }
        },
        Some(Popup::Scripts(_)) => scripts::key(model, key, action),
        Some(Popup::Settings(_)) => settings::key(model, key, action),
        Some(Popup::Search(prompt)) => match action {
            Some(Action::Back) => closed(model),
            Some(Action::Accept) => searched(model),
            Some(Action::ToggleRegex) => {
                prompt.regex = !prompt.regex;
                prompt.error = None;
                Vec::new()
            }
            Some(Action::Up) => recall(model, 1),
            Some(Action::Down) => recall(model, -1),
            _ => {
                if prompt.input.key(key) {
                    (prompt.error, prompt.back) = (None, 0);
                }
                Vec::new()
            }
        },
        None => Vec::new(),
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.popups.last_mut() {
        Some(Popup::Picker(picker)) => {
            picker.input.insert(text);
            picker::typed(picker);
        }
        Some(Popup::Scripts(_)) => scripts::paste(model, text),
        Some(Popup::Settings(open)) if open.typing => {
            open.filter.insert(text);
            open.lay();
        }
        Some(Popup::Search(prompt)) => {
            prompt.input.insert(text);
            prompt.error = None;
        }
        // Pasted text is never taken for keys.
        _ => model.redraw = false,
    }
    Vec::new()
}

pub(super) fn closed(model: &mut Model) -> Vec<Effect> {
    model.popups.pop();
    Vec::new()
}

fn read(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(reader) = model.popups.last().and_then(|popup| page::reader(model, popup)) else {
        return Vec::new();
    };
    let page = reader.height().saturating_sub(1).max(1);
    let to = match action {
        Action::Up => reader.scroll.saturating_sub(1),
        Action::Down => reader.scroll + 1,
        Action::PageUp => reader.scroll.saturating_sub(page),
        Action::PageDown => reader.scroll + page,
        Action::First => 0,
        Action::Last => usize::MAX,
        Action::CopyRow => return copy::popup(model, true),
        Action::CopyAll => return copy::popup(model, false),
        Action::Edit => return edit(model),
        Action::Accept => return accept(model),
        Action::Back => return closed(model),
        _ => return Vec::new(),
    };
    if let Some(popup) = model.popups.last_mut() {
        popup.set_scroll(to.min(reader.end()));
    }
    Vec::new()
}

fn edit(model: &mut Model) -> Vec<Effect> {
    let spot = match model.popups.last() {
        Some(Popup::Details(details)) => match &details.of {
            DetailsOf::Incident(id) => action::spot_of_incident(model, id),
            DetailsOf::Line(line) => {
                let index = model.log.entries.iter().position(|entry| entry.first_seq() == line.seq);
                index.and_then(|index| action::spot_of_line(model, index))
            }
        },
        _ => None,
    };
    action::open_spot(model, spot)
}

/// An error's details lead to its first line; other texts just close.
fn accept(model: &mut Model) -> Vec<Effect> {
    let cursor = match model.popups.pop() {
        Some(Popup::Details(details)) => match details.of {
            DetailsOf::Incident(id) => model
                .incidents
                .get(&id)
                .map(|incident| (incident.process.clone(), incident.first_cursor.clone())),
            DetailsOf::Line(_) => None,
        },
        _ => None,
    };
    let Some((process, cursor)) = cursor.filter(|(_, cursor)| !cursor.is_empty()) else {
        return Vec::new();
    };
    let mut effects = super::lists::select_process(model, Some(process));
    action::show(model, View::Logs);
    effects.extend(lines::hold(model));
    let after = cursor.split('.').nth(2).and_then(|seq| seq.parse().ok()).unwrap_or(0);
    let third = super::log_height(model) / 3;
    effects.extend(lines::around(model, Some(cursor), Target::After(after), third));
    effects
}

fn searched(model: &mut Model) -> Vec<Effect> {
    let Some(Popup::Search(prompt)) = model.popups.last() else { return Vec::new() };
    let pattern = Pattern { text: prompt.input.text().to_owned(), regex: prompt.regex };
    if pattern.text.is_empty() {
        return closed(model);
    }
    match search::begin(model, pattern) {
        Ok(effects) => {
            model.popups.pop();
            effects
        }
        Err(error) => {
            if let Some(Popup::Search(prompt)) = model.popups.last_mut() {
                prompt.error = Some(error);
            }
            Vec::new()
        }
    }
}

fn recall(model: &mut Model, by: isize) -> Vec<Effect> {
    let history = &model.search.history;
    if let Some(Popup::Search(Prompt { input, back, error, .. })) = model.popups.last_mut() {
        *back = back.saturating_add_signed(by).min(history.len());
        let text = history.len().checked_sub(*back).and_then(|index| history.get(index));
        *input = crate::model::input::Input::new(text.map_or("", String::as_str));
        *error = None;
    }
    Vec::new()
}

pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let by = match mouse.kind {
        MouseKind::WheelUp => -1,
        MouseKind::WheelDown => 1,
        MouseKind::Click => return click(model, mouse),
    };
    match model.popups.last() {
        Some(Popup::Picker(_)) => picker::moved(model, by),
        Some(Popup::Scripts(_)) => scripts::moved(model, by),
        Some(Popup::Settings(_)) => settings::moved(model, by),
        Some(Popup::Help { .. } | Popup::Why(_) | Popup::Details(_)) => {
            let action = if by < 0 { Action::Up } else { Action::Down };
            for _ in 0..3 {
                read(model, action);
            }
        }
        _ => model.redraw = false,
    }
    Vec::new()
}

/// On an entry of a list: takes it. Beside a layer: closes it, unless it is a question.
fn click(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    use ratatui::layout::Position;
    let at = Position::new(mouse.column, mouse.row);
    let area = match model.popups.last() {
        Some(Popup::Picker(picker)) => {
            let area = layout::picker(model, picker.items.len());
            let rows = layout::picker_rows(area);
            if rows.contains(at) {
                let row = picker.offset + usize::from(mouse.row - rows.y);
                return picker::take(model, row);
            }
            Some(area)
        }
        Some(Popup::Scripts(_)) => {
            let rows = layout::picker_rows(layout::sheet(model));
            if rows.contains(at) {
                return scripts::clicked(model, usize::from(mouse.row - rows.y));
            }
            Some(layout::sheet(model))
        }
        Some(Popup::Settings(_)) => {
            let rows = layout::picker_rows(layout::sheet(model));
            if rows.contains(at) {
                return settings::clicked(model, usize::from(mouse.row - rows.y));
            }
            Some(layout::sheet(model))
        }
        Some(popup) => page::reader(model, popup).map(|reader| reader.area),
        None => None,
    };
    match area {
        Some(area) if !area.contains(at) => closed(model),
        _ => Vec::new(),
    }
}
