//! How fast lines are taken in: the whole engine against the same work on one thread, over the same capture.
//!
//! `cargo run --release -p brummer-logs --example ingest_rate [LINES] [ROUNDS]`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brummer_capture::frame::FrameFlags;
use brummer_capture::{FrameKind, RunDir, SegmentWriter};
use brummer_event::{LineSeq, ProcessKey, RunId};
use brummer_logs::{FindingSink, Found, Logs, LogsConfig, NoticeSink, RunProgress, RunSource, plain};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use tokio::sync::mpsc;

struct Nobody;

impl FindingSink for Nobody {
    fn feed(&self, _found: Found) {}
    fn derived_through(&self, _epoch: u64) -> LineSeq {
        0
    }
}

impl NoticeSink for Nobody {
    fn advanced(&self, _key: &ProcessKey, _seq: LineSeq) {}
}

/// Writes lines of 100 bytes in frames of 64 KiB, as a flooding child's shim does.
fn capture(dir: &Path, lines: usize) {
    let fd: OwnedFd = std::fs::File::open(dir).unwrap().into();
    let mut writer = SegmentWriter::create(fd, 10 * 1024 * 1024).unwrap();
    let mut bytes = Vec::new();
    for line in 0..lines {
        bytes.extend_from_slice(
            format!("{line:010} {}\n", "plain words of a flood ".repeat(4).get(..88).unwrap()).as_bytes(),
        );
        if bytes.len() >= 64 * 1024 {
            let rest = bytes.split_off(64 * 1024);
            writer
                .append(FrameKind::Out, FrameFlags::NONE, clock::mono_ns(), clock::wall_ns(), &bytes)
                .unwrap();
            bytes = rest;
        }
    }
    writer.append(FrameKind::Out, FrameFlags::NONE, clock::mono_ns(), clock::wall_ns(), &bytes).unwrap();
}

async fn engine(root: &Path, dir: &Path, run: RunId) -> Duration {
    let state = tempfile::tempdir_in(root).unwrap();
    let scope = Scope::new().unwrap();
    let (store, _) = Store::open(&state.path().join("state.db"), &scope).unwrap();
    let config =
        LogsConfig { keep_bytes: 4 << 30, keep_total: 4 << 30, min_free: 0, ..LogsConfig::default() };
    let (index, runs) = (state.path().join("index"), root.join("runs"));
    let logs =
        Logs::open(config, &index, &runs, &store, Arc::new(Nobody), Arc::new(Nobody), &scope).await.unwrap();
    let (to_shim, _orders) = mpsc::channel(4);
    let (progress, mut news) = mpsc::channel(4);
    let began = Instant::now();
    logs.attach(RunSource {
        key: ProcessKey::new("bench", "flood"),
        run,
        dir: dir.to_owned(),
        project_dir: "/".into(),
        shim_alive: false,
        to_shim,
        progress,
        bounds: brummer_event::spec::LogBounds::default(),
    })
    .unwrap();
    while !matches!(news.recv().await, Some(RunProgress::Drained { .. }) | None) {}
    let took = began.elapsed();
    logs.close().await;
    let _left = scope.end(Duration::from_secs(10)).await;
    took
}

/// CPU time of this process so far.
fn cpu() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let of = |time: nix::sys::time::TimeVal| {
        Duration::from_micros((time.tv_sec() * 1_000_000 + time.tv_usec()) as u64)
    };
    of(usage.user_time()) + of(usage.system_time())
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (lines, rounds) = (arguments.next().unwrap_or(2_000_000), arguments.next().unwrap_or(5));
    let root = tempfile::tempdir().unwrap();
    let run = RunId::generate();
    let dir = RunDir::of(&root.path().join("runs"), run);
    std::fs::create_dir(root.path().join("runs")).unwrap();
    dir.create().unwrap();
    capture(dir.path(), lines);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let per_line = |took: Duration| took.as_nanos() as f64 / lines as f64;
    let (mut plains, mut engines) = (Vec::new(), Vec::new());
    let (mut plain_cpu, mut engine_cpu) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let index = tempfile::tempdir_in(root.path()).unwrap();
        let (began, used) = (Instant::now(), cpu());
        let stats = plain::ingest(dir.path(), index.path()).unwrap();
        plains.push(per_line(began.elapsed()));
        plain_cpu.push(per_line(cpu() - used));
        let used = cpu();
        assert_eq!(stats.lines, lines as u64);
        engines.push(per_line(runtime.block_on(engine(root.path(), dir.path(), run))));
        engine_cpu.push(per_line(cpu() - used));
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(rounds / 2).copied().unwrap_or(0.0)
    };
    let (plain, engine) = (median(plains), median(engines));
    let (plain_cpu, engine_cpu) = (median(plain_cpu), median(engine_cpu));
    println!("{lines} lines, medians of {rounds}");
    println!("plain  {plain:.0} ns a line ({plain_cpu:.0} of CPU)");
    println!("engine {engine:.0} ns a line ({engine_cpu:.0} of CPU), ratio {:.2}", engine / plain);
}
