//! The bus's first handlers: the daemon's own log of state changes, the counters by topic, and endpoints
//! that go with their process. They observe; nothing breaks if one of them fails.

use std::sync::Arc;

use brummer_bus::{Bus, Handed, HandlerClass, HandlerFn, TopicSet};
use brummer_event::{Payload, Topic};
use brummer_insight::Insight;
use futures::FutureExt as _;

/// Registers them all. Events from now on.
pub(crate) fn register(bus: &Bus, insight: &Insight) {
    // A counter that never counted is told too, so that a graph of it begins at zero.
    for topic in Topic::ALL {
        metrics::counter!("brummer_events_total", "topic" => topic.as_str()).absolute(0);
    }
    bus.handler("metrics", TopicSet::all(), HandlerClass::Inner, simple(count));
    let told = TopicSet::of(Topic::Process).with(Topic::System).with(Topic::Project);
    bus.handler("daemon-log", told, HandlerClass::Inner, simple(log));
    let insight = insight.clone();
    let endpoints: HandlerFn = Arc::new(move |handed| {
        let insight = insight.clone();
        async move {
            if let Payload::ProcessState(change) = &handed.event.payload
                && change.to.is_ended()
            {
                insight.process_ended(&change.process).await;
            }
            Ok(())
        }
        .boxed()
    });
    bus.handler("endpoints", TopicSet::of(Topic::Process), HandlerClass::Inner, endpoints);
}

/// A handler that neither waits nor fails.
fn simple(act: fn(&Handed)) -> HandlerFn {
    Arc::new(move |handed| {
        act(&handed);
        std::future::ready(Ok(())).boxed()
    })
}

fn count(handed: &Handed) {
    let merged = handed.coalesced.map_or(0, |merged| merged.changes);
    metrics::counter!("brummer_events_total", "topic" => handed.event.topic.as_str()).increment(1 + merged);
}

fn log(handed: &Handed) {
    if let Some(merged) = handed.coalesced {
        tracing::info!(key = %handed.event.key, changes = merged.changes, "more changes than can be told one by one");
    }
    match &handed.event.payload {
        Payload::ProcessState(change) => tracing::info!(
            process = %change.process,
            pid = change.pid,
            run = change.run.map(tracing::field::display),
            "{}: {}",
            change.to,
            change.reason
        ),
        Payload::ProcessRemoved { process } => tracing::info!(%process, "removed"),
        Payload::Project { name, text, .. } if text.is_empty() => {
            tracing::info!(project = %name, "{}", handed.event.payload.kind());
        }
        Payload::Project { name, text, .. } => {
            tracing::info!(project = %name, "{}: {text}", handed.event.payload.kind());
        }
        Payload::System { kind, text } => tracing::info!(%kind, "{text}"),
        _ => {}
    }
}
