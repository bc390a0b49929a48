//! The one place where concurrent work begins and ends.
//!
//! A [`Scope`] names, counts, isolates and ends every task and thread of the daemon: bare spawns are banned
//! by lint, so what runs is what a scope lists. A panic in one task is caught, counted and logged under the
//! task's name; nobody else notices. Ending a scope cancels its token and waits for its tasks until a
//! deadline; what is left then is named.
//!
//! Also here, because everyone needs them and only one place may own them: the clocks ([`clock`]) and the
//! identity of this boot. Idea: tokio-util's `TaskTracker` with `CancellationToken`.

pub mod clock;
pub mod faults;
pub mod memory;
mod panics;
mod sys;
mod task;
mod thread;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use task::{Task, TaskError};
pub use thread::{StopFlag, Thread};

/// Names, counts and ends tasks. Cheap to clone; clones are the same scope.
#[derive(Clone)]
pub struct Scope {
    shared: Arc<Shared>,
    token: CancellationToken,
}

struct Shared {
    runtime: tokio::runtime::Handle,
    tracker: TaskTracker,
    /// Live tasks and threads by name. A leaf lock: a few lines, no await, no callback.
    live: Mutex<BTreeMap<&'static str, usize>>,
}

/// Counts one task or thread as long as it exists.
pub(crate) struct Counted {
    shared: Arc<Shared>,
    name: &'static str,
}

impl Counted {
    fn new(shared: &Arc<Shared>, name: &'static str) -> Self {
        *shared.live.lock().entry(name).or_insert(0) += 1;
        metrics::gauge!("brummer_tasks", "name" => name).increment(1);
        Self { shared: shared.clone(), name }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut live = self.shared.live.lock();
        if let Some(count) = live.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                live.remove(self.name);
            }
        }
        metrics::gauge!("brummer_tasks", "name" => self.name).decrement(1);
    }
}

impl Scope {
    /// A scope on the current runtime.
    ///
    /// # Errors
    /// Outside a tokio runtime.
    pub fn new() -> Result<Self, tokio::runtime::TryCurrentError> {
        Ok(Self {
            shared: Arc::new(Shared {
                runtime: tokio::runtime::Handle::try_current()?,
                tracker: TaskTracker::new(),
                live: Mutex::new(BTreeMap::new()),
            }),
            token: CancellationToken::new(),
        })
    }

    /// A scope that is cancelled with this one, and can be cancelled alone. It shares the count and the
    /// final wait.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { shared: self.shared.clone(), token: self.token.child_token() }
    }

    /// Starts a task. It is *not* aborted by cancellation: it watches [`Scope::token`] and ends itself in
    /// order. Dropping the answer detaches it.
    #[expect(clippy::disallowed_methods, reason = "this is the one spawn function")]
    pub fn spawn<F>(&self, name: &'static str, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let counted = Counted::new(&self.shared, name);
        let guarded = panics::isolate(name, counted, future);
        Task::new(name, self.shared.runtime.spawn(self.shared.tracker.track_future(guarded)))
    }

    /// Starts a task that is dropped at its next await when the scope is cancelled: for work without any
    /// state to put in order.
    pub fn spawn_until_cancelled<F>(&self, name: &'static str, future: F) -> Task<Option<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let token = self.token.clone();
        self.spawn(name, async move { token.run_until_cancelled(future).await })
    }

    /// Runs blocking work on the runtime's pool.
    #[expect(clippy::disallowed_methods, reason = "this is the one spawn function")]
    pub fn blocking<T, F>(&self, name: &'static str, work: F) -> Task<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let counted = Counted::new(&self.shared, name);
        let handle = self.shared.runtime.spawn_blocking(move || panics::isolate_sync(name, counted, work));
        Task::new(name, handle)
    }

    /// Starts an owned thread. `nice` lowers its priority (0..=19); the thread is told to end by its
    /// [`StopFlag`], which is the scope's cancellation.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn thread<F>(&self, name: &'static str, nice: i32, work: F) -> std::io::Result<Thread>
    where
        F: FnOnce(StopFlag) + Send + 'static,
    {
        let counted = Counted::new(&self.shared, name);
        // A tracked token keeps the final wait honest about threads too.
        let tracked = self.shared.tracker.token();
        thread::start(name, nice, StopFlag::new(self.token.clone()), move |flag| {
            let _tracked = tracked;
            let _ended = panics::isolate_sync(name, counted, || work(flag));
        })
    }

    /// The token that says "end now".
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// The runtime that this scope starts tasks on, for threads that must wait for a future.
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        &self.shared.runtime
    }

    /// Live tasks and threads by name.
    pub fn live(&self) -> Vec<(&'static str, usize)> {
        self.shared.live.lock().iter().map(|(name, count)| (*name, *count)).collect()
    }

    /// How many tasks and threads live.
    pub fn count(&self) -> usize {
        self.shared.live.lock().values().sum()
    }

    /// Cancels this scope and waits until every task ended, at most `deadline`. Answers the names of those
    /// that did not. Only meaningful on the root scope.
    pub async fn end(&self, deadline: Duration) -> Vec<&'static str> {
        self.token.cancel();
        self.shared.tracker.close();
        if tokio::time::timeout(deadline, self.shared.tracker.wait()).await.is_ok() {
            return Vec::new();
        }
        self.live().into_iter().map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_stays_in_its_task_and_is_told() {
        let scope = Scope::new().unwrap();
        let task = scope.spawn("panics", async { panic!("boom") });
        assert!(matches!(task.await, Err(TaskError::Panicked { name: "panics" })));
        assert_eq!(scope.spawn("fine", async { 7 }).await.unwrap(), 7);
        assert_eq!(scope.count(), 0);
    }

    #[tokio::test]
    async fn the_end_waits_for_tasks_and_threads_and_names_what_is_left() {
        let scope = Scope::new().unwrap();
        let token = scope.token().clone();
        let _task = scope.spawn("orderly", async move { token.cancelled().await });
        let _thread = scope.thread("worker", 0, |flag| flag.wait()).unwrap();
        assert_eq!(scope.live(), vec![("orderly", 1), ("worker", 1)]);
        let _stuck = scope.spawn("stuck", std::future::pending::<()>());
        assert_eq!(scope.end(Duration::from_millis(300)).await, vec!["stuck"]);
    }

    #[tokio::test]
    async fn a_child_ends_alone() {
        let scope = Scope::new().unwrap();
        let child = scope.child();
        let task = child.spawn_until_cancelled("child", std::future::pending::<()>());
        child.token().cancel();
        assert_eq!(task.await.unwrap(), None);
        assert!(!scope.token().is_cancelled());
    }
}
