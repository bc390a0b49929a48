//! Scripts are found, marked and run, the settings read, another directory is gone to; nothing leaks beneath.

use crate::effect::{Act, Effect};
use crate::keys::{Code, Key};
use crate::message::{Failure, Message, Reply};
use crate::model::popup::Popup;
use crate::model::process::Script;
use crate::model::{Model, Place};
use crate::testkit::{self, NOW, drawn, keys, press, row, shop};

use super::super::update;

fn act(effects: &[Effect]) -> Option<Act> {
    effects.iter().find_map(|effect| match effect {
        Effect::Act { act, .. } => Some(act.clone()),
        _ => None,
    })
}

fn with_scripts(model: Model) -> Model {
    listing(model, testkit::scripts())
}

fn listing(mut model: Model, scripts: Vec<Script>) -> Model {
    let effects = keys(&mut model, "x");
    let Some(Effect::ListScripts { ticket, .. }) = effects.first() else { panic!("{effects:?}") };
    let reply = Reply::Scripts(Ok((scripts, Vec::new())));
    update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    model
}

fn says(model: &Model, text: &str) -> bool {
    let buffer = drawn(model);
    (0..model.size.height).any(|y| row(&buffer, y).contains(text))
}

#[test]
fn enter_runs_what_is_under_the_cursor_or_all_that_is_marked() {
    let mut model = with_scripts(shop(80, 24, true));
    assert_eq!(act(&keys(&mut model, "\n")), Some(Act::Start(vec!["test".into()])), "the one that ran last");
    assert!(model.popups.is_empty());

    let mut model = with_scripts(shop(80, 24, true));
    assert!(keys(&mut model, "wbuild\t").is_empty());
    press(&mut model, Key::ctrl('u'));
    assert!(keys(&mut model, "dev\t").is_empty());
    press(&mut model, Key::ctrl('u'));
    let expected = Act::Start(vec!["dev".into(), "web:build".into()]);
    assert_eq!(act(&keys(&mut model, "\n")), Some(expected), "marks outlive what is typed");
}

#[test]
fn a_second_mark_takes_the_first_away() {
    let mut model = with_scripts(shop(80, 24, true));
    keys(&mut model, "wbuild\t\t");
    assert_eq!(act(&keys(&mut model, "\n")), Some(Act::Start(vec!["web:build".into()])));
}

#[test]
fn space_marks_only_while_nothing_is_typed() {
    let mut model = with_scripts(shop(80, 24, true));
    keys(&mut model, "web buil ");
    let Some(Popup::Scripts(open)) = model.popups.last() else { panic!("left the list") };
    assert_eq!((open.marked.len(), open.input.text(), open.shown()), (0, "web buil ", 1));
    press(&mut model, Key::ctrl('u'));
    keys(&mut model, "  ");
    let Some(Popup::Scripts(open)) = model.popups.last() else { panic!("left the list") };
    assert_eq!(open.marked.iter().collect::<Vec<_>>(), ["dev", "test"]);
}

#[test]
fn what_is_missing_is_neither_run_nor_marked_and_says_why() {
    for key in ["\n", "\t"] {
        let mut model = with_scripts(shop(80, 24, true));
        assert!(keys(&mut model, &format!("cargo{key}")).is_empty());
        assert!(says(&model, "cargo:run needs cargo, which is not on the PATH"), "{key:?}");
        assert!(keys(&mut model, "\n").is_empty() && !model.popups.is_empty());
    }
    let mut model = with_scripts(shop(80, 24, true));
    keys(&mut model, "cargo");
    press(&mut model, Key::ctrl('o'));
    assert!(says(&model, "which is not on the PATH"));
}

#[test]
fn arguments_are_words_and_go_to_one_script() {
    let mut model = with_scripts(shop(80, 24, true));
    press(&mut model, Key::ctrl('o'));
    keys(&mut model, "--watch -k 'two words");
    assert!(keys(&mut model, "\n").is_empty());
    assert!(says(&model, "a quote is left open"));
    let expected = Act::RunScript {
        script: "test".into(),
        arguments: vec!["--watch".into(), "-k".into(), "two words".into()],
    };
    assert_eq!(act(&keys(&mut model, "'\n")), Some(expected));

    let mut model = with_scripts(shop(80, 24, true));
    keys(&mut model, " ");
    press(&mut model, Key::ctrl('o'));
    assert!(says(&model, "arguments are for one script"));
}

#[test]
fn a_script_that_must_have_an_argument_is_asked_for_one() {
    let mut scripts = testkit::scripts();
    scripts[0].missing = "argument WHERE".into();
    scripts[0].missing_reason = "needs to be given WHERE".into();
    scripts[0].wants_argument = true;
    let name = scripts[0].name.clone();
    let mut model = listing(shop(80, 24, true), scripts);
    keys(&mut model, &name);
    assert!(keys(&mut model, "\n").is_empty());
    assert!(keys(&mut model, "\n").is_empty(), "nothing is not one");
    assert!(says(&model, "needs to be given WHERE"));
    let expected = Act::RunScript { script: name, arguments: vec!["here".into()] };
    assert_eq!(act(&keys(&mut model, "here\n")), Some(expected));
}

#[test]
fn esc_goes_back_one_step_and_nothing_reaches_what_lies_beneath() {
    let mut model = with_scripts(shop(80, 24, true));
    let before = (model.view, model.process_cursor.clone(), model.log.filter.clone());
    press(&mut model, Key::ctrl('o'));
    keys(&mut model, "qs");
    assert!(keys(&mut model, "\x1b").is_empty());
    let Some(Popup::Scripts(open)) = model.popups.last() else { panic!("left the list") };
    assert_eq!((open.arguments.is_none(), open.input.text()), (true, ""));
    assert!(keys(&mut model, "sraAGq2\x1b").is_empty(), "letters are typed, not done");
    assert!(model.popups.is_empty() && !model.leaving);
    assert_eq!((model.view, model.process_cursor.clone(), model.log.filter.clone()), before);
}

#[test]
fn the_cursor_steps_over_headings() {
    let mut model = with_scripts(shop(80, 24, true));
    press(&mut model, Key::plain(Code::Down));
    press(&mut model, Key::plain(Code::Down));
    let Some(Popup::Scripts(open)) = model.popups.last() else { panic!("left the list") };
    assert_eq!(open.under_cursor().map(|script| script.name.as_str()), Some("db"));
}

#[test]
fn a_script_of_an_unknown_directory_opens_it() {
    let mut model = testkit::empty(80, 24, true);
    model.place = Place::Directory("/home/ann/src/shop".into());
    let mut model = with_scripts(model);
    assert_eq!(act(&keys(&mut model, "dev\n")), Some(Act::Up(vec!["dev".into()])));
}

#[test]
fn an_answer_that_nobody_waits_for_is_ignored() {
    let mut model = with_scripts(shop(80, 24, true));
    let late = Reply::Scripts(Err(Failure { message: "no".into(), hint: None }));
    update(&mut model, NOW, Message::Reply { ticket: 1, reply: late });
    assert!(!model.redraw);
}

#[test]
fn another_directory_can_be_typed() {
    for (typed, asked) in [
        ("~/src/new", "/home/ann/src/new"),
        ("/srv/x", "/srv/x"),
        ("../blog", "/home/ann/src/shop/../blog"),
        ("~", "/home/ann/"),
    ] {
        let mut model = shop(80, 24, true);
        let effects = keys(&mut model, &format!("P{typed}\n"));
        let Some(Effect::FindPlace { ticket, directory }) = effects.first() else { panic!("{effects:?}") };
        assert_eq!(directory, asked);
        let place = Place::Directory("/somewhere".into());
        let late = Message::Reply { ticket: ticket - 1, reply: Reply::Place(Ok(place.clone())) };
        update(&mut model, NOW, late);
        assert_eq!(model.place.project(), Some("shop"), "an older answer");
        update(&mut model, NOW, Message::Reply { ticket: *ticket, reply: Reply::Place(Ok(place.clone())) });
        assert_eq!((&model.place, model.processes.len()), (&place, 0));
    }
}

#[test]
fn projects_are_found_by_their_directory_too() {
    let mut model = shop(80, 24, true);
    keys(&mut model, "Psrc/bl\n");
    assert_eq!(model.place.project(), Some("blog"));
}

fn with_settings(mut model: Model) -> Model {
    let effects = keys(&mut model, ",");
    let Some(Effect::ReadSettings { ticket, .. }) = effects.first() else { panic!("{effects:?}") };
    let reply = Reply::Settings(Ok(testkit::settings()));
    update(&mut model, NOW, Message::Reply { ticket: *ticket, reply });
    model
}

#[test]
fn a_setting_is_copied_and_edited_where_it_is_set() {
    let mut model = with_settings(shop(80, 24, true));
    let effects = keys(&mut model, "jjy");
    let text = "logs.keep_lines = 50000  # /home/ann/.config/brummer/config.toml:3:1".to_owned();
    assert_eq!(effects, [Effect::Copy { text }]);
    let effects = keys(&mut model, "v");
    assert!(
        matches!(&effects[..], [Effect::Edit(spot)] if spot.line == 3 && spot.file.ends_with("config.toml"))
    );
    assert!(keys(&mut model, "kv").is_empty(), "a default is in no file");
    let effects = keys(&mut model, "gv");
    assert!(matches!(&effects[..], [Effect::Edit(spot)] if spot.line == 7), "the mistake on top");
}

#[test]
fn the_filter_of_the_settings_is_taken_away_before_they_are() {
    let mut model = with_settings(shop(80, 24, true));
    keys(&mut model, "/api q\n");
    assert!(says(&model, "no setting holds these words"));
    keys(&mut model, "\x1b");
    assert!(matches!(model.popups.last(), Some(Popup::Settings(open)) if open.filter.text().is_empty()));
    let effects = keys(&mut model, "r");
    assert!(matches!(&effects[..], [Effect::ReadSettings { .. }]));
    keys(&mut model, "q");
    assert!(model.popups.is_empty() && !model.leaving);
}
