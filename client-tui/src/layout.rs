//! Where everything is on the screen, as a value of the state: drawing and the mouse both go by it. Pure.

mod chips;
mod header;

use ratatui::layout::Rect;

use crate::ansi;
use crate::model::{Model, View, list};
use crate::page;
pub use chips::{ChipZone, Chips, Removable, chips};
pub use header::{Header, TabZone, header};

/// From this width on, list and log stand side by side.
pub const WIDE: u16 = 100;
/// Rows of a list that are always left when it stands above something.
const LEAST_LIST: u16 = 4;

/// The areas of the view that is shown. Those that it has not are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    pub header: Rect,
    /// Its first row is the column header.
    pub list: Option<Rect>,
    /// Between list and what stands beside or below it.
    pub rule: Option<Rect>,
    /// Its first row is the title.
    pub log: Option<Rect>,
    /// The error under the cursor.
    pub detail: Option<Rect>,
    pub chips: Rect,
    pub footer: Rect,
}

impl Screen {
    /// Rows of the log, without the title.
    pub fn lines(&self) -> Option<Rect> {
        self.log.map(below_first)
    }

    /// Rows of the list, without the column header.
    pub fn rows(&self) -> Option<Rect> {
        self.list.map(below_first)
    }
}

fn below_first(area: Rect) -> Rect {
    Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area }
}

/// The areas of the screen.
pub fn screen(model: &Model) -> Screen {
    screen_of(model, model.view)
}

fn screen_of(model: &Model, view: View) -> Screen {
    let (width, height) = (model.size.width, model.size.height);
    let footer_rows = footer_rows(model).min(height.saturating_sub(3)).max(1);
    let header = Rect::new(0, 0, width, height.min(1));
    let body_rows = height.saturating_sub(2 + footer_rows);
    let body = Rect::new(0, 1, width, body_rows);
    let chips = Rect::new(0, 1 + body_rows, width, u16::from(height > 2));
    let footer = Rect::new(0, height.saturating_sub(footer_rows), width, footer_rows.min(height));
    let mut screen = Screen { header, list: None, rule: None, log: None, detail: None, chips, footer };
    match view {
        View::Processes => {
            let rows = u16::try_from(model.process_rows()).unwrap_or(u16::MAX);
            let (list, rule, log) = split(body, list_width(width), rows, 2, 5);
            (screen.list, screen.rule, screen.log) = (Some(list), Some(rule), Some(log));
        }
        View::Logs => screen.log = Some(body),
        View::Errors => {
            let rows = u16::try_from(model.incidents.rows().count()).unwrap_or(u16::MAX);
            let (list, rule, detail) = split(body, width * 3 / 5, rows.max(1), 1, 2);
            (screen.list, screen.rule, screen.detail) = (Some(list), Some(rule), Some(detail));
        }
        View::Urls => screen.list = Some(body),
    }
    screen
}

const fn list_width(width: u16) -> u16 {
    match width {
        0..140 => 40,
        140..200 => width * 2 / 5,
        _ => 80,
    }
}

/// A list of `rows` rows and its neighbour: beside it when the screen is wide, else below it with at most
/// `part`/`of` of the height for the list.
fn split(body: Rect, list_width: u16, rows: u16, part: u16, of: u16) -> (Rect, Rect, Rect) {
    if body.width >= WIDE {
        let list = Rect { width: list_width, ..body };
        let rule = Rect { x: body.x + list_width, width: 1, ..body };
        let rest = Rect { x: rule.x + 1, width: body.width.saturating_sub(list_width + 1), ..body };
        return (list, rule, rest);
    }
    let most = (body.height * part / of).max(LEAST_LIST).min(body.height.saturating_sub(3));
    let list = Rect { height: rows.saturating_add(1).min(most), ..body };
    let rule = Rect { y: body.y + list.height, height: 1.min(body.height - list.height), ..body };
    let used = list.height + rule.height;
    let rest = Rect { y: body.y + used, height: body.height.saturating_sub(used), ..body };
    (list, rule, rest)
}

/// A message with its hint may take a second row.
fn footer_rows(model: &Model) -> u16 {
    let Some(status) = &model.status else { return 1 };
    let hint = status.hint.as_deref().map_or(0, |hint| ansi::width(hint) + 3);
    let needed = ansi::width(&status.text) + hint + 2;
    if needed > usize::from(model.size.width) { 2 } else { 1 }
}

/// Columns and rows for log lines, in this view or, where it shows none, as the Logs view has them.
pub fn log_size(model: &Model) -> (usize, usize) {
    let lines = screen(model).lines().or_else(|| screen_of(model, View::Logs).lines()).unwrap_or_default();
    // The first column is the cursor's.
    (usize::from(lines.width.saturating_sub(1)), usize::from(lines.height))
}

/// Rows for log lines.
pub fn log_height(model: &Model) -> usize {
    log_size(model).1
}

/// The first row of the list that is drawn.
pub fn list_offset(model: &Model) -> usize {
    let height = screen(model).rows().map_or(0, |rows| usize::from(rows.height));
    let (old, selected, len) = match model.view {
        View::Processes | View::Logs => {
            (model.process_cursor.offset, model.selected_row(), model.process_rows())
        }
        View::Errors => {
            (model.incidents.cursor.offset, page::selected_incident_row(model), page::incidents(model).len())
        }
        View::Urls => (model.endpoint_cursor.offset, model.selected_endpoint_row(), model.endpoints.len()),
    };
    list::offset(old, selected, len, height)
}

/// A box in the middle for `rows` rows of text, border included.
pub fn centred(model: &Model, columns: usize, rows: usize) -> Rect {
    let (width, height) = (model.size.width, model.size.height);
    let columns = u16::try_from(columns.saturating_add(4)).unwrap_or(u16::MAX).min(width);
    let rows = u16::try_from(rows.saturating_add(2)).unwrap_or(u16::MAX).min(height.saturating_sub(2)).max(1);
    Rect::new(
        (width - columns) / 2,
        (height.saturating_sub(rows) / 2).min(height.saturating_sub(1)),
        columns,
        rows.min(height),
    )
}

/// Columns of text in a reading popup.
pub fn reader_columns(model: &Model) -> usize {
    usize::from(model.size.width).saturating_sub(8).clamp(10, 100)
}

/// The area of a picker: as high as it can become, so that it does not jump while one types.
pub fn picker(model: &Model, items: usize) -> Rect {
    centred(model, usize::from(model.size.width).saturating_sub(8).clamp(10, 72), items.clamp(1, 16) + 2)
}

/// The area of a list that deserves the screen: header and footer stay.
pub fn sheet(model: &Model) -> Rect {
    centred(model, usize::from(model.size.width).saturating_sub(8).clamp(10, 120), usize::from(u16::MAX))
}

/// Rows of a picker that hold entries.
pub fn picker_rows(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(2),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(4),
    }
}
