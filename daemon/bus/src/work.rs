//! The work of handlers: pending events by (handler, topic, key), the ready queues, admission.
//!
//! Pure: no clock, no tasks; the pool takes from it and gives back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use brummer_event::{Event, EventSeq, Priority, Topic};

use crate::{Backpressure, Handed, HandlerClass, HandlerFn, TopicSet};

/// State changes of one key that stay single; older ones are merged.
const STATES_PER_KEY: usize = 64;

/// One pick in so many takes the oldest key whatever its priority.
const FAIR_PICK: u64 = 8;

/// Identity of a registered handler; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandlerId(u64);

/// State changes that were merged: "first…last, n changes".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coalesced {
    pub first: EventSeq,
    pub last: EventSeq,
    pub changes: u64,
}

type WorkKey = (HandlerId, Topic, Arc<str>);

/// Whether a notice goes to its handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Always,
    /// Older notices of the same key give way to it.
    Replace,
    /// It goes into the ring, but no handler gets it.
    RingOnly,
    /// It is not published.
    Refused,
}

struct Handler {
    name: &'static str,
    topics: TopicSet,
    class: HandlerClass,
    function: HandlerFn,
}

#[derive(Default)]
struct Pending {
    events: VecDeque<Arc<Event>>,
    states: usize,
    coalesced: Option<Coalesced>,
    in_work: bool,
}

/// One event taken for a handler.
pub(crate) struct Taken {
    pub(crate) key: WorkKey,
    pub(crate) name: &'static str,
    pub(crate) class: HandlerClass,
    pub(crate) function: HandlerFn,
    pub(crate) handed: Handed,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) undelivered_notices: usize,
    pub(crate) dropped: u64,
    pub(crate) coalesced: u64,
    pub(crate) refused: u64,
}

/// Ready keys of one class of workers: by priority, each with the number of its arrival.
#[derive(Default)]
struct Ready {
    queues: [VecDeque<(u64, WorkKey)>; 3],
    picks: u64,
    workers: usize,
}

pub(crate) struct Work {
    limit: usize,
    policy: Backpressure,
    handlers: BTreeMap<HandlerId, Handler>,
    next_handler: u64,
    pending: HashMap<WorkKey, Pending>,
    inner: Ready,
    program: Ready,
    arrivals: u64,
    counts: Counts,
}

impl Work {
    pub(crate) fn new(limit: usize, policy: Backpressure) -> Self {
        Self {
            limit: limit.max(1),
            policy,
            handlers: BTreeMap::new(),
            next_handler: 1,
            pending: HashMap::new(),
            inner: Ready::default(),
            program: Ready::default(),
            arrivals: 0,
            counts: Counts::default(),
        }
    }

    pub(crate) fn add_handler(
        &mut self,
        name: &'static str,
        topics: TopicSet,
        class: HandlerClass,
        function: HandlerFn,
    ) -> HandlerId {
        let id = HandlerId(self.next_handler);
        self.next_handler += 1;
        self.handlers.insert(id, Handler { name, topics, class, function });
        id
    }

    pub(crate) fn remove_handler(&mut self, id: HandlerId) {
        self.handlers.remove(&id);
        let counts = &mut self.counts;
        self.pending.retain(|(handler, ..), pending| {
            if *handler == id {
                counts.undelivered_notices -= pending.events.len() - pending.states;
            }
            *handler != id
        });
        for ready in [&mut self.inner, &mut self.program] {
            for queue in &mut ready.queues {
                queue.retain(|(_, (handler, ..))| *handler != id);
            }
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn has_room(&self) -> bool {
        self.counts.undelivered_notices < self.limit
    }

    pub(crate) fn workers(&self) -> usize {
        self.inner.workers + self.program.workers
    }

    /// Decides about a notice, and makes room for it where the policy says so.
    pub(crate) fn admit(&mut self, topic: Topic, key: &Arc<str>) -> Admission {
        if self.has_room() || !self.handlers.values().any(|handler| handler.topics.has(topic)) {
            return Admission::Always;
        }
        match self.policy {
            Backpressure::Block | Backpressure::Drop => {
                self.counts.refused += 1;
                Admission::Refused
            }
            Backpressure::Degrade => {
                let same_key = self.pending.iter().any(|((_, this_topic, this_key), pending)| {
                    *this_topic == topic && this_key == key && pending.events.len() > pending.states
                });
                if same_key {
                    return Admission::Replace;
                }
                if self.drop_oldest_of_lowest(topic.priority()) {
                    Admission::Always
                } else {
                    Admission::RingOnly
                }
            }
        }
    }

    /// Drops the oldest notice of the lowest priority; false if the newcomer is itself the lowest.
    fn drop_oldest_of_lowest(&mut self, newcomer: Priority) -> bool {
        let victim = self
            .pending
            .iter()
            .filter_map(|(key, pending)| {
                let oldest = pending.events.iter().find(|event| !event.payload.is_state_change())?;
                Some((std::cmp::Reverse(key.1.priority()), oldest.seq, key.clone()))
            })
            .min_by_key(|(priority, seq, _)| (*priority, *seq));
        self.counts.dropped += 1;
        let Some((std::cmp::Reverse(priority), seq, key)) = victim else { return false };
        metrics::counter!("brummer_bus_dropped_total", "topic" => key.1.as_str()).increment(1);
        if priority < newcomer {
            return false;
        }
        if let Some(pending) = self.pending.get_mut(&key) {
            pending.events.retain(|event| event.seq != seq);
            self.counts.undelivered_notices -= 1;
        }
        self.forget_if_empty(&key);
        true
    }

    /// Hands the event to every handler that wants its topic.
    pub(crate) fn enqueue(&mut self, event: &Arc<Event>, admission: Admission) {
        if matches!(admission, Admission::RingOnly | Admission::Refused) {
            return;
        }
        let wanted: Vec<(HandlerId, HandlerClass)> = self
            .handlers
            .iter()
            .filter(|(_, handler)| handler.topics.has(event.topic))
            .map(|(id, handler)| (*id, handler.class))
            .collect();
        for (id, class) in wanted {
            self.enqueue_for(id, class, event, admission);
        }
    }

    fn enqueue_for(&mut self, id: HandlerId, class: HandlerClass, event: &Arc<Event>, admission: Admission) {
        let key: WorkKey = (id, event.topic, event.key.clone());
        let pending = self.pending.entry(key.clone()).or_default();
        let ready_already = pending.in_work || !pending.events.is_empty();
        if event.payload.is_state_change() {
            pending.states += 1;
            pending.events.push_back(event.clone());
            if pending.states > STATES_PER_KEY {
                pending.merge_oldest_state();
                self.counts.coalesced += 1;
            }
        } else {
            if admission == Admission::Replace {
                let before = pending.events.len();
                pending.events.retain(|event| event.payload.is_state_change());
                let merged = before - pending.events.len();
                self.counts.undelivered_notices -= merged;
                self.counts.coalesced += merged as u64;
            }
            pending.events.push_back(event.clone());
            self.counts.undelivered_notices += 1;
        }
        if !ready_already {
            self.make_ready(key, class);
        }
    }

    fn make_ready(&mut self, key: WorkKey, class: HandlerClass) {
        self.arrivals += 1;
        let arrival = self.arrivals;
        let priority = key.1.priority();
        if let Some(queue) = self.ready(class).queues.get_mut(priority as usize) {
            queue.push_back((arrival, key));
        }
    }

    fn ready(&mut self, class: HandlerClass) -> &mut Ready {
        match class {
            HandlerClass::Inner => &mut self.inner,
            HandlerClass::Program { .. } => &mut self.program,
        }
    }

    /// Counts a new worker of the class if work is ready and `most` allows one more.
    pub(crate) fn hire(&mut self, class: HandlerClass, most: usize) -> bool {
        let ready = self.ready(class);
        let waiting: usize = ready.queues.iter().map(VecDeque::len).sum();
        let hired = waiting > 0 && ready.workers < most;
        if hired {
            ready.workers += 1;
        }
        hired
    }

    /// The next event by priority; a worker that gets none ends.
    pub(crate) fn take(&mut self, class: HandlerClass) -> Option<Taken> {
        loop {
            let Some(key) = self.ready(class).pick() else {
                self.ready(class).workers -= 1;
                return None;
            };
            let Some(handler) = self.handlers.get(&key.0) else { continue };
            let Some(pending) = self.pending.get_mut(&key) else { continue };
            let Some(event) = pending.events.pop_front() else { continue };
            pending.in_work = true;
            if event.payload.is_state_change() {
                pending.states -= 1;
            } else {
                self.counts.undelivered_notices -= 1;
            }
            let handed = Handed { event, coalesced: pending.coalesced.take() };
            return Some(Taken {
                name: handler.name,
                class: handler.class,
                function: handler.function.clone(),
                handed,
                key,
            });
        }
    }

    /// The event is done: its key is ready again if more came.
    pub(crate) fn finish(&mut self, key: WorkKey, class: HandlerClass) {
        if let Some(pending) = self.pending.get_mut(&key) {
            pending.in_work = false;
            if pending.events.is_empty() {
                self.pending.remove(&key);
            } else {
                self.make_ready(key, class);
            }
        }
    }

    /// A key whose last notice was dropped while it was ready is skipped by `take`; its entry goes now.
    fn forget_if_empty(&mut self, key: &WorkKey) {
        if self.pending.get(key).is_some_and(|pending| pending.events.is_empty() && !pending.in_work) {
            self.pending.remove(key);
            for ready in [&mut self.inner, &mut self.program] {
                for queue in &mut ready.queues {
                    queue.retain(|(_, queued)| queued != key);
                }
            }
        }
    }
}

impl Pending {
    fn merge_oldest_state(&mut self) {
        let Some(at) = self.events.iter().position(|event| event.payload.is_state_change()) else { return };
        let Some(event) = self.events.remove(at) else { return };
        self.states -= 1;
        let merged =
            self.coalesced.get_or_insert(Coalesced { first: event.seq, last: event.seq, changes: 0 });
        merged.last = event.seq;
        merged.changes += 1;
    }
}

impl Ready {
    fn pick(&mut self) -> Option<WorkKey> {
        self.picks += 1;
        let fair = self.picks.is_multiple_of(FAIR_PICK);
        let queue = if fair {
            let oldest =
                |queue: &&mut VecDeque<(u64, WorkKey)>| queue.front().map_or(u64::MAX, |(at, _)| *at);
            self.queues.iter_mut().min_by_key(oldest)?
        } else {
            self.queues.iter_mut().find(|queue| !queue.is_empty())?
        };
        queue.pop_front().map(|(_, key)| key)
    }
}
