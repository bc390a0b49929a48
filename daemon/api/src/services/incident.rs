//! `IncidentService`: what was found wrong in lines.

use brummer_bus::{Delivery, TopicSet};
use brummer_event::{EventSeq, Topic};
use brummer_proto::v1;
use brummer_proto::v1::incident_service_server::IncidentService;
use brummer_world::{IncidentsAsk, World};
use tonic::{Request, Response, Status};

use crate::convert::incident::incident;
use crate::convert::{self, inbound};
use crate::refuse::status;
use crate::watch::{Messages, Watched, watch};

/// Incidents in one snapshot message: keeps it under 256 KiB.
const SNAPSHOT_ROWS: usize = 50;

pub(crate) struct IncidentApi {
    pub(crate) world: World,
}

#[tonic::async_trait]
impl IncidentService for IncidentApi {
    type WatchIncidentsStream = Messages<v1::WatchIncidentsResponse>;

    async fn list_incidents(
        &self,
        request: Request<v1::ListIncidentsRequest>,
    ) -> Result<Response<v1::ListIncidentsResponse>, Status> {
        let request = request.into_inner();
        let ask = IncidentsAsk {
            selection: inbound::selection(request.scope, request.names)?,
            since: request.since_ns,
            all_runs: request.all,
        };
        let (project, incidents) = self.world.incidents(&ask).await.map_err(status)?;
        Ok(Response::new(v1::ListIncidentsResponse {
            project: project.map(convert::project::reference),
            incidents: incidents.iter().map(|one| incident(&self.world, one)).collect(),
        }))
    }

    async fn get_incident(
        &self,
        request: Request<v1::GetIncidentRequest>,
    ) -> Result<Response<v1::GetIncidentResponse>, Status> {
        let request = request.into_inner();
        let found = self.world.incident(&request.id).map_err(status)?;
        Ok(Response::new(v1::GetIncidentResponse { incident: Some(incident(&self.world, &found)) }))
    }

    async fn watch_incidents(
        &self,
        request: Request<v1::WatchIncidentsRequest>,
    ) -> Result<Response<Self::WatchIncidentsStream>, Status> {
        let request = request.into_inner();
        let selection = inbound::selection(request.scope, request.names)?;
        self.world.select(&selection).await.map_err(status)?;
        let ask = IncidentsAsk { selection, since: None, all_runs: request.all };
        let watched = IncidentWatch { world: self.world.clone(), ask, known: Vec::new() };
        let topics = TopicSet::of(Topic::Incident).with(Topic::Process);
        Ok(Response::new(watch(&self.world, topics, watched)))
    }
}

struct IncidentWatch {
    world: World,
    ask: IncidentsAsk,
    known: Vec<v1::Incident>,
}

impl IncidentWatch {
    async fn now(&self) -> Vec<v1::Incident> {
        match self.world.incidents(&self.ask).await {
            Ok((_, incidents)) => incidents.iter().map(|one| incident(&self.world, one)).collect(),
            // The project or process is gone meanwhile: so are its incidents.
            Err(_) => Vec::new(),
        }
    }
}

impl Watched for IncidentWatch {
    type Message = v1::WatchIncidentsResponse;

    async fn snapshot(&mut self, seq: EventSeq, cursor: String) -> Vec<Self::Message> {
        use v1::watch_incidents_response::Message;
        self.known = self.now().await;
        self.known
            .chunks(SNAPSHOT_ROWS)
            .map(|incidents| Message::Snapshot(v1::IncidentSnapshot { incidents: incidents.to_vec() }))
            .chain([Message::Synced(v1::Synced { cursor })])
            .map(|message| v1::WatchIncidentsResponse { message: Some(message), seq })
            .collect()
    }

    async fn changes(&mut self, delivery: &Delivery) -> Vec<Self::Message> {
        use v1::watch_incidents_response::Message;
        let now = self.now().await;
        let changed = now.iter().filter(|incident| !self.known.contains(incident));
        let gone = self.known.iter().filter(|old| !now.iter().any(|incident| incident.id == old.id));
        let messages = changed
            .cloned()
            .map(Message::Changed)
            .chain(gone.map(|old| Message::Removed(old.id.clone())))
            .map(|message| v1::WatchIncidentsResponse { message: Some(message), seq: delivery.cursor.seq })
            .collect();
        self.known = now;
        messages
    }
}
