//! The row of chips; while a search is typed, its line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::layout;
use crate::model::Model;
use crate::theme::Theme;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    let chips = layout::chips(model);
    let column = |at: usize| area.x.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
    let mut end = paint::text(buffer, area, area.x + 1, area.y, chips.label, theme.dim());
    for zone in &chips.zones {
        end = paint::text(buffer, area, column(zone.columns.start), area.y, &zone.text, theme.busy());
    }
    if chips.hidden > 0 {
        paint::text(buffer, area, end + 1, area.y, &format!("+{}", chips.hidden), theme.dim());
    }
    paint::text(
        buffer,
        area,
        column(chips.note_at),
        area.y,
        &chips.note,
        theme.warning().patch(theme.bold()),
    );
}
