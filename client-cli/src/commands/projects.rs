//! `projects`: list, add, trust, rm.

use std::path::Path;

use brummer_proto::client::{Client, new_command};
use brummer_proto::v1;

use crate::args::{Projects, ProjectsVerb};
use crate::context::{Context, Patience, absolute};
use crate::failure::Failure;
use crate::json::project::{Project, Removed};
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context, projects: Projects) -> Result<u8, Failure> {
    let client = context.connect().await?;
    match projects.verb {
        None | Some(ProjectsVerb::List) => list(context, &client).await,
        Some(ProjectsVerb::Add { directory }) => add(context, &client, &directory).await,
        Some(ProjectsVerb::Trust { directory }) => trust(context, &client, &directory).await,
        Some(ProjectsVerb::Rm { project }) => remove(context, &client, &project).await,
    }
}

async fn list(context: &mut Context, client: &Client) -> Result<u8, Failure> {
    let ask = async |client: &Client| client.projects().list_projects(v1::ListProjectsRequest {}).await;
    let answer = context.read(client, ask).await?;
    let projects: Vec<Project> = answer.projects.into_iter().map(Project::from).collect();
    if context.output.format().is_json() {
        context.output.list("projects", &projects)?;
    } else {
        let table = view::project::projects(&projects, context.home().as_deref(), context.output.paper());
        context.output.data(table)?;
    }
    Ok(exit::OK)
}

async fn add(context: &mut Context, client: &Client, directory: &Path) -> Result<u8, Failure> {
    let request = v1::AddProjectRequest { command: Some(new_command()), directory: absolute(directory)? };
    let ask = async |client: &Client| client.projects().add_project(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    say(context, answer.project, if answer.added { "added" } else { "already known" })
}

async fn trust(context: &mut Context, client: &Client, directory: &Path) -> Result<u8, Failure> {
    let request = v1::TrustProjectRequest { command: Some(new_command()), directory: absolute(directory)? };
    let ask = async |client: &Client| client.projects().trust_project(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    say(context, answer.project, if answer.newly_trusted { "trusted" } else { "already trusted" })
}

/// The project as a document, or one line of what was done with it.
fn say(context: &mut Context, project: Option<v1::Project>, did: &str) -> Result<u8, Failure> {
    let project = Project::from(project.unwrap_or_default());
    if context.output.format().is_json() {
        context.output.list("projects", &[project])?;
    } else {
        let directory = view::tilde(&project.directory, context.home().as_deref());
        context.output.talk(&format!("{}  {did}  {directory}", view::plain_words(&project.name)));
    }
    Ok(exit::OK)
}

async fn remove(context: &mut Context, client: &Client, project: &str) -> Result<u8, Failure> {
    let scope = context.scope_of(project)?;
    let request = v1::RemoveProjectRequest { command: Some(new_command()), scope: Some(scope) };
    let ask = async |client: &Client| client.projects().remove_project(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    if context.output.format().is_json() {
        context.output.object(&Removed { removed: answer.name })?;
    } else {
        context.output.talk(&format!("{}  removed", view::plain_words(&answer.name)));
    }
    Ok(exit::OK)
}
