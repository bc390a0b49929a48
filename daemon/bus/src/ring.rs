//! The event ring: the newest events, dense by number.
//!
//! Pure: times come with the events.

use std::collections::VecDeque;
use std::sync::Arc;

use brummer_event::{Event, EventSeq, Gap, GapReason, Payload, WallNs};

use crate::TopicSet;

/// Holds events `newest - len + 1 ..= newest`.
pub(crate) struct Ring {
    events: VecDeque<Arc<Event>>,
    most: usize,
    newest: EventSeq,
}

pub(crate) struct RingPage {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) gap: Option<Gap>,
    /// Everything up to here was looked at.
    pub(crate) through: EventSeq,
}

impl Ring {
    pub(crate) fn new(most: usize) -> Self {
        Self { events: VecDeque::new(), most: most.max(1), newest: 0 }
    }

    pub(crate) fn push(&mut self, time: WallNs, payload: Payload) -> Arc<Event> {
        self.newest += 1;
        let (topic, key) = (payload.topic(), payload.key());
        let event = Arc::new(Event { seq: self.newest, topic, key, time, payload });
        if self.events.len() == self.most {
            self.events.pop_front();
        }
        self.events.push_back(event.clone());
        event
    }

    pub(crate) fn newest(&self) -> EventSeq {
        self.newest
    }

    pub(crate) fn before_oldest(&self) -> EventSeq {
        self.newest - self.events.len() as u64
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The next at most `max` matching events after `from` (not beyond the newest).
    pub(crate) fn read(&self, topics: TopicSet, from: EventSeq, max: usize) -> RingPage {
        let before_oldest = self.before_oldest();
        let gap = (from < before_oldest).then(|| Gap {
            from: from + 1,
            to: before_oldest,
            lines: None,
            project: None,
            process: None,
            run: None,
            reason: GapReason::Evicted,
        });
        let skip = usize::try_from(from.saturating_sub(before_oldest)).unwrap_or(usize::MAX);
        let events: Vec<_> = self
            .events
            .iter()
            .skip(skip)
            .filter(|event| topics.has(event.topic))
            .take(max)
            .cloned()
            .collect();
        let through = match events.last() {
            Some(last) if events.len() == max => last.seq,
            _ => self.newest,
        };
        RingPage { events, gap, through }
    }
}
