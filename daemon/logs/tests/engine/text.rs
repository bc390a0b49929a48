//! What a child says is what is read: levels, ends, bombs.

use brummer_event::{Level, LineFlags, Stream};
use brummer_logs::{Anchor, Filter, LogsConfig, Matcher, RunProgress};

use crate::rig::{Rig, assert_complete, assert_rising, folded, key, of, take, texts, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_both_streams_and_the_end_are_told_in_order() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("web"));
    child.attach(&rig);
    child.out(b"ready\nERROR: it broke\n");
    child.err(b"careful\n");
    child.out(b"tail without end");
    child.exit(3);
    let Some(RunProgress::ExitPublished { exit, seq }) = child.news().await else {
        panic!("the end is told")
    };
    assert_eq!(exit.code, Some(3));
    // Told means: can be read, and so can everything that was in the pipes.
    let page = rig.read(Anchor::Last, 100, 0, whole()).await;
    assert_eq!(
        texts(&page.lines),
        ["ready", "ERROR: it broke", "careful", "tail without end", "exited 3 after 15ms"]
    );
    assert_eq!(page.lines.last().unwrap().seq, seq);
    assert_eq!(page.lines[1].level, Level::Error);
    assert_eq!(page.lines[2].stream, Stream::Err);
    assert_eq!(page.lines[4].stream, Stream::Sys);
    assert!(page.lines.iter().all(|line| !line.flags.has(LineFlags::PART)));
    assert_complete(&page.lines);
    child.gone();
    assert_eq!(child.news().await, Some(RunProgress::Drained { last_seq: Some(seq) }));
    assert_eq!(child.news().await, None, "that was the last word");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_is_seen_while_it_waits_for_its_answer() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("web"));
    child.attach(&rig);
    child.out(b"Password: ");
    let mut follower = rig.follow_all();
    let seen = take(&mut follower, 1).await;
    assert!(seen[0].flags.has(LineFlags::PART));
    child.out(b"\nwelcome\n");
    let more = take(&mut follower, 2).await;
    assert_eq!((more[0].line, more[1].line), (1, 2), "the parts of one line share its number");
    assert_eq!(folded(&[seen, more].concat(), Stream::Out), [b"Password: ".to_vec(), b"welcome".to_vec()]);
}

/// F23: 100 MB without a newline are parts of 64 KiB; nothing is lost, memory stays bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_line_is_cut_into_parts_and_nothing_is_lost() {
    let mut config = LogsConfig::default();
    config.ring_bytes.process = 1024 * 1024;
    let rig = Rig::new(config).await;
    let mut child = rig.child(&key("bomb"));
    child.attach(&rig);
    let mib = vec![b'x'; 1024 * 1024];
    for _ in 0..24 {
        child.out(&mib);
    }
    child.out(b"\nEND\n");
    let mut follower = rig.follow_all();
    let (mut bytes, mut last) = (0, Vec::new());
    while last != b"END" {
        for line in take(&mut follower, 1).await {
            assert!(line.text.len() <= 64 * 1024);
            bytes += line.text.iter().filter(|byte| **byte == b'x').count();
            last = line.text.to_vec();
        }
    }
    assert_eq!(bytes, 24 * 1024 * 1024);
    assert!(rig.logs.stats().ring_bytes <= 1024 * 1024 + 256 * 1024, "{}", rig.logs.stats().ring_bytes);
}

/// F24: stored bytes equal input bytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_utf8_and_nul_are_kept_as_they_are() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("bomb"));
    child.attach(&rig);
    let hostile = b"ok \xff\xfe\xc3\x28 \xed\xa0\x80 \x00 nul \x1b]0;pwn\x07\x9b31m";
    child.out(&[hostile.as_slice(), b"\nEND\n"].concat());
    let lines = rig.lines(2).await;
    assert_eq!(lines[0].text.as_ref(), hostile);
}

/// F26: of 100,001 updates at most ten a second are stored, and the last one is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_progress_line_is_stored_sparsely_and_found_by_its_last_state() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("bomb"));
    child.attach(&rig);
    let began = std::time::Instant::now();
    let text: Vec<u8> =
        (0..=100_000).flat_map(|number| format!("\rprogress {number}").into_bytes()).collect();
    child.out(&text);
    child.out(b"\nEND\n");
    child.exit(0);
    assert!(matches!(child.news().await, Some(RunProgress::ExitPublished { .. })));
    let allowed = 13 + began.elapsed().as_millis() / 90;
    let all = rig.all(&whole(), 1000).await;
    assert!((all.len() as u128) < allowed, "{} records", all.len());
    assert_eq!(folded(&all, Stream::Out), [b"progress 100000".to_vec(), b"END".to_vec()]);
    assert_complete(&all);
    // Search and counts see the last state only.
    let filter = Filter { texts: vec![Matcher::literal("progress").unwrap()], ..Filter::default() };
    assert_eq!(rig.logs.count(filter.clone()).await.unwrap().lines, 1);
    assert_eq!(texts(&rig.all(&filter, 10).await), ["progress 100000"]);
}

/// F27, D26: a burst is complete, strictly rising in every read and stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_complete_and_in_order() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("bomb"));
    child.attach(&rig);
    let mut follower = rig.logs.follow(rig.begin(), of(&child.key), false);
    const LINES: usize = 200_000;
    for block in 0..LINES / 1000 {
        let text: String = (0..1000).map(|line| format!("L{:09}\n", block * 1000 + line)).collect();
        child.out(text.as_bytes());
    }
    let followed = take(&mut follower, LINES).await;
    assert_rising(&followed);
    assert_eq!(followed.len(), LINES);
    for (number, line) in followed.iter().enumerate() {
        assert_eq!(line.text.as_ref(), format!("L{number:09}").as_bytes());
        assert_eq!(line.line, number as u64 + 1);
    }
    let stats = rig.logs.stats();
    assert_eq!((stats.lines, stats.lost_places), (LINES as u64, 0));
    // Behind the ring the same lines come from the files.
    let page = rig.read(Anchor::First, 0, 5000, of(&child.key)).await;
    assert_eq!(page.lines, followed[..5000]);
    assert_eq!(rig.logs.count(whole()).await.unwrap().lines, LINES as u64);
}

/// D27: every number that was ever seen can be asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_that_was_seen_can_be_fetched() {
    let config = LogsConfig { keep_lines: 50, ..LogsConfig::default() };
    let rig = Rig::new(config).await;
    let mut child = rig.child(&key("web"));
    child.attach(&rig);
    for number in 0..500 {
        child.out(format!("line {number}\n").as_bytes());
    }
    let seen = rig.lines(500).await;
    for line in seen.iter().step_by(37) {
        let cursor =
            brummer_event::LineCursor { epoch: rig.logs.epoch(), seq: line.seq - 1, time: line.time };
        let page = rig.read(Anchor::Cursor(cursor), 0, 1, whole()).await;
        assert_eq!(page.lines, std::slice::from_ref(line));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_name_the_line_that_tells_them() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("web"));
    child.attach(&rig);
    child.out(b"hello\n  Local: http://localhost:5173/\n");
    child.exit(0);
    assert!(matches!(child.news().await, Some(RunProgress::ExitPublished { .. })));
    child.gone();
    assert!(matches!(child.news().await, Some(RunProgress::Drained { .. })));
    let lines = rig.lines(3).await;
    let found = rig.sink.found.lock();
    let urls: Vec<_> =
        found.iter().flat_map(|found| &found.urls).map(|(seq, url)| (*seq, url.url.as_str())).collect();
    assert_eq!(urls, [(lines[1].seq, "http://localhost:5173/")]);
    assert_eq!(rig.notices.0.lock().last().map(|(key, _)| key.clone()), Some(child.key.clone()));
}
