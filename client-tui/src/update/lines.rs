//! Moving in the log. The line under the cursor is what everything else is laid out around.

use super::log_height;
use crate::effect::{Anchor, Effect, PageQuestion};
use crate::model::Model;
use crate::model::log::{Entry, LogPane, Purpose, Target};
use crate::viewport::Pane;

/// Least lines that are asked for at once.
const LEAST_PAGE: usize = 40;

pub(super) fn bound(model: &Model) -> usize {
    LogPane::bound(log_height(model))
}

/// The cursor by lines; the text moves only at the borders.
pub(super) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let mut effects = if by < 0 { hold(model) } else { Vec::new() };
    for _ in 0..by.unsigned_abs() {
        let (cursor, row) = (model.log.cursor, model.log.row);
        let pane = Pane::of(model);
        if by < 0 && cursor > 0 {
            let row = row.saturating_sub(pane.height_of(cursor - 1));
            model.log.row = row;
            model.log.cursor = cursor - 1;
        } else if by > 0 && cursor + 1 < model.log.entries.len() && model.log.is_held() {
            let row = row + pane.height_of(cursor);
            let whole = pane.height.saturating_sub(pane.height_of(cursor + 1));
            model.log.row = row.min(whole);
            model.log.cursor = cursor + 1;
        } else if by > 0 && model.log.is_held() && !model.log.detached {
            // Beyond the newest line: go with it again.
            effects.extend(follow(model));
        }
    }
    effects.extend(fetch(model));
    effects
}

/// The text by rows; the cursor stays where it is on the screen.
pub(super) fn scroll(model: &mut Model, by: isize) -> Vec<Effect> {
    let mut effects = if by < 0 { hold(model) } else { Vec::new() };
    if !model.log.is_held() {
        return effects;
    }
    let last = model.log.entries.len().saturating_sub(1);
    if by > 0 && model.log.cursor >= last && !model.log.detached {
        effects.extend(follow(model));
        return effects;
    }
    let wanted = by.unsigned_abs();
    let pane = Pane::of(model);
    let (mut cursor, mut moved) = (model.log.cursor, 0);
    while moved < wanted {
        if by < 0 && cursor > 0 {
            cursor -= 1;
            moved += pane.height_of(cursor);
        } else if by > 0 && cursor < last {
            moved += pane.height_of(cursor);
            cursor += 1;
        } else {
            break;
        }
    }
    let row = pane.settled(cursor, model.log.row);
    (model.log.cursor, model.log.row) = (cursor, row);
    effects.extend(fetch(model));
    effects
}

/// The whole log from its first kept line.
pub(super) fn first(model: &mut Model) -> Vec<Effect> {
    let mut effects = hold(model);
    if !model.log.more_before {
        (model.log.cursor, model.log.row) = (0, 0);
        return effects;
    }
    let question = PageQuestion {
        filter: model.log.filter.clone(),
        anchor: Anchor::First,
        before: 0,
        after: lines(bound(model)),
    };
    effects.extend(read(model, question, Purpose::Instead { target: Target::First, row: 0 }));
    effects
}

/// Keeps the text where it is from now on.
pub(super) fn hold(model: &mut Model) -> Vec<Effect> {
    // Nothing is nothing to keep in its place.
    if model.log.is_held() || model.log.entries.is_empty() {
        return Vec::new();
    }
    let row = Pane::of(model).cursor_row();
    model.log.hold(row);
    // What a live tail jumped over exists: it is put in place before someone scrolls to it.
    if model.log.entries.iter().any(Entry::can_be_read) {
        let seq = model.log.under_cursor().map_or(0, Entry::last_seq);
        return around(model, model.log.cursor_after(model.log.cursor), Target::Seq(seq), row);
    }
    Vec::new()
}

/// Goes with the newest line from now on.
pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    model.log.follow();
    Vec::new()
}

pub(super) fn shift(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.wrap {
        return super::action::say(model, "lines are wrapped: w shows them in one row");
    }
    model.log.shift = model.log.shift.saturating_add_signed(by);
    Vec::new()
}

/// After another size or look: the cursor stays on the screen.
pub(super) fn settle(model: &mut Model) {
    if model.log.is_held() {
        model.log.row = Pane::of(model).settled(model.log.cursor, model.log.row);
    }
}

/// The cursor to a line that was found: on the screen if it is there, else a third below its top.
pub(super) fn jump(model: &mut Model, seq: u64, time_ns: i64) -> Vec<Effect> {
    let mut effects = hold(model);
    let third = log_height(model) / 3;
    let index = model
        .log
        .entries
        .iter()
        .position(|entry| entry.line().is_some_and(|line| line.seq <= seq && seq <= line.last_seq));
    let Some(index) = index else {
        let cursor = model.log.cursor_at(seq, time_ns);
        return around(model, cursor, Target::Seq(seq), third);
    };
    let pane = Pane::of(model);
    let height = isize::try_from(pane.height).unwrap_or(isize::MAX);
    let visible = pane
        .placed()
        .into_iter()
        .find(|placed| placed.index == index && placed.top >= 0 && placed.top < height);
    let row = match visible.and_then(|placed| usize::try_from(placed.top).ok()) {
        Some(row) => row,
        None => pane.settled(index, third),
    };
    (model.log.cursor, model.log.row) = (index, row);
    effects.extend(fetch(model));
    effects
}

/// The lines on both sides of a cursor, in place of what is kept.
pub(super) fn around(model: &mut Model, cursor: Option<String>, target: Target, row: usize) -> Vec<Effect> {
    let Some(cursor) = cursor else { return Vec::new() };
    let half = lines(bound(model) / 2);
    let question = PageQuestion {
        filter: model.log.filter.clone(),
        anchor: Anchor::Cursor(cursor),
        before: half,
        after: half,
    };
    read(model, question, Purpose::Instead { target, row })
}

/// Reads on where the cursor comes near an end of what is kept.
pub(super) fn fetch(model: &mut Model) -> Vec<Effect> {
    let log = &model.log;
    if log.loading.is_some() || log.entries.is_empty() || !log.is_held() {
        return Vec::new();
    }
    let near = log_height(model);
    let size = lines((2 * near).max(LEAST_PAGE));
    let last = log.entries.len() - 1;
    let filter = log.filter.clone();
    let question = |anchor, before, after| PageQuestion { filter: filter.clone(), anchor, before, after };
    let (asked, purpose) = if log.more_before && log.cursor < near {
        (log.cursor_before(0).map(|at| question(Anchor::Cursor(at), size, 0)), Purpose::Before)
    } else if log.detached && last - log.cursor < near {
        (log.cursor_after(last).map(|at| question(Anchor::Cursor(at), 0, size)), Purpose::Behind)
    } else {
        return Vec::new();
    };
    asked.map_or_else(Vec::new, |question| read(model, question, purpose))
}

fn read(model: &mut Model, question: PageQuestion, purpose: Purpose) -> Vec<Effect> {
    let ticket = model.ticket();
    model.log.loading = Some(ticket);
    vec![Effect::ReadPage { ticket, place: model.place.clone(), question, purpose }]
}

fn lines(count: usize) -> u32 {
    // The daemon gives at most 10,000 lines in all.
    u32::try_from(count).unwrap_or(u32::MAX).min(5000)
}
