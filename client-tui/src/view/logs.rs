//! The log pane: a title row, then lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint;
use crate::ansi;
use crate::model::filter::Filter;
use crate::model::log::Mode;
use crate::model::{Model, Place, TimeMode, View};
use crate::theme::Theme;
use crate::viewport::Pane;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    title(model, area, buffer, theme);
    let lines = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if model.log.entries.is_empty() {
        return empty(model, lines, buffer);
    }
    for placed in Pane::of(model).placed() {
        let under_cursor = model.log.is_held() && placed.index == model.log.cursor;
        for (index, pieces) in placed.rows.iter().enumerate() {
            let at = placed.top + isize::try_from(index).unwrap_or(isize::MAX);
            let Ok(y) = u16::try_from(at) else { continue };
            let y = lines.y.saturating_add(y);
            if y >= lines.bottom() {
                break;
            }
            if under_cursor {
                buffer.set_style(paint::row(lines, y), theme.selected());
                if index == 0 {
                    paint::text(buffer, lines, lines.x, y, "▸", theme.key());
                }
            }
            paint::pieces(buffer, lines, lines.x + 1, y, pieces);
        }
    }
}

fn title(model: &Model, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let mut marks: Vec<&str> = vec![match model.log.mode {
        Mode::Follow => "follow",
        Mode::Hold { .. } => "hold",
    }];
    if model.wrap {
        marks.push("wrap");
    }
    match model.time {
        TimeMode::Clock => {}
        TimeMode::Off => marks.push("no times"),
        TimeMode::Delta => marks.push("delta"),
    }
    if model.log.loading.is_some() || model.search.finding.is_some() {
        marks.push("…");
    }
    let marks = marks.join("  ");
    let width = u16::try_from(ansi::width(&marks)).unwrap_or(0);
    let names = ansi::harmless(&names(&model.log.filter));
    let room = area.width.saturating_sub(width + 4);
    let x = paint::cell(buffer, area, area.x + 1, area.y, room, &names, theme.bold());
    if model.log.shift > 0 {
        let shift = format!("  ← {}", model.log.shift);
        let used = u16::try_from(ansi::width(&names)).unwrap_or(0).min(room);
        paint::cell(
            buffer,
            area,
            area.x + 1 + used,
            area.y,
            x.saturating_sub(area.x + used),
            &shift,
            theme.dim(),
        );
    }
    paint::right(buffer, area, area.right().saturating_sub(1), area.y, &marks, theme.dim());
}

fn names(filter: &Filter) -> String {
    if filter.processes.is_empty() { "all".to_owned() } else { filter.processes.join(", ") }
}

fn empty(model: &Model, area: Rect, buffer: &mut Buffer) {
    if let Some(refused) = &model.log.refused {
        paint::text(buffer, area, area.x + 1, area.y, &ansi::harmless(refused), Style::new());
        return;
    }
    if let Place::Directory(directory) = &model.place {
        // Those keys are of the process list.
        let first = if model.view == View::Processes { "" } else { "1 " };
        let lines = [
            "no project here".to_owned(),
            String::new(),
            format!("{first}a   opens and trusts it, starts what `up` starts"),
            format!("{first}x   runs one of its scripts"),
            "P   another project".to_owned(),
            String::new(),
            directory.clone(),
        ];
        return paint::nothing(buffer, area, &lines.each_ref().map(String::as_str));
    }
    let looking = model
        .log
        .scan
        .filter(|scan| scan.through < scan.newest)
        .map(|scan| format!("looking … {} %", scan.through.saturating_mul(100) / scan.newest.max(1)));
    match looking {
        Some(looking) => paint::nothing(buffer, area, &[&looking]),
        None if model.log.filter == Filter::default() => paint::nothing(buffer, area, &["no lines yet"]),
        None if model.log.filter.chips().len() == model.log.filter.processes.len() => {
            paint::nothing(buffer, area, &["no lines of it yet"]);
        }
        None => paint::nothing(buffer, area, &["no line passes the filters", "F clears them"]),
    }
}
