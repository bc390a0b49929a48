//! The synchronized pipeline against one thread with the same capture and the same code to cut, understand
//! and index, without any queue, pointer swap or notice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brummer_bus::{Bus, BusConfig};
use brummer_capture::frame::{FrameFlags, FrameKind};
use brummer_capture::{RunDir, SegmentWriter};
use brummer_event::{ProcessKey, RunId};
use brummer_insight::Insight;
use brummer_logs::{Logs, LogsConfig, RunProgress, RunSource};
use brummer_scope::{Scope, clock};
use brummer_store::Store;

use crate::stage::{Stage, median, settle, timed};

const PAIRS: usize = 5;
/// How often a long flood is looked at.
const SAMPLE: Duration = Duration::from_millis(5);

/// Bytes of a frame, as a shim writes them that reads a full pipe.
const FRAME: usize = 64 * 1024;

pub(crate) fn run(stage: &Stage, lines: u64) {
    let lines = lines / 5;
    let dir = stage.directory();
    let run = RunId::generate();
    let runs = dir.path().join("runs");
    let run_dir = runs.join(run.to_string());
    write_capture(&run_dir, lines);
    let (mut one, mut many) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let index = dir.path().join(format!("plain-{pair}"));
        std::fs::create_dir(&index).unwrap();
        settle();
        one.push(timed(|| {
            let stats = brummer_logs::plain::ingest(&run_dir, &index).unwrap();
            assert_eq!(stats.lines, lines);
        }));
        let state = dir.path().join(format!("state-{pair}"));
        std::fs::create_dir(&state).unwrap();
        settle();
        many.push(synchronized(&state, &runs, run, lines, None));
    }
    let (one, many) = (median(one), median(many));
    println!(
        "synchronized  {lines} lines: {:.2} s, one thread {:.2} s, ratio {:.2} (at least 1.10)",
        many.as_secs_f64(),
        one.as_secs_f64(),
        many.as_secs_f64() / one.as_secs_f64(),
    );
}

fn write_capture(dir: &Path, lines: u64) {
    std::fs::create_dir_all(dir).unwrap();
    let fd = std::fs::File::open(dir).unwrap().into();
    let mut writer = SegmentWriter::create(fd, 10 << 20).unwrap();
    let mut frame = Vec::with_capacity(FRAME + 128);
    let mut flush = |frame: &mut Vec<u8>| {
        for payload in frame.chunks(FRAME) {
            let (mono, wall) = (clock::mono_ns(), clock::wall_ns());
            writer.append(FrameKind::Out, FrameFlags::NONE, mono, wall, payload).unwrap();
        }
        frame.clear();
    };
    for number in 0..lines {
        let line = format!(
            "flood {number:012} the quick brown fox jumps over the lazy dog and runs through the forest all day\n"
        );
        frame.extend_from_slice(line.as_bytes());
        if frame.len() >= FRAME {
            flush(&mut frame);
        }
    }
    flush(&mut frame);
}

/// The last tenth of a long flood against the first one after the ring is full.
pub(crate) fn tenths(stage: &Stage, lines: u64) {
    let dir = stage.directory();
    let run = RunId::generate();
    let runs = dir.path().join("runs");
    write_capture(&runs.join(run.to_string()), lines);
    let (mut firsts, mut lasts, mut growth) = (Vec::new(), Vec::new(), Vec::new());
    for pass in 0..PAIRS {
        let state = dir.path().join(format!("state-{pass}"));
        std::fs::create_dir(&state).unwrap();
        settle();
        let mut samples = Vec::new();
        synchronized(&state, &runs, run, lines, Some(&mut samples));
        std::fs::remove_dir_all(&state).unwrap();
        // The lines of a whole process fill its ring many times over in a tenth.
        let at = |share: u64| samples.iter().find(|sample| sample.lines >= lines / 20 * share).unwrap();
        let (first, second) = (at(1), at(3));
        let (before, last) = (at(18), samples.last().unwrap());
        let pace =
            |from: &Sample, to: &Sample| (to.at - from.at).div_f64((to.lines - from.lines) as f64 / 1e6);
        firsts.push(pace(first, second));
        lasts.push(pace(before, last));
        growth.push(last.resident as f64 / first.resident as f64);
    }
    growth.sort_by(f64::total_cmp);
    let (first, last) = (median(firsts), median(lasts));
    println!(
        "tenths        {lines} lines: the first tenth {:.0} ns a line, the last {:.0}, ratio {:.2} (at least 1.1); memory {:.2} of what it was",
        first.as_nanos() as f64 / 1e6,
        last.as_nanos() as f64 / 1e6,
        last.as_secs_f64() / first.as_secs_f64(),
        growth[PAIRS / 2],
    );
}

/// How far it is, and what this process takes.
struct Sample {
    at: Duration,
    lines: u64,
    resident: u64,
}

fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn synchronized(
    state: &Path,
    runs: &Path,
    run: RunId,
    lines: u64,
    mut samples: Option<&mut Vec<Sample>>,
) -> Duration {
    let run_dir = runs.join(run.to_string());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let scope = Scope::new().unwrap();
        let (store, _) = Store::open(&state.join("state.db"), &scope).unwrap();
        let bus = Bus::new(BusConfig::default(), &scope, 1);
        let insight = Insight::open(&store, &bus, &scope).await.unwrap();
        let config = LogsConfig { keep_bytes: 4 << 30, keep_total: 8 << 30, ..LogsConfig::default() };
        let index = state.join("index");
        let sinks = (Arc::new(insight), Arc::new(bus));
        let logs = Logs::open(config, &index, runs, &store, sinks.0, sinks.1, &scope).await.unwrap();
        let (to_shim, _orders) = tokio::sync::mpsc::channel(8);
        let (progress, mut news) = tokio::sync::mpsc::channel(8);
        let began = clock::instant();
        logs.attach(RunSource {
            key: ProcessKey::new("bench", "synchronized"),
            run,
            dir: RunDir::at(run_dir.clone()).path().to_owned(),
            project_dir: run_dir,
            shim_alive: false,
            to_shim,
            progress,
            bounds: brummer_event::spec::LogBounds::default(),
        })
        .unwrap();
        loop {
            let heard = match &mut samples {
                None => news.recv().await,
                Some(samples) => match tokio::time::timeout(SAMPLE, news.recv()).await {
                    Ok(heard) => heard,
                    Err(_) => {
                        let (at, lines) = (began.elapsed(), logs.stats().lines);
                        samples.push(Sample { at, lines, resident: resident() });
                        continue;
                    }
                },
            };
            match heard.expect("the engine says when it is through") {
                RunProgress::Drained { .. } => break,
                RunProgress::ExitPublished { .. } => {}
            }
        }
        let took = began.elapsed();
        assert!(logs.stats().lines >= lines);
        scope.end(Duration::from_secs(20)).await;
        took
    })
}
