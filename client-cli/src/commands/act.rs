//! `start`, `stop`, `restart`, `down`, `rm`: commands that are answered when they are done.

use brummer_proto::client::{Client, client_context, new_command};
use brummer_proto::v1;

use super::report;
use crate::args::{Down, Remove, Restart, Start, Stop};
use crate::context::{Context, Patience};
use crate::failure::Failure;
use crate::json::action::ActionResult;
use crate::view;

pub(crate) async fn start(context: &mut Context, start: Start) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::StartRequest {
        command: Some(new_command()),
        client: Some(client_context(None)),
        scope: Some(context.scope()?),
        names: start.names,
        all: start.all,
        wait: start.wait,
    };
    let patience = patience(start.wait);
    let answer = context
        .command(&client, patience, async |client: &Client| client.processes().start(request.clone()).await)
        .await?;
    tell_notices(context, &answer.notices);
    tell(context, &client, answer.project, answer.results, start.wait).await
}

pub(crate) fn tell_notices(context: &mut Context, notices: &[String]) {
    for notice in notices {
        context.output.talk(&view::plain_words(notice));
    }
}

pub(crate) async fn stop(context: &mut Context, stop: Stop) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::StopRequest {
        command: Some(new_command()),
        scope: Some(context.scope()?),
        names: stop.names,
        all: stop.all,
        with_dependents: stop.with_dependents,
    };
    let ask = async |client: &Client| client.processes().stop(request.clone()).await;
    let answer = context.command(&client, Patience::Usual, ask).await?;
    tell(context, &client, answer.project, answer.results, false).await
}

pub(crate) async fn restart(context: &mut Context, restart: Restart) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::RestartRequest {
        command: Some(new_command()),
        client: Some(client_context(None)),
        scope: Some(context.scope()?),
        names: restart.names,
        all: restart.all,
        wait: restart.wait,
        with_dependents: restart.with_dependents,
    };
    let ask = async |client: &Client| client.processes().restart(request.clone()).await;
    let answer = context.command(&client, patience(restart.wait), ask).await?;
    tell_notices(context, &answer.notices);
    tell(context, &client, answer.project, answer.results, restart.wait).await
}

pub(crate) async fn down(context: &mut Context, down: Down) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request =
        v1::DownRequest { command: Some(new_command()), scope: Some(context.scope()?), names: down.names };
    let ask = async |client: &Client| client.processes().down(request.clone()).await;
    let answer = context.command(&client, Patience::Usual, ask).await?;
    tell(context, &client, answer.project, answer.results, false).await
}

pub(crate) async fn remove(context: &mut Context, remove: Remove) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::RemoveRequest {
        command: Some(new_command()),
        scope: Some(context.scope()?),
        names: remove.names,
        logs: remove.logs,
    };
    let ask = async |client: &Client| client.processes().remove(request.clone()).await;
    let answer = context.command(&client, Patience::Usual, ask).await?;
    tell(context, &client, answer.project, answer.results, false).await
}

const fn patience(wait: bool) -> Patience {
    if wait { Patience::Ready } else { Patience::Usual }
}

async fn tell(
    context: &mut Context,
    client: &Client,
    project: Option<v1::ProjectRef>,
    results: Vec<v1::ActionResult>,
    waited: bool,
) -> Result<u8, Failure> {
    context.announce(project.as_ref());
    let results: Vec<ActionResult> = results.into_iter().map(ActionResult::from).collect();
    let code = report::results(context, &results)?;
    if waited {
        report::last_words(context, client, &results).await?;
    }
    Ok(code)
}
