//! The cells that the ring is made of in the real world.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::chunk::Chunk;
use crate::ring::{Guarded, Number, Piece, Platform, Slot, Wake};

/// arc-swap, atomics, parking_lot.
pub(crate) struct Real;

impl Platform for Real {
    type Slot<T: Send + Sync + 'static> = ArcSwap<T>;
    type Number = AtomicU64;
    type Guarded<T: Send + 'static> = Mutex<T>;
}

impl<T: Send + Sync + 'static> Slot<T> for ArcSwap<T> {
    fn new(value: Arc<T>) -> Self {
        Self::new(value)
    }

    fn load(&self) -> Arc<T> {
        self.load_full()
    }

    fn store(&self, value: Arc<T>) {
        Self::store(self, value);
    }
}

impl Number for AtomicU64 {
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    fn load(&self) -> u64 {
        Self::load(self, Ordering::SeqCst)
    }

    fn store(&self, value: u64) {
        Self::store(self, value, Ordering::SeqCst);
    }
}

impl<T: Send + 'static> Guarded<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.lock())
    }
}

/// A follower that waits. A wake-up that comes before it waits is kept.
impl Wake for Arc<Notify> {
    fn wake(self) {
        self.notify_one();
    }
}

impl Piece for Chunk {
    fn lines(&self) -> usize {
        self.len()
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }

    fn last_seq(&self) -> u64 {
        self.last_seq()
    }

    fn joins(&self, other: &Self) -> bool {
        self.run == other.run
    }

    fn join(pieces: &[Arc<Self>]) -> Option<Self> {
        Self::join(pieces)
    }
}
