//! Every key does something where the table says so, and layers are tight.

use crate::effect::Effect;
use crate::keys::{self, Action, Code, Context, Key};
use crate::layout;
use crate::message::{Change, Message, Mouse, MouseKind, Update};
use crate::model::popup::{Popup, Prompt};
use crate::model::{Model, View};
use crate::testkit::{self, NOW, arrive, keys, press, shop, tell};

use super::super::update;
use super::numbered;

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
