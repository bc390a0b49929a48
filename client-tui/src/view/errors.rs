//! The errors, and the one under the cursor in full.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::ansi;
use crate::format;
use crate::layout;
use crate::model::incident::Incident;
use crate::model::{Model, Place, TimeMode};
use crate::page::{self, Tone};
use crate::theme::Theme;

const LAST: u16 = 8;
const COUNT: u16 = 5;
/// Most columns of process and place.
const NAME: u16 = 16;
const PLACE: u16 = 28;

struct Widths {
    last: u16,
    name: u16,
    place: u16,
}

pub(super) fn draw(model: &Model, list: Rect, detail: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    let rows = page::incidents(model);
    if rows.is_empty() {
        let text: &[&str] = if model.incidents.rows().next().is_some() {
            &["no error passes the filters", "F clears them"]
        } else if model.incidents.known {
            &["no errors"]
        } else if matches!(model.place, Place::Directory(_)) {
            &["no project here"]
        } else {
            &["…"]
        };
        return paint::nothing(buffer, list, text);
    }
    let widths = widths(model, &rows, list.width);
    head(model, &widths, list, buffer, theme);
    let selected = page::selected_incident_row(model);
    let offset = layout::list_offset(model);
    for (y, (row, incident)) in (list.y + 1..list.bottom()).zip(rows.iter().enumerate().skip(offset)) {
        if row == selected {
            buffer.set_style(paint::row(list, y), theme.selected());
            paint::text(buffer, list, list.x, y, "▸", theme.key());
        }
        line(model, incident, &widths, list, y, buffer, theme);
    }
    if let Some(incident) = rows.get(selected) {
        in_full(model, incident, detail, buffer, theme);
    }
}

fn widths(model: &Model, rows: &[&Incident], width: u16) -> Widths {
    let widest =
        |texts: &mut dyn Iterator<Item = usize>| u16::try_from(texts.max().unwrap_or(0)).unwrap_or(u16::MAX);
    let last = if model.time == TimeMode::Off { 0 } else { LAST + 1 };
    let name = widest(&mut rows.iter().map(|row| ansi::width(&row.process))).clamp(7, NAME);
    let place = widest(&mut rows.iter().map(|row| ansi::width(&row.place()))).clamp(5, PLACE);
    // The message is worth more than its place.
    let room = width.saturating_sub(1 + last + COUNT + 1 + name + 1);
    Widths { last, name, place: place.min(room / 3) }
}

fn head(model: &Model, widths: &Widths, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let (y, style) = (area.y, theme.dim());
    let x = area.x + 1 + widths.last;
    if widths.last > 0 {
        let title = if model.time == TimeMode::Delta { "AGO" } else { "LAST" };
        paint::right(buffer, area, x - 1, y, title, style);
    }
    paint::right(buffer, area, x + COUNT, y, "COUNT", style);
    let x = paint::cell(buffer, area, x + COUNT + 1, y, widths.name, "PROCESS", style) + 1;
    let x = paint::cell(buffer, area, x, y, widths.place, "PLACE", style) + 1;
    paint::cell(buffer, area, x, y, area.right().saturating_sub(x), "ERROR", style);
}

fn line(
    model: &Model,
    incident: &Incident,
    widths: &Widths,
    area: Rect,
    y: u16,
    buffer: &mut Buffer,
    theme: Theme,
) {
    let x = area.x + 1 + widths.last;
    if widths.last > 0 {
        let text = match model.time {
            TimeMode::Delta => format::duration(format::ago_ms(model.now.wall_ns, incident.last_seen_ns)),
            TimeMode::Clock | TimeMode::Off => format::clock(incident.last_seen_ns, &model.zone),
        };
        paint::right(buffer, area, x - 1, y, &text, theme.dim());
    }
    paint::right(buffer, area, x + COUNT, y, &format::thousands(incident.count), theme.plain());
    let name = ansi::harmless(&incident.process);
    let x =
        paint::cell(buffer, area, x + COUNT + 1, y, widths.name, &name, theme.name(&incident.process)) + 1;
    let place = ansi::harmless(&incident.place());
    let x = paint::cell(buffer, area, x, y, widths.place, &place, theme.plain()) + 1;
    let style = if incident.is_over() { theme.dim() } else { theme.bad() };
    let over = if incident.earlier_run { "earlier run · " } else { "" };
    let title = format!("{over}{}", ansi::harmless(&incident.title()));
    let end = area.right().saturating_sub(x);
    paint::cell(buffer, area, x, y, end, &title, style);
    // What the search finds, as in the log.
    if let Some(active) = &model.search.active
        && page::matches(incident, &active.regex)
    {
        paint::text(buffer, area, area.x + widths.last, y, "/", theme.found());
    }
}

fn in_full(model: &Model, incident: &Incident, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let columns = usize::from(area.width.saturating_sub(2));
    let paras = page::incident_text(model, incident);
    let rows = if model.wrap {
        page::wrapped(&paras, columns)
    } else {
        paras
            .into_iter()
            .map(|para| (crate::rows::cut_text(&ansi::harmless(&para.text), columns), para.tone))
            .collect()
    };
    for (y, (text, tone)) in (area.y..area.bottom()).zip(&rows) {
        paint::text(buffer, area, area.x + 1, y, text, tone_style(theme, *tone));
    }
    if rows.len() > usize::from(area.height) {
        let hint = "⏎ all of it";
        paint::right(
            buffer,
            area,
            area.right().saturating_sub(1),
            area.bottom().saturating_sub(1),
            hint,
            theme.marked(),
        );
    }
}

pub(super) fn tone_style(theme: Theme, tone: Tone) -> ratatui::style::Style {
    match tone {
        Tone::Plain => theme.plain(),
        Tone::Heading => theme.bold(),
        Tone::Dim => theme.dim(),
        Tone::Bad => theme.bad(),
    }
}
