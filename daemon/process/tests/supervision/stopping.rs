//! The stop sequence as supervision sees it: F02, D03, stop commands.

use std::time::Duration;

use brummer_event::spec::Command;
use brummer_event::{ExitReason, ProcessState};
use brummer_process::Did;

use crate::harness::{State, identity, service, until};

#[test]
fn who_ignores_the_signal_is_killed_with_its_tree_after_the_grace() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "api", "trap '' TERM; sleep 600 & echo up; while :; do sleep 1; done");
    spec.stop.timeout = Duration::from_millis(100);
    daemon.declare(&state, vec![spec]);
    let started = daemon.start("api").unwrap();
    let (_, leader) = identity(&started.view);
    daemon.until_text(&state, "api", |text| text.contains("up"));
    let stopped = daemon.stop("api").unwrap();
    let exit = stopped.view.exit.as_ref().unwrap();
    assert_eq!((exit.reason, exit.signal), (ExitReason::Stopped, Some(9)));
    assert!(!leader.is_alive());
    assert_eq!(state.living(), []);
    assert!(state.text("api").contains("[killed "), "{}", state.text("api"));
}

#[test]
fn no_member_of_a_tree_survives_a_stop() {
    let state = State::new();
    let daemon = state.daemon();
    let script = "sh -c 'sleep 600 & setsid sleep 601 & wait' & (setsid sleep 602 &) ; wait";
    daemon.declare(&state, vec![service(&state, "api", script)]);
    for _ in 0..20 {
        daemon.start("api").unwrap();
        until(|| state.living().len() >= 5);
        assert_eq!(daemon.stop("api").unwrap().did, Did::Stopped);
        assert_eq!(state.living(), []);
    }
}

#[test]
fn a_stranger_that_holds_the_output_does_not_hold_the_stop() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let (first, leader) = identity(&daemon.start("api").unwrap().view);
    let _held = std::fs::File::options().write(true).open(format!("/proc/{}/fd/1", leader.pid)).unwrap();
    assert_eq!(daemon.stop("api").unwrap().view.state, ProcessState::Stopped);
    assert_ne!(daemon.start("api").unwrap().view.run, Some(first));
}

#[test]
fn a_stop_command_comes_first_and_its_words_are_kept() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "db", "trap 'exit 7' USR1; echo up; while :; do sleep 0.01; done");
    spec.env.push(("SAID".to_owned(), "goodbye".to_owned()));
    spec.stop.command = Some(Command::Shell("echo \"$SAID\" | tee said".to_owned()));
    daemon.declare(&state, vec![spec]);
    daemon.start("db").unwrap();
    daemon.until_text(&state, "db", |text| text.contains("up"));
    let stopped = daemon.stop("db").unwrap();
    assert_eq!(stopped.view.state, ProcessState::Stopped);
    let said = std::fs::read_to_string(state.project_dir().join("said")).unwrap();
    assert_eq!(said, "goodbye\n", "in its directory and environment");
    daemon.until_text(&state, "db", |text| text.contains("goodbye"));
    let runs = daemon.run(daemon.supervisor.runs(&crate::harness::key_of("db"), 10)).unwrap();
    assert_eq!(runs.len(), 1, "it is no run of the process");
}
