//! The pattern of every `Watch…`: subscribe first, then the snapshot, `synced`, then deltas. A change between
//! subscription and snapshot is told twice, never not at all; a reader that fell behind the event ring gets a
//! new snapshot. It costs no task and no queue: the connection polls it when it has room.

use std::collections::VecDeque;
use std::pin::Pin;

use brummer_bus::{Delivery, Subscription, TopicSet};
use brummer_event::EventSeq;
use brummer_world::World;
use futures::Stream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// A stream of messages to one client.
pub(crate) type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a kind of list knows about itself.
pub(crate) trait Watched: Send + 'static {
    type Message: Send + 'static;

    /// The whole list in messages of bounded size, then `synced {cursor}`.
    fn snapshot(&mut self, seq: EventSeq, cursor: String) -> impl Future<Output = Vec<Self::Message>> + Send;

    /// What one batch of events changed.
    fn changes(&mut self, delivery: &Delivery) -> impl Future<Output = Vec<Self::Message>> + Send;

    /// Waits until something is due that no event tells (usage); for ever if there is nothing.
    fn due(&mut self) -> impl Future<Output = Vec<Self::Message>> + Send {
        std::future::pending()
    }
}

struct State<W: Watched> {
    watched: W,
    subscription: Subscription,
    ready: VecDeque<W::Message>,
    /// The next step is a (new) snapshot.
    fresh: bool,
    closing: CancellationToken,
}

/// The stream that watches `watched` through events of these topics.
pub(crate) fn watch<W: Watched>(world: &World, topics: TopicSet, watched: W) -> Messages<W::Message> {
    let state = State {
        watched,
        subscription: world.bus().subscribe(topics, world.bus().cursor()),
        ready: VecDeque::new(),
        fresh: true,
        closing: world.closing().clone(),
    };
    Box::pin(futures::stream::unfold(state, |mut state| async move {
        loop {
            if let Some(message) = state.ready.pop_front() {
                return Some((Ok(message), state));
            }
            if state.fresh {
                state.fresh = false;
                let cursor = state.subscription.cursor();
                state.ready.extend(state.watched.snapshot(cursor.seq, cursor.to_string()).await);
                continue;
            }
            tokio::select! {
                delivery = state.subscription.next() => {
                    if delivery.resync || delivery.gap.is_some() {
                        state.fresh = true;
                    } else {
                        state.ready.extend(state.watched.changes(&delivery).await);
                    }
                }
                messages = state.watched.due() => state.ready.extend(messages),
                // Last, so that what is already there is told before the end.
                () = state.closing.cancelled() => return None,
            }
        }
    }))
}
