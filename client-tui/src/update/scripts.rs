//! The script selector: found by a few letters, marked, run together, or one with arguments.

use super::{act, popups};
use crate::effect::{Act, Effect};
use crate::keys::{Action, Key};
use crate::layout;
use crate::message::Failure;
use crate::model::input::Input;
use crate::model::popup::Popup;
use crate::model::process::Script;
use crate::model::scripts::{Row, Scripts};
use crate::model::{Model, list};
use crate::words;

pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let ticket = model.ticket();
    let directory = model.place.directory().to_owned();
    let scripts = Scripts { directory, loading: Some(ticket), ..Scripts::default() };
    model.popups.push(Popup::Scripts(Box::new(scripts)));
    vec![Effect::ListScripts { ticket, place: model.place.clone() }]
}

/// What the daemon found. What was typed meanwhile counts.
pub(super) fn arrived(
    model: &mut Model,
    ticket: u64,
    result: Result<(Vec<Script>, Vec<String>), Failure>,
) -> Vec<Effect> {
    let waiting = model.popups.iter_mut().find_map(|popup| match popup {
        Popup::Scripts(scripts) if scripts.loading == Some(ticket) => Some(scripts),
        _ => None,
    });
    let Some(scripts) = waiting else {
        model.redraw = false;
        return Vec::new();
    };
    scripts.loading = None;
    match result {
        Err(failure) => scripts.note = Some(failure.message),
        Ok((all, notices)) => {
            scripts.note = match notices.as_slice() {
                [] if all.is_empty() => Some("nothing that could be run was found here".to_owned()),
                [] => None,
                notices => Some(notices.join("; ")),
            };
            scripts.all = all;
            scripts.lay();
        }
    }
    Vec::new()
}

fn opened(model: &mut Model) -> Option<&mut Scripts> {
    match model.popups.last_mut() {
        Some(Popup::Scripts(scripts)) => Some(scripts),
        _ => None,
    }
}

pub(super) fn key(model: &mut Model, key: Key, action: Option<Action>) -> Vec<Effect> {
    let Some(scripts) = opened(model) else { return Vec::new() };
    scripts.refused = None;
    if let Some(arguments) = &mut scripts.arguments {
        match action {
            Some(Action::Accept) => return run_with_arguments(model),
            // Back to the list, not out of it.
            Some(Action::Back) => scripts.arguments = None,
            _ => {
                arguments.key(key);
            }
        }
        return Vec::new();
    }
    match action {
        Some(Action::Up) => moved(model, -1),
        Some(Action::Down) => moved(model, 1),
        Some(Action::PageUp) => moved(model, -10),
        Some(Action::PageDown) => moved(model, 10),
        // Behind letters it parts the words that are looked for: nobody marks without meaning to.
        Some(Action::Mark) if key == Key::char(' ') && !scripts.input.text().is_empty() => {
            scripts.input.key(key);
            scripts.lay();
        }
        Some(Action::Mark) => mark(model),
        Some(Action::Arguments) => ask_arguments(scripts),
        Some(Action::Accept) => return run(model),
        Some(Action::Back) => return popups::closed(model),
        _ => {
            if scripts.input.key(key) {
                scripts.lay();
            }
        }
    }
    Vec::new()
}

pub(super) fn paste(model: &mut Model, text: &str) {
    let Some(scripts) = opened(model) else { return };
    match &mut scripts.arguments {
        Some(arguments) => arguments.insert(text),
        None => {
            scripts.input.insert(text);
            scripts.lay();
        }
    }
}

/// To the next script in a direction; headings are stepped over.
pub(super) fn moved(model: &mut Model, by: isize) {
    let Some(scripts) = opened(model) else { return };
    let at: Vec<usize> = (0..scripts.rows.len())
        .filter(|row| matches!(scripts.rows.get(*row), Some(Row::Script(_))))
        .collect();
    let now = at.iter().position(|row| *row == scripts.selected).unwrap_or(0);
    let to = at.get(list::moved(now, by, at.len())).copied().unwrap_or(0);
    select(model, to);
}

fn select(model: &mut Model, row: usize) {
    let height = usize::from(layout::picker_rows(layout::sheet(model)).height);
    let Some(scripts) = opened(model) else { return };
    scripts.selected = row;
    scripts.arguments = None;
    // The heading above the first script is seen with it.
    let seen = if row == 1 { 0 } else { scripts.offset };
    scripts.offset = list::offset(seen, row, scripts.rows.len(), height);
}

pub(super) fn clicked(model: &mut Model, row: usize) -> Vec<Effect> {
    let Some(scripts) = opened(model) else { return Vec::new() };
    let row = scripts.offset + row;
    if matches!(scripts.rows.get(row), Some(Row::Script(_))) {
        // A second click is meant: the first may have been for the window.
        let again = scripts.selected == row;
        select(model, row);
        if again {
            return run(model);
        }
    }
    Vec::new()
}

/// Marks or unmarks, and goes on to the next. What cannot run cannot be marked.
fn mark(model: &mut Model) {
    let Some(scripts) = opened(model) else { return };
    let Some(script) = scripts.under_cursor().cloned() else { return };
    if let Some(reason) = unable(&script) {
        scripts.refused = Some(reason);
        return;
    }
    if !scripts.marked.remove(&script.name) {
        scripts.marked.insert(script.name);
    }
    moved(model, 1);
}

fn ask_arguments(scripts: &mut Scripts) {
    let Some(script) = scripts.under_cursor() else { return };
    let unable = unable(script).filter(|_| !script.wants_argument);
    match (unable, scripts.marked.is_empty()) {
        (Some(reason), _) => scripts.refused = Some(reason),
        (None, false) => {
            scripts.refused = Some("arguments are for one script: take the marks away first".to_owned());
        }
        (None, true) => scripts.arguments = Some(Input::default()),
    }
}

/// Why it is not run.
pub(crate) fn unable(script: &Script) -> Option<String> {
    (!script.missing.is_empty()).then(|| format!("{} {}", script.name, script.missing_reason))
}

/// What is marked, else what is under the cursor, which is first asked for an argument that it must have.
fn run(model: &mut Model) -> Vec<Effect> {
    let Some(scripts) = opened(model) else { return Vec::new() };
    if scripts.arguments.is_none()
        && scripts.marked.is_empty()
        && scripts.under_cursor().is_some_and(|script| script.wants_argument)
    {
        scripts.arguments = Some(Input::default());
        return Vec::new();
    }
    let mut chosen = scripts.chosen();
    if chosen.is_empty() {
        chosen.extend(scripts.under_cursor());
    }
    if let Some(reason) = chosen.iter().find_map(|script| unable(script)) {
        scripts.refused = Some(reason);
        return Vec::new();
    }
    let names: Vec<String> = chosen.into_iter().map(|script| script.name.clone()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    model.popups.pop();
    // In a directory that is no project yet: starting by hand opens it.
    let act = if model.place.project().is_none() { Act::Up(names) } else { Act::Start(names) };
    act::begin(model, act)
}

fn run_with_arguments(model: &mut Model) -> Vec<Effect> {
    let Some(scripts) = opened(model) else { return Vec::new() };
    let typed = scripts.arguments.as_ref().map_or("", Input::text);
    let (arguments, open) = words::split(typed);
    if open {
        scripts.refused = Some("a quote is left open".to_owned());
        return Vec::new();
    }
    if arguments.is_empty() {
        return run(model);
    }
    let Some(script) = scripts.under_cursor().map(|script| script.name.clone()) else { return Vec::new() };
    model.popups.pop();
    act::begin(model, Act::RunScript { script, arguments })
}
