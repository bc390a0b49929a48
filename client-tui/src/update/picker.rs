//! Lists that are searched by a few letters: commands, filters, projects.

use super::action;
use crate::ansi;
use crate::effect::{Act, Effect};
use crate::format;
use crate::fuzzy;
use crate::keys::{self, Action, Context};
use crate::layout;
use crate::model::Model;
use crate::model::filter::{Chip, Level, Pattern, Stream};
use crate::model::input::Input;
use crate::model::list;
use crate::model::popup::{Choice, Item, Picker, PickerKind, Popup};
use crate::model::process::Project;

pub(super) fn open(model: &mut Model, kind: PickerKind) -> Vec<Effect> {
    let items = match kind {
        PickerKind::Commands => commands(model),
        PickerKind::Filter => filters(model),
        PickerKind::Projects => projects(model),
    };
    let note = match kind {
        PickerKind::Projects if items.is_empty() => {
            Some("no project is known yet: type a directory, as ~/src/shop".to_owned())
        }
        PickerKind::Projects => Some("or type a directory, as ~/src/shop".to_owned()),
        PickerKind::Commands | PickerKind::Filter => None,
    };
    let mut picker =
        Picker { kind, input: Input::default(), items, shown: Vec::new(), selected: 0, offset: 0, note };
    typed(&mut picker);
    model.popups.push(Popup::Picker(picker));
    Vec::new()
}

/// Sorts the entries by what was typed; what is typed can be an entry itself.
pub(super) fn typed(picker: &mut Picker) {
    let text = picker.input.text();
    let texts: Vec<String> =
        picker.items.iter().map(|item| format!("{} {}", item.label, item.more)).collect();
    let scores = fuzzy::scores(text, texts.iter().map(String::as_str));
    let mut scored: Vec<(u32, &Item)> =
        scores.into_iter().zip(&picker.items).filter_map(|(score, item)| Some((score?, item))).collect();
    // The sort is stable: of equals the first stays first.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    picker.shown = scored.into_iter().map(|(_, item)| item.clone()).collect();
    if picker.kind == PickerKind::Filter && !text.is_empty() {
        let chip = |regex| Chip::Text(Pattern { text: text.to_owned(), regex });
        picker.shown.push(item(format!("text contains {text}"), "", Choice::Chip(chip(false))));
        if chip_compiles(text) {
            picker.shown.push(item(
                format!("text matches {text}"),
                "regular expression",
                Choice::Chip(chip(true)),
            ));
        }
    }
    if picker.kind == PickerKind::Projects && text.starts_with(['/', '~', '.']) {
        let choice = Choice::Directory(text.to_owned());
        picker.shown.insert(0, item(format!("open {text}"), "this directory", choice));
    }
    (picker.selected, picker.offset) = (0, 0);
}

fn chip_compiles(text: &str) -> bool {
    Pattern { text: text.to_owned(), regex: true }.compile().is_ok()
}

pub(super) fn key(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Up => moved(model, -1),
        Action::Down => moved(model, 1),
        Action::Complete => around(model),
        Action::PageUp => moved(model, -10),
        Action::PageDown => moved(model, 10),
        Action::Accept => {
            let selected = match model.popups.last() {
                Some(Popup::Picker(picker)) => picker.selected,
                _ => 0,
            };
            return take(model, selected);
        }
        _ => {}
    }
    Vec::new()
}

pub(super) fn moved(model: &mut Model, by: isize) {
    select(model, |picker| list::moved(picker.selected, by, picker.shown.len()));
}

/// The next entry; behind the last comes the first.
fn around(model: &mut Model) {
    select(model, |picker| (picker.selected + 1) % picker.shown.len().max(1));
}

fn select(model: &mut Model, row: impl FnOnce(&Picker) -> usize) {
    let Some(Popup::Picker(picker)) = model.popups.last() else { return };
    let height = usize::from(layout::picker_rows(layout::picker(model, picker.items.len())).height);
    let selected = row(picker);
    let offset = list::offset(picker.offset, selected, picker.shown.len(), height);
    if let Some(Popup::Picker(picker)) = model.popups.last_mut() {
        (picker.selected, picker.offset) = (selected, offset);
    }
}

/// Takes an entry and closes the list; nothing happens where there is none.
pub(super) fn take(model: &mut Model, row: usize) -> Vec<Effect> {
    let choice = match model.popups.last() {
        Some(Popup::Picker(picker)) => picker.shown.get(row).map(|item| item.choice.clone()),
        _ => None,
    };
    match choice {
        Some(choice) => {
            model.popups.pop();
            action::choose(model, choice)
        }
        None => Vec::new(),
    }
}

fn item(label: impl Into<String>, detail: impl Into<String>, choice: Choice) -> Item {
    Item { label: label.into(), detail: detail.into(), more: String::new(), choice }
}

fn commands(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for process in &model.processes {
        let name = &process.name;
        let start: fn(String) -> Act = |name| Act::Start(vec![name]);
        let acts = [if process.state.is_wanted() { Act::Stop } else { start }, Act::Restart];
        for act in acts {
            let act = act(name.clone());
            items.push(item(act.in_words(), process.state_word(), Choice::Act(act)));
        }
        items.push(item(format!("why {name}"), "why it is in this state", Choice::Why(name.clone())));
        items.push(item(format!("show {name}"), "only its lines", Choice::ShowProcess(name.clone())));
        if !process.state.is_up() {
            items.push(item(format!("rm {name}"), "forget it", Choice::Act(Act::Remove(name.clone()))));
        }
        let clear = Act::Clear(Some(name.clone()));
        items.push(item(clear.in_words(), "show no lines before now", Choice::Act(clear)));
    }
    items.push(item("clear logs", "show no lines before now", Choice::Act(Act::Clear(None))));
    let context = Context::of(model.view);
    for binding in keys::of(context).filter(|binding| is_command(binding.action)) {
        items.push(item(binding.about, binding.shown, Choice::Action(binding.action)));
    }
    // What the process view offers is at hand everywhere.
    for binding in keys::of(Context::Processes) {
        let elsewhere = matches!(binding.action, Action::UpAll | Action::DownAll | Action::Scripts);
        if elsewhere && context != Context::Processes {
            items.push(item(binding.about, binding.shown, Choice::Action(binding.action)));
        }
    }
    items.extend(filters(model));
    items.extend(projects(model).into_iter().map(|mut item| {
        item.label.insert_str(0, "project ");
        item
    }));
    items
}

/// Moving about is no command.
const fn is_command(action: Action) -> bool {
    !matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::Left
            | Action::Right
            | Action::Commands
            | Action::NextView
            | Action::PreviousView
    )
}

fn filters(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for process in &model.processes {
        let chip = Chip::Process(process.name.clone());
        items.push(item(format!("process {}", process.name), "", Choice::Chip(chip)));
    }
    for level in Level::ALL.into_iter().rev() {
        let label = format!("level {}", level.as_str());
        items.push(item(label, "this and above", Choice::Chip(Chip::Level(level))));
    }
    for stream in Stream::ALL {
        let about = match stream {
            Stream::Out => "standard output",
            Stream::Err => "standard error",
            Stream::Sys => "starts, exits and the like",
        };
        items.push(item(format!("stream {}", stream.as_str()), about, Choice::Chip(Chip::Stream(stream))));
    }
    items
}

fn projects(model: &Model) -> Vec<Item> {
    let home = model.home.as_deref();
    let states: Vec<String> = model.projects.iter().map(Project::in_words).collect();
    let width = states.iter().map(|state| ansi::width(state)).max().unwrap_or(0);
    let all = model.projects.iter().zip(states).map(|(project, state)| {
        let directory = format::tilde(&project.directory, home);
        let padding = " ".repeat(width.saturating_sub(ansi::width(&state)));
        let trust = if project.trusted { "" } else { "  not trusted" };
        let here = if model.place.project() == Some(&project.name) { "  (this one)" } else { "" };
        Item {
            label: project.name.clone(),
            detail: format!("{state}{padding}  {directory}{trust}{here}"),
            more: directory,
            choice: Choice::Project { name: project.name.clone(), directory: project.directory.clone() },
        }
    });
    all.collect()
}
