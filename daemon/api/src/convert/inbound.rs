//! What every request brings: scope, client context, command.

use std::path::PathBuf;
use std::sync::Arc;

use brummer_event::RequestId;
use brummer_event::spec::ClientContext;
use brummer_proto::v1;
use brummer_world::{ProjectAsk, Selection, Wish};
use tonic::Status;

use crate::refuse::{invalid, missing};

/// Longest request id.
const REQUEST_ID_MAX: usize = 64;

pub(crate) fn project_ask(scope: Option<v1::Scope>) -> Result<ProjectAsk, Status> {
    let scope = scope.ok_or_else(|| missing("scope"))?;
    if scope.all {
        return Ok(ProjectAsk::All);
    }
    if !scope.project.is_empty() {
        let here = (!scope.directory.is_empty()).then(|| PathBuf::from(scope.directory));
        return Ok(ProjectAsk::Named { name: scope.project, here });
    }
    if scope.directory.starts_with('/') {
        return Ok(ProjectAsk::Here(PathBuf::from(scope.directory)));
    }
    Err(invalid("scope.directory", "say a project, an absolute directory, or all"))
}

/// The profile of that name, if one is named.
pub(crate) fn profile(name: &str) -> Option<Arc<str>> {
    (!name.is_empty()).then(|| name.into())
}

pub(crate) fn selection(scope: Option<v1::Scope>, names: Vec<String>) -> Result<Selection, Status> {
    Ok(Selection { project: project_ask(scope)?, names })
}

pub(crate) fn wish(command: Option<v1::Command>) -> Result<Wish, Status> {
    let command = command.ok_or_else(|| missing("command"))?;
    if command.request_id.is_empty() || command.request_id.len() > REQUEST_ID_MAX {
        return Err(invalid("command.request_id", "a request id has 1 to 64 characters"));
    }
    Ok(Wish {
        request: RequestId(command.request_id.into()),
        expected_generation: command.expected_generation,
    })
}

pub(crate) fn client(client: Option<v1::ClientContext>) -> Result<(ClientContext, PathBuf), Status> {
    let client = client.ok_or_else(|| missing("client"))?;
    let directory = PathBuf::from(&client.directory);
    if !directory.is_absolute() {
        return Err(invalid("client.directory", "the client's directory must be absolute"));
    }
    let context = ClientContext {
        env: environment(client.environment),
        umask: client.umask,
        rlimits: client
            .resource_limits
            .into_iter()
            .map(|limit| (limit.resource, limit.soft, limit.hard))
            .collect(),
    };
    Ok((context, directory))
}

/// Variables as text. A value that is not UTF-8 is kept as far as text can keep it.
pub(crate) fn environment(variables: Vec<v1::EnvironmentVariable>) -> Vec<(String, String)> {
    variables
        .into_iter()
        .filter(|variable| !variable.name.is_empty() && !variable.name.contains(['=', '\0']))
        .map(|variable| (variable.name, String::from_utf8_lossy(&variable.value).into_owned()))
        .collect()
}
