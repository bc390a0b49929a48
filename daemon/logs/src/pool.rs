//! Buffers that go round: an ingest thread fills them, the ring keeps them, and whoever lets go of the last line
//! in one puts it back. Fresh memory of this size costs a page fault every 4 KiB, as much as the lines in it.
//!
//! Bound: [`KEPT`] buffers of [`MOST_BYTES`] wait here; the oldest is freed for what comes beyond. Small buffers
//! are left to the allocator.

use std::ops::Deref;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::chunk::{LineMeta, Lines};

/// Buffers that wait for use.
const KEPT: usize = 8;
/// Smaller buffers do not come here.
const LEAST_BYTES: usize = 32 * 1024;
const MOST_BYTES: usize = 1024 * 1024;

/// Buffers of one kind.
#[derive(Debug)]
pub(crate) struct Pool<T> {
    free: Mutex<Vec<Vec<T>>>,
}

impl<T> Pool<T> {
    fn new() -> Self {
        Self { free: Mutex::new(Vec::with_capacity(KEPT)) }
    }

    /// An empty buffer for about `count` elements. At most an eighth of it is too much.
    fn take(&self, count: usize) -> Vec<T> {
        if count * size_of::<T>() < LEAST_BYTES {
            return Vec::with_capacity(count);
        }
        // In steps, so that what one turn needed fits the next one too.
        let step = count.next_power_of_two() / 32;
        let least = count.next_multiple_of(step);
        let fits = least..=least + step;
        let mut free = self.free.lock();
        // The one that came last is the one that a cache may still hold.
        let found = free.iter().rposition(|buffer| fits.contains(&buffer.capacity()));
        let found = found.map(|at| free.remove(at));
        drop(free);
        found.unwrap_or_else(|| Vec::with_capacity(least))
    }

    fn give(&self, mut buffer: Vec<T>) {
        let bytes = buffer.capacity() * size_of::<T>();
        if !(LEAST_BYTES..=MOST_BYTES).contains(&bytes) {
            return;
        }
        buffer.clear();
        let mut free = self.free.lock();
        let beyond = if free.len() >= KEPT { Some(free.remove(0)) } else { None };
        free.push(buffer);
        drop(free);
        drop(beyond);
    }
}

/// A buffer that goes back to its pool when nobody needs it any more.
#[derive(Debug)]
pub(crate) struct Pooled<T> {
    buffer: Vec<T>,
    pool: Option<Arc<Pool<T>>>,
}

impl<T> Pooled<T> {
    pub(crate) fn new(buffer: Vec<T>, pool: Option<Arc<Pool<T>>>) -> Self {
        Self { buffer, pool }
    }
}

impl<T> Drop for Pooled<T> {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.give(std::mem::take(&mut self.buffer));
        }
    }
}

impl<T> Deref for Pooled<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.buffer
    }
}

impl<T> AsRef<[T]> for Pooled<T> {
    fn as_ref(&self) -> &[T] {
        &self.buffer
    }
}

/// What the lines of a turn are made of.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    pub text: Arc<Pool<u8>>,
    pub metas: Arc<Pool<LineMeta>>,
}

impl Pools {
    pub(crate) fn new() -> Self {
        Self { text: Arc::new(Pool::new()), metas: Arc::new(Pool::new()) }
    }

    /// Room for about so many bytes and lines.
    pub(crate) fn lines(&self, (bytes, lines): (usize, usize)) -> Lines {
        Lines {
            text: self.text.take(bytes),
            metas: self.metas.take(lines),
            peculiar: Vec::new(),
            pools: Some(self.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_once_its_last_reader_is_gone() {
        let pool = Arc::new(Pool::<u8>::new());
        let mut buffer = pool.take(100_000);
        buffer.extend_from_slice(&[7; 90_000]);
        let place = buffer.as_ptr();
        let all = bytes::Bytes::from_owner(Pooled::new(buffer, Some(pool.clone())));
        let part = all.slice(10..20);
        drop(all);
        assert_eq!(pool.free.lock().len(), 0, "a line of it is still read");
        assert_eq!(part[..], [7; 10]);
        drop(part);
        let again = pool.take(98_000);
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
    }

    #[test]
    fn what_waits_is_bounded_and_fits() {
        let pool = Arc::new(Pool::<u8>::new());
        for _ in 0..3 * KEPT {
            drop(Pooled::new(Vec::with_capacity(LEAST_BYTES), Some(pool.clone())));
        }
        assert_eq!(pool.free.lock().len(), KEPT);
        assert!(pool.take(LEAST_BYTES * 2).capacity() >= LEAST_BYTES * 2, "none that is too small");
        drop(Pooled::new(Vec::<u8>::with_capacity(MOST_BYTES + 1), Some(pool.clone())));
        drop(Pooled::new(Vec::<u8>::with_capacity(100), Some(pool.clone())));
        assert!(
            pool.free.lock().iter().all(|buffer| buffer.capacity() == LEAST_BYTES),
            "none of another size"
        );
        assert_eq!(pool.free.lock().len(), KEPT);
    }
}
