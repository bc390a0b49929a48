//! The row of filter chips, and at its right what a held pane has missed. Pure.

use std::ops::Range;

use crate::ansi;
use crate::format;
use crate::model::filter::Chip;
use crate::model::log::Mode;
use crate::model::{Model, View};

/// What a click on a chip takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removable {
    Chip(Chip),
    Search,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipZone {
    pub what: Removable,
    pub text: String,
    pub columns: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chips {
    /// `filters:`, or empty.
    pub label: &'static str,
    pub zones: Vec<ChipZone>,
    /// `↓ 42 new lines · G to follow`.
    pub note: String,
    pub note_at: usize,
    /// Chips that did not fit.
    pub hidden: usize,
}

/// The row, fitted to the width: the note first, then as many chips as there is room for.
pub fn chips(model: &Model) -> Chips {
    let width = usize::from(model.size.width);
    let note = note(model);
    let note_at = width.saturating_sub(ansi::width(&note) + 1);
    let mut all: Vec<(Removable, String)> = if model.view == View::Urls {
        Vec::new()
    } else {
        let filters = model.log.filter.chips().into_iter();
        filters
            .map(|chip| (format!("[{} ×]", ansi::harmless(&chip.label())), chip))
            .map(|(t, c)| (Removable::Chip(c), t))
            .collect()
    };
    if model.view != View::Urls
        && let Some(text) = search_text(model)
    {
        all.push((Removable::Search, format!("[{text}]")));
    }
    let label = if all.is_empty() { "" } else { "filters:" };
    let mut at = 1 + label.len() + 1;
    let end = if note.is_empty() { width } else { note_at.saturating_sub(2) };
    let count = all.len();
    let mut zones = Vec::new();
    for (what, text) in all {
        let columns = at..at + ansi::width(&text);
        if columns.end + 4 > end && columns.end > end {
            break;
        }
        at = columns.end + 1;
        zones.push(ChipZone { what, text, columns });
    }
    let hidden = count - zones.len();
    Chips { label, zones, note, note_at, hidden }
}

fn search_text(model: &Model) -> Option<String> {
    let active = model.search.active.as_ref()?;
    let pattern = ansi::harmless(&active.pattern.text);
    let count = match (active.place, active.total) {
        (Some(place), Some(total)) => {
            format!(" {} of {}", format::thousands(place), format::thousands(total))
        }
        (None, Some(0)) => " not found".to_owned(),
        (None, Some(total)) => format!(" {}", format::thousands(total)),
        (_, None) => " …".to_owned(),
    };
    Some(format!("/{pattern}/{count}"))
}

fn note(model: &Model) -> String {
    match (model.view, model.log.mode) {
        (View::Errors, _) if model.incidents.hold => match model.incidents.unseen() {
            0 => "held · Space to follow".to_owned(),
            unseen => {
                let new = format::plural(unseen as u64, "new error");
                format!("↑ {new} · Space to follow")
            }
        },
        (View::Processes | View::Logs, Mode::Hold { new_lines: 0 }) => "held · G to follow".to_owned(),
        (View::Processes | View::Logs, Mode::Hold { new_lines }) => {
            format!("↓ {} · G to follow", format::plural(new_lines, "new line"))
        }
        _ => String::new(),
    }
}
