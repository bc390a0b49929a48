//! Pages that were read by cursor, put beside or in place of what is kept. Pure.

use std::collections::VecDeque;

use super::{Entry, LogPane, Mode, fold_into};

/// Lines as they were read, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub more_before: bool,
    pub more_after: bool,
    /// Cursors of these lines begin with this; empty if there were none.
    pub epoch: String,
}

/// Where the cursor goes on a page that replaces what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The first entry.
    First,
    /// The entry that holds this line, or the first after it.
    Seq(u64),
    /// The first entry after this position.
    After(u64),
}

/// What a page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Lines before what is kept.
    Before,
    /// Lines behind what is kept.
    Behind,
    /// In place of what is kept, with the cursor there, drawn at this row.
    Instead { target: Target, row: usize },
}

impl LogPane {
    /// Puts a page in its place. `bound`: [`LogPane::bound`].
    pub fn place(&mut self, page: Page, purpose: Purpose, bound: usize) {
        if !page.epoch.is_empty() {
            self.epoch.clone_from(&page.epoch);
        }
        match purpose {
            Purpose::Before => self.place_before(page, bound),
            Purpose::Behind => self.place_behind(page, bound),
            Purpose::Instead { target, row } => self.place_instead(page, target, row, bound),
        }
    }

    fn place_before(&mut self, page: Page, bound: usize) {
        let first = self.entries.front().map_or(u64::MAX, Entry::first_seq);
        self.more_before = page.more_before;
        let mut older: Vec<Entry> =
            folded(page.entries).into_iter().filter(|entry| entry.last_seq() < first).collect();
        // The whole bound may not be filled from one side: the cursor's surroundings stay.
        let room = bound.saturating_sub(self.cursor + 1);
        if older.len() > room {
            older.drain(..older.len() - room);
            self.more_before = true;
        }
        self.cursor += older.len();
        for entry in older.into_iter().rev() {
            self.entries.push_front(entry);
        }
        if self.entries.len() > bound && self.is_held() {
            self.entries.truncate(bound);
            self.detached = true;
        }
    }

    fn place_behind(&mut self, page: Page, bound: usize) {
        let last = self.entries.back().map_or(0, Entry::last_seq);
        let reached = page.entries.last().map_or(0, Entry::last_seq).max(last);
        for entry in page.entries.into_iter().filter(|entry| entry.first_seq() > last) {
            self.entries.push_back(entry);
        }
        let surplus = self.entries.len().saturating_sub(bound).min(self.cursor);
        self.entries.drain(..surplus);
        self.cursor -= surplus;
        self.more_before |= surplus > 0;
        let cut = self.entries.len() > bound;
        self.entries.truncate(bound.max(self.cursor + 1));
        self.detached = cut || page.more_after || reached < self.stream_seq;
    }

    fn place_instead(&mut self, page: Page, target: Target, row: usize, bound: usize) {
        let reached = page.entries.last().map_or(0, Entry::last_seq);
        let mut entries = folded(page.entries);
        let place = match target {
            Target::First => 0,
            Target::Seq(seq) => entries.iter().position(|entry| entry.last_seq() >= seq).unwrap_or(0),
            Target::After(seq) => entries
                .iter()
                .position(|entry| entry.line().is_some() && entry.first_seq() > seq)
                .unwrap_or(0),
        };
        let cut = entries.len() > bound;
        entries.truncate(bound.max(place + 1));
        self.entries = entries;
        self.cursor = place;
        self.row = row;
        self.more_before = page.more_before;
        self.detached = cut || page.more_after || reached < self.stream_seq;
        self.outdated = false;
        if !self.is_held() {
            self.mode = Mode::Hold { new_lines: 0 };
        }
    }
}

fn folded(entries: Vec<Entry>) -> VecDeque<Entry> {
    let mut out = VecDeque::with_capacity(entries.len());
    for entry in entries {
        fold_into(&mut out, entry);
    }
    out
}
