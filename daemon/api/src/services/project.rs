//! `ProjectService`: known directories, what could be run in them, their configuration.

mod pieces;

use std::path::Path;

use brummer_bus::{Delivery, TopicSet};
use brummer_event::{EventSeq, Topic};
use brummer_projects::config::ForeignFormat;
use brummer_proto::v1;
use brummer_proto::v1::project_service_server::ProjectService;
use brummer_world::World;
use tonic::{Request, Response, Status};

use crate::convert::inbound;
use crate::convert::project::{config_value, diagnostic, imported, project, reference, script};
use crate::refuse::{invalid, status};
use crate::watch::{Messages, Watched, watch};

pub(crate) struct ProjectApi {
    pub(crate) world: World,
}

#[tonic::async_trait]
impl ProjectService for ProjectApi {
    type WatchProjectsStream = Messages<v1::WatchProjectsResponse>;
    type ListScriptsStream = Messages<v1::ListScriptsResponse>;

    async fn list_projects(
        &self,
        _request: Request<v1::ListProjectsRequest>,
    ) -> Result<Response<v1::ListProjectsResponse>, Status> {
        let projects = self.world.project_rows().iter().map(project).collect();
        Ok(Response::new(v1::ListProjectsResponse { projects }))
    }

    async fn watch_projects(
        &self,
        _request: Request<v1::WatchProjectsRequest>,
    ) -> Result<Response<Self::WatchProjectsStream>, Status> {
        let watched = ProjectWatch { world: self.world.clone(), known: Vec::new() };
        let topics = TopicSet::of(Topic::Project).with(Topic::Process);
        Ok(Response::new(watch(&self.world, topics, watched)))
    }

    async fn add_project(
        &self,
        request: Request<v1::AddProjectRequest>,
    ) -> Result<Response<v1::AddProjectResponse>, Status> {
        let directory = absolute(request.into_inner().directory)?;
        let (row, added) = self.world.add_project(Path::new(&directory)).await.map_err(status)?;
        Ok(Response::new(v1::AddProjectResponse { project: Some(project(&row)), added }))
    }

    async fn trust_project(
        &self,
        request: Request<v1::TrustProjectRequest>,
    ) -> Result<Response<v1::TrustProjectResponse>, Status> {
        let directory = absolute(request.into_inner().directory)?;
        let (row, newly_trusted) = self.world.trust_project(Path::new(&directory)).await.map_err(status)?;
        Ok(Response::new(v1::TrustProjectResponse { project: Some(project(&row)), newly_trusted }))
    }

    async fn remove_project(
        &self,
        request: Request<v1::RemoveProjectRequest>,
    ) -> Result<Response<v1::RemoveProjectResponse>, Status> {
        let ask = inbound::project_ask(request.into_inner().scope)?;
        let name = self.world.remove_project(&ask).await.map_err(status)?;
        Ok(Response::new(v1::RemoveProjectResponse { name: name.to_string() }))
    }

    async fn find_project(
        &self,
        request: Request<v1::FindProjectRequest>,
    ) -> Result<Response<v1::FindProjectResponse>, Status> {
        let ask = inbound::project_ask(request.into_inner().scope)?;
        let (found, known) = self.world.find_project(&ask).await.map_err(status)?;
        Ok(Response::new(v1::FindProjectResponse { project: Some(reference(found)), known }))
    }

    async fn list_scripts(
        &self,
        request: Request<v1::ListScriptsRequest>,
    ) -> Result<Response<Self::ListScriptsStream>, Status> {
        let request = request.into_inner();
        let ask = inbound::project_ask(request.scope)?;
        let path = (!request.path.is_empty()).then(|| request.path.into());
        let (found, loaded) = self.world.load(&ask, path).await.map_err(status)?;
        let last_runs = self.world.last_runs(&found.name, &loaded.scripts);
        let name = found.name.clone();
        let scripts = loaded.scripts.into_iter().zip(last_runs);
        let scripts = scripts.map(move |(one, last_run)| script(one, &name, last_run));
        let pieces = pieces::of_scripts(scripts, Some(reference(found)), loaded.notices);
        Ok(Response::new(Box::pin(futures::stream::iter(pieces.map(Ok)))))
    }

    async fn check_config(
        &self,
        request: Request<v1::CheckConfigRequest>,
    ) -> Result<Response<v1::CheckConfigResponse>, Status> {
        let request = request.into_inner();
        let ask = inbound::project_ask(request.scope)?;
        let profile = inbound::profile(&request.profile);
        let check = self.world.check_config(&ask, profile).await.map_err(status)?;
        Ok(Response::new(v1::CheckConfigResponse {
            diagnostics: check.diagnostics.iter().map(diagnostic).collect(),
            files: check.files.iter().map(|file| file.to_string_lossy().into_owned()).collect(),
        }))
    }

    async fn show_config(
        &self,
        request: Request<v1::ShowConfigRequest>,
    ) -> Result<Response<v1::ShowConfigResponse>, Status> {
        let request = request.into_inner();
        let ask = inbound::project_ask(request.scope)?;
        let profile = inbound::profile(&request.profile);
        let (values, files) = self.world.show_config(&ask, profile).await.map_err(status)?;
        Ok(Response::new(v1::ShowConfigResponse {
            values: values.iter().map(config_value).collect(),
            files: files.iter().map(|file| file.to_string_lossy().into_owned()).collect(),
        }))
    }

    async fn init_config(
        &self,
        request: Request<v1::InitConfigRequest>,
    ) -> Result<Response<v1::InitConfigResponse>, Status> {
        let request = request.into_inner();
        let ask = inbound::project_ask(request.scope)?;
        let path = (!request.path.is_empty()).then(|| request.path.into());
        let made = self.world.init_config(&ask, path).await.map_err(status)?;
        Ok(Response::new(v1::InitConfigResponse {
            file: made.path.to_string_lossy().into_owned(),
            text: made.text,
            scripts: u32::try_from(made.scripts).unwrap_or(u32::MAX),
        }))
    }

    async fn import_config(
        &self,
        request: Request<v1::ImportConfigRequest>,
    ) -> Result<Response<v1::ImportConfigResponse>, Status> {
        let request = request.into_inner();
        if !request.file.starts_with('/') {
            return Err(invalid("file", "the file's path must be absolute"));
        }
        let from = match request.from.as_str() {
            "" => None,
            word => Some(ForeignFormat::from_word(word).ok_or_else(|| {
                invalid("from", format!("no format `{word}`; there are {}", ForeignFormat::words()))
            })?),
        };
        let path = Path::new(&request.file);
        let read = self.world.import_config(path, from, request.write).await.map_err(status)?;
        Ok(Response::new(imported(read, request.write)))
    }
}

fn absolute(directory: String) -> Result<String, Status> {
    if directory.starts_with('/') {
        return Ok(directory);
    }
    Err(invalid("directory", "the directory must be absolute"))
}

struct ProjectWatch {
    world: World,
    known: Vec<v1::Project>,
}

impl ProjectWatch {
    fn now(&self) -> Vec<v1::Project> {
        self.world.project_rows().iter().map(project).collect()
    }
}

impl Watched for ProjectWatch {
    type Message = v1::WatchProjectsResponse;

    async fn snapshot(&mut self, seq: EventSeq, cursor: String) -> Vec<Self::Message> {
        use v1::watch_projects_response::Message;
        self.known = self.now();
        let projects = self.known.clone();
        [Message::Snapshot(v1::ProjectSnapshot { projects }), Message::Synced(v1::Synced { cursor })]
            .into_iter()
            .map(|message| v1::WatchProjectsResponse { message: Some(message), seq })
            .collect()
    }

    async fn changes(&mut self, delivery: &Delivery) -> Vec<Self::Message> {
        use v1::watch_projects_response::Message;
        let now = self.now();
        let changed = now.iter().filter(|project| !self.known.contains(project));
        let gone = self.known.iter().filter(|old| !now.iter().any(|project| project.name == old.name));
        let messages = changed
            .cloned()
            .map(Message::Changed)
            .chain(gone.map(|old| Message::Removed(old.name.clone())))
            .map(|message| v1::WatchProjectsResponse { message: Some(message), seq: delivery.cursor.seq })
            .collect();
        self.known = now;
        messages
    }
}
