//! The connection to the shim of one run: a task that speaks for the daemon as long as the run is not closed.
//!
//! Up: what the shim says, what the log engine says about the run, and last that the shim is gone, go to the
//! actor in one bounded channel. Down: the actor's orders are a *state* (the newest stop plan), told anew on
//! every connection, so none can be lost or queue up; the log engine's orders come by a bounded channel that
//! waits while the shim does not read.
//!
//! When the connection ends the task finds out why: the lock `alive` has fallen (the shim is gone: `exit.json`
//! is its last word), or it has not, and `ctl.sock` is tried until one of both is true. When the daemon leaves
//! it says Bye and lets go.

mod process;
mod reach;
mod talk;

use std::sync::Arc;

use brummer_capture::meta::{Cookie, StopPlan};
use brummer_capture::protocol::Up;
use brummer_capture::{ExitRecord, ProcId, RunDir};
use brummer_event::spec::LogBounds;
use brummer_event::{ProcessKey, RunId};
use brummer_scope::Scope;
use brummer_store::{Store, processes};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::reading::{RunLogs, RunProgress, RunToRead, ShimOrder};
use crate::spawn::Launched;
use process::ShimProcess;
pub(crate) use process::one_ended;

/// Messages for the actor that wait; the link waits when it is full.
const NEWS: usize = 64;
/// Orders of the log engine that wait; it keeps the newest of a kind when it is full.
const ORDERS: usize = 16;
/// Progress that waits; the log engine waits with it, holding nobody else up.
const PROGRESS: usize = 16;

/// What the actor hears about a run.
#[derive(Debug)]
pub(crate) enum News {
    Connected {
        shim: ProcId,
        child: Option<ProcId>,
    },
    /// Started, StartFailed, State, Tree, Exit.
    Said(Up),
    Progress(RunProgress),
    /// Nothing more will be read of the run.
    ReadingEnded,
    Gone(Gone),
}

/// The shim is gone.
#[derive(Debug)]
pub(crate) struct Gone {
    /// Its last word; `None`: it died.
    pub(crate) exit: Option<Box<ExitRecord>>,
    /// It had begun: who held the run is written down.
    pub(crate) holder: Option<brummer_capture::Holder>,
    /// Of this boot.
    pub(crate) same_boot: bool,
}

/// What the actor wants of the shim.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Orders {
    /// With a number that grows, so that a second plan is told too.
    pub(crate) stop: Option<(u32, StopPlan)>,
}

/// The actor's end of a link.
#[derive(Debug)]
pub(crate) struct LinkEnd {
    pub(crate) news: mpsc::Receiver<News>,
    orders: watch::Sender<Orders>,
}

impl LinkEnd {
    /// Tells the shim to stop, now and on every later connection. A later plan can only make it faster.
    pub(crate) fn stop(&self, plan: StopPlan) {
        self.orders.send_modify(|orders| {
            let number = orders.stop.map_or(0, |(number, _)| number);
            orders.stop = Some((number.wrapping_add(1), plan));
        });
    }
}

/// What a link works with.
#[derive(Clone)]
pub(crate) struct LinkContext {
    pub(crate) scope: Scope,
    pub(crate) store: Store,
    pub(crate) logs: Arc<dyn RunLogs>,
    /// The daemon leaves.
    pub(crate) leave: CancellationToken,
}

/// The run that a link is for.
#[derive(Debug)]
pub(crate) struct LinkedRun {
    pub(crate) key: ProcessKey,
    pub(crate) run: RunId,
    pub(crate) dir: RunDir,
    pub(crate) project_dir: std::path::PathBuf,
    pub(crate) bounds: LogBounds,
    /// `None`: read from `meta.json` when the shim is reached.
    pub(crate) cookie: Option<Cookie>,
    /// False: nothing of it can live any more.
    pub(crate) same_boot: bool,
}

pub(crate) struct Link {
    context: LinkContext,
    run: LinkedRun,
    shim: ShimProcess,
    news: mpsc::Sender<News>,
    orders: watch::Receiver<Orders>,
    to_shim: mpsc::Receiver<ShimOrder>,
    progress: mpsc::Receiver<RunProgress>,
    attach: Option<(mpsc::Sender<ShimOrder>, mpsc::Sender<RunProgress>)>,
    /// The shim was only just started and was not spoken to yet.
    fresh: bool,
    /// The reader has said its last word, or never began.
    reading_over: bool,
}

/// How a conversation with the shim ended.
enum Parted {
    Closed,
    /// The daemon leaves, or nobody is interested any more.
    Left,
}

/// What was found behind a closed connection.
enum Found {
    Shim(UnixStream),
    Gone(Gone),
    Left,
}

/// Starts the task. `launched`: a shim that was just started; without, it is looked for in the directory.
pub(crate) fn start(
    context: LinkContext,
    run: LinkedRun,
    launched: Option<Launched>,
    token: TaskTrackerToken,
) -> LinkEnd {
    let (news, heard) = mpsc::channel(NEWS);
    let (order, orders) = watch::channel(Orders::default());
    let (shim_sender, to_shim) = mpsc::channel(ORDERS);
    let (progress_sender, progress) = mpsc::channel(PROGRESS);
    let fresh = launched.is_some();
    let (socket, shim) = match launched {
        Some(launched) => (Some(launched.socket), ShimProcess::of_child(launched.child, launched.shim)),
        None => (None, ShimProcess::unknown()),
    };
    let link = Link {
        context: context.clone(),
        run,
        shim,
        news,
        orders,
        to_shim,
        progress,
        attach: Some((shim_sender, progress_sender)),
        fresh,
        reading_over: false,
    };
    let _detached = context.scope.spawn("shim-link", async move {
        let _token = token;
        link.live(socket).await;
    });
    LinkEnd { news: heard, orders: order }
}

impl Link {
    async fn live(mut self, socket: Option<std::os::unix::net::UnixStream>) {
        let mut stream = socket.and_then(|socket| match UnixStream::from_std(socket) {
            Ok(stream) => Some(stream),
            // The control socket in the run directory is tried instead.
            Err(error) => {
                tracing::warn!(run = %self.run.run, %error, "the first connection to a shim cannot be used");
                None
            }
        });
        let gone = loop {
            if let Some(stream) = stream.take() {
                self.begin_reading(true);
                match self.converse(stream).await {
                    Parted::Closed => {}
                    Parted::Left => return,
                }
            }
            match self.find_out().await {
                Found::Shim(found) => {
                    self.begin_reading(true);
                    self.context.logs.rearm(self.run.run);
                    stream = Some(found);
                }
                Found::Gone(gone) => break gone,
                Found::Left => return,
            }
        };
        self.shim.reap(&self.context.scope).await;
        self.bury(gone).await;
    }

    /// Gives the run to the log engine, once.
    fn begin_reading(&mut self, shim_alive: bool) {
        if let Some((to_shim, progress)) = self.attach.take() {
            self.context.logs.attach(RunToRead {
                key: self.run.key.clone(),
                run: self.run.run,
                dir: self.run.dir.path().to_owned(),
                project_dir: self.run.project_dir.clone(),
                bounds: self.run.bounds,
                shim_alive,
                to_shim,
                progress,
            });
        }
    }

    /// The shim is gone: tell, let everything be read, close the run.
    async fn bury(mut self, gone: Gone) {
        // Nothing but a directory: there is nothing to read.
        let empty = gone.exit.is_none() && gone.holder.is_none();
        if self.attach.is_none() || !empty {
            self.begin_reading(false);
            self.context.logs.shim_gone(self.run.run);
        } else {
            self.attach = None;
        }
        self.tell(News::Gone(gone)).await;
        self.to_shim.close();
        let leave = self.context.leave.clone();
        while !self.reading_over {
            tokio::select! {
                progress = self.progress.recv() => self.hear_progress(progress).await,
                // The run stays open in the database; the next daemon reads the rest.
                () = leave.cancelled() => return,
            }
        }
        let run = self.run.run;
        if let Err(error) = self.context.store.call(move |c| processes::close_run(c, run)).await {
            tracing::warn!(%run, %error, "a finished run stays marked as open; the next start looks at it again");
        }
    }

    async fn hear_progress(&mut self, progress: Option<RunProgress>) {
        match progress {
            Some(progress) => {
                self.reading_over |= matches!(progress, RunProgress::Drained { .. });
                self.tell(News::Progress(progress)).await;
            }
            None => self.reading_over = true,
        }
        if self.reading_over {
            self.progress.close();
            self.tell(News::ReadingEnded).await;
        }
    }

    /// The actor may be gone (forgotten process, new run); then nobody needs to know.
    async fn tell(&self, news: News) {
        let _heard = self.news.send(news).await;
    }
}
