//! Between the threads that read and the one that numbers: batches, one queue a run, taken in turn.
//!
//! Bound: `buffer_size` lines that are read and not yet numbered. A reader reserves room *before* it reads;
//! when there is none it waits a little and then yields its turn, counted: the bytes stay in their file. A part
//! of the room is kept for runs that woke, whose reader does not wait.
//! Batches of the backlog (bytes older than this daemon) are in one queue, in the order of their time.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use brummer_event::{ProcessKey, RunId};
use parking_lot::{Condvar, Mutex};

use crate::batch::Batch;
use crate::writer::Slot;

/// Most batches of the backlog in one publication.
const BACKLOG_BATCHES: usize = 256;

#[derive(Default)]
struct Queue {
    batches: Vec<Batch>,
}

#[derive(Default)]
struct State {
    opened: Vec<Slot>,
    forgotten: Vec<ProcessKey>,
    queues: HashMap<RunId, Queue>,
    /// Runs with batches; each once.
    order: VecDeque<RunId>,
    backlog: VecDeque<(RunId, Batch)>,
    /// Lines reserved or queued.
    used: usize,
    /// Nothing more will be submitted.
    closing: bool,
}

/// This part of the room is for runs that woke.
const QUICK_SHARE: usize = 8;

/// What the writer is to do next.
pub(crate) enum Work {
    Open(Vec<Slot>),
    /// These processes are off the board.
    Forget(Vec<ProcessKey>),
    /// Batches in the order in which they get their numbers.
    Publish(Vec<(RunId, Batch)>),
    /// The time that was asked for has come.
    Timer,
    /// Everything is done and nothing will come.
    Closed,
}

pub(crate) struct Inbox {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
    capacity: usize,
}

impl Inbox {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State::default()),
            work: Condvar::new(),
            room: Condvar::new(),
            capacity: capacity.max(1),
        }
    }

    /// Lines read and not yet numbered.
    pub(crate) fn used(&self) -> usize {
        self.state.lock().used
    }

    /// Announces a run; its batches come after this.
    pub(crate) fn open(&self, slot: Slot) {
        self.state.lock().opened.push(slot);
        self.work.notify_one();
    }

    /// A process is off the board.
    pub(crate) fn forget(&self, key: ProcessKey) {
        self.state.lock().forgotten.push(key);
        self.work.notify_one();
    }

    /// Room for up to `want` lines of a run that woke, at least one, without waiting.
    pub(crate) fn reserve_now(&self, want: usize) -> Option<usize> {
        let mut state = self.state.lock();
        let granted = want.min(self.capacity.saturating_sub(state.used));
        state.used += granted;
        if granted == 0 {
            metrics::counter!("brummer_logs_quick_refusals_total").increment(1);
            return None;
        }
        Some(granted)
    }

    /// Room for up to `want` lines, at least one; `None` if there was none for so long.
    pub(crate) fn reserve(&self, want: usize, patience: Duration) -> Option<usize> {
        let capacity = (self.capacity - self.capacity / QUICK_SHARE).max(1);
        let want = want.clamp(1, capacity);
        // Turns of a few lines each would cost more than they bring.
        let least = want.min((self.capacity / 8).max(1));
        let mut state = self.state.lock();
        if capacity.saturating_sub(state.used) < least {
            metrics::counter!("brummer_logs_room_waits_total").increment(1);
            let full = self.room.wait_while_for(
                &mut state,
                |state| !state.closing && capacity.saturating_sub(state.used) < least,
                patience,
            );
            if full.timed_out() || state.closing {
                metrics::counter!("brummer_logs_room_timeouts_total").increment(1);
                return None;
            }
        }
        let granted = want.min(capacity - state.used);
        state.used += granted;
        Some(granted)
    }

    /// Hands a batch over, or nothing, and gives back what was reserved and not used.
    pub(crate) fn submit(&self, run: RunId, batch: Option<Batch>, reserved: usize, backlog: bool) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let lines = batch.as_ref().map_or(0, |batch| batch.lines.len());
        state.used = state.used.saturating_sub(reserved) + lines;
        if lines < reserved {
            self.room.notify_all();
        }
        let Some(batch) = batch else { return };
        // The writer knows of a run that is queued already: it waits for that one's tick, or for a reason not to.
        let mut news = backlog || self.is_pressed(state.used);
        if backlog {
            state.backlog.push_back((run, batch));
        } else {
            let queue = state.queues.entry(run).or_default();
            if queue.batches.is_empty() {
                state.order.push_back(run);
                news = true;
            }
            queue.batches.push(batch);
        }
        drop(guard);
        if news {
            self.work.notify_one();
        }
    }

    /// Readers will soon wait for room.
    const fn is_pressed(&self, used: usize) -> bool {
        used >= self.capacity / 2
    }

    /// The next work. `due` says in how many ns a run may be published (zero: now; nobody waits while half of the
    /// buffer is used); `timer` in how many ns the writer wants to be woken anyway. A batch's room is free again as soon
    /// as it is taken.
    pub(crate) fn take(&self, mut due: impl FnMut(RunId) -> u64, timer: impl Fn() -> Option<u64>) -> Work {
        let mut guard = self.state.lock();
        loop {
            let state = &mut *guard;
            if !state.opened.is_empty() {
                return Work::Open(std::mem::take(&mut state.opened));
            }
            if !state.forgotten.is_empty() {
                return Work::Forget(std::mem::take(&mut state.forgotten));
            }
            if !state.backlog.is_empty() {
                let count = state.backlog.len().min(BACKLOG_BATCHES);
                let taken: Vec<_> = state.backlog.drain(..count).collect();
                return self.taken(state, taken);
            }
            let mut soonest = timer();
            let mut ready = None;
            // Nobody waits for a tick while readers soon want for room.
            let pressed = state.closing || self.is_pressed(state.used);
            for (place, run) in state.order.iter().enumerate() {
                let wait = if pressed { 0 } else { due(*run) };
                if wait == 0 {
                    ready = Some((place, *run));
                    break;
                }
                soonest = Some(soonest.map_or(wait, |other| other.min(wait)));
            }
            if let Some((place, run)) = ready {
                state.order.remove(place);
                let queue = state.queues.remove(&run).unwrap_or_default();
                return self.taken(state, queue.batches.into_iter().map(|batch| (run, batch)).collect());
            }
            if state.closing {
                return Work::Closed;
            }
            match soonest {
                None => self.work.wait(&mut guard),
                Some(0) => return Work::Timer,
                Some(wait) => {
                    self.work.wait_for(&mut guard, Duration::from_nanos(wait));
                    if timer() == Some(0) {
                        return Work::Timer;
                    }
                }
            }
        }
    }

    fn taken(&self, state: &mut State, batches: Vec<(RunId, Batch)>) -> Work {
        let lines: usize = batches.iter().map(|(_, batch)| batch.lines.len()).sum();
        state.used = state.used.saturating_sub(lines);
        if lines > 0 {
            self.room.notify_all();
        }
        Work::Publish(batches)
    }

    /// Nothing more will be submitted: what is here is still taken, then [`Work::Closed`].
    pub(crate) fn close(&self) {
        self.state.lock().closing = true;
        self.work.notify_all();
        self.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use brummer_scope::clock;

    use super::*;

    #[test]
    fn a_reader_waits_for_room_as_long_as_it_is_told() {
        for (capacity, patience) in [(1, Duration::ZERO), (8, Duration::from_millis(70))] {
            let inbox = Inbox::new(capacity);
            while inbox.used() < capacity {
                if inbox.reserve(capacity, Duration::ZERO).is_none() {
                    break;
                }
            }
            let before = clock::instant();
            assert_eq!(inbox.reserve(1, patience), None);
            assert!(before.elapsed() >= patience, "{:?}", before.elapsed());
        }
    }

    #[test]
    fn room_that_is_given_back_ends_the_wait() {
        let inbox = Inbox::new(4);
        let all = inbox.reserve(4, Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| inbox.reserve(1, Duration::from_secs(60)));
            inbox.submit(RunId::from_u128(1), None, all, false);
            assert_eq!(waiting.join().unwrap(), Some(1));
        });
    }

    #[test]
    fn runs_that_are_behind_leave_room_for_one_that_woke() {
        let inbox = Inbox::new(800);
        assert_eq!(inbox.reserve(10_000, Duration::ZERO), Some(700));
        assert_eq!(inbox.reserve(100, Duration::ZERO), None, "the rest is not for them");
        assert_eq!(inbox.reserve_now(60), Some(60));
        assert_eq!(inbox.reserve_now(60), Some(40), "what there is");
        assert_eq!(inbox.reserve_now(60), None, "the bound holds for all");
        inbox.submit(RunId::generate(), None, 700, false);
        assert_eq!(inbox.reserve(100, Duration::ZERO), Some(100));
    }

    #[test]
    fn the_smallest_buffer_lets_everybody_through_in_turn() {
        let inbox = Inbox::new(1);
        assert_eq!(inbox.reserve(10, Duration::ZERO), Some(1));
        assert_eq!(inbox.reserve_now(10), None);
        inbox.submit(RunId::generate(), None, 1, false);
        assert_eq!(inbox.reserve_now(10), Some(1));
    }
}
