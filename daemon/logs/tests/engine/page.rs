//! Pages: anchors, bounds, merging, surroundings, clearing, forgetting.

use brummer_event::{GapReason, LineCursor, LineFlags, Stream};
use brummer_logs::{Anchor, Filter, LogsConfig, Matcher};

use crate::rig::{Child, Rig, assert_rising, key, of, seqs, texts, whole};

/// `count` lines each of several processes, in turns, most of them behind the ring.
async fn several(rig: &Rig, names: &[&str], count: usize) -> Vec<Child> {
    let mut children: Vec<Child> = names.iter().map(|name| rig.child(&key(name))).collect();
    for child in &mut children {
        child.attach(rig);
    }
    for number in 0..count {
        for child in &mut children {
            let text = format!("{} {number}\n", child.key.name);
            child.out(text.as_bytes());
        }
    }
    rig.lines(count * names.len()).await;
    children
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_join_to_the_whole_whichever_way_one_turns_them() {
    let rig = Rig::new(LogsConfig { keep_lines: 100, ..LogsConfig::default() }).await;
    let children = several(&rig, &["a", "b", "c"], 700).await;
    let all = rig.lines(2100).await;
    assert_rising(&all);
    for filter in [whole(), of(&children[1].key)] {
        let expected: Vec<_> = all.iter().filter(|line| filter.wants_process(&line.key)).cloned().collect();
        assert_eq!(rig.all(&filter, 333).await, expected);
        // And backward from the end.
        let mut found = Vec::new();
        let mut anchor = Anchor::Last;
        loop {
            let page = rig.read(anchor, 250, 0, filter.clone()).await;
            found.splice(0..0, page.lines);
            if !page.more_before {
                break;
            }
            anchor = Anchor::Cursor(page.first);
        }
        assert_eq!(found, expected);
        // Around the middle.
        let middle = expected.len() / 2;
        let at = LineCursor { epoch: rig.logs.epoch(), seq: expected[middle].seq, time: 0 };
        let page = rig.read(Anchor::Cursor(at), 10, 20, filter.clone()).await;
        assert_eq!(page.lines, expected[middle - 9..=middle + 20]);
        assert!(page.more_before && page.more_after);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_says_whether_there_is_more_and_where_to_go_on() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    let empty = rig.read(Anchor::Last, 10, 10, whole()).await;
    assert!(empty.lines.is_empty() && !empty.more_before && !empty.more_after);
    child.out(b"1\n2\n3\n");
    rig.lines(3).await;
    let page = rig.read(Anchor::Last, 3, 0, whole()).await;
    assert_eq!(
        (texts(&page.lines), page.more_before, page.more_after),
        (vec!["1".into(), "2".into(), "3".into()], false, false)
    );
    let page = rig.read(Anchor::Last, 2, 0, whole()).await;
    assert_eq!((texts(&page.lines), page.more_before), (vec!["2".into(), "3".into()], true));
    child.out(b"4\n");
    rig.lines(4).await;
    let page = rig.read(Anchor::Cursor(page.last), 0, 10, whole()).await;
    assert_eq!((texts(&page.lines), page.more_after), (vec!["4".into()], false));
    let page = rig.read(Anchor::First, 0, 2, whole()).await;
    assert_eq!(
        (texts(&page.lines), page.more_before, page.more_after),
        (vec!["1".into(), "2".into()], false, true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_hold_behind_the_ring_too() {
    let rig = Rig::new(LogsConfig { keep_lines: 64, ..LogsConfig::default() }).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    for number in 0..3000i64 {
        child.wall = Some(1_000_000 + number);
        match number % 10 {
            0 => child.err(format!("ERROR: number {number}\n").as_bytes()),
            1 => child.out(format!("\x1b[32mgreen\x1b[0m number {number}\n").as_bytes()),
            _ => child.out(format!("plain number {number}\n").as_bytes()),
        }
    }
    rig.lines(3000).await;
    let count = async |filter: Filter| rig.logs.count(filter).await.unwrap().lines;
    let literal = |text: &str| vec![Matcher::literal(text).unwrap()];
    assert_eq!(count(Filter { streams: Some(vec![Stream::Err]), ..whole() }).await, 300);
    assert_eq!(count(Filter { min_level: Some(brummer_event::Level::Error), ..whole() }).await, 300);
    assert_eq!(count(Filter { texts: literal("green number"), ..whole() }).await, 300);
    assert_eq!(count(Filter { texts: literal("Number"), ..whole() }).await, 0);
    assert_eq!(count(Filter { texts: vec![Matcher::regex("^plain .*7$").unwrap()], ..whole() }).await, 300);
    assert_eq!(count(Filter { since: Some(1_000_500), until: Some(1_000_600), ..whole() }).await, 100);
    let page = rig.read(Anchor::Time(1_000_777), 1, 1, whole()).await;
    assert_eq!(texts(&page.lines), ["plain number 776", "plain number 777"]);
    let page = rig
        .read(Anchor::Last, 2, 0, Filter { min_level: Some(brummer_event::Level::Error), ..whole() })
        .await;
    assert_eq!(texts(&page.lines), ["ERROR: number 2980", "ERROR: number 2990"]);
    assert!(page.more_before);
    let runs = Filter { runs: Some(vec![brummer_event::RunId::generate()]), ..whole() };
    assert_eq!(count(runs).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matches_come_with_the_lines_of_their_process_around_them() {
    let rig = Rig::new(LogsConfig { keep_lines: 64, ..LogsConfig::default() }).await;
    let _children = several(&rig, &["a", "b"], 200).await;
    let filter = Filter { texts: vec![Matcher::regex("^a (50|52|120)$").unwrap()], context: 2, ..whole() };
    let expected: Vec<(String, bool)> = [48, 49, 50, 51, 52, 53, 54, 118, 119, 120, 121, 122]
        .map(|number| (format!("a {number}"), ![50, 52, 120].contains(&number)))
        .to_vec();
    let shown = |page: brummer_logs::Page| -> Vec<(String, bool)> {
        assert_rising(&page.lines);
        texts(&page.lines).into_iter().zip(page.lines.iter().map(|line| line.context)).collect()
    };
    assert_eq!(shown(rig.read(Anchor::First, 0, 100, filter.clone()).await), expected);
    assert_eq!(shown(rig.read(Anchor::Last, 100, 0, filter.clone()).await), expected);
    let page = rig.read(Anchor::Last, 1, 0, filter.clone()).await;
    assert!(page.more_before);
    assert_eq!(shown(page), expected[7..]);
    let page = rig.read(Anchor::First, 0, 2, filter.clone()).await;
    assert!(page.more_after);
    assert_eq!(shown(page), expected[..7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cleared_is_not_shown_and_stays_cleared() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut children = several(&rig, &["a", "b"], 10).await;
    let old = rig.read(Anchor::First, 0, 3, whole()).await;
    rig.logs.clear(&[key("a")]).await.unwrap();
    let page = rig.read(Anchor::Last, 100, 0, whole()).await;
    assert_eq!(page.lines.len(), 10);
    assert!(page.lines.iter().all(|line| line.key == key("b")));
    let page = rig.read(Anchor::Cursor(old.last), 0, 100, of(&key("a"))).await;
    assert!(page.lines.is_empty());
    assert_eq!(page.gaps.iter().map(|gap| gap.reason).collect::<Vec<_>>(), [GapReason::Cleared]);
    children[0].out(b"after\n");
    rig.lines(11).await;
    let rig = rig.close_and_open().await;
    assert_eq!(texts(&rig.all(&of(&key("a")), 100).await), ["after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_process_is_gone_and_its_numbers_are_not_given_again() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut children = several(&rig, &["a", "b"], 5).await;
    let before = rig.lines(10).await;
    for child in &mut children {
        child.exit(0);
        child.gone();
        while child.news().await.is_some() {}
    }
    let newest = rig.logs.cursor_now().seq;
    rig.logs.forget(&key("b"), true).await.unwrap();
    assert!(!children[1].dir.exists());
    assert!(children[0].dir.exists());
    assert_eq!(rig.lines(6).await.iter().filter(|line| line.key == key("b")).count(), 0);
    let rig = rig.crash_and_open().await;
    assert!(rig.logs.next_seq() > newest, "{} after {newest}", rig.logs.next_seq());
    let mut again = rig.child(&key("b"));
    again.attach(&rig);
    again.out(b"new\n");
    let lines = rig.lines(7).await;
    assert!(lines[6].seq > before[9].seq + 2);
    assert_eq!(lines[6].flags, LineFlags::NONE);
    assert_rising(&lines);
    assert_eq!(
        seqs(&lines[..5]),
        seqs(&before.iter().filter(|line| line.key == key("a")).cloned().collect::<Vec<_>>())
    );
}
