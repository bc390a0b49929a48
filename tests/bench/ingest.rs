//! One child's flood, taken in with levels, errors and URLs detected, searchable and persisted, against
//! `child | cat > file` on the same file system.

use std::process::Command;

use crate::stage::{Stage, median, settle, timed};

const PAIRS: usize = 5;

pub(crate) fn run(stage: &Stage, lines: u64) {
    let count = lines.to_string();
    let user = "[logs]\nkeep_bytes = \"4GiB\"\nkeep_total = \"8GiB\"\n";
    let project = format!(
        "[processes.flood]\nrun = [\"@testproc\", \"flood\", \"{count}\"]\nkind = \"task\"\nautostart = false\n"
    );
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let scratch = stage.directory();
        let file = scratch.path().join("flood");
        settle();
        floor.push(timed(|| {
            let script =
                format!("'{}' flood {count} | cat > '{}'", stage.path("testproc").display(), file.display());
            assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
        }));
        drop(scratch);
        let world = stage.world(user, &project);
        settle();
        ours.push(timed(|| {
            world.ctl(&["start", "flood", "--wait", "--timeout", "600s"]);
        }));
        let kept = world.ctl(&["logs", "flood", "--stream", "out", "--count", "--timeout", "600s"]);
        assert_eq!(kept.trim(), count, "lines are missing");
    }
    let (ours, floor) = (median(ours), median(floor));
    println!(
        "ingest        {lines} lines of 100 bytes: {:.2} s, cat {:.2} s, ratio {:.2} (at least 2.5, aim 1.5); {:.0} ns a line",
        ours.as_secs_f64(),
        floor.as_secs_f64(),
        ours.as_secs_f64() / floor.as_secs_f64(),
        ours.as_nanos() as f64 / lines as f64,
    );
}
