//! A follower: everything after a cursor, once, in order.
//!
//! It holds a cursor and, while it waits, an armed waker in the rings of its processes; no queue of its own.
//! A slow one costs nothing and hinders nobody: behind the ring it is served from the files.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brummer_event::{Gap, GapReason, LineCursor, LineSeq, WallNs};
use brummer_scope::clock;
use tokio::sync::Notify;

use crate::board::Shelf;
use crate::collect::{Collect, Limits, QUANTUM};
use crate::reads::Reads;
use crate::scan::{Direction, Plan};
use crate::{Filter, FollowItem, LineView, LogsError, MOST_BYTES, MOST_LINES};

/// A sign of life at least so often while old lines are searched, ns.
const PROGRESS_NS: u64 = 1_000_000_000;
/// Numbers that a live tail leaves before the newest when it jumps.
const LIVE_LINES: u64 = 1000;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Reads on behind a cursor for as long as it is asked. Holds no lines; dropping it costs nothing.
pub struct Follower {
    reads: Arc<Reads>,
    filter: Arc<Filter>,
    live: bool,
    /// Until it is known where the cursor points.
    start: Option<LineCursor>,
    at: LineSeq,
    time: WallNs,
    /// Missing only while a step is under way.
    collect: Option<Collect>,
    /// What the last step found and was not given out yet, each with the place after it.
    ready: VecDeque<(FollowItem, LineSeq, WallNs)>,
    /// It was told that everything that there was has been looked at.
    caught_up: bool,
    told: u64,
    id: u64,
    waker: Arc<Notify>,
    armed: Vec<Arc<Shelf>>,
}

impl Follower {
    pub(crate) fn new(reads: Arc<Reads>, from: LineCursor, filter: Filter, live: bool) -> Self {
        metrics::gauge!("brummer_logs_followers").increment(1);
        Self {
            reads,
            filter: Arc::new(filter),
            live,
            at: 0,
            time: from.time,
            start: Some(from),
            collect: None,
            ready: VecDeque::new(),
            caught_up: false,
            told: clock::mono_ns(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            waker: Arc::default(),
            armed: Vec::new(),
        }
    }

    /// The next item. Waits without cost while there is none. Safe to drop at any await: nothing is taken
    /// that was not given out.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn next(&mut self) -> Result<FollowItem, LogsError> {
        loop {
            if let Some((item, seq, time)) = self.ready.pop_front() {
                (self.at, self.time) = (seq, time);
                self.told = clock::mono_ns();
                return Ok(item);
            }
            if let Some(start) = self.start.clone() {
                let (at, gap) = self.reads.resolve(&start, &self.filter).await?;
                self.start = None;
                self.at = at;
                self.ready.extend(gap.map(|gap| (FollowItem::Gap(gap), at, start.time)));
                continue;
            }
            let newest = self.reads.board.published();
            if newest > self.at {
                self.step(newest).await?;
                if self.ready.is_empty() && clock::since(self.told).as_nanos() >= u128::from(PROGRESS_NS) {
                    return Ok(self.progress());
                }
            } else if !self.caught_up {
                self.caught_up = true;
                return Ok(self.progress());
            } else {
                self.wait().await?;
            }
        }
    }

    /// After everything that was given out.
    pub fn cursor(&self) -> LineCursor {
        match &self.start {
            Some(start) => start.clone(),
            None => LineCursor { epoch: self.reads.board.epoch, seq: self.at, time: self.time },
        }
    }

    fn progress(&mut self) -> FollowItem {
        self.told = clock::mono_ns();
        FollowItem::Progress { scanned_through: self.at, newest: self.reads.board.published() }
    }

    /// Reads a quantum.
    async fn step(&mut self, newest: LineSeq) -> Result<(), LogsError> {
        let plan = Plan::new(&self.reads.board, &self.filter, self.at, newest, Direction::Forward, true);
        if plan.is_empty() {
            self.at = plan.limit();
            return Ok(());
        }
        if self.live && (plan.disk || plan.ready > QUANTUM) {
            let to = newest.saturating_sub(LIVE_LINES).max(self.at);
            if to > self.at {
                self.jump(to);
                return Ok(());
            }
        }
        let collect = self.collect.take();
        let collect =
            collect.unwrap_or_else(|| Collect::new(self.filter.clone(), Direction::Forward, usize::MAX));
        let limits = Limits { lines: MOST_LINES, bytes: MOST_BYTES };
        let (mut collect, reached) = self.reads.step(plan, &self.filter, collect, limits).await?;
        let gaps = std::mem::take(&mut collect.gaps);
        let lines = collect.take();
        self.collect = Some(collect);
        self.hand_out(lines, gaps, reached);
        if self.ready.is_empty() {
            // Nothing matched: the cursor goes on alone, and others have their turn.
            self.at = reached;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Orders lines and gaps; each carries the place after it, the last one that of the whole step.
    fn hand_out(&mut self, lines: Vec<LineView>, mut gaps: Vec<Gap>, reached: LineSeq) {
        gaps.sort_by_key(|gap| gap.from);
        let mut rest = lines;
        for gap in gaps {
            let split = rest.partition_point(|line| line.seq < gap.from);
            let later = rest.split_off(split);
            self.hand_lines(std::mem::replace(&mut rest, later));
            let before_rest = rest.first().map_or(reached, |line| line.seq.saturating_sub(1));
            self.ready.push_back((FollowItem::Gap(gap), before_rest.min(reached), self.time));
        }
        self.hand_lines(rest);
        if let Some((_, seq, _)) = self.ready.back_mut() {
            *seq = reached;
        }
    }

    fn hand_lines(&mut self, lines: Vec<LineView>) {
        let Some(last) = lines.last() else { return };
        let place = (last.seq, last.time);
        self.ready.push_back((FollowItem::Lines(lines), place.0, place.1));
    }

    fn jump(&mut self, to: LineSeq) {
        let single =
            self.filter.processes.as_ref().filter(|keys| keys.len() == 1).and_then(|keys| keys.first());
        let gap = Gap {
            from: self.at.saturating_add(1),
            to,
            lines: None,
            project: single.map(|key| key.project.clone()).or_else(|| self.filter.project.clone()),
            process: single.map(|key| key.name.clone()),
            run: None,
            reason: GapReason::Live,
        };
        metrics::counter!("brummer_logs_live_jumps_total").increment(1);
        self.ready.push_back((FollowItem::Gap(gap), to, self.time));
    }

    /// Waits until one of its processes has something new.
    async fn wait(&mut self) -> Result<(), LogsError> {
        let shelves = self.reads.board.shelves();
        self.reads.board.arm_arrivals(self.id, self.waker.clone());
        let wanted = shelves.values().filter(|shelf| self.filter.wants_process(&shelf.key));
        self.armed = wanted.cloned().collect();
        for shelf in &self.armed {
            shelf.ring.arm(self.id, self.waker.clone());
        }
        // What came while arming rings no bell.
        let newer = self.armed.iter().any(|shelf| shelf.ring.newest() > self.at);
        if (newer && self.reads.board.published() > self.at)
            || !Arc::ptr_eq(&shelves, &self.reads.board.shelves())
        {
            return Ok(());
        }
        drop(shelves);
        tokio::select! {
            () = self.waker.notified() => Ok(()),
            () = self.reads.scope.token().cancelled() => Err(LogsError::Stopping),
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.reads.board.disarm_arrivals(self.id);
        for shelf in &self.armed {
            shelf.ring.disarm(self.id);
        }
        metrics::gauge!("brummer_logs_followers").decrement(1);
    }
}
