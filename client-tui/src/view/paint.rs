//! Putting text into cells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::ansi::{self, Piece};
use crate::page::{self, Para, Tone};
use crate::rows;

/// Text at a place within `area`, cut at its right border. Gives the column behind it.
pub(super) fn text(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let inside = y >= area.y && y < area.bottom() && x >= area.x && x < area.right();
    if !inside {
        return x;
    }
    // Cell by cell, as `ansi` cuts them: the library's own way of putting text joins what terminals may not.
    let mut x = x;
    for (_, cell) in ansi::cells(text) {
        let width = u16::try_from(ansi::width(cell)).unwrap_or(0);
        if width == 0 {
            continue;
        }
        if width > area.right() - x {
            break;
        }
        let Some(first) = buffer.cell_mut((x, y)) else { break };
        first.set_symbol(cell).set_style(style);
        for covered in x + 1..x + width {
            if let Some(covered) = buffer.cell_mut((covered, y)) {
                covered.reset();
            }
        }
        x += width;
    }
    x
}

/// Pieces one behind the other.
pub(super) fn pieces(buffer: &mut Buffer, area: Rect, x: u16, y: u16, pieces: &[Piece]) -> u16 {
    pieces.iter().fold(x, |x, piece| text(buffer, area, x, y, &piece.text, piece.style))
}

/// A text that ends in the column before `right`.
pub(super) fn right(buffer: &mut Buffer, area: Rect, right: u16, y: u16, content: &str, style: Style) {
    let width = u16::try_from(ansi::width(content)).unwrap_or(u16::MAX);
    text(buffer, area, right.saturating_sub(width).max(area.x), y, content, style);
}

/// Text as a table cell: cut to its width with `…`.
pub(super) fn cell(
    buffer: &mut Buffer,
    area: Rect,
    x: u16,
    y: u16,
    width: u16,
    content: &str,
    style: Style,
) -> u16 {
    text(buffer, area, x, y, &rows::cut_text(content, usize::from(width)), style);
    x.saturating_add(width)
}

/// One row of an area.
pub(super) fn row(area: Rect, y: u16) -> Rect {
    Rect { y, height: 1, ..area }.intersection(area)
}

/// The line between two parts: upright where they stand side by side.
pub(super) fn rule(area: Rect, buffer: &mut Buffer) {
    let sign = if area.height > area.width { "│" } else { "─" };
    let style = Style::new().add_modifier(Modifier::DIM);
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            text(buffer, area, x, y, sign, style);
        }
    }
}

/// Paragraphs in the middle of an area where there is nothing else.
pub(super) fn nothing(buffer: &mut Buffer, area: Rect, lines: &[&str]) {
    let paras: Vec<Para> =
        lines.iter().map(|line| Para { text: (*line).to_owned(), tone: Tone::Dim, hang: 0 }).collect();
    let rows = page::wrapped(&paras, usize::from(area.width.saturating_sub(1)).max(1));
    let width = rows.iter().map(|(row, _)| ansi::width(row)).max().unwrap_or(0);
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let x = area.x + area.width.saturating_sub(width) / 2;
    let top = area.y + area.height.saturating_sub(height) / 3;
    for (y, (row, _)) in (top..area.bottom()).zip(&rows) {
        text(buffer, area, x.max(area.x), y, row, Style::new().add_modifier(Modifier::DIM));
    }
}
