//! Every key does something where the table says so, layers are tight, and commands are asked once.

use crate::effect::{Act, Anchor, Effect};
use crate::keys::{self, Action, Code, Context, Key};
use crate::message::{Acted, Change, Failure, Message, Mouse, MouseKind, Outcome, Reply, Update};
use crate::model::filter::Chip;
use crate::model::log::{Entry, Mode, Page, Purpose};
use crate::model::popup::{Popup, Prompt};
use crate::model::process::State;
use crate::model::status::Tone;
use crate::model::{Link, Model, Now, Place, View};
use crate::testkit::{self, NOW, arrive, keys, line, press, shop, tell};
use crate::{layout, subscription};

use super::{next_tick, started_with, update};

fn numbered(from: u64, to: u64) -> Vec<Entry> {
    (from..=to).map(|seq| Entry::Line(line("web", seq, &format!("line {seq}")))).collect()
}

fn seen(model: &Model) -> String {
    // Tickets and what is drawn again are no effect that a user can see.
    let mut model = model.clone();
    (model.next_ticket, model.redraw) = (0, false);
    format!("{model:?}")
}

/// A state in which every key of a view has something to do.
fn busy(context: Context, action: Action) -> Model {
    let mut model = shop(80, 24, true);
    arrive(&mut model, numbered(7000, 7100));
    keys(&mut model, "/line\n");
    keys(&mut model, "gjj");
    arrive(&mut model, numbered(7000, 7100));
    model.view = match context {
        Context::Logs => View::Logs,
        Context::Errors => View::Errors,
        Context::Urls => View::Urls,
        _ => View::Processes,
    };
    let there = match action {
        Action::Show(view) => view == model.view,
        _ => false,
    };
    if there {
        model.view = View::ALL[(View::ALL.iter().position(|view| *view == model.view).unwrap() + 1) % 4];
    }
    // In the middle of everything, so that there is somewhere to go in every direction.
    match model.view {
        View::Logs => {
            press(&mut model, Key::plain(Code::PageUp));
        }
        View::Urls => {
            press(&mut model, Key::char('j'));
        }
        View::Errors => {
            let mut more = testkit::incidents();
            let mut third = more[0].clone();
            (third.id, third.last_seen_ns) = ("9999".into(), 5);
            let mut fourth = third.clone();
            (fourth.id, fourth.last_seen_ns) = ("aaaa".into(), 4);
            more.extend([third, fourth]);
            tell(&mut model, Update::Incidents(Change::All(more)));
            press(&mut model, Key::char('j'));
        }
        View::Processes => {
            lines_up(&mut model);
        }
    }
    if matches!(action, Action::Left) {
        model.log.shift = 8;
    }
    model
}

fn lines_up(model: &mut Model) {
    let now = model.now;
    let area = layout::screen(model).log.unwrap();
    let mouse = Mouse { kind: MouseKind::WheelUp, column: area.x + 1, row: area.y + 2 };
    for _ in 0..10 {
        update(model, now, Message::Mouse(mouse));
    }
    model.log.loading = None;
}

#[test]
fn every_key_of_the_table_does_something_in_its_view() {
    let views = [Context::Processes, Context::Logs, Context::Errors, Context::Urls];
    for context in views {
        for binding in keys::of(context) {
            for key in binding.keys {
                let mut model = busy(context, binding.action);
                let before = seen(&model);
                let effects = press(&mut model, *key);
                assert!(
                    !effects.is_empty() || seen(&model) != before,
                    "{} ({}) does nothing in {context:?}",
                    binding.shown,
                    binding.about
                );
            }
        }
    }
}

fn layer(context: Context, action: Action) -> Model {
    let mut model = shop(80, 12, true);
    keys(&mut model, "/one\n/two\n");
    match context {
        Context::Reader if action == Action::Edit => {
            keys(&mut model, "3\n");
        }
        Context::Reader => {
            keys(&mut model, "?");
            if matches!(action, Action::Up | Action::PageUp | Action::First) {
                keys(&mut model, "G");
            }
        }
        Context::Picker => {
            keys(&mut model, ":");
            if matches!(action, Action::Up | Action::PageUp) {
                press(&mut model, Key::plain(Code::PageDown));
            }
        }
        Context::Prompt => {
            keys(&mut model, "/");
            press(&mut model, Key::plain(Code::Up));
        }
        _ => {
            keys(&mut model, "A");
        }
    }
    model
}

#[test]
fn every_key_of_the_table_does_something_in_its_layer() {
    for context in [Context::Reader, Context::Picker, Context::Prompt, Context::Confirm] {
        for binding in keys::of(context) {
            for key in binding.keys {
                let mut model = layer(context, binding.action);
                assert_eq!(model.popups.last().map(Popup::context), Some(context));
                let before = seen(&model);
                let effects = press(&mut model, *key);
                let changed = !effects.is_empty() || seen(&model) != before;
                assert!(changed, "{} ({}) does nothing in {context:?}", binding.shown, binding.about);
            }
        }
    }
}

/// Everything beneath the layers.
fn beneath(model: &Model) -> String {
    let mut model = model.clone();
    model.popups.clear();
    model.status = None;
    seen(&model)
}

#[test]
fn nothing_leaks_beneath_a_layer() {
    let mut all: Vec<Key> = (' '..='~').map(Key::char).collect();
    all.extend([Code::Tab, Code::BackTab, Code::Up, Code::Down, Code::Left, Code::Right].map(Key::plain));
    all.extend([Code::Home, Code::End, Code::PageUp, Code::PageDown, Code::Backspace].map(Key::plain));
    all.extend([Code::Delete, Code::Other].map(Key::plain));
    all.extend(('a'..='z').filter(|c| *c != 'c').map(Key::ctrl));
    for script in ["?", "gi", "2k\n", "3\n", ":", "f", "x", "P", "/", "A"] {
        for key in &all {
            let mut model = shop(80, 24, true);
            keys(&mut model, script);
            let depth = model.popups.len();
            assert_eq!(depth, 1, "{script:?}");
            let before = beneath(&model);
            let confirming = matches!(model.popups.last(), Some(Popup::Confirm(_)));
            let effects = press(&mut model, *key);
            if confirming && matches!(key.code, Code::Char('y' | 'Y')) && !key.ctrl {
                continue;
            }
            assert_eq!(beneath(&model), before, "{key:?} leaks beneath {script:?}");
            assert!(!model.leaving, "{key:?} leaves from {script:?}");
            let allowed = |effect: &Effect| matches!(effect, Effect::Copy { .. } | Effect::Edit(_));
            assert!(effects.iter().all(allowed), "{key:?} in {script:?} gives {effects:?}");
        }
    }
}

#[test]
fn typed_letters_are_letters() {
    let mut model = shop(80, 24, true);
    let effects = keys(&mut model, ":qsrA1");
    assert!(effects.is_empty() && !model.leaving);
    let Some(Popup::Picker(picker)) = model.popups.last() else { panic!("the list is open") };
    assert_eq!(picker.input.text(), "qsrA1");
}

#[test]
fn pasted_text_is_never_keys() {
    let mut model = shop(80, 24, true);
    let effects = update(&mut model, NOW, Message::Paste("qA\ny".into()));
    assert!(effects.is_empty() && model.popups.is_empty() && !model.leaving);
    keys(&mut model, "/");
    update(&mut model, NOW, Message::Paste("two\nlines".into()));
    let Some(Popup::Search(Prompt { input, .. })) = model.popups.last() else { panic!("the line is open") };
    assert_eq!(input.text(), "twolines");
}

fn act(effects: &[Effect]) -> Option<Act> {
    effects.iter().find_map(|effect| match effect {
        Effect::Act { act, .. } => Some(act.clone()),
        _ => None,
    })
}

#[test]
fn s_starts_what_is_down_and_stops_what_is_wanted() {
    for (state, expected) in [
        (State::Stopped, Act::Start("x".into())),
        (State::Exited, Act::Start("x".into())),
        (State::Failed, Act::Start("x".into())),
        (State::Lost, Act::Start("x".into())),
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
fn scrolling_reads_by_cursor_and_never_twice_at_once() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2");
    arrive(&mut model, numbered(7000, 7300));
    let mut asked = Vec::new();
    for _ in 0..20 {
        asked.extend(press(&mut model, Key::plain(Code::PageUp)));
    }
    let [Effect::ReadPage { ticket, question, purpose: Purpose::Before, .. }] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    let first = model.log.entries[0].first_seq();
    assert!(
        matches!(&question.anchor, Anchor::Cursor(cursor) if cursor.starts_with(&format!("l1.feed.{}.", first - 1)))
    );
    let under = model.log.under_cursor().cloned();
    let page = Page { entries: numbered(first - 40, first - 1), more_before: true, ..Page::default() };
    let reply = Reply::Page { purpose: Purpose::Before, page: Ok(page) };
    update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    assert_eq!(model.log.under_cursor().cloned(), under);
    assert!(model.log.entries.len() <= super::lines::bound(&model));
}

#[test]
fn a_search_looks_back_then_on_and_wraps() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2");
    let find = |effects: &[Effect]| {
        effects
            .iter()
            .find_map(|effect| match effect {
                Effect::FindLine { ticket, forward, anchor, filter, .. } => {
                    Some((*ticket, *forward, anchor.clone(), filter.clone()))
                }
                _ => None,
            })
            .expect("a line is looked for")
    };
    let nothing = |model: &mut Model, ticket| {
        update(model, NOW, Message::Reply { ticket, reply: Reply::Found(Ok(None)) })
    };
    let (ticket, forward, _, filter) = find(&keys(&mut model, "/nowhere\n"));
    assert!(!forward && filter.text.is_some_and(|pattern| pattern.text == "nowhere"));
    let (ticket, forward, ..) = find(&nothing(&mut model, ticket));
    assert!(forward);
    assert!(nothing(&mut model, ticket).is_empty());
    assert_eq!(model.search.active.as_ref().unwrap().total, Some(0));

    let (ticket, forward, ..) = find(&keys(&mut model, "n"));
    assert!(forward);
    let (ticket, forward, anchor, _) = find(&nothing(&mut model, ticket));
    assert_eq!((forward, anchor), (true, Anchor::First), "it goes on at the beginning");
    assert!(nothing(&mut model, ticket).is_empty(), "and ends there");
}

#[test]
fn a_match_elsewhere_is_read_around() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2");
    arrive(&mut model, numbered(7000, 7300));
    let effects = keys(&mut model, "/old\n");
    let Some(Effect::FindLine { ticket, .. }) = effects.last() else { panic!("{effects:?}") };
    let reply = Reply::Found(Ok(Some(line("web", 50, "old"))));
    let effects = update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    let Some(Effect::ReadPage { ticket, purpose, .. }) = effects.first() else { panic!("{effects:?}") };
    let page = Page { entries: numbered(10, 150), more_before: true, more_after: true, ..Page::default() };
    let reply = Reply::Page { purpose: *purpose, page: Ok(page) };
    update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    assert_eq!(model.log.line_under_cursor().map(|line| line.seq), Some(50));
    assert!(model.log.detached);
    arrive(&mut model, numbered(7301, 7310));
    assert_eq!(model.log.mode, Mode::Hold { new_lines: 10 });
    assert_eq!(model.log.line_under_cursor().map(|line| line.seq), Some(50));
    let opening = model.log.opening;
    keys(&mut model, "G");
    assert_eq!((model.log.mode, model.log.opening), (Mode::Follow, opening + 1));
}

#[test]
fn below_the_newest_line_it_follows_again() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2k");
    assert!(model.log.is_held());
    keys(&mut model, "j");
    assert!(model.log.is_held(), "the newest line can be the one under the cursor");
    keys(&mut model, "j");
    assert!(!model.log.is_held());
}

#[test]
fn clicks_go_where_they_point() {
    let mut model = shop(120, 40, true);
    let click = |model: &mut Model, column, row| {
        update(model, NOW, Message::Mouse(Mouse { kind: MouseKind::Click, column, row }));
    };
    click(&mut model, 3, 4);
    assert_eq!(model.log.filter.processes, ["web"]);
    let chips = layout::chips(&model);
    let (column, row) =
        (u16::try_from(chips.zones[0].columns.start).unwrap(), layout::screen(&model).chips.y);
    click(&mut model, column, row);
    assert!(model.log.filter.processes.is_empty(), "a click on a chip takes it away");
    let tab = layout::header(&model).tabs[2].columns.start;
    click(&mut model, u16::try_from(tab).unwrap(), 0);
    assert_eq!(model.view, View::Errors);
    click(&mut model, 3, 3);
    assert_eq!(crate::page::selected_incident(&model).unwrap().id, "77aa0011");
    keys(&mut model, "2");
    arrive(&mut model, testkit::entries());
    let area = layout::screen(&model).lines().unwrap();
    click(&mut model, area.x + 5, area.y + 2);
    assert_eq!((model.log.cursor, model.log.row), (2, 2));
}

#[test]
fn errors_hold_while_they_are_read() {
    let mut model = shop(120, 40, true);
    keys(&mut model, "3j");
    assert!(model.incidents.hold);
    let mut newer = testkit::incidents()[0].clone();
    (newer.id, newer.last_seen_ns) = ("new".into(), testkit::WALL_NS);
    tell(&mut model, Update::Incidents(Change::One(Box::new(newer))));
    assert_eq!(crate::page::selected_incident(&model).unwrap().id, "77aa0011");
    assert_eq!(crate::page::selected_incident_row(&model), 1);
    assert_eq!(model.incidents.unseen(), 1);
    keys(&mut model, " ");
    assert_eq!(crate::page::selected_incident(&model).unwrap().id, "new");
}

#[test]
fn an_error_leads_to_its_lines() {
    let mut model = shop(120, 40, true);
    let effects = keys(&mut model, "3\n\n");
    assert_eq!((model.view, model.log.filter.processes.as_slice()), (View::Logs, &["web".to_owned()][..]));
    let asked = effects.iter().any(|effect| {
        matches!(effect, Effect::ReadPage { question, .. } if question.anchor == Anchor::Cursor("l1.feed.4099.0".into()))
    });
    assert!(asked, "{effects:?}");
}

#[test]
fn v_opens_the_place_that_is_named() {
    let mut model = shop(120, 40, true);
    keys(&mut model, "2kkkk");
    let effects = keys(&mut model, "v");
    let [Effect::Edit(spot)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(
        (spot.file.as_str(), spot.line, spot.column),
        ("src/x.ts", 3, 9),
        "also from the line above the stack"
    );
}

#[test]
fn filters_by_the_list() {
    let mut model = shop(120, 40, true);
    keys(&mut model, "2flevel warn\nfstream err\nf(tim\n");
    let labels: Vec<String> = model.log.filter.chips().iter().map(Chip::label).collect();
    assert_eq!(labels, ["≥warn", "only err", "'(tim'"]);
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
