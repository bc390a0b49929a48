//! Followers: exactly once, in order, woken only by their own.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use brummer_event::GapReason;
use brummer_logs::{Filter, FollowItem, LogsConfig, Matcher};

use crate::rig::{PATIENCE, Rig, assert_complete, assert_rising, key, next, of, seqs, take, texts, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everyone_gets_every_line_once_while_many_publish() {
    const PROCESSES: usize = 4;
    const LINES: usize = 3000;
    let rig = Arc::new(Rig::new(LogsConfig { keep_lines: 500, ..LogsConfig::default() }).await);
    let mut children: Vec<_> = (0..PROCESSES).map(|number| rig.child(&key(&format!("n{number}")))).collect();
    for child in &mut children {
        child.attach(&rig);
    }
    let mut followers = Vec::new();
    for place in 0..6 {
        let rig = rig.clone();
        followers.push(tokio::spawn(async move {
            // Some follow everything, some one process; some come late.
            let filter = if place % 2 == 0 { whole() } else { of(&key(&format!("n{}", place % PROCESSES))) };
            let expected = if place % 2 == 0 { PROCESSES * LINES } else { LINES };
            let mut follower = rig.logs.follow(rig.begin(), filter, false);
            take(&mut follower, expected).await
        }));
    }
    let writers: Vec<_> = children
        .into_iter()
        .map(|mut child| {
            std::thread::spawn(move || {
                for number in 0..LINES {
                    child.out(format!("{number}\n").as_bytes());
                }
                child
            })
        })
        .collect();
    let _children: Vec<_> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
    let mut whole_lists = Vec::new();
    for (place, follower) in followers.into_iter().enumerate() {
        let lines = tokio::time::timeout(PATIENCE, follower).await.unwrap().unwrap();
        assert_rising(&lines);
        assert_complete(&lines);
        if place % 2 == 0 {
            assert_eq!(lines.len(), PROCESSES * LINES);
            whole_lists.push(seqs(&lines));
        } else {
            assert_eq!(texts(&lines), (0..LINES).map(|number| number.to_string()).collect::<Vec<_>>());
        }
    }
    assert!(whole_lists.windows(2).all(|pair| pair[0] == pair[1]), "all see the same order");
}

struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_of_a_quiet_process_is_not_woken_by_anothers_flood() {
    let rig = Rig::new(LogsConfig::default()).await;
    let (mut quiet, mut flood) = (rig.child(&key("quiet")), rig.child(&key("flood")));
    quiet.attach(&rig);
    flood.attach(&rig);
    quiet.out(b"one\n");
    let filter = Filter { texts: vec![Matcher::literal("two").unwrap()], ..of(&quiet.key) };
    rig.lines(1).await;
    let mut follower = rig.logs.follow(rig.begin(), filter, false);
    assert!(matches!(next(&mut follower).await, FollowItem::Progress { .. }), "everything was looked at");
    let woken = Arc::new(Counting(AtomicUsize::new(0)));
    let waker = woken.clone().into();
    {
        let mut waiting = pin!(follower.next());
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        for _ in 0..200 {
            flood.out(&b"noise\n".repeat(100));
        }
        let mut noise = rig.logs.follow(rig.begin(), of(&flood.key), false);
        take(&mut noise, 20_000).await;
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        quiet.out(b"two\n");
        let found = loop {
            crate::rig::until(|| woken.0.load(Ordering::SeqCst) > 0).await;
            if let Poll::Ready(found) = waiting.as_mut().poll(&mut Context::from_waker(&waker)) {
                break found.unwrap();
            }
        };
        let FollowItem::Lines(lines) = found else { panic!("{found:?}") };
        assert_eq!(texts(&lines), ["two"]);
    }
    assert_eq!(follower.cursor().seq, rig.logs.cursor_now().seq);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_comes_later_is_followed_too() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut all = rig.logs.follow(rig.logs.cursor_now(), whole(), false);
    let mut named = rig.logs.follow(rig.logs.cursor_now(), of(&key("late")), false);
    let project = Filter { project: Some("p".into()), ..whole() };
    let mut project = rig.logs.follow(rig.logs.cursor_now(), project, false);
    for follower in [&mut all, &mut named, &mut project] {
        assert!(matches!(next(follower).await, FollowItem::Progress { .. }));
    }
    let waiting = tokio::spawn(async move {
        (take(&mut all, 1).await, take(&mut named, 1).await, take(&mut project, 1).await)
    });
    let mut child = rig.child(&key("late"));
    child.attach(&rig);
    child.out(b"here\n");
    let (all, named, project) = waiting.await.unwrap();
    assert_eq!(texts(&all), ["here"]);
    assert_eq!((&named, &project), (&all, &all));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_is_dropped_while_it_waits_loses_nothing() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    let mut follower = rig.follow_all();
    let mut seen = Vec::new();
    for number in 0..300 {
        child.out(format!("{number}\n").as_bytes());
        // Given up at any await, with any luck in the middle of something.
        let patience = std::time::Duration::from_micros(number * 7 % 400);
        if let Ok(Ok(FollowItem::Lines(lines))) = tokio::time::timeout(patience, follower.next()).await {
            seen.extend(lines);
        }
    }
    seen.extend(take(&mut follower, 300 - seen.len()).await);
    assert_eq!(texts(&seen), (0..300).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_tail_jumps_and_says_how_far() {
    let rig = Rig::new(LogsConfig { keep_lines: 2000, ..LogsConfig::default() }).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(&b"x\n".repeat(20_000));
    rig.lines(20_000).await;
    let mut follower = rig.logs.follow(rig.begin(), of(&child.key), true);
    let FollowItem::Gap(gap) = next(&mut follower).await else { panic!("it is behind") };
    assert_eq!((gap.reason, gap.from, gap.process.as_deref()), (GapReason::Live, 1, Some("a")));
    let lines = take(&mut follower, 1000).await;
    assert_eq!(lines[0].seq, gap.to + 1);
    assert_eq!(lines.last().unwrap().seq, rig.logs.cursor_now().seq);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn surroundings_of_a_match_are_followed_as_they_come() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    let filter = Filter { texts: vec![Matcher::literal("match").unwrap()], context: 1, ..of(&child.key) };
    let mut follower = rig.logs.follow(rig.begin(), filter, false);
    let mut shown = Vec::new();
    for (number, text) in ["a\n", "b\n", "match\n", "c\n", "d\n"].into_iter().enumerate() {
        child.out(text.as_bytes());
        rig.lines(number + 1).await;
        while let Ok(Ok(item)) =
            tokio::time::timeout(std::time::Duration::from_millis(20), follower.next()).await
        {
            if let FollowItem::Lines(lines) = item {
                shown.extend(lines);
            }
        }
    }
    assert_eq!(texts(&shown), ["b", "match", "c"]);
    assert_eq!(shown.iter().map(|line| line.context).collect::<Vec<_>>(), [true, false, true]);
}
