//! Which entries are on the screen and at which row. Pure.
//!
//! Following, the newest entry ends at the bottom (or all begin at the top while they fit). Held, the entry
//! under the cursor begins at the row it had, whatever comes or goes around it: everything else is laid out
//! from there.

use crate::ansi::Piece;
use crate::layout;
use crate::model::Model;
use crate::model::log::Entry;
use crate::rows::{self, Look};

/// One entry on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Index among the kept entries.
    pub index: usize,
    /// Row of the pane at which it begins; above the pane if negative.
    pub top: isize,
    pub rows: Vec<Vec<Piece>>,
}

/// Heights of the pane's entries.
pub struct Pane<'a> {
    model: &'a Model,
    look: Look<'a>,
    pub height: usize,
}

impl<'a> Pane<'a> {
    pub fn of(model: &'a Model) -> Self {
        let (width, height) = layout::log_size(model);
        Self { model, look: Look::of(model, width), height }
    }

    pub fn height_of(&self, index: usize) -> usize {
        self.model.log.entries.get(index).map_or(0, |entry| rows::height(entry, &self.look))
    }

    /// Rows of all entries before `index`, counted no further than `limit`.
    pub fn height_before(&self, index: usize, limit: usize) -> usize {
        let mut sum = 0;
        for index in (0..index).rev() {
            sum += self.height_of(index);
            if sum >= limit {
                return limit;
            }
        }
        sum
    }

    /// Rows of the entry `index` and all behind it, counted no further than `limit`.
    pub fn height_from(&self, index: usize, limit: usize) -> usize {
        let mut sum = 0;
        for index in index..self.model.log.entries.len() {
            sum += self.height_of(index);
            if sum >= limit {
                return limit;
            }
        }
        sum
    }

    /// Row at which the entry under the cursor begins, as the screen shows it now.
    pub fn cursor_row(&self) -> usize {
        let log = &self.model.log;
        if log.is_held() {
            return log.row.min(self.height.saturating_sub(1));
        }
        let last = log.entries.len().saturating_sub(1);
        let bottom = self.height.saturating_sub(self.height_of(last));
        self.height_before(last, bottom)
    }

    /// A row for the entry under the cursor near `wanted` that leaves no blank row while there is text for it.
    pub fn settled(&self, cursor: usize, wanted: usize) -> usize {
        let whole = self.height.saturating_sub(self.height_of(cursor));
        let below = self.height_from(cursor, self.height);
        let row = wanted.min(whole).max(self.height - below);
        self.height_before(cursor, row)
    }

    /// What is on the screen, from top to bottom.
    pub fn placed(&self) -> Vec<Placed> {
        let log = &self.model.log;
        if log.entries.is_empty() || self.height == 0 {
            return Vec::new();
        }
        let anchor = log.cursor.min(log.entries.len() - 1);
        let anchor_top = isize::try_from(self.cursor_row()).unwrap_or(0);
        let end = isize::try_from(self.height).unwrap_or(isize::MAX);
        let mut above = Vec::new();
        let (mut index, mut top) = (anchor, anchor_top);
        while index > 0 && top > 0 {
            index -= 1;
            let rows = self.rows_of(index);
            top -= isize::try_from(rows.len()).unwrap_or(1);
            above.push(Placed { index, top, rows });
        }
        above.reverse();
        let mut placed = above;
        let mut top = anchor_top;
        for index in anchor..log.entries.len() {
            if top >= end {
                break;
            }
            let rows = self.rows_of(index);
            let height = isize::try_from(rows.len()).unwrap_or(1);
            placed.push(Placed { index, top, rows });
            top += height;
        }
        placed
    }

    fn rows_of(&self, index: usize) -> Vec<Vec<Piece>> {
        let entries = &self.model.log.entries;
        let before = index.checked_sub(1).and_then(|before| entries.get(before));
        let before_ns = before.and_then(Entry::line).map(|line| line.time_ns);
        entries.get(index).map(|entry| rows::lay(entry, before_ns, &self.look)).unwrap_or_default()
    }
}
