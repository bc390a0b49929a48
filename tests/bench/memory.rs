//! What the daemon takes in memory: at rest, while children do their worst, with a thousand followers, and once
//! the rings are full.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use brummer_proto::address::{Overrides, Places};
use brummer_proto::client::{Client, LogFollowEvent};
use brummer_proto::v1;

use crate::stage::{Stage, World};

const MIB: f64 = 1024.0 * 1024.0;
const FOLLOWERS: usize = 1000;
/// A connection carries at most 200 streams.
const STREAMS: usize = 50;

pub(crate) fn run(stage: &Stage) {
    quiet(stage);
    bombs(stage);
    followers(stage);
}

fn quiet(stage: &Stage) {
    let mut config = String::new();
    for number in 0..10 {
        config.push_str(&format!("[processes.p{number}]\nrun = [\"sleep\", \"600\"]\n"));
    }
    let world = stage.world("", &config);
    world.ctl(&["up", "-d"]);
    let daemon = Daemon::of(&world);
    println!("memory        10 quiet processes: {:.1} MiB (at least 64)", daemon.now() / MIB);
}

fn bombs(stage: &Stage) {
    let task = |name: &str, run: &str| {
        format!("[processes.{name}]\nrun = [\"@testproc\", {run}]\nkind = \"task\"\nautostart = false\n")
    };
    let config = [task("long", "\"bomb\", \"long\""), task("flood", "\"flood\", \"1000000\"")].concat();
    for (name, what, bound) in [("long", "100 MB without a newline", 64), ("flood", "a million lines", 128)] {
        let world = stage.world("", &config);
        let daemon = Daemon::of(&world);
        let before = daemon.mark();
        let start = || world.ctl(&["start", name, "--wait", "--timeout", "600s"]);
        start();
        let (peak, full) = (daemon.peak(), daemon.now());
        println!(
            "memory        {what}: {:.1} MiB before, {:.1} more at the peak (at least {bound})",
            before / MIB,
            (peak - before) / MIB,
        );
        // Rings, pools and the allocator's own reserves are full after a few; what comes after must not add to it.
        (0..2).for_each(|_| drop(start()));
        let settled = daemon.now();
        (0..5).for_each(|_| drop(start()));
        println!(
            "memory        {what}, eight times: {:.1} MiB after the first, {:.1} after the third, {:.1} after the last, ratio {:.2} (at least 1.10)",
            full / MIB,
            settled / MIB,
            daemon.now() / MIB,
            daemon.now() / settled,
        );
    }
}

fn followers(stage: &Stage) {
    let world = stage.world("", "[processes.quiet]\nrun = [\"@testproc\", \"tick\", \"--every\", \"2s\"]\n");
    world.ctl(&["up", "-d"]);
    world.ctl(&["wait", "quiet", "--for", "log=tick 2"]);
    let daemon = Daemon::of(&world);
    let before = daemon.mark();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let growth = runtime.block_on(async {
        let mut follows = Vec::with_capacity(FOLLOWERS);
        let mut clients = Vec::new();
        while follows.len() < FOLLOWERS {
            let client = Client::connect_at(places(&world), false, Duration::from_secs(10)).await.unwrap();
            for _ in 0..STREAMS {
                follows.push(client.follow_logs(request()));
            }
            clients.push(client);
        }
        // Each has seen a line that was written after it came.
        for follow in &mut follows {
            while !matches!(follow.next().await.unwrap(), Some(LogFollowEvent::Lines(_))) {}
        }
        for follow in &mut follows {
            while !matches!(follow.next().await.unwrap(), Some(LogFollowEvent::Lines(_))) {}
        }
        daemon.peak() - before
    });
    println!(
        "memory        {FOLLOWERS} followers of one quiet process: {:.1} MiB before, {:.1} more (at least 64)",
        before / MIB,
        growth / MIB,
    );
}

fn request() -> v1::FollowRequest {
    v1::FollowRequest {
        from: Some(v1::follow_request::From::Last(1)),
        filter: Some(v1::LogFilter {
            scope: Some(v1::Scope { all: true, ..v1::Scope::default() }),
            names: vec!["quiet".to_owned()],
            ..v1::LogFilter::default()
        }),
        live: false,
    }
}

fn places(world: &World) -> Places {
    let environment = BTreeMap::from([("HOME".into(), world.home().as_os_str().to_owned())]);
    Places::new(&environment, &Overrides::default()).unwrap()
}

/// The daemon as the kernel sees it.
struct Daemon {
    proc: PathBuf,
}

impl Daemon {
    fn of(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connect = Client::connect_at(places(world), false, Duration::from_secs(10));
        let pid = runtime.block_on(connect).unwrap().daemon().pid;
        Self { proc: PathBuf::from(format!("/proc/{pid}")) }
    }

    fn field(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(self.proc.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    }

    fn now(&self) -> f64 {
        self.field("VmRSS")
    }

    /// Begins a new peak; answers what is used now.
    fn mark(&self) -> f64 {
        std::fs::write(self.proc.join("clear_refs"), "5").unwrap();
        self.now()
    }

    /// The most since the mark.
    fn peak(&self) -> f64 {
        self.field("VmHWM")
    }
}
