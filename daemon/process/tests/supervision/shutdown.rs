//! The ordered end of everything: F58, F59.

use std::time::Duration;

use brummer_event::ProcessState;
use brummer_process::ProcessError;

use crate::harness::{State, service, until};

#[test]
fn everything_is_stopped_in_reverse_order_and_nothing_new_begins() {
    let state = State::new();
    let daemon = state.daemon();
    let script = |name: &str| {
        format!("trap 'echo {name} >> order; exit 0' TERM; touch {name}; while :; do sleep 0.01; done")
    };
    let mut api = service(&state, "api", &script("api"));
    api.depends_on.push("db".to_owned());
    daemon.declare(
        &state,
        vec![service(&state, "db", &script("db")), api, service(&state, "crashy", "exit 1")],
    );
    daemon.start("api").unwrap();
    daemon.start("crashy").unwrap();
    until(|| state.project_dir().join("api").exists() && state.project_dir().join("db").exists());
    let report = daemon.run(daemon.supervisor.shutdown(Duration::from_secs(30)));
    assert_eq!((report.killed.len(), report.left.len()), (0, 0), "{report:?}");
    let order = std::fs::read_to_string(state.project_dir().join("order")).unwrap();
    assert_eq!(order, "api\ndb\n");
    assert_eq!(state.living(), []);
    assert_eq!(daemon.view("api").state, ProcessState::Stopped);
    assert!(daemon.view("api").wanted, "what is wanted outlives the daemon's own stop");
    assert!(daemon.view("crashy").state.is_ended());
    assert!(matches!(daemon.start("api"), Err(ProcessError::Stopping)));
}

#[test]
fn at_the_deadline_everything_left_is_killed_and_named() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "api", "trap '' TERM; touch up; while :; do sleep 0.01; done");
    spec.stop.timeout = Duration::from_secs(600);
    daemon.declare(&state, vec![spec]);
    daemon.start("api").unwrap();
    until(|| state.project_dir().join("up").exists());
    let report = daemon.run(daemon.supervisor.shutdown(Duration::from_secs(3)));
    assert!(report.left.is_empty(), "{report:?}");
    assert_eq!(state.living(), []);
    assert_eq!(daemon.view("api").exit.as_ref().unwrap().signal, Some(9));
}

#[test]
fn a_second_signal_ends_the_patience() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "api", "trap '' TERM; touch up; while :; do sleep 0.01; done");
    spec.stop.timeout = Duration::from_secs(600);
    daemon.declare(&state, vec![spec]);
    daemon.start("api").unwrap();
    until(|| state.project_dir().join("up").exists());
    let supervisor = daemon.supervisor.clone();
    let shutdown =
        daemon.spawn("shutdown", async move { supervisor.shutdown(Duration::from_secs(600)).await });
    daemon.until_state("api", ProcessState::Stopping);
    let report = daemon.run(async {
        daemon.supervisor.hasten().await;
        shutdown.await.unwrap()
    });
    assert!(report.left.is_empty() && report.took < Duration::from_secs(40), "{report:?}");
    assert_eq!(state.living(), []);
}
