//! The event bus: numbers every change, keeps the newest, and tells those who want to know.
//!
//! **Owns** the event ring and the work of handlers, behind one leaf lock that is held for a few lines and
//! never across an await or a callback. **Subscribers** ([`Bus::subscribe`]) are cursors into the ring with an
//! armed wake-up: they have no queue, so a slow one costs nothing and hinders nobody; what left the ring
//! before it was read is told as a gap. **Handlers** ([`Bus::handler`]) have pending work by *key*: a ready
//! queue holds each (handler, topic, key) at most once, any free worker takes the next by priority (one pick
//! in eight takes the oldest whatever its priority), and a key in work is not ready. So events of one topic
//! and key keep their order without fixed lanes, and a slow handler holds one worker and its own key only.
//!
//! **When full**: `queue_buffer_size` counts undelivered *notices*; `degrade` merges notices of one key, then
//! gives up the oldest of the lowest priority; `block` lets the publisher wait up to 100 ms, then refuses;
//! `drop` refuses the newest. All of it is counted. *State changes* do not count and are never refused: beyond
//! the last 64 of a key they are merged ("first…last, n changes") and the newest is always delivered.
//!
//! **When stopping**: workers finish the event they are in; subscriptions go on as long as somebody publishes.
//! Nothing whose loss would break state travels here.

mod config;
mod pool;
mod ring;
mod subscription;
mod topics;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brummer_event::{Event, EventCursor, EventSeq, Payload, WallNs};
use brummer_scope::Scope;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;

pub use config::{Backpressure, BusConfig, HandlerClass};
pub use subscription::Subscription;
pub use topics::TopicSet;
pub use work::{Coalesced, HandlerId};

use ring::Ring;
use work::{Admission, Work};

/// A notice that was not published. State changes are never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    #[error("{limit} notices wait for their handlers; this one was refused and counted")]
    Full { limit: usize },
}

/// What a handler may answer; it is counted and logged under the handler's name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HandlerError(pub String);

/// A handler's function. It gets one event at a time of each key.
pub type HandlerFn = Arc<dyn Fn(Handed) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

/// One event as a handler gets it.
#[derive(Debug, Clone)]
pub struct Handed {
    pub event: Arc<Event>,
    /// State changes of this key before `event` that were merged because there were too many.
    pub coalesced: Option<Coalesced>,
}

/// A page of events.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Matching events in order, at most what was asked for.
    pub events: Vec<Arc<Event>>,
    /// What left the ring before this reader came; it lies before `events`.
    pub gap: Option<brummer_event::Gap>,
    /// After everything that this delivery covers.
    pub cursor: EventCursor,
    /// The cursor was of another daemon start: the reader needs new snapshots.
    pub resync: bool,
}

/// Figures of the bus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BusStats {
    pub published: u64,
    pub kept: usize,
    /// Notices that handlers have not got yet.
    pub undelivered_notices: usize,
    pub dropped: u64,
    pub coalesced: u64,
    pub refused: u64,
    pub handler_failures: u64,
    pub workers: usize,
}

/// Handle of the bus. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) config: BusConfig,
    pub(crate) epoch: u64,
    pub(crate) scope: Scope,
    /// Leaf lock: ring, handler work and armed subscribers change together, so that order is one.
    pub(crate) inner: Mutex<Inner>,
    /// Told when a handler took a notice: a publisher that waits for room looks again.
    pub(crate) room: Notify,
    pub(crate) failures: AtomicU64,
}

pub(crate) struct Inner {
    pub(crate) ring: Ring,
    pub(crate) work: Work,
    pub(crate) subscribers: Vec<std::sync::Weak<subscription::Armed>>,
}

impl Bus {
    /// `epoch` names this daemon start in every cursor.
    pub fn new(config: BusConfig, scope: &Scope, epoch: u64) -> Self {
        let inner = Inner {
            ring: Ring::new(config.ring_size),
            work: Work::new(config.queue_buffer_size, config.backpressure),
            subscribers: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                epoch,
                scope: scope.clone(),
                inner: Mutex::new(inner),
                room: Notify::new(),
                failures: AtomicU64::new(0),
                config,
            }),
        }
    }

    pub fn epoch(&self) -> u64 {
        self.shared.epoch
    }

    /// Publishes a state change: never waits, never fails, never dropped. A notice given to it is treated
    /// as one.
    pub fn publish_state(&self, time: WallNs, payload: Payload) -> EventSeq {
        let mut inner = self.shared.inner.lock();
        let seq = Self::append(&mut inner, time, payload, Admission::Always);
        drop(inner);
        pool::staff(&self.shared);
        seq
    }

    /// Publishes a notice.
    ///
    /// # Errors
    /// There is no room: at once with `drop`, after 100 ms with `block`, never with `degrade`.
    pub async fn publish(&self, time: WallNs, payload: Payload) -> Result<EventSeq, PublishError> {
        if payload.is_state_change() {
            return Ok(self.publish_state(time, payload));
        }
        if self.shared.config.backpressure == Backpressure::Block {
            let room = async {
                loop {
                    let notified = self.shared.room.notified();
                    if self.shared.inner.lock().work.has_room() {
                        return;
                    }
                    notified.await;
                }
            };
            // Whether the wait ended by room or by time, admission decides.
            let _waited = tokio::time::timeout(config::BLOCK_LIMIT, room).await;
        }
        self.try_notice(time, payload)
    }

    /// Publishes a notice from a place that must not wait. With `block` it is refused when there is no room.
    ///
    /// # Errors
    /// There is no room (never with `degrade`).
    pub fn try_notice(&self, time: WallNs, payload: Payload) -> Result<EventSeq, PublishError> {
        if payload.is_state_change() {
            return Ok(self.publish_state(time, payload));
        }
        let topic = payload.topic();
        let mut inner = self.shared.inner.lock();
        let admission = inner.work.admit(topic, &payload.key());
        if admission == Admission::Refused {
            drop(inner);
            metrics::counter!("brummer_bus_refused_total", "topic" => topic.as_str()).increment(1);
            return Err(PublishError::Full { limit: self.shared.config.queue_buffer_size });
        }
        let seq = Self::append(&mut inner, time, payload, admission);
        drop(inner);
        pool::staff(&self.shared);
        Ok(seq)
    }

    fn append(inner: &mut Inner, time: WallNs, payload: Payload, admission: Admission) -> EventSeq {
        let event = inner.ring.push(time, payload);
        inner.work.enqueue(&event, admission);
        subscription::wake(&mut inner.subscribers, event.topic);
        event.seq
    }

    /// Everything after now.
    pub fn cursor(&self) -> EventCursor {
        EventCursor { epoch: self.shared.epoch, seq: self.shared.inner.lock().ring.newest() }
    }

    /// Everything that is kept.
    pub fn oldest(&self) -> EventCursor {
        EventCursor { epoch: self.shared.epoch, seq: self.shared.inner.lock().ring.before_oldest() }
    }

    /// The next at most `max` matching events after `from`; does not wait.
    pub fn read(&self, topics: TopicSet, from: EventCursor, max: usize) -> Delivery {
        let inner = self.shared.inner.lock();
        let newest = inner.ring.newest();
        let epoch = self.shared.epoch;
        if from.epoch != epoch {
            let cursor = EventCursor { epoch, seq: newest };
            return Delivery { events: Vec::new(), gap: None, cursor, resync: true };
        }
        let page = inner.ring.read(topics, from.seq.min(newest), max);
        drop(inner);
        let cursor = EventCursor { epoch, seq: page.through };
        Delivery { events: page.events, gap: page.gap, cursor, resync: false }
    }

    /// A cursor with an armed wake-up.
    pub fn subscribe(&self, topics: TopicSet, from: EventCursor) -> Subscription {
        Subscription::new(self.clone(), topics, from)
    }

    /// Registers a handler for events from now on.
    pub fn handler(
        &self,
        name: &'static str,
        topics: TopicSet,
        class: HandlerClass,
        function: HandlerFn,
    ) -> HandlerId {
        self.shared.inner.lock().work.add_handler(name, topics, class, function)
    }

    /// Removes a handler: what it has not begun is not delivered any more.
    pub fn remove(&self, handler: HandlerId) {
        self.shared.inner.lock().work.remove_handler(handler);
        self.shared.room.notify_waiters();
    }

    pub fn stats(&self) -> BusStats {
        let inner = self.shared.inner.lock();
        let counts = inner.work.counts();
        BusStats {
            published: inner.ring.newest(),
            kept: inner.ring.len(),
            undelivered_notices: counts.undelivered_notices,
            dropped: counts.dropped,
            coalesced: counts.coalesced,
            refused: counts.refused,
            handler_failures: self.shared.failures.load(Ordering::Relaxed),
            workers: inner.work.workers(),
        }
    }
}

#[cfg(test)]
mod tests;
