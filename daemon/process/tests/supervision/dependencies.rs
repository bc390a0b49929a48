//! Who waits for whom: runs.md §8.

use brummer_event::ProcessState;
use brummer_process::{Condition, Did, DownRequest, ProcessError, RestartRequest, Until, UpRequest};

use crate::harness::{PROJECT, State, asker, key_of, service, start, task};

fn on(mut spec: brummer_event::spec::ProcessSpec, names: &[&str]) -> brummer_event::spec::ProcessSpec {
    spec.depends_on = names.iter().map(|name| (*name).to_owned()).collect();
    spec
}

fn up(names: &[&str]) -> UpRequest {
    UpRequest {
        asker: asker(),
        project: PROJECT.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        client: None,
        until: Until::Running,
        with_dependencies: true,
    }
}

#[test]
fn dependencies_come_first_and_a_task_has_to_succeed() {
    let state = State::new();
    let daemon = state.daemon();
    let sleep = "exec sleep 600";
    daemon.declare(
        &state,
        vec![
            on(service(&state, "web", sleep), &["api"]),
            on(service(&state, "api", sleep), &["seed"]),
            on(task(&state, "seed", "sleep 0.2; touch seeded"), &["db"]),
            service(&state, "db", sleep),
        ],
    );
    let answers = daemon.run(daemon.supervisor.up(up(&["web"]))).unwrap();
    let did: Vec<_> =
        answers.iter().map(|(key, answer)| (&*key.name, answer.as_ref().unwrap().did)).collect();
    let expected = ["db", "seed", "api", "web"].map(|name| (name, Did::Started));
    assert_eq!(did, expected, "{answers:?}");
    assert!(state.project_dir().join("seeded").exists());
    let waited: Vec<_> =
        daemon.changes("api").iter().map(|change| (change.to.as_str(), change.reason.to_string())).collect();
    assert!(waited[0].0 == "waiting" && waited[0].1.starts_with("waits for seed"), "{waited:?}");
    assert_eq!(waited[1].0, "starting");
    // What has succeeded is not done again.
    let runs = daemon.view("seed").run;
    daemon.run(daemon.supervisor.start(start("web"))).unwrap();
    assert_eq!(daemon.view("seed").run, runs);
    let down = DownRequest {
        asker: asker(),
        project: PROJECT.to_owned(),
        names: ["db", "api", "web"].map(str::to_owned).to_vec(),
        with_dependents: false,
    };
    let answers = daemon.run(daemon.supervisor.down(down)).unwrap();
    let order: Vec<_> = answers.iter().map(|(key, _)| &*key.name).collect();
    assert_eq!(order, ["web", "api", "db"]);
}

#[test]
fn a_failed_dependency_is_told_at_once_and_mended_by_a_start() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![
            on(service(&state, "api", "exec sleep 600"), &["seed"]),
            task(&state, "seed", "test -e mended"),
            service(&state, "other", "exec sleep 600"),
        ],
    );
    let answers = daemon.run(daemon.supervisor.up(up(&["api", "other"]))).unwrap();
    let outcome =
        |name: &str| answers.iter().find(|(key, _)| &*key.name == name).unwrap().1.as_ref().unwrap().clone();
    assert_eq!(outcome("api").did, Did::Waiting);
    assert!(outcome("api").view.reason.contains("seed, which failed"), "{}", outcome("api").view.reason);
    assert_eq!(outcome("other").did, Did::Started);
    let waited = daemon.run(daemon.supervisor.wait(&[key_of("api")], Condition::Ready, false));
    assert!(waited[0].impossible.as_ref().unwrap().contains("seed"));
    std::fs::write(state.project_dir().join("mended"), "").unwrap();
    daemon.start("seed").unwrap();
    let view = daemon.until_state("api", ProcessState::Running);
    assert!(!view.blocked);
}

#[test]
fn without_dependencies_nothing_is_looked_at() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![on(service(&state, "api", "exec sleep 600"), &["db"]), service(&state, "db", "exec sleep 600")],
    );
    let mut request = start("api");
    request.with_dependencies = false;
    assert_eq!(daemon.run(daemon.supervisor.start(request)).unwrap().did, Did::Started);
    assert_eq!(daemon.view("db").state, ProcessState::Stopped);
}

#[test]
fn circles_and_strangers_are_refused_before_anything_begins() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![
            on(service(&state, "a", "exec sleep 600"), &["b"]),
            on(service(&state, "b", "exec sleep 600"), &["a"]),
            on(service(&state, "c", "exec sleep 600"), &["nobody"]),
        ],
    );
    let circle = daemon.start("a").unwrap_err();
    assert!(matches!(&circle, ProcessError::Cycle { path, .. } if path.len() == 3), "{circle:?}");
    let stranger = daemon.start("c").unwrap_err();
    assert!(
        matches!(&stranger, ProcessError::UnknownDependency { dependency, .. } if dependency == "nobody")
    );
    assert!(daemon.changes("a").is_empty() && daemon.changes("c").is_empty());
}

#[test]
fn a_restart_with_dependents_takes_them_down_first() {
    let state = State::new();
    let daemon = state.daemon();
    daemon.declare(
        &state,
        vec![service(&state, "db", "exec sleep 600"), on(service(&state, "api", "exec sleep 600"), &["db"])],
    );
    daemon.start("api").unwrap();
    let (db, api) = (daemon.view("db").run, daemon.view("api").run);
    let request = RestartRequest {
        asker: asker(),
        project: PROJECT.to_owned(),
        names: vec!["db".to_owned()],
        client: None,
        until: Until::Running,
        with_dependents: true,
    };
    let answers = daemon.run(daemon.supervisor.restart(request)).unwrap();
    assert!(answers.iter().all(|(_, answer)| answer.as_ref().unwrap().did == Did::Restarted), "{answers:?}");
    assert_ne!(daemon.view("db").run, db);
    assert_ne!(daemon.view("api").run, api);
    assert_eq!(daemon.view("api").state, ProcessState::Running);
}
