//! Which number comes next after a start, and when the number space is a new one. Pure.

use brummer_event::LineSeq;
use brummer_store::seqs::Seqs;

/// Numbers are reserved in blocks of this size…
pub(crate) const BLOCK: u64 = 1 << 20;
/// …so many of them ahead, since a sync may take its time.
pub(crate) const AHEAD: u64 = 8 * BLOCK;
/// With fewer left than this the next ones are reserved.
pub(crate) const LOW: u64 = 4 * BLOCK;

/// What was found on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// From the database.
    pub kept: Option<Seqs>,
    /// From the index directory.
    pub index_epoch: Option<u64>,
    /// Greatest number in the index.
    pub indexed: LineSeq,
    pub boot_id: String,
}

/// Where numbering begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// `None`: the index is lost; a new number space begins.
    pub epoch: Option<u64>,
    pub next: LineSeq,
}

/// Decides it: a number is never given twice within an epoch.
pub(crate) fn start(found: &Found) -> Start {
    let after_index = found.indexed.saturating_add(1);
    match (&found.kept, found.index_epoch) {
        (Some(kept), Some(epoch)) if kept.epoch == epoch => {
            // In the same boot, or after an orderly end, the index has everything that was ever shown.
            let whole = kept.clean || kept.boot_id == found.boot_id;
            let least = after_index.max(kept.floor).max(1);
            Start { epoch: Some(epoch), next: if whole { least } else { least.max(kept.ceiling) } }
        }
        // The database is lost or older than the index: what was reserved is unknown, so all that can have
        // been is passed over.
        (kept, Some(epoch)) => {
            let ceiling = kept.as_ref().map_or(0, |kept| kept.ceiling);
            Start { epoch: Some(epoch), next: after_index.max(ceiling).saturating_add(2 * AHEAD) }
        }
        (_, None) => Start { epoch: None, next: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(boot: &str, clean: bool) -> Option<Seqs> {
        Some(Seqs { epoch: 7, boot_id: boot.to_owned(), ceiling: 5000, floor: 120, clean })
    }

    #[test]
    fn a_number_is_never_given_twice() {
        let boot_id = "now".to_owned();
        let check = |kept, index_epoch, indexed, expected: (Option<u64>, u64)| {
            let found = Found { kept, index_epoch, indexed, boot_id: boot_id.clone() };
            let start = start(&found);
            assert_eq!((start.epoch, start.next), expected, "{found:?}");
        };
        // kill -9: the index is all there is to know.
        check(kept("now", false), Some(7), 300, (Some(7), 301));
        // Its last run was removed: the floor remembers.
        check(kept("now", false), Some(7), 3, (Some(7), 120));
        // Power cut: the index may have lost its end.
        check(kept("before", false), Some(7), 300, (Some(7), 5000));
        check(kept("before", true), Some(7), 300, (Some(7), 301));
        // The database is lost, the index is not.
        check(None, Some(7), 300, (Some(7), 301 + 2 * AHEAD));
        check(kept("now", false), Some(8), 300, (Some(8), 5000 + 2 * AHEAD));
        // The index is lost.
        check(kept("now", true), None, 0, (None, 1));
        check(None, None, 0, (None, 1));
    }
}
