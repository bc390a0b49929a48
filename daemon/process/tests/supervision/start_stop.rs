//! Starting, stopping, restarting: D01, D02, D12, D13, D15, F21, F22, F53.

use brummer_event::spec::{Command, Kind, Origin, ProcessSpec};
use brummer_event::{ExitReason, ProcessState};
use brummer_process::{
    Condition, Did, DownRequest, ProcessError, RestartRequest, StartRequest, Until, UpRequest,
};

use crate::harness::{PROJECT, State, asker, client, identity, key_of, service, start, task, until};

#[test]
fn a_service_starts_and_a_requested_stop_is_a_stop() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "echo up; exec sleep 600")]);
    assert_eq!(daemon.view("api").state, ProcessState::Stopped);
    let started = daemon.start("api").unwrap();
    assert_eq!((started.did, started.view.state), (Did::Started, ProcessState::Running));
    let (run, pid) = identity(&started.view);
    assert!(pid.is_alive() && started.view.ready == Some(true) && started.view.wanted);
    daemon.until_text(&state, "api", |text| text.contains("up\n"));
    let again = daemon.start("api").unwrap();
    assert_eq!((again.did, identity(&again.view)), (Did::AlreadyRunning, (run, pid)));
    let stopped = daemon.stop("api").unwrap();
    assert_eq!((stopped.did, stopped.view.state), (Did::Stopped, ProcessState::Stopped));
    assert!(!pid.is_alive());
    let exit = stopped.view.exit.as_ref().unwrap();
    assert_eq!((exit.reason, exit.signal, exit.code), (ExitReason::Stopped, Some(15), None));
    assert_eq!(daemon.stop("api").unwrap().did, Did::AlreadyStopped);
    assert_eq!(daemon.states("api"), ["starting", "running", "stopping", "stopped"], "one end, no failure");
}

#[test]
fn a_trap_gets_its_time_and_its_words_come_before_the_end() {
    let state = State::new();
    let daemon = state.daemon();
    let script = "trap 'echo CLEANUP; exit 0' TERM; echo up; while :; do sleep 0.01; done";
    daemon.declare(&state, vec![service(&state, "api", script)]);
    daemon.start("api").unwrap();
    // The trap is set once it has spoken.
    daemon.until_text(&state, "api", |text| text.contains("up"));
    let stopped = daemon.stop("api").unwrap();
    let exit = stopped.view.exit.clone().unwrap();
    assert_eq!((exit.reason, exit.code), (ExitReason::Stopped, Some(0)));
    assert!(state.text("api").contains("CLEANUP"), "{}", state.text("api"));
}

#[test]
fn fifty_starts_at_once_are_one_run() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let all = daemon.run(async {
        futures::future::join_all((0..50).map(|_| daemon.supervisor.start(start("api")))).await
    });
    let outcomes: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    let run = outcomes[0].view.run;
    assert!(run.is_some() && outcomes.iter().all(|outcome| outcome.view.run == run));
    let started = outcomes.iter().filter(|outcome| outcome.did == Did::Started).count();
    let joined = outcomes.iter().filter(|outcome| outcome.did == Did::AlreadyRunning).count();
    assert_eq!((started, joined), (1, 49));
    // A process that is just becoming another program has no environment to be found by.
    until(|| state.living().len() == 1);
    assert_eq!(state.runs(), 1);
}

#[test]
fn two_hundred_random_wishes_and_the_last_one_wins() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "sleep 600 & exec sleep 600")]);
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut last = None;
    daemon.run(async {
        let mut pending = Vec::new();
        for _ in 0..200 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let up = random.is_multiple_of(2);
            last = Some(up);
            let supervisor = daemon.supervisor.clone();
            pending.push(daemon.scope.spawn("wish", async move {
                if up {
                    supervisor.start(start("api")).await
                } else {
                    supervisor.stop(asker(), &key_of("api")).await
                }
            }));
            // Some come together, some one after the other.
            if random.is_multiple_of(3) {
                let _answered = pending.pop().unwrap().await.unwrap().unwrap();
            } else {
                tokio::task::yield_now().await;
            }
        }
        for wish in pending {
            wish.await.unwrap().unwrap();
        }
    });
    // The order in which tasks reach the mailbox is the scheduler's: one more of each tells.
    let started = daemon.start("api").unwrap();
    assert_eq!(started.view.state, ProcessState::Running);
    // One run's two processes and no orphan.
    until(|| state.living().len() == 2);
    let stopped = daemon.stop("api").unwrap();
    assert_eq!(stopped.view.state, ProcessState::Stopped);
    assert_eq!(state.living(), []);
    assert!(daemon.changes("api").iter().all(|change| change.to != ProcessState::Failed));
}

#[test]
fn a_restart_keeps_arguments_directory_and_world_and_waits_for_the_old_tree() {
    let state = State::new();
    let daemon = state.daemon();
    // A lock that two at once cannot have: the second would end with 9.
    let script = "mkdir lock || exit 9; trap 'rmdir lock; exit 0' TERM; echo \"$A $PWD\"; while :; do sleep 0.01; done";
    let mut spec = service(&state, "api", script);
    spec.env.push(("A".to_owned(), "kept".to_owned()));
    daemon.declare(&state, vec![spec]);
    let first = daemon.start("api").unwrap();
    // Only a trap that is set can take the lock down again.
    let spoken =
        |times: u64| daemon.until_text(&state, "api", |text| text.matches("kept").count() as u64 >= times);
    for round in 1..=10u64 {
        spoken(round);
        let request = RestartRequest {
            asker: asker(),
            project: PROJECT.to_owned(),
            names: vec!["api".to_owned()],
            client: Some(client()),
            until: Until::Running,
            with_dependents: false,
        };
        let answers = daemon.run(daemon.supervisor.restart(request)).unwrap();
        let outcome = answers[0].1.as_ref().unwrap();
        assert_eq!((outcome.did, outcome.view.restarts), (Did::Restarted, round));
        assert_ne!(outcome.view.run, first.view.run);
    }
    spoken(11);
    assert!(!daemon.states("api").contains(&"failed"), "{:?}", daemon.states("api"));
    assert_eq!(daemon.stop("api").unwrap().view.restarts, 0, "counted since the last stop");
    let dir = state.project_dir();
    let text = state.text("api");
    assert_eq!(text.matches(&format!("kept {}", dir.display())).count(), 11, "{text}");
}

#[test]
fn a_child_has_three_descriptors_and_nothing_of_ours() {
    let state = State::new();
    let daemon = state.daemon();
    let spec = task(
        &state,
        "fds",
        "ls /proc/self/fd | wc -l; env | grep -c BRUMMER_RUN; cat /proc/self/status | grep Sig",
    );
    daemon.declare(&state, vec![spec]);
    let mut request = start("fds");
    request.until = Until::Ready;
    let done = daemon.run(daemon.supervisor.start(request)).unwrap();
    assert_eq!(done.view.state, ProcessState::Exited);
    let text = state.text("fds");
    // `ls` itself has the directory open.
    assert_eq!(text.lines().next().unwrap().trim(), "4", "{text}");
    assert_eq!(text.lines().nth(1).unwrap().trim(), "1", "{text}");
    assert!(
        text.contains("SigIgn:\t0000000000000000") && text.contains("SigBlk:\t0000000000000000"),
        "{text}"
    );
}

#[test]
fn a_task_is_ready_when_it_has_succeeded() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![task(&state, "good", "exit 0"), task(&state, "bad", "echo no >&2; exit 3")]);
    let ready = |name: &str| StartRequest { until: Until::Ready, ..start(name) };
    let good = daemon.run(daemon.supervisor.start(ready("good"))).unwrap();
    assert_eq!((good.did, good.view.state), (Did::Started, ProcessState::Exited));
    let bad = daemon.run(daemon.supervisor.start(ready("bad"))).unwrap_err();
    let ProcessError::Ended { exit, .. } = &bad else { panic!("{bad:?}") };
    assert_eq!(exit.as_ref().unwrap().code, Some(3));
    let waited = daemon.run(daemon.supervisor.wait(&[key_of("bad")], Condition::Exit, false));
    assert_eq!(waited[0].exit.as_ref().unwrap().code, Some(3), "also when it ended before");
}

#[test]
fn a_retry_of_a_command_gets_the_same_answer() {
    let state = State::new();
    let daemon = state.daemon();
    let spec = ProcessSpec::new(
        "job",
        Command::Exec(vec!["sleep".into(), "600".into()]),
        state.project_dir(),
        Kind::Service,
        Origin::AdHoc,
    );
    let mut request = start("job");
    request.spec = Some(brummer_process::NewSpec { spec, project_dir: state.project_dir() });
    request.must_be_new = true;
    let first = daemon.run(daemon.supervisor.start(request.clone())).unwrap();
    let second = daemon.run(daemon.supervisor.start(request.clone())).unwrap();
    assert_eq!((first.did, second.did), (Did::Started, Did::Started));
    assert_eq!(first.view.run, second.view.run);
    assert!(daemon.supervisor.has_begun(&request.asker, &key_of("job")));
    request.asker = asker();
    assert!(!daemon.supervisor.has_begun(&request.asker, &key_of("job")));
    let other = daemon.run(daemon.supervisor.start(request)).unwrap_err();
    assert!(matches!(other, ProcessError::NameTaken { .. }), "{other:?}");
}

#[test]
fn an_old_idea_of_a_process_is_refused() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let seen = daemon.view("api").generation;
    daemon.start("api").unwrap();
    let mut old = asker();
    old.expected_generation = Some(seen);
    let refused = daemon.run(daemon.supervisor.stop(old, &key_of("api"))).unwrap_err();
    assert!(matches!(refused, ProcessError::Generation { expected, .. } if expected == seen), "{refused:?}");
    assert_eq!(daemon.view("api").state, ProcessState::Running);
}

#[test]
fn forgetting_needs_an_end_and_no_declaration() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let mut spec = service(&state, "job", "exec sleep 600");
    spec.origin = Origin::AdHoc;
    daemon.start_new(&state, spec).unwrap();
    let remove = |name: &str| daemon.run(daemon.supervisor.remove(asker(), &key_of(name)));
    assert!(matches!(remove("api"), Err(ProcessError::Declared { .. })));
    assert!(matches!(remove("job"), Err(ProcessError::StillRunning { .. })));
    daemon.stop("job").unwrap();
    assert_eq!(remove("job").unwrap().did, Did::Removed);
    assert!(matches!(remove("job"), Err(ProcessError::NotFound { .. })));
    assert!(daemon.run(daemon.supervisor.view(&key_of("job"))).is_none());
}

#[test]
fn a_locked_read_passes_through_the_owner_and_says_the_same() {
    let state = State::new();
    let daemon = state.daemon_with(|config| config.read_strategy = brummer_process::ReadStrategy::Locked);
    daemon.declare(&state, vec![service(&state, "api", "exec sleep 600")]);
    let started = daemon.start("api").unwrap().view;
    assert_eq!(daemon.view("api").run, started.run);
    let read = daemon.run(daemon.supervisor.read());
    assert_eq!(read.get(&key_of("api")), Some(&daemon.view("api")));
    assert_eq!(read.all(), daemon.supervisor.snapshot().all());
}

#[test]
fn usage_is_that_of_the_whole_tree() {
    let state = State::new();
    let daemon = state.daemon_with(|config| config.usage_age = std::time::Duration::ZERO);
    // The leader only waits; its child works.
    daemon.declare(
        &state,
        vec![
            service(&state, "busy", "sh -c 'while :; do :; done' & wait"),
            service(&state, "idle", "exec sleep 600"),
        ],
    );
    daemon.start("busy").unwrap();
    let keys = [key_of("busy"), key_of("idle")];
    let usage = || daemon.run(daemon.supervisor.usage(&keys));
    assert!(usage()[&keys[1]].is_none(), "it does not run");
    daemon.start("idle").unwrap();
    until(|| {
        let now = usage();
        let (Some(busy), Some(idle)) = (now[&keys[0]], now[&keys[1]]) else { return false };
        busy.cpu_percent > 5.0
            && idle.cpu_percent < busy.cpu_percent
            && busy.rss_bytes > idle.rss_bytes
            && idle.rss_bytes > 0
    });
}

#[test]
fn history_and_environment_of_runs() {
    let state = State::new();
    let daemon = state.daemon();
    let mut spec = task(&state, "seed", "exit 4");
    spec.env.push(("A".to_owned(), "b".to_owned()));
    daemon.declare(&state, vec![spec]);
    assert_eq!(daemon.run(daemon.supervisor.environment(&key_of("seed"))).unwrap(), None);
    for _ in 0..2 {
        let mut request = start("seed");
        request.client = Some(client());
        daemon.run(daemon.supervisor.start(request)).unwrap();
        daemon.until("seed", |view| view.state.is_ended());
    }
    let runs = daemon.run(daemon.supervisor.runs(&key_of("seed"), 10)).unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs[0].run > runs[1].run && runs[0].pid.is_some(), "newest first: {runs:?}");
    assert!(runs.iter().all(|run| run.exit.as_ref().unwrap().code == Some(4)));
    let (run, environment) = daemon.run(daemon.supervisor.environment(&key_of("seed"))).unwrap().unwrap();
    assert_eq!(run, runs[0].run);
    assert!(environment.variables.contains(&("A".to_owned(), "b".to_owned())));
    assert!(environment.origin.contains("client"), "{}", environment.origin);
}

#[test]
fn what_is_declared_no_longer_stays_known_if_it_ran() {
    let state = State::new();
    let daemon = state.daemon();
    let all = ["a", "b", "c"].map(|name| service(&state, name, "exec sleep 600"));
    daemon.declare(&state, all.to_vec());
    daemon.start("b").unwrap();
    daemon.declare(&state, vec![all[2].clone()]);
    let snapshot = daemon.supervisor.snapshot();
    let rows: Vec<_> = snapshot.iter().map(|view| (&*view.key.name, view.declared, view.state)).collect();
    let expected = [("c", Some(0), ProcessState::Stopped), ("b", None, ProcessState::Running)];
    assert_eq!(rows, expected);
}

#[test]
fn many_are_started_and_stopped_at_once() {
    let state = State::new();
    let daemon = state.daemon_with(|config| config.max_concurrent_starts = 3);
    let names: Vec<String> = (0..20).map(|number| format!("p{number:02}")).collect();
    daemon.declare(&state, names.iter().map(|name| service(&state, name, "exec sleep 600")).collect());
    let up = UpRequest {
        asker: asker(),
        project: PROJECT.to_owned(),
        names: names.clone(),
        client: None,
        until: Until::Running,
        with_dependencies: true,
    };
    let answers = daemon.run(daemon.supervisor.up(up)).unwrap();
    assert_eq!(answers.len(), 20);
    for (key, answer) in &answers {
        assert_eq!(answer.as_ref().unwrap().view.state, ProcessState::Running, "{key}");
    }
    assert!(
        names.iter().any(|name| daemon.states(name).contains(&"waiting")),
        "three places for twenty starts"
    );
    let down = DownRequest { asker: asker(), project: PROJECT.to_owned(), names, with_dependents: false };
    let answers = daemon.run(daemon.supervisor.down(down)).unwrap();
    assert!(answers.iter().all(|(_, answer)| answer.as_ref().unwrap().did == Did::Stopped));
    assert_eq!(state.living(), []);
}

#[test]
fn a_form_that_came_and_went_while_it_ran_is_not_used() {
    let state = State::new();
    let daemon = state.daemon();
    let form = |word: &str| service(&state, "api", &format!("echo {word}; exec sleep 600"));
    daemon.declare(&state, vec![form("first")]);
    daemon.start("api").unwrap();
    daemon.until_text(&state, "api", |text| text.contains("first"));
    daemon.declare(&state, vec![form("second")]);
    daemon.declare(&state, vec![form("first")]);
    daemon.stop("api").unwrap();
    daemon.start("api").unwrap();
    daemon.until_text(&state, "api", |text| text.matches("first").count() == 2);
    daemon.declare(&state, vec![form("third")]);
    daemon.stop("api").unwrap();
    daemon.start("api").unwrap();
    daemon.until_text(&state, "api", |text| text.contains("third"));
}

#[test]
fn the_list_is_bounded() {
    let state = State::new();
    let daemon = state.daemon_with(|config| config.max_processes = 2);
    daemon.declare(&state, vec![service(&state, "a", "true"), service(&state, "b", "true")]);
    let refused = daemon.start_new(&state, service(&state, "c", "true")).unwrap_err();
    assert_eq!(refused, ProcessError::TooMany { most: 2 });
    daemon.declare(&state, vec![service(&state, "a", "true")]);
    daemon.start_new(&state, service(&state, "c", "true")).unwrap();
}

#[test]
fn a_restart_that_could_not_begin_anew_stops_nothing() {
    let state = State::new();
    let daemon = state.daemon();
    let file = state.project_dir().join(".env");
    let mut spec = service(&state, "api", "sleep 600");
    spec.env_files.push(file.clone());
    std::fs::write(&file, "A=1").unwrap();
    daemon.declare(&state, vec![spec, service(&state, "other", "sleep 600")]);
    let before = daemon.start("api").unwrap().view;
    let other = daemon.start("other").unwrap().view;
    std::fs::write(&file, "A=1\nnonsense").unwrap();
    let restart = || {
        let request = RestartRequest {
            asker: asker(),
            project: PROJECT.to_owned(),
            names: vec!["api".to_owned(), "other".to_owned()],
            client: Some(client()),
            until: Until::Running,
            with_dependents: false,
        };
        let answers = daemon.run(daemon.supervisor.restart(request)).unwrap();
        move |name: &str| answers.iter().find(|(key, _)| &*key.name == name).unwrap().1.clone()
    };
    let answer = restart();
    let error = answer("api").unwrap_err();
    assert!(matches!(error, ProcessError::StartFailed { run: None, .. }), "{error:?}");
    assert!(error.to_string().contains("/.env:2:1: ") && error.to_string().ends_with("; it was not stopped"));
    assert_eq!(identity(&daemon.view("api")), identity(&before));
    assert_ne!(answer("other").unwrap().view.run, other.run, "the others are restarted");
    std::fs::write(&file, "A=2").unwrap();
    assert_ne!(restart()("api").unwrap().view.run, before.run);
}
