//! Moving in the lists: processes, errors, URLs.

use super::filters;
use crate::effect::Effect;
use crate::model::{Model, View, list};
use crate::{layout, page};

fn len(model: &Model) -> usize {
    match model.view {
        View::Processes | View::Logs => model.process_rows(),
        View::Errors => page::incidents(model).len(),
        View::Urls => model.endpoints.len(),
    }
}

fn selected(model: &Model) -> usize {
    match model.view {
        View::Processes | View::Logs => model.selected_row(),
        View::Errors => page::selected_incident_row(model),
        View::Urls => model.selected_endpoint_row(),
    }
}

pub(super) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let row = list::moved(selected(model), by, len(model));
    to(model, row)
}

pub(super) fn page(model: &mut Model, by: isize) -> Vec<Effect> {
    let rows = layout::screen(model).rows().map_or(1, |rows| usize::from(rows.height).max(2) - 1);
    step(model, by * isize::try_from(rows).unwrap_or(1))
}

/// Selects a row; beyond the end: the last.
pub(super) fn to(model: &mut Model, row: usize) -> Vec<Effect> {
    let row = row.min(len(model).saturating_sub(1));
    let effects = match model.view {
        View::Processes | View::Logs => {
            let name = model.processes.get(row).map(|process| process.name.clone());
            return select_process(model, name);
        }
        View::Errors => {
            let id = page::incidents(model).get(row).map(|incident| incident.id.clone());
            if row > 0 {
                // Rows stay while they are read.
                model.incidents.freeze();
            }
            model.incidents.cursor.id = id;
            Vec::new()
        }
        View::Urls => {
            model.endpoint_cursor.id = model.endpoints.get(row).map(|endpoint| endpoint.id());
            Vec::new()
        }
    };
    settle(model);
    effects
}

/// Selects a process, or `all`; the log beside goes with it.
pub(super) fn select_process(model: &mut Model, name: Option<String>) -> Vec<Effect> {
    let before = model.log.filter.clone();
    model.process_cursor.id.clone_from(&name);
    model.log.filter.processes = name.into_iter().collect();
    let effects = filters::changed(model, &before);
    settle(model);
    effects
}

/// Keeps the selected row on the screen.
pub(super) fn settle(model: &mut Model) {
    let offset = layout::list_offset(model);
    match model.view {
        View::Processes | View::Logs => model.process_cursor.offset = offset,
        View::Errors => model.incidents.cursor.offset = offset,
        View::Urls => model.endpoint_cursor.offset = offset,
    }
}
