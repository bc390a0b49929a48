//! A daemon of the tests on a socket of its own: a fixed list of lines and processes, and a record of what it
//! was asked.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use brummer_proto::client::{Client, ConnectOptions};
use brummer_proto::{PROTOCOL, v1};
use futures::{Stream, StreamExt as _, stream};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};
use v1::log_service_server::{LogService, LogServiceServer};
use v1::process_service_server::{ProcessService, ProcessServiceServer};
use v1::system_service_server::{SystemService, SystemServiceServer};

/// Lines 1 to this exist, all of `web`; every tenth is an error.
pub(crate) const LINES: u64 = 500;

#[derive(Clone, Default)]
pub(crate) struct Fake {
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

/// A daemon that lives until it is dropped.
pub(crate) struct Living {
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Living {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Fake {
    pub(crate) fn serve(&self, socket: &Path) -> Living {
        let _stale = std::fs::remove_file(socket);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = {
            let _inside = runtime.enter();
            tokio::net::UnixListener::bind(socket).unwrap()
        };
        runtime.spawn(
            tonic::transport::Server::builder()
                .add_service(SystemServiceServer::new(self.clone()))
                .add_service(LogServiceServer::new(self.clone()))
                .add_service(ProcessServiceServer::new(self.clone()))
                .serve_with_incoming(UnixListenerStream::new(listener)),
        );
        Living { runtime: Some(runtime) }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

pub(crate) async fn client(socket: &Path) -> Client {
    let options =
        ConnectOptions { socket: Some(socket.to_owned()), autostart: false, ..ConnectOptions::default() };
    Client::connect(options).await.unwrap()
}

/// Ten lines are written at once.
pub(crate) fn time_of(seq: u64) -> i64 {
    i64::try_from(seq / 10).unwrap() * 1_000_000
}

fn line(seq: u64) -> v1::LogLine {
    let level = if seq.is_multiple_of(10) { v1::Level::Error } else { v1::Level::Info };
    v1::LogLine {
        source: 0,
        seq,
        line: seq,
        stream: v1::Stream::Out as i32,
        time_ns: time_of(seq),
        level: level as i32,
        text: format!("line {seq}").into(),
        ..v1::LogLine::default()
    }
}

fn cursor(seq: u64) -> String {
    format!("l1.feed.{seq}.{}", time_of(seq))
}

fn lines(seqs: Vec<u64>) -> v1::LogLines {
    let source = v1::LineSource {
        project: "shop".into(),
        process: "web".into(),
        run: "r1".into(),
        ..v1::LineSource::default()
    };
    v1::LogLines { sources: vec![source], lines: seqs.into_iter().map(line).collect() }
}

/// Numbers of the lines that pass.
fn passing(filter: &v1::LogFilter) -> Vec<u64> {
    let texts = filter.texts.iter().map(|text| match &text.kind {
        Some(v1::log_text::Kind::Contains(text)) => text.clone(),
        other => panic!("these tests search for plain text: {other:?}"),
    });
    let texts: Vec<String> = texts.collect();
    let level = filter.min_level;
    (1..=LINES)
        .filter(|seq| line(*seq).level >= level)
        .filter(|seq| texts.iter().all(|text| format!("line {seq}").contains(text)))
        .filter(|seq| filter.until_ns.is_none_or(|until| time_of(*seq) < until))
        .collect()
}

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Answer<T> = Result<Response<T>, Status>;

/// Methods that no test asks for, as `async_trait` writes them.
macro_rules! absent {
    ($($method:ident($request:ident) -> $response:ident),* $(,)?) => {
        $(fn $method<'a, 'b>(
            &'a self,
            _: Request<v1::$request>,
        ) -> Pin<Box<dyn Future<Output = Answer<v1::$response>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented("not in these tests")) })
        })*
    };
}

#[tonic::async_trait]
impl SystemService for Fake {
    type ShutdownStream = Messages<v1::ShutdownResponse>;

    async fn ping(&self, _: Request<v1::PingRequest>) -> Answer<v1::PingResponse> {
        Ok(Response::new(v1::PingResponse { pid: 1, version: "0.0.0".into(), protocol: PROTOCOL }))
    }

    async fn shutdown(&self, _: Request<v1::ShutdownRequest>) -> Answer<Self::ShutdownStream> {
        Err(Status::unimplemented("not in these tests"))
    }

    absent! {
        get_status(GetStatusRequest) -> GetStatusResponse,
        detach(DetachRequest) -> DetachResponse,
        reload(ReloadRequest) -> ReloadResponse,
    }
}

#[tonic::async_trait]
impl LogService for Fake {
    type FollowStream = Messages<v1::FollowResponse>;

    async fn read(&self, request: Request<v1::ReadRequest>) -> Answer<v1::ReadResponse> {
        let request = request.into_inner();
        let filter = request.filter.unwrap();
        assert_eq!(filter.scope.as_ref().unwrap().project, "shop");
        let all = passing(&filter);
        let at = match request.anchor.unwrap().place.unwrap() {
            v1::anchor::Place::Cursor(cursor) => cursor.split('.').nth(2).unwrap().parse().unwrap(),
            v1::anchor::Place::First(_) => 0,
            v1::anchor::Place::Last(_) => LINES,
            v1::anchor::Place::TimeNs(_) => panic!("the UI asks by cursor"),
        };
        let place = all.partition_point(|seq| *seq <= at);
        let from = place.saturating_sub(request.before as usize);
        let to = (place + request.after as usize).min(all.len());
        let page = &all[from..to];
        Ok(Response::new(v1::ReadResponse {
            first_cursor: cursor(page.first().map_or(at, |seq| seq - 1)),
            last_cursor: cursor(page.last().copied().unwrap_or(at)),
            lines: Some(lines(page.to_vec())),
            gaps: Vec::new(),
            more_before: from > 0,
            more_after: to < all.len(),
            project: None,
        }))
    }

    async fn follow(&self, request: Request<v1::FollowRequest>) -> Answer<Self::FollowStream> {
        let request = request.into_inner();
        let all = passing(&request.filter.unwrap_or_default());
        let from = match request.from.unwrap() {
            v1::follow_request::From::Last(last) => all.len().saturating_sub(last as usize),
            v1::follow_request::From::Cursor(cursor) => {
                self.note(format!("resumed at {cursor}"));
                all.len()
            }
        };
        self.note(format!("followed live={}", request.live));
        let message = v1::FollowResponse {
            cursor: cursor(LINES),
            message: Some(v1::follow_response::Message::Lines(lines(all[from..].to_vec()))),
        };
        Ok(Response::new(stream::iter([Ok(message)]).chain(stream::pending()).boxed()))
    }

    async fn count(&self, request: Request<v1::CountRequest>) -> Answer<v1::CountResponse> {
        let lines = passing(&request.into_inner().filter.unwrap()).len() as u64;
        Ok(Response::new(v1::CountResponse { lines, scanned: LINES, ..v1::CountResponse::default() }))
    }

    absent! { clear(ClearRequest) -> ClearResponse }
}

#[tonic::async_trait]
impl ProcessService for Fake {
    type WatchProcessesStream = Messages<v1::WatchProcessesResponse>;
    type WatchEndpointsStream = Messages<v1::WatchEndpointsResponse>;

    async fn watch_processes(
        &self,
        request: Request<v1::WatchProcessesRequest>,
    ) -> Answer<Self::WatchProcessesStream> {
        use v1::watch_processes_response::Message;
        let usage = request.into_inner().usage_interval_ms;
        self.note(format!("watched with usage {usage:?}"));
        let process = |name: &str| v1::Process {
            project: "shop".into(),
            name: name.into(),
            state: v1::ProcessState::Running as i32,
            ready: Some(true),
            uptime_ms: Some(1000),
            ..v1::Process::default()
        };
        let processes = vec![process("web"), process("api")];
        let message = |message| Ok(v1::WatchProcessesResponse { message: Some(message), seq: 1 });
        let messages = [
            message(Message::Snapshot(v1::ProcessSnapshot { processes })),
            message(Message::Synced(v1::Synced { cursor: "e1.1.1".into() })),
            message(Message::Removed("shop/api".into())),
        ];
        Ok(Response::new(stream::iter(messages).chain(stream::pending()).boxed()))
    }

    async fn watch_endpoints(
        &self,
        _: Request<v1::WatchEndpointsRequest>,
    ) -> Answer<Self::WatchEndpointsStream> {
        Ok(Response::new(stream::pending().boxed()))
    }

    async fn restart(&self, request: Request<v1::RestartRequest>) -> Answer<v1::RestartResponse> {
        let request = request.into_inner();
        let client = request.client.unwrap();
        assert!(!client.environment.is_empty() && client.directory.starts_with('/'));
        assert!(!request.command.unwrap().request_id.is_empty());
        let result = |name: &str, did: v1::Did, error| v1::ActionResult {
            project: "shop".into(),
            name: name.into(),
            did: did as i32,
            process: None,
            error,
        };
        let error = v1::ActionError {
            code: "START_FAILED".into(),
            message: "no such program".into(),
            hint: "look at PATH".into(),
        };
        let results = request.names.iter().map(|name| match name.as_str() {
            "bad" => result(name, v1::Did::Failed, Some(error.clone())),
            _ => result(name, v1::Did::Restarted, None),
        });
        Ok(Response::new(v1::RestartResponse { results: results.collect(), ..Default::default() }))
    }

    absent! {
        up(UpRequest) -> UpResponse,
        down(DownRequest) -> DownResponse,
        start(StartRequest) -> StartResponse,
        stop(StopRequest) -> StopResponse,
        run(RunRequest) -> RunResponse,
        remove(RemoveRequest) -> RemoveResponse,
        list_processes(ListProcessesRequest) -> ListProcessesResponse,
        get_process(GetProcessRequest) -> GetProcessResponse,
        wait(WaitRequest) -> WaitResponse,
        list_endpoints(ListEndpointsRequest) -> ListEndpointsResponse,
    }
}
