//! The one thread that numbers lines. For every publication: number, write the index (one write a run),
//! publish to the rings, raise `published`, wake, then tell whoever has to know.
//!
//! It never waits for a reader or a client. It waits for the disk: while the index cannot be written nothing
//! is published (it is tried again each second), and the readers behind it stop for want of room.

mod slot;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brummer_capture::Position;
use brummer_event::{LineSeq, ProcessKey, RunId, WallNs};
use brummer_insight::Findings;
use brummer_scope::{StopFlag, clock, faults};

use crate::batch::{Batch, HAS_GAPS, RecordDraft};
use crate::board::{Board, Shelf};
use crate::books::Books;
use crate::chunk::{Chunk, Lines};
use crate::gauges::Gauges;
use crate::inbox::{Inbox, Work};
use crate::keeper::Keeper;
use crate::sync::Syncer;
use crate::{FindingSink, LogsConfig, NoticeSink, RunProgress};
pub(crate) use slot::Slot;

/// At most one publication of a process in this time, ns, unless readers want for room.
const TICK_NS: u64 = 2_000_000;
/// At most one notice about a process in this time, ns.
const NOTICE_NS: u64 = 100_000_000;
/// The shim is told how far the index is after so many bytes.
const INDEXED_BYTES: u64 = 1024 * 1024;
/// With more runs than this files are closed between publications.
const MANY_RUNS: usize = 100;

#[derive(Default)]
struct Notice {
    at: u64,
    waiting: Option<LineSeq>,
}

/// What the rest of a publication needs once the lines can be read.
struct After {
    run: RunId,
    findings: Findings,
    exit: Option<(LineSeq, brummer_capture::ExitPayload)>,
    drained: bool,
    chunk: Option<Arc<Chunk>>,
    decided: Option<Position>,
    /// Everything through this number was looked at once this is told.
    through: LineSeq,
}

pub(crate) struct Writer {
    pub config: LogsConfig,
    pub board: Arc<Board>,
    pub inbox: Arc<Inbox>,
    pub syncer: Arc<Syncer>,
    pub keeper: Arc<Keeper>,
    pub gauges: Arc<Gauges>,
    pub findings: Arc<dyn FindingSink>,
    pub notices: Arc<dyn NoticeSink>,
    pub next: LineSeq,
    slots: HashMap<RunId, Slot>,
    published_at: HashMap<ProcessKey, u64>,
    notice: HashMap<ProcessKey, Notice>,
    books: Books,
    time: WallNs,
}

impl Writer {
    #[expect(clippy::too_many_arguments, reason = "the rooms that it connects, once")]
    pub(crate) fn new(
        config: LogsConfig,
        board: Arc<Board>,
        inbox: Arc<Inbox>,
        syncer: Arc<Syncer>,
        keeper: Arc<Keeper>,
        gauges: Arc<Gauges>,
        findings: Arc<dyn FindingSink>,
        notices: Arc<dyn NoticeSink>,
        next: LineSeq,
    ) -> Self {
        Self {
            time: board.newest_time(),
            config,
            board,
            inbox,
            syncer,
            keeper,
            gauges,
            findings,
            notices,
            next,
            slots: HashMap::new(),
            published_at: HashMap::new(),
            notice: HashMap::new(),
            books: Books::default(),
        }
    }

    /// The thread's work. Answers the next number when everything submitted is published, `None` when it had
    /// to stop before.
    pub(crate) fn run(mut self, stop: &StopFlag) -> Option<LineSeq> {
        loop {
            match self.take() {
                Work::Open(slots) => {
                    for slot in slots {
                        self.slots.insert(slot.run, slot);
                    }
                }
                Work::Publish(batches) => {
                    if !self.publish(batches, stop) {
                        return None;
                    }
                }
                Work::Forget(keys) => keys.iter().for_each(|key| self.books.forget(key)),
                Work::Timer => {}
                Work::Closed => break,
            }
            self.send_notices();
        }
        Some(self.next)
    }

    fn take(&self) -> Work {
        // Asked again after each wait: the clock must be too, or what came during a wait is never due.
        let due = |run: RunId| {
            let now = clock::mono_ns();
            let last = self.slots.get(&run).and_then(|slot| self.published_at.get(&slot.shelf.key));
            last.map_or(0, |last| last.saturating_add(TICK_NS).saturating_sub(now))
        };
        let timer = || {
            let waiting = self.notice.values().filter(|notice| notice.waiting.is_some());
            let due = waiting.map(|notice| notice.at.saturating_add(NOTICE_NS)).min()?;
            Some(due.saturating_sub(clock::mono_ns()))
        };
        self.inbox.take(due, timer)
    }

    /// False: the engine stops before it could.
    fn publish(&mut self, batches: Vec<(RunId, Batch)>, stop: &StopFlag) -> bool {
        let lines: u64 = batches.iter().map(|(_, batch)| batch.lines.len() as u64).sum();
        if !self.syncer.reserve(self.next.saturating_add(lines), stop) {
            return false;
        }
        let mut records: Vec<(RunId, Vec<_>)> = Vec::new();
        let mut afters = Vec::with_capacity(batches.len());
        for (run, batch) in batches {
            let Some(slot) = self.slots.get_mut(&run) else { continue };
            let Batch { lines, record, findings, exit, drained } = batch;
            let first = self.next;
            let count = lines.len();
            self.next = self.next.saturating_add(count as u64);
            let decided = record.as_ref().map(RecordDraft::decided);
            self.gauges.note_gaps(&lines, record.as_ref());
            if let Some(record) = record {
                let record = record.number(first, count);
                match records.iter_mut().find(|(other, _)| *other == run) {
                    Some((_, list)) => list.push(record),
                    None => records.push((run, vec![record])),
                }
            }
            let exit = exit.map(|(at, exit)| (first.saturating_add(at as u64), exit));
            let chunk = (count > 0).then(|| slot.number(lines, first));
            let through = self.next.saturating_sub(1);
            afters.push(After { run, findings, exit, drained, chunk, decided, through });
        }
        for (run, list) in &records {
            if !self.write_index(*run, list, stop) {
                return false;
            }
        }
        metrics::counter!("brummer_logs_lines_total").increment(lines);
        metrics::gauge!("brummer_logs_buffer_lines").set(self.inbox.used() as f64);
        faults::point("publish");
        self.show(&afters);
        for after in afters {
            self.tell(after);
        }
        true
    }

    /// Writes to the index until it succeeds.
    fn write_index(
        &mut self,
        run: RunId,
        records: &[(crate::record::LinesHead, Vec<u8>)],
        stop: &StopFlag,
    ) -> bool {
        let many = self.slots.len() > MANY_RUNS;
        let Some(slot) = self.slots.get_mut(&run) else { return true };
        loop {
            let before = *slot.index.resume();
            match slot.index.append(records) {
                Ok(places) => {
                    let mut blocks = slot.shelf_run.blocks.lock();
                    let mut before = before;
                    let mut bytes = 0;
                    for ((head, _), place) in records.iter().zip(places) {
                        blocks.add(place, &before, head);
                        before = head.after;
                        bytes += place.to - place.from;
                    }
                    drop(blocks);
                    Gauges::add(&self.gauges.index_bytes, bytes);
                    self.gauges.index_stuck.store(false, Ordering::Relaxed);
                    self.syncer.dirty(
                        run,
                        &slot.shelf_run.dir,
                        before.reading.frame.segment,
                        slot.index.number(),
                    );
                    if many {
                        slot.index.rest();
                    }
                    return true;
                }
                Err(error) => {
                    metrics::counter!("brummer_logs_index_failures_total").increment(1);
                    if !self.gauges.index_stuck.swap(true, Ordering::Relaxed) {
                        tracing::error!(%run, %error, "the log index cannot be written; lines wait in their captures");
                    }
                    if stop.is_set() {
                        return false;
                    }
                    std::thread::park_timeout(Duration::from_secs(1));
                }
            }
        }
    }

    /// Lets readers see the lines.
    fn show(&mut self, afters: &[After]) {
        let mut shown: Vec<Arc<Shelf>> = Vec::new();
        let now = clock::mono_ns();
        let mut rest = afters;
        // Neighbours of one run go into their ring together.
        while let Some(first) = rest.first() {
            let count = rest.iter().take_while(|after| after.run == first.run).count();
            let (group, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = others;
            let Some(slot) = self.slots.get(&first.run) else { continue };
            let chunks: Vec<_> = group.iter().filter_map(|after| after.chunk.clone()).collect();
            let Some(last) = chunks.last() else { continue };
            self.time = last.meta(last.len().saturating_sub(1)).map_or(self.time, |meta| meta.time);
            slot.shelf.ring.publish(chunks, slot.bounds);
            metrics::counter!("brummer_logs_publications_total").increment(1);
            if !shown.iter().any(|shelf| Arc::ptr_eq(shelf, &slot.shelf)) {
                shown.push(slot.shelf.clone());
            }
        }
        self.board.set_published(self.next.saturating_sub(1), self.time);
        for shelf in &shown {
            shelf.ring.wake();
            self.published_at.insert(shelf.key.clone(), now);
            let notice = self.notice.entry(shelf.key.clone()).or_default();
            notice.waiting = Some(shelf.ring.newest());
            self.account(shelf);
        }
    }

    /// Keeps the totals of the rings.
    fn account(&mut self, shelf: &Arc<Shelf>) {
        self.books.note(&shelf.key, shelf.ring.view().bytes as u64);
        while let Some(biggest) = self.books.over(&shelf.key, &self.config.ring_bytes) {
            match self.board.shelf(&biggest) {
                Some(other) if other.ring.evict() => {
                    self.books.note(&biggest, other.ring.view().bytes as u64);
                    metrics::counter!("brummer_logs_ring_evictions_total").increment(1);
                }
                // A process that was forgotten.
                _ => self.books.forget(&biggest),
            }
        }
        self.gauges.ring_bytes.store(self.books.total(), Ordering::Relaxed);
        metrics::gauge!("brummer_logs_ring_bytes").set(self.books.total() as f64);
    }

    /// Tells what follows from lines that can be read now.
    fn tell(&mut self, after: After) {
        let Some(slot) = self.slots.get_mut(&after.run) else { return };
        if let Some(decided) = after.decided {
            let segment_done = decided.segment > slot.indexed.segment;
            if segment_done || decided.offset.saturating_sub(slot.indexed.offset) >= INDEXED_BYTES {
                slot.indexed = decided;
                slot.link.indexed(decided);
            }
            if segment_done {
                self.keeper.indexed(after.run, decided.segment);
            }
        }
        let found = slot.found(after.findings, self.board.epoch, after.through, after.chunk.as_deref());
        self.findings.feed(found);
        if let Some((seq, exit)) = after.exit {
            slot.link.tell(RunProgress::ExitPublished { exit, seq });
        }
        if after.drained {
            slot.shelf_run.ended.store(true, Ordering::Release);
            let last_seq = slot.shelf_run.blocks.lock().last_seq();
            // The keeper first: who hears that it is drained may have it forgotten.
            self.keeper.ended(after.run);
            slot.link.tell(RunProgress::Drained { last_seq });
            let key = slot.shelf.key.clone();
            self.slots.remove(&after.run);
            if !self.slots.values().any(|slot| slot.shelf.key == key) {
                self.published_at.remove(&key);
            }
        }
    }

    fn send_notices(&mut self) {
        let now = clock::mono_ns();
        let notices = &self.notices;
        self.notice.retain(|key, notice| {
            let due = now >= notice.at.saturating_add(NOTICE_NS);
            match notice.waiting {
                Some(seq) if due => {
                    notices.advanced(key, seq);
                    *notice = Notice { at: now, waiting: None };
                    true
                }
                Some(_) => true,
                // Forgotten once its pause is over: quiet processes leave nothing behind.
                None => !due,
            }
        });
    }
}

impl Gauges {
    /// Counts what is missing.
    fn note_gaps(&self, lines: &Lines, record: Option<&RecordDraft>) {
        if record.is_none_or(|record| record.levels & HAS_GAPS == 0) {
            return;
        }
        for (_, bytes) in lines.peculiar.iter().filter_map(|peculiar| peculiar.gap) {
            Self::add(&self.lost_places, 1);
            Self::add(&self.lost_bytes, bytes);
            metrics::counter!("brummer_logs_gaps_total").increment(1);
        }
    }
}
