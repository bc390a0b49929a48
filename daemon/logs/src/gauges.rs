//! Figures that several rooms add to and anyone may read.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

#[derive(Debug, Default)]
pub(crate) struct Gauges {
    pub ring_bytes: AtomicU64,
    pub capture_bytes: AtomicU64,
    pub index_bytes: AtomicU64,
    /// Places where output was lost, and bytes lost there.
    pub lost_places: AtomicU64,
    pub lost_bytes: AtomicU64,
    pub index_stuck: AtomicBool,
    pub low_disk: AtomicBool,
    pub totals_full: AtomicBool,
}

impl Gauges {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn subtract(counter: &AtomicU64, count: u64) {
        // Never below zero, even if a file grew behind our back.
        let _previous = counter
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |value| Some(value.saturating_sub(count)));
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
