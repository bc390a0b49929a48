//! Waiting for processes to come into a state: one call, woken by their changes, answered at once when already
//! true or when it can no longer become true.

use std::sync::Arc;

use brummer_event::spec::Kind;
use brummer_event::{Exit, ProcessKey, ProcessState};

use crate::ProcessView;
use crate::needs::Watching;
use crate::registry::Handle;
use crate::request::{Condition, Waited};
use crate::shared::Shared;

/// Waits until the condition holds for all (`any`: for one), or can for none (`any`) or one of them no longer.
pub(crate) async fn wait(
    shared: &Arc<Shared>,
    keys: &[ProcessKey],
    condition: Condition,
    any: bool,
) -> Vec<Waited> {
    let mut first = true;
    loop {
        let handles: Vec<Option<Handle>> = keys.iter().map(|key| shared.handle(key)).collect();
        // Watched before looked at, so that no change is missed.
        let mut watching = Watching::of(handles.iter().flatten());
        let results: Vec<Waited> = keys
            .iter()
            .zip(&handles)
            .map(|(key, handle)| match handle {
                Some(handle) => look(&handle.cell.load(), condition, first),
                None => unknown(key),
            })
            .collect();
        first = false;
        let met = results.iter().filter(|result| result.met).count();
        let lost = results.iter().filter(|result| result.impossible.is_some()).count();
        let over = if any { met > 0 || lost == results.len() } else { lost > 0 || met == results.len() };
        if over || results.is_empty() {
            return results;
        }
        tokio::select! {
            () = watching.changed() => {}
            () = shared.leave.cancelled() => return results,
        }
    }
}

fn unknown(key: &ProcessKey) -> Waited {
    let impossible = Some(format!("no process `{}`", key.name));
    Waited { key: key.clone(), met: false, impossible, exit: None, never_ran: true }
}

/// How one process stands. `first`: nothing was waited for yet, so a process that was never started may still
/// be started by someone.
fn look(view: &ProcessView, condition: Condition, first: bool) -> Waited {
    let ended = view.state.is_ended();
    let succeeded = view.spec.kind == Kind::Task && view.state == ProcessState::Exited;
    let met = match condition {
        Condition::Running => matches!(view.state, ProcessState::Running | ProcessState::Paused),
        Condition::Ready => view.ready == Some(true) || (succeeded && is_success(view.exit.as_ref())),
        Condition::Exit => ended && view.run.is_some(),
    };
    let never_ran = view.run.is_none() && view.exit.is_none();
    let impossible = match condition {
        _ if met => None,
        Condition::Exit => (ended && never_ran).then(|| "it never ran".to_owned()),
        Condition::Running | Condition::Ready if view.blocked => Some(view.reason.to_string()),
        Condition::Running | Condition::Ready => match view.state {
            ProcessState::Stopped if first => None,
            state if state.is_ended() => Some(format!("it is {state}: {}", view.reason)),
            _ => None,
        },
    };
    Waited { key: view.key.clone(), met, impossible, exit: view.exit.clone(), never_ran }
}

fn is_success(exit: Option<&Exit>) -> bool {
    exit.is_some_and(Exit::is_success)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::view;
    use brummer_event::ExitReason;

    fn with_exit(mut view: ProcessView, code: i32) -> ProcessView {
        view.run = Some(brummer_event::RunId::from_u128(1));
        view.exit = Some(Exit {
            code: Some(code),
            signal: None,
            core: false,
            reason: ExitReason::Exited,
            at: 0,
            detail: None,
        });
        view
    }

    #[test]
    fn conditions_by_state() {
        use Condition::{Exit as Ended, Ready, Running};
        let service = |state| view("api", Kind::Service, state);
        let task = |state| view("seed", Kind::Task, state);
        // (process, condition, met, impossible at first, impossible later)
        let table = [
            (service(ProcessState::Running), Running, true, false, false),
            (service(ProcessState::Running), Ready, true, false, false),
            (service(ProcessState::Starting), Running, false, false, false),
            (service(ProcessState::Backoff), Ready, false, false, false),
            (service(ProcessState::Stopped), Running, false, false, true),
            (with_exit(service(ProcessState::Failed), 1), Running, false, true, true),
            (with_exit(service(ProcessState::Failed), 1), Ended, true, false, false),
            (with_exit(service(ProcessState::Backoff), 1), Ended, false, false, false),
            (service(ProcessState::Stopped), Ended, false, true, true),
            (task(ProcessState::Running), Running, true, false, false),
            (task(ProcessState::Running), Ready, false, false, false),
            (with_exit(task(ProcessState::Exited), 0), Ready, true, false, false),
            (with_exit(task(ProcessState::Failed), 2), Ready, false, true, true),
        ];
        for (view, condition, met, at_first, later) in table {
            let label = format!("{} {condition:?}", view.state);
            assert_eq!(look(&view, condition, true).met, met, "{label}");
            assert_eq!(look(&view, condition, true).impossible.is_some(), at_first, "{label}");
            assert_eq!(look(&view, condition, false).impossible.is_some(), later, "{label}");
        }
        let blocked = ProcessView { blocked: true, ..view("api", Kind::Service, ProcessState::Waiting) };
        assert!(look(&blocked, Running, true).impossible.is_some());
    }
}
