//! The shim as a process: when it ended, and reaping it where it is our child. On Linux by a pidfd that wakes
//! the runtime; elsewhere a child is waited for on the blocking pool.

use std::process::Child;

use brummer_capture::ProcId;
use brummer_scope::Scope;
use futures::FutureExt as _;
use futures::future::select_all;

use crate::sys::WatchedProcess;

#[derive(Debug)]
pub(super) struct ShimProcess {
    child: Option<Child>,
    watched: Option<WatchedProcess>,
}

impl ShimProcess {
    pub(super) fn of_child(child: Child, id: Option<ProcId>) -> Self {
        let mut process = Self { child: Some(child), watched: None };
        if let Some(id) = id {
            process.learn(id);
        }
        process
    }

    pub(super) const fn unknown() -> Self {
        Self { child: None, watched: None }
    }

    /// Who it is, as the shim or its lock file says.
    pub(super) fn learn(&mut self, id: ProcId) {
        if self.watched.as_ref().is_none_or(|watched| watched.id() != id) {
            // Where this fails (it is gone, or no pidfd) its lock is looked at from time to time instead.
            self.watched = WatchedProcess::new(id).ok();
        }
    }

    pub(super) const fn is_known(&self) -> bool {
        self.watched.is_some()
    }

    /// Ends when the process has ended; never if that cannot be seen.
    pub(super) async fn ended(&self) {
        match &self.watched {
            Some(watched) => watched.ended().await,
            None => std::future::pending().await,
        }
    }

    /// Takes its exit status, so that no zombie stays.
    pub(super) async fn reap(&mut self, scope: &Scope) {
        let Some(mut child) = self.child.take() else { return };
        // Its lock has fallen, so it is gone or just going.
        let reaped = scope.blocking("shim-reap", move || child.wait()).await;
        if let Ok(Ok(status)) = reaped
            && !status.success()
        {
            tracing::warn!(%status, "a shim ended unusually");
        }
    }
}

/// Ends when one of these has ended; never without any.
pub(crate) async fn one_ended(ids: Vec<ProcId>) {
    let ended = ids.into_iter().map(|id| {
        async move {
            let mut process = ShimProcess::unknown();
            process.learn(id);
            if process.is_known() {
                process.ended().await;
            } else if id.is_alive() {
                // No descriptor is free, or the system has none of this kind: looked at again in a while.
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
        .boxed()
    });
    let ended: Vec<_> = ended.collect();
    if ended.is_empty() {
        return std::future::pending().await;
    }
    select_all(ended).await;
}
