//! A daemon that dies between the intent and its effect: never two runs. The daemon that dies is this test
//! binary again, told by the environment to be it.

use std::process::Command;

use brummer_event::ProcessState;
use brummer_process::{Did, StartRequest};

use crate::harness::{State, asker, key_of, service, shim, start, until};

const HELPER: &str = "faults::the_daemon_that_dies";
const DIR: &str = "BRUMMER_TEST_STATE";

/// Not a test: what the tests below start. Without the environment it has nothing to do.
#[test]
fn the_daemon_that_dies() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let state = State::at(dir.into());
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let mut request = start("api");
    request.asker.request = brummer_event::RequestId("the-request".into());
    let _answered = daemon.run(daemon.supervisor.start(request));
    unreachable!("the fault point comes first");
}

fn die_at(point: &str) -> State {
    shim();
    let state = State::new();
    let test = std::env::current_exe().unwrap();
    let status = Command::new(test)
        .args(["--exact", HELPER, "--nocapture", "--test-threads=1"])
        .env(DIR, state.dir.path())
        .env("BRUMMER_FAULT", format!("abort@{point}"))
        .output()
        .unwrap();
    assert!(!status.status.success(), "it reached the point: {status:?}");
    state
}

fn retry() -> StartRequest {
    let mut request = start("api");
    request.asker = asker();
    request.asker.request = brummer_event::RequestId("the-request".into());
    request
}

#[test]
fn dying_before_the_spawn_ends_in_one_run() {
    let state = die_at("intent");
    assert_eq!(state.living(), [], "it had not begun");
    let daemon = state.daemon();
    let view = daemon.until_state("api", ProcessState::Running);
    assert_eq!(&*view.reason, "resumed after the daemon's restart");
    let retried = daemon.run(daemon.supervisor.start(retry())).unwrap();
    assert_eq!((retried.did, retried.view.run), (Did::Started, view.run), "a retry gets its answer");
    until(|| state.living().len() == 1);
    assert_eq!(state.runs(), 1, "never two");
}

#[test]
fn dying_after_the_spawn_ends_in_one_run() {
    let state = die_at("spawned");
    let daemon = state.daemon();
    let view = daemon.until_state("api", ProcessState::Running);
    assert_eq!(&*view.reason, "ran on while no daemon was there");
    let retried = daemon.run(daemon.supervisor.start(retry())).unwrap();
    assert_eq!((retried.did, retried.view.run), (Did::Started, view.run));
    until(|| state.living().len() == 1);
    assert_eq!(state.runs(), 1, "never two");
    assert_eq!(daemon.run(daemon.supervisor.stop(asker(), &key_of("api"))).unwrap().did, Did::Stopped);
    assert_eq!(state.living(), []);
}
