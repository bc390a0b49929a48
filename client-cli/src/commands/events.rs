//! `events`: every change, a line of JSON each.

use brummer_proto::client::{Client, EventFollowEvent};
use brummer_proto::v1;

use crate::args::Events;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::json::event::{Event, Page};
use crate::json::log::{Gap, GapMessage, GapReason};
use crate::output::{Format, reader_gone};

/// Most events of one page.
const PAGE: u32 = 1000;

pub(crate) async fn perform(context: &mut Context, events: Events) -> Result<u8, Failure> {
    if events.follow {
        super::refuse_document(context, "`events -f`")?;
    }
    let client = context.connect().await?;
    let cursor = kept(context, &client, &events.topics).await?;
    if !events.follow {
        return Ok(exit::OK);
    }
    follow(context, &client, events.topics, cursor).await
}

/// What is kept, oldest first; answers the cursor behind it.
async fn kept(context: &mut Context, client: &Client, topics: &[String]) -> Result<String, Failure> {
    let mut page = Page { events: Vec::new(), gaps: Vec::new(), next: None };
    let mut after = String::new();
    loop {
        let request = v1::ReadEventsRequest { topics: topics.to_vec(), after: after.clone(), limit: PAGE };
        let ask = async |client: &Client| client.events().read_events(request.clone()).await;
        let answer = context.read(client, ask).await?;
        page.gaps.extend(answer.gaps.into_iter().map(Gap::from));
        page.events.extend(answer.events.into_iter().map(Event::from));
        if context.output.format() != Format::Json {
            for gap in page.gaps.drain(..) {
                context.output.object(&GapMessage { gap: &gap })?;
            }
            for event in page.events.drain(..) {
                context.output.object(&event)?;
            }
        }
        let stuck = answer.cursor == after;
        after = answer.cursor;
        if !answer.more || stuck {
            break;
        }
    }
    if context.output.format() == Format::Json {
        page.next = Some(after.clone());
        context.output.object(&page)?;
    }
    Ok(after)
}

async fn follow(
    context: &mut Context,
    client: &Client,
    topics: Vec<String>,
    after: String,
) -> Result<u8, Failure> {
    let mut follow = client.follow_events(v1::FollowEventsRequest { topics, after });
    context.output.flush()?;
    let mut gone = std::pin::pin!(reader_gone());
    // Number of the newest event that was printed.
    let mut newest = 0;
    loop {
        let event = tokio::select! {
            biased;
            () = &mut gone => return Err(Failure::ReaderGone),
            event = follow.next() => event?,
        };
        let Some(event) = event else { return Ok(exit::OK) };
        match event {
            EventFollowEvent::Event(event) => {
                newest = event.seq;
                context.output.object(&Event::from(event))?;
            }
            EventFollowEvent::Gap(gap) => context.output.object(&GapMessage { gap: &Gap::from(gap) })?,
            EventFollowEvent::Resync => {
                // Numbers begin anew with each daemon start: what the old one said after `newest` is gone.
                let gap = Gap {
                    from: newest,
                    to: newest,
                    lines: None,
                    process: None,
                    reason: Some(GapReason::Epoch),
                    project: None,
                    run: None,
                };
                context.output.object(&GapMessage { gap: &gap })?;
            }
            EventFollowEvent::Reconnecting { attempt: 1, .. } => {
                context.output.talk("the daemon is away; waiting for it");
            }
            EventFollowEvent::Reconnected => context.output.talk("the daemon is back"),
            EventFollowEvent::Reconnecting { .. } => {}
        }
        context.output.flush()?;
    }
}
