//! The client's side of the wire: find or start the daemon, ask, follow, and come back after a loss.
//!
//! A [`Client`] is one connection, shared by its clones, that is made again whenever it broke. Commands go
//! through [`Client::call`], which repeats them with the same request id; streams go through the follows
//! and watches, which resume by cursor or by a new snapshot for as long as it takes. Clients hold no state
//! of the daemon's: whatever they show can be asked for again.

mod backoff;
mod check;
mod connect;
mod context;
mod dial;
mod error;
mod follow;
mod resume;
mod retry;
mod start;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch as cell;
use tonic::Status;
use tonic::transport::Channel;

pub use backoff::Backoff;
pub use check::check_next_daemon;
pub use context::{client_context, new_command};
pub use error::{ClientError, EXIT_UNREACHABLE};
pub use follow::{EventFollow, EventFollowEvent, LogFollow, LogFollowEvent};
pub use start::{MANAGERS_WORDS, READY_WORD};
pub use watch::{
    EndpointWatch, IncidentWatch, ProcessWatch, ProjectWatch, Watch, WatchEvent, Watched, endpoint_key,
};

use crate::address::{Overrides, Places};
use crate::v1;
use retry::Retry;
use v1::event_service_client::EventServiceClient;
use v1::incident_service_client::IncidentServiceClient;
use v1::log_service_client::LogServiceClient;
use v1::process_service_client::ProcessServiceClient;
use v1::project_service_client::ProjectServiceClient;
use v1::system_service_client::SystemServiceClient;

/// How to find the daemon.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `--socket`; else the environment, the lock, the default decide.
    pub socket: Option<PathBuf>,
    /// Start a daemon if none lives. Without it a missing daemon is an error, and nothing is connected to
    /// that could start one.
    pub autostart: bool,
    /// For finding, starting and greeting together. Not a deadline of later requests.
    pub timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { socket: None, autostart: true, timeout: Duration::from_secs(10) }
    }
}

/// Who answered the greeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaemonInfo {
    pub pid: u32,
    pub version: String,
    pub protocol: u32,
}

/// A connection to the daemon. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    channel: Channel,
    places: Arc<Places>,
    autostart: bool,
    start_limit: Duration,
    daemon: cell::Sender<DaemonInfo>,
    /// No answer came yet, nor a greeting: who the daemon is was read from its lock.
    unheard: AtomicBool,
}

impl Client {
    /// Finds or starts the daemon and greets it. A daemon whose lock says that it serves and what it speaks
    /// is not asked again: a command then costs one round trip instead of two, and the greeting is made up
    /// for if the first answer is long in coming.
    ///
    /// # Errors
    /// No daemon (exit 3), one that is silent or of another protocol, one that could not be started.
    pub async fn connect(options: ConnectOptions) -> Result<Self, ClientError> {
        let overrides = Overrides { socket: options.socket, state_dir: None };
        Self::connect_at(Places::of_process(&overrides)?, options.autostart, options.timeout).await
    }

    /// As [`Client::connect`], at given places.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_at(places: Places, autostart: bool, timeout: Duration) -> Result<Self, ClientError> {
        let places = Arc::new(places);
        let (daemon, known) = connect::named_by_lock(&places)?.unzip();
        let heard_of = daemon.is_some();
        let client = Self {
            inner: Arc::new(Inner {
                channel: dial::channel(places.clone(), known),
                places,
                autostart,
                start_limit: timeout,
                daemon: cell::Sender::new(daemon.unwrap_or_default()),
                unheard: AtomicBool::new(true),
            }),
        };
        if !heard_of {
            connect::greet(&client, autostart, timeout).await?;
        }
        Ok(client)
    }

    pub fn projects(&self) -> ProjectServiceClient<Channel> {
        ProjectServiceClient::new(self.inner.channel.clone())
    }

    pub fn processes(&self) -> ProcessServiceClient<Channel> {
        ProcessServiceClient::new(self.inner.channel.clone())
    }

    pub fn logs(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.inner.channel.clone())
    }

    pub fn incidents(&self) -> IncidentServiceClient<Channel> {
        IncidentServiceClient::new(self.inner.channel.clone())
    }

    pub fn events(&self) -> EventServiceClient<Channel> {
        EventServiceClient::new(self.inner.channel.clone())
    }

    pub fn system(&self) -> SystemServiceClient<Channel> {
        SystemServiceClient::new(self.inner.channel.clone())
    }

    pub fn places(&self) -> &Places {
        &self.inner.places
    }

    /// The daemon that answered the newest greeting.
    pub fn daemon(&self) -> DaemonInfo {
        self.inner.daemon.borrow().clone()
    }

    fn set_daemon(&self, daemon: DaemonInfo) {
        self.inner.daemon.send_replace(daemon);
        self.heard();
    }

    fn is_unheard(&self) -> bool {
        self.inner.unheard.load(Ordering::Relaxed)
    }

    fn heard(&self) {
        self.inner.unheard.store(false, Ordering::Relaxed);
    }

    /// What `asked` answers. While nothing was heard of the daemon yet: if it keeps silent or is not to be
    /// reached, it is greeted, and what is wrong is told as a greeting tells it.
    async fn answer<T>(&self, asked: impl Future<Output = T>) -> Result<T, ClientError> {
        if !self.is_unheard() {
            return Ok(asked.await);
        }
        let mut asked = std::pin::pin!(asked);
        if let Ok(answer) = tokio::time::timeout(connect::PROMPT, &mut asked).await {
            return Ok(answer);
        }
        self.greet().await?;
        Ok(asked.await)
    }

    async fn greet(&self) -> Result<(), ClientError> {
        connect::greet(self, self.inner.autostart, self.inner.start_limit).await
    }

    /// Makes a request, and makes it again when the connection is lost: after 50 ms, then twice as long
    /// up to 1 s, 5 s in all. `make` must send the same message each time, so that the daemon recognises
    /// the request id and does nothing twice.
    ///
    /// If the request found nobody to be sent to, and this client may start a daemon, it does; a daemon
    /// that ends *during* a request is not replaced: somebody may just have stopped it.
    ///
    /// # Errors
    /// What the daemon answers; exit 3 when it stays away.
    pub async fn call<T, F>(&self, make: F) -> Result<T, ClientError>
    where
        F: AsyncFn(&Self) -> Result<tonic::Response<T>, Status>,
    {
        let mut retry = Retry::default();
        loop {
            match self.answer(make(self)).await? {
                Ok(response) => {
                    self.heard();
                    return Ok(response.into_inner());
                }
                Err(status) => retry.after(self, status).await?,
            }
        }
    }

    /// As [`Client::call`], for a task that is spawned: the compiler cannot see that a closure which borrows
    /// the client makes a future that may move between threads.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_spawned<T, F, Asked>(&self, make: F) -> Result<T, ClientError>
    where
        F: Fn(Self) -> Asked,
        Asked: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let mut retry = Retry::default();
        loop {
            match self.answer(make(self.clone())).await? {
                Ok(response) => {
                    self.heard();
                    return Ok(response.into_inner());
                }
                Err(status) => retry.after(self, status).await?,
            }
        }
    }

    /// As [`Client::call`], with a deadline of the user's: when it passes, the waiting ends and the work
    /// goes on.
    ///
    /// # Errors
    /// As [`Client::call`]; `DEADLINE_EXCEEDED` (exit 1).
    pub async fn call_within<T, F>(&self, limit: Duration, make: F) -> Result<T, ClientError>
    where
        F: AsyncFn(&Self) -> Result<tonic::Response<T>, Status>,
    {
        tokio::time::timeout(limit, self.call(make)).await.unwrap_or_else(|_| Err(ClientError::time_out()))
    }

    /// What could be run, its pieces put together. Made to be repeated by [`Client::call`] as any other request.
    ///
    /// # Errors
    /// What the daemon answers, also in the middle of the list.
    pub async fn list_scripts(
        &self,
        request: v1::ListScriptsRequest,
    ) -> Result<tonic::Response<v1::ListScriptsResponse>, Status> {
        let mut pieces = self.projects().list_scripts(request).await?.into_inner();
        let mut whole = v1::ListScriptsResponse::default();
        while let Some(piece) = pieces.message().await? {
            whole.project = whole.project.or(piece.project);
            whole.notices.extend(piece.notices);
            whole.scripts.extend(piece.scripts);
        }
        Ok(tonic::Response::new(whole))
    }

    /// Lines by cursor, each once, over restarts of the daemon, for ever.
    pub fn follow_logs(&self, request: v1::FollowRequest) -> LogFollow {
        LogFollow::new(self.clone(), request)
    }

    /// Events by cursor, over restarts of the daemon, for ever.
    pub fn follow_events(&self, request: v1::FollowEventsRequest) -> EventFollow {
        EventFollow::new(self.clone(), request)
    }

    pub fn watch_processes(&self, request: v1::WatchProcessesRequest) -> ProcessWatch {
        Watch::new(self.clone(), request)
    }

    pub fn watch_incidents(&self, request: v1::WatchIncidentsRequest) -> IncidentWatch {
        Watch::new(self.clone(), request)
    }

    pub fn watch_endpoints(&self, request: v1::WatchEndpointsRequest) -> EndpointWatch {
        Watch::new(self.clone(), request)
    }

    pub fn watch_projects(&self, request: v1::WatchProjectsRequest) -> ProjectWatch {
        Watch::new(self.clone(), request)
    }
}
