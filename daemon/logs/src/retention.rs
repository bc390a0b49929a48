//! What of the captures is kept: which segments go, oldest first, when a bound is passed. Pure.

use std::collections::HashMap;

use brummer_event::{ProcessKey, RunId, WallNs};

use crate::LogsConfig;

/// A segment file as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub number: u32,
    pub bytes: u64,
    /// Last written to.
    pub written: WallNs,
}

/// A run as it is on disk.
#[derive(Debug, Clone)]
pub(crate) struct RunDisk {
    pub run: RunId,
    pub key: ProcessKey,
    /// Its shim lives: only the shim unlinks, and never the newest segment.
    pub live: bool,
    /// Oldest first.
    pub segments: Vec<Segment>,
    /// Segments before this one are in the index.
    pub indexed: u32,
    pub keep_bytes: u64,
}

impl RunDisk {
    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The oldest segment, if it may go.
    fn removable(&self) -> Option<Segment> {
        let oldest = *self.segments.first()?;
        let free = !self.live || (self.segments.len() > 1 && oldest.number < self.indexed);
        free.then_some(oldest)
    }
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Segments through this one go; all that there are: the run goes.
    pub remove: Vec<(RunId, u32)>,
    /// The totals are passed although everything was removed that may go.
    pub totals_full: bool,
    pub low_disk: bool,
}

/// Decides it. `runs` in order of their start, `free` bytes of disk (`None`: unknown).
pub(crate) fn plan(mut runs: Vec<RunDisk>, config: &LogsConfig, free: Option<u64>, now: WallNs) -> Plan {
    let mut gone: HashMap<RunId, u32> = HashMap::new();
    let mut take = |run: &mut RunDisk| -> Option<u64> {
        let segment = run.removable()?;
        run.segments.remove(0);
        gone.insert(run.run, segment.number);
        Some(segment.bytes)
    };
    let low_disk = free.is_some_and(|free| free < config.min_free);
    let age = i64::try_from(config.keep_age.as_nanos()).unwrap_or(i64::MAX);
    for run in &mut runs {
        while run.removable().is_some_and(|oldest| low_disk || now.saturating_sub(oldest.written) > age) {
            take(run);
        }
    }
    let ended = runs.iter().filter(|run| !run.live && !run.segments.is_empty()).count();
    let kept = runs.iter().filter(|run| !run.segments.is_empty()).count();
    let surplus = kept.saturating_sub(config.keep_runs).min(ended);
    for run in runs.iter_mut().filter(|run| !run.live && !run.segments.is_empty()).take(surplus) {
        while take(run).is_some() {}
    }
    // Bytes and bound of each process; the bound is that of its newest run.
    let mut by_process: HashMap<ProcessKey, (u64, u64)> = HashMap::new();
    for run in &runs {
        let (bytes, bound) = by_process.entry(run.key.clone()).or_default();
        *bytes += run.bytes();
        *bound = run.keep_bytes;
    }
    for run in &mut runs {
        let (bytes, bound) = by_process.entry(run.key.clone()).or_default();
        while *bytes > *bound
            && let Some(removed) = take(run)
        {
            *bytes -= removed;
        }
    }
    let mut total: u64 = runs.iter().map(RunDisk::bytes).sum();
    while total > config.keep_total {
        // The segment that was written to longest ago, whoever it belongs to.
        let candidates =
            runs.iter_mut().filter_map(|run| run.removable().map(|oldest| (oldest.written, run)));
        let Some((_, run)) = candidates.min_by_key(|(written, _)| *written) else { break };
        total -= take(run).unwrap_or(0);
    }
    let mut remove: Vec<_> = gone.into_iter().collect();
    remove.sort_unstable();
    Plan { remove, totals_full: total > config.keep_total, low_disk }
}

/// When the oldest segment will be too old.
pub(crate) fn next_expiry<'a>(
    runs: impl Iterator<Item = &'a RunDisk>,
    config: &LogsConfig,
) -> Option<WallNs> {
    let age = i64::try_from(config.keep_age.as_nanos()).unwrap_or(i64::MAX);
    runs.filter_map(|run| run.removable()).map(|oldest| oldest.written.saturating_add(age)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn run(id: u128, name: &str, live: bool, indexed: u32, segments: &[(u32, u64, i64)]) -> RunDisk {
        RunDisk {
            run: RunId::from_u128(id),
            key: ProcessKey::new("p", name),
            live,
            segments: segments
                .iter()
                .map(|(number, bytes, written)| Segment { number: *number, bytes: *bytes, written: *written })
                .collect(),
            indexed,
            keep_bytes: 100,
        }
    }

    fn config() -> LogsConfig {
        LogsConfig {
            keep_total: 1000,
            keep_age: Duration::from_nanos(1000),
            keep_runs: 10,
            min_free: 50,
            ..LogsConfig::default()
        }
    }

    fn removed(plan: &Plan) -> Vec<(u128, u32)> {
        plan.remove.iter().map(|(run, through)| (run.as_u128(), *through)).collect()
    }

    #[test]
    fn a_process_keeps_its_newest_bytes() {
        let runs = vec![
            run(1, "a", false, 9, &[(1, 60, 1), (2, 60, 2)]),
            run(2, "a", true, 2, &[(1, 30, 3), (2, 30, 4)]),
            run(3, "b", true, 1, &[(1, 90, 5)]),
        ];
        assert_eq!(removed(&plan(runs, &config(), None, 10)), [(1, 2)], "180 - 60 is still more than 100");
    }

    #[test]
    fn of_a_living_run_only_what_is_indexed_goes_and_never_the_newest() {
        let runs = vec![run(1, "a", true, 3, &[(1, 90, 1), (2, 90, 2), (3, 90, 3), (4, 90, 4)])];
        assert_eq!(removed(&plan(runs, &config(), None, 10)), [(1, 2)]);
        let runs = vec![run(1, "a", true, 9, &[(4, 500, 4)])];
        assert_eq!(removed(&plan(runs, &config(), None, 10)), []);
    }

    #[test]
    fn what_is_too_old_goes() {
        let runs =
            vec![run(1, "a", false, 9, &[(1, 1, 5)]), run(2, "b", true, 9, &[(1, 1, 5), (2, 1, 2000)])];
        assert_eq!(removed(&plan(runs.clone(), &config(), None, 1005)), []);
        assert_eq!(removed(&plan(runs.clone(), &config(), None, 1006)), [(1, 1), (2, 1)]);
        assert_eq!(next_expiry(runs.iter(), &config()), Some(1005));
    }

    #[test]
    fn so_many_runs_are_kept() {
        let runs: Vec<_> = (1..=13).map(|id| run(id, &format!("n{id}"), id == 1, 1, &[(1, 1, 5)])).collect();
        assert_eq!(
            removed(&plan(runs, &config(), None, 10)),
            [(2, 1), (3, 1), (4, 1)],
            "the first one lives"
        );
    }

    #[test]
    fn the_newest_run_says_how_much_of_its_process_is_kept() {
        let mut runs: Vec<_> = (1..=3).map(|id| run(id, "a", false, 9, &[(1, 40, 5)])).collect();
        assert_eq!(removed(&plan(runs.clone(), &config(), None, 10)), [(1, 1)]);
        runs[2].keep_bytes = 120;
        assert_eq!(removed(&plan(runs.clone(), &config(), None, 10)), [], "raised since");
        runs[2].keep_bytes = 50;
        assert_eq!(removed(&plan(runs, &config(), None, 10)), [(1, 1), (2, 1)], "lowered since");
    }

    #[test]
    fn a_full_total_takes_the_oldest_and_says_when_that_is_not_enough() {
        let mut runs: Vec<_> =
            (1..=3).map(|id| run(id, &format!("n{id}"), false, 9, &[(1, 400, 10 - id as i64)])).collect();
        runs.iter_mut().for_each(|run| run.keep_bytes = 500);
        let found = plan(runs.clone(), &config(), None, 10);
        assert_eq!((removed(&found), found.totals_full), (vec![(3, 1)], false));
        runs.iter_mut().for_each(|run| run.live = true);
        let found = plan(runs, &config(), None, 10);
        assert_eq!((removed(&found), found.totals_full), (vec![], true));
    }

    #[test]
    fn on_a_full_disk_only_what_is_being_written_stays() {
        let runs = vec![
            run(1, "a", false, 9, &[(1, 1, 5)]),
            run(2, "b", true, 3, &[(1, 1, 5), (2, 1, 5), (3, 1, 5), (4, 1, 5)]),
        ];
        let found = plan(runs.clone(), &config(), Some(49), 10);
        assert_eq!((removed(&found), found.low_disk), (vec![(1, 1), (2, 2)], true));
        assert_eq!(removed(&plan(runs, &config(), Some(50), 10)), []);
    }
}
