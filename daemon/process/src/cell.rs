//! Where one process shows itself: the newest view, read without waiting, and a wake-up for those who wait for
//! the next one. Written by the process's own task alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::ProcessView;

#[derive(Debug)]
pub(crate) struct Cell {
    view: ArcSwap<ProcessView>,
    changed: watch::Sender<u64>,
    /// Its task ended because the process was forgotten.
    retired: AtomicBool,
}

impl Cell {
    pub(crate) fn new(view: ProcessView) -> Self {
        let (changed, _) = watch::channel(view.generation);
        Self { view: ArcSwap::from_pointee(view), changed, retired: AtomicBool::new(false) }
    }

    pub(crate) fn load(&self) -> Arc<ProcessView> {
        self.view.load_full()
    }

    /// Wakes at every later view. Subscribe first, then load: then nothing is missed.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    pub(crate) fn store(&self, view: ProcessView) -> Arc<ProcessView> {
        let generation = view.generation;
        let view = Arc::new(view);
        self.view.store(view.clone());
        self.changed.send_replace(generation);
        view
    }
}
