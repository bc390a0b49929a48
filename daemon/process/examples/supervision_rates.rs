//! How fast supervision starts, restarts and looks: prints figures of this machine.
//!
//! `cargo build --release -p brummer-shim && cargo run --release -p brummer-process --example supervision_rates [N]`

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a measuring tool")]

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brummer_bus::{Bus, BusConfig, TopicSet};
use brummer_event::spec::{ClientContext, Command, Kind, Origin, ProcessSpec};
use brummer_event::{ProcessKey, ProcessState, RunId, Topic};
use brummer_process::{
    Asker, DownRequest, ProcessConfig, RestartPolicy, RunLogs, RunToRead, Supervisor, Until, UpRequest,
};
use brummer_scope::{Scope, clock};
use brummer_store::Store;

/// Reads nothing: supervision takes the shim's word.
struct NoReader;

impl RunLogs for NoReader {
    fn attach(&self, _run: RunToRead) {}
    fn bell(&self, _run: RunId) {}
    fn rearm(&self, _run: RunId) {}
    fn shim_gone(&self, _run: RunId) {}
    fn first_line(
        &self,
        _key: ProcessKey,
        _run: RunId,
        _pattern: String,
    ) -> futures::future::BoxFuture<'static, Result<(), String>> {
        Box::pin(std::future::pending())
    }

    fn handover(&self, _run: RunId, _memory: OwnedFd, _segment: u32, _base: u64) {}
    fn handover_done(&self, _run: RunId) {}
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(500);
    let dir = tempfile::tempdir().unwrap();
    let shim = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("brummer-shim");
    let mut config = ProcessConfig::new(dir.path().join("runs"), shim, clock::boot_id().unwrap());
    config.daemon_context =
        ClientContext { env: std::env::vars().collect(), umask: None, rlimits: Vec::new() };
    config.restart = RestartPolicy {
        first: Duration::ZERO,
        most_restarts: 1000,
        healthy_after: Duration::from_secs(3600),
        ..RestartPolicy::default()
    };
    let scope = Scope::new().unwrap();
    let (store, _) = Store::open(&dir.path().join("state.db"), &scope).unwrap();
    let bus = Bus::new(BusConfig::default(), &scope, 1);
    let supervisor =
        Supervisor::open(config, store, bus.clone(), scope.clone(), Arc::new(NoReader)).await.unwrap();
    let specs: Vec<ProcessSpec> = (0..count)
        .map(|number| {
            let command = Command::Exec(vec!["sleep".to_owned(), "86400".to_owned()]);
            ProcessSpec::new(format!("p{number}"), command, "/".into(), Kind::Service, Origin::Declared)
        })
        .collect();
    let (project, project_dir) = ("rates".to_owned(), dir.path().to_owned());
    let request = brummer_process::DeclareRequest { project, project_dir, specs, reading: None };
    supervisor.declare(request).await.unwrap();
    let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    let up = |names: &[String], request: String| UpRequest {
        asker: Asker::new(request),
        project: "rates".to_owned(),
        names: names.to_vec(),
        client: None,
        until: Until::Running,
        with_dependencies: true,
    };
    let down = |names: &[String], request: String| DownRequest {
        asker: Asker::new(request),
        project: "rates".to_owned(),
        names: names.to_vec(),
        with_dependents: false,
    };

    let mut starts = Vec::new();
    let mut stops = Vec::new();
    for round in 0..50 {
        let begun = Instant::now();
        supervisor.up(up(&names[..1], format!("one-up-{round}"))).await.unwrap();
        starts.push(begun.elapsed());
        let begun = Instant::now();
        supervisor.down(down(&names[..1], format!("one-down-{round}"))).await.unwrap();
        stops.push(begun.elapsed());
    }
    println!("one start, asked to running   {:?}", median(starts));
    println!("one stop, asked to tree gone  {:?}", median(stops));

    let key = ProcessKey::new("rates", "p0");
    supervisor.up(up(&names[..1], "kill".to_owned())).await.unwrap();
    let mut again = Vec::new();
    for _ in 0..50 {
        let before = supervisor.view(&key).await.unwrap();
        let mut changes = bus.subscribe(TopicSet::of(Topic::Process), bus.cursor());
        let begun = Instant::now();
        let pid = i32::try_from(before.pid.unwrap()).unwrap();
        brummer_capture::ProcId::of(pid).unwrap().open().unwrap().signal(9).unwrap();
        loop {
            let view = supervisor.view(&key).await.unwrap();
            if view.run != before.run && view.state == ProcessState::Running {
                break;
            }
            changes.next().await;
        }
        again.push(begun.elapsed());
    }
    println!("kill -9 to new child running  {:?} (back-off 0)", median(again));

    let begun = Instant::now();
    let answers = supervisor.up(up(&names, "all".to_owned())).await.unwrap();
    let running = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
    println!("{running} started at once        {:?}", begun.elapsed());
    let keys: Vec<ProcessKey> = names.iter().map(|name| ProcessKey::new("rates", name.as_str())).collect();
    let begun = Instant::now();
    let rows = supervisor.snapshot().len();
    println!("snapshot of {rows}              {:?}", begun.elapsed());
    for which in ["first", "second"] {
        let begun = Instant::now();
        let used = supervisor.usage(&keys).await;
        println!("usage of {} trees, {which}    {:?}", used.len(), begun.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Threads of the blocking pool end after ten idle seconds: that is no work.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let before = switches();
    tokio::time::sleep(Duration::from_secs(10)).await;
    println!("context switches in 10 s idle {}", switches().saturating_sub(before));
    println!("resident                      {} KiB", status("VmRSS:"));
    let begun = Instant::now();
    supervisor.shutdown(Duration::from_secs(60)).await;
    println!("all stopped                   {:?}", begun.elapsed());
}

fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Of all threads, voluntary or not.
fn switches() -> u64 {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok())
        .flat_map(|text| {
            text.lines()
                .filter(|line| line.contains("ctxt_switches"))
                .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .collect::<Vec<_>>()
        })
        .sum()
}
