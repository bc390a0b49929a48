//! Commands are asked once and told to their end; the state follows the daemon; only what changes is drawn.

use crate::effect::{Act, Effect};
use crate::keys::Key;
use crate::message::{Acted, Change, Failure, Message, Outcome, Reply, Update};
use crate::model::popup::Popup;
use crate::model::process::State;
use crate::model::status::Tone;
use crate::model::{Link, Model, Now, Place, View};
use crate::subscription;
use crate::testkit::{self, NOW, keys, press, shop, tell};

use super::super::{next_tick, started_with, update};

fn act(effects: &[Effect]) -> Option<Act> {
    effects.iter().find_map(|effect| match effect {
        Effect::Act { act, .. } => Some(act.clone()),
        _ => None,
    })
}

#[test]
fn s_starts_what_is_down_and_stops_what_is_wanted() {
    for (state, expected) in [
        (State::Stopped, Act::Start(vec!["x".into()])),
        (State::Exited, Act::Start(vec!["x".into()])),
        (State::Failed, Act::Start(vec!["x".into()])),
        (State::Lost, Act::Start(vec!["x".into()])),
        (State::Waiting, Act::Stop("x".into())),
        (State::Starting, Act::Stop("x".into())),
        (State::Running, Act::Stop("x".into())),
        (State::Paused, Act::Stop("x".into())),
        (State::Backoff, Act::Stop("x".into())),
    ] {
        let mut model = shop(80, 24, true);
        tell(&mut model, Update::Processes(Change::All(vec![testkit::process("x", state)])));
        assert_eq!(act(&keys(&mut model, "gs")), Some(expected), "{state:?}");
    }
    let mut model = shop(80, 24, true);
    assert!(keys(&mut model, "Gs").is_empty(), "`all` is started with a");
    assert!(model.status.is_some(), "and it says so");
}

#[test]
fn down_asks_first() {
    let mut model = shop(80, 24, true);
    assert_eq!(act(&keys(&mut model, "A")), None);
    assert_eq!(act(&keys(&mut model, "n")), None);
    assert!(model.popups.is_empty());
    assert_eq!(act(&keys(&mut model, "Ay")), Some(Act::Down));
    // By the palette as well.
    assert_eq!(act(&keys(&mut model, ":stop everything\n")), None);
    assert!(matches!(model.popups.last(), Some(Popup::Confirm(_))));
}

#[test]
fn an_untrusted_project_is_shown_as_such_and_asks_before_anything_of_it_runs() {
    let mut model = shop(120, 24, true);
    assert_eq!(act(&keys(&mut model, "a")), Some(Act::Up(Vec::new())), "a trusted one does not ask");
    keys(&mut model, "Pblog\n");
    assert_eq!(model.place.project(), Some("blog"));
    let shown = |model: &Model| testkit::picture(&testkit::drawn(model));
    assert!(shown(&model).contains("blog (not trusted)"), "{}", shown(&model));
    assert_eq!(act(&keys(&mut model, "a")), None);
    assert!(shown(&model).contains("Trust blog and start what `up` starts?"), "{}", shown(&model));
    assert_eq!(act(&keys(&mut model, "n")), None);
    assert_eq!(act(&keys(&mut model, ":what `up` starts\n")), None, "by the palette as well");
    assert_eq!(act(&keys(&mut model, "y")), Some(Act::Up(Vec::new())));
}

#[test]
fn the_header_counts_what_a_restart_would_change() {
    let mut model = shop(120, 24, true);
    let head = |model: &Model| testkit::row(&testkit::drawn(model), 0);
    assert!(head(&model).ends_with("3/5 up "), "{:?}", head(&model));
    model.processes[1].changed = true;
    assert!(head(&model).ends_with("● live  3/5 up, 1 changed "), "{:?}", head(&model));
    model.processes[1].note = "changed, restart to apply".to_owned();
    keys(&mut model, "gji");
    let why = testkit::picture(&testkit::drawn(&model));
    assert!(why.contains("note        changed, restart to apply"), "{why}");
    keys(&mut model, "q");
    model.projects[0].mistakes = 2;
    assert!(head(&model).contains("! config broken"), "{:?}", head(&model));
}

#[test]
fn a_search_within_a_text_filter_asks_for_both_texts() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2fGET /x\n/slow.*");
    press(&mut model, Key::ctrl('r'));
    let effects = keys(&mut model, "\n");
    let Some(filter) = effects.iter().find_map(|effect| match effect {
        Effect::FindLine { filter, .. } => Some(filter),
        _ => None,
    }) else {
        panic!("{effects:?}")
    };
    let texts: Vec<(&str, bool)> = filter.texts.iter().map(|text| (text.text.as_str(), text.regex)).collect();
    assert_eq!(texts, [("GET /x", false), ("slow.*", true)]);
    assert_eq!(model.log.filter.texts.len(), 1, "what is searched for filters nothing");
}

#[test]
fn a_command_says_why_it_waits_and_then_how_it_ended() {
    let mut model = shop(80, 24, true);
    tell(&mut model, Update::Away { since_ms: NOW.mono_ms });
    keys(&mut model, "gr");
    let buffer = testkit::drawn(&model);
    assert!(
        testkit::row(&buffer, 23).contains("restart db: waits for the daemon"),
        "{}",
        testkit::row(&buffer, 23)
    );
    tell(&mut model, Update::Back);
    assert_eq!(model.link, Link::Live);
    let ticket = model.pending[0].ticket;
    let outcome = Outcome { name: "db".into(), did: "restarted", failure: None };
    let acted = Acted { outcomes: vec![outcome], ..Acted::default() };
    update(&mut model, NOW, Message::Reply { ticket, reply: Reply::Acted(Ok(acted)) });
    assert!(model.pending.is_empty());
    assert_eq!(model.status.as_ref().unwrap().text, "db restarted");
    keys(&mut model, "j");
    assert_eq!(model.status, None, "what went well goes with the next key");
}

#[test]
fn an_error_stays_until_it_is_taken_away() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "gs");
    let ticket = model.pending[0].ticket;
    let failure = Failure { message: "no".into(), hint: Some("do that".into()) };
    update(&mut model, NOW, Message::Reply { ticket, reply: Reply::Acted(Err(failure)) });
    keys(&mut model, "jk2");
    assert_eq!(model.status.as_ref().unwrap().tone, Tone::Error);
    keys(&mut model, "\x1b");
    assert_eq!((model.status.is_none(), model.view), (true, View::Logs), "Esc takes one thing at a time");
}

#[test]
fn selecting_a_process_asks_for_its_lines_only() {
    let mut model = shop(80, 24, true);
    let opening = model.log.opening;
    keys(&mut model, "gjj");
    assert_eq!(model.log.filter.processes, ["web"]);
    assert_eq!(model.log.opening, opening + 3);
    assert!(model.log.entries.is_empty(), "lines of others must not pass for its own");
    let late = Update::Lines { opening, entries: testkit::entries(), epoch: String::new() };
    tell(&mut model, late);
    assert!(model.log.entries.is_empty() && !model.redraw);
    keys(&mut model, "F");
    assert_eq!((model.selected_process(), model.log.filter.chips()), (None, Vec::new()));
}

#[test]
fn a_process_that_goes_leaves_all_selected() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "gj");
    tell(&mut model, Update::Processes(Change::Gone("api".into())));
    assert_eq!(model.selected_row(), model.processes.len());
    assert!(model.log.filter.processes.is_empty());
}

#[test]
fn started_with_names_it_starts_them_first() {
    let mut model = testkit::empty(80, 24, true);
    let effects = started_with(&mut model, vec!["web".into()]);
    assert_eq!(act(&effects), Some(Act::Up(vec!["web".into()])));
    let failure = Failure { message: "no process `web` in shop".into(), hint: None };
    let opening = model.log.opening;
    tell(&mut model, Update::LinesRefused { opening, failure });
    tell(&mut model, Update::Processes(Change::All(Vec::new())));
    let ticket = model.pending[0].ticket;
    let reply = Reply::Acted(Ok(Acted::default()));
    update(&mut model, NOW, Message::Reply { ticket, reply });
    assert_eq!(model.log.filter.processes, ["web"]);
    assert_eq!(model.log.opening, opening + 1, "its lines are asked for again");
}

#[test]
fn up_makes_a_directory_a_project() {
    let mut model = testkit::empty(80, 24, true);
    model.place = Place::Directory("/home/ann/new".into());
    assert_eq!(subscription::subscriptions(&model).len(), 1, "only projects are listened to");
    let effects = keys(&mut model, "a");
    let Some(Effect::Act { ticket, place: Place::Directory(_), .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    let project = Some(("new".to_owned(), "/home/ann/new".to_owned()));
    let reply = Reply::Acted(Ok(Acted { project, ..Acted::default() }));
    update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    assert_eq!(model.place.project(), Some("new"));
    assert_eq!(subscription::subscriptions(&model).len(), 5);
}

#[test]
fn usage_is_asked_for_while_it_is_seen() {
    let mut model = shop(80, 24, true);
    let asked = |model: &Model| {
        subscription::subscriptions(model).into_iter().any(|subscription| {
            matches!(subscription, subscription::Subscription::Processes { usage_ms: Some(_), .. })
        })
    };
    assert!(asked(&model));
    keys(&mut model, "2");
    assert!(!asked(&model));
}

#[test]
fn only_what_moves_makes_the_clock_tick() {
    let mut model = testkit::empty(80, 24, true);
    assert_eq!(next_tick(&model), None, "nothing moves");
    model = shop(80, 24, true);
    assert!(next_tick(&model).is_some_and(|ms| ms <= 1000), "uptimes are seen");
    keys(&mut model, "2");
    assert_eq!(next_tick(&model), None, "lines do not move by themselves");
    tell(&mut model, Update::Away { since_ms: NOW.mono_ms - 2500 });
    assert_eq!(next_tick(&model), Some(500));
    model = shop(80, 24, true);
    let mut old = testkit::process("x", State::Running);
    old.began_mono_ms = Some(i64::try_from(NOW.mono_ms).unwrap() - 3_630_000);
    tell(&mut model, Update::Processes(Change::All(vec![old])));
    assert_eq!(next_tick(&model), Some(30_000), "after an hour minutes are shown");
    let many = (0..200).map(|index| {
        let mut process = testkit::process(&format!("p{index}"), State::Running);
        process.began_mono_ms = Some(i64::try_from(NOW.mono_ms).unwrap() - 5 * index);
        process
    });
    tell(&mut model, Update::Processes(Change::All(many.collect())));
    assert_eq!(next_tick(&model), Some(250), "many do not make it run");
}

#[test]
fn a_message_that_changes_nothing_draws_nothing() {
    let mut model = shop(80, 24, true);
    let sample = || vec![crate::model::process::Usage { name: "db".into(), cpu_percent: 7.0, rss_bytes: 9 }];
    tell(&mut model, Update::Usage(sample()));
    assert!(model.redraw);
    tell(&mut model, Update::Usage(sample()));
    assert!(!model.redraw);
    update(&mut model, NOW, Message::Reply { ticket: 999, reply: Reply::Found(Ok(None)) });
    assert!(!model.redraw);
}

#[test]
fn another_project_starts_afresh() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "gjPblog\n");
    assert_eq!(model.place.project(), Some("blog"));
    assert!(
        model.processes.is_empty() && model.log.entries.is_empty() && model.log.filter.chips().is_empty()
    );
    let later = Now { mono_ms: NOW.mono_ms + 1, ..NOW };
    update(&mut model, later, Message::Tick);
    testkit::drawn(&model);
}
