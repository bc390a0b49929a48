//! Subscribers: a cursor and an armed wake-up, edge-triggered. A publication that finds nobody armed for
//! its topic wakes nobody.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use brummer_event::{EventCursor, Topic};
use tokio::sync::Notify;

use crate::{Bus, Delivery, TopicSet};

/// Most events in one delivery.
const PAGE: usize = 256;

pub(crate) struct Armed {
    topics: TopicSet,
    armed: AtomicBool,
    notify: Notify,
}

/// Reads on behind a cursor. Dropping it costs nothing.
pub struct Subscription {
    bus: Bus,
    topics: TopicSet,
    from: EventCursor,
    armed: Arc<Armed>,
}

impl Subscription {
    pub(crate) fn new(bus: Bus, topics: TopicSet, from: EventCursor) -> Self {
        let armed = Arc::new(Armed { topics, armed: AtomicBool::new(false), notify: Notify::new() });
        bus.shared.inner.lock().subscribers.push(Arc::downgrade(&armed));
        Self { bus, topics, from, armed }
    }

    /// The next events; waits without cost while there are none. Safe to drop at its await: the cursor moves
    /// only with what is given out.
    pub async fn next(&mut self) -> Delivery {
        loop {
            // Armed before the look, so that what is published in between wakes.
            self.armed.armed.store(true, Ordering::Release);
            let delivery = self.bus.read(self.topics, self.from.clone(), PAGE);
            self.from = delivery.cursor.clone();
            if !delivery.events.is_empty() || delivery.gap.is_some() || delivery.resync {
                self.armed.armed.store(false, Ordering::Release);
                return delivery;
            }
            self.armed.notify.notified().await;
        }
    }

    /// After everything that was given out.
    pub fn cursor(&self) -> EventCursor {
        self.from.clone()
    }
}

/// Wakes those who are armed for the topic, once each, and forgets those that are gone.
pub(crate) fn wake(subscribers: &mut Vec<Weak<Armed>>, topic: Topic) {
    subscribers.retain(|subscriber| match subscriber.upgrade() {
        Some(armed) => {
            if armed.topics.has(topic) && armed.armed.swap(false, Ordering::AcqRel) {
                armed.notify.notify_one();
            }
            true
        }
        None => false,
    });
}
