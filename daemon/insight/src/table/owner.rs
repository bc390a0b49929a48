//! The task that owns the state: apply, publish, keep, tell, in this order.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brummer_bus::Bus;
use brummer_event::{ProcessKey, WallNs};
use brummer_scope::clock;
use brummer_store::Store;
use brummer_store::insight::Derived;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::table::effects::Effects;
use crate::table::state::State;
use crate::table::{Found, Shared};

/// Most commands that become one snapshot and one transaction.
const TURN: usize = 64;
/// How long "derived through" may stay behind lines without findings.
const KEEP_AFTER: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) enum Command {
    Found(Box<Found>),
    Ended(ProcessKey),
    Forget(ProcessKey, oneshot::Sender<usize>),
    ForgetProject(Arc<str>, oneshot::Sender<usize>),
    Clear(Arc<str>, oneshot::Sender<usize>),
    End(oneshot::Sender<usize>),
}

pub(crate) struct Owner {
    state: State,
    store: Store,
    bus: Bus,
    shared: Arc<Shared>,
    /// As the database has it.
    kept: Derived,
    /// Through which line everything that came by the queue is applied.
    applied: Derived,
    /// Who asked for the end, to be answered when all is kept.
    ends: Vec<oneshot::Sender<usize>>,
}

impl Owner {
    pub(crate) fn new(state: State, store: Store, bus: Bus, shared: Arc<Shared>, kept: Derived) -> Self {
        Self { state, store, bus, shared, kept, applied: kept, ends: Vec::new() }
    }

    /// Runs until cancelled or asked to end, then takes what is queued and ends.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Command>, stop: CancellationToken) {
        let mut turn = Vec::with_capacity(TURN);
        // Armed only while "derived through" is behind: an idle daemon has no timer here.
        let mut keep_at: Option<Instant> = None;
        loop {
            let timer = async {
                match keep_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                taken = queue.recv_many(&mut turn, TURN) => {
                    if taken == 0 {
                        break;
                    }
                    self.turn(&mut turn, &queue).await;
                    if !self.ends.is_empty() {
                        // What is queued by now still comes; nothing new does.
                        queue.close();
                    }
                }
                () = stop.cancelled(), if !queue.is_closed() => queue.close(),
                () = timer => {
                    keep_at = None;
                    self.keep(Effects::default(), &queue).await;
                }
                () = self.shared.wake.notified(), if keep_at.is_none() => {
                    keep_at = Some(Instant::now() + KEEP_AFTER);
                }
            }
        }
        self.keep(Effects::default(), &queue).await;
        for answer in self.ends.drain(..) {
            let _gone = answer.send(0);
        }
    }

    async fn turn(&mut self, turn: &mut Vec<Command>, queue: &mpsc::Receiver<Command>) {
        let mut effects = Effects::default();
        let mut answers = Vec::new();
        for command in turn.drain(..) {
            match command {
                Command::Found(found) => {
                    self.applied = Derived { epoch: found.epoch, through: found.through };
                    self.state.found(*found, &mut effects);
                }
                Command::Ended(key) => self.state.ended(&key, &mut effects),
                Command::Forget(key, answer) => {
                    let count = self.state.forget(&key.project, Some(&key.name), &mut effects);
                    answers.push((answer, count));
                }
                Command::ForgetProject(project, answer) => {
                    answers.push((answer, self.state.forget(&project, None, &mut effects)));
                }
                Command::Clear(project, answer) => {
                    answers.push((answer, self.state.clear(&project, None, &mut effects)));
                }
                Command::End(answer) => self.ends.push(answer),
            }
        }
        self.publish(&effects);
        self.keep(effects, queue).await;
        for (answer, count) in answers {
            // Who asked may have gone; it is done all the same.
            let _gone = answer.send(count);
        }
    }

    fn publish(&self, effects: &Effects) {
        if effects.projects.is_empty() {
            return;
        }
        let mut snapshot = (**self.shared.snapshot.load()).clone();
        for project in &effects.projects {
            match self.state.view(project) {
                Some(view) => snapshot.projects.insert(project.clone(), view),
                None => snapshot.projects.remove(project),
            };
        }
        self.shared.snapshot.store(Arc::new(snapshot));
        if effects.evicted > 0 {
            metrics::counter!("brummer_insight_evicted_total").increment(effects.evicted);
        }
    }

    /// Commits what changed with how far it reaches, then tells the bus.
    async fn keep(&mut self, effects: Effects, queue: &mpsc::Receiver<Command>) {
        let mut changes = self.state.changes(&effects);
        let derived = self.derived(queue);
        changes.derived = (derived != self.kept).then_some(derived);
        if !changes.is_empty() {
            let result = self.store.call(move |c| brummer_store::insight::apply(c, &changes)).await;
            match result {
                Ok(()) => self.kept = derived,
                Err(error) => {
                    // The lines are still there: a restart derives from the last kept number on.
                    metrics::counter!("brummer_insight_keep_failures_total").increment(1);
                    tracing::error!(%error, "errors and URLs found are shown but were not kept");
                }
            }
        }
        if effects.is_empty() {
            return;
        }
        let time: WallNs = clock::wall_ns();
        for notice in self.state.notices(effects) {
            // A refused notice is counted by the bus; the snapshot has what it would have told.
            let _refused = self.bus.publish(time, notice).await;
        }
    }

    /// Through which line everything is applied. `fed` counts only if nothing that was fed before it still
    /// waits: `feed` queues first and moves the number after.
    fn derived(&self, queue: &mpsc::Receiver<Command>) -> Derived {
        self.shared.moved.store(false, Ordering::SeqCst);
        let epoch = self.shared.epoch.load(Ordering::SeqCst);
        let through = self.shared.fed.load(Ordering::SeqCst);
        if queue.is_empty() { Derived { epoch, through } } else { self.applied }
    }
}
