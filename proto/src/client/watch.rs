//! Watching lists: a whole snapshot, then changes; after each loss a new snapshot.
//!
//! Pieces of a snapshot are held back until `synced` says that it is complete, so a caller replaces its
//! model in one step and never shows half of one.

use std::collections::VecDeque;
use std::time::Instant;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tonic::{Status, Streaming};

use super::resume::{Resuming, Step};
use super::{Client, ClientError};
use crate::v1;

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq)]
pub enum WatchEvent<T> {
    /// Everything there is: replace the model.
    Snapshot(Vec<T>),
    Changed(T),
    /// Its key: `project/name` of a process, id of an incident, name of a project, [`endpoint_key`] of an
    /// endpoint.
    Removed(String),
    /// Of live processes, as often as was asked for.
    Usage(Vec<v1::ProcessUsage>),
    Reconnecting {
        attempt: u32,
        since: Instant,
    },
    /// A new snapshot follows.
    Reconnected,
}

/// Identity of an endpoint in a list: `project/process url`.
pub fn endpoint_key(endpoint: &v1::Endpoint) -> String {
    format!("{}/{} {}", endpoint.project, endpoint.process, endpoint.url)
}

/// A list that can be watched.
pub trait Watched: Sized + Send + 'static {
    type Request: Clone + Send + Sync + 'static;
    type Response: Send + 'static;

    #[doc(hidden)]
    fn open(
        client: Client,
        request: Self::Request,
    ) -> BoxFuture<'static, Result<Streaming<Self::Response>, Status>>;
    #[doc(hidden)]
    fn piece(response: Self::Response) -> Option<Piece<Self>>;
}

/// One message of a watch.
#[doc(hidden)]
pub enum Piece<T> {
    Snapshot(Vec<T>),
    Synced,
    Delta(WatchEvent<T>),
}

/// One list, for ever. Dropping it ends the watching.
pub struct Watch<T: Watched> {
    stream: Resuming<T::Response>,
    request: T::Request,
    /// The snapshot under way; `None` once it was complete.
    building: Option<Vec<T>>,
    /// What came before its snapshot was complete, or with it. Bounded by what one snapshot lasts.
    held: VecDeque<WatchEvent<T>>,
}

pub type ProcessWatch = Watch<v1::Process>;
pub type IncidentWatch = Watch<v1::Incident>;
pub type EndpointWatch = Watch<v1::Endpoint>;
pub type ProjectWatch = Watch<v1::Project>;

impl<T: Watched> Watch<T> {
    pub(super) fn new(client: Client, request: T::Request) -> Self {
        Self { stream: Resuming::new(client), request, building: Some(Vec::new()), held: VecDeque::new() }
    }

    /// The next thing that happens. May be dropped and called again without losing anything.
    /// `None`: ended by an error that was already given.
    ///
    /// # Errors
    /// When the daemon refuses the request.
    pub async fn next(&mut self) -> Result<Option<WatchEvent<T>>, ClientError> {
        loop {
            if self.building.is_none()
                && let Some(event) = self.held.pop_front()
            {
                return Ok(Some(event));
            }
            let request = &self.request;
            let step = self.stream.step(|client| T::open(client, request.clone())).await?;
            let response = match step {
                None => return Ok(None),
                Some(Step::Message(response)) => response,
                Some(Step::Reconnecting { attempt, since }) => {
                    self.building = Some(Vec::new());
                    self.held.clear();
                    return Ok(Some(WatchEvent::Reconnecting { attempt, since }));
                }
                Some(Step::Reconnected) => return Ok(Some(WatchEvent::Reconnected)),
            };
            match T::piece(response) {
                Some(Piece::Snapshot(mut items)) => {
                    self.building.get_or_insert_default().append(&mut items);
                }
                Some(Piece::Synced) => {
                    let items = self.building.take().unwrap_or_default();
                    self.held.push_front(WatchEvent::Snapshot(items));
                }
                Some(Piece::Delta(event)) => self.held.push_back(event),
                None => {}
            }
        }
    }
}

/// Implements [`Watched`] for one list; `$changed` and `$removed` differ by service, the rest does not.
macro_rules! watched {
    ($item:ty, $request:ty, $response:ty, $messages:path, $service:ident . $method:ident, $items:ident,
     |$removed:ident| $key:expr $(, $extra:ident($value:ident) => $event:expr)?) => {
        impl Watched for $item {
            type Request = $request;
            type Response = $response;

            fn open(
                client: Client,
                request: Self::Request,
            ) -> BoxFuture<'static, Result<Streaming<Self::Response>, Status>> {
                async move { Ok(client.$service().$method(request).await?.into_inner()) }.boxed()
            }

            fn piece(response: Self::Response) -> Option<Piece<Self>> {
                use $messages as Message;
                Some(match response.message? {
                    Message::Snapshot(snapshot) => Piece::Snapshot(snapshot.$items),
                    Message::Synced(_) => Piece::Synced,
                    Message::Changed(item) => Piece::Delta(WatchEvent::Changed(item)),
                    Message::Removed($removed) => Piece::Delta(WatchEvent::Removed($key)),
                    $(Message::$extra($value) => Piece::Delta($event),)?
                })
            }
        }
    };
}

watched!(
    v1::Process,
    v1::WatchProcessesRequest,
    v1::WatchProcessesResponse,
    v1::watch_processes_response::Message,
    processes.watch_processes,
    processes,
    |removed| removed,
    Usage(sample) => WatchEvent::Usage(sample.processes)
);
watched!(
    v1::Incident,
    v1::WatchIncidentsRequest,
    v1::WatchIncidentsResponse,
    v1::watch_incidents_response::Message,
    incidents.watch_incidents,
    incidents,
    |removed| removed
);
watched!(
    v1::Endpoint,
    v1::WatchEndpointsRequest,
    v1::WatchEndpointsResponse,
    v1::watch_endpoints_response::Message,
    processes.watch_endpoints,
    endpoints,
    |removed| endpoint_key(&removed)
);
watched!(
    v1::Project,
    v1::WatchProjectsRequest,
    v1::WatchProjectsResponse,
    v1::watch_projects_response::Message,
    projects.watch_projects,
    projects,
    |removed| removed
);
