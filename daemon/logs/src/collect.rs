//! Takes from a scan what a filter wants: the lines, their surroundings, and nothing that was superseded.
//! Pure but for the buffers it shares.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use brummer_event::{Gap, LineSeq, ProcessKey, RunId};

use crate::chunk::Chunk;
use crate::fold::{Backward, Forward};
use crate::scan::{Direction, Flow, Met};
use crate::{Filter, LineView};

/// Lines that a step looks at before others have a turn.
pub(crate) const QUANTUM: usize = 4096;

/// Lines of a process around matches.
#[derive(Debug, Default)]
struct Around {
    /// The last lines that were not taken.
    before: VecDeque<LineView>,
    /// How many of the next are taken anyway.
    after: usize,
}

/// Collects in one direction, over any number of steps.
#[derive(Debug)]
pub(crate) struct Collect {
    filter: Arc<Filter>,
    direction: Direction,
    /// In order of the scan.
    lines: Vec<LineView>,
    pub gaps: Vec<Gap>,
    matches: usize,
    superseded: HashSet<usize>,
    forward: Forward,
    backward: Backward,
    around: HashMap<ProcessKey, Around>,
    /// So many matches are taken; one more is only counted, to know that it exists.
    most: usize,
    /// Matches before this one are not taken (they may surround others).
    from: LineSeq,
    /// Surroundings that were given out already are not given again.
    given: LineSeq,
    /// Lines looked at, in all.
    pub scanned: u64,
    bytes: usize,
}

/// When a step is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub lines: usize,
    pub bytes: usize,
}

impl Collect {
    pub(crate) fn new(filter: Arc<Filter>, direction: Direction, most: usize) -> Self {
        Self {
            filter,
            direction,
            lines: Vec::new(),
            gaps: Vec::new(),
            matches: 0,
            superseded: HashSet::new(),
            forward: Forward::default(),
            backward: Backward::default(),
            around: HashMap::new(),
            most,
            from: 0,
            given: 0,
            scanned: 0,
            bytes: 0,
        }
    }

    /// Goes on forward behind matches that were found before.
    pub(crate) fn resumed(filter: Arc<Filter>, lines: Vec<LineView>, scanned: u64) -> Self {
        let matches = lines.len();
        Self { lines, matches, scanned, ..Self::new(filter, Direction::Forward, matches) }
    }

    /// Takes so many matches more.
    pub(crate) fn more(&mut self, most: usize) {
        self.most = self.matches.saturating_add(most);
    }

    /// Takes no match before `seq`.
    pub(crate) fn from(&mut self, seq: LineSeq) {
        self.from = seq;
    }

    /// Found more than are taken.
    pub(crate) fn has_more(&self) -> bool {
        self.matches > self.most
    }

    /// A visitor for one step.
    pub(crate) fn step(&mut self, limits: Limits) -> impl FnMut(Met<'_>) -> Flow + '_ {
        let mut left = QUANTUM;
        // Whether the chunk that is being read can match at all.
        let mut judged: Option<((RunId, LineSeq, usize), bool)> = None;
        move |met| {
            let (chunk, at) = match met {
                Met::Gap(gap) => {
                    self.gaps.push(gap);
                    return Flow::On;
                }
                Met::Line(chunk, at) => (chunk, at),
            };
            let identity = (chunk.run, chunk.first_seq(), chunk.len());
            let possible = match judged {
                Some((other, possible)) if other == identity => possible,
                _ => {
                    let whole = chunk.whole_text();
                    let possible = !self.filter.texts.iter().any(|text| text.cannot_match(whole));
                    judged = Some((identity, possible));
                    possible
                }
            };
            self.line(chunk, at, possible);
            self.scanned += 1;
            left -= 1;
            let full = self.has_more() || self.lines.len() >= limits.lines || self.bytes >= limits.bytes;
            if full || left == 0 { Flow::Stop } else { Flow::On }
        }
    }

    fn line(&mut self, chunk: &Chunk, at: usize, possible: bool) {
        let Some(meta) = chunk.meta(at) else { return };
        let lane = (chunk.run, meta.stream);
        if !self.filter.include_replaced {
            match self.direction {
                Direction::Forward => {
                    for place in self.forward.record(lane, meta.flags) {
                        if self.superseded.insert(place) {
                            self.matches = self.matches.saturating_sub(1);
                        }
                    }
                }
                Direction::Backward => {
                    if self.backward.record(lane, meta.line, meta.flags) {
                        return;
                    }
                }
            }
        }
        let wanted = possible
            && self.filter.wants_line(meta.stream, meta.level, meta.time, chunk.text(at))
            && chunk.seq(at) >= self.from;
        if wanted && self.matches >= self.most {
            self.matches += 1;
            return;
        }
        if self.filter.context > 0 {
            self.surround(chunk, at, wanted);
        }
        if wanted && let Some(view) = chunk.view(at) {
            if !self.filter.include_replaced && self.direction == Direction::Forward {
                self.forward.taken(lane, self.lines.len());
            }
            self.matches += 1;
            self.push(view);
        }
    }

    fn push(&mut self, view: LineView) {
        self.bytes += view.text.len() + 64;
        self.lines.push(view);
    }

    fn surround(&mut self, chunk: &Chunk, at: usize, wanted: bool) {
        let context = self.filter.context;
        let around = self.around.entry(chunk.key.clone()).or_default();
        if wanted {
            around.after = context;
            let before = std::mem::take(&mut around.before);
            let given = self.given;
            for view in before.into_iter().filter(|view| view.seq > given) {
                self.push(LineView { context: true, ..view });
            }
            return;
        }
        let Some(view) = chunk.view(at) else { return };
        if around.after > 0 {
            around.after -= 1;
            self.push(LineView { context: true, ..view });
            return;
        }
        if around.before.len() >= context {
            around.before.pop_front();
        }
        around.before.push_back(view);
    }

    /// What was collected, in order of seq; collecting can go on.
    pub(crate) fn take(&mut self) -> Vec<LineView> {
        let superseded = std::mem::take(&mut self.superseded);
        let mut lines = std::mem::take(&mut self.lines);
        if !superseded.is_empty() {
            let mut place = 0;
            lines.retain(|_| {
                place += 1;
                !superseded.contains(&(place - 1))
            });
        }
        // Surroundings of one process come after lines of others.
        lines.sort_by_key(|line| line.seq);
        self.given = lines.last().map_or(self.given, |line| self.given.max(line.seq));
        self.forward = Forward::default();
        self.most = self.most.saturating_sub(self.matches);
        self.matches = 0;
        self.bytes = 0;
        lines
    }
}
