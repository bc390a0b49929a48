//! Questions and commands to the daemon, each a future that ends with its answer.

use brummer_proto::client::{Client, ClientError, client_context, new_command};
use brummer_proto::v1;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::wire;
use crate::effect::{Act, Anchor, Effect, Hit, PageQuestion};
use crate::message::{Acted, Failure, Message, Outcome, Reply};
use crate::model::Place;
use crate::model::filter::Filter;
use crate::model::log::{Line, Page};
use crate::model::process::{Run, Script};
use crate::model::settings::{Found, Mistake};

/// Lines of one time that are read at once to tell their order.
const TIES: u32 = 1000;

/// An error as its user is told it.
pub fn failure(error: ClientError) -> Failure {
    Failure { message: error.message, hint: error.hint }
}

/// The project that is meant by `-p`, or by the current directory.
///
/// # Errors
/// What the daemon says; no project here is none with a directory, and one with `-p`.
pub async fn find_project(
    client: &Client,
    project: Option<&str>,
    directory: &str,
) -> Result<Place, ClientError> {
    let named = project.map(|project| {
        // A directory is recognised by its slash.
        let is_path = project.contains('/') || project == "." || project == "..";
        let absolute = std::path::absolute(project).ok().filter(|_| is_path);
        absolute.map_or_else(|| project.to_owned(), |path| path.to_string_lossy().into_owned())
    });
    let scope = match &named {
        Some(project) => wire::project_scope(project),
        None => v1::Scope { directory: directory.to_owned(), ..v1::Scope::default() },
    };
    let request = v1::FindProjectRequest { scope: Some(scope) };
    let answer = client.call(async |client| client.projects().find_project(request.clone()).await).await;
    match answer {
        Ok(v1::FindProjectResponse { project: Some(found), known: true }) => {
            Ok(Place::Project { name: found.name, directory: found.directory })
        }
        Ok(v1::FindProjectResponse { project: Some(found), .. }) => Ok(Place::Directory(found.directory)),
        Ok(_) => Ok(Place::Directory(directory.to_owned())),
        Err(error) if error.code == "NOT_FOUND" && named.is_none() => {
            Ok(Place::Directory(directory.to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// The answer to a request that is not made.
pub(super) fn refused(effect: &Effect, message: &str) -> Option<Message> {
    match effect {
        Effect::Act { ticket, .. } => {
            let failure = Failure { message: message.to_owned(), hint: None };
            Some(Message::Reply { ticket: *ticket, reply: Reply::Acted(Err(failure)) })
        }
        _ => None,
    }
}

/// The future of a request; `None` if the effect is none.
pub(super) fn future(client: Client, effect: Effect) -> Option<LocalBoxFuture<'static, Message>> {
    let reply = |ticket, reply| Message::Reply { ticket, reply };
    Some(match effect {
        Effect::Act { ticket, place, act } => {
            async move { reply(ticket, Reply::Acted(perform(&client, &place, act).await.map_err(failure))) }
                .boxed_local()
        }
        Effect::ReadPage { ticket, place, question, purpose } => async move {
            let page = read(&client, &place, question).await.map_err(failure);
            reply(ticket, Reply::Page { purpose, page })
        }
        .boxed_local(),
        Effect::FindLine { ticket, place, filter, anchor, forward } => async move {
            let found = find(&client, &place, filter, anchor, forward).await.map_err(failure);
            reply(ticket, Reply::Found(found))
        }
        .boxed_local(),
        Effect::CountMatches { ticket, place, filter, at } => async move {
            let counted = count(&client, &place, filter, at).await;
            reply(
                ticket,
                match counted {
                    Ok((total, place)) => Reply::Counted { total, place },
                    Err(error) => Reply::CountFailed(failure(error)),
                },
            )
        }
        .boxed_local(),
        Effect::ListScripts { ticket, place } => {
            async move { reply(ticket, Reply::Scripts(scripts(&client, &place).await.map_err(failure))) }
                .boxed_local()
        }
        Effect::ReadSettings { ticket, place } => {
            async move { reply(ticket, Reply::Settings(settings(&client, &place).await.map_err(failure))) }
                .boxed_local()
        }
        Effect::FindPlace { ticket, directory } => {
            async move { reply(ticket, Reply::Place(find_directory(&client, &directory).await)) }
                .boxed_local()
        }
        Effect::ExplainProcess { ticket, place, name } => async move {
            let explained = explain(&client, &place, name).await.map_err(failure);
            reply(ticket, Reply::Explained(explained))
        }
        .boxed_local(),
        Effect::Copy { .. } | Effect::OpenUrl { .. } | Effect::Edit(_) | Effect::Suspend => return None,
    })
}

/// Commands carry their id from here on: a repetition after a loss is the same command.
async fn perform(client: &Client, place: &Place, act: Act) -> Result<Acted, ClientError> {
    let command = Some(new_command());
    let scope = Some(wire::scope(place));
    let context = || Some(client_context(None));
    match act {
        Act::Up(names) => {
            let request =
                v1::UpRequest { command, client: context(), scope, names, ..v1::UpRequest::default() };
            let answer = client.call(async |client| client.processes().up(request.clone()).await).await?;
            let mut acted = acted(answer.results, answer.project);
            acted.words.extend(Some(answer.choice).filter(|choice| !choice.is_empty()));
            if answer.newly_trusted {
                acted.words.push("this directory is trusted from now on".to_owned());
            }
            acted.words.extend(answer.notices);
            Ok(acted)
        }
        Act::Down => {
            let request = v1::DownRequest { command, scope, names: Vec::new() };
            let answer = client.call(async |client| client.processes().down(request.clone()).await).await?;
            Ok(acted(answer.results, answer.project))
        }
        Act::Start(names) => {
            let request =
                v1::StartRequest { command, client: context(), scope, names, ..v1::StartRequest::default() };
            let answer = client.call(async |client| client.processes().start(request.clone()).await).await?;
            Ok(acted(answer.results, answer.project))
        }
        Act::RunScript { script, arguments: argv } => {
            let request = v1::RunRequest {
                command,
                client: context(),
                scope,
                script,
                argv,
                ..v1::RunRequest::default()
            };
            let answer = client.call(async |client| client.processes().run(request.clone()).await).await?;
            Ok(acted(answer.result.into_iter().collect(), answer.project))
        }
        Act::Stop(name) => {
            let request = v1::StopRequest { command, scope, names: vec![name], ..v1::StopRequest::default() };
            let answer = client.call(async |client| client.processes().stop(request.clone()).await).await?;
            Ok(acted(answer.results, answer.project))
        }
        Act::Restart(name) => {
            let names = vec![name];
            let request = v1::RestartRequest {
                command,
                client: context(),
                scope,
                names,
                ..v1::RestartRequest::default()
            };
            let answer =
                client.call(async |client| client.processes().restart(request.clone()).await).await?;
            Ok(acted(answer.results, answer.project))
        }
        Act::Remove(name) => {
            let request = v1::RemoveRequest { command, scope, names: vec![name], logs: false };
            let answer = client.call(async |client| client.processes().remove(request.clone()).await).await?;
            Ok(acted(answer.results, answer.project))
        }
        Act::Clear(name) => {
            let request = v1::ClearRequest { command, scope, names: name.into_iter().collect() };
            client.call(async |client| client.logs().clear(request.clone()).await).await?;
            Ok(Acted { words: vec!["earlier lines are no longer shown".to_owned()], ..Acted::default() })
        }
    }
}

fn acted(results: Vec<v1::ActionResult>, project: Option<v1::ProjectRef>) -> Acted {
    let outcome = |result: v1::ActionResult| {
        let did = match result.did() {
            v1::Did::Started => "started",
            v1::Did::AlreadyRunning => "runs already",
            v1::Did::Stopped => "stopped",
            v1::Did::AlreadyStopped => "was stopped already",
            v1::Did::Restarted => "restarted",
            v1::Did::Removed => "forgotten",
            v1::Did::Waiting => "waits",
            v1::Did::Failed => "failed",
            v1::Did::Unspecified => "done",
        };
        let failure = result.error.map(|error| Failure {
            message: error.message,
            hint: Some(error.hint).filter(|hint| !hint.is_empty()),
        });
        Outcome { name: result.name, did, failure }
    };
    Acted {
        outcomes: results.into_iter().map(outcome).collect(),
        project: project.map(|project| (project.name, project.directory)),
        words: Vec::new(),
    }
}

async fn read(client: &Client, place: &Place, question: PageQuestion) -> Result<Page, ClientError> {
    Ok(wire::page(read_raw(client, place, question).await?))
}

async fn read_raw(
    client: &Client,
    place: &Place,
    question: PageQuestion,
) -> Result<v1::ReadResponse, ClientError> {
    let request = v1::ReadRequest {
        anchor: Some(anchor(question.anchor)),
        before: question.before,
        after: question.after,
        filter: Some(wire::filter(wire::scope(place), &question.filter)),
    };
    client.call(async |client| client.logs().read(request.clone()).await).await
}

fn anchor(anchor: Anchor) -> v1::Anchor {
    use v1::anchor::Place;
    v1::Anchor {
        place: Some(match anchor {
            Anchor::Cursor(cursor) => Place::Cursor(cursor),
            Anchor::First => Place::First(true),
            Anchor::Last => Place::Last(true),
        }),
    }
}

async fn find(
    client: &Client,
    place: &Place,
    filter: Filter,
    at: Anchor,
    forward: bool,
) -> Result<Option<Line>, ClientError> {
    let (before, after) = if forward { (0, 1) } else { (1, 0) };
    let page = read(client, place, PageQuestion { filter, anchor: at, before, after }).await?;
    let mut lines = page.entries.into_iter().filter_map(|entry| entry.line().cloned());
    Ok(if forward { lines.next() } else { lines.next_back() })
}

/// Counts earlier times, then the lines of the very time up to this one: those of one write share theirs.
async fn count(
    client: &Client,
    place: &Place,
    filter: Filter,
    at: Option<Hit>,
) -> Result<(u64, Option<u64>), ClientError> {
    let whole = wire::filter(wire::scope(place), &filter);
    let request = |filter: v1::LogFilter| v1::CountRequest { filter: Some(filter) };
    let asked = request(whole.clone());
    let total = client.call(async |client| client.logs().count(asked.clone()).await).await?.lines;
    let Some(hit) = at else { return Ok((total, None)) };
    let asked = request(v1::LogFilter { until_ns: Some(hit.time_ns), ..whole });
    let earlier = client.call(async |client| client.logs().count(asked.clone()).await).await?.lines;
    let mut same = 0;
    let mut cursor = hit.cursor;
    loop {
        let anchor = Anchor::Cursor(cursor);
        let question = PageQuestion { filter: filter.clone(), anchor, before: TIES, after: 0 };
        let answer = read_raw(client, place, question).await?;
        let times = answer.lines.iter().flat_map(|lines| &lines.lines).map(|line| line.time_ns);
        let ties = times.rev().take_while(|time| *time == hit.time_ns).count();
        same += ties as u64;
        if ties < TIES as usize || !answer.more_before {
            return Ok((total, Some(earlier + same)));
        }
        cursor = answer.first_cursor;
    }
}

async fn scripts(client: &Client, place: &Place) -> Result<(Vec<Script>, Vec<String>), ClientError> {
    let request = v1::ListScriptsRequest {
        scope: Some(wire::scope(place)),
        path: std::env::var("PATH").unwrap_or_default(),
    };
    let answer = client.call(async |client| client.list_scripts(request.clone()).await).await?;
    Ok((answer.scripts.into_iter().map(wire::script).collect(), answer.notices))
}

/// A configuration with mistakes has no effective values: then the mistakes alone are told.
async fn settings(client: &Client, place: &Place) -> Result<Found, ClientError> {
    let scope = Some(wire::scope(place));
    let check = v1::CheckConfigRequest { scope: scope.clone(), profile: String::new() };
    let check = client.call(async |client| client.projects().check_config(check.clone()).await).await?;
    let mistakes: Vec<Mistake> = check.diagnostics.into_iter().map(wire::mistake).collect();
    let show = v1::ShowConfigRequest { scope, profile: String::new() };
    let shown = client.call(async |client| client.projects().show_config(show.clone()).await).await;
    match shown {
        Ok(shown) => {
            let values = shown.values.into_iter().map(wire::setting).collect();
            Ok(Found { mistakes, values, files: shown.files })
        }
        Err(_) if mistakes.iter().any(Mistake::is_error) => {
            Ok(Found { mistakes, values: Vec::new(), files: check.files })
        }
        Err(error) => Err(error),
    }
}

async fn find_directory(client: &Client, directory: &str) -> Result<Place, Failure> {
    let there = tokio::fs::metadata(directory).await.is_ok_and(|meta| meta.is_dir());
    if !there {
        return Err(Failure { message: format!("{directory} is no directory"), hint: None });
    }
    find_project(client, None, directory).await.map_err(failure)
}

async fn explain(client: &Client, place: &Place, name: String) -> Result<(Vec<Run>, String), ClientError> {
    let request = v1::GetProcessRequest { scope: Some(wire::scope(place)), name };
    let answer = client.call(async |client| client.processes().get_process(request.clone()).await).await?;
    Ok((answer.runs.into_iter().map(wire::run).collect(), answer.environment_origin))
}
