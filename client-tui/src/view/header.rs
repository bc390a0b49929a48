//! The first row.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::layout;
use crate::model::{Link, Model};
use crate::theme::Theme;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    let header = layout::header(model);
    let y = area.y;
    let x = paint::text(buffer, area, area.x + 1, y, &header.name, theme.bold());
    if !header.directory.is_empty() {
        paint::text(buffer, area, x + 1, y, &header.directory, theme.dim());
    }
    for tab in &header.tabs {
        let style = if tab.view == model.view { theme.marked() } else { theme.plain() };
        paint::text(buffer, area, column(tab.columns.start), y, &tab.text, style);
    }
    let link = match model.link {
        Link::Live if model.mistakes() > 0 => theme.warning().patch(theme.bold()),
        Link::Live => theme.good(),
        Link::Away { .. } => theme.warning().patch(theme.bold()),
    };
    let x = paint::text(buffer, area, column(header.link_at), y, &header.link, link);
    if !header.up.is_empty() {
        paint::text(buffer, area, x + 2, y, &header.up, theme.plain());
    }
}

fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
