//! How much memory the rings use, and who gives some up. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use brummer_event::ProcessKey;

use crate::RingBytes;

/// Bytes by process. Only the writer thread has one.
#[derive(Debug, Default)]
pub(crate) struct Books {
    bytes: HashMap<ProcessKey, u64>,
    projects: HashMap<Arc<str>, u64>,
    total: u64,
}

impl Books {
    /// Notes what a ring holds now.
    pub(crate) fn note(&mut self, key: &ProcessKey, bytes: u64) {
        let before = match self.bytes.get_mut(key) {
            Some(place) => std::mem::replace(place, bytes),
            None => {
                self.bytes.insert(key.clone(), bytes);
                0
            }
        };
        let project = self.projects.entry(key.project.clone()).or_insert(0);
        *project = project.saturating_sub(before).saturating_add(bytes);
        self.total = self.total.saturating_sub(before).saturating_add(bytes);
    }

    pub(crate) fn forget(&mut self, key: &ProcessKey) {
        self.note(key, 0);
        self.bytes.remove(key);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Who has to evict next, after something was added to `grown`: the process with most bytes of a project,
    /// or of all, that is over its bound. So one that floods never evicts the lines of a quiet one.
    pub(crate) fn over(&self, grown: &ProcessKey, bounds: &RingBytes) -> Option<ProcessKey> {
        if self.total > bounds.total {
            return self.most(|_| true);
        }
        let project = self.projects.get(&grown.project).copied().unwrap_or(0);
        if project > bounds.project {
            return self.most(|key| key.project == grown.project);
        }
        None
    }

    fn most(&self, of: impl Fn(&ProcessKey) -> bool) -> Option<ProcessKey> {
        let found = self.bytes.iter().filter(|(key, bytes)| **bytes > 0 && of(key));
        found.max_by_key(|(_, bytes)| **bytes).map(|(key, _)| key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_biggest_evicts_and_the_quiet_one_keeps_its_lines() {
        let bounds = RingBytes { process: 100, project: 150, total: 300 };
        let (flood, quiet, other) =
            (ProcessKey::new("p", "flood"), ProcessKey::new("p", "quiet"), ProcessKey::new("q", "big"));
        let mut books = Books::default();
        books.note(&quiet, 60);
        books.note(&flood, 100);
        assert_eq!(books.over(&quiet, &bounds), Some(flood.clone()), "160 in project p");
        books.note(&flood, 80);
        assert_eq!(books.over(&flood, &bounds), None);
        books.note(&other, 170);
        assert_eq!(books.over(&quiet, &bounds), Some(other.clone()), "310 in all");
        books.note(&other, 150);
        assert_eq!(books.total(), 290);
        books.forget(&flood);
        assert_eq!(books.total(), 210);
    }
}
