//! A line written at 100 lines a second → seen by `logs -f`, alone and while another process floods; against the
//! same line through a pipe and a `cat`, beside the same flood into a file. What the machine itself holds up
//! (a guest whose processors are taken away for a while) shows in both.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::stage::{Stage, percentile};

/// Of each measurement; in turns, so that both sides see the same machine.
const LINES: usize = 500;
const ROUNDS: usize = 4;

pub(crate) fn run(stage: &Stage) {
    for flood in [false, true] {
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floor.extend(piped(stage, flood));
            ours.extend(followed(stage, flood));
        }
        println!(
            "follower      {}: {} (p99 at least 2, aim 0.5); through `cat`: {}",
            if flood { "beside a flood" } else { "alone         " },
            Spread::of(&mut ours),
            Spread::of(&mut floor),
        );
    }
}

struct Spread {
    milliseconds: [f64; 3],
    late: f64,
}

impl Spread {
    fn of(delays: &mut [Duration]) -> Self {
        let milliseconds = [0.5, 0.9, 0.99].map(|share| percentile(delays, share).as_secs_f64() * 1e3);
        let late = delays.iter().filter(|delay| **delay > Duration::from_millis(2)).count();
        Self { milliseconds, late: late as f64 / delays.len() as f64 * 100.0 }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p50, p90, p99] = self.milliseconds;
        write!(out, "p50 {p50:.2} ms, p90 {p90:.2}, p99 {p99:.2}, over 2 ms {:.1} %", self.late)
    }
}

fn followed(stage: &Stage, flood: bool) -> Vec<Duration> {
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
    let delays = delays(follow.stdout.take().unwrap());
    follow.kill().unwrap();
    follow.wait().unwrap();
    delays
}

fn piped(stage: &Stage, flood: bool) -> Vec<Duration> {
    let scratch = stage.directory();
    let testproc = stage.path("testproc").display().to_string();
    let file = scratch.path().join("flood").display().to_string();
    let script = |line: String| {
        Command::new("sh")
            .args(["-c", &line])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap()
    };
    // A file that grows without end would fill the disk: begun anew each 2 M lines, as captures are.
    let flooding = flood
        .then(|| script(format!("while :; do '{testproc}' flood 2000000 | cat > '{file}' || exit; done")));
    let mut relay = script(format!("'{testproc}' stamp --every 10ms | cat"));
    let delays = delays(relay.stdout.take().unwrap());
    for mut script in [Some(relay), flooding].into_iter().flatten() {
        let group = nix::unistd::Pid::from_raw(i32::try_from(script.id()).unwrap());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).unwrap();
        script.wait().unwrap();
    }
    delays
}

fn delays(output: impl Read) -> Vec<Duration> {
    let mut lines = BufReader::new(output).lines();
    let mut delays = Vec::with_capacity(LINES);
    while delays.len() < LINES {
        let line = lines.next().expect("it goes on").unwrap();
        let now = monotonic();
        if let Ok(written) = line.trim().parse::<u64>() {
            delays.push(Duration::from_nanos(now.saturating_sub(written)));
        }
    }
    delays
}

/// Nanoseconds of the clock that `testproc stamp` prints.
fn monotonic() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap()
}
