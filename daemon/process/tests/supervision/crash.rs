//! A daemon that dies and the next one: F43, F48, and what waits or is in back-off.

use std::time::Duration;

use brummer_event::{ExitReason, ProcessState};
use brummer_process::Did;

use crate::harness::{State, identity, key_of, service, start, task, until};

#[test]
fn twenty_children_run_on_with_the_same_pids() {
    let state = State::new();
    let daemon = state.daemon();
    let names: Vec<String> = (0..20).map(|number| format!("p{number:02}")).collect();
    daemon.declare(
        &state,
        names.iter().map(|name| service(&state, name, "while :; do echo tick; sleep 0.05; done")).collect(),
    );
    let before: Vec<_> = names.iter().map(|name| daemon.start(name).unwrap().view).collect();
    let identities: Vec<_> = before.iter().map(|view| identity(view)).collect();
    daemon.crash();
    let daemon = state.daemon();
    for ((name, view), identity_before) in names.iter().zip(&before).zip(identities) {
        let after = daemon.view(name);
        assert_eq!(after.state, ProcessState::Running, "{name}: {after:?}");
        assert_eq!(identity(&after), identity_before, "{name}");
        assert_eq!(after.started_mono_ns, view.started_mono_ns, "its uptime goes on");
        assert!(after.generation > view.generation && after.wanted);
        assert_eq!(daemon.start(name).unwrap().did, Did::AlreadyRunning);
    }
    for name in &names {
        assert_eq!(daemon.stop(name).unwrap().did, Did::Stopped);
    }
    assert_eq!(state.living(), []);
}

#[test]
fn what_ended_meanwhile_has_its_code_and_its_time() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![
            service(&state, "api", "while [ ! -e go ]; do sleep 0.01; done; echo last words; exit 42"),
            task(&state, "job", "while [ ! -e go ]; do sleep 0.01; done"),
        ],
    );
    let views = ["api", "job"].map(|name| daemon.start(name).unwrap().view);
    let [leader, job] = [identity(&views[0]).1, identity(&views[1]).1];
    let shims = views.map(|view| view.shim.unwrap());
    daemon.crash();
    let ended_before = brummer_scope::clock::wall_ns();
    std::fs::write(state.project_dir().join("go"), "").unwrap();
    until(|| !leader.is_alive() && !job.is_alive());
    until(|| shims.iter().all(|shim| !shim.is_alive()));
    let ended_after = brummer_scope::clock::wall_ns();
    let daemon = state.daemon();
    let view = daemon.until("api", |view| view.state.is_ended());
    assert_eq!(view.state, ProcessState::Failed);
    let exit = view.exit.as_ref().unwrap();
    assert_eq!((exit.reason, exit.code), (ExitReason::Exited, Some(42)));
    // Its shim notices the end a moment after anyone can see it; the daemon came later still.
    assert!(ended_before <= exit.at && exit.at <= ended_after, "the real time of its end");
    assert_eq!(view.restarts, 0, "a daemon start starts nothing");
    assert!(view.reason.contains("while no daemon was there"), "{}", view.reason);
    assert!(state.text("api").contains("last words"));
    assert_eq!(daemon.until("job", |view| view.state.is_ended()).state, ProcessState::Exited);
    daemon.crash();
    let daemon = state.daemon();
    let again = daemon.view("api");
    assert_eq!(
        (again.state, again.exit.clone()),
        (ProcessState::Failed, view.exit.clone()),
        "told once and kept"
    );
}

#[test]
fn a_back_off_and_a_waiting_start_go_on() {
    let state = State::new();
    let slow = |config: &mut brummer_process::ProcessConfig| {
        config.restart.first = Duration::from_millis(1500);
        config.restart.most_delay = Duration::from_millis(1500);
    };
    let daemon = state.daemon_with(slow);
    let mut waits = service(&state, "waits", "exec sleep 600");
    waits.depends_on.push("seed".to_owned());
    daemon.declare(
        &state,
        vec![
            service(&state, "api", "test -e mended || exit 1; exec sleep 600"),
            waits,
            task(&state, "seed", "while [ ! -e mended ]; do sleep 0.01; done"),
        ],
    );
    daemon.start("api").unwrap();
    let view = daemon.until_state("api", ProcessState::Backoff);
    let supervisor = daemon.supervisor.clone();
    let waiting = daemon.scope.spawn("start", async move { supervisor.start(start("waits")).await });
    daemon.until_state("waits", ProcessState::Waiting);
    drop(waiting);
    daemon.crash();
    let daemon = state.daemon_with(slow);
    let after = daemon.view("api");
    if after.state == ProcessState::Backoff {
        assert_eq!((after.attempt, after.next_start_at), (view.attempt, view.next_start_at));
    }
    assert_eq!(daemon.view("waits").state, ProcessState::Waiting);
    std::fs::write(state.project_dir().join("mended"), "").unwrap();
    assert!(daemon.until_state("api", ProcessState::Running).restarts >= 1);
    daemon.until_state("waits", ProcessState::Running);
}

#[test]
fn leaving_keeps_everything_and_a_stop_that_was_asked_is_carried_out() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![
            service(&state, "api", "exec sleep 600"),
            service(&state, "slow", "trap 'sleep 0.5; exit 0' TERM; touch up; while :; do sleep 0.01; done"),
        ],
    );
    let before = identity(&daemon.start("api").unwrap().view);
    daemon.start("slow").unwrap();
    until(|| state.project_dir().join("up").exists());
    let supervisor = daemon.supervisor.clone();
    let stopping = daemon
        .scope
        .spawn("stop", async move { supervisor.stop(crate::harness::asker(), &key_of("slow")).await });
    daemon.until_state("slow", ProcessState::Stopping);
    drop(stopping);
    daemon.leave();
    let daemon = state.daemon();
    assert_eq!(identity(&daemon.view("api")), before);
    let view = daemon.until_state("slow", ProcessState::Stopped);
    assert_eq!(view.exit.as_ref().unwrap().reason, ExitReason::Stopped);
    assert!(!view.wanted);
}

#[test]
fn a_shim_that_is_killed_means_lost_and_what_is_left_is_stopped() {
    let state = State::new();
    let daemon = state.daemon();
    // The leader dies with its shim; what it started in a session of its own does not.
    daemon.declare(&state, vec![service(&state, "api", "setsid sleep 600 & touch up; exec sleep 601")]);
    let view = daemon.start("api").unwrap().view;
    until(|| state.living().len() >= 2);
    view.shim.unwrap().open().unwrap().signal(9).unwrap();
    let lost = daemon.until("api", |view| view.state == ProcessState::Lost && !view.leftovers.is_empty());
    assert_eq!(lost.exit.as_ref().unwrap().reason, ExitReason::Lost);
    daemon.crash();
    let daemon = state.daemon();
    // Known over a crash; what was about to end anyway is no longer told.
    let lost = daemon.until("api", |view| view.leftovers.len() == 1);
    assert_eq!(lost.state, ProcessState::Lost);
    let started = daemon.start("api").unwrap();
    assert_eq!(started.view.state, ProcessState::Running);
    until(|| state.living().len() == 2);
    assert_eq!(daemon.stop("api").unwrap().view.state, ProcessState::Stopped);
    assert_eq!(state.living(), []);
}

#[test]
fn a_lost_database_loses_no_process() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let before = identity(&daemon.start("api").unwrap().view);
    daemon.leave();
    for name in ["state.db", "state.db-wal", "state.db-shm"] {
        let _absent = std::fs::remove_file(state.dir.path().join(name));
    }
    let daemon = state.daemon();
    let after = daemon.view("api");
    assert_eq!((after.state, identity(&after)), (ProcessState::Running, before));
    assert_eq!(daemon.stop("api").unwrap().did, Did::Stopped);
    assert_eq!(state.living(), []);
}

#[test]
fn a_restart_that_was_asked_is_carried_out() {
    let state = State::new();
    let daemon = state.daemon();
    let script =
        "trap 'while [ ! -e go ]; do sleep 0.01; done; exit 0' TERM; touch up; while :; do sleep 0.01; done";
    daemon.declare(&state, vec![service(&state, "api", script)]);
    let (run, old) = identity(&daemon.start("api").unwrap().view);
    until(|| state.project_dir().join("up").exists());
    let request = crate::harness::restart("api");
    let supervisor = daemon.supervisor.clone();
    let restarting = daemon.scope.spawn("restart", async move { supervisor.restart(request).await });
    daemon.until_state("api", ProcessState::Stopping);
    drop(restarting);
    daemon.crash();
    let daemon = state.daemon();
    assert_eq!(daemon.view("api").state, ProcessState::Stopping);
    std::fs::write(state.project_dir().join("go"), "").unwrap();
    let view = daemon.until("api", |view| view.state == ProcessState::Running && view.run != Some(run));
    assert!(!old.is_alive() && view.wanted);
}

#[test]
fn a_restarted_machine_starts_nothing_and_says_that_ends_were_not_seen() {
    let state = State::new();
    let slow = |config: &mut brummer_process::ProcessConfig| {
        config.restart.first = Duration::from_secs(3600);
        config.restart.most_delay = Duration::from_secs(3600);
    };
    let daemon = state.daemon_with(slow);
    let mut waits = service(&state, "waits", "exec sleep 600");
    waits.depends_on.push("crashy".to_owned());
    daemon.declare(
        &state,
        vec![service(&state, "api", "exec sleep 600"), service(&state, "crashy", "exit 1"), waits],
    );
    let api = daemon.start("api").unwrap().view;
    daemon.start("crashy").unwrap();
    daemon.until_state("crashy", ProcessState::Backoff);
    let supervisor = daemon.supervisor.clone();
    let waiting = daemon.scope.spawn("start", async move { supervisor.start(start("waits")).await });
    daemon.until_state("waits", ProcessState::Waiting);
    drop(waiting);
    daemon.leave();
    // What a machine's end does to them all; another boot is a matter of its name.
    // The shims first: one that outlives its child even for a moment would still write how that ended.
    for id in api.shim.into_iter().chain(state.living()) {
        // Its child may be gone with it.
        let _gone = id.open().map(|process| process.signal(9));
    }
    let daemon = state.daemon_with(|config| config.boot_id = "another".to_owned());
    let view = daemon.view("api");
    assert_eq!((view.state, view.pid, view.wanted), (ProcessState::Lost, None, true));
    assert!(view.exit.as_ref().unwrap().detail.as_ref().unwrap().contains("machine restarted"));
    assert_eq!(daemon.view("crashy").state, ProcessState::Failed);
    assert_eq!(daemon.view("crashy").exit.as_ref().unwrap().code, Some(1));
    assert_eq!(daemon.view("waits").state, ProcessState::Stopped);
    assert_eq!(daemon.start("api").unwrap().view.state, ProcessState::Running);
}
