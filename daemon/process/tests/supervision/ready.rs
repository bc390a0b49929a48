//! When a service is ready: its line, its deadline, and what waits for it.

use std::time::Duration;

use brummer_event::ProcessState;
use brummer_event::spec::{ProcessSpec, ReadyCheck};
use brummer_process::{Condition, Did, ProcessError, StartRequest, Until};

use crate::harness::{State, asker, identity, key_of, restart, service, start};

/// Says `listening on 80` once the file `go` is there, and stays.
fn server(state: &State, name: &str) -> ProcessSpec {
    let script = "echo begins; while [ ! -e go ]; do sleep 0.01; done; echo listening on 80; exec sleep 600";
    let mut spec = service(state, name, script);
    spec.ready = Some(ReadyCheck::log("^listening on \\d+$"));
    spec
}

fn go(state: &State) {
    std::fs::write(state.project_dir().join("go"), "").unwrap();
}

fn until_ready(name: &str) -> StartRequest {
    StartRequest { until: Until::Ready, ..start(name) }
}

#[test]
fn a_line_makes_it_ready_and_until_then_it_is_starting() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![server(&state, "api")]);
    let view = daemon.start("api").unwrap().view;
    assert_eq!((view.state, view.ready), (ProcessState::Starting, None));
    assert!(view.pid.is_some(), "its program runs");
    assert_eq!(&*view.reason, "waits for a line that matches `^listening on \\d+$`");
    assert_eq!(daemon.start("api").unwrap().did, Did::AlreadyRunning);
    daemon.until_text(&state, "api", |text| text.contains("begins"));
    assert_eq!(daemon.view("api").ready, None, "another line does not do");
    go(&state);
    let view = daemon.until("api", |view| view.ready == Some(true));
    assert_eq!(view.state, ProcessState::Running);
    assert!(view.reason.starts_with("ready after "), "{}", view.reason);
    assert_eq!(daemon.states("api"), ["starting", "starting", "running"], "with a pid, then ready");
}

#[test]
fn who_waits_for_it_is_answered_when_it_is_ready() {
    let state = State::new();
    let daemon = state.daemon();
    let mut web = service(&state, "web", "exec sleep 600");
    web.depends_on = vec!["api".to_owned()];
    daemon.declare(&state, vec![server(&state, "api"), web]);
    let (answer, waited, ()) = daemon.run(async {
        let keys = [key_of("api")];
        futures::join!(
            daemon.supervisor.start(until_ready("web")),
            daemon.supervisor.wait(&keys, Condition::Ready, false),
            async {
                // Both are under way, and neither can be true yet.
                let begun = async {
                    loop {
                        let view = daemon.supervisor.view(&key_of("web")).await.unwrap();
                        if view.state == ProcessState::Waiting && view.reason.contains("api to be ready") {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                };
                begun.await;
                go(&state);
            }
        )
    });
    assert_eq!(answer.unwrap().view.ready, Some(true));
    assert!(waited[0].met, "{waited:?}");
    let of = |name: &str, to: &str| {
        daemon.changes(name).into_iter().position(|change| change.to.as_str() == to).unwrap()
    };
    assert!(of("api", "running") > 0 && of("web", "running") > 0);
}

#[test]
fn a_deadline_ends_the_waiting_and_not_the_process() {
    let state = State::new();
    let daemon = state.daemon();
    let mut api = server(&state, "api");
    api.ready = Some(ReadyCheck { deadline: Duration::from_millis(200), ..ReadyCheck::log("listening") });
    let mut web = service(&state, "web", "exec sleep 600");
    web.depends_on = vec!["api".to_owned()];
    daemon.declare(&state, vec![api, web]);
    let error = daemon.run(daemon.supervisor.start(until_ready("api"))).unwrap_err();
    assert!(matches!(error, ProcessError::NotReady { .. }), "{error:?}");
    assert_eq!(error.to_string(), "`api` is not ready after 200ms: no line matches `listening`");
    let view = daemon.view("api");
    assert_eq!((view.state, view.ready), (ProcessState::Running, Some(false)));
    let waiting = daemon.start("web").unwrap();
    assert_eq!(waiting.did, Did::Waiting, "it is told at once");
    assert!(waiting.view.reason.starts_with("waits for api, which is not ready"), "{waiting:?}");
    // A late line is a line.
    go(&state);
    daemon.until("api", |view| view.ready == Some(true));
    daemon.until_state("web", ProcessState::Running);
    let told: Vec<_> =
        daemon.changes("api").iter().map(|change| (change.to.as_str(), change.ready)).collect();
    assert_eq!(
        told,
        [("starting", None), ("starting", None), ("running", Some(false)), ("running", Some(true))]
    );
}

#[test]
fn the_next_daemon_knows_what_was_ready_and_finds_what_was_said_meanwhile() {
    let state = State::new();
    let daemon = state.daemon();
    let mut ready = service(&state, "ready", "echo listening; exec sleep 600");
    ready.ready = Some(ReadyCheck::log("listening"));
    daemon.declare(&state, vec![ready, server(&state, "late")]);
    daemon.run(daemon.supervisor.start(until_ready("ready"))).unwrap();
    let late = identity(&daemon.start("late").unwrap().view);
    let before = identity(&daemon.view("ready"));
    daemon.crash();
    go(&state);
    let daemon = state.daemon();
    let view = daemon.until("ready", |view| view.ready == Some(true));
    assert_eq!(identity(&view), before);
    assert_eq!(&*view.reason, "ran on while no daemon was there", "it was not looked for again");
    let view = daemon.until("late", |view| view.ready == Some(true));
    assert_eq!(identity(&view), late);
    assert_eq!(&*view.reason, "ready");
}

#[test]
fn another_check_counts_for_the_run_that_lives() {
    let state = State::new();
    let daemon = state.daemon();
    let with = |pattern: &str| {
        let mut spec = server(&state, "api");
        spec.ready = Some(ReadyCheck::log(pattern));
        spec
    };
    daemon.declare(&state, vec![with("never said"), with_name(with("never said"), "other")]);
    let view = daemon.start("api").unwrap().view;
    let other = daemon.start("other").unwrap().view;
    go(&state);
    daemon.until_text(&state, "api", |text| text.contains("listening"));
    assert_eq!(daemon.view("api").state, ProcessState::Starting);
    let mut plain = with_name(with("x"), "other");
    plain.ready = None;
    daemon.declare(&state, vec![with("listening"), plain]);
    let now = daemon.until("api", |view| view.ready == Some(true));
    assert_eq!(identity(&now), identity(&view), "no new run");
    let now = daemon.until("other", |view| view.ready == Some(true));
    assert_eq!(identity(&now), identity(&other));
    // What was ready stays so, for the next daemon too.
    daemon.declare(&state, vec![with("never said"), with_name(with("never said"), "other")]);
    assert_eq!((daemon.view("api").ready, daemon.view("other").ready), (Some(true), Some(true)));
    daemon.crash();
    let daemon = state.daemon();
    for name in ["api", "other"] {
        let view = daemon.until(name, |view| view.state == ProcessState::Running);
        assert_eq!(view.ready, Some(true), "{name}: {}", view.reason);
    }
}

#[test]
fn what_was_started_without_a_check_and_is_given_one_stays_ready() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = service(&state, "api", "exec sleep 600");
    daemon.declare(&state, vec![spec.clone()]);
    assert_eq!(daemon.start("api").unwrap().view.ready, Some(true));
    spec.ready = Some(ReadyCheck::log("never said"));
    daemon.declare(&state, vec![spec]);
    daemon.crash();
    let daemon = state.daemon();
    let view = daemon.until("api", |view| view.state == ProcessState::Running);
    assert_eq!(view.ready, Some(true), "{}", view.reason);
}

#[test]
fn an_overdue_one_that_is_given_another_check_is_waited_for_again() {
    let state = State::new();
    let daemon = state.daemon();
    let with = |pattern: &str, deadline: Duration| {
        let mut spec = server(&state, "api");
        spec.ready = Some(ReadyCheck { log: pattern.to_owned(), deadline });
        spec
    };
    let mut web = service(&state, "web", "exec sleep 600");
    web.depends_on = vec!["api".to_owned()];
    daemon.declare(&state, vec![with("never said", Duration::from_millis(1)), web.clone()]);
    daemon.run(daemon.supervisor.start(until_ready("api"))).unwrap_err();
    assert_eq!(daemon.start("web").unwrap().did, Did::Waiting);
    daemon.declare(&state, vec![with("listening", Duration::from_secs(600)), web]);
    let view = daemon.until_state("api", ProcessState::Starting);
    assert!(view.reason.starts_with("waits for a line that matches `listening`"), "{}", view.reason);
    let view = daemon.until("web", |view| &*view.reason == "waits for api to be ready");
    assert!(!view.blocked);
    go(&state);
    daemon.until_state("web", ProcessState::Running);
}

#[test]
fn a_retry_of_the_same_start_waits_on_after_the_daemon_died() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![server(&state, "api")]);
    let request = until_ready("api");
    let (supervisor, first) = (daemon.supervisor.clone(), request.clone());
    let _lost = daemon.spawn("start", async move { supervisor.start(first).await });
    let begun = daemon.until("api", |view| view.state == ProcessState::Starting && view.pid.is_some());
    daemon.crash();
    let daemon = state.daemon();
    let supervisor = daemon.supervisor.clone();
    let retry = daemon.spawn("start", async move { supervisor.start(request).await });
    let view = daemon.until("api", |view| view.reason.starts_with("waits for a line"));
    assert_eq!((view.run, view.ready), (begun.run, None));
    go(&state);
    let outcome = daemon.run(retry).unwrap().unwrap();
    assert_eq!((outcome.did, outcome.view.ready, outcome.view.run), (Did::Started, Some(true), begun.run));
}

#[test]
fn a_line_that_comes_while_it_is_stopped_takes_nothing_from_the_stop() {
    let state = State::new();
    let daemon = state.daemon();
    let script =
        "trap 'echo listening; touch said' TERM; echo begins; while [ ! -e go ]; do sleep 0.01; done";
    let mut spec = service(&state, "api", script);
    spec.ready = Some(ReadyCheck::log("listening"));
    daemon.declare(&state, vec![spec]);
    daemon.start("api").unwrap();
    daemon.until_text(&state, "api", |text| text.contains("begins"));
    let supervisor = daemon.supervisor.clone();
    let stop = daemon.spawn("stop", async move { supervisor.stop(asker(), &key_of("api")).await });
    daemon.until_text(&state, "api", |text| text.contains("listening"));
    let view = daemon.view("api");
    assert_eq!((view.state, &*view.reason), (ProcessState::Stopping, "asked to stop"));
    go(&state);
    assert_eq!(daemon.run(stop).unwrap().unwrap().did, Did::Stopped);
    assert_eq!(daemon.states("api"), ["starting", "starting", "stopping", "stopped"]);
    let reason = daemon.view("api").reason.clone();
    assert!(!reason.contains("ready"), "{reason}");
}

fn with_name(mut spec: ProcessSpec, name: &str) -> ProcessSpec {
    name.clone_into(&mut spec.name);
    spec
}

#[test]
fn it_can_be_paused_restarted_stopped_and_end_before_it_is_ready() {
    let state = State::new();
    let daemon = state.daemon();
    let mut ends = service(&state, "ends", "echo x; exit 3");
    ends.ready = Some(ReadyCheck::log("never said"));
    ends.restart = brummer_event::spec::Restart::No;
    let mut succeeds = service(&state, "succeeds", "echo x");
    succeeds.ready = Some(ReadyCheck::log("never said"));
    daemon.declare(&state, vec![server(&state, "api"), ends, succeeds]);
    let view = daemon.start("api").unwrap().view;
    let leader = identity(&view).1;
    leader.open().unwrap().signal(19).unwrap();
    daemon.until_state("api", ProcessState::Paused);
    leader.open().unwrap().signal(18).unwrap();
    let view = daemon.until_state("api", ProcessState::Starting);
    assert!(view.reason.starts_with("waits for a line"), "{}", view.reason);
    let request = restart("api");
    let answers = daemon.run(daemon.supervisor.restart(request)).unwrap();
    assert_ne!(answers[0].1.as_ref().unwrap().view.run, view.run);
    assert_eq!(daemon.stop("api").unwrap().did, Did::Stopped);
    let error = daemon.run(daemon.supervisor.start(until_ready("ends"))).unwrap_err();
    assert!(matches!(error, ProcessError::Ended { .. }), "{error:?}");
    assert_eq!(daemon.view("ends").state, ProcessState::Failed);
    let error = daemon.run(daemon.supervisor.start(until_ready("succeeds"))).unwrap_err();
    assert!(matches!(error, ProcessError::Ended { .. }), "it never was ready: {error:?}");
    assert_eq!(daemon.view("succeeds").state, ProcessState::Exited);
    // The next run is checked anew.
    go(&state);
    daemon.run(daemon.supervisor.start(until_ready("api"))).unwrap();
}
