//! Chips come and go; every change is another question to the daemon.

use super::{lists, search};
use crate::effect::Effect;
use crate::layout::Removable;
use crate::model::Model;
use crate::model::filter::{Chip, Filter};
use crate::model::list::Cursor;

pub(super) fn add(model: &mut Model, chip: Chip) -> Vec<Effect> {
    let before = model.log.filter.clone();
    model.log.filter.add(chip);
    changed(model, &before)
}

pub(super) fn remove(model: &mut Model, what: &Removable) -> Vec<Effect> {
    match what {
        Removable::Search => {
            model.search.active = None;
            model.search.stop();
            Vec::new()
        }
        Removable::Chip(chip) => {
            let before = model.log.filter.clone();
            model.log.filter.remove(chip);
            changed(model, &before)
        }
    }
}

pub(super) fn clear(model: &mut Model) -> Vec<Effect> {
    let before = std::mem::take(&mut model.log.filter);
    changed(model, &before)
}

pub(super) fn changed(model: &mut Model, before: &Filter) -> Vec<Effect> {
    if *before == model.log.filter {
        return Vec::new();
    }
    model.log.reopen();
    // The process list and its chip say the same.
    let selected = model.process_cursor.id.as_ref();
    if selected.is_some_and(|id| model.log.filter.processes != [id.clone()]) {
        model.process_cursor = Cursor { id: None, offset: model.process_cursor.offset };
    }
    lists::settle(model);
    model.search.stop();
    search::count(model, None)
}
