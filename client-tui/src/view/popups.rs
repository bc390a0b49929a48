//! Layers on top, the lowest first.

mod picker;
mod scripts;
mod settings;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, Clear, Widget as _};

use super::{errors, paint};
use crate::ansi;
use crate::layout;
use crate::model::Model;
use crate::model::popup::{Confirm, Popup, Prompt};
use crate::page::{self, Reader};
use crate::rows;
use crate::theme::Theme;

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let theme = Theme { colour: model.colour };
    for popup in &model.popups {
        let cursor = match popup {
            Popup::Picker(list) => picker::draw(model, list, frame.buffer_mut(), theme),
            Popup::Scripts(open) => scripts::draw(model, open, frame.buffer_mut(), theme),
            Popup::Settings(open) => settings::draw(model, open, frame.buffer_mut(), theme),
            Popup::Search(prompt) => search(model, prompt, frame.buffer_mut(), theme),
            Popup::Confirm(confirm) => {
                ask(model, confirm, frame.buffer_mut(), theme);
                None
            }
            Popup::Help { .. } | Popup::Why(_) | Popup::Details(_) => {
                if let Some(reader) = page::reader(model, popup) {
                    read(&reader, frame.buffer_mut(), theme);
                }
                None
            }
        };
        if let Some(cursor) = cursor {
            frame.set_cursor_position(cursor);
        }
    }
}

/// An empty box with a title.
fn boxed(area: Rect, title: &str, buffer: &mut Buffer, theme: Theme) {
    Clear.render(area, buffer);
    Block::bordered().title(format!(" {title} ")).title_style(theme.bold()).render(area, buffer);
}

fn read(reader: &Reader, buffer: &mut Buffer, theme: Theme) {
    boxed(reader.area, &reader.title, buffer, theme);
    let inside = inner(reader.area);
    for (y, (text, tone)) in (inside.y..inside.bottom()).zip(reader.rows.iter().skip(reader.scroll)) {
        paint::text(buffer, inside, inside.x, y, text, errors::tone_style(theme, *tone));
    }
    if reader.end() > 0 {
        let shown = (reader.scroll + reader.height()).min(reader.rows.len());
        let text = format!(" {shown} of {} rows ", reader.rows.len());
        paint::right(
            buffer,
            reader.area,
            reader.area.right().saturating_sub(2),
            reader.area.bottom() - 1,
            &text,
            theme.dim(),
        );
    }
}

/// Without the border and a column of air at its sides.
fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(2),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

fn ask(model: &Model, confirm: &Confirm, buffer: &mut Buffer, theme: Theme) {
    let lines = [confirm.question.as_str(), confirm.consequence.as_str(), "", "y yes   n no"];
    let width = lines.iter().map(|line| ansi::width(line)).max().unwrap_or(0);
    let area = layout::centred(model, width, lines.len());
    boxed(area, "sure?", buffer, theme);
    let inside = inner(area);
    for (y, (index, line)) in (inside.y..inside.bottom()).zip(lines.iter().enumerate()) {
        let style = match index {
            0 => theme.bold(),
            3 => theme.key(),
            _ => theme.plain(),
        };
        paint::text(buffer, inside, inside.x, y, &ansi::harmless(line), style);
    }
}

/// The search line lies over the chips.
fn search(model: &Model, prompt: &Prompt, buffer: &mut Buffer, theme: Theme) -> Option<Position> {
    let area = layout::screen(model).chips;
    Clear.render(area, buffer);
    let sign = if prompt.regex { "~/" } else { " /" };
    let x = paint::text(buffer, area, area.x, area.y, sign, theme.key());
    let note = match (&prompt.error, prompt.regex) {
        (Some(error), _) => ansi::harmless(error),
        (None, true) => "regular expression".to_owned(),
        (None, false) => String::new(),
    };
    let style = if prompt.error.is_some() { theme.bad() } else { theme.dim() };
    let note = rows::cut_text(&note, usize::from(area.width / 2));
    paint::right(buffer, area, area.right().saturating_sub(1), area.y, &note, style);
    let taken = u16::try_from(ansi::width(&note)).unwrap_or(0) + if note.is_empty() { 1 } else { 3 };
    let room = Rect { x, width: area.right().saturating_sub(x + taken), ..area };
    Some(input(prompt.input.before(), prompt.input.after(), room, buffer))
}

/// An input line; its cursor stays within the room. Gives the place of the cursor.
fn input(before: &str, after: &str, room: Rect, buffer: &mut Buffer) -> Position {
    let (before, after) = (ansi::harmless(before), ansi::harmless(after));
    let width = usize::from(room.width.max(1));
    let skipped = (ansi::width(&before) + 1).saturating_sub(width);
    let whole = vec![ansi::Piece::new(format!("{before}{after}"), ratatui::style::Style::new())];
    paint::pieces(buffer, room, room.x, room.y, &rows::cut(whole, skipped, width));
    let at = u16::try_from(ansi::width(&before) - skipped).unwrap_or(0);
    Position::new(room.x.saturating_add(at), room.y)
}
