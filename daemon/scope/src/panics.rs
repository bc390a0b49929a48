//! Isolation: a panic ends its own task, is counted and is logged under the task's name.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::Counted;

/// The future's value, or nothing if it panicked.
pub(crate) async fn isolate<F: Future>(name: &'static str, counted: Counted, future: F) -> Option<F::Output> {
    let _counted = counted;
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        // What a panicking future leaves behind is dropped with it and never polled again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(payload) => {
                report(name, payload.as_ref());
                Poll::Ready(None)
            }
        }
    })
    .await
}

pub(crate) fn isolate_sync<T>(name: &'static str, counted: Counted, work: impl FnOnce() -> T) -> Option<T> {
    let _counted = counted;
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| report(name, payload.as_ref())).ok()
}

fn report(name: &'static str, payload: &(dyn Any + Send)) {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    metrics::counter!("brummer_task_panics_total", "name" => name).increment(1);
    tracing::error!(task = name, message, "a task panicked; the others go on");
}
