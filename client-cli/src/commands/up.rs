//! `up`: open the project, start what is meant, and follow it unless told not to.

use brummer_proto::client::{Client, client_context, new_command};
use brummer_proto::v1;

use super::act::tell_notices;
use super::logs::{self, Follow};
use super::report;
use crate::args::Up;
use crate::context::{Context, Patience};
use crate::failure::Failure;
use crate::json::action::{ActionResult, Did};
use crate::view::logs::Prefix;
use crate::{exit, view};

pub(crate) async fn perform(context: &mut Context, up: Up) -> Result<u8, Failure> {
    if !up.detach {
        super::refuse_document(context, "`up` without -d")?;
    }
    // An interrupt ends the looking, never what is looked at.
    let detached = {
        let work = work(context, up);
        tokio::select! {
            biased;
            () = crate::sys::interrupted() => None,
            done = work => Some(done),
        }
    };
    match detached {
        Some(done) => done,
        None => {
            context.output.flush()?;
            context.output.talk("detached: all keeps running; `brummerctl down` stops it");
            Ok(exit::OK)
        }
    }
}

async fn work(context: &mut Context, up: Up) -> Result<u8, Failure> {
    let client = context.connect().await?;
    // Taken before anything starts, so that no first line is missed.
    let before = if up.detach { None } else { Some(logs::cursor_now(context, &client).await?) };
    let named = !up.names.is_empty();
    let request = v1::UpRequest {
        command: Some(new_command()),
        client: Some(client_context(None)),
        scope: Some(context.scope()?),
        names: up.names,
        no_dependencies: up.no_deps,
        wait: up.wait,
        profile: context.profile(),
    };
    let patience = if up.wait { Patience::Ready } else { Patience::Usual };
    let ask = async |client: &Client| client.processes().up(request.clone()).await;
    let answer = context.command(&client, patience, ask).await?;
    context.announce(answer.project.as_ref());
    tell_opening(context, &answer);
    let results: Vec<ActionResult> = answer.results.into_iter().map(ActionResult::from).collect();
    let code = report::results(context, &results)?;
    if up.wait {
        report::last_words(context, &client, &results).await?;
    }
    let nothing_runs = results.iter().all(|result| result.did == Did::Failed);
    let Some(before) = before.filter(|_| !nothing_runs) else { return Ok(code) };

    let project = answer.project.unwrap_or_default().name;
    let names = if named { results.iter().map(|result| result.name.clone()).collect() } else { Vec::new() };
    let filter = v1::LogFilter {
        scope: Some(v1::Scope { project, ..v1::Scope::default() }),
        names,
        ..v1::LogFilter::default()
    };
    // Where everything ran already there is no beginning to show, but what was said last.
    let quiet_start = results.iter().all(|result| result.did == Did::AlreadyRunning);
    let from = if quiet_start { v1::follow_request::From::Last(logs::FOLLOW_LINES) } else { before };
    let width = view::logs::name_width(results.iter().map(|result| result.name.as_str()));
    let sink = logs::Sink::new(context, Prefix::Names(width), false, false);
    Follow { client: &client, filter, from, sink }.run(context).await?;
    Ok(code)
}

fn tell_opening(context: &mut Context, answer: &v1::UpResponse) {
    if let Some(project) = answer.project.as_ref().filter(|_| answer.newly_trusted) {
        let directory = view::tilde(&project.directory, context.home().as_deref());
        let name = view::plain_words(&project.name);
        context.output.talk(&format!("{name}  opened  {directory} is trusted from now on"));
    }
    tell_notices(context, &answer.notices);
    if !answer.choice.is_empty() {
        context.output.talk(&view::plain_words(&answer.choice));
    }
}
