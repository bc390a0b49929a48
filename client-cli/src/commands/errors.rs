//! `errors`: what was found wrong in what processes said.

use brummer_proto::client::{Client, WatchEvent};
use brummer_proto::v1;

use crate::args::{Errors, ErrorsVerb};
use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::incident::Incident;
use crate::output::reader_gone;
use crate::table::Layout;
use crate::{exit, time, view};

pub(crate) async fn perform(context: &mut Context, errors: Errors) -> Result<u8, Failure> {
    if let Some(ErrorsVerb::Show { id }) = errors.verb {
        // Options may stand before the verb, so the parser cannot tell; these belong to the list alone.
        if errors.follow || errors.all || errors.since.is_some() {
            return Err(Problem::usage("`errors show` takes the id of one error and nothing else").into());
        }
        return show(context, id).await;
    }
    if errors.follow {
        super::refuse_document(context, "`errors -f`")?;
    }
    let client = context.connect().await?;
    let since = errors.since.map(|since| since.at(time::now_ns()));
    if errors.follow {
        return follow(context, &client, errors.names, since, errors.all).await;
    }
    let request = v1::ListIncidentsRequest {
        scope: Some(context.scope()?),
        names: errors.names,
        since_ns: since,
        all: errors.all,
    };
    let ask = async |client: &Client| client.incidents().list_incidents(request.clone()).await;
    let answer = context.read(&client, ask).await?;
    context.announce(answer.project.as_ref());
    let incidents: Vec<Incident> = answer.incidents.into_iter().map(Incident::from).collect();
    if context.output.format().is_json() {
        context.output.list("errors", &incidents)?;
    } else {
        let table = view::errors::table(&incidents, time::now_ns(), context.output.paper());
        context.output.data(table)?;
    }
    Ok(exit::OK)
}

async fn show(context: &mut Context, id: String) -> Result<u8, Failure> {
    let client = context.connect().await?;
    let request = v1::GetIncidentRequest { id, scope: Some(context.scope()?) };
    let ask = async |client: &Client| client.incidents().get_incident(request.clone()).await;
    let incident = context.read(&client, ask).await?.incident.map(Incident::from).ok_or_else(|| {
        Problem::new(exit::FAILURE, "INTERNAL", "the daemon answered without the error asked for")
    })?;
    if context.output.format().is_json() {
        context.output.list("errors", &[incident])?;
    } else {
        let text = view::errors::full(&incident, time::now_ns(), context.output.paper());
        context.output.data(text)?;
    }
    Ok(exit::OK)
}

/// What there is, then each new or changed one.
async fn follow(
    context: &mut Context,
    client: &Client,
    names: Vec<String>,
    since: Option<i64>,
    all: bool,
) -> Result<u8, Failure> {
    let mut watch =
        client.watch_incidents(v1::WatchIncidentsRequest { scope: Some(context.scope()?), names, all });
    let wanted = |incident: &Incident| since.is_none_or(|since| incident.last_seen.0 >= since);
    let mut layout: Option<Layout> = None;
    // What was shown, by id and count: a list that comes anew after a loss repeats nothing.
    let mut shown = std::collections::HashMap::new();
    let mut gone = std::pin::pin!(reader_gone());
    loop {
        let event = tokio::select! {
            biased;
            () = &mut gone => return Err(Failure::ReaderGone),
            event = watch.next() => event?,
        };
        let Some(event) = event else { return Ok(exit::OK) };
        let news: Vec<Incident> = match event {
            WatchEvent::Snapshot(incidents) => {
                let mut incidents: Vec<Incident> = incidents.into_iter().map(Incident::from).collect();
                incidents.sort_by_key(|incident| incident.last_seen);
                let known: std::collections::HashSet<&String> = incidents.iter().map(|i| &i.id).collect();
                shown.retain(|id, _| known.contains(id));
                incidents
            }
            WatchEvent::Changed(incident) => vec![incident.into()],
            WatchEvent::Removed(id) => {
                shown.remove(&id);
                continue;
            }
            WatchEvent::Reconnecting { attempt: 1, .. } => {
                context.output.talk("the daemon is away; waiting for it");
                continue;
            }
            WatchEvent::Reconnected => {
                context.output.talk("the daemon is back");
                continue;
            }
            WatchEvent::Usage(_) | WatchEvent::Reconnecting { .. } => continue,
        };
        let news: Vec<Incident> = news
            .into_iter()
            .filter(|incident| wanted(incident))
            .filter(|incident| shown.insert(incident.id.clone(), incident.count) != Some(incident.count))
            .collect();
        tell(context, &news, &mut layout)?;
        context.output.flush()?;
    }
}

fn tell(context: &mut Context, news: &[Incident], layout: &mut Option<Layout>) -> Result<(), Failure> {
    if context.output.format().is_json() {
        return news.iter().try_for_each(|incident| context.output.object(incident));
    }
    let (now, paper) = (time::now_ns(), context.output.paper());
    match layout {
        None => {
            *layout = Some(view::errors::layout(news, now));
            context.output.data(view::errors::table(news, now, paper))
        }
        Some(layout) => news.iter().try_for_each(|incident| {
            context.output.data(layout.row(view::errors::row(incident, now), paper))
        }),
    }
}
