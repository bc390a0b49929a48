//! How dependencies stand, and the wake-up when that changes. Owners never ask each other: a dependant looks at
//! what its dependencies publish.

use std::sync::Arc;

use brummer_event::ProcessState;
use brummer_event::spec::Kind;
use futures::FutureExt as _;
use futures::future::select_all;
use tokio::sync::watch;

use crate::ProcessView;
use crate::registry::Handle;

/// How one dependency stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    /// It may become ready by itself.
    Pending(String),
    /// Only a person can help.
    Blocked(String),
}

/// How this dependency stands. A task is ready once it has succeeded.
pub(crate) fn standing(of: &ProcessView) -> Standing {
    let name = &of.key.name;
    let task = of.spec.kind == Kind::Task;
    let succeeded = of.exit.as_ref().is_some_and(brummer_event::Exit::is_success);
    match of.state {
        ProcessState::Running if of.ready == Some(true) => Standing::Ready,
        ProcessState::Exited if task && succeeded => Standing::Ready,
        ProcessState::Running | ProcessState::Starting if task => {
            Standing::Pending(format!("waits for {name} to succeed"))
        }
        // Its ready check has not passed in time; it may still.
        ProcessState::Running => Standing::Blocked(format!("waits for {name}, which is {}", of.reason)),
        ProcessState::Starting => Standing::Pending(format!("waits for {name} to be ready")),
        ProcessState::Waiting if of.blocked => Standing::Blocked(format!("{name} {}", of.reason)),
        ProcessState::Waiting | ProcessState::Stopping | ProcessState::Paused => {
            Standing::Pending(format!("waits for {name}, which is {}", of.state))
        }
        ProcessState::Backoff => Standing::Pending(format!("waits for {name}, which is in back-off")),
        ProcessState::Failed => Standing::Blocked(format!("waits for {name}, which failed: {}", of.reason)),
        ProcessState::Exited | ProcessState::Stopped | ProcessState::Lost => {
            Standing::Blocked(format!("waits for {name}, which is {}", of.state))
        }
    }
}

/// What is missing of all of them: the sentence, and whether only a person can help.
pub(crate) fn missing<'a>(dependencies: impl Iterator<Item = &'a ProcessView>) -> Option<(String, bool)> {
    let mut pending = None;
    for dependency in dependencies {
        match standing(dependency) {
            Standing::Ready => {}
            Standing::Blocked(why) => return Some((why, true)),
            Standing::Pending(why) => pending = pending.or(Some((why, false))),
        }
    }
    pending
}

/// Wakes when one of some processes changes.
#[derive(Debug, Default)]
pub(crate) struct Watching {
    receivers: Vec<watch::Receiver<u64>>,
}

impl Watching {
    pub(crate) fn of<'a>(handles: impl Iterator<Item = &'a Handle>) -> Self {
        Self { receivers: handles.map(|handle| handle.cell.subscribe()).collect() }
    }

    pub(crate) fn stop(&mut self) {
        self.receivers.clear();
    }

    /// Ends with the next change of any of them; never where there is none.
    pub(crate) async fn changed(&mut self) {
        if self.receivers.is_empty() {
            return std::future::pending().await;
        }
        let (result, index, _) =
            select_all(self.receivers.iter_mut().map(|receiver| receiver.changed().boxed())).await;
        if result.is_err() {
            // That process was forgotten: it will not wake anybody again.
            self.receivers.swap_remove(index);
        }
    }
}

/// Views of some handles, held for a look at them.
pub(crate) fn views<'a>(handles: impl Iterator<Item = &'a Handle>) -> Vec<Arc<ProcessView>> {
    handles.map(|handle| handle.cell.load()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::view;

    #[test]
    fn how_a_dependency_stands() {
        let table = [
            (Kind::Service, ProcessState::Running, "ready"),
            (Kind::Service, ProcessState::Starting, "pending"),
            (Kind::Service, ProcessState::Paused, "pending"),
            (Kind::Service, ProcessState::Stopping, "pending"),
            (Kind::Service, ProcessState::Backoff, "pending"),
            (Kind::Service, ProcessState::Waiting, "pending"),
            (Kind::Service, ProcessState::Exited, "blocked"),
            (Kind::Service, ProcessState::Failed, "blocked"),
            (Kind::Service, ProcessState::Lost, "blocked"),
            (Kind::Service, ProcessState::Stopped, "blocked"),
            (Kind::Task, ProcessState::Running, "pending"),
            (Kind::Task, ProcessState::Failed, "blocked"),
        ];
        for (kind, state, expected) in table {
            let got = match standing(&view("db", kind, state)) {
                Standing::Ready => "ready",
                Standing::Pending(why) => {
                    assert!(why.starts_with("waits for db"), "{why}");
                    "pending"
                }
                Standing::Blocked(why) => {
                    assert!(why.starts_with("waits for db"), "{why}");
                    "blocked"
                }
            };
            assert_eq!(got, expected, "{kind:?} {state}");
        }
    }

    #[test]
    fn what_only_a_person_can_mend_is_said_first() {
        let starting = view("db", Kind::Service, ProcessState::Starting);
        let failed = view("seed", Kind::Task, ProcessState::Failed);
        let ready = view("mail", Kind::Service, ProcessState::Running);
        let (why, blocked) = missing([&starting, &failed, &ready].into_iter()).unwrap();
        assert!(blocked && why.starts_with("waits for seed, which failed"), "{why}");
        let (why, blocked) = missing([&ready, &starting].into_iter()).unwrap();
        assert!(!blocked && why == "waits for db to be ready", "{why}");
        assert_eq!(missing([&ready].into_iter()), None);
    }
}
