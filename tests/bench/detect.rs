//! The list of what could be run in a monorepo of ten thousand packages, against reading its files.

use std::path::Path;
use std::process::Stdio;

use brummer_tests::Project;

use crate::stage::{Stage, median, settle, timed};

const PACKAGES: usize = 10_000;
const PAIRS: usize = 5;

pub(crate) fn run(stage: &Stage) {
    let world = stage.world("", "");
    Project::at(world.project()).fill_with_packages(PACKAGES);
    let list = || {
        let status = world.command(&["scripts", "-o", "json"]).stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
    };
    // Both sides find the files in the page cache.
    list();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        settle();
        ours.push(timed(list));
        floor.push(timed(|| assert_eq!(read_all(world.project()), PACKAGES)));
    }
    let (ours, floor) = (median(ours).as_secs_f64(), median(floor).as_secs_f64());
    println!(
        "detect        `brummerctl scripts`, {PACKAGES} packages, 40000 scripts: {ours:.3} s (at least 1), reading the files {floor:.3} s, ratio {:.1}",
        ours / floor
    );
}

/// Reads every package.json; answers how many.
fn read_all(project: &Path) -> usize {
    let packages = std::fs::read_dir(project.join("packages")).unwrap();
    let read = packages.map(|entry| std::fs::read(entry.unwrap().path().join("package.json")).unwrap());
    read.filter(|bytes| !bytes.is_empty()).count()
}
