//! A daemon that says what a test wants said, over a real socket.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use brummer_proto::{ERROR_DOMAIN, PROTOCOL, v1};
use futures::{Stream, StreamExt as _};
use tokio::sync::watch;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use v1::log_service_server::{LogService, LogServiceServer};
use v1::process_service_server::{ProcessService, ProcessServiceServer};
use v1::system_service_server::{SystemService, SystemServiceServer};

type Answer<T> = Result<Response<T>, Status>;
type Streaming<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What the daemon answers. Everything that is not set is empty.
#[derive(Default)]
pub(crate) struct Script {
    pub project: v1::ProjectRef,
    pub processes: Vec<v1::Process>,
    pub results: Vec<v1::ActionResult>,
    /// Unset: the wait is never answered.
    pub wait: Option<v1::WaitResponse>,
    pub lines: Vec<v1::LogLine>,
    pub gaps: Vec<v1::Gap>,
    /// Said to every command on processes.
    pub refusal: Option<Status>,
}

/// A running fake. Ends with the test.
pub(crate) struct Fake {
    dir: tempfile::TempDir,
    state: Arc<State>,
    runtime: tokio::runtime::Runtime,
}

struct State {
    script: Mutex<Script>,
    /// Grows with every change that followers should see.
    changed: watch::Sender<u64>,
    /// Grows when open streams are to break.
    cut: watch::Sender<u64>,
    /// Newest request of each kind, as Debug shows it.
    asked: watch::Sender<HashMap<&'static str, String>>,
}

#[derive(Clone)]
struct Services(Arc<State>);

impl Fake {
    pub(crate) fn start(script: Script) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let state = Arc::new(State {
            script: Mutex::new(script),
            changed: watch::Sender::new(0),
            cut: watch::Sender::new(0),
            asked: watch::Sender::default(),
        });
        let services = Services(state.clone());
        let socket = dir.path().join("s");
        let listener = runtime.block_on(async { tokio::net::UnixListener::bind(&socket).unwrap() });
        runtime.spawn(async move {
            tonic::transport::Server::builder()
                .add_service(ProcessServiceServer::new(services.clone()))
                .add_service(LogServiceServer::new(services.clone()))
                .add_service(SystemServiceServer::new(services))
                .serve_with_incoming(UnixListenerStream::new(listener))
                .await
        });
        Self { dir, state, runtime }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Changes what is answered, and wakes followers.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.state.script.lock().unwrap());
        self.state.changed.send_modify(|generation| *generation += 1);
    }

    /// Breaks every open stream, as a daemon that dies does.
    pub(crate) fn cut(&self) {
        self.state.cut.send_modify(|generation| *generation += 1);
    }

    /// Returns once a request of this kind has come.
    pub(crate) fn until_asked(&self, kind: &str) {
        let mut asked = self.state.asked.subscribe();
        self.runtime
            .block_on(async { asked.wait_for(|asked| asked.contains_key(kind)).await.map(drop).unwrap() });
    }

    /// The newest request of a kind.
    pub(crate) fn asked(&self, kind: &str) -> String {
        self.state.asked.borrow().get(kind).cloned().unwrap_or_default()
    }
}

/// A no as the daemon says it.
pub(crate) fn refusal(code: tonic::Code, ours: &str, message: &str, hint: &str) -> Status {
    let metadata = HashMap::from([("hint".to_owned(), hint.to_owned())]);
    Status::with_error_details(code, message, ErrorDetails::with_error_info(ours, ERROR_DOMAIN, metadata))
}

pub(crate) fn line(seq: u64, stream: v1::Stream, text: &str) -> v1::LogLine {
    v1::LogLine {
        seq,
        line: seq,
        stream: stream.into(),
        time_ns: i64::try_from(seq).unwrap(),
        text: text.to_owned().into(),
        ..v1::LogLine::default()
    }
}

impl State {
    fn ask(&self, kind: &'static str, request: &impl std::fmt::Debug) {
        self.asked.send_modify(|asked| drop(asked.insert(kind, format!("{request:?}"))));
    }

    fn results(&self) -> Result<(Option<v1::ProjectRef>, Vec<v1::ActionResult>), Status> {
        let script = self.script.lock().unwrap();
        match &script.refusal {
            Some(status) => Err(status.clone()),
            None => Ok((Some(script.project.clone()), script.results.clone())),
        }
    }

    /// Lines after `seq`, as many as asked for.
    fn lines(&self, after: u64, most: usize) -> v1::LogLines {
        let script = self.script.lock().unwrap();
        let source = v1::LineSource {
            project: "shop".to_owned(),
            process: "api".to_owned(),
            run: "r1".to_owned(),
            ..v1::LineSource::default()
        };
        let lines = script.lines.iter().filter(|line| line.seq > after).take(most).cloned().collect();
        v1::LogLines { sources: vec![source], lines }
    }
}

fn cursor(seq: u64) -> String {
    format!("l1.feed.{seq}.{seq}")
}

fn seq_of(cursor: &str) -> Result<u64, Status> {
    let seq = cursor.strip_prefix("l1.feed.").and_then(|rest| rest.split('.').next()?.parse().ok());
    seq.ok_or_else(|| refusal(tonic::Code::InvalidArgument, "BAD_CURSOR", "no cursor", ""))
}

#[tonic::async_trait]
impl ProcessService for Services {
    async fn up(&self, request: Request<v1::UpRequest>) -> Answer<v1::UpResponse> {
        self.0.ask("up", request.get_ref());
        let (project, results) = self.0.results()?;
        Ok(Response::new(v1::UpResponse { project, results, ..v1::UpResponse::default() }))
    }

    async fn down(&self, request: Request<v1::DownRequest>) -> Answer<v1::DownResponse> {
        self.0.ask("down", request.get_ref());
        let (project, results) = self.0.results()?;
        Ok(Response::new(v1::DownResponse { project, results }))
    }

    async fn start(&self, request: Request<v1::StartRequest>) -> Answer<v1::StartResponse> {
        self.0.ask("start", request.get_ref());
        let (project, results) = self.0.results()?;
        Ok(Response::new(v1::StartResponse { project, results, ..Default::default() }))
    }

    async fn stop(&self, request: Request<v1::StopRequest>) -> Answer<v1::StopResponse> {
        self.0.ask("stop", request.get_ref());
        let (project, results) = self.0.results()?;
        Ok(Response::new(v1::StopResponse { project, results }))
    }

    async fn restart(&self, request: Request<v1::RestartRequest>) -> Answer<v1::RestartResponse> {
        self.0.ask("restart", request.get_ref());
        // A command that takes longer than anybody wants to wait.
        std::future::pending::<()>().await;
        Err(Status::cancelled("never"))
    }

    async fn run(&self, request: Request<v1::RunRequest>) -> Answer<v1::RunResponse> {
        self.0.ask("run", request.get_ref());
        let (project, mut results) = self.0.results()?;
        Ok(Response::new(v1::RunResponse { project, result: results.pop(), cursor: cursor(0) }))
    }

    async fn remove(&self, request: Request<v1::RemoveRequest>) -> Answer<v1::RemoveResponse> {
        self.0.ask("remove", request.get_ref());
        Ok(Response::new(v1::RemoveResponse::default()))
    }

    async fn list_processes(
        &self,
        request: Request<v1::ListProcessesRequest>,
    ) -> Answer<v1::ListProcessesResponse> {
        self.0.ask("list", request.get_ref());
        let script = self.0.script.lock().unwrap();
        Ok(Response::new(v1::ListProcessesResponse {
            project: Some(script.project.clone()),
            processes: script.processes.clone(),
            cursor: String::new(),
        }))
    }

    type WatchProcessesStream = Streaming<v1::WatchProcessesResponse>;

    async fn watch_processes(
        &self,
        _: Request<v1::WatchProcessesRequest>,
    ) -> Answer<Self::WatchProcessesStream> {
        use v1::watch_processes_response::Message;
        let message = |message| Ok(v1::WatchProcessesResponse { message: Some(message), seq: 0 });
        let state = self.0.clone();
        let processes = state.script.lock().unwrap().processes.clone();
        let first = [
            message(Message::Snapshot(v1::ProcessSnapshot { processes })),
            message(Message::Synced(v1::Synced::default())),
        ];
        let changes = state.changed.subscribe();
        let later = futures::stream::unfold((state, changes), async |(state, mut changes)| {
            changes.changed().await.ok()?;
            let process = state.script.lock().unwrap().processes.last().cloned()?;
            let response = v1::WatchProcessesResponse { message: Some(Message::Changed(process)), seq: 0 };
            Some((Ok(response), (state, changes)))
        });
        Ok(Response::new(Box::pin(futures::stream::iter(first).chain(later))))
    }

    async fn get_process(&self, _: Request<v1::GetProcessRequest>) -> Answer<v1::GetProcessResponse> {
        Err(Status::unimplemented("get_process"))
    }

    async fn wait(&self, request: Request<v1::WaitRequest>) -> Answer<v1::WaitResponse> {
        self.0.ask("wait", request.get_ref());
        let mut changed = self.0.changed.subscribe();
        loop {
            if let Some(answer) = self.0.script.lock().unwrap().wait.clone() {
                return Ok(Response::new(answer));
            }
            changed.changed().await.map_err(|_| Status::cancelled("over"))?;
        }
    }

    async fn list_endpoints(
        &self,
        _: Request<v1::ListEndpointsRequest>,
    ) -> Answer<v1::ListEndpointsResponse> {
        Ok(Response::new(v1::ListEndpointsResponse::default()))
    }

    type WatchEndpointsStream = Streaming<v1::WatchEndpointsResponse>;

    async fn watch_endpoints(
        &self,
        _: Request<v1::WatchEndpointsRequest>,
    ) -> Answer<Self::WatchEndpointsStream> {
        Err(Status::unimplemented("watch_endpoints"))
    }
}

#[tonic::async_trait]
impl LogService for Services {
    async fn read(&self, request: Request<v1::ReadRequest>) -> Answer<v1::ReadResponse> {
        use v1::anchor::Place;
        self.0.ask("read", request.get_ref());
        let request = request.into_inner();
        let newest = self.0.script.lock().unwrap().lines.last().map_or(0, |line| line.seq);
        let (gaps, project) = {
            let script = self.0.script.lock().unwrap();
            (script.gaps.clone(), Some(script.project.clone()))
        };
        let place = request.anchor.and_then(|anchor| anchor.place);
        let at = match &place {
            Some(Place::Cursor(cursor)) => seq_of(cursor)?,
            Some(Place::Last(_)) => newest,
            _ => 0,
        };
        let page = if request.before > 0 {
            let mut lines = self.0.lines(0, usize::MAX);
            lines.lines.retain(|line| line.seq <= at);
            let surplus = lines.lines.len().saturating_sub(request.before as usize);
            lines.lines.drain(..surplus);
            lines
        } else {
            self.0.lines(at, request.after as usize)
        };
        let first = page.lines.first().map_or(at, |line| line.seq - 1);
        let last = page.lines.last().map_or(at, |line| line.seq);
        Ok(Response::new(v1::ReadResponse {
            lines: Some(page),
            gaps,
            first_cursor: cursor(first),
            last_cursor: cursor(last),
            more_before: first > 0,
            more_after: last < newest,
            project,
        }))
    }

    type FollowStream = Streaming<v1::FollowResponse>;

    async fn follow(&self, request: Request<v1::FollowRequest>) -> Answer<Self::FollowStream> {
        self.0.ask("follow", request.get_ref());
        let from = match request.into_inner().from {
            Some(v1::follow_request::From::Cursor(cursor)) => seq_of(&cursor)?,
            _ => 0,
        };
        let state = self.0.clone();
        let (changes, cut) = (state.changed.subscribe(), state.cut.subscribe());
        let stream = futures::stream::unfold(Some((state, changes, cut, from)), async |all| {
            let (state, mut changes, mut cut, at) = all?;
            loop {
                changes.mark_unchanged();
                // A death comes before whatever was said after it.
                if cut.has_changed().unwrap_or(true) {
                    return Some((Err(Status::unavailable("died")), None));
                }
                let lines = state.lines(at, 2);
                if let Some(last) = lines.lines.last().map(|line| line.seq) {
                    let message = Some(v1::follow_response::Message::Lines(lines));
                    let response = v1::FollowResponse { message, cursor: cursor(last) };
                    return Some((Ok(response), Some((state, changes, cut, last))));
                }
                tokio::select! {
                    biased;
                    changed = cut.changed() => {
                        changed.ok()?;
                        return Some((Err(Status::unavailable("died")), None));
                    }
                    changed = changes.changed() => changed.ok()?,
                }
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn count(&self, request: Request<v1::CountRequest>) -> Answer<v1::CountResponse> {
        self.0.ask("count", request.get_ref());
        let lines = self.0.script.lock().unwrap().lines.len() as u64;
        Ok(Response::new(v1::CountResponse { lines, scanned: lines, ..v1::CountResponse::default() }))
    }

    async fn clear(&self, request: Request<v1::ClearRequest>) -> Answer<v1::ClearResponse> {
        self.0.ask("clear", request.get_ref());
        Ok(Response::new(v1::ClearResponse { cursor: cursor(7), project: None }))
    }
}

#[tonic::async_trait]
impl SystemService for Services {
    async fn ping(&self, _: Request<v1::PingRequest>) -> Answer<v1::PingResponse> {
        Ok(Response::new(v1::PingResponse { pid: 4242, version: "9.9.9".to_owned(), protocol: PROTOCOL }))
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Answer<v1::GetStatusResponse> {
        Ok(Response::new(v1::GetStatusResponse { pid: 4242, ..v1::GetStatusResponse::default() }))
    }

    type ShutdownStream = Streaming<v1::ShutdownResponse>;

    async fn shutdown(&self, _: Request<v1::ShutdownRequest>) -> Answer<Self::ShutdownStream> {
        Err(Status::unimplemented("shutdown"))
    }

    async fn detach(&self, _: Request<v1::DetachRequest>) -> Answer<v1::DetachResponse> {
        Err(Status::unimplemented("detach"))
    }

    async fn reload(&self, _: Request<v1::ReloadRequest>) -> Answer<v1::ReloadResponse> {
        Err(Status::unimplemented("reload"))
    }
}
