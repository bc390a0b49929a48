//! `SystemService`: the daemon itself.

use brummer_bus::TopicSet;
use brummer_event::{Payload, ProcessState, Topic};
use brummer_proto::v1;
use brummer_proto::v1::system_service_server::SystemService;
use brummer_world::World;
use tonic::{Request, Response, Status};

use crate::convert::inbound;
use crate::convert::project::{diagnostic, project, reloaded};
use crate::refuse::status;
use crate::watch::Messages;

/// What the daemon knows of itself and no component does.
#[derive(Debug, Clone, Default)]
pub struct Daemon {
    pub version: String,
    pub socket: String,
    pub state_dir: String,
    /// `systemd`, `launchd`; empty if none manages it.
    pub service: String,
    /// Monotonic nanoseconds of its start.
    pub started_mono_ns: u64,
    /// Most bytes that logs may take on disk (`keep_total`).
    pub keep_total: u64,
}

pub(crate) struct SystemApi {
    pub(crate) world: World,
    pub(crate) daemon: Daemon,
}

#[tonic::async_trait]
impl SystemService for SystemApi {
    type ShutdownStream = Messages<v1::ShutdownResponse>;

    async fn ping(&self, _request: Request<v1::PingRequest>) -> Result<Response<v1::PingResponse>, Status> {
        Ok(Response::new(v1::PingResponse {
            pid: std::process::id(),
            version: self.daemon.version.clone(),
            protocol: brummer_proto::PROTOCOL,
        }))
    }

    async fn get_status(
        &self,
        _request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        let known = self.world.status();
        let uptime = brummer_scope::clock::since(self.daemon.started_mono_ns);
        Ok(Response::new(v1::GetStatusResponse {
            version: self.daemon.version.clone(),
            pid: std::process::id(),
            uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            socket: self.daemon.socket.clone(),
            service: self.daemon.service.clone(),
            rss_bytes: brummer_scope::memory::rss_bytes(),
            tasks: known.tasks as u64,
            degradation: known.logs.degradation.as_str().to_owned(),
            epoch: format!("{:x}", known.epoch),
            next_seq: known.next_seq,
            logs: Some(v1::LogTotals {
                lines: known.logs.lines,
                disk_bytes: known.logs.disk_bytes,
                // How many lines a lost stretch held is not known; each held at least one.
                lost_lines: known.logs.lost_places,
                disk_bytes_max: self.daemon.keep_total,
            }),
            projects: known.projects.iter().map(project).collect(),
            state_dir: self.daemon.state_dir.clone(),
            mistakes: known.mistakes.iter().map(diagnostic).collect(),
        }))
    }

    async fn shutdown(
        &self,
        _request: Request<v1::ShutdownRequest>,
    ) -> Result<Response<Self::ShutdownStream>, Status> {
        // Subscribed before the wish, so that the first end is seen too.
        let subscription =
            self.world.bus().subscribe(TopicSet::of(Topic::Process), self.world.bus().cursor());
        self.world.control().ask_stop();
        let down = self.world.control().down().clone();
        let stream = futures::stream::unfold(Some(subscription), move |subscription| {
            let down = down.clone();
            async move {
                let mut subscription = subscription?;
                let delivery = tokio::select! {
                    biased;
                    delivery = subscription.next() => delivery,
                    () = down.cancelled() => {
                        let done = v1::ShutdownResponse {
                            message: Some(v1::shutdown_response::Message::Done(true)),
                        };
                        return Some((vec![Ok(done)], None));
                    }
                };
                let messages: Vec<_> =
                    delivery.events.iter().filter_map(|event| stopped(&event.payload)).map(Ok).collect();
                Some((messages, Some(subscription)))
            }
        });
        Ok(Response::new(Box::pin(futures::StreamExt::flat_map(stream, futures::stream::iter))))
    }

    async fn detach(
        &self,
        _request: Request<v1::DetachRequest>,
    ) -> Result<Response<v1::DetachResponse>, Status> {
        let live = self.world.processes().snapshot().all().iter().filter(|view| view.state.is_live()).count();
        self.world.control().ask_detach();
        Ok(Response::new(v1::DetachResponse { kept: u32::try_from(live).unwrap_or(u32::MAX) }))
    }

    async fn reload(
        &self,
        request: Request<v1::ReloadRequest>,
    ) -> Result<Response<v1::ReloadResponse>, Status> {
        let ask = inbound::project_ask(request.into_inner().scope)?;
        let done = self.world.reload(&ask).await.map_err(status)?;
        Ok(Response::new(v1::ReloadResponse {
            diagnostics: done.diagnostics.iter().map(diagnostic).collect(),
            needs_restart: done.needs_restart,
            projects: done.projects.into_iter().map(reloaded).collect(),
        }))
    }
}

/// The end of one process, if the event tells one.
fn stopped(payload: &Payload) -> Option<v1::ShutdownResponse> {
    let Payload::ProcessState(change) = payload else { return None };
    let was_live = change.from.is_some_and(ProcessState::is_live);
    if !was_live || !change.to.is_ended() {
        return None;
    }
    let stopped = v1::StoppedProcess {
        project: change.process.project.to_string(),
        name: change.process.name.to_string(),
        how: change.reason.to_string(),
    };
    Some(v1::ShutdownResponse { message: Some(v1::shutdown_response::Message::Stopped(stopped)) })
}
