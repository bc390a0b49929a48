//! A list with an input line.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::paint;
use super::{boxed, input};
use crate::ansi;
use crate::layout;
use crate::model::Model;
use crate::model::popup::{Picker, PickerKind};
use crate::theme::Theme;

/// Widest column of the entries themselves.
const LABEL: usize = 40;

pub(super) fn draw(model: &Model, picker: &Picker, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
    let area = layout::picker(model, picker.items.len());
    boxed(area, picker.kind.title(), buffer, theme);
    let line = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 }
        .intersection(area);
    let x = paint::text(buffer, line, line.x, line.y, "› ", theme.key());
    let room = Rect { x, width: line.right().saturating_sub(x), ..line };
    let cursor = input(picker.input.before(), picker.input.after(), room, buffer);

    let rows = layout::picker_rows(area);
    let label = picker.shown.iter().map(|item| ansi::width(&item.label)).max().unwrap_or(0).min(LABEL);
    let label = u16::try_from(label).unwrap_or(u16::MAX).min(rows.width.saturating_sub(2));
    for (y, (index, item)) in (rows.y..rows.bottom()).zip(picker.shown.iter().enumerate().skip(picker.offset))
    {
        if index == picker.selected {
            buffer.set_style(paint::row(rows, y), theme.selected());
            paint::text(buffer, rows, rows.x, y, "▸", theme.key());
        }
        let x =
            paint::cell(buffer, rows, rows.x + 1, y, label, &ansi::harmless(&item.label), theme.plain()) + 2;
        let end = rows.right().saturating_sub(x);
        paint::cell(buffer, rows, x, y, end, &ansi::harmless(&item.detail), theme.dim());
    }
    let note = match &picker.note {
        Some(note) if picker.input.text().is_empty() => ansi::harmless(note),
        _ if picker.shown.is_empty() && picker.kind != PickerKind::Filter => {
            "nothing of that name".to_owned()
        }
        _ => format!("{} of {}", picker.shown.len(), picker.items.len().max(picker.shown.len())),
    };
    let bottom = Rect { y: area.bottom().saturating_sub(2), height: 1, ..line }.intersection(area);
    paint::cell(buffer, bottom, bottom.x, bottom.y, bottom.width, &note, theme.dim());
    Some(cursor)
}
