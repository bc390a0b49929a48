//! The URLs that processes serve.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::ansi;
use crate::format;
use crate::layout;
use crate::model::{Model, Place};
use crate::theme::Theme;

const SEEN: u16 = 8;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    if model.endpoints.is_empty() {
        let text = match model.place {
            Place::Directory(_) => "no project here",
            Place::Project { .. } if model.endpoints_known => {
                "no URLs yet: they come from what processes print"
            }
            Place::Project { .. } => "…",
        };
        return paint::nothing(buffer, area, &[text]);
    }
    let widest =
        |texts: &mut dyn Iterator<Item = usize>| u16::try_from(texts.max().unwrap_or(0)).unwrap_or(u16::MAX);
    let name =
        widest(&mut model.endpoints.iter().map(|endpoint| ansi::width(&endpoint.process))).clamp(7, 20);
    let label = widest(&mut model.endpoints.iter().map(|endpoint| ansi::width(&endpoint.label))).clamp(5, 16);
    let url = area.width.saturating_sub(1 + name + 1 + label + 1 + 5 + 1 + SEEN + 1);
    let y = area.y;
    let head = theme.dim();
    let mut x = area.x + 1;
    for (width, title) in [(name, "PROCESS"), (url, "URL"), (label, "LABEL"), (5, "ALIVE")] {
        x = paint::cell(buffer, area, x, y, width, title, head) + 1;
    }
    paint::right(buffer, area, x + SEEN, y, "SEEN", head);

    let selected = model.selected_endpoint_row();
    let offset = layout::list_offset(model);
    for (y, (row, endpoint)) in
        (area.y + 1..area.bottom()).zip(model.endpoints.iter().enumerate().skip(offset))
    {
        if row == selected {
            buffer.set_style(paint::row(area, y), theme.selected());
            paint::text(buffer, area, area.x, y, "▸", theme.key());
        }
        let plain = if endpoint.alive { theme.plain() } else { theme.dim() };
        let mut x = area.x + 1;
        let alive = if endpoint.alive { ("yes", theme.good()) } else { ("no", theme.dim()) };
        let process = theme.name(&endpoint.process);
        let shown_url = if endpoint.proxy_url.is_empty() {
            endpoint.url.clone()
        } else {
            format!("{}  →  {}", endpoint.url, endpoint.proxy_url)
        };
        for (width, text, style) in [
            (name, endpoint.process.as_str(), process),
            (url, shown_url.as_str(), plain),
            (label, endpoint.label.as_str(), plain),
            (5, alive.0, alive.1),
        ] {
            x = paint::cell(buffer, area, x, y, width, &ansi::harmless(text), style) + 1;
        }
        paint::right(buffer, area, x + SEEN, y, &format::clock(endpoint.seen_ns, &model.zone), theme.dim());
    }
}
