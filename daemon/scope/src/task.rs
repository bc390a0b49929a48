//! The answer of a spawn: await it for the result, drop it to let the task go on alone.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

/// A running task. Dropping it detaches: the waiting ends, never the work.
#[must_use = "bind it (even to `_task`) to say that it is detached on purpose"]
pub struct Task<T> {
    name: &'static str,
    handle: JoinHandle<Option<T>>,
}

/// Why a task has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    #[error("task `{name}` panicked; its message is in the log")]
    Panicked { name: &'static str },
    #[error("task `{name}` was aborted with its runtime")]
    Aborted { name: &'static str },
}

impl<T> Task<T> {
    pub(crate) fn new(name: &'static str, handle: JoinHandle<Option<T>>) -> Self {
        Self { name, handle }
    }

    /// Ends the task at its next await. For work that holds no state to put in order.
    pub fn abort(&self) {
        self.handle.abort();
    }

    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let name = self.name;
        Pin::new(&mut self.handle).poll(context).map(|joined| match joined {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(TaskError::Panicked { name }),
            Err(_) => Err(TaskError::Aborted { name }),
        })
    }
}
