//! What is missing is said, and only that.

use brummer_capture::{FrameKind, GapPayload};
use brummer_event::{GapReason, LineCursor, Stream};
use brummer_logs::{Anchor, FollowItem, LogsConfig};

use crate::rig::{Child, Rig, key, next, texts, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_was_lost_before_it_was_read_is_one_gap() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = Child::new(&rig.runs_dir(), &key("a"), 200);
    for number in 0..20 {
        child.out(format!("line number {number:04} of the run\n").as_bytes());
    }
    assert!(child.written().segment > 4);
    // What the shim does under `when_behind = gap`.
    for segment in [2, 3] {
        std::fs::remove_file(child.dir.join(format!("capture.{segment:06}"))).unwrap();
        let gap = GapPayload {
            reason: GapReason::Behind,
            bytes: 186,
            segment: Some(segment),
            from: None,
            stream: None,
        };
        let mut payload = Vec::new();
        gap.encode(&mut payload);
        child.frame(FrameKind::Gap, &payload);
    }
    child.out(b"END\n");
    child.attach(&rig);
    let mut follower = rig.follow_all();
    let (mut lines, mut gaps) = (Vec::new(), Vec::new());
    while texts(&lines).last().is_none_or(|last| last != "END") {
        match next(&mut follower).await {
            FollowItem::Lines(more) => lines.extend(more),
            FollowItem::Gap(gap) => gaps.push((lines.len(), gap)),
            FollowItem::Progress { .. } => {}
        }
    }
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let (at, gap) = &gaps[0];
    assert_eq!(
        (gap.reason, gap.run, gap.process.as_deref()),
        (GapReason::Behind, Some(child.run), Some("a"))
    );
    let before: u32 = texts(&lines)[at - 1][12..16].parse().unwrap();
    let after: u32 = texts(&lines)[*at][12..16].parse().unwrap();
    assert!(after > before + 1, "{before} then {after}");
    assert!(lines[at - 1].seq < gap.from && gap.to < lines[*at].seq);
    assert_eq!(rig.logs.stats().lost_places, 1);
    // The same again after a crash, from the files.
    let rig = rig.crash_and_open().await;
    assert_eq!(rig.logs.stats().lost_places, 1);
    let page = rig.read(Anchor::First, 0, 100, whole()).await;
    assert_eq!(page.lines, lines);
    assert_eq!(page.gaps, std::slice::from_ref(gap));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_no_disk_took_are_a_gap_in_their_place() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"before\nhalf a li");
    let gap = GapPayload {
        reason: GapReason::DiskFull,
        bytes: 12345,
        segment: None,
        from: None,
        stream: Some(Stream::Out),
    };
    let mut payload = Vec::new();
    gap.encode(&mut payload);
    child.frame(FrameKind::Gap, &payload);
    child.out(b"after\n");
    rig.logs
        .read(brummer_logs::ReadQuery { anchor: Anchor::First, before: 0, after: 9, filter: whole() })
        .await
        .unwrap();
    crate::rig::until(|| rig.logs.cursor_now().seq >= 4).await;
    let page = rig.read(Anchor::First, 0, 9, whole()).await;
    assert_eq!(texts(&page.lines), ["before", "half a li", "after"]);
    assert_eq!(page.gaps.len(), 1);
    assert_eq!(page.gaps[0].reason, GapReason::DiskFull);
    assert!(page.lines[1].seq < page.gaps[0].from && page.gaps[0].to < page.lines[2].seq);
    assert_eq!(rig.logs.stats().lost_bytes, 12345);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_frame_costs_only_itself() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.out(b"one\n");
    let damaged = child.frame(FrameKind::Out, b"two\n");
    child.out(b"three\n");
    let path = child.dir.join("capture.000001");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[damaged.offset as usize + 9] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    child.attach(&rig);
    crate::rig::until(|| rig.logs.cursor_now().seq >= 3).await;
    let page = rig.read(Anchor::First, 0, 9, whole()).await;
    assert_eq!(texts(&page.lines), ["one", "three"]);
    assert_eq!(page.gaps.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_another_epoch_or_from_the_future_goes_on_at_its_time() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    for number in 0..10 {
        child.wall = Some(1000 + number);
        child.out(format!("{number}\n").as_bytes());
    }
    rig.lines(10).await;
    let epoch = rig.logs.epoch();
    for cursor in [
        LineCursor { epoch: epoch + 1, seq: 2, time: 1006 },
        LineCursor { epoch, seq: 5_000_000, time: 1006 },
    ] {
        let page = rig.read(Anchor::Cursor(cursor.clone()), 0, 100, whole()).await;
        assert_eq!(texts(&page.lines), ["6", "7", "8", "9"], "{cursor}");
        assert_eq!(page.gaps.iter().map(|gap| gap.reason).collect::<Vec<_>>(), [GapReason::Epoch]);
        let mut follower = rig.logs.follow(cursor, whole(), false);
        assert!(matches!(next(&mut follower).await, FollowItem::Gap(gap) if gap.reason == GapReason::Epoch));
        assert!(matches!(next(&mut follower).await, FollowItem::Lines(lines) if lines.len() == 4));
    }
    let page =
        rig.read(Anchor::Cursor(LineCursor { epoch: 1, seq: 0, time: i64::MAX }), 0, 100, whole()).await;
    assert!(page.lines.is_empty(), "nothing is that late, and it never replays from the oldest");
}
