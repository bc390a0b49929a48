//! The workers: tasks that exist only while there is work. Each takes one event at a time, isolated: a
//! handler that panics or runs over its limit is cancelled, counted and named, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::config::PROGRAM_WORKERS;
use crate::work::Taken;
use crate::{HandlerClass, Shared};

/// Starts as many workers as there is ready work for, within the bounds of each class.
pub(crate) fn staff(shared: &Arc<Shared>) {
    let classes = [
        (HandlerClass::Inner, shared.config.workers()),
        (HandlerClass::Program { timeout: shared.config.handler_timeout }, PROGRAM_WORKERS),
    ];
    for (class, most) in classes {
        while shared.inner.lock().work.hire(class, most) {
            let _task = shared.scope.spawn("bus-worker", work(shared.clone(), class));
        }
    }
}

async fn work(shared: Arc<Shared>, class: HandlerClass) {
    loop {
        let Some(taken) = shared.inner.lock().work.take(class) else { return };
        shared.room.notify_waiters();
        let key = taken.key.clone();
        hand_over(&shared, taken).await;
        shared.inner.lock().work.finish(key, class);
    }
}

async fn hand_over(shared: &Shared, taken: Taken) {
    let limit = match taken.class {
        HandlerClass::Inner => shared.config.handler_timeout,
        HandlerClass::Program { timeout } => timeout,
    };
    let (name, topic) = (taken.name, taken.handed.event.topic.as_str());
    let function = taken.function;
    let handed = taken.handed;
    // The call itself runs inside the task too: a panic before the first await is isolated as well.
    let mut task = shared.scope.spawn("bus-handler", async move { function(handed).await });
    let (kind, why) = match tokio::time::timeout(limit, &mut task).await {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(error))) => ("error", error.to_string()),
        Ok(Err(error)) => ("panic", error.to_string()),
        Err(_) => {
            task.abort();
            ("timeout", format!("took longer than {limit:?}"))
        }
    };
    shared.failures.fetch_add(1, Ordering::Relaxed);
    metrics::counter!("brummer_bus_handler_failures_total", "handler" => name, "kind" => kind).increment(1);
    tracing::warn!(handler = name, topic, kind, why, "a handler failed; the others go on");
}
