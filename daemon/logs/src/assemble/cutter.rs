//! One stream of bytes, cut into lines. Pure.
//!
//! Bytes that are in no line yet look like this, in order: dead ones (already counted in `skip`), the last
//! whole state of a progress line (`held`) with the carriage returns behind it, and what came after
//! (`pending`). `pieces` tells where in the capture they are.

use std::collections::VecDeque;

use brummer_event::{LineFlags, Stream, WallNs};
use memchr::memchr2;

use super::{Feed, LAG_BYTES, PART_BYTES, QUIET_NS, STATE_NS, WAIT_NS};
use crate::chunk::{Lines, Peculiar};
use crate::resume::{Open, Point};

/// What the streams of a run share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) next_line: u64,
    /// Time of the last line.
    pub(super) time: WallNs,
    /// Bytes of all streams so far.
    pub(super) fed: u64,
}

impl Common {
    pub(super) fn take_line(&mut self) -> u64 {
        let line = self.next_line;
        self.next_line += 1;
        line
    }
}

#[derive(Debug)]
pub(super) struct Cutter {
    stream: Stream,
    pending: Vec<u8>,
    /// Empty: there is none.
    held: Vec<u8>,
    /// What `held` would do to an open part.
    held_replaces: bool,
    /// Carriage returns behind `held`.
    returns: u64,
    /// Dead bytes since the last line or the last seal.
    skip: u64,
    pieces: VecDeque<(Point, u64)>,
    /// Number of the line of which parts are shown.
    open: Option<u64>,
    /// What comes next replaces an open part.
    replaces: bool,
    /// Since when this is a progress line, and when a state of it was shown last.
    progress: Option<u64>,
    /// When `pending` began, and when bytes came last.
    began: u64,
    touched: u64,
    /// `Common::fed` when the oldest unfinished byte came.
    fed_at: u64,
    /// Of the frame that was fed last.
    wall: WallNs,
    after_exit: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Pending,
    Held,
    Nothing,
}

impl Cutter {
    pub(super) fn new(stream: Stream, open: Option<Open>, now: u64) -> Self {
        let replaces = open.is_some_and(|open| open.superseded);
        Self {
            stream,
            pending: Vec::new(),
            held: Vec::new(),
            held_replaces: false,
            returns: 0,
            skip: 0,
            pieces: VecDeque::new(),
            open: open.map(|open| open.line),
            replaces,
            progress: replaces.then_some(now),
            began: now,
            touched: now,
            fed_at: 0,
            wall: 0,
            after_exit: false,
        }
    }

    /// Nothing is unfinished, so a whole line can be taken as it is.
    #[inline]
    fn is_fresh(&self) -> bool {
        self.open.is_none()
            && self.pending.is_empty()
            && self.held.is_empty()
            && self.skip == 0
            && !self.replaces
    }

    pub(super) fn feed(&mut self, feed: &Feed<'_>, common: &mut Common, lines: &mut Lines) -> usize {
        let Feed { payload, from, at, now, most } = *feed;
        let flags = if at.after_exit { LineFlags::AFTER_EXIT } else { LineFlags::NONE };
        self.wall = at.wall;
        self.after_exit = at.after_exit;
        self.touched = now;
        let mut taken = from.min(payload.len());
        let before = taken;
        while lines.len() < most {
            let Some(rest) = payload.get(taken..).filter(|rest| !rest.is_empty()) else { break };
            let stop = memchr2(b'\n', b'\r', rest);
            let (text, end) = match stop {
                Some(stop) => rest.split_at_checked(stop).unwrap_or((rest, &[])),
                None => (rest, [].as_slice()),
            };
            if self.is_fresh() && text.len() < PART_BYTES {
                let ending = match end {
                    [b'\n', ..] => 1,
                    [b'\r', b'\n', ..] => 2,
                    _ => 0,
                };
                if ending > 0 {
                    let line = common.take_line();
                    common.time = at.wall;
                    lines.push(text, line, at.wall, self.stream, flags, ending);
                    taken += text.len() + usize::from(ending);
                    continue;
                }
            }
            let point =
                |byte: usize| Point { frame: at.position, byte: u32::try_from(byte).unwrap_or(u32::MAX) };
            if self.pieces.is_empty() {
                self.fed_at = common.fed + (taken - before) as u64;
            }
            // A long text is cut into parts here, and the limit of lines holds for them as well.
            let room = most - lines.len();
            let take = text.len().min(room.saturating_mul(PART_BYTES).saturating_sub(self.pending.len()));
            if let Some(text) = text.get(..take).filter(|text| !text.is_empty()) {
                self.note(point(taken), take);
                self.text(text, now, common, lines);
                taken += take;
            }
            if take < text.len() || lines.len() >= most {
                break;
            }
            match end.first() {
                Some(b'\n') => {
                    self.note(point(taken), 1);
                    self.newline(common, lines);
                    taken += 1;
                }
                Some(_) => {
                    self.note(point(taken), 1);
                    self.carriage_return(now, common.fed + (taken - before) as u64);
                    taken += 1;
                }
                None => {}
            }
        }
        common.fed += (taken - before) as u64;
        taken
    }

    /// Remembers where unfinished bytes are.
    fn note(&mut self, point: Point, count: usize) {
        let count = count as u64;
        if let Some((start, length)) = self.pieces.back_mut()
            && start.frame == point.frame
            && u64::from(start.byte) + *length == u64::from(point.byte)
        {
            *length += count;
            return;
        }
        self.pieces.push_back((point, count));
    }

    /// The oldest `count` unfinished bytes are in a line, or dead.
    fn consume(&mut self, mut count: u64) {
        while count > 0 {
            let Some((point, length)) = self.pieces.front_mut() else { return };
            if *length > count {
                *length -= count;
                point.byte = point.byte.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
                return;
            }
            count -= *length;
            self.pieces.pop_front();
        }
    }

    fn dead(&mut self, count: u64) {
        self.skip += count;
        self.consume(count);
    }

    fn drop_held(&mut self) {
        if !self.held.is_empty() {
            self.dead(self.held.len() as u64 + self.returns);
            self.held.clear();
            self.returns = 0;
        }
    }

    fn text(&mut self, mut text: &[u8], now: u64, common: &mut Common, lines: &mut Lines) {
        while !text.is_empty() {
            if self.pending.is_empty() {
                self.began = now;
            }
            let room = PART_BYTES.saturating_sub(self.pending.len()).min(text.len());
            let (head, rest) = text.split_at_checked(room).unwrap_or((text, &[]));
            self.pending.extend_from_slice(head);
            text = rest;
            if self.pending.len() >= PART_BYTES {
                self.show(What::Pending, true, 0, common, lines);
            }
        }
    }

    fn newline(&mut self, common: &mut Common, lines: &mut Lines) {
        let (what, end) = match (self.pending.is_empty(), self.held.is_empty()) {
            (false, _) => (What::Pending, 1),
            (true, false) => (What::Held, self.returns + 1),
            (true, true) => (What::Nothing, 1),
        };
        self.show(what, false, end, common, lines);
    }

    fn carriage_return(&mut self, now: u64, fed: u64) {
        if !self.pending.is_empty() {
            // The state before this one was never shown and never will be.
            self.drop_held();
            std::mem::swap(&mut self.held, &mut self.pending);
            self.held_replaces = self.replaces;
            self.returns = 1;
            self.fed_at = fed;
        } else if !self.held.is_empty() {
            self.returns += 1;
        } else {
            self.dead(1);
        }
        self.replaces = true;
        self.progress.get_or_insert(now);
    }

    /// Makes a record of the unfinished bytes: a part, or the end of the line.
    fn show(&mut self, what: What, part: bool, end: u64, common: &mut Common, lines: &mut Lines) {
        if what == What::Pending {
            self.drop_held();
        }
        let (text, replaces) = match what {
            What::Pending => (self.pending.as_slice(), self.replaces),
            What::Held => (self.held.as_slice(), self.held_replaces),
            What::Nothing => ([].as_slice(), false),
        };
        let replaces = replaces && self.open.is_some();
        let line = match self.open {
            Some(line) if !replaces => line,
            _ => common.take_line(),
        };
        let consumed = text.len() as u64 + end;
        if consumed > 0 {
            common.time = self.wall;
        }
        let mut flags = if part { LineFlags::PART } else { LineFlags::NONE };
        if replaces {
            flags = flags.with(LineFlags::REPLACES_PREVIOUS);
        }
        if self.after_exit {
            flags = flags.with(LineFlags::AFTER_EXIT);
        }
        match u8::try_from(end) {
            Ok(ending) if ending <= 2 && self.skip == 0 => {
                lines.push(text, line, common.time, self.stream, flags, ending);
            }
            _ => {
                let peculiar = Peculiar { index: 0, skip: self.skip, length: None, end, gap: None };
                lines.push_peculiar(text, line, common.time, self.stream, flags, peculiar);
            }
        }
        self.skip = 0;
        self.consume(consumed);
        self.pending.clear();
        self.held.clear();
        self.returns = 0;
        self.open = part.then_some(line);
        if part {
            // Behind a held state stands a carriage return.
            self.replaces = what == What::Held;
        } else {
            self.replaces = false;
            self.progress = None;
            // A long line is rare; its memory is not kept for the next.
            if self.pending.capacity().max(self.held.capacity()) > PART_BYTES / 4 {
                self.pending = Vec::new();
                self.held = Vec::new();
            }
        }
    }

    pub(super) fn finish(&mut self, common: &mut Common, lines: &mut Lines) {
        let what = match (self.pending.is_empty(), self.held.is_empty()) {
            (false, _) => What::Pending,
            (true, false) => What::Held,
            (true, true) if self.open.is_some() => What::Nothing,
            (true, true) => {
                self.replaces = false;
                self.progress = None;
                return;
            }
        };
        let end = if what == What::Held { self.returns } else { 0 };
        self.show(what, false, end, common, lines);
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        if self.pending.is_empty() && self.held.is_empty() {
            return None;
        }
        Some(match self.progress {
            Some(since) => since.saturating_add(STATE_NS),
            None => self.touched.saturating_add(QUIET_NS).min(self.began.saturating_add(WAIT_NS)),
        })
    }

    pub(super) fn tick(&mut self, now: u64, common: &mut Common, lines: &mut Lines) {
        let Some(deadline) = self.deadline() else { return };
        let lags = common.fed.saturating_sub(self.fed_at) > LAG_BYTES;
        if now < deadline && !lags {
            return;
        }
        if self.pending.is_empty() {
            self.show(What::Held, true, self.returns, common, lines);
        } else {
            self.show(What::Pending, true, 0, common, lines);
        }
        if let Some(shown) = &mut self.progress {
            *shown = now;
        }
    }

    /// The first unfinished byte and the open line there.
    pub(super) fn seal(&mut self) -> (Option<Point>, Option<Open>) {
        self.skip = 0;
        let superseded = if self.held.is_empty() { self.replaces } else { self.held_replaces };
        let open = self.open.map(|line| Open { line, superseded });
        (self.pieces.front().map(|(point, _)| *point), open)
    }
}
