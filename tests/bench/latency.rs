//! A line written at 100 lines a second → seen by `logs -f`, while another process floods.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use crate::stage::{Stage, percentile};

const LINES: usize = 1000;

pub(crate) fn run(stage: &Stage) {
    for flood in [false, true] {
        let world = stage.world(
            "[logs]\nkeep_bytes = \"64MiB\"\n",
            "[processes.stamp]\nrun = [\"@testproc\", \"stamp\", \"--every\", \"10ms\"]\nautostart = false\n\
             [processes.flood]\nrun = [\"@testproc\", \"flood\", \"1000000000\"]\nautostart = false\n",
        );
        world.ctl(&["start", "stamp"]);
        if flood {
            world.ctl(&["start", "flood"]);
        }
        let mut follow =
            world.follow(&["logs", "-f", "-n", "0", "--raw", "--no-prefix", "--stream", "out", "stamp"]);
        let mut lines = BufReader::new(follow.stdout.take().unwrap()).lines();
        let mut delays = Vec::with_capacity(LINES);
        while delays.len() < LINES {
            let line = lines.next().expect("the follower goes on").unwrap();
            let now = monotonic();
            if let Ok(written) = line.trim().parse::<u64>() {
                delays.push(Duration::from_nanos(now.saturating_sub(written)));
            }
        }
        let _ = follow.kill();
        let _ = follow.wait();
        println!(
            "follower      {}: p50 {:.2} ms, p99 {:.2} ms (p99 at least 2, aim 0.5)",
            if flood { "beside a flood" } else { "alone         " },
            percentile(&mut delays, 0.50).as_secs_f64() * 1e3,
            percentile(&mut delays, 0.99).as_secs_f64() * 1e3,
        );
    }
}

/// Nanoseconds of the clock that `testproc stamp` prints.
fn monotonic() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap()
}
