//! A daemon that dies: between the intent and its effect, and at any moment under load. Never two runs, never a
//! process that is not shown. The daemon that dies is this test binary again, told by the environment to be it.

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

const LOADED: &str = "faults::the_daemon_under_load";
const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Not a test: wishes without end, until it is killed.
#[test]
fn the_daemon_under_load() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let seed: u64 = std::env::var("BRUMMER_TEST_SEED").unwrap().parse().unwrap();
    let state = State::at(dir.into());
    let daemon = state.daemon();
    daemon.declare(&state, specs(&state));
    let wishes = NAMES.iter().enumerate().map(|(number, name)| {
        let supervisor = daemon.supervisor.clone();
        daemon.scope.spawn("wishes", async move {
            let mut random = seed.wrapping_add(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            loop {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let _any = match random % 5 {
                    0 | 1 => supervisor.start(start(name)).await,
                    2 | 3 => supervisor.stop(asker(), &key_of(name)).await,
                    _ => {
                        let request = brummer_process::RestartRequest {
                            asker: asker(),
                            project: crate::harness::PROJECT.to_owned(),
                            names: vec![(*name).to_owned()],
                            client: None,
                            until: brummer_process::Until::Running,
                            with_dependents: false,
                        };
                        let mut answers = supervisor.restart(request).await.unwrap();
                        answers.remove(0).1
                    }
                };
            }
        })
    });
    let all: Vec<_> = wishes.collect();
    std::fs::write(state.project_dir().join("under-load"), "").unwrap();
    daemon.run(futures::future::join_all(all));
}

fn specs(state: &State) -> Vec<brummer_event::spec::ProcessSpec> {
    // One of them ends by itself again and again.
    let script = |name: &str| if name == "e" { "sleep 0.02; exit 1" } else { "sleep 600 & exec sleep 601" };
    NAMES.iter().map(|name| service(state, name, script(name))).collect()
}

#[test]
fn killed_at_any_moment_under_load_nothing_runs_twice_or_unseen() {
    shim();
    let state = State::new();
    let test = std::env::current_exe().unwrap();
    for round in 0u64..10 {
        let mut daemon = Command::new(&test)
            .args(["--exact", LOADED, "--nocapture", "--test-threads=1"])
            .env(DIR, state.dir.path())
            .env("BRUMMER_TEST_SEED", round.to_string())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        until(|| state.project_dir().join("under-load").exists());
        std::fs::remove_file(state.project_dir().join("under-load")).unwrap();
        // The moment is what this test is about; it is no wait for a result.
        std::thread::sleep(std::time::Duration::from_millis(7 + round * 23));
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        let daemon = state.daemon();
        for name in NAMES {
            let calm = |view: &brummer_process::ProcessView| {
                view.state == ProcessState::Running || (view.state.is_ended() && view.leftovers.is_empty())
            };
            let view = daemon.until(name, calm);
            if view.state == ProcessState::Running && name != "e" {
                assert!(crate::harness::identity(&view).1.is_alive(), "{name}");
                // Its leader and the one that it started; nobody of another run.
                until(|| state.living_of(name).len() == 2);
            } else if name != "e" {
                assert_eq!(state.living_of(name), [], "{name} round {round}: {view:?}");
            }
        }
        for name in NAMES {
            assert!(daemon.run(daemon.supervisor.stop(asker(), &key_of(name))).is_ok());
        }
        assert_eq!(state.living(), [], "round {round}");
        daemon.leave();
    }
}
