//! Tables: fixed columns, two spaces between, header always, numbers to the right, empty is `-`.
//!
//! The same with and without a terminal, but for colour and for the last cell, which is cut where the
//! terminal ends. A cell is one token, except the last and those that say otherwise. Pure.

use brummer_proto::text;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::style::Tone;

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    title: &'static str,
    right: bool,
    least: usize,
    words: bool,
}

impl Column {
    pub(crate) const fn left(title: &'static str) -> Self {
        Self { title, right: false, least: 0, words: false }
    }

    pub(crate) const fn right(title: &'static str) -> Self {
        Self { title, right: true, least: 0, words: false }
    }

    /// At least this wide.
    #[must_use]
    pub(crate) const fn least(mut self, width: usize) -> Self {
        self.least = width;
        self
    }

    /// Its cells may hold several words.
    #[must_use]
    pub(crate) const fn words(mut self) -> Self {
        self.words = true;
        self
    }
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// Text of whatever origin: what a terminal would obey is taken out.
    pub(crate) fn new(value: impl AsRef<str>) -> Self {
        Self { text: text::plain(value.as_ref().as_bytes()).replace(['\n', '\r', '\t'], " "), tone: None }
    }

    #[must_use]
    pub(crate) fn tone(mut self, tone: Tone) -> Self {
        self.tone = Some(tone);
        self
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Columns and rows.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// How a table meets its paper.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paper {
    pub colour: bool,
    /// Columns of the terminal, if it is one.
    pub width: Option<usize>,
}

/// The widths of a table that rows are still added to.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    columns: Vec<Column>,
    widths: Vec<usize>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(finish(&self.columns, cells));
    }

    pub(crate) fn layout(&self) -> Layout {
        let widths = self.columns.iter().enumerate().map(|(at, column)| {
            let widest = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width()).max();
            column.title.width().max(column.least).max(widest.unwrap_or(0))
        });
        Layout { widths: widths.collect(), columns: self.columns.clone() }
    }

    pub(crate) fn render(&self, paper: Paper) -> String {
        let layout = self.layout();
        let mut out = layout.header(paper);
        for row in &self.rows {
            out.push_str(&layout.line(row, paper));
        }
        out
    }
}

impl Layout {
    pub(crate) fn header(&self, paper: Paper) -> String {
        let titles: Vec<Cell> = self.columns.iter().map(|column| Cell::from(column.title)).collect();
        self.line(&titles, Paper { colour: false, ..paper })
    }

    /// One more row. A cell that is wider than its column pushes the rest to the right.
    pub(crate) fn row(&self, cells: Vec<Cell>, paper: Paper) -> String {
        self.line(&finish(&self.columns, cells), paper)
    }

    fn line(&self, cells: &[Cell], paper: Paper) -> String {
        let mut out = String::new();
        let mut used = 0;
        let last = self.columns.len().saturating_sub(1);
        for (at, (cell, column)) in cells.iter().zip(&self.columns).enumerate() {
            if at > 0 {
                out.push_str("  ");
                used += 2;
            }
            let mut words = cell.text.clone();
            if at == last
                && let Some(width) = paper.width
            {
                words = cut(&words, width.saturating_sub(used));
            }
            let width = self.widths.get(at).copied().unwrap_or(0);
            let padding = width.saturating_sub(words.width());
            used += words.width() + padding;
            let painted = cell.tone.map_or_else(|| words.clone(), |tone| tone.paint(&words, paper.colour));
            if column.right {
                out.extend(std::iter::repeat_n(' ', padding));
                out.push_str(&painted);
            } else {
                out.push_str(&painted);
                if at != last {
                    out.extend(std::iter::repeat_n(' ', padding));
                }
            }
        }
        out.push('\n');
        out
    }
}

/// Empty cells become `-`, and cells that must be one token become one.
fn finish(columns: &[Column], mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.resize_with(columns.len(), Cell::default);
    let last = columns.len().saturating_sub(1);
    for (at, (cell, column)) in cells.iter_mut().zip(columns).enumerate() {
        let trimmed = cell.text.trim();
        cell.text = if trimmed.is_empty() {
            "-".to_owned()
        } else if at == last || column.words {
            trimmed.to_owned()
        } else {
            trimmed.split_whitespace().collect::<Vec<_>>().join("_")
        };
    }
    cells
}

/// `text` in at most `width` columns, with `…` where it was cut. Never less than one column.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Table {
        let mut table = Table::new([Column::left("NAME"), Column::right("N"), Column::left("NOTE")]);
        table.row(vec!["api".into(), "1".into(), "two words here".into()]);
        table.row(vec!["数据库".into(), "1000".into(), Cell::default()]);
        table.row(vec!["with space".into(), Cell::default(), "x\u{1b}[31my\nz".into()]);
        table
    }

    #[test]
    fn columns_line_up() {
        insta::assert_snapshot!(table().render(Paper::default()), @r"
        NAME           N  NOTE
        api            1  two words here
        数据库      1000  -
        with_space     -  xy z
        ");
    }

    #[test]
    fn a_terminal_cuts_the_last_cell_alone() {
        let paper = Paper { colour: false, width: Some(24) };
        insta::assert_snapshot!(table().render(paper), @r"
        NAME           N  NOTE
        api            1  two w…
        数据库      1000  -
        with_space     -  xy z
        ");
    }

    #[test]
    fn colour_does_not_count_as_width() {
        let mut table = Table::new([Column::left("STATE"), Column::left("NOTE")]);
        table.row(vec![Cell::from("ok").tone(Tone::Good), "n".into()]);
        let coloured = table.render(Paper { colour: true, width: None });
        assert_eq!(text::plain(coloured.as_bytes()), table.render(Paper::default()));
        assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m     n"));
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_the_terminal_unless_its_first_cells_are(
            cells in proptest::collection::vec(".{0,30}", 2), width in 0_usize..60
        ) {
            let mut table = Table::new([Column::left("A"), Column::left("B")]);
            table.row(cells.iter().map(Cell::new).collect());
            let first = table.layout().widths[0];
            for line in table.render(Paper { colour: false, width: Some(width) }).lines() {
                prop_assert!(line.width() <= width.max(first + 2 + 1), "{line:?} {width}");
            }
        }

        #[test]
        fn a_cell_never_holds_a_control(cell in "\\PC*|[\\x00-\\x9f]*") {
            let mut table = Table::new([Column::left("A"), Column::left("B")]);
            table.row(vec![Cell::new(&cell), Cell::new(&cell)]);
            let out = table.render(Paper::default());
            prop_assert_eq!(out.lines().count(), 2);
            prop_assert!(!out.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
