//! The streams that are listened to: at most one a topic, opened and closed as the state wants them. Each
//! comes back by itself after a loss; the UI is told once when the first is away and once when all are back.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use brummer_proto::client::{Client, ClientError, LogFollow, LogFollowEvent, Watch, WatchEvent, Watched};
use brummer_proto::v1;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::time::Instant;

use super::{requests, wire};
use crate::message::{Change, Update};
use crate::model::log::{Entry, Scan};
use crate::subscription::{Subscription, Topic};

/// What a stream says: something for the UI, or that it is away or back.
enum Said {
    Update(Update),
    Away(u64),
    Back,
}

struct Open {
    subscription: Subscription,
    stream: BoxStream<'static, Said>,
}

pub(super) struct Streams {
    begin: Instant,
    open: Vec<Open>,
    /// Topics that are away, and since when.
    away: HashMap<Topic, u64>,
    /// Whether the UI knows that something is away.
    told: bool,
    /// Who is asked first: each in its turn, so that a busy stream cannot keep the others waiting.
    turn: usize,
}

impl Streams {
    pub(super) fn new(begin: Instant) -> Self {
        Self { begin, open: Vec::new(), away: HashMap::new(), told: false, turn: 0 }
    }

    pub(super) fn listen_to(&mut self, client: &Client, wanted: Vec<Subscription>) {
        let away = &mut self.away;
        self.open.retain(|open| {
            let stays = wanted.iter().any(|wanted| wanted.is_served_by(&open.subscription));
            if !stays {
                away.remove(&open.subscription.topic());
            }
            stays
        });
        for wanted in wanted {
            if !self.open.iter().any(|open| wanted.is_served_by(&open.subscription)) {
                let stream = open(client, &wanted, self.begin);
                self.open.push(Open { subscription: wanted, stream });
            }
        }
    }

    /// `lines`: whether the log may be listened to now. While it may not, the daemon sends no more than fits
    /// into the connection, and a live tail jumps.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, lines: bool) -> Poll<Update> {
        if self.told && self.away.is_empty() {
            self.told = false;
            return Poll::Ready(Update::Back);
        }
        let count = self.open.len();
        for step in 0..count {
            let index = (self.turn + step) % count;
            let Some(open) = self.open.get_mut(index) else { break };
            let topic = open.subscription.topic();
            if topic == Topic::Logs && !lines {
                continue;
            }
            while let Poll::Ready(Some(said)) = Pin::new(&mut open.stream).poll_next_unpin(context) {
                self.turn = index + 1;
                match said {
                    Said::Update(update) => return Poll::Ready(update),
                    Said::Away(since_ms) => {
                        self.away.insert(topic, since_ms);
                        if !std::mem::replace(&mut self.told, true) {
                            return Poll::Ready(Update::Away { since_ms });
                        }
                    }
                    Said::Back => {
                        self.away.remove(&topic);
                        if self.away.is_empty() && std::mem::take(&mut self.told) {
                            return Poll::Ready(Update::Back);
                        }
                    }
                }
            }
        }
        Poll::Pending
    }
}

fn open(client: &Client, subscription: &Subscription, begin: Instant) -> BoxStream<'static, Said> {
    let scope = |project: &String| Some(wire::project_scope(project));
    match subscription {
        Subscription::Projects => {
            watch(client.watch_projects(v1::WatchProjectsRequest {}), begin, |change| {
                Update::Projects(map(change, wire::project, |name| name))
            })
        }
        Subscription::Processes { project, usage_ms } => {
            let request = v1::WatchProcessesRequest {
                scope: scope(project),
                names: Vec::new(),
                usage_interval_ms: *usage_ms,
            };
            watch(client.watch_processes(request), begin, move |change| {
                let now = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                Update::Processes(map(change, |process| wire::process(process, now), without_project))
            })
        }
        Subscription::Incidents { project } => {
            let request = v1::WatchIncidentsRequest { scope: scope(project), names: Vec::new(), all: true };
            watch(client.watch_incidents(request), begin, |change| {
                Update::Incidents(map(change, wire::incident, |id| id))
            })
        }
        Subscription::Endpoints { project } => {
            let request = v1::WatchEndpointsRequest { scope: scope(project), names: Vec::new() };
            watch(client.watch_endpoints(request), begin, |change| {
                Update::Endpoints(map(change, wire::endpoint, without_project))
            })
        }
        Subscription::Logs { project, filter, opening, last } => {
            let request = v1::FollowRequest {
                from: Some(v1::follow_request::From::Last(*last)),
                filter: Some(wire::filter(wire::project_scope(project), filter)),
                live: true,
            };
            lines(client.follow_logs(request), *opening, begin)
        }
    }
}

/// `shop/web` is `web` within its project.
fn without_project(key: String) -> String {
    key.split_once('/').map_or_else(|| key.clone(), |(_, name)| name.to_owned())
}

fn map<T, U>(change: Change<T>, one: impl Fn(T) -> U, key: impl Fn(String) -> String) -> Change<U> {
    match change {
        Change::All(all) => Change::All(all.into_iter().map(one).collect()),
        Change::One(item) => Change::One(Box::new(one(*item))),
        Change::Gone(gone) => Change::Gone(key(gone)),
    }
}

fn since_ms(begin: Instant, since: std::time::Instant) -> u64 {
    let passed = Instant::from_std(since).saturating_duration_since(begin);
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}

fn watch<T>(
    watch: Watch<T>,
    begin: Instant,
    make: impl Fn(Change<T>) -> Update + Send + 'static,
) -> BoxStream<'static, Said>
where
    T: Watched + Send + 'static,
    Watch<T>: Send,
{
    let next = move |(mut watch, make): (Watch<T>, _)| async move {
        let said = said_by_watch(watch.next().await, begin, &make)?;
        Some((said, (watch, make)))
    };
    futures::stream::unfold((watch, make), next).boxed()
}

/// `None`: the stream has ended.
fn said_by_watch<T>(
    event: Result<Option<WatchEvent<T>>, ClientError>,
    begin: Instant,
    make: &impl Fn(Change<T>) -> Update,
) -> Option<Said> {
    Some(match event {
        Ok(None) => return None,
        Ok(Some(WatchEvent::Snapshot(all))) => Said::Update(make(Change::All(all))),
        Ok(Some(WatchEvent::Changed(item))) => Said::Update(make(Change::One(Box::new(item)))),
        Ok(Some(WatchEvent::Removed(key))) => Said::Update(make(Change::Gone(key))),
        Ok(Some(WatchEvent::Usage(samples))) => {
            Said::Update(Update::Usage(samples.into_iter().filter_map(wire::usage).collect()))
        }
        Ok(Some(WatchEvent::Reconnecting { since, .. })) => Said::Away(since_ms(begin, since)),
        Ok(Some(WatchEvent::Reconnected)) => Said::Back,
        Err(error) => Said::Update(Update::Refused(requests::failure(error))),
    })
}

fn lines(follow: LogFollow, opening: u64, begin: Instant) -> BoxStream<'static, Said> {
    let next = move |mut follow: LogFollow| async move {
        let said = said_by_lines(follow.next().await, &follow, opening, begin)?;
        Some((said, follow))
    };
    futures::stream::unfold(follow, next).boxed()
}

fn said_by_lines(
    event: Result<Option<LogFollowEvent>, ClientError>,
    follow: &LogFollow,
    opening: u64,
    begin: Instant,
) -> Option<Said> {
    let entries = |entries| {
        let epoch = follow.cursor().and_then(wire::epoch).unwrap_or_default();
        Said::Update(Update::Lines { opening, entries, epoch })
    };
    Some(match event {
        Ok(None) => return None,
        Ok(Some(LogFollowEvent::Lines(found))) => {
            entries(wire::lines(found).into_iter().map(Entry::Line).collect())
        }
        Ok(Some(LogFollowEvent::Gap(gap))) => entries(vec![Entry::Gap(wire::gap(gap))]),
        Ok(Some(LogFollowEvent::Progress(progress))) => {
            let scan = Scan { through: progress.scanned_through, newest: progress.newest };
            Said::Update(Update::Scanned { opening, scan })
        }
        Ok(Some(LogFollowEvent::Reconnecting { since, .. })) => Said::Away(since_ms(begin, since)),
        Ok(Some(LogFollowEvent::Reconnected)) => Said::Back,
        Err(error) => Said::Update(Update::LinesRefused { opening, failure: requests::failure(error) }),
    })
}
