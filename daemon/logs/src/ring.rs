//! The newest lines of one process, published by pointer swap: publish, seal, evict, arm.
//!
//! One writer, any number of readers, no lock between them. A reader loads a [`View`] and has it for as long
//! as it likes. What waits is woken once and arms again. The logic is generic over the cells it is made of
//! ([`Platform`]), so that the interleaving checker runs this very file (`ring/tests.rs`).
//!
//! **Waking.** The writer publishes, then raises the number that says how far everything is published, then
//! looks whether anyone is armed. A reader arms, then looks at that number again. All four are sequentially
//! consistent, so at least one of the two sees the other.

use std::sync::Arc;

/// A tail is sealed at so many pieces, lines or bytes.
const TAIL_PIECES: usize = 64;
const SEAL_LINES: usize = 1024;
const SEAL_BYTES: usize = 128 * 1024;

/// The cells that the ring is made of.
pub(crate) trait Platform: 'static {
    type Slot<T: Send + Sync + 'static>: Slot<T>;
    type Number: Number;
    type Guarded<T: Send + 'static>: Guarded<T>;
}

/// A pointer that is swapped as a whole.
pub(crate) trait Slot<T>: Send + Sync {
    fn new(value: Arc<T>) -> Self;
    fn load(&self) -> Arc<T>;
    fn store(&self, value: Arc<T>);
}

/// A sequentially consistent number.
pub(crate) trait Number: Send + Sync {
    fn new(value: u64) -> Self;
    fn load(&self) -> u64;
    fn store(&self, value: u64);
}

/// A value behind a leaf lock.
pub(crate) trait Guarded<T>: Send + Sync {
    fn new(value: T) -> Self;
    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R;
}

/// Consecutive lines of a run, numbered.
pub(crate) trait Piece: Send + Sync + Sized + 'static {
    fn lines(&self) -> usize;
    fn bytes(&self) -> usize;
    fn last_seq(&self) -> u64;
    /// True if both can be in one piece.
    fn joins(&self, other: &Self) -> bool;
    /// One piece of several; `None` keeps them apart.
    fn join(pieces: &[Arc<Self>]) -> Option<Self>;
}

/// Something to be woken.
pub(crate) trait Wake: Send + 'static {
    fn wake(self);
}

/// How much of a process stays in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub lines: usize,
    pub bytes: usize,
}

/// What a reader sees of a process.
#[derive(Debug)]
pub(crate) struct View<C> {
    sealed: Arc<Vec<Arc<C>>>,
    tail: Vec<Arc<C>>,
    /// Lines of the process through this number are not here.
    pub floor: u64,
    pub lines: usize,
    pub bytes: usize,
}

impl<C> View<C> {
    /// All pieces, oldest first.
    pub(crate) fn pieces(&self) -> impl DoubleEndedIterator<Item = &Arc<C>> + Clone {
        self.sealed.iter().chain(&self.tail)
    }
}

/// The ring of one process.
pub(crate) struct Ring<P: Platform, C: Piece, W: Wake> {
    view: P::Slot<View<C>>,
    /// The newest line.
    newest: P::Number,
    /// How many wait.
    armed: P::Number,
    waiting: P::Guarded<Vec<(u64, W)>>,
}

impl<P: Platform, C: Piece, W: Wake> Ring<P, C, W> {
    /// An empty ring; lines through `floor` exist only elsewhere.
    pub(crate) fn new(floor: u64) -> Self {
        let view = View { sealed: Arc::default(), tail: Vec::new(), floor, lines: 0, bytes: 0 };
        Self {
            view: P::Slot::new(Arc::new(view)),
            newest: P::Number::new(floor),
            armed: P::Number::new(0),
            waiting: P::Guarded::new(Vec::new()),
        }
    }

    pub(crate) fn view(&self) -> Arc<View<C>> {
        self.view.load()
    }

    pub(crate) fn newest(&self) -> u64 {
        self.newest.load()
    }

    /// Adds pieces behind all others and evicts what is beyond the bounds. Only the writer calls it.
    pub(crate) fn publish(&self, pieces: impl IntoIterator<Item = Arc<C>>, bounds: Bounds) {
        let old = self.view.load();
        let mut new = View {
            sealed: old.sealed.clone(),
            tail: Vec::with_capacity(old.tail.len() + 1),
            floor: old.floor,
            lines: old.lines,
            bytes: old.bytes,
        };
        new.tail.extend(old.tail.iter().cloned());
        for piece in pieces {
            new.lines += piece.lines();
            new.bytes += piece.bytes();
            new.tail.push(piece);
        }
        let newest = new.tail.last().map_or(old.floor, |piece| piece.last_seq());
        new.seal_if_due();
        while new.lines > bounds.lines || new.bytes > bounds.bytes {
            if !new.evict_oldest() {
                break;
            }
        }
        self.view.store(Arc::new(new));
        if newest > self.newest.load() {
            self.newest.store(newest);
        }
    }

    /// Gives the oldest piece up; false if nothing is left. Only the writer calls it.
    pub(crate) fn evict(&self) -> bool {
        let old = self.view.load();
        let mut new = View {
            sealed: old.sealed.clone(),
            tail: old.tail.clone(),
            floor: old.floor,
            lines: old.lines,
            bytes: old.bytes,
        };
        let evicted = new.evict_oldest();
        if evicted {
            self.view.store(Arc::new(new));
        }
        evicted
    }

    /// Wakes everyone who is armed. The writer calls it once what it published may be read.
    pub(crate) fn wake(&self) {
        if self.armed.load() == 0 {
            return;
        }
        let woken = self.waiting.with(|waiting| {
            self.armed.store(0);
            std::mem::take(waiting)
        });
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Wakes `waker` once, at the next publication. Look for lines again after this and before waiting.
    pub(crate) fn arm(&self, id: u64, waker: W) {
        self.waiting.with(|waiting| {
            if !waiting.iter().any(|(other, _)| *other == id) {
                waiting.push((id, waker));
            }
            self.armed.store(waiting.len() as u64);
        });
    }

    /// Forgets the waker of `id`.
    pub(crate) fn disarm(&self, id: u64) {
        self.waiting.with(|waiting| {
            waiting.retain(|(other, _)| *other != id);
            self.armed.store(waiting.len() as u64);
        });
    }
}

impl<C: Piece> View<C> {
    fn seal_if_due(&mut self) {
        let lines: usize = self.tail.iter().map(|piece| piece.lines()).sum();
        let bytes: usize = self.tail.iter().map(|piece| piece.bytes()).sum();
        if self.tail.len() > TAIL_PIECES || lines >= SEAL_LINES || bytes >= SEAL_BYTES {
            self.seal();
        }
    }

    /// Joins the tail into large pieces. One that is large already stays as it is.
    fn seal(&mut self) {
        let mut sealed = Vec::with_capacity(self.sealed.len() + 1);
        sealed.extend(self.sealed.iter().cloned());
        let mut rest = self.tail.as_slice();
        while let Some(first) = rest.first() {
            let (mut lines, mut bytes) = (0, 0);
            let count = rest
                .iter()
                .take_while(|piece| {
                    let fits = first.joins(piece) && lines < SEAL_LINES && bytes < SEAL_BYTES;
                    lines += piece.lines();
                    bytes += piece.bytes();
                    fits
                })
                .count()
                .max(1);
            let (group, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            match if group.len() > 1 { C::join(group) } else { None } {
                Some(joined) => {
                    let before: usize = group.iter().map(|piece| piece.bytes()).sum();
                    self.bytes = self.bytes - before.min(self.bytes) + joined.bytes();
                    sealed.push(Arc::new(joined));
                }
                None => sealed.extend(group.iter().cloned()),
            }
            rest = others;
        }
        self.sealed = Arc::new(sealed);
        self.tail = Vec::new();
    }

    fn evict_oldest(&mut self) -> bool {
        if self.sealed.is_empty() {
            if self.tail.is_empty() {
                return false;
            }
            self.seal();
        }
        let Some((oldest, rest)) = self.sealed.split_first() else { return false };
        self.floor = oldest.last_seq();
        self.lines = self.lines.saturating_sub(oldest.lines());
        self.bytes = self.bytes.saturating_sub(oldest.bytes());
        self.sealed = Arc::new(rest.to_vec());
        true
    }
}

#[cfg(test)]
pub(crate) mod tests;
