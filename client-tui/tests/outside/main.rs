//! The UI's side of the wire, against a daemon of the tests: what is asked, what comes of it, and that a
//! loss is told once and mends by itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests: a failure is a panic, and the daemon of the tests needs tasks"
)]

mod fake;

use brummer_tui::effect::{Act, Anchor, Effect, Hit, PageQuestion};
use brummer_tui::effects::Outside;
use brummer_tui::message::{Change, Message, Reply, Update};
use brummer_tui::model::Place;
use brummer_tui::model::filter::{Filter, Level, Pattern};
use brummer_tui::model::log::{Entry, Page, Purpose};
use brummer_tui::subscription::Subscription;
use fake::{Fake, LINES, client};
use tokio::time::Instant;

fn place() -> Place {
    Place::Project { name: "shop".into(), directory: "/srv/shop".into() }
}

struct World {
    fake: Fake,
    directory: tempfile::TempDir,
    living: Option<fake::Living>,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let fake = Fake::default();
        let living = Some(fake.serve(&directory.path().join("s")));
        Self { fake, directory, living }
    }

    async fn outside(&self) -> Outside {
        Outside::new(client(&self.directory.path().join("s")).await, Instant::now())
    }
}

async fn reply(outside: &mut Outside, request: Effect) -> Reply {
    assert_eq!(outside.ask(request), None);
    match outside.next(true).await {
        Message::Reply { ticket: 7, reply } => reply,
        other => panic!("{other:?}"),
    }
}

fn seqs(page: &Page) -> Vec<u64> {
    page.entries.iter().map(Entry::first_seq).collect()
}

#[tokio::test]
async fn pages_are_read_by_cursor() {
    let world = World::new();
    let mut outside = world.outside().await;
    let question = PageQuestion {
        filter: Filter { processes: vec!["web".into()], ..Filter::default() },
        anchor: Anchor::Cursor("l1.feed.100.0".into()),
        before: 3,
        after: 2,
    };
    let request = Effect::ReadPage { ticket: 7, place: place(), question, purpose: Purpose::Before };
    let Reply::Page { purpose: Purpose::Before, page: Ok(page) } = reply(&mut outside, request).await else {
        panic!("a page comes")
    };
    assert_eq!(seqs(&page), [98, 99, 100, 101, 102]);
    assert_eq!((page.more_before, page.more_after, page.epoch.as_str()), (true, true, "l1.feed"));
    let line = page.entries[2].line().unwrap();
    assert_eq!(
        (line.level, &line.text[..], line.source.process.as_str()),
        (Some(Level::Error), &b"line 100"[..], "web")
    );
}

#[tokio::test]
async fn the_nearest_match_is_found_on_either_side() {
    let world = World::new();
    let mut outside = world.outside().await;
    let texts = vec![Pattern { text: "line 20".into(), regex: false }];
    for (anchor, forward, expected) in [
        (Anchor::Cursor("l1.feed.100.0".into()), true, Some(200)),
        (Anchor::Cursor("l1.feed.100.0".into()), false, Some(20)),
        (Anchor::Last, false, Some(209)),
        (Anchor::First, true, Some(20)),
        (Anchor::Cursor(format!("l1.feed.{LINES}.0")), true, None),
    ] {
        let filter = Filter { texts: texts.clone(), ..Filter::default() };
        let request = Effect::FindLine { ticket: 7, place: place(), filter, anchor: anchor.clone(), forward };
        let Reply::Found(Ok(found)) = reply(&mut outside, request).await else { panic!("an answer comes") };
        assert_eq!(found.map(|line| line.seq), expected, "{anchor:?} {forward}");
    }
}

#[tokio::test]
async fn matches_are_counted_and_numbered() {
    let world = World::new();
    let mut outside = world.outside().await;
    let texts = vec![Pattern { text: "line 20".into(), regex: false }];
    let filter = Filter { texts, ..Filter::default() };
    // 20, 200, 201 … 209; lines that were written together share their time.
    for (seq, number) in [(20, 1), (200, 2), (203, 5), (209, 11)] {
        let at = Some(Hit { cursor: format!("l1.feed.{seq}.0"), time_ns: fake::time_of(seq) });
        let request = Effect::CountMatches { ticket: 7, place: place(), filter: filter.clone(), at };
        assert_eq!(
            reply(&mut outside, request).await,
            Reply::Counted { total: 11, place: Some(number) },
            "{seq}"
        );
    }
    let request = Effect::CountMatches { ticket: 7, place: place(), filter, at: None };
    assert_eq!(reply(&mut outside, request).await, Reply::Counted { total: 11, place: None });
}

#[tokio::test]
async fn a_command_tells_what_it_did_and_what_to_do() {
    let world = World::new();
    let mut outside = world.outside().await;
    let restart = |name: &str| Effect::Act { ticket: 7, place: place(), act: Act::Restart(name.into()) };
    let Reply::Acted(Ok(acted)) = reply(&mut outside, restart("web")).await else {
        panic!("an answer comes")
    };
    assert_eq!((acted.outcomes[0].did, &acted.outcomes[0].failure), ("restarted", &None));
    let Reply::Acted(Ok(acted)) = reply(&mut outside, restart("bad")).await else {
        panic!("an answer comes")
    };
    let failure = acted.outcomes[0].failure.as_ref().unwrap();
    assert_eq!(
        (failure.message.as_str(), failure.hint.as_deref()),
        ("no such program", Some("look at PATH"))
    );
    let down = Effect::Act { ticket: 7, place: place(), act: Act::Down };
    let Reply::Acted(Err(failure)) = reply(&mut outside, down).await else { panic!("a refusal comes") };
    assert!(failure.message.contains("not in these tests"));
}

#[tokio::test]
async fn a_newer_question_replaces_the_older() {
    let world = World::new();
    let mut outside = world.outside().await;
    let page = |ticket, seq: u64| {
        let anchor = Anchor::Cursor(format!("l1.feed.{seq}.0"));
        let question = PageQuestion { filter: Filter::default(), anchor, before: 1, after: 0 };
        Effect::ReadPage { ticket, place: place(), question, purpose: Purpose::Before }
    };
    outside.ask(page(1, 100));
    outside.ask(page(2, 200));
    let Message::Reply { ticket: 2, reply: Reply::Page { page: Ok(found), .. } } = outside.next(true).await
    else {
        panic!("the second is answered")
    };
    assert_eq!(seqs(&found), [200]);
}

fn processes(usage_ms: Option<u64>) -> Subscription {
    Subscription::Processes { project: "shop".into(), usage_ms }
}

fn logs(opening: u64) -> Subscription {
    Subscription::Logs { project: "shop".into(), filter: Filter::default(), opening, last: 20 }
}

#[tokio::test]
async fn a_watch_gives_a_whole_list_then_changes() {
    let world = World::new();
    let mut outside = world.outside().await;
    outside.listen_to(vec![processes(Some(2000))]);
    let Message::Update(Update::Processes(Change::All(all))) = outside.next(true).await else {
        panic!("a list")
    };
    assert_eq!(all.iter().map(|process| process.name.as_str()).collect::<Vec<_>>(), ["web", "api"]);
    assert_eq!(outside.next(true).await, Message::Update(Update::Processes(Change::Gone("api".into()))));
    outside.listen_to(vec![processes(Some(2000))]);
    outside.listen_to(vec![processes(None)]);
    let Message::Update(Update::Processes(Change::All(_))) = outside.next(true).await else {
        panic!("a list")
    };
    assert_eq!(world.fake.asked(), ["watched with usage Some(2000)", "watched with usage None"]);
}

#[tokio::test]
async fn a_loss_is_told_once_and_lines_go_on_by_cursor() {
    let mut world = World::new();
    let mut outside = world.outside().await;
    outside.listen_to(vec![logs(3), processes(None)]);
    let mut lines = None;
    while lines.is_none() {
        if let Message::Update(Update::Lines { opening: 3, entries, epoch }) = outside.next(true).await {
            assert_eq!(epoch, "l1.feed");
            lines = Some(entries);
        }
    }
    assert_eq!(lines.map(|entries| entries.len()), Some(20));

    world.living = None;
    let away = loop {
        match outside.next(true).await {
            Message::Update(Update::Away { since_ms }) => break since_ms,
            Message::Update(Update::Processes(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    world.living = Some(world.fake.serve(&world.directory.path().join("s")));
    // Nothing but the return, and then the list anew: no second "away", no line twice.
    let mut lists = 0;
    let mut back = 0;
    while lists == 0 || back == 0 {
        match outside.next(true).await {
            Message::Update(Update::Back) => back += 1,
            Message::Update(Update::Processes(Change::All(_))) => lists += 1,
            Message::Update(Update::Processes(_)) => {}
            Message::Update(Update::Lines { entries, .. }) => assert!(entries.is_empty(), "{entries:?}"),
            other => panic!("{other:?} after {away}"),
        }
    }
    assert!(world.fake.asked().contains(&format!("resumed at l1.feed.{LINES}.{}", fake::time_of(LINES))));
}

#[tokio::test]
async fn lines_wait_while_they_are_not_wanted() {
    let world = World::new();
    let mut outside = world.outside().await;
    outside.listen_to(vec![logs(1), processes(None)]);
    for _ in 0..2 {
        let Message::Update(Update::Processes(_)) = outside.next(false).await else { panic!("no lines yet") };
    }
    let Message::Update(Update::Lines { entries, .. }) = outside.next(true).await else { panic!("lines") };
    assert_eq!(entries.len(), 20);
    assert!(world.fake.asked().contains(&"followed live=true".to_owned()));
}
