//! `run`: a command as a process of its own; with `--rm` it is followed, its exit code passed on, and then
//! forgotten.

mod attached;
mod lookup;

use std::path::Path;

use brummer_proto::client::{Client, client_context, new_command};
use brummer_proto::v1;

use super::report;
use crate::args::Run;
use crate::context::{Context, Patience, absolute};
use crate::failure::Failure;
use crate::json::action::ActionResult;

pub(crate) async fn perform(context: &mut Context, run: Run) -> Result<u8, Failure> {
    if run.rm {
        super::refuse_document(context, "what `run --rm` follows")?;
    }
    let client = context.connect().await?;
    let directory = match &run.dir {
        Some(directory) => absolute(directory)?,
        None => String::new(),
    };
    let variable = |variable: &crate::args::Variable| v1::EnvironmentVariable {
        name: variable.name.clone(),
        value: variable.value.clone().into_bytes(),
    };
    let request = v1::RunRequest {
        command: Some(new_command()),
        client: Some(client_context(None)),
        scope: Some(context.scope()?),
        name: run.name.clone().unwrap_or_default(),
        argv: run.command.clone(),
        directory: directory.clone(),
        environment: run.environment.iter().map(variable).collect(),
        script: String::new(),
    };
    let ask = async |client: &Client| client.processes().run(request.clone()).await;
    let answer = context.command(&client, Patience::Usual, ask).await?;
    context.announce(answer.project.as_ref());
    let result = ActionResult::from(answer.result.unwrap_or_default());
    if !run.rm {
        return report::results(context, &[result]);
    }
    if result.error.is_some() {
        let code = report::results(context, std::slice::from_ref(&result))?;
        attached::forget(context, &client, &result).await?;
        let never_started = result.error.as_ref().is_some_and(|error| error.code == "START_FAILED");
        let shells = never_started.then(|| lookup::code(&run.command, Path::new(&directory), &path_of(&run)));
        return Ok(shells.flatten().unwrap_or(code));
    }
    if context.output.format().is_json() {
        context.output.object(&result)?;
    }
    attached::follow(context, &client, result, answer.cursor).await
}

/// The PATH that the command is searched on.
fn path_of(run: &Run) -> std::ffi::OsString {
    let own = run.environment.iter().rev().find(|variable| variable.name == "PATH");
    match own {
        Some(variable) => (&variable.value).into(),
        None => std::env::var_os("PATH").unwrap_or_default(),
    }
}
