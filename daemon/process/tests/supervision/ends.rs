//! Ends: exec failures, the restart policy, giving up, what outlives a leader: F01, F03, F05, F16, F17.

use std::time::Duration;

use brummer_event::spec::{Command, Restart, Retry};
use brummer_event::{ExitReason, ProcessState};
use brummer_process::{Did, ProcessError};

use crate::harness::{State, identity, service, task, until};

#[test]
fn a_program_that_is_not_there_fails_once_with_the_path() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "api", "");
    spec.command = Command::Exec(vec!["no-such-bin".to_owned()]);
    daemon.declare(&state, vec![spec]);
    let error = daemon.start("api").unwrap_err();
    let ProcessError::StartFailed { reason, run, .. } = &error else { panic!("{error:?}") };
    assert!(reason.contains("no-such-bin") && reason.contains("PATH"), "{reason}");
    let view = daemon.view("api");
    assert_eq!((view.state, view.run, view.restarts), (ProcessState::Failed, *run, 0));
    assert_eq!(view.exit.as_ref().unwrap().reason, ExitReason::StartFailed);
    assert_eq!(daemon.states("api"), ["starting", "failed"], "no storm");
}

#[test]
fn a_directory_that_is_gone_and_a_file_that_is_no_program() {
    let state = State::new();
    let daemon = state.daemon();
    let mut gone = service(&state, "gone", "true");
    gone.dir = state.project_dir().join("removed");
    let mut plain = service(&state, "plain", "");
    std::fs::write(state.project_dir().join("plain"), "text").unwrap();
    plain.command = Command::Exec(vec!["./plain".to_owned()]);
    let mut env = service(&state, "env", "true");
    env.env_files.push(state.project_dir().join(".env"));
    std::fs::write(state.project_dir().join(".env"), "A=1\nnonsense").unwrap();
    let mut missing = service(&state, "missing", "true");
    missing.env_files.push(state.project_dir().join(".env.local"));
    let mut folder = service(&state, "folder", "true");
    folder.env_files.push(state.project_dir());
    daemon.declare(&state, vec![gone, plain, env, missing, folder]);
    for (name, words) in [
        ("gone", "removed"),
        ("plain", "not executable"),
        ("env", "/.env:2:1: expected `NAME=value`; a comment begins"),
        ("missing", "/.env.local is not there; make it, or take it out of `env_file`"),
        ("folder", "is no file"),
    ] {
        let error = daemon.start(name).unwrap_err();
        assert!(matches!(error, ProcessError::StartFailed { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(words), "{name}: {error}");
        assert_eq!(daemon.states(name), ["starting", "failed"], "{name}");
    }
    std::fs::write(state.project_dir().join(".env"), "A=1").unwrap();
    assert_eq!(daemon.start("env").unwrap().did, Did::Started, "mended, it starts");
}

#[test]
fn who_ends_again_and_again_is_given_up_after_five_restarts() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "echo try; exit 3")]);
    daemon.start("api").unwrap();
    let view = daemon.until_state("api", ProcessState::Failed);
    assert_eq!((view.restarts, &*view.reason), (5, "gave up: 5 restarts in 60s"));
    assert_eq!(view.exit.as_ref().unwrap().code, Some(3));
    assert_eq!(state.text("api").matches("try").count(), 6);
    let attempts = || -> Vec<String> {
        let changes = daemon.changes("api");
        let starts = changes.iter().filter(|change| change.to == ProcessState::Starting);
        starts.map(|change| change.reason.to_string()).collect()
    };
    let once = [
        "started by hand",
        "restart 1 of 5",
        "restart 2 of 5",
        "restart 3 of 5",
        "restart 4 of 5",
        "restart 5 of 5",
    ];
    assert_eq!(attempts(), once);
    // A start by hand begins a new history.
    daemon.start("api").unwrap();
    daemon.until("api", |view| view.state == ProcessState::Failed && view.restarts == 10);
    assert_eq!(attempts(), [once, once].concat());
}

#[test]
fn a_process_may_have_its_own_back_off_and_be_given_up_sooner_or_never() {
    let state = State::new();
    let daemon = state.daemon();
    let with = |name: &str, retry| {
        let mut spec = service(&state, name, "exit 1");
        spec.retry = retry;
        spec
    };
    let hour = Some(Duration::from_secs(3600));
    daemon.declare(
        &state,
        vec![
            with("sooner", Retry { restarts: Some(2), ..Retry::default() }),
            with("later", Retry { least: hour, ..Retry::default() }),
            with("never", Retry { restarts: Some(0), ..Retry::default() }),
        ],
    );
    for name in ["sooner", "later", "never"] {
        daemon.start(name).unwrap();
    }
    let sooner = daemon.until_state("sooner", ProcessState::Failed);
    assert_eq!((sooner.restarts, &*sooner.reason), (2, "gave up: 2 restarts in 60s"));
    let later = daemon.until_state("later", ProcessState::Backoff);
    let left = later.next_start_at.unwrap() - brummer_scope::clock::wall_ns();
    assert!(left > 3000 * 1_000_000_000, "{left}");
    daemon.until("never", |view| view.restarts > 7);
    assert!(daemon.changes("never").iter().any(|change| &*change.reason == "restart 7"));
    daemon.stop("never").unwrap();
}

#[test]
fn who_is_never_given_up_has_all_its_restarts_counted() {
    let state = State::new();
    // As if each end came when all before are forgotten.
    let daemon = state.daemon_with(|config| config.restart.window = Duration::ZERO);
    let mut spec = service(&state, "never", "exit 1");
    spec.retry = Retry { restarts: Some(0), ..Retry::default() };
    daemon.declare(&state, vec![spec]);
    daemon.start("never").unwrap();
    daemon.until("never", |view| view.restarts > 3);
    assert!(daemon.changes("never").iter().any(|change| &*change.reason == "restart 3"));
    daemon.stop("never").unwrap();
}

#[test]
fn a_back_off_shows_its_end_and_a_stop_ends_it() {
    let state = State::new();
    let daemon = state.daemon_with(|config| config.restart.first = Duration::from_secs(3600));
    daemon.declare(&state, vec![service(&state, "api", "exit 1")]);
    daemon.start("api").unwrap();
    let view = daemon.until_state("api", ProcessState::Backoff);
    let left = view.next_start_at.unwrap() - brummer_scope::clock::wall_ns();
    let capped = 200_000_000 * 11 / 10;
    assert!(left <= capped && view.attempt == 1 && view.exit.is_some(), "{view:?}");
    let stopped = daemon.stop("api").unwrap();
    assert_eq!((stopped.did, stopped.view.state), (Did::Stopped, ProcessState::Stopped));
    assert_eq!(stopped.view.exit.as_ref().unwrap().reason, ExitReason::Stopped);
}

#[test]
fn policies_by_end() {
    let state = State::new();
    let daemon = state.daemon();
    let with = |name: &str, script: &str, restart| {
        let mut spec = service(&state, name, script);
        spec.restart = restart;
        spec
    };
    daemon.declare(
        &state,
        vec![
            with("clean", "exit 0", Restart::OnFailure),
            with("never", "exit 1", Restart::No),
            with("always", "exit 0", Restart::Always),
            with("signal", "kill -9 $$", Restart::No),
            task(&state, "task", "exit 1"),
        ],
    );
    for name in ["clean", "never", "always", "signal", "task"] {
        daemon.start(name).unwrap();
    }
    assert_eq!(daemon.until_state("clean", ProcessState::Exited).restarts, 0);
    assert_eq!(daemon.until_state("never", ProcessState::Failed).restarts, 0);
    assert_eq!(daemon.until_state("task", ProcessState::Failed).restarts, 0);
    assert_eq!(daemon.until_state("always", ProcessState::Failed).restarts, 5, "given up");
    let signal = daemon.until_state("signal", ProcessState::Failed);
    let exit = signal.exit.as_ref().unwrap();
    assert_eq!((exit.reason, exit.signal, exit.code), (ExitReason::Signaled, Some(9), None));
}

#[test]
fn a_leader_that_ended_is_told_at_once_and_what_outlives_it_is_shown_and_stopped() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "setsid sleep 600 & echo hi")]);
    daemon.start("api").unwrap();
    let view = daemon.until("api", |view| !view.leftovers.is_empty());
    assert_eq!((view.state, view.leftovers.len()), (ProcessState::Exited, 1));
    assert!(view.draining, "its output is still open");
    assert!(state.text("api").contains("hi"));
    until(|| state.living().len() == 1);
    let stopped = daemon.stop("api").unwrap();
    assert_eq!((stopped.did, stopped.view.state), (Did::Stopped, ProcessState::Exited));
    assert_eq!((stopped.view.leftovers.len(), state.living().len()), (0, 0));
    assert_eq!(stopped.view.exit.as_ref().unwrap().code, Some(0), "its own end stays");
}

#[test]
fn before_a_new_run_the_old_tree_is_stopped_in_full() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "setsid sleep 600 & echo hi")]);
    daemon.start("api").unwrap();
    daemon.until("api", |view| !view.leftovers.is_empty());
    until(|| state.living().len() == 1);
    let old = state.living();
    daemon.start("api").unwrap();
    assert!(old.iter().all(|id| !id.is_alive()), "never two");
    daemon.until("api", |view| !view.leftovers.is_empty());
    until(|| state.living().len() == 1);
}

#[test]
fn who_daemonizes_runs_as_long_as_its_tree() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "db", "setsid sh -c 'echo $$ > pid; exec sleep 600' & exit 0");
    spec.daemonizes = true;
    daemon.declare(&state, vec![spec]);
    daemon.start("db").unwrap();
    let written =
        || std::fs::read_to_string(state.project_dir().join("pid")).unwrap_or_default().trim().parse();
    until(|| written().is_ok());
    let survivor: u32 = written().unwrap();
    let view = daemon.until("db", |view| view.pid == Some(survivor));
    assert_eq!((view.state, view.ready), (ProcessState::Running, Some(true)));
    identity(&view).1.open().unwrap().signal(9).unwrap();
    let view = daemon.until_state("db", ProcessState::Exited);
    assert!(view.exit.as_ref().unwrap().detail.as_ref().unwrap().contains("tree"));
}

#[test]
fn a_stopped_child_is_paused_and_goes_on() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    daemon.start("api").unwrap();
    let child = identity(&daemon.view("api")).1.open().unwrap();
    child.signal(19).unwrap();
    daemon.until_state("api", ProcessState::Paused);
    child.signal(18).unwrap();
    daemon.until_state("api", ProcessState::Running);
}
