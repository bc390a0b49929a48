//! A daemon of the tests: as much of the wire as the client module needs, by script.

use std::fs::File;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use brummer_proto::address::{Environment, Overrides, Places};
use brummer_proto::{PROTOCOL, v1};
use futures::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};
use v1::incident_service_server::{IncidentService, IncidentServiceServer};
use v1::log_service_server::{LogService, LogServiceServer};
use v1::system_service_server::{SystemService, SystemServiceServer};

/// Places of their own for one test.
pub(crate) struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn places(&self) -> Places {
        let state = self.directory.path();
        let environment: Environment =
            [("HOME", state), ("BRUMMER_STATE_DIR", state), ("BRUMMER_RUNTIME_DIR", state)]
                .map(|(name, value)| (name.into(), value.into()))
                .into();
        Places::new(&environment, &Overrides::default()).unwrap()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.places().socket
    }

    /// Holds the lock as a daemon in this phase does that does not say what it speaks.
    pub(crate) fn hold_lock(&self, phase: &str) -> File {
        self.hold_lock_speaking(phase, 0)
    }

    /// Holds the lock as a daemon in this phase and of this protocol does.
    pub(crate) fn hold_lock_speaking(&self, phase: &str, protocol: u32) -> File {
        let socket = self.socket();
        let text = format!(
            r#"{{"pid":4711,"started":1,"socket":"{}","version":"0.0.7","phase":"{phase}","protocol":{protocol}}}"#,
            socket.display()
        );
        std::fs::write(self.places().lock(), text).unwrap();
        let lock = File::open(self.places().lock()).unwrap();
        while lock.try_lock().is_err() {
            // A client that tests the lock holds it for an instant.
            std::thread::yield_now();
        }
        lock
    }

    /// Serves by `script` until killed or dropped, holding the lock.
    pub(crate) fn serve(&self, script: Script) -> Server {
        let lock = self.hold_lock("serving");
        let _stale = std::fs::remove_file(self.socket());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let told = Told { reload: watch::Sender::new(None), sent: watch::Sender::new(false) };
        let daemon = Daemon { script: Arc::new(script), told: told.clone() };
        let listener = {
            let _inside = runtime.enter();
            tokio::net::UnixListener::bind(self.socket()).unwrap()
        };
        runtime.spawn(
            tonic::transport::Server::builder()
                .add_service(SystemServiceServer::new(daemon.clone()))
                .add_service(LogServiceServer::new(daemon.clone()))
                .add_service(IncidentServiceServer::new(daemon))
                .serve_with_incoming(UnixListenerStream::new(listener)),
        );
        Server { runtime: Some(runtime), _lock: lock, told }
    }
}

/// What a daemon has and does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    /// Lines 1..=this exist.
    pub(crate) lines: u64,
    pub(crate) refuse_follow: bool,
    pub(crate) reload_hangs: bool,
    pub(crate) incidents: Vec<&'static str>,
    /// The snapshot is never synced.
    pub(crate) snapshot_breaks: bool,
}

#[derive(Clone)]
struct Told {
    reload: watch::Sender<Option<String>>,
    sent: watch::Sender<bool>,
}

/// A living daemon.
pub(crate) struct Server {
    runtime: Option<tokio::runtime::Runtime>,
    _lock: File,
    told: Told,
}

impl Server {
    /// Ends it like SIGKILL does: connections break, nothing is said, the socket stays.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// The request id of the newest reload, once one came.
    pub(crate) async fn reload_asked(&self) -> String {
        let mut told = self.told.reload.subscribe();
        told.wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }

    /// Everything that the script has was asked for and handed to the connection.
    pub(crate) async fn all_lines_sent(&self) {
        self.told.sent.subscribe().wait_for(|sent| *sent).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[derive(Clone)]
struct Daemon {
    script: Arc<Script>,
    told: Told,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Daemon {
    /// These messages, then nothing more, with the connection open.
    fn then_silence<T: Send + 'static>(&self, messages: Vec<T>) -> Response<Answers<T>> {
        let sent = self.told.sent.clone();
        let silence = stream::once(async move {
            sent.send_replace(true);
            std::future::pending().await
        });
        Response::new(stream::iter(messages).map(Ok).chain(silence).boxed())
    }
}

fn absent<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not in this test"))
}

#[tonic::async_trait]
impl SystemService for Daemon {
    async fn ping(&self, _: Request<v1::PingRequest>) -> Result<Response<v1::PingResponse>, Status> {
        Ok(Response::new(v1::PingResponse { pid: 4711, version: "0.0.7".to_owned(), protocol: PROTOCOL }))
    }

    async fn reload(
        &self,
        request: Request<v1::ReloadRequest>,
    ) -> Result<Response<v1::ReloadResponse>, Status> {
        let id = request.into_inner().command.unwrap_or_default().request_id;
        self.told.reload.send_replace(Some(id));
        if self.script.reload_hangs {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(v1::ReloadResponse::default()))
    }

    async fn get_status(
        &self,
        _: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        absent()
    }

    type ShutdownStream = Answers<v1::ShutdownResponse>;

    async fn shutdown(
        &self,
        _: Request<v1::ShutdownRequest>,
    ) -> Result<Response<Self::ShutdownStream>, Status> {
        absent()
    }

    async fn detach(&self, _: Request<v1::DetachRequest>) -> Result<Response<v1::DetachResponse>, Status> {
        absent()
    }
}

#[tonic::async_trait]
impl LogService for Daemon {
    type FollowStream = Answers<v1::FollowResponse>;

    async fn follow(
        &self,
        request: Request<v1::FollowRequest>,
    ) -> Result<Response<Self::FollowStream>, Status> {
        use v1::follow_request::From as Start;
        if self.script.refuse_follow {
            return Err(Status::not_found("no such process"));
        }
        let after = match request.into_inner().from {
            Some(Start::Cursor(cursor)) => cursor.parse().unwrap(),
            _ => 0,
        };
        let message = |seq: u64| {
            let line = v1::LogLine { seq, ..Default::default() };
            let lines = v1::LogLines { sources: vec![v1::LineSource::default()], lines: vec![line] };
            v1::FollowResponse {
                message: Some(v1::follow_response::Message::Lines(lines)),
                cursor: seq.to_string(),
            }
        };
        Ok(self.then_silence((after + 1..=self.script.lines).map(message).collect()))
    }

    async fn read(&self, _: Request<v1::ReadRequest>) -> Result<Response<v1::ReadResponse>, Status> {
        absent()
    }

    async fn count(&self, _: Request<v1::CountRequest>) -> Result<Response<v1::CountResponse>, Status> {
        absent()
    }

    async fn clear(&self, _: Request<v1::ClearRequest>) -> Result<Response<v1::ClearResponse>, Status> {
        absent()
    }
}

#[tonic::async_trait]
impl IncidentService for Daemon {
    type WatchIncidentsStream = Answers<v1::WatchIncidentsResponse>;

    async fn watch_incidents(
        &self,
        _: Request<v1::WatchIncidentsRequest>,
    ) -> Result<Response<Self::WatchIncidentsStream>, Status> {
        use v1::watch_incidents_response::Message;
        let incident = |id: &str| v1::Incident { id: id.to_owned(), ..Default::default() };
        // One piece an incident, then the end of the snapshot, then deltas.
        let mut messages: Vec<Message> = self
            .script
            .incidents
            .iter()
            .map(|id| Message::Snapshot(v1::IncidentSnapshot { incidents: vec![incident(id)] }))
            .collect();
        if !self.script.snapshot_breaks {
            messages.push(Message::Synced(v1::Synced { cursor: String::new() }));
            messages.extend(self.script.incidents.first().map(|id| Message::Changed(incident(id))));
            messages.extend(self.script.incidents.last().map(|id| Message::Removed((*id).to_owned())));
        }
        let response = |message| v1::WatchIncidentsResponse { message: Some(message), seq: 0 };
        Ok(self.then_silence(messages.into_iter().map(response).collect()))
    }

    async fn list_incidents(
        &self,
        _: Request<v1::ListIncidentsRequest>,
    ) -> Result<Response<v1::ListIncidentsResponse>, Status> {
        absent()
    }

    async fn get_incident(
        &self,
        _: Request<v1::GetIncidentRequest>,
    ) -> Result<Response<v1::GetIncidentResponse>, Status> {
        absent()
    }
}
