//! What a run's shim and its supervisor are to be told. Orders of a kind replace each other, so a slow
//! receiver holds nobody up and nothing queues; news are few and wait in order.
//!
//! Two tasks a run carry them over; they sleep while there is nothing. When the engine stops they end.

use std::collections::VecDeque;
use std::sync::Arc;

use brummer_capture::{Position, WhenBehind};
use brummer_scope::Scope;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use crate::{RunProgress, ShimOrder};

/// The newest order of each kind.
#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    indexed: Option<Position>,
    release: Option<u32>,
    behind: Option<WhenBehind>,
    arm: Option<Position>,
}

impl Orders {
    fn take(&mut self) -> impl Iterator<Item = ShimOrder> + use<> {
        let orders = std::mem::take(self);
        [
            orders.indexed.map(ShimOrder::Indexed),
            orders.release.map(|through| ShimOrder::Release { through }),
            orders.behind.map(ShimOrder::Behind),
            orders.arm.map(ShimOrder::Arm),
        ]
        .into_iter()
        .flatten()
    }
}

#[derive(Debug, Default)]
struct State {
    /// Not yet taken by the connection.
    waiting: Orders,
    /// What a new connection must be told.
    last: Orders,
    news: VecDeque<RunProgress>,
    drained: bool,
}

/// One side of the connection to a run's shim and supervisor.
#[derive(Debug, Default)]
pub(crate) struct Link {
    state: Mutex<State>,
    ordered: Notify,
    told: Notify,
}

impl Link {
    /// Starts carrying.
    pub(crate) fn start(
        scope: &Scope,
        to_shim: mpsc::Sender<ShimOrder>,
        progress: mpsc::Sender<RunProgress>,
    ) -> Arc<Self> {
        let link = Arc::new(Self::default());
        let orders = link.clone();
        let _detached =
            scope.spawn_until_cancelled("log-orders", async move { orders.carry_orders(to_shim).await });
        let news = link.clone();
        let _detached =
            scope.spawn_until_cancelled("log-news", async move { news.carry_news(progress).await });
        link
    }

    async fn carry_orders(&self, to_shim: mpsc::Sender<ShimOrder>) {
        loop {
            let (orders, drained) = {
                let mut state = self.state.lock();
                (state.waiting.take(), state.drained)
            };
            for order in orders {
                // A closed channel means that the shim is gone: nothing is left to be ordered.
                if to_shim.send(order).await.is_err() {
                    return;
                }
            }
            if drained {
                return;
            }
            self.ordered.notified().await;
        }
    }

    async fn carry_news(&self, progress: mpsc::Sender<RunProgress>) {
        loop {
            let (next, drained) = {
                let mut state = self.state.lock();
                (state.news.pop_front(), state.drained)
            };
            match next {
                Some(news) => {
                    // A supervisor that no longer listens loses nothing that it wanted.
                    if progress.send(news).await.is_err() {
                        return;
                    }
                }
                None if drained => return,
                None => self.told.notified().await,
            }
        }
    }

    fn order(&self, change: impl Fn(&mut Orders)) {
        {
            let mut state = self.state.lock();
            change(&mut state.waiting);
            change(&mut state.last);
        }
        self.ordered.notify_one();
    }

    pub(crate) fn arm(&self, position: Position) {
        self.order(|orders| orders.arm = Some(position));
    }

    pub(crate) fn indexed(&self, position: Position) {
        self.order(|orders| orders.indexed = Some(position));
    }

    pub(crate) fn release(&self, through: u32) {
        self.order(|orders| orders.release = Some(through));
    }

    pub(crate) fn behind(&self, behind: WhenBehind) {
        self.order(|orders| orders.behind = Some(behind));
    }

    /// Tells everything again, for a new connection.
    pub(crate) fn again(&self) {
        {
            let mut state = self.state.lock();
            state.waiting = state.last;
        }
        self.ordered.notify_one();
    }

    pub(crate) fn tell(&self, news: RunProgress) {
        {
            let mut state = self.state.lock();
            state.drained |= matches!(news, RunProgress::Drained { .. });
            state.news.push_back(news);
        }
        self.told.notify_one();
        self.ordered.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_receiver_that_does_not_take_gets_only_the_newest_of_each_kind() {
        let scope = Scope::new().unwrap();
        let (to_shim, mut orders) = mpsc::channel(1);
        let (progress, mut news) = mpsc::channel(1);
        let link = Link::start(&scope, to_shim, progress);
        let at = |offset| Position { segment: 1, offset };
        link.arm(at(0));
        assert_eq!(orders.recv().await, Some(ShimOrder::Arm(at(0))));
        // Nobody takes while these are given; two may be under way already.
        for offset in 1..100 {
            link.indexed(at(offset));
            link.arm(at(offset));
            tokio::task::yield_now().await;
        }
        let mut taken = Vec::new();
        while taken.last() != Some(&ShimOrder::Arm(at(99))) {
            taken.push(orders.recv().await.unwrap());
        }
        assert!(taken.len() <= 6, "{taken:?}");
        link.again();
        assert_eq!(orders.recv().await, Some(ShimOrder::Indexed(at(99))));
        assert_eq!(orders.recv().await, Some(ShimOrder::Arm(at(99))));
        for seq in 0..5 {
            link.tell(RunProgress::Drained { last_seq: Some(seq) });
        }
        for seq in 0..5 {
            assert_eq!(news.recv().await, Some(RunProgress::Drained { last_seq: Some(seq) }));
        }
        assert_eq!(news.recv().await, None, "carried to the end");
        assert_eq!(orders.recv().await, None);
    }
}
