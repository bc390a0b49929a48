//! The list of processes, and the row `all` below them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint;
use crate::ansi;
use crate::format;
use crate::layout;
use crate::model::process::{Process, State};
use crate::model::{Model, Place};
use crate::theme::Theme;

const UPTIME: u16 = 6;
const CPU: u16 = 4;
const MEM: u16 = 5;
/// Least columns that a note is worth showing with.
const NOTE: u16 = 10;

/// Columns of the table.
struct Widths {
    name: u16,
    state: u16,
    /// 0: no room.
    note: u16,
}

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    if let Place::Directory(_) = model.place {
        return paint::nothing(buffer, area, &["no project here", "a opens it · x scripts · P another"]);
    }
    if !model.processes_known {
        return paint::nothing(buffer, area, &["…"]);
    }
    let widths = widths(model, area.width);
    head(&widths, area, buffer, theme);
    let offset = layout::list_offset(model);
    let selected = model.selected_row();
    for (y, row) in (area.y + 1..area.bottom()).zip(offset..model.process_rows()) {
        if row == selected {
            buffer.set_style(paint::row(area, y), theme.selected());
            paint::text(buffer, area, area.x, y, "▸", theme.key());
        }
        match model.processes.get(row) {
            Some(process) => line(model, process, &widths, area, y, buffer),
            None => {
                let text = if model.processes.is_empty() {
                    "all   nothing yet: x runs a script, a starts"
                } else {
                    "all"
                };
                paint::cell(buffer, area, area.x + 1, y, area.width.saturating_sub(1), text, theme.plain());
            }
        }
    }
}

fn widths(model: &Model, width: u16) -> Widths {
    let widest =
        |texts: &mut dyn Iterator<Item = usize>| u16::try_from(texts.max().unwrap_or(0)).unwrap_or(u16::MAX);
    let state =
        widest(&mut model.processes.iter().map(|process| ansi::width(&state(model, process)))).clamp(7, 12);
    let name = widest(&mut model.processes.iter().map(|process| ansi::width(&process.name))).max(4);
    let fixed = 1 + 1 + state + 1 + UPTIME + 1 + CPU + 1 + MEM + 1;
    let room = width.saturating_sub(fixed);
    // The name takes what it needs, the note what is left; without a note the name takes all.
    let note = room.saturating_sub(name.max(8) + 1);
    if note >= NOTE {
        Widths { name: name.max(8), state, note }
    } else {
        Widths { name: room, state, note: 0 }
    }
}

fn head(widths: &Widths, area: Rect, buffer: &mut Buffer, theme: Theme) {
    let style = theme.dim();
    let y = area.y;
    let x = paint::cell(buffer, area, area.x + 1, y, widths.name, "NAME", style) + 1;
    let x = paint::cell(buffer, area, x, y, widths.state, "STATE", style) + 1;
    let x = number(buffer, area, x, y, UPTIME, "UPTIME", style);
    let x = number(buffer, area, x, y, CPU, "CPU", style);
    let x = number(buffer, area, x, y, MEM, "MEM", style);
    if widths.note > 0 {
        paint::cell(buffer, area, x, y, widths.note, "NOTE", style);
    }
}

fn line(model: &Model, process: &Process, widths: &Widths, area: Rect, y: u16, buffer: &mut Buffer) {
    let theme = Theme { colour: model.colour };
    let ended = matches!(process.state, State::Stopped | State::Exited);
    let plain = if ended { theme.dim() } else { theme.plain() };
    let dash = || "–".to_owned();
    let name = ansi::harmless(&process.name);
    let x = paint::cell(buffer, area, area.x + 1, y, widths.name, &name, plain) + 1;
    let x = paint::cell(buffer, area, x, y, widths.state, &state(model, process), theme.state(process)) + 1;
    let uptime = process.uptime_ms(model.now.mono_ms).map_or_else(dash, format::duration);
    let x = number(buffer, area, x, y, UPTIME, &uptime, plain);
    let cpu = process.cpu_percent.map_or_else(dash, format::percent);
    let x = number(buffer, area, x, y, CPU, &cpu, plain);
    let mem = process.rss_bytes.map_or_else(dash, format::size);
    let x = number(buffer, area, x, y, MEM, &mem, plain);
    if widths.note > 0 {
        let note = ansi::harmless(&process.note);
        paint::cell(
            buffer,
            area,
            x,
            y,
            widths.note,
            &note,
            if process.errors > 0 || process.changed { theme.warning() } else { plain },
        );
    }
}

/// A right-aligned cell and the space behind it.
fn number(
    buffer: &mut Buffer,
    area: Rect,
    x: u16,
    y: u16,
    width: u16,
    text: &str,
    style: ratatui::style::Style,
) -> u16 {
    let end = x.saturating_add(width);
    paint::right(buffer, area, end, y, text, style);
    end + 1
}

/// `ready`, `backoff 4s`; `ready*` where the note says what a change of the configuration asks for.
fn state(model: &Model, process: &Process) -> String {
    let word = process.state_word();
    if process.changed {
        // Where there is no room for the note: something is to be done.
        return format!("{word}*");
    }
    match (process.state, process.next_start_in_ms(model.now.wall_ns)) {
        // Rounded up: what is still to come is never `0s`.
        (State::Backoff, Some(ms)) => format!("{word} {}", format::duration(ms.saturating_add(999))),
        _ => word.to_owned(),
    }
}
