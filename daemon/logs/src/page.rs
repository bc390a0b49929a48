//! A page of lines around an anchor.

use std::collections::BTreeMap;
use std::sync::Arc;

use brummer_event::{Gap, GapReason, LineCursor, LineSeq, ProcessKey};

use crate::collect::Collect;
use crate::reads::Reads;
use crate::scan::{Direction, Plan};
use crate::{Anchor, Filter, LineView, LogsError, Page, ReadQuery};

impl Reads {
    pub(crate) async fn page(&self, query: ReadQuery) -> Result<Page, LogsError> {
        let ReadQuery { anchor, before, after, filter } = query;
        let filter = Arc::new(filter);
        let newest = self.newest_cursor();
        let mut gaps = Vec::new();
        let at = match &anchor {
            Anchor::First => 0,
            Anchor::Last => newest.seq,
            Anchor::Time(time) => self.before_time(&filter, *time).await?.min(newest.seq),
            Anchor::Cursor(cursor) => {
                let (at, gap) = self.resolve(cursor, &filter).await?;
                gaps.extend(gap);
                at
            }
        };
        let (mut collect, more_before) = self.before(&filter, at, before, &mut gaps).await?;
        collect.more(after);
        let says_gaps = matches!(anchor, Anchor::Cursor(_) | Anchor::First);
        let (more_after, scanned) = if after > 0 {
            let (forward, reached) = self.forward(&filter, collect, at, newest.seq, says_gaps).await?;
            collect = forward;
            (collect.has_more(), reached)
        } else {
            let rest = Plan::new(&self.board, &filter, at, newest.seq, Direction::Forward, false);
            (!rest.is_empty(), at)
        };
        metrics::histogram!("brummer_logs_page_scanned_lines").record(collect.scanned as f64);
        gaps.append(&mut collect.gaps);
        gaps.sort_by_key(|gap| gap.from);
        let lines = collect.take();
        let before_first = |line: &LineView| self.cursor(line.seq.saturating_sub(1), line.time);
        let anchor_time = match anchor {
            Anchor::Cursor(cursor) => cursor.time,
            Anchor::Time(time) => time,
            Anchor::First => lines.first().map_or(newest.time, |line| line.time),
            Anchor::Last => newest.time,
        };
        let here = self.cursor(at, anchor_time);
        let last = match lines.last() {
            // Everything was looked at: what comes later comes after the newest line.
            _ if !more_after && scanned >= newest.seq => newest,
            Some(line) if line.seq > at => self.cursor(line.seq, line.time),
            _ => here.clone(),
        };
        Ok(Page {
            first: lines.first().map_or_else(|| here.clone(), before_first),
            last,
            lines,
            gaps,
            more_before,
            more_after,
            scanned_through: scanned,
        })
    }

    fn cursor(&self, seq: LineSeq, time: i64) -> LineCursor {
        LineCursor { epoch: self.board.epoch, seq, time }
    }

    /// Collects the matches before `at`. Answers a collection that can go on forward from there, and whether
    /// there is more before.
    async fn before(
        &self,
        filter: &Arc<Filter>,
        at: LineSeq,
        before: usize,
        gaps: &mut Vec<Gap>,
    ) -> Result<(Collect, bool), LogsError> {
        let forward = |most| Collect::new(filter.clone(), Direction::Forward, most);
        if before == 0 {
            let rest = Plan::new(&self.board, filter, 0, at, Direction::Backward, false);
            return Ok((forward(0), !rest.is_empty()));
        }
        let plain = Arc::new(Filter { context: 0, ..Filter::clone(filter) });
        let collect = Collect::new(plain.clone(), Direction::Backward, before);
        let mut found = self.backward(&plain, collect, at).await?;
        let more = found.has_more();
        if !more {
            gaps.extend(self.removed(filter));
        }
        gaps.append(&mut found.gaps);
        let scanned = found.scanned;
        let lines = found.take();
        if filter.context == 0 {
            return Ok((Collect::resumed(filter.clone(), lines, scanned), more));
        }
        // With surroundings the same stretch is read once more, forward, from where the first ones begin.
        let Some(first) = lines.first().map(|line| line.seq) else { return Ok((forward(0), more)) };
        let start = self.surroundings(filter, &lines).await?;
        let mut collect = forward(lines.len());
        collect.from(first);
        let (collect, _) = self.forward(filter, collect, start, at, false).await?;
        Ok((collect, more))
    }

    /// The number before the first line that surrounds one of these.
    async fn surroundings(&self, filter: &Filter, lines: &[LineView]) -> Result<LineSeq, LogsError> {
        let mut firsts: BTreeMap<&ProcessKey, LineSeq> = BTreeMap::new();
        for line in lines {
            firsts.entry(&line.key).or_insert(line.seq);
        }
        let mut start = LineSeq::MAX;
        for (key, first) in firsts {
            let all = Arc::new(Filter {
                processes: Some(vec![key.clone()]),
                runs: filter.runs.clone(),
                include_replaced: true,
                ..Filter::default()
            });
            let collect = Collect::new(all.clone(), Direction::Backward, filter.context);
            let mut found = self.backward(&all, collect, first.saturating_sub(1)).await?;
            let earliest = found.take().first().map_or(first, |line| line.seq);
            start = start.min(earliest.saturating_sub(1));
        }
        Ok(start)
    }

    /// What retention took from the beginning of the wanted processes.
    fn removed(&self, filter: &Filter) -> Vec<Gap> {
        let shelves = self.board.shelves();
        let wanted = shelves.values().filter(|shelf| filter.wants_process(&shelf.key));
        wanted
            .filter_map(|shelf| {
                let marks = shelf.marks();
                (marks.evicted_to > marks.cleared_to).then(|| Gap {
                    from: 1,
                    to: marks.evicted_to,
                    lines: Some(marks.evicted_lines),
                    project: Some(shelf.key.project.clone()),
                    process: Some(shelf.key.name.clone()),
                    run: None,
                    reason: GapReason::Evicted,
                })
            })
            .collect()
    }
}
