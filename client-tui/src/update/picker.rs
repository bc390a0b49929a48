//! Lists that are searched by a few letters: commands, filters, scripts, projects.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern as Fuzzy};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::action;
use crate::effect::{Act, Effect};
use crate::format;
use crate::keys::{self, Action, Context};
use crate::layout;
use crate::message::Failure;
use crate::model::Model;
use crate::model::filter::{Chip, Level, Pattern, Stream};
use crate::model::input::Input;
use crate::model::list;
use crate::model::popup::{Choice, Item, Picker, PickerKind, Popup};
use crate::model::process::Script;

pub(super) fn open(model: &mut Model, kind: PickerKind) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (items, loading) = match kind {
        PickerKind::Commands => (commands(model), None),
        PickerKind::Filter => (filters(model), None),
        PickerKind::Projects => (projects(model), None),
        PickerKind::Scripts => {
            let ticket = model.ticket();
            effects.push(Effect::ListScripts { ticket, place: model.place.clone() });
            (Vec::new(), Some(ticket))
        }
    };
    let note = (kind == PickerKind::Projects && items.is_empty())
        .then(|| "no project is known yet: a opens the one of this directory".to_owned());
    let mut picker = Picker {
        kind,
        input: Input::default(),
        items,
        shown: Vec::new(),
        selected: 0,
        offset: 0,
        loading,
        note,
    };
    typed(&mut picker);
    model.popups.push(Popup::Picker(picker));
    effects
}

/// The scripts that the daemon found.
pub(super) fn scripts(
    model: &mut Model,
    ticket: u64,
    result: Result<(Vec<Script>, Vec<String>), Failure>,
) -> Vec<Effect> {
    let waiting = model.popups.iter_mut().find_map(|popup| match popup {
        Popup::Picker(picker) if picker.loading == Some(ticket) => Some(picker),
        _ => None,
    });
    let Some(picker) = waiting else {
        model.redraw = false;
        return Vec::new();
    };
    picker.loading = None;
    match result {
        Err(failure) => picker.note = Some(failure.message),
        Ok((scripts, notices)) => {
            picker.note = match notices.as_slice() {
                [] if scripts.is_empty() => Some("nothing that could be run was found here".to_owned()),
                [] => None,
                notices => Some(notices.join("; ")),
            };
            picker.items = scripts.into_iter().map(script).collect();
            typed(picker);
        }
    }
    Vec::new()
}

fn script(script: Script) -> Item {
    let missing =
        if script.missing.is_empty() { String::new() } else { format!("  ({} is missing)", script.missing) };
    let detail = format!("{}  {}{missing}", script.command.join(" "), script.source);
    Item { choice: Choice::Act(Act::Start(script.name.clone())), label: script.name, detail }
}

/// Sorts the entries by what was typed; what is typed can be an entry itself.
pub(super) fn typed(picker: &mut Picker) {
    let text = picker.input.text();
    let mut matcher = Matcher::new(Config::DEFAULT);
    let fuzzy = Fuzzy::parse(text, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, &Item)> = picker
        .items
        .iter()
        .filter_map(|item| {
            let score = fuzzy.score(Utf32Str::new(&item.label, &mut buffer), &mut matcher)?;
            Some((score, item))
        })
        .collect();
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
    Item { label: label.into(), detail: detail.into(), choice }
}

fn commands(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for process in &model.processes {
        let name = &process.name;
        let acts: &[fn(String) -> Act] =
            if process.state.is_wanted() { &[Act::Stop, Act::Restart] } else { &[Act::Start, Act::Restart] };
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
    let all = model.projects.iter().map(|project| {
        let mut detail = format::tilde(&project.directory, home);
        if project.running > 0 {
            detail.push_str(&format!("  {} running", project.running));
        }
        if project.failed > 0 {
            detail.push_str(&format!("  {} failed", project.failed));
        }
        let (name, directory) = (project.name.clone(), project.directory.clone());
        item(project.name.clone(), detail, Choice::Project { name, directory })
    });
    all.collect()
}
