//! `ProcessService`: commands, lists and watches of processes and their endpoints.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use brummer_bus::{Delivery, TopicSet};
use brummer_event::{EventSeq, Payload, ProcessKey, Topic};
use brummer_logs::Matcher;
use brummer_proto::v1;
use brummer_proto::v1::process_service_server::ProcessService;
use brummer_world::{
    Actions, Kind, ProcessRow, ProjectRef, Refusal, RunAsk, RunDone, RunEnvironment, ScriptAsk, Selection,
    StartAsk, StopAsk, UpAsk, WaitAsk, WaitFor, World,
};
use tonic::{Request, Response, Status};

use crate::convert::process::{action, endpoint, process, run, usage, waited};
use crate::convert::{self, inbound, mask};
use crate::refuse::{invalid, missing, status};
use crate::watch::{Messages, Watched, watch};

/// Rows in one snapshot message: keeps it under 256 KiB.
const SNAPSHOT_ROWS: usize = 100;

/// Runs shown of one process.
const RUNS_SHOWN: u32 = 20;

/// Usage is not sampled more often than this.
const USAGE_LEAST: Duration = Duration::from_millis(500);

pub(crate) struct ProcessApi {
    pub(crate) world: World,
}

fn ran(done: RunDone) -> v1::RunResponse {
    v1::RunResponse {
        project: reference(Some(done.project)),
        result: Some(action(&done.item)),
        cursor: done.cursor.to_string(),
    }
}

fn reference(project: Option<ProjectRef>) -> Option<v1::ProjectRef> {
    project.map(convert::project::reference)
}

fn results(actions: &Actions) -> Vec<v1::ActionResult> {
    actions.items.iter().map(action).collect()
}

impl ProcessApi {
    /// The rows of a selection, in order of display.
    async fn rows(&self, selection: &Selection) -> Result<(Option<ProjectRef>, Vec<ProcessRow>), Status> {
        let selected = self.world.select(selection).await.map_err(status)?;
        let registry = self.world.processes().read().await;
        let views: Vec<_> =
            registry.all().iter().filter(|view| selected.keys.contains(&view.key)).cloned().collect();
        Ok((selected.project, self.world.rows_with_usage(&views).await))
    }
}

#[tonic::async_trait]
impl ProcessService for ProcessApi {
    type WatchProcessesStream = Messages<v1::WatchProcessesResponse>;
    type WatchEndpointsStream = Messages<v1::WatchEndpointsResponse>;

    async fn up(&self, request: Request<v1::UpRequest>) -> Result<Response<v1::UpResponse>, Status> {
        let request = request.into_inner();
        let (client, directory) = inbound::client(request.client)?;
        let ask = UpAsk {
            wish: inbound::wish(request.command)?,
            client,
            directory,
            selection: inbound::selection(request.scope, request.names)?,
            no_dependencies: request.no_dependencies,
            wait: request.wait,
            profile: inbound::profile(&request.profile),
        };
        let done = self.world.up(ask).await.map_err(status)?;
        Ok(Response::new(v1::UpResponse {
            project: reference(Some(done.project)),
            results: done.items.iter().map(action).collect(),
            choice: done.choice.unwrap_or_default(),
            newly_trusted: done.newly_trusted,
            notices: done.notices,
        }))
    }

    async fn down(&self, request: Request<v1::DownRequest>) -> Result<Response<v1::DownResponse>, Status> {
        let request = request.into_inner();
        let wish = inbound::wish(request.command)?;
        let selection = inbound::selection(request.scope, request.names)?;
        let actions = self.world.down(wish, selection).await.map_err(status)?;
        let results = results(&actions);
        Ok(Response::new(v1::DownResponse { project: reference(actions.project), results }))
    }

    async fn start(&self, request: Request<v1::StartRequest>) -> Result<Response<v1::StartResponse>, Status> {
        let request = request.into_inner();
        let (client, _) = inbound::client(request.client)?;
        let ask = StartAsk {
            wish: inbound::wish(request.command)?,
            client,
            selection: inbound::selection(request.scope, request.names)?,
            all: request.all,
            wait: request.wait,
            with_dependents: false,
        };
        let actions = self.world.start(ask).await.map_err(status)?;
        let results = results(&actions);
        Ok(Response::new(v1::StartResponse {
            project: reference(actions.project),
            results,
            notices: actions.notices,
        }))
    }

    async fn stop(&self, request: Request<v1::StopRequest>) -> Result<Response<v1::StopResponse>, Status> {
        let request = request.into_inner();
        let ask = StopAsk {
            wish: inbound::wish(request.command)?,
            selection: inbound::selection(request.scope, request.names)?,
            all: request.all,
            with_dependents: request.with_dependents,
        };
        let actions = self.world.stop(ask).await.map_err(status)?;
        let results = results(&actions);
        Ok(Response::new(v1::StopResponse { project: reference(actions.project), results }))
    }

    async fn restart(
        &self,
        request: Request<v1::RestartRequest>,
    ) -> Result<Response<v1::RestartResponse>, Status> {
        let request = request.into_inner();
        let (client, _) = inbound::client(request.client)?;
        let ask = StartAsk {
            wish: inbound::wish(request.command)?,
            client,
            selection: inbound::selection(request.scope, request.names)?,
            all: request.all,
            wait: request.wait,
            with_dependents: request.with_dependents,
        };
        let actions = self.world.restart(ask).await.map_err(status)?;
        let results = results(&actions);
        Ok(Response::new(v1::RestartResponse {
            project: reference(actions.project),
            results,
            notices: actions.notices,
        }))
    }

    async fn run(&self, request: Request<v1::RunRequest>) -> Result<Response<v1::RunResponse>, Status> {
        let request = request.into_inner();
        let (client, here) = inbound::client(request.client)?;
        if !request.script.is_empty() {
            let ask = ScriptAsk {
                wish: inbound::wish(request.command)?,
                client,
                project: inbound::project_ask(request.scope)?,
                script: request.script,
                arguments: request.argv,
            };
            return Ok(Response::new(ran(self.world.run_script(ask).await.map_err(status)?)));
        }
        let directory = match request.directory.as_str() {
            "" => here,
            directory if directory.starts_with('/') => PathBuf::from(directory),
            _ => return Err(invalid("directory", "the directory must be absolute")),
        };
        let ask = RunAsk {
            wish: inbound::wish(request.command)?,
            client,
            project: inbound::project_ask(request.scope)?,
            name: Some(request.name).filter(|name| !name.is_empty()),
            argv: request.argv,
            directory,
            env: inbound::environment(request.environment),
        };
        Ok(Response::new(ran(self.world.run(ask).await.map_err(status)?)))
    }

    async fn remove(
        &self,
        request: Request<v1::RemoveRequest>,
    ) -> Result<Response<v1::RemoveResponse>, Status> {
        let request = request.into_inner();
        let wish = inbound::wish(request.command)?;
        let selection = inbound::selection(request.scope, request.names)?;
        let actions = self.world.remove(wish, selection, request.logs).await.map_err(status)?;
        let results = results(&actions);
        Ok(Response::new(v1::RemoveResponse { project: reference(actions.project), results }))
    }

    async fn list_processes(
        &self,
        request: Request<v1::ListProcessesRequest>,
    ) -> Result<Response<v1::ListProcessesResponse>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        // Before the rows, so that nothing falls between this answer and what follows the cursor.
        let cursor = self.world.bus().cursor().to_string();
        let (project, rows) = self.rows(&selection).await?;
        Ok(Response::new(v1::ListProcessesResponse {
            project: reference(project),
            processes: rows.iter().map(process).collect(),
            cursor,
        }))
    }

    async fn watch_processes(
        &self,
        request: Request<v1::WatchProcessesRequest>,
    ) -> Result<Response<Self::WatchProcessesStream>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        // Refuses now what is not known; later processes of the selection come by themselves.
        let selected = self.world.select(&selection).await.map_err(status)?;
        let interval = request.usage_interval_ms.map(|ms| Duration::from_millis(ms).max(USAGE_LEAST));
        let watched = ProcessWatch {
            world: self.world.clone(),
            project: selected.project.map(|project| project.name.to_string()),
            names: (!selection.names.is_empty()).then_some(selected.keys),
            ticks: interval.map(|interval| {
                let mut ticks = tokio::time::interval(interval);
                ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                ticks
            }),
        };
        let topics = TopicSet::of(Topic::Process).with(Topic::Endpoint).with(Topic::Incident);
        Ok(Response::new(watch(&self.world, topics, watched)))
    }

    async fn get_process(
        &self,
        request: Request<v1::GetProcessRequest>,
    ) -> Result<Response<v1::GetProcessResponse>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, vec![request.name])?;
        let (project, rows) = self.rows(&selection).await?;
        let [row] = rows.as_slice() else {
            return Err(invalid("name", "say one process"));
        };
        let key = &row.view.key;
        let runs =
            self.world.processes().runs(key, RUNS_SHOWN).await.map_err(|error| status(error.into()))?;
        let environment =
            self.world.processes().environment(key).await.map_err(|error| status(error.into()))?;
        let mut response = v1::GetProcessResponse {
            process: Some(process(row)),
            runs: runs.iter().map(run).collect(),
            project: reference(project),
            ready_check: row.view.spec.ready.as_ref().map(ToString::to_string).unwrap_or_default(),
            ..Default::default()
        };
        if let Some((_, RunEnvironment { variables, sources, origin })) = environment {
            let source = |(name, places)| v1::EnvironmentSource { name, places };
            response.environment = mask::variables(variables);
            response.environment_origin = origin;
            response.environment_sources = sources.places.into_iter().map(source).collect();
            response.environment_notes = sources.notes;
        }
        Ok(Response::new(response))
    }

    async fn wait(&self, request: Request<v1::WaitRequest>) -> Result<Response<v1::WaitResponse>, Status> {
        let request = request.into_inner();
        if request.names.is_empty() {
            return Err(status(Refusal::new(Kind::Invalid, "NO_NAMES", "say which processes to wait for")));
        }
        let condition = match request.condition.ok_or_else(|| missing("condition"))? {
            v1::wait_request::Condition::Running(_) => WaitFor::Running,
            v1::wait_request::Condition::Ready(_) => WaitFor::Ready,
            v1::wait_request::Condition::Exit(_) => WaitFor::Exit,
            v1::wait_request::Condition::Url(_) => WaitFor::Url,
            v1::wait_request::Condition::Log(log) => WaitFor::Log(
                Matcher::regex(&log.regex).map_err(|error| invalid("log.regex", error.to_string()))?,
            ),
        };
        let selection = inbound::selection(request.scope, request.names)?;
        let ask = WaitAsk { selection, condition, any: request.any };
        let closing = self.world.closing().clone();
        let Some(done) = closing.run_until_cancelled(self.world.wait(ask)).await else {
            return Err(status(Refusal::new(Kind::Unavailable, "STOPPING", "the daemon is stopping")));
        };
        let done = done.map_err(status)?;
        let impossible = !done.met;
        Ok(Response::new(v1::WaitResponse {
            met: done.met,
            impossible,
            results: done.items.iter().map(waited).collect(),
            project: reference(done.project),
        }))
    }

    async fn list_endpoints(
        &self,
        request: Request<v1::ListEndpointsRequest>,
    ) -> Result<Response<v1::ListEndpointsResponse>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        let (project, endpoints) = self.world.endpoints(&selection).await.map_err(status)?;
        Ok(Response::new(v1::ListEndpointsResponse {
            project: reference(project),
            endpoints: endpoints.iter().map(|one| endpoint(one)).collect(),
        }))
    }

    async fn watch_endpoints(
        &self,
        request: Request<v1::WatchEndpointsRequest>,
    ) -> Result<Response<Self::WatchEndpointsStream>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        self.world.select(&selection).await.map_err(status)?;
        let watched = EndpointWatch { world: self.world.clone(), selection, known: Vec::new() };
        let topics = TopicSet::of(Topic::Endpoint).with(Topic::Process);
        Ok(Response::new(watch(&self.world, topics, watched)))
    }
}

struct ProcessWatch {
    world: World,
    project: Option<String>,
    names: Option<Vec<ProcessKey>>,
    ticks: Option<tokio::time::Interval>,
}

impl ProcessWatch {
    fn wants(&self, key: &ProcessKey) -> bool {
        self.project.as_deref().is_none_or(|project| *key.project == *project)
            && self.names.as_ref().is_none_or(|names| names.contains(key))
    }
}

fn process_message(
    message: v1::watch_processes_response::Message,
    seq: EventSeq,
) -> v1::WatchProcessesResponse {
    v1::WatchProcessesResponse { message: Some(message), seq }
}

impl Watched for ProcessWatch {
    type Message = v1::WatchProcessesResponse;

    async fn snapshot(&mut self, seq: EventSeq, cursor: String) -> Vec<Self::Message> {
        use v1::watch_processes_response::Message;
        let registry = self.world.processes().read().await;
        let views: Vec<_> = registry.all().iter().filter(|view| self.wants(&view.key)).cloned().collect();
        let rows = self.world.rows_with_usage(&views).await;
        let mut messages: Vec<_> = rows
            .chunks(SNAPSHOT_ROWS)
            .map(|rows| {
                let processes = rows.iter().map(process).collect();
                process_message(Message::Snapshot(v1::ProcessSnapshot { processes }), seq)
            })
            .collect();
        messages.push(process_message(Message::Synced(v1::Synced { cursor }), seq));
        messages
    }

    async fn changes(&mut self, delivery: &Delivery) -> Vec<Self::Message> {
        use v1::watch_processes_response::Message;
        let seq = delivery.cursor.seq;
        // One row a process however many events: the row is as it is now, not as it was then.
        let mut changed: BTreeSet<ProcessKey> = BTreeSet::new();
        for event in &delivery.events {
            match &event.payload {
                Payload::ProcessState(change) => changed.insert(change.process.clone()),
                Payload::ProcessRemoved { process }
                | Payload::ProcessUpdated { process }
                | Payload::Endpoint { process, .. }
                | Payload::Incident { process, .. } => changed.insert(process.clone()),
                _ => false,
            };
        }
        let registry = self.world.processes().read().await;
        let mut messages = Vec::new();
        let mut views = Vec::new();
        for key in changed.into_iter().filter(|key| self.wants(key)) {
            match registry.get(&key) {
                Some(view) => views.push(view.clone()),
                None => messages.push(process_message(Message::Removed(key.to_string()), seq)),
            }
        }
        for row in self.world.rows(&views) {
            messages.push(process_message(Message::Changed(process(&row)), seq));
        }
        messages
    }

    async fn due(&mut self) -> Vec<Self::Message> {
        use v1::watch_processes_response::Message;
        let Some(ticks) = &mut self.ticks else { return std::future::pending().await };
        ticks.tick().await;
        let registry = self.world.processes().read().await;
        let views: Vec<_> = registry
            .all()
            .iter()
            .filter(|view| view.state.is_live() && self.wants(&view.key))
            .cloned()
            .collect();
        let rows = self.world.rows_with_usage(&views).await;
        let processes: Vec<v1::ProcessUsage> = rows
            .iter()
            .map(|row| v1::ProcessUsage {
                project: row.view.key.project.to_string(),
                name: row.view.key.name.to_string(),
                usage: row.usage.map(usage),
            })
            .collect();
        if processes.is_empty() {
            return Vec::new();
        }
        let seq = self.world.bus().cursor().seq;
        vec![process_message(Message::Usage(v1::UsageSample { processes }), seq)]
    }
}

struct EndpointWatch {
    world: World,
    selection: Selection,
    known: Vec<v1::Endpoint>,
}

impl EndpointWatch {
    async fn now(&self) -> Vec<v1::Endpoint> {
        match self.world.endpoints(&self.selection).await {
            Ok((_, endpoints)) => endpoints.iter().map(|one| endpoint(one)).collect(),
            // The project or process is gone meanwhile: so are its endpoints.
            Err(_) => Vec::new(),
        }
    }
}

impl Watched for EndpointWatch {
    type Message = v1::WatchEndpointsResponse;

    async fn snapshot(&mut self, seq: EventSeq, cursor: String) -> Vec<Self::Message> {
        use v1::watch_endpoints_response::Message;
        self.known = self.now().await;
        let endpoints = self.known.clone();
        [Message::Snapshot(v1::EndpointSnapshot { endpoints }), Message::Synced(v1::Synced { cursor })]
            .into_iter()
            .map(|message| v1::WatchEndpointsResponse { message: Some(message), seq })
            .collect()
    }

    async fn changes(&mut self, delivery: &Delivery) -> Vec<Self::Message> {
        use v1::watch_endpoints_response::Message;
        let now = self.now().await;
        let same = |a: &v1::Endpoint, b: &v1::Endpoint| {
            (&a.project, &a.process, &a.url) == (&b.project, &b.process, &b.url)
        };
        let changed = now.iter().filter(|endpoint| !self.known.contains(endpoint));
        let gone = self.known.iter().filter(|old| !now.iter().any(|endpoint| same(old, endpoint)));
        let messages = changed
            .cloned()
            .map(Message::Changed)
            .chain(gone.cloned().map(Message::Removed))
            .map(|message| v1::WatchEndpointsResponse { message: Some(message), seq: delivery.cursor.seq })
            .collect();
        self.known = now;
        messages
    }
}
