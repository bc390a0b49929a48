//! Moving, searching and filtering in the log and the errors.

use crate::effect::{Anchor, Effect};
use crate::keys::{Code, Key};
use crate::layout;
use crate::message::{Change, Message, Mouse, MouseKind, Reply, Update};
use crate::model::filter::Chip;
use crate::model::log::{Mode, Page, Purpose};
use crate::model::{Model, View};
use crate::testkit::{self, NOW, arrive, keys, line, press, shop, tell};

use super::super::update;
use super::numbered;

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
    assert!(model.log.entries.len() <= super::super::lines::bound(&model));
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
    assert!(!forward && filter.texts.iter().any(|pattern| pattern.text == "nowhere"));
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
fn every_press_of_n_is_a_step_however_fast_they_come() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "2");
    arrive(&mut model, numbered(7000, 7300));
    let effects = keys(&mut model, "/time\n");
    let Some(Effect::FindLine { ticket, .. }) = effects.last() else { panic!("{effects:?}") };
    assert!(keys(&mut model, "nN").is_empty(), "they wait for the first");

    let found = |model: &mut Model, ticket, seq| {
        let reply = Reply::Found(Ok(Some(line("web", seq, "time"))));
        update(model, NOW, Message::Reply { ticket, reply })
    };
    // On the screen: the next step begins there at once, and only the last is counted.
    let effects = found(&mut model, *ticket, 7295);
    let [Effect::FindLine { ticket, anchor: Anchor::Cursor(from), forward: true, .. }] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert!(from.starts_with("l1.feed.7295."), "{from}");
    // Elsewhere: the next step waits for the page around it.
    let effects = found(&mut model, *ticket, 50);
    let [Effect::ReadPage { ticket, purpose, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    let page = Page { entries: numbered(10, 150), more_before: true, more_after: true, ..Page::default() };
    let reply = Reply::Page { purpose: *purpose, page: Ok(page) };
    let effects = update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    let [Effect::FindLine { ticket, anchor: Anchor::Cursor(from), forward: false, .. }] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert!(from.starts_with("l1.feed.49."), "{from}");
    let effects = found(&mut model, *ticket, 45);
    assert!(matches!(effects.as_slice(), [Effect::CountMatches { .. }]), "{effects:?}");
    assert_eq!(model.log.line_under_cursor().map(|line| line.seq), Some(45));
}

#[test]
fn an_error_of_an_earlier_run_is_listed_and_not_counted() {
    let mut model = shop(120, 40, true);
    keys(&mut model, "3");
    let (listed, open) = (crate::page::incidents(&model).len(), model.incidents.open());
    let mut over = crate::page::incidents(&model)[0].clone();
    over.earlier_run = true;
    tell(&mut model, Update::Incidents(Change::One(Box::new(over))));
    assert_eq!((crate::page::incidents(&model).len(), model.incidents.open()), (listed, open - 1));
    assert!(testkit::picture(&testkit::drawn(&model)).contains("earlier run · TypeError"));
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
