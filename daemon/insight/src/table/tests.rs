#![allow(clippy::indexing_slicing, clippy::string_slice, reason = "a test")]

use std::path::Path;
use std::time::Duration;

use brummer_bus::{BusConfig, Subscription, TopicSet};
use brummer_event::{Level, Payload, Topic};

use super::*;
use crate::Place;
use crate::table::project::MOST_INCIDENTS;
use crate::table::state::MOST_ENDPOINTS;

struct World {
    scope: Scope,
    store: Store,
    insight: Insight,
    events: Subscription,
}

impl World {
    async fn open(dir: &Path) -> Self {
        let scope = Scope::new().unwrap();
        let (store, _) = Store::open(&dir.join("state.db"), &scope).unwrap();
        let bus = Bus::new(BusConfig::default(), &scope, 1);
        let events = bus.subscribe(TopicSet::of(Topic::Incident).with(Topic::Endpoint), bus.cursor());
        let insight = Insight::open(&store, &bus, &scope).await.unwrap();
        Self { scope, store, insight, events }
    }

    async fn end(self) {
        self.insight.end().await;
        drop(self.store);
        assert!(self.scope.end(Duration::from_secs(10)).await.is_empty());
    }

    /// From a thread, as the writer does.
    async fn feed(&self, found: Vec<Found>) {
        let insight = self.insight.clone();
        self.scope
            .blocking("feed", move || found.into_iter().for_each(|found| insight.feed(found)))
            .await
            .unwrap();
    }

    /// The next `count` events as words.
    async fn told(&mut self, count: usize) -> Vec<String> {
        let mut told = Vec::new();
        while told.len() < count {
            for event in self.events.next().await.events {
                told.push(match &event.payload {
                    Payload::Incident { count, message, first, .. } => format!("{message} {count} {first}"),
                    Payload::Endpoint { url, alive, .. } => format!("{url} {alive}"),
                    other => other.kind().to_owned(),
                });
            }
        }
        told
    }

    fn incidents(&self) -> Vec<String> {
        let all = self.insight.incidents("shop");
        all.iter().map(|incident| format!("{} {}x", incident.message, incident.count)).collect()
    }
}

fn draft(key: u64, message: &str) -> IncidentDraft {
    let mut draft = crate::incidents::group::draft(key, 1, 5, Level::Error, "error", message);
    draft.fingerprint = fingerprint_of(&draft);
    draft.head_fingerprint = draft.fingerprint;
    draft
}

fn fingerprint_of(draft: &IncidentDraft) -> u64 {
    crate::incidents::fingerprint::of(draft)
}

/// The same occurrence with its place known.
fn grown(mut draft: IncidentDraft, file: &str) -> IncidentDraft {
    draft.update = true;
    draft.place = Some(Place { file: file.to_owned(), line: 3, column: Some(1) });
    draft.fingerprint = fingerprint_of(&draft);
    draft
}

fn found(run: u128, seq: LineSeq, drafts: Vec<IncidentDraft>, urls: &[&str]) -> Found {
    Found {
        key: ProcessKey::new("shop", "web"),
        run: RunId::from_u128(run),
        epoch: 9,
        urls: urls
            .iter()
            .map(|url| (seq, FoundUrl { line: 1, time: 5, url: (*url).to_owned(), label: Some("Local") }))
            .collect(),
        incidents: drafts.into_iter().map(|draft| (seq, draft)).collect(),
        through: seq,
    }
}

#[tokio::test]
async fn an_error_is_one_incident_however_often_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::open(dir.path()).await;
    world.feed(vec![found(1, 10, vec![draft(1, "boom")], &[])]).await;
    assert_eq!(world.told(1).await, ["boom 1 true"]);
    world.feed(vec![found(1, 20, vec![draft(2, "boom"), draft(3, "boom")], &[])]).await;
    assert_eq!(world.told(1).await, ["boom 3 false"], "one notice for both");
    let all = world.insight.incidents("shop");
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].first_cursor.to_string().as_str(), all[0].last_seq), ("l1.9.9.5", 20));
    assert_eq!(all[0].id.len(), 8);
    assert!(world.insight.incidents("other").is_empty());
    world.end().await;
}

#[tokio::test]
async fn an_occurrence_moves_to_the_error_that_it_turns_out_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::open(dir.path()).await;
    // Alone: the incident itself becomes more exact and keeps its id.
    let first = draft(1, "boom");
    world.feed(vec![found(1, 10, vec![first.clone()], &[])]).await;
    world.told(1).await;
    let id = world.insight.incidents("shop")[0].id.clone();
    world.feed(vec![found(1, 11, vec![grown(first, "a.ts")], &[])]).await;
    world.told(1).await;
    let all = world.insight.incidents("shop");
    assert_eq!((all.len(), all[0].count, &all[0].id), (1, 1, &id));
    assert_eq!(all[0].place.as_ref().unwrap().file, "a.ts");
    // The same place again, found in two steps: counted once more and no second incident is left over.
    let second = draft(2, "boom");
    world.feed(vec![found(1, 20, vec![second.clone()], &[])]).await;
    world.told(1).await;
    world.feed(vec![found(1, 21, vec![grown(second, "a.ts")], &[])]).await;
    world.told(1).await;
    assert_eq!(world.incidents(), ["boom 2x"]);
    // Another place: an incident of its own.
    let third = draft(3, "boom");
    world.feed(vec![found(1, 30, vec![third.clone(), grown(third, "b.ts")], &[])]).await;
    world.told(1).await;
    assert_eq!(world.incidents(), ["boom 1x", "boom 2x"]);
    world.end().await;
}

#[tokio::test]
async fn what_was_found_survives_and_is_enriched_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::open(dir.path()).await;
    assert_eq!(world.insight.derived_through(9), 0);
    let head = draft(1, "boom");
    world
        .feed(vec![found(1, 10, vec![head.clone()], &["http://localhost:1/"]), found(1, 12, vec![], &[])])
        .await;
    world.told(2).await;
    world.end().await;

    let mut world = World::open(dir.path()).await;
    assert_eq!(world.insight.derived_through(9), 12, "lines without findings count too");
    assert_eq!(world.insight.derived_through(8), 0, "of another epoch nothing is derived");
    assert_eq!(world.incidents(), ["boom 1x"]);
    assert_eq!(&*world.insight.endpoints("shop")[0].url, "http://localhost:1/");
    let mut rest = grown(head, "a.ts");
    rest.key = 77;
    world.feed(vec![found(1, 13, vec![rest], &[])]).await;
    assert_eq!(world.told(1).await, ["boom 1 false"]);
    let all = world.insight.incidents("shop");
    assert_eq!((all.len(), all[0].count), (1, 1));
    assert!(all[0].place.is_some());
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn lines_without_findings_are_noted_after_two_seconds_and_then_nothing_wakes() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path()).await;
    world.insight.feed(found(1, 40, vec![], &[]));
    world.insight.feed(found(1, 50, vec![], &[]));
    tokio::time::sleep(Duration::from_secs(3)).await;
    // The owner's commit was queued before this look.
    let derived = world.store.call(brummer_store::insight::load).await.unwrap().derived;
    assert_eq!(derived, Some(brummer_store::insight::Derived { epoch: 9, through: 50 }));
    tokio::time::resume();
    world.end().await;
}

#[tokio::test]
async fn endpoints_live_and_die_with_their_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::open(dir.path()).await;
    let key = ProcessKey::new("shop", "web");
    world.feed(vec![found(1, 1, vec![], &["http://localhost:1/", "http://localhost:2/"])]).await;
    assert_eq!(world.told(2).await, ["http://localhost:1/ true", "http://localhost:2/ true"]);
    // Said again by the same run: known, no event. Another process with the same URL does not matter to it.
    world.feed(vec![found(1, 2, vec![], &["http://localhost:1/"])]).await;
    let mut other = found(2, 3, vec![], &["http://localhost:1/"]);
    other.key = ProcessKey::new("shop", "proxy");
    world.feed(vec![other]).await;
    assert_eq!(world.told(1).await, ["http://localhost:1/ true"]);
    world.insight.process_ended(&ProcessKey::new("shop", "proxy")).await;
    assert_eq!(world.told(1).await, ["http://localhost:1/ false"]);
    let alive = |world: &World| {
        world
            .insight
            .endpoints("shop")
            .iter()
            .filter(|e| e.alive)
            .map(|e| e.process.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(alive(&world), ["web", "web"]);
    world.insight.process_ended(&key).await;
    assert_eq!(world.told(2).await.len(), 2);
    assert!(alive(&world).is_empty());
    world.feed(vec![found(3, 4, vec![], &["http://localhost:1/"])]).await;
    assert_eq!(world.told(1).await, ["http://localhost:1/ true"]);
    world.insight.forget(&key).await;
    let left = world.insight.endpoints("shop");
    assert_eq!(left.iter().map(|e| &*e.process.name).collect::<Vec<_>>(), ["proxy"]);
    world.end().await;
}

#[tokio::test]
async fn bounds_hold_and_the_oldest_goes() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path()).await;
    let more = MOST_INCIDENTS as u64 + 20;
    let name = |n: u64| format!("boom {}", "x".repeat(n as usize));
    let batches = (0..more).map(|n| {
        let url = format!("http://localhost:{}/", n + 1);
        // The first error comes again and again, so it is never the oldest.
        found(1, n + 1, vec![draft(2 * n, &name(n)), draft(2 * n + 1, &name(0))], &[&url])
    });
    world.feed(batches.collect()).await;
    // An answer comes after everything before it.
    world.insight.forget(&ProcessKey::new("shop", "nobody")).await;
    let all = world.insight.incidents("shop");
    assert_eq!(all.len(), MOST_INCIDENTS);
    assert!(all.iter().any(|incident| incident.message == name(0) && incident.count == more + 1));
    assert!(!all.iter().any(|incident| incident.message == name(1)));
    assert_eq!(world.insight.endpoints("shop").len(), MOST_ENDPOINTS);
    world.end().await;
    let world = World::open(dir.path()).await;
    assert_eq!(world.insight.incidents("shop").len(), MOST_INCIDENTS, "what was given up is not kept either");
    assert_eq!(world.insight.endpoints("shop").len(), MOST_ENDPOINTS);
    world.end().await;
}

#[tokio::test]
async fn ids_are_found_by_unique_prefixes_until_they_are_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::open(dir.path()).await;
    let drafts = (0..40u64).map(|n| draft(n, &format!("boom {}", "y".repeat(n as usize)))).collect();
    world.feed(vec![found(1, 1, drafts, &[])]).await;
    world.told(40).await;
    let first = world.insight.incidents("shop")[0].clone();
    assert_eq!(world.insight.incident_by_prefix(None, &first.id).unwrap(), first);
    assert_eq!(world.insight.incident_by_prefix(Some("shop"), &first.id[..7]).unwrap(), first);
    assert!(matches!(world.insight.incident_by_prefix(Some("other"), &first.id), Err(LookupError::None(_))));
    // 40 ids, 16 first digits: some two share one.
    let shared = "0123456789abcdef".chars().any(|digit| {
        matches!(world.insight.incident_by_prefix(None, &digit.to_string()), Err(LookupError::Several { .. }))
    });
    assert!(shared);
    assert!(matches!(world.insight.incident_by_prefix(None, ""), Err(LookupError::None(_))));
    assert_eq!(world.insight.clear("shop").await, 40);
    assert_eq!(world.told(1).await, ["cleared"]);
    assert!(world.insight.incidents("shop").is_empty());
    world.end().await;
    let world = World::open(dir.path()).await;
    assert!(world.insight.incidents("shop").is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_full_queue_makes_the_writer_wait_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::open(dir.path()).await;
    let batches = (1..=(QUEUE as u64 * 8)).map(|n| found(1, n, vec![draft(n, "boom")], &[]));
    world.feed(batches.collect()).await;
    world.insight.forget(&ProcessKey::new("shop", "nobody")).await;
    assert_eq!(world.incidents(), [format!("boom {}x", QUEUE * 8)]);
    world.end().await;
}
