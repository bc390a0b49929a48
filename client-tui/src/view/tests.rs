//! Every screen at three sizes, with colour and without, and what must hold for any of them.

use proptest::prelude::*;

use crate::keys::{Code, Key};
use crate::layout;
use crate::message::{Acted, Failure, Message, Outcome, Reply, Update};
use crate::model::log::{Entry, Line};
use crate::model::{Model, Now, Place, Size};
use crate::testkit::{self, NOW, arrive, drawn, keys, picture, press, row, shop, tell};
use crate::update::update;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The screen after `change`, at every size, with colour and without.
fn check(name: &str, change: impl Fn(&mut Model)) {
    for (width, height) in SIZES {
        for colour in [true, false] {
            let mut model = shop(width, height, colour);
            change(&mut model);
            let shade = if colour { "colour" } else { "plain" };
            let buffer = drawn(&model);
            if !colour {
                let coloured = buffer.content().iter().find(|cell| {
                    cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
                });
                assert_eq!(coloured, None, "{name} without colour has a coloured cell");
            }
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{name}-{width}x{height}-{shade}"), picture(&buffer));
            });
        }
    }
}

fn numbered(from: u64, to: u64) -> Vec<Entry> {
    (from..=to).map(|seq| Entry::Line(testkit::line("web", seq, &format!("line {seq}")))).collect()
}

#[test]
fn processes() {
    check("processes", |_| {});
}

#[test]
fn processes_with_one_selected() {
    check("processes-web", |model| {
        keys(model, "gjj");
        arrive(
            model,
            testkit::entries()
                .into_iter()
                .filter(|entry| entry.line().is_none_or(|line| line.source.process == "web"))
                .collect(),
        );
    });
}

#[test]
fn logs() {
    check("logs", |model| {
        keys(model, "2");
    });
}

#[test]
fn logs_wrapped_with_deltas() {
    check("logs-wrapped", |model| {
        keys(model, "2wtkkkk");
    });
}

#[test]
fn errors() {
    check("errors", |model| {
        keys(model, "3");
    });
}

#[test]
fn urls() {
    check("urls", |model| {
        keys(model, "4");
    });
}

#[test]
fn nothing_here() {
    check("empty", |model| {
        *model = Model::new(
            Place::Directory("/home/ann/src/new".into()),
            model.size,
            model.colour,
            model.zone.clone(),
            model.home.clone(),
        );
    });
}

#[test]
fn held_with_new_lines_and_chips_and_a_search() {
    check("hold-chips-search", |model| {
        keys(model, "2flevel warn\n");
        arrive(model, numbered(1, 100));
        keys(model, "kkk");
        arrive(model, numbered(101, 142));
        let effects = keys(model, "/line 9\n");
        let ticket = effects.iter().find_map(|effect| match effect {
            crate::effect::Effect::FindLine { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let found = testkit::line("web", 95, "line 95");
        let reply = Reply::Found(Ok(Some(found)));
        let effects = update(model, NOW, Message::Reply { ticket: ticket.unwrap(), reply });
        let ticket = effects.iter().find_map(|effect| match effect {
            crate::effect::Effect::CountMatches { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let reply = Reply::Counted { total: 17, place: Some(3) };
        update(model, NOW, Message::Reply { ticket: ticket.unwrap(), reply });
    });
}

#[test]
fn progress_lines_are_one_line() {
    check("progress", |model| {
        keys(model, "2");
        let state = |seq, text| Entry::Line(Line { replaces: true, ..testkit::line("web", seq, text) });
        arrive(
            model,
            vec![
                Entry::Line(testkit::line("web", 7000, "bundling  10%")),
                state(7001, "bundling  50%"),
                state(7002, "bundling 100%"),
            ],
        );
    });
}

#[test]
fn reconnecting() {
    check("reconnecting", |model| {
        tell(model, Update::Away { since_ms: NOW.mono_ms });
        keys(model, "gjjr");
        let later = Now { mono_ms: NOW.mono_ms + 3000, ..NOW };
        update(model, later, Message::Tick);
    });
}

#[test]
fn an_action_failed() {
    check("failed", |model| {
        keys(model, "gs");
        let failure = Failure {
            message: "`npm` is not found; PATH was /usr/bin:/bin:/home/ann/.local/bin and nothing else"
                .into(),
            hint: Some("install it or start from a shell that has it".into()),
        };
        let outcome = Outcome { name: "db".into(), did: "failed", failure: Some(failure) };
        let acted = Acted { outcomes: vec![outcome], ..Acted::default() };
        let ticket = model.pending[0].ticket;
        update(model, NOW, Message::Reply { ticket, reply: Reply::Acted(Ok(acted)) });
    });
}

#[test]
fn help_over_details() {
    check("help", |model| {
        keys(model, "?");
    });
}

#[test]
fn layers_on_layers() {
    check("why", |model| {
        keys(model, "gjjjji");
    });
    check("confirm", |model| {
        keys(model, "A");
    });
    check("details-line", |model| {
        keys(model, "2kkkk\n");
    });
    check("details-error", |model| {
        keys(model, "3\n");
    });
}

fn scripts_shown(model: &mut Model) {
    keys(model, "x");
    let ticket = model.next_ticket - 1;
    let reply = Reply::Scripts(Ok((testkit::scripts(), Vec::new())));
    update(model, NOW, Message::Reply { ticket, reply });
}

#[test]
fn settings() {
    let shown = |model: &mut Model| {
        keys(model, ",");
        let ticket = model.next_ticket - 1;
        let reply = Reply::Settings(Ok(testkit::settings()));
        update(model, NOW, Message::Reply { ticket, reply });
    };
    check("settings", |model| {
        shown(model);
        keys(model, "jj");
    });
    check("settings-filter", |model| {
        shown(model);
        keys(model, "/api run");
    });
}

#[test]
fn lists_to_choose_from() {
    check("commands", |model| {
        keys(model, ":rest");
    });
    check("filter", |model| {
        keys(model, "2ftim");
    });
    check("projects", |model| {
        keys(model, "P");
    });
    check("scripts", |model| {
        scripts_shown(model);
    });
    check("scripts-marked", |model| {
        scripts_shown(model);
        keys(model, "we\t\t");
    });
    check("scripts-arguments", |model| {
        scripts_shown(model);
        press(model, Key::ctrl('o'));
        keys(model, "--watch -k 'two words'");
    });
    check("scripts-missing", |model| {
        scripts_shown(model);
        keys(model, "cargo\n");
    });
    check("projects-directory", |model| {
        keys(model, "P~/src/new");
    });
    check("search", |model| {
        keys(model, "2/(");
        press(model, Key::ctrl('r'));
        keys(model, "\n");
    });
}

#[test]
fn the_contract_s_first_screen() {
    let mut model = shop(100, 12, false);
    keys(&mut model, "gjj");
    let text: Vec<String> = (0..12).map(|y| row(&drawn(&model), y)).collect();
    assert!(text[0].starts_with(" shop ~/src/shop"), "{}", text[0]);
    assert!(text[0].trim_end().ends_with("● live  3/5 up"), "{}", text[0]);
    for tab in ["1 Processes", "2 Logs", "3 Errors 2", "4 URLs 3"] {
        assert!(text[0].contains(tab), "{}", text[0]);
    }
    assert!(text[4].starts_with("▸web"), "{}", text[4]);
    assert!(text[10].starts_with(" filters: [web ×]"), "{}", text[10]);
    assert!(text[11].contains("s start/stop") && text[11].contains("q leave (all keeps running)"));
}

#[test]
fn no_size_is_too_small() {
    for width in [1, 3, 20, 79, 99, 100] {
        for height in [1, 2, 3, 5, 8] {
            for script in ["", "2", "2w", "3", "4", "?", ":", "A", "x", ",", "P", "2k\n", "gi", "2/a", "3\n"]
            {
                let mut model = shop(80, 24, true);
                keys(&mut model, script);
                update(&mut model, NOW, Message::Resize(Size { width, height }));
                drawn(&model);
                keys(&mut model, "jkgG");
                press(&mut model, Key::plain(Code::PageUp));
                drawn(&model);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a process writes, no cell of the screen holds a control character.
    #[test]
    fn no_control_character_reaches_a_cell(
        lines in prop::collection::vec(prop::collection::vec(prop_oneof![
            any::<u8>(), Just(0x1b), Just(b'['), Just(b']'), Just(b'm'), Just(0x9b), Just(0xc2), Just(b';')
        ], 0..120), 1..20),
        name in "[\\x00-\\x1f\\x7fa-z\u{9b}\u{202e}]{1,8}",
        colour: bool, wrap: bool,
    ) {
        let mut model = shop(80, 24, colour);
        keys(&mut model, if wrap { "2w" } else { "2" });
        let entries = lines.into_iter().enumerate().map(|(index, bytes)| {
            let line = testkit::line(&name, 10_000 + index as u64, "");
            Entry::Line(Line { text: bytes.into(), ..line })
        });
        arrive(&mut model, entries.collect());
        for script in ["", "k", "\n"] {
            keys(&mut model, script);
            for cell in drawn(&model).content() {
                prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
                prop_assert!(!cell.symbol().contains('\u{202e}'), "an override");
            }
        }
    }

    /// The row of the screen that the cursor is on shows the same text at the same place, whatever arrives,
    /// and so does everything above it.
    #[test]
    fn text_under_the_cursor_never_moves(
        height in 8_u16..40, wrap: bool, up in 1_usize..30,
        batches in prop::collection::vec((1_u64..60, any::<bool>(), any::<bool>()), 1..8),
    ) {
        let mut model = shop(60, height, true);
        keys(&mut model, if wrap { "2w" } else { "2" });
        let long = |seq| Entry::Line(testkit::line("web", seq, &format!("line {seq} {}", "x".repeat(seq as usize % 150))));
        arrive(&mut model, (10_000..10_200).map(long).collect());
        for _ in 0..up {
            press(&mut model, Key::plain(Code::Up));
        }
        let area = layout::screen(&model).lines().unwrap();
        let at = area.y + u16::try_from(model.log.row).unwrap();
        let seen = |model: &Model| -> Vec<String> {
            let buffer = drawn(model);
            (area.y..=at).map(|y| row(&buffer, y)).collect()
        };
        let before = seen(&model);
        prop_assert!(before.last().unwrap().starts_with('▸'), "{:?}", before);
        let mut next = 10_200;
        for (size, replaces, part) in batches {
            let entries = (next..next + size).map(|seq| match long(seq) {
                Entry::Line(line) => Entry::Line(Line { replaces, part, number: 10_199, ..line }),
                gap => gap,
            });
            arrive(&mut model, entries.collect());
            next += size;
            prop_assert_eq!(&seen(&model), &before);
        }
    }
}
