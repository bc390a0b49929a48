//! Whole commands: `brummerctl ps` against `sv status`, and how soon a child runs.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::stage::{self, Stage, World, median, timed};

const TIMES: usize = 51;

pub(crate) fn ps(stage: &Stage) {
    let mut config = String::new();
    for number in 0..10 {
        config.push_str(&format!("[processes.p{number}]\nrun = [\"sleep\", \"600\"]\n"));
    }
    let world = stage.world("", &config);
    world.ctl(&["up", "-d"]);
    let service = Runit::start();
    against_sv("as the linker left it", &world, service.as_ref());
    stage::read_back(&stage.path("brummerctl"));
    against_sv("read back from the disk", &world, service.as_ref());
}

fn against_sv(binary: &str, world: &World, service: Option<&Runit>) {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ours.push(timed(|| {
            let status = world.command(&["ps"]).stdout(Stdio::null()).status().unwrap();
            assert!(status.success());
        }));
        if let Some(service) = service {
            peer.push(timed(|| service.status()));
        }
    }
    let ours = median(ours);
    let against = if peer.is_empty() {
        "runit is not installed, no ratio".to_owned()
    } else {
        let peer = median(peer);
        format!("sv status {:.2} ms, ratio {:.2} (at least 2, aim 1)", ms(peer), ms(ours) / ms(peer))
    };
    println!("ps            10 processes, binary {binary}: {:.2} ms; {against}", ms(ours));
}

pub(crate) fn spawn(stage: &Stage) {
    let world = stage.world(
        "",
        "[processes.stamp]\nrun = [\"@testproc\", \"stamp\", \"--every\", \"60s\"]\nautostart = false\n",
    );
    let mut first = Vec::new();
    for _ in 0..TIMES {
        let asked = now();
        world.ctl(&["start", "stamp"]);
        world.ctl(&["wait", "stamp", "--for", "log=^[0-9]+$"]);
        let said = world.ctl(&[
            "logs",
            "stamp",
            "-n",
            "1",
            "--run",
            "last",
            "--stream",
            "out",
            "--raw",
            "--no-prefix",
        ]);
        let stamp: u64 = said.lines().last().unwrap().trim().parse().unwrap();
        first.push(Duration::from_nanos(stamp - asked));
        world.ctl(&["stop", "stamp"]);
    }
    println!(
        "spawn         `brummerctl start` to the child's first line: {:.2} ms (at least 10)",
        ms(median(first))
    );
}

fn now() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * 1_000_000_000 + u64::try_from(now.tv_nsec()).unwrap()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A service under runit, for `sv status`.
struct Runit {
    dir: tempfile::TempDir,
    supervisor: std::process::Child,
}

impl Runit {
    fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let service = dir.path().join("sleeper");
        std::fs::create_dir(&service).unwrap();
        std::fs::write(service.join("run"), "#!/bin/sh\nexec sleep 600\n").unwrap();
        std::fs::set_permissions(service.join("run"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let supervisor = Command::new("runsv").arg(&service).stdin(Stdio::null()).spawn().ok()?;
        let runit = Self { dir, supervisor };
        while !runit.try_status() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(runit)
    }

    fn try_status(&self) -> bool {
        let service = self.dir.path().join("sleeper");
        Command::new("sv")
            .arg("status")
            .arg(service)
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn status(&self) {
        assert!(self.try_status());
    }
}

impl Drop for Runit {
    fn drop(&mut self) {
        let service = self.dir.path().join("sleeper");
        let _ = Command::new("sv").arg("exit").arg(service).stdout(Stdio::null()).status();
        let _ = self.supervisor.wait();
    }
}
