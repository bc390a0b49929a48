//! The one way to read: steps of a scan, each in the right place. What is only in memory and quick is done at
//! once; old lines are read on the blocking pool, by at most four readers at a time, in the order in which
//! they ask; filters that have much to look at share one core.

use std::sync::Arc;

use brummer_event::{Gap, GapReason, LineCursor, LineSeq};
use brummer_scope::Scope;
use tokio::sync::Semaphore;

use crate::board::Board;
use crate::collect::{Collect, Limits};
use crate::fold::Forward;
use crate::history::Cache;
use crate::scan::{Direction, Flow, Loader, Met, Plan};
use crate::{Count, Filter, LogsError};

/// Readers of old lines at once.
const HISTORY_READERS: usize = 4;
/// Cores that all filters together may use.
const FILTER_CORES: usize = 1;
/// Lines in memory that a filter may look at without asking for its turn.
const QUICK: usize = 256;
/// Lines that a count looks at before others have a turn.
const COUNT_QUANTUM: u64 = 16 * 1024;

pub(crate) struct Reads {
    pub board: Arc<Board>,
    pub scope: Scope,
    cache: Arc<Cache>,
    history: Semaphore,
    filters: Semaphore,
}

impl Reads {
    pub(crate) fn new(board: Arc<Board>, scope: Scope) -> Self {
        Self {
            board,
            scope,
            cache: Arc::default(),
            history: Semaphore::new(HISTORY_READERS),
            filters: Semaphore::new(FILTER_CORES),
        }
    }

    pub(crate) fn newest_cursor(&self) -> LineCursor {
        // The time first: a cursor must not promise a later time than its line's.
        let time = self.board.newest_time();
        LineCursor { epoch: self.board.epoch, seq: self.board.published(), time }
    }

    /// Does `work` where it belongs.
    async fn place<T: Send + 'static>(
        &self,
        disk: bool,
        lines: usize,
        filter: &Filter,
        work: impl FnOnce(&mut Loader<'_>) -> T + Send + 'static,
    ) -> Result<T, LogsError> {
        let searches = !filter.texts.is_empty();
        if !disk && (!searches || lines <= QUICK) {
            return Ok(work(&mut Loader::new(&self.cache)));
        }
        let stopping = |_| LogsError::Stopping;
        let _reader = if disk { Some(self.history.acquire().await.map_err(stopping)?) } else { None };
        let _core = if searches { Some(self.filters.acquire().await.map_err(stopping)?) } else { None };
        let cache = self.cache.clone();
        let task = self.scope.blocking("log-history", move || work(&mut Loader::new(&cache)));
        task.await.map_err(|_| LogsError::Stopping)
    }

    /// One step of a scan: answers how far it came.
    pub(crate) async fn step(
        &self,
        plan: Plan,
        filter: &Arc<Filter>,
        mut collect: Collect,
        limits: Limits,
    ) -> Result<(Collect, LineSeq), LogsError> {
        self.place(plan.disk, plan.ready, filter, move |loader| {
            let reached = plan.run(loader, collect.step(limits));
            (collect, reached)
        })
        .await
    }

    /// Everything behind `after`, through `through`, until the collection has enough.
    pub(crate) async fn forward(
        &self,
        filter: &Arc<Filter>,
        mut collect: Collect,
        mut after: LineSeq,
        through: LineSeq,
        mut gaps: bool,
    ) -> Result<(Collect, LineSeq), LogsError> {
        let limits = Limits { lines: usize::MAX, bytes: usize::MAX };
        while after < through && !collect.has_more() {
            let plan = Plan::new(&self.board, filter, after, through, Direction::Forward, gaps);
            gaps = false;
            if plan.is_empty() {
                after = plan.limit();
                continue;
            }
            (collect, after) = self.step(plan, filter, collect, limits).await?;
        }
        Ok((collect, after))
    }

    /// Everything through `through`, newest first, until the collection has enough.
    pub(crate) async fn backward(
        &self,
        filter: &Arc<Filter>,
        mut collect: Collect,
        mut through: LineSeq,
    ) -> Result<Collect, LogsError> {
        let limits = Limits { lines: usize::MAX, bytes: usize::MAX };
        while through > 0 && !collect.has_more() {
            let plan = Plan::new(&self.board, filter, 0, through, Direction::Backward, false);
            if plan.is_empty() {
                through = plan.limit();
                continue;
            }
            (collect, through) = self.step(plan, filter, collect, limits).await?;
        }
        Ok(collect)
    }

    /// The number before the first line of the filter's processes with this time or a later one.
    pub(crate) async fn before_time(&self, filter: &Filter, time: i64) -> Result<LineSeq, LogsError> {
        let through = self.board.published();
        let filter = Arc::new(Filter {
            processes: filter.processes.clone(),
            project: filter.project.clone(),
            runs: filter.runs.clone(),
            since: Some(time),
            include_replaced: true,
            ..Filter::default()
        });
        let collect = Collect::new(filter.clone(), Direction::Forward, 0);
        let (collect, reached) = self.forward(&filter, collect, 0, through, false).await?;
        Ok(if collect.has_more() { reached.saturating_sub(1) } else { through })
    }

    /// Where a cursor points now, and the gap before it if it is of another epoch or from the future.
    pub(crate) async fn resolve(
        &self,
        cursor: &LineCursor,
        filter: &Filter,
    ) -> Result<(LineSeq, Option<Gap>), LogsError> {
        let newest = self.board.published();
        if cursor.epoch == self.board.epoch && cursor.seq <= newest {
            return Ok((cursor.seq, None));
        }
        let at = self.before_time(filter, cursor.time).await?;
        let gap = Gap {
            from: 0,
            to: at,
            lines: None,
            project: filter.project.clone(),
            process: None,
            run: None,
            reason: GapReason::Epoch,
        };
        Ok((at, Some(gap)))
    }

    /// How many lines match.
    pub(crate) async fn count(&self, filter: &Arc<Filter>) -> Result<Count, LogsError> {
        let through = self.board.published();
        let mut after = 0;
        let mut tally = Tally { filter: filter.clone(), count: Count::default(), fold: Forward::default() };
        let mut gaps = true;
        while after < through {
            let plan = Plan::new(&self.board, filter, after, through, Direction::Forward, gaps);
            gaps = false;
            if plan.is_empty() {
                after = plan.limit();
                continue;
            }
            let lines = if filter.wants_every_line() { 0 } else { plan.ready };
            (tally, after) = self
                .place(plan.disk, lines, filter, move |loader| {
                    let mut left = COUNT_QUANTUM;
                    let reached = plan.run(loader, |met| {
                        tally.met(met);
                        left -= 1;
                        if left == 0 { Flow::Stop } else { Flow::On }
                    });
                    (tally, reached)
                })
                .await?;
            tokio::task::yield_now().await;
        }
        Ok(tally.count)
    }
}

/// Counts without keeping.
struct Tally {
    filter: Arc<Filter>,
    count: Count,
    fold: Forward,
}

impl Tally {
    fn met(&mut self, met: Met<'_>) {
        let (chunk, at) = match met {
            Met::Gap(gap) => return self.count.gaps.push(gap),
            Met::Line(chunk, at) => (chunk, at),
        };
        let Some(meta) = chunk.meta(at) else { return };
        self.count.scanned += 1;
        let lane = (chunk.run, meta.stream);
        if !self.filter.include_replaced {
            let superseded = self.fold.record(lane, meta.flags).len() as u64;
            self.count.lines = self.count.lines.saturating_sub(superseded);
        }
        if self.filter.wants_line(meta.stream, meta.level, meta.time, chunk.text(at)) {
            self.count.lines += 1;
            self.fold.taken(lane, 0);
        }
    }
}
