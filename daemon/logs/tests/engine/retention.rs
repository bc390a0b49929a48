//! What is removed, who removes it, and what readers are told.

use std::time::Duration;

use brummer_event::{GapReason, LineCursor};
use brummer_logs::{Anchor, FollowItem, LogsConfig};

use crate::rig::{Child, Rig, assert_rising, key, next, of, texts, until, whole};

const SEGMENT: u64 = 20_000;

fn config() -> LogsConfig {
    LogsConfig { keep_bytes: 5 * SEGMENT, keep_lines: 50, min_free: 0, ..LogsConfig::default() }
}

async fn say(rig: &Rig, child: &mut Child, from: usize, count: usize) {
    for number in from..from + count {
        child.out(format!("line {number:06} {}\n", "x".repeat(80)).as_bytes());
    }
    let last = format!("line {:06}", from + count - 1);
    let mut follower = rig.logs.follow(rig.begin(), of(&child.key), false);
    loop {
        if let FollowItem::Lines(lines) = next(&mut follower).await
            && texts(&lines).last().is_some_and(|text| text.starts_with(&last))
        {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_living_run_is_asked_to_let_its_oldest_segments_go_and_readers_get_a_gap() {
    let rig = Rig::new(config()).await;
    let mut child = Child::new(&rig.runs_dir(), &key("a"), SEGMENT);
    child.attach(&rig);
    let beginning = rig.begin();
    say(&rig, &mut child, 0, 3000).await;
    // Five segments fit the bound, so nothing more goes then.
    until(|| child.written().segment - child.released() <= 5).await;
    assert!(child.indexed().is_some_and(|indexed| indexed.segment > child.released()));
    let page = rig.read(Anchor::First, 0, 10_000, whole()).await;
    assert_eq!(page.gaps.len(), 1, "{:?}", page.gaps);
    let gap = &page.gaps[0];
    assert_eq!((gap.reason, gap.from, gap.process.as_deref()), (GapReason::Evicted, 1, Some("a")));
    assert_eq!(gap.lines.unwrap() + page.lines.len() as u64, 3000, "every line is there or counted");
    assert_eq!(page.lines[0].seq, gap.to + 1);
    assert_eq!(page.lines[0].line, gap.lines.unwrap() + 1);
    assert_rising(&page.lines);
    // Who followed from the beginning is told the same, once.
    let mut follower = rig.logs.follow(beginning.clone(), of(&child.key), false);
    let FollowItem::Gap(told) = next(&mut follower).await else { panic!("a gap comes first") };
    assert_eq!(&told, gap);
    // And after a restart.
    let rig = rig.crash_and_open().await;
    let page = rig.read(Anchor::Cursor(beginning), 0, 10, whole()).await;
    assert_eq!(page.gaps, std::slice::from_ref(gap));
    assert_eq!(page.lines[0].seq, gap.to + 1);
    let index: u64 = std::fs::read_dir(rig.dir.path().join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(index < 200_000, "{index} bytes of index");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_total_takes_the_oldest_runs_whole() {
    let rig = Rig::new(LogsConfig { keep_total: 3 * SEGMENT, ..config() }).await;
    let mut children = Vec::new();
    for number in 0..6 {
        let mut child = Child::new(&rig.runs_dir(), &key(&format!("n{number}")), SEGMENT);
        child.attach(&rig);
        say(&rig, &mut child, 0, 150).await;
        child.exit(0);
        child.gone();
        while child.news().await.is_some() {}
        children.push(child);
    }
    until(|| !children[2].dir.exists() && rig.logs.stats().disk_bytes <= 3 * SEGMENT).await;
    assert!(!children[0].dir.exists() && children[5].dir.exists());
    let page = rig.read(Anchor::First, 0, 10_000, of(&key("n0"))).await;
    assert_eq!((page.lines.len(), page.gaps.len()), (0, 1));
    assert_eq!(rig.read(Anchor::First, 0, 10_000, of(&key("n5"))).await.lines.len(), 151);
    let rig = rig.crash_and_open().await;
    let page = rig.read(Anchor::First, 0, 10_000, of(&key("n0"))).await;
    assert_eq!((page.lines.len(), page.gaps.len()), (0, 1));
    assert_eq!(page.gaps[0].lines, Some(151));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_old_goes_at_the_next_start() {
    let rig = Rig::new(LogsConfig { keep_age: Duration::from_secs(3600), ..config() }).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    say(&rig, &mut child, 0, 10).await;
    child.exit(0);
    child.gone();
    while child.news().await.is_some() {}
    assert!(child.dir.exists());
    let (dir, config) = rig.crash().await;
    let old = std::time::SystemTime::now() - Duration::from_secs(4000);
    let segment = std::fs::File::options().write(true).open(child.dir.join("capture.000001")).unwrap();
    segment.set_modified(old).unwrap();
    let rig = Rig::open(dir, config).await;
    until(|| !child.dir.exists()).await;
    let begin = LineCursor { epoch: rig.logs.epoch(), seq: 3, time: 0 };
    let page = rig.read(Anchor::Cursor(begin), 0, 10, whole()).await;
    assert_eq!((page.lines.len(), page.gaps.len()), (0, 1));
}
