//! `EventService`: what is kept, and everything after a cursor.

use std::pin::Pin;

use brummer_bus::TopicSet;
use brummer_event::{EventCursor, Topic};
use brummer_proto::v1;
use brummer_proto::v1::event_service_server::EventService;
use brummer_world::World;
use futures::Stream;
use tonic::{Request, Response, Status};

use crate::convert;
use crate::refuse::invalid;

/// Most events of one page.
const PAGE_MAX: usize = 1000;

pub(crate) struct EventApi {
    pub(crate) world: World,
}

type FollowEventsStream = Pin<Box<dyn Stream<Item = Result<v1::FollowEventsResponse, Status>> + Send>>;

fn topics(names: &[String]) -> Result<TopicSet, Status> {
    if names.is_empty() {
        return Ok(TopicSet::all());
    }
    let mut set = TopicSet::none();
    for name in names {
        let topic = Topic::from_text(name).ok_or_else(|| {
            let known: Vec<&str> = Topic::ALL.iter().map(|topic| topic.as_str()).collect();
            invalid("topics", format!("no topic `{name}`; there are {}", known.join(", ")))
        })?;
        set = set.with(topic);
    }
    Ok(set)
}

fn cursor(text: &str) -> Result<EventCursor, Status> {
    text.parse().map_err(|error| invalid("after", format!("{error}")))
}

#[tonic::async_trait]
impl EventService for EventApi {
    type FollowEventsStream = FollowEventsStream;

    async fn read_events(
        &self,
        request: Request<v1::ReadEventsRequest>,
    ) -> Result<Response<v1::ReadEventsResponse>, Status> {
        let request = request.into_inner();
        let bus = self.world.bus();
        let from = if request.after.is_empty() { bus.oldest() } else { cursor(&request.after)? };
        let limit = match request.limit as usize {
            0 => PAGE_MAX,
            limit => limit.min(PAGE_MAX),
        };
        let page = bus.read(topics(&request.topics)?, from, limit);
        let epoch = page.cursor.epoch;
        Ok(Response::new(v1::ReadEventsResponse {
            more: page.events.len() == limit,
            events: page.events.iter().map(|event| convert::event::event(event, epoch)).collect(),
            gaps: page.gap.iter().map(convert::gap).collect(),
            cursor: page.cursor.to_string(),
        }))
    }

    async fn follow_events(
        &self,
        request: Request<v1::FollowEventsRequest>,
    ) -> Result<Response<FollowEventsStream>, Status> {
        let request = request.into_inner();
        let bus = self.world.bus();
        let from = if request.after.is_empty() { bus.cursor() } else { cursor(&request.after)? };
        let subscription = bus.subscribe(topics(&request.topics)?, from);
        let token = self.world.closing().clone();
        let deliveries = futures::stream::unfold(subscription, move |mut subscription| {
            let token = token.clone();
            async move {
                let delivery = token.run_until_cancelled(subscription.next()).await?;
                Some((messages(delivery), subscription))
            }
        });
        let stream = futures::StreamExt::flat_map(deliveries, futures::stream::iter);
        Ok(Response::new(Box::pin(stream)))
    }
}

/// One message an event, behind what is missing before them.
fn messages(delivery: brummer_bus::Delivery) -> Vec<Result<v1::FollowEventsResponse, Status>> {
    use v1::follow_events_response::Message;
    let epoch = delivery.cursor.epoch;
    let mut messages = Vec::with_capacity(delivery.events.len() + 1);
    let mut say = |message: Message, cursor: String| {
        messages.push(Ok(v1::FollowEventsResponse { message: Some(message), cursor }));
    };
    if delivery.resync {
        say(Message::Resync(v1::Resync {}), delivery.cursor.to_string());
    }
    if let Some(gap) = &delivery.gap {
        say(Message::Gap(convert::gap(gap)), EventCursor { epoch, seq: gap.to }.to_string());
    }
    for event in &delivery.events {
        let event = convert::event::event(event, epoch);
        let cursor = event.cursor.clone();
        say(Message::Event(event), cursor);
    }
    messages
}
