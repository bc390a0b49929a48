//! Twenty children at once, none of their lines lost, against twenty `tee`.

use std::process::Command;

use crate::stage::{Stage, median, settle, timed};

const PAIRS: usize = 5;
const CHILDREN: usize = 20;
const LINES: u64 = 100_000;

pub(crate) fn run(stage: &Stage) {
    let user = "[logs]\nkeep_bytes = \"4GiB\"\nkeep_total = \"8GiB\"\n";
    let mut config = String::new();
    let mut script = String::new();
    for child in 0..CHILDREN {
        config.push_str(&format!(
            "[processes.c{child}]\nrun = [\"@testproc\", \"flood\", \"{LINES}\"]\nkind = \"task\"\nautostart = false\n"
        ));
        script.push_str(&format!(
            "'{}' flood {LINES} | tee c{child} >/dev/null &\n",
            stage.path("testproc").display()
        ));
    }
    script.push_str("wait\n");
    let names: Vec<String> = (0..CHILDREN).map(|child| format!("c{child}")).collect();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let scratch = stage.directory();
        settle();
        floor.push(timed(|| {
            let status =
                Command::new("sh").args(["-c", &script]).current_dir(scratch.path()).status().unwrap();
            assert!(status.success());
        }));
        drop(scratch);
        let world = stage.world(user, &config);
        let mut start = vec!["start", "--wait", "--timeout", "300s"];
        start.extend(names.iter().map(String::as_str));
        settle();
        ours.push(timed(|| {
            world.ctl(&start);
        }));
        let kept = world.ctl(&["logs", "--stream", "out", "--count", "--timeout", "300s"]);
        assert_eq!(kept.trim(), (LINES * CHILDREN as u64).to_string(), "lines are missing");
    }
    let (ours, floor) = (median(ours), median(floor));
    println!(
        "crowd         {CHILDREN} children, {LINES} lines each, none lost: {:.2} s, as many tee {:.2} s, ratio {:.2} (aim 2)",
        ours.as_secs_f64(),
        floor.as_secs_f64(),
        ours.as_secs_f64() / floor.as_secs_f64(),
    );
}
