//! Reading across processes, in order of seq: the lines of every ring and, behind them, of every run on disk,
//! merged. The order is exact: everything through `published` is somewhere here, and nothing appears below it
//! later.
//!
//! A [`Plan`] says what would be read between two numbers; [`Plan::run`] reads it. Plans are short (some
//! blocks a run), so that a long search is many steps and others come in between.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use brummer_capture::Block as Bytes;
use brummer_event::{Gap, GapReason, Level, LineSeq, ProcessKey, RunId};

use crate::Filter;
use crate::batch::HAS_GAPS;
use crate::blocks::Block;
use crate::board::{Board, RunShelf, Shelf};
use crate::chunk::Chunk;
use crate::history::{Cache, HistoryError};

/// Blocks of one run in a plan.
const MOST_BLOCKS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// Lines that a plan reaches.
enum Item {
    Ready(Arc<Chunk>),
    Disk(Arc<RunShelf>, Box<Block>),
}

impl Item {
    fn range(&self) -> (LineSeq, LineSeq) {
        match self {
            Self::Ready(chunk) => (chunk.first_seq(), chunk.last_seq()),
            Self::Disk(_, block) => (block.first_seq, block.last_seq),
        }
    }
}

/// Items of one process (its ring) or one run (its files), in order of direction.
struct Source {
    shelf: Arc<Shelf>,
    items: VecDeque<Item>,
    /// Lines behind `after`, through `through`.
    after: LineSeq,
    through: LineSeq,
    /// The chunk that is being read: places `at..end`, from either side.
    current: Option<(Arc<Chunk>, usize, usize)>,
}

/// What is read next.
pub(crate) struct Plan {
    direction: Direction,
    sources: Vec<Source>,
    /// Everything up to here (forward: through it; backward: behind it) is read when the plan is done.
    limit: LineSeq,
    /// Whom lines behind the starting point were taken from.
    pub gaps: Vec<Gap>,
    /// Files have to be read.
    pub disk: bool,
    /// Lines in memory that it reaches.
    pub ready: usize,
}

/// What is met on the way.
pub(crate) enum Met<'a> {
    Line(&'a Chunk, usize),
    Gap(Gap),
}

/// How a scan goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    /// Enough; this line was taken.
    Stop,
}

impl Plan {
    /// What there is behind `after`, through `through`. With `gaps` it says what is missing there.
    pub(crate) fn new(
        board: &Board,
        filter: &Filter,
        after: LineSeq,
        through: LineSeq,
        direction: Direction,
        gaps: bool,
    ) -> Self {
        let limit = if direction == Direction::Forward { through } else { after };
        let mut plan =
            Self { direction, sources: Vec::new(), limit, gaps: Vec::new(), disk: false, ready: 0 };
        if through <= after {
            return plan;
        }
        let shelves = board.shelves();
        match &filter.processes {
            // A few named ones are looked up; there may be hundreds.
            Some(keys) => {
                let wanted = keys.iter().filter(|key| filter.wants_process(key));
                wanted.filter_map(|key| shelves.get(key)).for_each(|shelf| {
                    plan.add(shelf, filter, after, through, gaps);
                });
            }
            None => {
                let wanted = shelves.values().filter(|shelf| filter.wants_process(&shelf.key));
                wanted.for_each(|shelf| plan.add(shelf, filter, after, through, gaps));
            }
        }
        plan.disk =
            plan.sources.iter().any(|source| source.items.iter().any(|item| matches!(item, Item::Disk(..))));
        plan
    }

    fn add(&mut self, shelf: &Arc<Shelf>, filter: &Filter, after: LineSeq, through: LineSeq, gaps: bool) {
        if shelf.ring.newest() <= after && shelf.marks().evicted_to <= after {
            return;
        }
        // The ring first: what leaves it from here on is found on disk.
        let view = shelf.ring.view();
        let mut low = after;
        let floor = view.floor.min(through);
        let runs = shelf.runs.load();
        let marks = shelf.marks();
        // What was said to be gone is not shown again, even if a file of it is still there.
        low = low.max(marks.cleared_to).max(marks.evicted_to);
        if low < floor {
            for run in runs.iter().filter(|run| filter.wants_run(run.run)) {
                self.add_run(shelf, run, filter, low, floor);
            }
        }
        let wanted = |chunk: &&Arc<Chunk>| {
            chunk.last_seq() > low && chunk.first_seq() <= through && filter.wants_run(chunk.run)
        };
        let mut items: VecDeque<Item> =
            view.pieces().filter(wanted).map(|chunk| Item::Ready(chunk.clone())).collect();
        if self.direction == Direction::Backward {
            items = items.into_iter().rev().collect();
        }
        if !items.is_empty() {
            self.ready += items
                .iter()
                .map(|item| if let Item::Ready(chunk) = item { chunk.len() } else { 0 })
                .sum::<usize>();
            // A piece that was on disk when the ring was made may be in both.
            self.sources.push(Source {
                shelf: shelf.clone(),
                items,
                after: low.max(view.floor),
                through,
                current: None,
            });
        }
        if gaps {
            // After the blocks: what was removed meanwhile is marked by now.
            self.add_gaps(shelf, after, through);
        }
    }

    fn add_run(
        &mut self,
        shelf: &Arc<Shelf>,
        run: &Arc<RunShelf>,
        filter: &Filter,
        after: LineSeq,
        through: LineSeq,
    ) {
        let blocks = run.blocks.lock();
        let mut items = VecDeque::new();
        let between = blocks.between(after, through).filter(|block| may_match(block, filter));
        let rest = match self.direction {
            Direction::Forward => {
                let mut between = between;
                items.extend(
                    between.by_ref().take(MOST_BLOCKS).map(|block| Item::Disk(run.clone(), Box::new(*block))),
                );
                between.next().map(|block| block.first_seq)
            }
            Direction::Backward => {
                let mut between = between.rev();
                items.extend(
                    between.by_ref().take(MOST_BLOCKS).map(|block| Item::Disk(run.clone(), Box::new(*block))),
                );
                between.next().map(|block| block.last_seq)
            }
        };
        drop(blocks);
        if let Some(rest) = rest {
            self.limit = match self.direction {
                Direction::Forward => self.limit.min(rest.saturating_sub(1)),
                Direction::Backward => self.limit.max(rest),
            };
        }
        if !items.is_empty() {
            self.sources.push(Source { shelf: shelf.clone(), items, after, through, current: None });
        }
    }

    fn add_gaps(&mut self, shelf: &Shelf, after: LineSeq, through: LineSeq) {
        let marks = shelf.marks();
        let mut gap = |from: LineSeq, to: LineSeq, lines, reason| {
            let (project, process) = (Some(shelf.key.project.clone()), Some(shelf.key.name.clone()));
            self.gaps.push(Gap { from, to: to.min(through), lines, project, process, run: None, reason });
        };
        let from = after.saturating_add(1);
        if marks.evicted_to > after && marks.evicted_to > marks.cleared_to {
            let lines = (after == 0).then_some(marks.evicted_lines);
            gap(from, marks.evicted_to, lines, GapReason::Evicted);
        }
        // Who begins at the beginning has nothing before it to miss.
        if marks.cleared_to > after && after > 0 {
            gap(from, marks.cleared_to, None, GapReason::Cleared);
        }
    }

    /// True if there is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.gaps.is_empty()
    }

    /// Where the plan ends.
    pub(crate) fn limit(&self) -> LineSeq {
        self.limit
    }

    /// Reads in order until `visit` has enough. Answers how far everything was read: forward through the
    /// number, backward behind it.
    pub(crate) fn run(mut self, loader: &mut Loader<'_>, mut visit: impl FnMut(Met<'_>) -> Flow) -> LineSeq {
        for gap in std::mem::take(&mut self.gaps) {
            visit(Met::Gap(gap));
        }
        let forward = self.direction == Direction::Forward;
        // Backward the greatest comes first: its complement is least.
        let order = |seq: LineSeq| if forward { seq } else { LineSeq::MAX - seq };
        let mut heap: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        for (place, source) in self.sources.iter_mut().enumerate() {
            heap.extend(source.head(forward).map(|seq| Reverse((order(seq), place))));
        }
        let limit = order(self.limit);
        while let Some(Reverse((first, place))) = heap.pop() {
            // Beyond the limit a source may be missing something.
            if first > limit || (!forward && first == limit) {
                break;
            }
            let Some(source) = self.sources.get_mut(place) else { break };
            if !source.ready(forward, loader, &mut visit) {
                heap.extend(source.head(forward).map(|seq| Reverse((order(seq), place))));
                continue;
            }
            let until = heap.peek().map_or(u64::MAX, |Reverse((other, _))| *other);
            while let Some((chunk, at, end)) = &mut source.current {
                let line = if forward { *at } else { end.saturating_sub(1) };
                let seq = chunk.seq(line);
                let here = order(seq);
                if here > until || here > limit || (!forward && here == limit) {
                    break;
                }
                let flow = match chunk.gap(line) {
                    Some(gap) => visit(Met::Gap(gap)),
                    None => visit(Met::Line(chunk, line)),
                };
                if forward {
                    *at += 1;
                } else {
                    *end -= 1;
                }
                if at >= end {
                    source.current = None;
                }
                if flow == Flow::Stop {
                    return if forward { seq } else { seq.saturating_sub(1) };
                }
            }
            heap.extend(source.head(forward).map(|seq| Reverse((order(seq), place))));
        }
        self.limit
    }
}

impl Source {
    /// The number of the next line (for lines on disk: of the block's edge, which is not later).
    fn head(&mut self, forward: bool) -> Option<LineSeq> {
        if let Some((chunk, at, end)) = &self.current {
            return Some(chunk.seq(if forward { *at } else { end.saturating_sub(1) }));
        }
        let (first, last) = self.items.front()?.range();
        Some(if forward { first.max(self.after.saturating_add(1)) } else { last.min(self.through) })
    }

    /// Makes `current` ready; false: there was nothing in the next item, or the head is another one now.
    fn ready(
        &mut self,
        forward: bool,
        loader: &mut Loader<'_>,
        visit: &mut impl FnMut(Met<'_>) -> Flow,
    ) -> bool {
        if self.current.is_some() {
            return true;
        }
        let chunk = match self.items.pop_front() {
            Some(Item::Ready(chunk)) => chunk,
            Some(Item::Disk(run, block)) => match loader.load(&self.shelf, &run, &block) {
                Ok(chunk) => chunk,
                Err(error) => {
                    visit(Met::Gap(unread(
                        &self.shelf.key,
                        run.run,
                        &block,
                        &error,
                        self.after,
                        self.through,
                    )));
                    return false;
                }
            },
            None => return false,
        };
        let (at, end) = (chunk.after(self.after), chunk.after(self.through));
        if at >= end {
            return false;
        }
        let head = chunk.seq(if forward { at } else { end - 1 });
        let expected = if forward {
            chunk.first_seq().max(self.after.saturating_add(1))
        } else {
            chunk.last_seq().min(self.through)
        };
        self.current = Some((chunk, at, end));
        // Numbers are not dense: the true head may lie further on than others' heads.
        head == expected
    }
}

/// False if the index alone says that nothing in the block matches.
fn may_match(block: &Block, filter: &Filter) -> bool {
    if block.levels & HAS_GAPS != 0 {
        return true;
    }
    let levels = filter.min_level.map_or(u8::MAX, |least| u8::MAX << (least as u8));
    // A superseded line is recognised by the one that follows, which may be of another level.
    let by_level = filter.include_replaced || filter.min_level.is_some_and(|least| least > Level::Info);
    filter.since.is_none_or(|since| block.times.1 >= since)
        && filter.until.is_none_or(|until| block.times.0 < until)
        && (!by_level || block.levels & levels != 0)
}

/// Lines that the index knows and that cannot be read.
fn unread(
    key: &ProcessKey,
    run: RunId,
    block: &Block,
    error: &HistoryError,
    after: LineSeq,
    through: LineSeq,
) -> Gap {
    let reason = match error {
        HistoryError::Gone => GapReason::Evicted,
        _ => {
            tracing::error!(%key, %run, %error, first = block.first_seq, "kept lines cannot be read");
            metrics::counter!("brummer_logs_history_errors_total").increment(1);
            GapReason::DiskFull
        }
    };
    Gap {
        from: block.first_seq.max(after.saturating_add(1)),
        to: block.last_seq.min(through),
        lines: Some(block.lines),
        project: Some(key.project.clone()),
        process: Some(key.name.clone()),
        run: Some(run),
        reason,
    }
}

/// Loads blocks; has memory for it only once one is needed.
pub(crate) struct Loader<'a> {
    cache: &'a Cache,
    bytes: Option<Bytes>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(cache: &'a Cache) -> Self {
        Self { cache, bytes: None }
    }

    fn load(&mut self, shelf: &Shelf, run: &RunShelf, block: &Block) -> Result<Arc<Chunk>, HistoryError> {
        self.cache.load(&shelf.key, run, block, self.bytes.get_or_insert_default())
    }
}
