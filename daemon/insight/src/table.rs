//! The one owner of incidents and endpoints.
//!
//! Found things come in batches over a bounded queue ([`Insight::feed`], from the log engine's writer);
//! the owner task applies them ([`state::State`], pure), publishes a snapshot, commits them together with
//! "derived through seq", and tells the bus last: an event is never about something that a crash could
//! forget. Reads ([`Insight::incidents`]…) go to the snapshot and never wait.
//!
//! **When full** the writer waits in `feed`, counted (`brummer_insight_feed_waits_total`); the lines wait in
//! their files. Per project 500 incidents and 100 endpoints are kept; the one seen longest ago goes first,
//! counted. **When stopping** what is queued is still applied and committed; what comes later is not taken,
//! and `derived_through` makes the next start derive it.

mod effects;
mod owner;
mod project;
mod record;
mod state;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use brummer_bus::Bus;
use brummer_event::{LineSeq, ProcessKey, RunId};
use brummer_scope::Scope;
use brummer_store::{Store, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::{FoundUrl, IncidentDraft};

pub use view::{Endpoint, Incident, LookupError};

/// Batches with findings that wait for the owner; the writer waits when it is full.
const QUEUE: usize = 256;

/// What was found in consecutive lines of one run.
#[derive(Debug)]
pub struct Found {
    pub key: ProcessKey,
    pub run: RunId,
    /// Epoch of the line numbers.
    pub epoch: u64,
    /// Each with the number of its line.
    pub urls: Vec<(LineSeq, FoundUrl)>,
    /// Each with the number of the first line of the newest occurrence ([`IncidentDraft::line`]).
    pub incidents: Vec<(LineSeq, IncidentDraft)>,
    /// Everything through this line, of all runs, has been looked at and fed.
    pub through: LineSeq,
}

/// Handle of the incident table. Cheap to clone.
#[derive(Clone)]
pub struct Insight {
    shared: Arc<Shared>,
    commands: mpsc::Sender<owner::Command>,
}

struct Shared {
    snapshot: ArcSwap<view::Snapshot>,
    /// What was derived when the daemon started, as it was read.
    kept_epoch: u64,
    kept_through: LineSeq,
    /// Through which line the writer has fed. Written by the one caller of `feed` only.
    epoch: AtomicU64,
    fed: AtomicU64,
    /// `fed` moved since the owner last looked.
    moved: AtomicBool,
    wake: Notify,
}

impl Insight {
    /// Reads what is kept and starts the owner, which ends with `scope`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open(store: &Store, bus: &Bus, scope: &Scope) -> Result<Self, StoreError> {
        let kept = store.call(brummer_store::insight::load).await?;
        let derived = kept.derived.unwrap_or(brummer_store::insight::Derived { epoch: 0, through: 0 });
        let state = state::State::restore(&kept);
        let (commands, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            snapshot: ArcSwap::from_pointee(state.snapshot()),
            kept_epoch: derived.epoch,
            kept_through: derived.through,
            epoch: AtomicU64::new(derived.epoch),
            fed: AtomicU64::new(derived.through),
            moved: AtomicBool::new(false),
            wake: Notify::new(),
        });
        let owner = owner::Owner::new(state, store.clone(), bus.clone(), shared.clone(), derived);
        let token = scope.token().clone();
        let _owner = scope.spawn("insight", owner.run(queue, token));
        Ok(Self { shared, commands })
    }

    /// Takes what was found. Call it from *one* thread (never a task), in the order of line numbers, also
    /// for batches without findings: that costs two atomic writes. Blocks while the queue is full.
    pub fn feed(&self, found: Found) {
        let (epoch, through) = (found.epoch, found.through);
        if !found.urls.is_empty() || !found.incidents.is_empty() {
            let command = owner::Command::Found(Box::new(found));
            let sent = match self.commands.try_send(command) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Full(command)) => {
                    metrics::counter!("brummer_insight_feed_waits_total").increment(1);
                    self.commands.blocking_send(command).is_ok()
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            };
            if !sent {
                // The owner has ended: what is not taken is derived again by the next start.
                return;
            }
        }
        self.shared.epoch.store(epoch, Ordering::SeqCst);
        self.shared.fed.store(through, Ordering::SeqCst);
        if !self.shared.moved.swap(true, Ordering::SeqCst) {
            self.shared.wake.notify_one();
        }
    }

    /// Lines of `epoch` through this one were derived, effects included, before this daemon started. Lines
    /// up to it prime the classifiers; lines beyond it are to be fed.
    pub fn derived_through(&self, epoch: u64) -> LineSeq {
        if epoch == self.shared.kept_epoch { self.shared.kept_through } else { 0 }
    }

    /// Incidents of a project, last seen first.
    pub fn incidents(&self, project: &str) -> Arc<[Arc<Incident>]> {
        self.shared.snapshot.load().incidents(project)
    }

    /// Endpoints of a project, by process, then in the order they were found.
    pub fn endpoints(&self, project: &str) -> Arc<[Arc<Endpoint>]> {
        self.shared.snapshot.load().endpoints(project)
    }

    /// The incident whose id begins with `prefix`, in one project or in all.
    ///
    /// # Errors
    /// None does, or several do.
    pub fn incident_by_prefix(
        &self,
        project: Option<&str>,
        prefix: &str,
    ) -> Result<Arc<Incident>, LookupError> {
        self.shared.snapshot.load().by_prefix(project, prefix)
    }

    /// Marks the endpoints of a process as gone. Waits for the owner, not for the database.
    pub async fn process_ended(&self, key: &ProcessKey) {
        // A closed queue: the daemon stops, and its next start asks again for every process that ended.
        let _stopping = self.commands.send(owner::Command::Ended(key.clone())).await;
    }

    /// Forgets incidents and endpoints of a process; answers when that is kept.
    pub async fn forget(&self, key: &ProcessKey) {
        self.ask(|answer| owner::Command::Forget(key.clone(), answer)).await;
    }

    /// Forgets incidents and endpoints of a project; answers when that is kept.
    pub async fn forget_project(&self, project: &str) {
        self.ask(|answer| owner::Command::ForgetProject(project.into(), answer)).await;
    }

    /// Clears the incidents of a project; answers how many there were, when that is kept.
    pub async fn clear(&self, project: &str) -> usize {
        self.ask(|answer| owner::Command::Clear(project.into(), answer)).await
    }

    /// Takes what is queued, keeps it with "derived through", and ends the owner. For the ordered drain:
    /// after the log engine fed its last, before the database ends. (A cancelled scope ends the owner as
    /// well, but then the database may be gone first, and the next start derives a little again.)
    pub async fn end(&self) {
        self.ask(owner::Command::End).await;
    }

    async fn ask(&self, command: impl FnOnce(oneshot::Sender<usize>) -> owner::Command) -> usize {
        let (answer, result) = oneshot::channel();
        if self.commands.send(command(answer)).await.is_err() {
            return 0;
        }
        result.await.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
