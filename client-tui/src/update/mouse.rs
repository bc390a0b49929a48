//! The mouse: a click selects, on a chip takes it away, on a tab shows it; the wheel scrolls what it is over.

use ratatui::layout::{Position, Rect};

use super::{action, filters, lines, lists, popups};
use crate::effect::Effect;
use crate::layout;
use crate::message::{Mouse, MouseKind};
use crate::model::{Model, View};
use crate::viewport::Pane;

/// Rows that a turn of the wheel scrolls.
const WHEEL: isize = 3;

pub(super) fn update(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    if !model.popups.is_empty() {
        return popups::mouse(model, mouse);
    }
    match mouse.kind {
        MouseKind::Click => click(model, mouse),
        MouseKind::WheelUp => wheel(model, mouse, -1),
        MouseKind::WheelDown => wheel(model, mouse, 1),
    }
}

fn is_in(mouse: Mouse, area: Option<Rect>) -> bool {
    area.is_some_and(|area| area.contains(Position::new(mouse.column, mouse.row)))
}

fn click(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    let screen = layout::screen(model);
    let column = usize::from(mouse.column);
    if is_in(mouse, Some(screen.header)) {
        let tab = layout::header(model).tabs.into_iter().find(|tab| tab.columns.contains(&column));
        return tab.map_or_else(Vec::new, |tab| action::show(model, tab.view));
    }
    if is_in(mouse, Some(screen.chips)) {
        let chips = layout::chips(model);
        if !chips.note.is_empty() && column >= chips.note_at {
            return match model.view {
                View::Errors => action::perform(model, crate::keys::Action::FollowHold),
                _ => lines::follow(model),
            };
        }
        let zone = chips.zones.into_iter().find(|zone| zone.columns.contains(&column));
        return zone.map_or_else(Vec::new, |zone| filters::remove(model, &zone.what));
    }
    if let Some(rows) = screen.rows().filter(|rows| is_in(mouse, Some(*rows))) {
        let row = layout::list_offset(model) + usize::from(mouse.row - rows.y);
        let len = match model.view {
            View::Processes | View::Logs => model.process_rows(),
            View::Errors => crate::page::incidents(model).len(),
            View::Urls => model.endpoints.len(),
        };
        return if row < len { lists::to(model, row) } else { Vec::new() };
    }
    if let Some(area) = screen.lines().filter(|area| is_in(mouse, Some(*area))) {
        let mut effects = lines::hold(model);
        let wanted = isize::try_from(mouse.row - area.y).unwrap_or(0);
        let placed = Pane::of(model).placed();
        let under = placed.into_iter().find(|placed| {
            let rows = isize::try_from(placed.rows.len()).unwrap_or(1);
            placed.top <= wanted && wanted < placed.top + rows
        });
        if let Some(placed) = under {
            // The beginning of an entry that is cut off above comes down with the cursor.
            model.log.cursor = placed.index;
            model.log.row = usize::try_from(placed.top).unwrap_or(0);
        }
        effects.extend(lines::fetch(model));
        return effects;
    }
    Vec::new()
}

fn wheel(model: &mut Model, mouse: Mouse, by: isize) -> Vec<Effect> {
    let screen = layout::screen(model);
    if is_in(mouse, screen.log) {
        return lines::scroll(model, by * WHEEL);
    }
    if is_in(mouse, screen.list) {
        return lists::step(model, by);
    }
    model.redraw = false;
    Vec::new()
}
