//! A configuration that changes while its processes run.

use brummer_event::ProcessState;
use brummer_event::spec::ProcessSpec;
use brummer_process::{Change, Did};

use crate::harness::{State, identity, service};

fn sleeper(state: &State, name: &str, seconds: u32) -> ProcessSpec {
    service(state, name, &format!("echo {seconds}; exec sleep {seconds}"))
}

fn one(name: &str, change: Change) -> Vec<(String, Change)> {
    vec![(name.to_owned(), change)]
}

#[test]
fn a_running_process_is_marked_and_a_stopped_one_takes_the_new_form() {
    let state = State::new();
    let daemon = state.daemon();
    assert_eq!(daemon.declare(&state, vec![sleeper(&state, "api", 600)]), one("api", Change::Added));
    assert_eq!(daemon.declare(&state, vec![sleeper(&state, "api", 601)]), one("api", Change::Changed));
    let started = daemon.start("api").unwrap();
    assert_eq!(started.view.spec, started.view.next);
    let (run, pid) = identity(&started.view);

    assert_eq!(daemon.declare(&state, vec![sleeper(&state, "api", 602)]), one("api", Change::Changed));
    let marked = daemon.view("api");
    assert!(marked.is_changed() && marked.spec.command.argv()[2].contains("601"));
    assert_eq!(identity(&marked), (run, pid), "untouched");
    // What needs no new run is in force at once, and marks nothing.
    let mut lazy = sleeper(&state, "api", 601);
    lazy.autostart = false;
    assert_eq!(daemon.declare(&state, vec![lazy]), one("api", Change::Changed), "back again is a change too");
    let back = daemon.view("api");
    assert!(!back.is_changed() && !back.spec.autostart, "and the mark goes");

    daemon.declare(&state, vec![sleeper(&state, "api", 603)]);
    assert_eq!(daemon.stop("api").unwrap().did, Did::Stopped);
    assert!(!daemon.view("api").is_changed());
    daemon.start("api").unwrap();
    daemon.until_text(&state, "api", |text| text.contains("603"));
    assert!(!pid.is_alive());
}

#[test]
fn restart_on_change_replaces_what_runs_and_nothing_else() {
    let state = State::new();
    let daemon = state.daemon();
    let form =
        |seconds, restart_on_change| ProcessSpec { restart_on_change, ..sleeper(&state, "api", seconds) };
    daemon.declare(&state, vec![form(600, true)]);
    assert_eq!(daemon.declare(&state, vec![form(601, true)]), one("api", Change::Changed));
    assert_eq!(daemon.view("api").state, ProcessState::Stopped, "what is stopped stays so");
    let first = daemon.start("api").unwrap();
    assert_eq!(daemon.declare(&state, vec![form(601, true)]), one("api", Change::Unchanged));
    assert_eq!(daemon.declare(&state, vec![form(602, true)]), one("api", Change::Restarted));
    let second =
        daemon.until("api", |view| view.state == ProcessState::Running && view.run != first.view.run);
    assert_eq!(&*second.reason, "restarted: its configuration changed");
    assert!(second.restarts == 1 && second.wanted && !second.is_changed());
    // Marked first, the key given later: then it follows.
    assert_eq!(daemon.declare(&state, vec![form(603, false)]), one("api", Change::Changed));
    assert!(daemon.view("api").is_changed());
    assert_eq!(daemon.declare(&state, vec![form(603, true)]), one("api", Change::Restarted));
    daemon.until("api", |view| view.state == ProcessState::Running && view.run != second.run);
    daemon.stop("api").unwrap();
    assert_eq!(daemon.declare(&state, vec![form(604, true)]), one("api", Change::Changed));
    assert_eq!(daemon.view("api").state, ProcessState::Stopped);
}

#[test]
fn what_failed_is_tried_anew_when_its_file_was_mended() {
    let state = State::new();
    let daemon = state.daemon();
    let form = |script: &str| {
        let mut spec = service(&state, "api", script);
        (spec.restart_on_change, spec.restart) = (true, brummer_event::spec::Restart::No);
        spec
    };
    daemon.declare(&state, vec![form("exit 3")]);
    // It may have run for a moment.
    let _either = daemon.start("api");
    daemon.until("api", |view| view.state == ProcessState::Failed);
    assert_eq!(daemon.declare(&state, vec![form("exit 3")]), one("api", Change::Unchanged));
    assert_eq!(daemon.declare(&state, vec![form("exec sleep 600")]), one("api", Change::Restarted));
    daemon.until("api", |view| view.state == ProcessState::Running);
}

#[test]
fn what_is_declared_no_longer_goes_on_until_it_is_stopped() {
    let state = State::new();
    let daemon = state.daemon();
    let both = vec![sleeper(&state, "api", 600), sleeper(&state, "old", 600), sleeper(&state, "never", 600)];
    daemon.declare(&state, both.clone());
    let old = daemon.start("old").unwrap();
    let changes = daemon.declare(&state, both[..1].to_vec());
    let named = |name: &str, change| (name.to_owned(), change);
    assert_eq!(
        changes,
        [named("api", Change::Unchanged), named("never", Change::Removed), named("old", Change::Removed)]
    );
    let kept = daemon.view("old");
    assert!(kept.is_undeclared() && identity(&kept) == identity(&old.view));
    assert!(daemon.supervisor.snapshot().get(&crate::harness::key_of("never")).is_none());
    // Declared again it is an ordinary process.
    daemon.declare(&state, both.clone());
    assert!(!daemon.view("old").is_undeclared());
    daemon.declare(&state, both[..1].to_vec());
    daemon.stop("old").unwrap();
    assert_eq!(daemon.declare(&state, both[..1].to_vec())[1], named("old", Change::Removed));
    assert_eq!(daemon.supervisor.snapshot().len(), 1, "nothing of it lives: it is gone");
}

#[test]
fn the_next_daemon_compares_with_what_the_run_was_started_with() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![sleeper(&state, "api", 600), sleeper(&state, "old", 600)]);
    daemon.start("api").unwrap();
    daemon.start("old").unwrap();
    daemon.declare(&state, vec![sleeper(&state, "api", 601)]);
    daemon.crash();
    let daemon = state.daemon();
    let (api, old) = (daemon.view("api"), daemon.view("old"));
    assert!(api.state == ProcessState::Running && api.is_changed(), "marked before, marked after");
    assert!(old.state == ProcessState::Running && old.is_undeclared());
    assert_eq!(daemon.declare(&state, vec![sleeper(&state, "api", 600)])[0].1, Change::Changed);
    assert!(!daemon.view("api").is_changed(), "the run is what the files say again");
}

#[test]
fn an_older_reading_comes_too_late() {
    let state = State::new();
    let daemon = state.daemon();
    let form = |seconds| vec![sleeper(&state, "api", seconds)];
    assert_eq!(daemon.declare_read(&state, form(600), Some(5)), one("api", Change::Added));
    assert_eq!(daemon.declare_read(&state, form(601), Some(4)), one("api", Change::Unchanged));
    assert!(daemon.view("api").next.command.argv()[2].contains("600"));
    assert_eq!(daemon.declare_read(&state, form(601), Some(6)), one("api", Change::Changed));
}

#[test]
fn changes_that_race_starts_stops_and_restarts_end_in_the_last_form() {
    let state = State::new();
    let daemon = state.daemon();
    let form = |seconds| ProcessSpec { restart_on_change: true, ..sleeper(&state, "api", seconds) };
    daemon.declare(&state, vec![form(600)]);
    daemon.run(async {
        let supervisor = &daemon.supervisor;
        let wishes = (0..40u32).map(|number| async move {
            match number % 3 {
                0 => drop(supervisor.start(crate::harness::start("api")).await),
                1 => drop(supervisor.stop(crate::harness::asker(), &crate::harness::key_of("api")).await),
                _ => {
                    let request = crate::harness::restart("api");
                    drop(supervisor.restart(request).await);
                }
            }
        });
        let changes = (0..40u32).map(|number| {
            let request = brummer_process::DeclareRequest {
                project: crate::harness::PROJECT.to_owned(),
                project_dir: state.project_dir(),
                specs: vec![form(601 + number)],
                reading: Some(u64::from(number)),
            };
            supervisor.declare(request)
        });
        let (_, changed) =
            futures::future::join(futures::future::join_all(wishes), futures::future::join_all(changes))
                .await;
        assert!(changed.iter().all(Result::is_ok));
    });
    daemon.start("api").unwrap();
    let last = daemon.until("api", |view| view.state == ProcessState::Running && !view.is_changed());
    assert!(last.spec.command.argv()[2].contains("640"), "{:?}", last.spec.command);
    assert_eq!(state.living_of("api").len(), 1, "one tree");
}
