//! After any end the same lines have the same numbers, and nothing is read twice or not at all.

use brummer_capture::FrameKind;
use brummer_event::{GapReason, LineSeq, Stream};
use brummer_logs::{Anchor, FollowItem, LineView, LogsConfig, LogsError, RunProgress};
use brummer_scope::clock;
use brummer_store::seqs;
use proptest::prelude::*;

use crate::rig::{
    Child, Rig, assert_complete, assert_rising, folded, key, next, seqs as numbers, take, texts, whole,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_keeps_its_numbers_and_the_rest_follows() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"one\ntwo\nhalf");
    let before = rig.lines(2).await;
    let cursor = rig.logs.cursor_now();
    let (dir, config) = rig.crash().await;
    // The child goes on while no daemon is there.
    child.out(b" and half\nfour\n");
    let rig = Rig::open(dir, config).await;
    let mut follower = rig.logs.follow(cursor, whole(), false);
    child.attach(&rig);
    let after = take(&mut follower, 2).await;
    let all = rig.lines(4).await;
    assert_eq!(all[..2], before);
    assert_eq!(all[2..], after);
    assert_eq!(texts(&after).concat(), "half and halffour");
    assert_complete(&all);
    assert_rising(&all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_told_again_to_a_supervisor_that_may_have_missed_it() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"bye\n");
    child.exit(7);
    let Some(RunProgress::ExitPublished { seq, .. }) = child.news().await else { panic!("told") };
    let rig = rig.crash_and_open().await;
    child.attach_with(&rig, false);
    let Some(RunProgress::ExitPublished { exit, seq: again }) = child.news().await else {
        panic!("told again")
    };
    assert_eq!((exit.code, again), (Some(7), seq));
    assert_eq!(child.news().await, Some(RunProgress::Drained { last_seq: Some(seq) }));
    assert_eq!(rig.lines(2).await.len(), 2);
    let error = rig.logs.attach(source_of(&child)).unwrap_err();
    assert!(matches!(error, LogsError::Attached(_)), "it was read to its end");
}

fn source_of(child: &Child) -> brummer_logs::RunSource {
    brummer_logs::RunSource {
        key: child.key.clone(),
        run: child.run,
        dir: child.dir.clone(),
        project_dir: "/".into(),
        shim_alive: false,
        to_shim: tokio::sync::mpsc::channel(1).0,
        progress: tokio::sync::mpsc::channel(1).0,
        bounds: brummer_event::spec::LogBounds::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_of_several_runs_is_numbered_by_time() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut children: Vec<Child> = (0..3).map(|number| rig.child(&key(&format!("n{number}")))).collect();
    let (dir, config) = rig.crash().await;
    let began = clock::mono_ns();
    for step in 0..60u64 {
        let child = &mut children[(step * 7 % 3) as usize];
        child.mono = Some(began + step);
        child.out(format!("{step:02}\n").as_bytes());
    }
    let rig = Rig::open(dir, config).await;
    let hold = rig.logs.hold_backlog();
    for child in children.iter_mut().rev() {
        child.attach(&rig);
    }
    // New lines of a new run need not wait for the old ones.
    let mut fresh = rig.child(&key("fresh"));
    fresh.attach(&rig);
    fresh.out(b"new\n");
    assert_eq!(texts(&rig.lines(1).await), ["new"]);
    drop(hold);
    let old: Vec<String> = texts(&rig.lines(61).await).split_off(1);
    assert_eq!(old, (0..60).map(|step| format!("{step:02}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_power_cut_numbers_go_on_beyond_all_that_was_reserved() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"one\n");
    rig.lines(1).await;
    // Another boot, no clean end.
    let ceiling = rig.store.call(|connection| {
        let mut kept = seqs::load(connection)?.unwrap();
        assert!(!kept.clean);
        kept.boot_id = "another".to_owned();
        seqs::save(connection, &kept)?;
        Ok(kept.ceiling)
    });
    let ceiling = ceiling.await.unwrap();
    let epoch = rig.logs.epoch();
    let rig = rig.crash_and_open().await;
    assert_eq!((rig.logs.epoch(), rig.logs.next_seq()), (epoch, ceiling));
    child.attach(&rig);
    child.out(b"two\n");
    let lines = rig.lines(2).await;
    assert_eq!(numbers(&lines), [1, ceiling]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_orderly_end_numbers_simply_go_on() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"one\ntwo\n");
    rig.lines(2).await;
    rig.logs.close().await;
    let kept = rig.store.call(|connection| Ok(seqs::load(connection)?.unwrap())).await.unwrap();
    assert!(kept.clean);
    assert_eq!(kept.floor, 3);
    rig.store
        .call(move |connection| seqs::save(connection, &seqs::Seqs { boot_id: "another".to_owned(), ..kept }))
        .await
        .unwrap();
    let rig = rig.crash_and_open().await;
    assert_eq!(rig.logs.next_seq(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_index_is_a_new_epoch_and_costs_no_line() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    for number in 0..5 {
        child.wall = Some(5000 + number);
        child.out(format!("{number}\n").as_bytes());
    }
    let before = rig.lines(5).await;
    let cursor =
        brummer_event::LineCursor { epoch: rig.logs.epoch(), seq: before[2].seq, time: before[2].time };
    let (dir, config) = rig.crash().await;
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let rig = Rig::open(dir, config).await;
    assert_ne!(rig.logs.epoch(), cursor.epoch);
    child.attach(&rig);
    let again = rig.lines(5).await;
    assert_eq!(texts(&again), texts(&before));
    let mut follower = rig.logs.follow(cursor, whole(), false);
    assert!(matches!(next(&mut follower).await, FollowItem::Gap(gap) if gap.reason == GapReason::Epoch));
    // Rather one line again than one missing.
    assert_eq!(texts(&take(&mut follower, 3).await), ["2", "3", "4"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_that_nobody_kept_are_found_again_and_no_others() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"http://localhost:1111/\nplain\nhttp://localhost:2222/\n");
    let lines = rig.lines(3).await;
    let (dir, config) = rig.crash().await;
    // The table kept what the first line said, and died.
    let sink = std::sync::Arc::new(crate::rig::Sink::default());
    *sink.derived.lock() = lines[0].seq;
    let scope = brummer_scope::Scope::new().unwrap();
    let (store, _) = brummer_store::Store::open(&dir.path().join("state.db"), &scope).unwrap();
    let _logs = brummer_logs::Logs::open(
        config,
        &dir.path().join("index"),
        &dir.path().join("runs"),
        &store,
        sink.clone(),
        std::sync::Arc::new(crate::rig::Notices::default()),
        &scope,
    )
    .await
    .unwrap();
    let found = sink.found.lock();
    let urls: Vec<(LineSeq, String)> =
        found.iter().flat_map(|found| &found.urls).map(|(seq, url)| (*seq, url.url.clone())).collect();
    assert_eq!(urls, [(lines[2].seq, "http://localhost:2222/".to_owned())]);
}

/// What the streams of a child say, as frames, and after which frames the engine dies.
fn script() -> impl Strategy<Value = Vec<(bool, String)>> {
    let piece = "[a-z]{0,6}(\n|\r|\r\n| ){0,3}";
    proptest::collection::vec((any::<bool>(), piece), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is said, and whenever the engine dies: what was read before is read again with the same
    /// numbers, and in the end the streams have said what they said.
    #[test]
    fn dying_at_any_time_changes_nothing(script in script(), deaths in proptest::collection::vec(0usize..40, 0..4)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let config = LogsConfig { keep_lines: 5, ingest_threads: 1, fsync: None, ..LogsConfig::default() };
            let mut rig = Rig::new(config).await;
            let mut child = rig.child(&key("a"));
            child.attach(&rig);
            let mut expected = [Vec::new(), Vec::new()];
            let mut known: Vec<LineView> = Vec::new();
            for (place, (err, text)) in script.iter().enumerate() {
                expected[usize::from(*err)].extend_from_slice(text.as_bytes());
                child.frame(if *err { FrameKind::Err } else { FrameKind::Out }, text.as_bytes());
                if deaths.contains(&place) {
                    rig = rig.crash_and_open().await;
                    child.attach(&rig);
                    let now = rig.all(&whole(), 7).await;
                    assert!(now.starts_with(&known), "{now:?} does not begin with {known:?}");
                    known = now;
                }
            }
            child.exit(0);
            child.gone();
            while child.news().await.is_some() {}
            let all = rig.all(&whole(), 1000).await;
            assert!(all.starts_with(&known));
            assert_rising(&all);
            assert_complete(&all);
            let reference = Rig::new(config).await;
            let mut whole_child = reference.child(&key("a"));
            for (err, text) in &script {
                whole_child.frame(if *err { FrameKind::Err } else { FrameKind::Out }, text.as_bytes());
            }
            whole_child.exit(0);
            whole_child.attach_with(&reference, false);
            while whole_child.news().await.is_some() {}
            let page = reference.read(Anchor::First, 0, 1000, whole()).await;
            for stream in [Stream::Out, Stream::Err] {
                assert_eq!(folded(&all, stream), folded(&page.lines, stream));
            }
        });
    }
}
