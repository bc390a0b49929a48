//! How long a reader waits for room (`timeout_ms`), by the engine's own counters. They are of the whole process,
//! so nothing else is tested here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    dead_code,
    reason = "tests, of which this one uses little of the rig"
)]

#[path = "engine/rig.rs"]
mod rig;

use std::sync::mpsc;
use std::time::Duration;

use brummer_logs::LogsConfig;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rig::{Rig, key, texts, until};

/// More than the buffer holds.
const LINES: usize = 100;

fn count(counters: &PrometheusHandle, name: &str) -> u64 {
    let shown = counters.render();
    let line = shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().unwrap())
}

/// How often a reader waited and gave up since `before`.
struct Counted {
    waits: u64,
    yields: u64,
}

impl Counted {
    fn now(counters: &PrometheusHandle) -> Self {
        Self {
            waits: count(counters, "brummer_logs_room_waits_total"),
            yields: count(counters, "brummer_logs_room_timeouts_total"),
        }
    }

    fn since(counters: &PrometheusHandle, before: &Self) -> Self {
        let now = Self::now(counters);
        Self { waits: now.waits - before.waits, yields: now.yields - before.yields }
    }
}

/// What is counted in an engine with little room while its writer is held up, until `met` and a while longer; then
/// every line must come all the same.
async fn held_up(
    counters: &PrometheusHandle,
    wait_for_room: Duration,
    met: impl Fn(&Counted) -> bool,
) -> Counted {
    let before = Counted::now(counters);
    let config = LogsConfig { buffer_size: 8, ingest_threads: 1, wait_for_room, ..LogsConfig::default() };
    let rig = Rig::new(config).await;
    let (held, is_held) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let sink = rig.sink.clone();
    // The writer tells of a URL before it takes the next lines.
    let holder = std::thread::spawn(move || {
        let _found = sink.found.lock();
        held.send(()).unwrap();
        may_go_on.recv().unwrap();
    });
    is_held.recv().unwrap();
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"listening on http://localhost:3000/\n");
    let lines: Vec<String> = (0..LINES).map(|number| format!("line {number}")).collect();
    child.out(format!("{}\n", lines.join("\n")).as_bytes());
    until(|| met(&Counted::since(counters, &before))).await;
    // The measured interval itself: many times the usual wait.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let counted = Counted::since(counters, &before);
    go_on.send(()).unwrap();
    holder.join().unwrap();
    let told = texts(&rig.lines(LINES + 1).await);
    assert_eq!(told[1..], lines);
    rig.logs.close().await;
    rig.crash().await;
    counted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_yields_its_turn_after_the_time_that_was_chosen() {
    let counters = PrometheusBuilder::new().install_recorder().unwrap();
    // It yields and comes again, however long the writer takes.
    let short = held_up(&counters, Duration::from_millis(1), |counted| counted.yields >= 5).await;
    assert!(short.waits >= short.yields);
    // The same interval is one wait.
    let long = held_up(&counters, Duration::from_secs(60), |counted| counted.waits >= 1).await;
    assert_eq!((long.waits, long.yields), (1, 0));
}
