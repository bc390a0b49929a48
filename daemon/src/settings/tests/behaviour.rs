//! What each key of `[concurrency.eventbus]` changes: from the user's text, in TOML and in YAML, through the
//! daemon's own wiring to a bus that runs. Those of the other two tables need real children: `tests/e2e`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use brummer_bus::{Bus, Handed, HandlerClass, PublishError, TopicSet};
use brummer_event::{Payload, ProcessKey};
use brummer_projects::{Environment, UserConfig};
use brummer_scope::{Scope, clock};
use futures::FutureExt as _;
use tokio::sync::Semaphore;

/// Far wider than anything here takes; only a test that hangs meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The user's configuration with these keys of `[concurrency.eventbus]`, in both formats.
fn in_both(keys: &[(&str, &str)]) -> [UserConfig; 2] {
    let lines = |indent: &str, between: &str| {
        let lines = keys.iter().map(|(key, value)| format!("{indent}{key}{between}{value}\n"));
        lines.collect::<String>()
    };
    let toml = format!("[concurrency.eventbus]\n{}", lines("", " = "));
    let yaml = format!("concurrency:\n  eventbus:\n{}", lines("    ", ": "));
    [("config.toml", toml), ("config.yaml", yaml)].map(|(name, text)| {
        UserConfig::check(Some((Path::new(name), &text)), &Environment::default()).unwrap()
    })
}

/// A bus as the daemon makes it, whose only handler waits at a gate.
struct Gated {
    bus: Bus,
    gate: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
    done: Arc<AtomicUsize>,
}

impl Gated {
    fn new(user: &UserConfig) -> Self {
        let bus = Bus::new(crate::settings::bus(user), &Scope::new().unwrap(), 1);
        let (gate, begun, done) = (Arc::new(Semaphore::new(0)), Arc::default(), Arc::default());
        let gated = Self { bus, gate, begun, done };
        let (gate, begun, done) = (gated.gate.clone(), gated.begun.clone(), gated.done.clone());
        let handler = Arc::new(move |_: Handed| {
            let (gate, begun, done): (Arc<Semaphore>, Arc<AtomicUsize>, Arc<AtomicUsize>) =
                (gate.clone(), begun.clone(), done.clone());
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                done.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
            .boxed()
        });
        gated.bus.handler("gated", TopicSet::all(), HandlerClass::Inner, handler);
        gated
    }

    async fn publish(&self, key: &str) -> Result<(), PublishError> {
        let notice = Payload::LogAdvanced { process: ProcessKey::new("p", key), seq: 1 };
        self.bus.publish(0, notice).await.map(|_| ())
    }

    async fn until(&self, what: &str, met: impl Fn(&Self) -> bool) {
        let deadline = clock::instant() + PATIENCE;
        while !met(self) {
            assert!(clock::instant() < deadline, "{what}: {:?}", self.bus.stats());
            tokio::task::yield_now().await;
        }
    }

    /// One worker is in a handler and nothing else is pending.
    async fn busy(&self) {
        self.publish("in-work").await.unwrap();
        self.until("it is in work", |gated| {
            gated.begun.load(Ordering::SeqCst) == 1 && gated.bus.stats().undelivered_notices == 0
        })
        .await;
    }
}

#[tokio::test]
async fn worker_pool_size_is_how_many_handlers_work_at_once() {
    for size in [1, 3] {
        for user in in_both(&[("worker_pool_size", &size.to_string())]) {
            let gated = Gated::new(&user);
            for key in ["a", "b", "c", "d", "e"] {
                gated.publish(key).await.unwrap();
            }
            gated.until("all workers work", |gated| gated.begun.load(Ordering::SeqCst) == size).await;
            let stats = gated.bus.stats();
            assert_eq!((stats.workers, stats.undelivered_notices), (size, 5 - size), "the others wait");
            gated.gate.add_permits(5);
            gated.until("the rest follows", |gated| gated.done.load(Ordering::SeqCst) == 5).await;
        }
    }
    for user in in_both(&[("worker_pool_size", "\"auto\"")]) {
        let gated = Gated::new(&user);
        for key in 0..40 {
            gated.publish(&key.to_string()).await.unwrap();
        }
        gated.until("some work", |gated| gated.begun.load(Ordering::SeqCst) >= 4).await;
        assert!((4..=32).contains(&gated.bus.stats().workers), "{:?}", gated.bus.stats());
    }
}

#[tokio::test]
async fn queue_buffer_size_is_how_many_notices_wait() {
    for size in [1, 5] {
        let keys = [
            ("queue_buffer_size", size.to_string()),
            ("backpressure_strategy", "\"drop\"".to_owned()),
            ("worker_pool_size", "1".to_owned()),
        ];
        for user in in_both(&keys.each_ref().map(|(key, value)| (*key, value.as_str()))) {
            let gated = Gated::new(&user);
            gated.busy().await;
            for _ in 0..size {
                gated.publish("waits").await.unwrap();
            }
            assert_eq!(gated.publish("one more").await, Err(PublishError::Full { limit: size }));
            assert_eq!(gated.bus.stats().undelivered_notices, size);
        }
    }
}

/// A bus of this strategy whose one place for notices is taken.
async fn full(strategy: &str) -> Vec<Gated> {
    let strategy = format!("\"{strategy}\"");
    let keys = [("queue_buffer_size", "1"), ("backpressure_strategy", &strategy), ("worker_pool_size", "1")];
    let mut all = Vec::new();
    for user in in_both(&keys) {
        let gated = Gated::new(&user);
        gated.busy().await;
        gated.publish("old").await.unwrap();
        all.push(gated);
    }
    all
}

#[tokio::test]
async fn backpressure_strategy_degrade_merges_and_drops_the_oldest() {
    for gated in full("degrade").await {
        gated.publish("old").await.unwrap();
        gated.publish("new").await.unwrap();
        let stats = gated.bus.stats();
        assert_eq!((stats.coalesced, stats.dropped, stats.refused), (1, 1, 0));
    }
}

#[tokio::test]
async fn backpressure_strategy_block_lets_the_publisher_wait_a_while() {
    for gated in full("block").await {
        let before = clock::instant();
        assert_eq!(gated.publish("new").await, Err(PublishError::Full { limit: 1 }));
        assert!(before.elapsed() >= Duration::from_millis(100), "{:?}", before.elapsed());
        // In again as soon as there is room.
        let ((), published) = tokio::join!(async { gated.gate.add_permits(9) }, gated.publish("new"));
        published.unwrap();
    }
}

#[tokio::test]
async fn backpressure_strategy_drop_refuses_the_newest_at_once() {
    for gated in full("drop").await {
        assert_eq!(gated.publish("new").now_or_never(), Some(Err(PublishError::Full { limit: 1 })));
        let stats = gated.bus.stats();
        assert_eq!((stats.coalesced, stats.dropped, stats.refused), (0, 0, 1));
    }
}

#[tokio::test]
async fn ring_size_is_how_many_events_a_late_reader_finds() {
    for size in [10, 30] {
        for user in in_both(&[("ring_size", &size.to_string())]) {
            let gated = Gated::new(&user);
            for _ in 0..50 {
                gated.publish("a").await.unwrap();
            }
            let found = gated.bus.read(TopicSet::all(), gated.bus.oldest(), 100).events.len();
            assert_eq!(found, size);
        }
    }
}
