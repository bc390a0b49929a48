//! The owner of one process: a task that holds its state machine, its living run and its wishes.
//!
//! It hears, one thing at a time: wishes (merged while they wait, the newest wins, all callers get its answer),
//! what the link to the shim says, timers, changes of its dependencies. Each is one method; the loop only
//! dispatches. What may take long is never awaited in a turn (dependencies, places among the starts, ends,
//! stops); what is awaited is short: the database, and bringing a run to its shim.
//!
//! **When full**: its mailbox holds 64 asks, then callers wait. **When stopping**: it lets go when the daemon
//! leaves; the run goes on in its shim.

mod effects;
mod ends;
mod form;
mod news;
mod ready;
mod recover;
mod run;
mod show;
mod wish;

use std::collections::VecDeque;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use brummer_capture::{Holder, ProcId};
use brummer_event::spec::{ClientContext, ProcessSpec};
use brummer_event::{Exit, ProcessKey, RunId, WallNs};
use brummer_scope::Task;
use brummer_store::processes::CommandRow;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::cell::Cell;
use crate::link::News;
use crate::needs::Watching;
use crate::record::NextStart;
use crate::registry::Handle;
use crate::restart::History;
use crate::shared::Shared;
use crate::state::{Input, Need, Phase, State, Transition};
use crate::{ProcessError, ProcessView};

pub(crate) use recover::{Memory, RecoveredRun};
pub(crate) use wish::{Verb, Wish};

use run::Run;
use wish::Waiter;

/// Asks that wait; callers wait when it is full.
const MAILBOX: usize = 64;

/// What a process is made of.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) spec: Arc<ProcessSpec>,
    pub(crate) project_dir: Arc<Path>,
    /// Place among the declared ones.
    pub(crate) declared: Option<u32>,
}

/// What an actor can be asked.
#[derive(Debug)]
pub(crate) enum Ask {
    Wish(Box<Wish>),
    /// Another form, from the next start on. Answered once it is shown, with whether that start has begun.
    Form(Form, oneshot::Sender<bool>),
    Read(oneshot::Sender<Arc<ProcessView>>),
    /// Answered once nothing of an ended run lives any more, or it is known what does.
    Emptied(oneshot::Sender<()>),
    /// End, if nothing of it lives.
    Retire(oneshot::Sender<Result<(), ProcessError>>),
    /// What an earlier daemon knew. Answered once it is known how things stand now.
    Recover(Box<Memory>, oneshot::Sender<()>),
    /// Whatever is there of it is killed at once.
    Hasten,
}

/// Why the next run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Start,
    Restart,
    /// Its configuration changed.
    Changed,
    Policy {
        attempt: u32,
    },
    /// An earlier daemon had begun it.
    Resume,
}

/// What outlived a shim that died.
#[derive(Debug)]
struct Orphans {
    run: RunId,
    holder: Option<Holder>,
    pids: Vec<ProcId>,
}

/// A future that this actor waits for among other things.
type Awaited<T> = Option<Pin<Box<dyn Future<Output = T> + Send>>>;

pub(crate) struct Actor {
    shared: Arc<Shared>,
    key: ProcessKey,
    cell: Arc<Cell>,
    asks: mpsc::Receiver<Ask>,

    machine: State,
    form: Form,
    client: Arc<ClientContext>,
    client_origin: String,
    client_unsaved: bool,
    wanted: bool,
    without_dependencies: bool,
    cause: Cause,

    run: Option<Run>,
    newest: Option<RunId>,
    next_run: RunId,
    exit: Option<Exit>,
    first_started_at: Option<WallNs>,
    restarts: u64,
    history: History,
    next_start: Option<NextStart>,
    orphans: Option<Orphans>,

    generation: u64,
    reason: Arc<str>,
    blocked: bool,
    /// Why the intent of the next run could not be written.
    intent_failed: Option<String>,
    /// How a run ended, as (run, record, exit): written down with the next save.
    unsaved_end: Option<(RunId, String, String)>,
    /// Commands that are written down with the next save.
    commands: Vec<CommandRow>,
    waiters: Vec<Waiter>,
    settled: Option<oneshot::Sender<()>>,
    /// How long a stop may take at most, because the daemon is stopping.
    limit: Option<std::time::Duration>,

    timer: Awaited<()>,
    watching: Watching,
    /// The run whose ready check has passed.
    passed: Option<RunId>,
    ready_line: Awaited<Result<(), String>>,
    ready_deadline: Awaited<()>,
    slot: Option<OwnedSemaphorePermit>,
    slot_wait: Awaited<Option<OwnedSemaphorePermit>>,
    sweep: Option<Task<Vec<ProcId>>>,
    orphan_watch: Awaited<()>,
    stop_command: Option<Task<()>>,
    /// Who waits for the last of an ended run to go.
    emptied: Vec<oneshot::Sender<()>>,
    retired: bool,
}

/// What a turn is about.
enum Turn {
    Asks,
    News(Option<News>),
    Timer,
    Look,
    Slot(Option<OwnedSemaphorePermit>),
    Swept(Vec<ProcId>),
    OrphanEnded,
    StopCommandOver,
    ReadyLine(Result<(), String>),
    ReadyOverdue,
    Leave,
}

/// Ends with the awaited future; never where there is none. The future is gone afterwards.
async fn awaited<T>(slot: &mut Awaited<T>) -> T {
    match slot {
        Some(future) => {
            let value = future.await;
            *slot = None;
            value
        }
        None => std::future::pending().await,
    }
}

/// As [`awaited`], for a task; a panicked one answers `otherwise`.
async fn finished<T>(slot: &mut Option<Task<T>>, otherwise: impl FnOnce() -> T) -> T {
    match slot {
        Some(task) => {
            let result = task.await;
            *slot = None;
            result.unwrap_or_else(|_| otherwise())
        }
        None => std::future::pending().await,
    }
}

impl Actor {
    /// Starts the task of a process of which nothing is known yet.
    pub(crate) fn start(shared: Arc<Shared>, key: ProcessKey, form: Form) -> Handle {
        let (sender, asks) = mpsc::channel(MAILBOX);
        let client = Arc::new(shared.config.daemon_context.clone());
        let fresh = ProcessView::fresh(key.clone(), &form);
        let reason = fresh.reason.clone();
        let cell = Arc::new(Cell::new(fresh));
        let actor = Self {
            key: key.clone(),
            cell: cell.clone(),
            asks,
            machine: State::new(),
            form,
            client,
            client_origin: "the daemon's own".to_owned(),
            client_unsaved: false,
            wanted: false,
            without_dependencies: false,
            cause: Cause::Start,
            run: None,
            newest: None,
            next_run: RunId::from_u128(0),
            exit: None,
            first_started_at: None,
            restarts: 0,
            history: History::default(),
            next_start: None,
            orphans: None,
            generation: 1,
            reason,
            blocked: false,
            intent_failed: None,
            unsaved_end: None,
            commands: Vec::new(),
            waiters: Vec::new(),
            settled: None,
            limit: None,
            timer: None,
            watching: Watching::default(),
            passed: None,
            ready_line: None,
            ready_deadline: None,
            slot: None,
            slot_wait: None,
            sweep: None,
            orphan_watch: None,
            stop_command: None,
            emptied: Vec::new(),
            retired: false,
            shared: shared.clone(),
        };
        let token = shared.tracker.token();
        let _detached = shared.scope.spawn("process", async move {
            let _token = token;
            actor.live().await;
        });
        Handle { key, cell, asks: sender }
    }

    async fn live(mut self) {
        let mut inbox = Vec::with_capacity(MAILBOX);
        let leave = self.shared.leave.clone();
        while !self.retired {
            let turn = tokio::select! {
                biased;
                () = leave.cancelled() => Turn::Leave,
                news = run::news(&mut self.run) => Turn::News(news),
                _count = self.asks.recv_many(&mut inbox, MAILBOX) => Turn::Asks,
                () = awaited(&mut self.timer) => Turn::Timer,
                permit = awaited(&mut self.slot_wait) => Turn::Slot(permit),
                () = self.watching.changed() => Turn::Look,
                left = finished(&mut self.sweep, Vec::new) => Turn::Swept(left),
                () = awaited(&mut self.orphan_watch) => Turn::OrphanEnded,
                () = finished(&mut self.stop_command, || ()) => Turn::StopCommandOver,
                found = awaited(&mut self.ready_line) => Turn::ReadyLine(found),
                () = awaited(&mut self.ready_deadline) => Turn::ReadyOverdue,
            };
            match turn {
                Turn::Leave => return,
                // All handles are gone: nobody can ask any more, and the run goes on in its shim.
                Turn::Asks if inbox.is_empty() => return,
                Turn::Asks => self.hear_asks(&mut inbox).await,
                Turn::News(news) => self.hear_news(news).await,
                Turn::Timer => self.timer_fired().await,
                Turn::Slot(permit) => self.slot_granted(permit).await,
                Turn::Look => self.look_again().await,
                Turn::Swept(left) => self.swept(left).await,
                Turn::OrphanEnded => self.orphan_ended().await,
                Turn::StopCommandOver => self.order_stop(),
                Turn::ReadyLine(found) => self.ready_line_found(found).await,
                Turn::ReadyOverdue => self.ready_overdue().await,
            }
            self.settle();
            self.tell_emptied();
        }
    }

    /// The end of a run is told as soon as it is read; its shim, and with it the tree, goes a little later.
    fn tell_emptied(&mut self) {
        let goes = self.machine.tree
            && self.machine.phase.word().is_ended()
            && self.orphans.is_none()
            && self.run.as_ref().is_none_or(|run| run.leftovers().is_empty());
        if !goes {
            for waiting in self.emptied.drain(..) {
                // Who went away does not wait any more.
                let _unheard = waiting.send(());
            }
        }
    }

    async fn hear_asks(&mut self, inbox: &mut Vec<Ask>) {
        let mut wishes = Vec::new();
        for ask in inbox.drain(..) {
            if let Ask::Wish(wish) = ask {
                wishes.push(*wish);
                continue;
            }
            // What came between two wishes stands between them.
            self.grant(std::mem::take(&mut wishes)).await;
            match ask {
                Ask::Wish(_) => {}
                Ask::Form(form, taken) => {
                    let _unheard = taken.send(self.take_form(form).await);
                }
                Ask::Read(reply) => drop(reply.send(self.cell.load())),
                Ask::Emptied(reply) => self.emptied.push(reply),
                Ask::Retire(reply) => drop(reply.send(self.retire())),
                Ask::Recover(memory, settled) => self.recover(*memory, settled).await,
                Ask::Hasten => self.hasten(),
            }
        }
        self.grant(wishes).await;
    }

    fn retire(&mut self) -> Result<(), ProcessError> {
        let key = self.key.clone();
        if self.form.declared.is_some() {
            return Err(ProcessError::Declared { key });
        }
        let state = self.machine.phase.word();
        if !state.is_ended() || self.machine.tree {
            return Err(ProcessError::StillRunning { key, state });
        }
        self.retired = true;
        self.cell.retire();
        Ok(())
    }

    /// Lets an input take effect, and what follows from it, to the end.
    async fn apply(&mut self, input: Input, why: &str) {
        let mut queue = VecDeque::from([input]);
        let mut why = why;
        while let Some(input) = queue.pop_front() {
            // The sentence is about this input; what follows from it has its own.
            let why = std::mem::take(&mut why);
            let Transition { next, effects } = self.machine.on(input);
            let before = std::mem::replace(&mut self.machine, next);
            if before == next && effects.is_empty() {
                continue;
            }
            tracing::trace!(process = %self.key, ?input, ?before, ?next, "transition");
            if next.phase != Phase::Waiting(Need::Unchecked) {
                self.entered(before, why).await;
            }
            for effect in effects {
                self.perform(effect, &mut queue).await;
            }
        }
    }

    /// A phase was entered that others may see: written down, then shown, then acted on.
    async fn entered(&mut self, before: State, why: &str) {
        let phase = self.machine.phase;
        if phase == before.phase {
            self.show();
            return;
        }
        if !why.is_empty() {
            self.reason = why.into();
        }
        match phase {
            Phase::Waiting(Need::Tree) => {
                self.reason = "waits until what its last run left behind is gone".into();
            }
            Phase::Waiting(_) => {}
            _ => self.blocked = false,
        }
        if phase == Phase::Stopped
            && let Some(exit) = &mut self.exit
        {
            exit.reason = brummer_event::ExitReason::Stopped;
        }
        match phase {
            Phase::Starting => self.intend_run().await,
            // What the shim says of a living run needs no memory: the next daemon asks the shim.
            Phase::Checking | Phase::Running | Phase::Paused => {}
            _ => self.save().await,
        }
        self.show();
    }
}
