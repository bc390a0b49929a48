//! The bus as a whole, under paused time.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use brummer_event::event::ProcessChange;
use brummer_event::{EventCursor, Payload, ProcessKey, ProcessState, Topic};
use brummer_scope::Scope;
use futures::FutureExt as _;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::*;

fn notice(key: &str) -> Payload {
    Payload::LogAdvanced { process: ProcessKey::new("p", key), seq: 1 }
}

fn endpoint(key: &str) -> Payload {
    Payload::Endpoint { process: ProcessKey::new("p", key), url: "http://localhost/".into(), alive: true }
}

fn state(key: &str) -> Payload {
    Payload::ProcessState(ProcessChange {
        process: ProcessKey::new("p", key),
        run: None,
        from: None,
        to: ProcessState::Running,
        ready: None,
        pid: None,
        reason: "".into(),
        exit: None,
    })
}

fn bus(config: BusConfig) -> Bus {
    Bus::new(config, &Scope::new().unwrap(), 7)
}

/// A handler that notes what it got and waits for a permit before each.
fn noting(gate: Arc<Semaphore>, seen: Arc<Mutex<Vec<Handed>>>) -> HandlerFn {
    Arc::new(move |handed| {
        let (gate, seen) = (gate.clone(), seen.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            seen.lock().push(handed);
            Ok(())
        }
        .boxed()
    })
}

async fn settle() {
    // Under paused time a timer fires only when every task waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn events_of_one_key_keep_their_order_while_keys_overtake_each_other() {
    let bus = bus(BusConfig { worker_pool_size: Some(4), ..BusConfig::default() });
    let seen: Arc<Mutex<HashMap<Arc<str>, Vec<u64>>>> = Arc::default();
    let at_once = Arc::new(AtomicUsize::new(0));
    let noted = seen.clone();
    bus.handler(
        "order",
        TopicSet::all(),
        HandlerClass::Inner,
        Arc::new(move |handed| {
            let (noted, at_once) = (noted.clone(), at_once.clone());
            async move {
                assert!(at_once.fetch_add(1, Ordering::SeqCst) < 4);
                tokio::time::sleep(Duration::from_millis(handed.event.seq * 7919 % 13)).await;
                at_once.fetch_sub(1, Ordering::SeqCst);
                noted.lock().entry(handed.event.key.clone()).or_default().push(handed.event.seq);
                Ok(())
            }
            .boxed()
        }),
    );
    for round in 0..50 {
        for key in ["a", "b", "c", "d", "e", "f"] {
            if round % 2 == 0 {
                bus.publish_state(0, state(key));
            } else {
                bus.publish(0, endpoint(key)).await.unwrap();
            }
        }
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let seen = seen.lock();
    assert_eq!(seen.len(), 6);
    for seqs in seen.values() {
        // Two topics share the key's text: each (topic, key) of 25 is in order by itself.
        assert_eq!(seqs.len(), 50);
    }
    assert_eq!(bus.stats().undelivered_notices, 0);
    assert_eq!(bus.stats().workers, 0, "no work, no workers");
    assert_eq!(bus.stats().handler_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn one_topic_and_key_is_strictly_in_order() {
    let bus = bus(BusConfig { worker_pool_size: Some(8), ..BusConfig::default() });
    let seen: Arc<Mutex<Vec<u64>>> = Arc::default();
    let noted = seen.clone();
    bus.handler(
        "order",
        TopicSet::of(Topic::Log),
        HandlerClass::Inner,
        Arc::new(move |handed| {
            let noted = noted.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(handed.event.seq % 5)).await;
                noted.lock().push(handed.event.seq);
                Ok(())
            }
            .boxed()
        }),
    );
    for _ in 0..200 {
        bus.publish(0, notice("a")).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(*seen.lock(), (1..=200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_or_hangs_harms_only_its_own_key() {
    let bus = bus(BusConfig { worker_pool_size: Some(2), ..BusConfig::default() });
    let good = Arc::new(AtomicUsize::new(0));
    bus.handler(
        "bad",
        TopicSet::all(),
        HandlerClass::Inner,
        Arc::new(|handed| {
            assert!(!handed.event.key.ends_with("panic"), "boom");
            std::future::pending().boxed()
        }),
    );
    let counted = good.clone();
    bus.handler(
        "good",
        TopicSet::all(),
        HandlerClass::Inner,
        Arc::new(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            futures::future::ready(Ok(())).boxed()
        }),
    );
    for key in ["panic", "hang", "hang", "panic"] {
        bus.publish(0, notice(key)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(good.load(Ordering::SeqCst), 4);
    assert_eq!(bus.stats().handler_failures, 4, "two panics, two that ran over 5 s");
    assert_eq!(bus.stats().workers, 0);
}

#[tokio::test(start_paused = true)]
async fn high_priority_goes_first_and_one_pick_in_eight_is_the_oldest() {
    let bus = bus(BusConfig { worker_pool_size: Some(1), ..BusConfig::default() });
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::default());
    bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate.clone(), Arc::clone(&seen)));
    bus.publish(0, notice("first")).await.unwrap();
    settle().await;
    bus.publish(0, notice("old-low")).await.unwrap();
    for key in 0..20 {
        bus.publish_state(0, state(&format!("s{key}")));
    }
    gate.add_permits(100);
    settle().await;
    let seen = seen.lock();
    let at = seen.iter().position(|handed| handed.event.key.ends_with("old-low")).unwrap();
    assert_eq!(at, 7, "six high ones overtook it, then the eighth pick was fair");
    assert_eq!(seen.len(), 22);
}

#[tokio::test(start_paused = true)]
async fn degrade_merges_the_same_key_and_then_drops_the_oldest_of_the_lowest_priority() {
    let config = BusConfig { queue_buffer_size: 3, worker_pool_size: Some(1), ..BusConfig::default() };
    let bus = bus(config);
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::default());
    bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate.clone(), Arc::clone(&seen)));
    bus.publish(0, notice("in-work")).await.unwrap();
    settle().await;
    for key in ["a", "b", "b"] {
        bus.publish(0, notice(key)).await.unwrap();
    }
    // Full with a, b, b. The same key is merged; then the oldest low one (a) gives way to a medium one.
    bus.publish(0, notice("b")).await.unwrap();
    bus.publish(0, endpoint("e1")).await.unwrap();
    bus.publish(0, endpoint("e2")).await.unwrap();
    bus.publish(0, endpoint("e3")).await.unwrap();
    // Now only medium ones are pending: a low newcomer goes into the ring alone.
    bus.publish(0, notice("late")).await.unwrap();
    gate.add_permits(100);
    settle().await;
    let keys: Vec<String> = seen.lock().iter().map(|handed: &Handed| handed.event.key.to_string()).collect();
    assert_eq!(keys, ["p/in-work", "p/e1", "p/e2", "p/e3"]);
    let stats = bus.stats();
    assert_eq!((stats.coalesced, stats.dropped, stats.published), (2, 3, 9));
    assert_eq!(bus.read(TopicSet::all(), bus.oldest(), 100).events.len(), 9, "cursors see them all");
}

#[tokio::test(start_paused = true)]
async fn drop_refuses_the_newest_and_block_waits_a_tenth_of_a_second() {
    for (policy, waited) in [(Backpressure::Drop, 0), (Backpressure::Block, 100)] {
        let config = BusConfig { queue_buffer_size: 1, backpressure: policy, ..BusConfig::default() };
        let bus = bus(config);
        let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::default());
        bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate.clone(), Arc::clone(&seen)));
        bus.publish(0, notice("a")).await.unwrap();
        settle().await;
        bus.publish(0, notice("a")).await.unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(bus.publish(0, notice("b")).await, Err(PublishError::Full { limit: 1 }));
        assert_eq!(before.elapsed().as_millis(), waited);
        // A state change is never refused.
        bus.publish_state(0, state("x"));
        gate.add_permits(100);
        settle().await;
        assert_eq!(seen.lock().len(), 3);
        assert_eq!(bus.stats().refused, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn block_lets_the_publisher_in_as_soon_as_there_is_room() {
    let config =
        BusConfig { queue_buffer_size: 1, backpressure: Backpressure::Block, ..BusConfig::default() };
    let bus = bus(config);
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::default());
    bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate.clone(), Arc::clone(&seen)));
    bus.publish(0, notice("a")).await.unwrap();
    settle().await;
    bus.publish(0, notice("b")).await.unwrap();
    let publisher = async { bus.publish(0, notice("c")).await };
    let opener = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        gate.add_permits(100);
    };
    let (published, ()) = tokio::join!(publisher, opener);
    published.unwrap();
}

#[tokio::test(start_paused = true)]
async fn state_changes_beyond_sixty_four_are_merged_and_the_newest_arrives() {
    let bus = bus(BusConfig { queue_buffer_size: 1, ..BusConfig::default() });
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Arc::default());
    bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate.clone(), Arc::clone(&seen)));
    bus.publish_state(0, state("a"));
    settle().await;
    let last = (0..200).map(|_| bus.publish_state(0, state("a"))).fold(0, |_, seq| seq);
    gate.add_permits(1000);
    settle().await;
    let seen: Vec<Handed> = seen.lock().clone();
    assert_eq!(seen.len(), 1 + 64);
    assert_eq!(seen[1].coalesced, Some(Coalesced { first: 2, last: 137, changes: 136 }));
    assert_eq!(seen.last().unwrap().event.seq, last);
}

#[tokio::test(start_paused = true)]
async fn a_removed_handler_gets_nothing_more() {
    let bus = bus(BusConfig::default());
    let (gate, seen) = (Arc::new(Semaphore::new(100)), Arc::default());
    let id = bus.handler("h", TopicSet::all(), HandlerClass::Inner, noting(gate, Arc::clone(&seen)));
    bus.publish(0, notice("a")).await.unwrap();
    bus.remove(id);
    bus.publish(0, notice("a")).await.unwrap();
    settle().await;
    assert!(seen.lock().len() <= 1);
    assert_eq!(bus.stats().undelivered_notices, 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_behind_the_ring_is_told_the_gap_and_one_of_another_start_needs_snapshots() {
    let bus = bus(BusConfig { ring_size: 10, ..BusConfig::default() });
    let mut old = bus.subscribe(TopicSet::all(), bus.cursor());
    for _ in 0..25 {
        bus.publish(0, notice("a")).await.unwrap();
    }
    let delivery = old.next().await;
    let gap = delivery.gap.unwrap();
    assert_eq!((gap.from, gap.to), (1, 15));
    assert_eq!(
        delivery.events.iter().map(|event| event.seq).collect::<Vec<_>>(),
        (16..=25).collect::<Vec<_>>()
    );
    let foreign = bus.read(TopicSet::all(), EventCursor { epoch: 6, seq: 3 }, 10);
    assert!(foreign.resync && foreign.events.is_empty());
    assert_eq!(foreign.cursor.seq, 25);
    let future = bus.read(TopicSet::all(), EventCursor { epoch: 7, seq: 99 }, 10);
    assert_eq!((future.events.len(), future.cursor.seq), (0, 25));
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_is_woken_only_for_its_topics() {
    let bus = bus(BusConfig::default());
    let mut subscription = bus.subscribe(TopicSet::of(Topic::Endpoint), bus.cursor());
    bus.publish(0, notice("a")).await.unwrap();
    assert!(subscription.next().now_or_never().is_none());
    bus.publish(0, endpoint("a")).await.unwrap();
    assert_eq!(subscription.next().await.events.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_up_is_lost_between_look_and_wait() {
    let scope = Scope::new().unwrap();
    let bus = Bus::new(BusConfig { ring_size: 1 << 20, ..BusConfig::default() }, &scope, 7);
    const EACH: usize = 5000;
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut subscription = bus.subscribe(TopicSet::of(Topic::Log), bus.cursor());
        readers.push(scope.spawn("reader", async move {
            let mut seen = 0;
            let mut last = 0;
            while seen < 2 * EACH {
                for event in subscription.next().await.events {
                    assert!(event.seq > last);
                    last = event.seq;
                    seen += 1;
                }
            }
            seen
        }));
    }
    for name in ["x", "y"] {
        let bus = bus.clone();
        let _task = scope.spawn("writer", async move {
            for _ in 0..EACH {
                bus.publish(0, notice(name)).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    for reader in readers {
        let seen = tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
        assert_eq!(seen, 2 * EACH);
    }
}
