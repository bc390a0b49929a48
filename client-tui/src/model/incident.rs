//! Errors that were found, and the order they are looked at in. Pure.
//!
//! While following, the newest is on top and selected. Holding freezes the rows: counts go on, rows neither
//! move nor appear, and what is new is counted.

use super::list::Cursor;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub function: String,
    pub own: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    pub id: String,
    pub process: String,
    pub kind: String,
    pub code: String,
    pub message: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub count: u64,
    pub first_seen_ns: i64,
    pub last_seen_ns: i64,
    /// Line cursor just before its first line.
    pub first_cursor: String,
    pub stack: Vec<Frame>,
    pub fatal: bool,
    pub source: String,
    pub muted: bool,
    pub resolved: bool,
    /// Its process was started again since, and has not told it since.
    pub earlier_run: bool,
}

impl Incident {
    /// Nothing says that it is there still. It stays listed: who reads it while its process is started again
    /// and again goes on reading.
    pub const fn is_over(&self) -> bool {
        self.resolved || self.earlier_run
    }

    /// `src/x.ts:3:9`; empty if unknown.
    pub fn place(&self) -> String {
        place(&self.file, self.line, self.column)
    }

    /// `TypeError TS2322: message`.
    pub fn title(&self) -> String {
        let code = if self.code.is_empty() { String::new() } else { format!(" {}", self.code) };
        if self.message.starts_with(&self.kind) && code.is_empty() {
            self.message.clone()
        } else {
            format!("{}{code}: {}", self.kind, self.message)
        }
    }
}

pub(crate) fn place(file: &str, line: u32, column: u32) -> String {
    match (file.is_empty(), line, column) {
        (true, _, _) => String::new(),
        (false, 0, _) => file.to_owned(),
        (false, _, 0) => format!("{file}:{line}"),
        (false, _, _) => format!("{file}:{line}:{column}"),
    }
}

#[derive(Debug, Clone, Default)]
pub struct Incidents {
    all: Vec<Incident>,
    pub known: bool,
    /// Ids in the order of the rows.
    order: Vec<String>,
    pub hold: bool,
    pub cursor: Cursor,
}

impl Incidents {
    pub fn replace(&mut self, all: Vec<Incident>) {
        self.all = all;
        self.known = true;
        self.arrange();
    }

    pub fn change(&mut self, incident: Incident) {
        match self.all.iter_mut().find(|known| known.id == incident.id) {
            Some(known) => *known = incident,
            None => self.all.push(incident),
        }
        self.arrange();
    }

    pub fn remove(&mut self, id: &str) {
        self.all.retain(|known| known.id != id);
        self.order.retain(|known| known != id);
        self.arrange();
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn arrange(&mut self) {
        if self.hold {
            let all = &self.all;
            self.order.retain(|id| all.iter().any(|incident| &incident.id == id));
            return;
        }
        let mut rows: Vec<&Incident> = self.all.iter().collect();
        rows.sort_by(|a, b| b.last_seen_ns.cmp(&a.last_seen_ns).then_with(|| a.id.cmp(&b.id)));
        self.order = rows.into_iter().map(|incident| incident.id.clone()).collect();
    }

    /// Newest on top again, and selected.
    pub fn follow(&mut self) {
        self.hold = false;
        self.cursor = Cursor::default();
        self.arrange();
    }

    /// Rows stay as they are.
    pub fn freeze(&mut self) {
        self.hold = true;
    }

    /// In the order of the rows.
    pub fn rows(&self) -> impl Iterator<Item = &Incident> {
        self.order.iter().filter_map(|id| self.get(id))
    }

    /// Found since the rows were frozen.
    pub fn unseen(&self) -> usize {
        self.all.len().saturating_sub(self.order.len())
    }

    pub fn get(&self, id: &str) -> Option<&Incident> {
        self.all.iter().find(|incident| incident.id == id)
    }

    /// Errors that are neither muted nor over.
    pub fn open(&self) -> usize {
        self.all.iter().filter(|incident| !incident.muted && !incident.is_over()).count()
    }
}
