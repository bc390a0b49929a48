//! What every part of supervision holds: the settings, the handles of other components, the published list.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use brummer_bus::Bus;
use brummer_event::event::ProcessChange;
use brummer_event::{Payload, ProcessKey};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ProcessConfig;
use crate::link::LinkContext;
use crate::reading::RunLogs;
use crate::registry::Handle;
use crate::spawn::Launcher;

/// All known processes. Replaced as a whole by the registry's owner.
pub(crate) type Table = BTreeMap<ProcessKey, Handle>;

pub(crate) struct Shared {
    pub(crate) config: ProcessConfig,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) scope: Scope,
    pub(crate) logs: Arc<dyn RunLogs>,
    pub(crate) launcher: Launcher,
    pub(crate) table: ArcSwap<Table>,
    /// Places among `max_concurrent_starts`.
    pub(crate) slots: Arc<Semaphore>,
    /// Runs with a shim.
    pub(crate) living: Arc<AtomicUsize>,
    /// Nothing new is begun: the daemon is stopping.
    pub(crate) closing: AtomicBool,
    /// A second signal: everything is killed at once.
    pub(crate) hasten: CancellationToken,
    /// The daemon leaves and keeps everything running.
    pub(crate) leave: CancellationToken,
    /// Actors and links, so that leaving can wait for their last word.
    pub(crate) tracker: TaskTracker,
    /// When this daemon began to supervise; ends before that happened while nobody was there.
    pub(crate) opened_mono_ns: u64,
}

impl Shared {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn handle(&self, key: &ProcessKey) -> Option<Handle> {
        self.table.load().get(key).cloned()
    }

    pub(crate) fn link_context(&self) -> LinkContext {
        LinkContext {
            scope: self.scope.clone(),
            store: self.store.clone(),
            logs: self.logs.clone(),
            leave: self.leave.clone(),
        }
    }

    /// A change of state: reaches everybody.
    pub(crate) fn announce(&self, change: ProcessChange) {
        self.bus.publish_state(clock::wall_ns(), Payload::ProcessState(change));
    }

    /// Something besides the state changed. Whoever misses this sees it with the next change.
    pub(crate) fn notice(&self, process: ProcessKey) {
        let _counted = self.bus.try_notice(clock::wall_ns(), Payload::ProcessUpdated { process });
    }

    pub(crate) fn announce_removed(&self, process: ProcessKey) {
        self.bus.publish_state(clock::wall_ns(), Payload::ProcessRemoved { process });
    }
}

/// Counts a run while its shim is there.
#[derive(Debug)]
pub(crate) struct Living(Arc<AtomicUsize>);

impl Living {
    pub(crate) fn new(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("brummer_process_runs").increment(1);
        Self(counter.clone())
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("brummer_process_runs").decrement(1);
    }
}
