//! What every action of the key table does in the views.

use super::{act, copy, filters, go_to, lines, lists, picker, scripts, search, settings};
use crate::effect::{Act, Effect, Spot};
use crate::keys::Action;
use crate::model::popup::{Choice, Confirm, Details, DetailsOf, PickerKind, Popup, Prompt, Why};
use crate::model::process::State;
use crate::model::status::Status;
use crate::model::{Model, Place, TimeMode, View};
use crate::{code_ref, format, page};

/// How far behind a line its place in the code is looked for (the stack below an error).
const STACK: usize = 12;

pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Show(view) => show(model, view),
        Action::NextView => show(model, neighbour(model.view, 1)),
        Action::PreviousView => show(model, neighbour(model.view, View::ALL.len() - 1)),
        Action::Up => moved(model, -1),
        Action::Down => moved(model, 1),
        Action::PageUp => paged(model, -1),
        Action::PageDown => paged(model, 1),
        Action::First => first(model),
        Action::Last => last(model),
        Action::Left => lines::shift(model, -8),
        Action::Right => lines::shift(model, 8),
        Action::Commands => picker::open(model, PickerKind::Commands),
        Action::Projects => picker::open(model, PickerKind::Projects),
        Action::Scripts => scripts::open(model),
        Action::Settings => settings::open(model),
        Action::AddFilter => picker::open(model, PickerKind::Filter),
        Action::ClearFilters => filters::clear(model),
        Action::CopyRow => copy::row(model),
        Action::CopyAll => copy::all(model),
        Action::Help => popup(model, Popup::Help { scroll: 0 }),
        Action::Back => back(model),
        Action::Leave => {
            model.leaving = true;
            Vec::new()
        }
        Action::Suspend => vec![Effect::Suspend],
        Action::OpenLogs => show(model, View::Logs),
        Action::StartStop => start_stop(model),
        Action::Restart => on_selected(model, |name, _| Act::Restart(name)),
        Action::UpAll => up_all(model),
        Action::DownAll => ask_down(model),
        Action::OpenUrl => open_url(model),
        Action::Why => match model.selected_process().map(|process| process.name.clone()) {
            Some(name) => why(model, name),
            None => say(model, "choose a process: `all` is none"),
        },
        Action::Search => popup(model, Popup::Search(Prompt::default())),
        Action::NextMatch => search::next(model, true),
        Action::PreviousMatch => search::next(model, false),
        Action::NextError => error(model, true),
        Action::PreviousError => error(model, false),
        Action::Wrap => {
            model.wrap = !model.wrap;
            model.log.shift = 0;
            lines::settle(model);
            Vec::new()
        }
        Action::Time => {
            model.time = match model.time {
                TimeMode::Off => TimeMode::Clock,
                TimeMode::Clock => TimeMode::Delta,
                TimeMode::Delta => TimeMode::Off,
            };
            lines::settle(model);
            Vec::new()
        }
        Action::Details => details(model),
        Action::Edit => edit(model),
        Action::FollowHold => follow_hold(model),
        // Of layers only.
        Action::Accept
        | Action::Refuse
        | Action::ToggleRegex
        | Action::Complete
        | Action::Mark
        | Action::Arguments
        | Action::Again => Vec::new(),
    }
}

/// An entry of the command palette, the filter list or the projects was chosen.
pub(super) fn choose(model: &mut Model, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Action(action) => perform(model, action),
        Choice::Act(Act::Down) => ask_down(model),
        Choice::Act(act) => act::begin(model, act),
        Choice::Chip(chip) => filters::add(model, chip),
        Choice::Project { name, directory } => {
            go_to(model, name, directory);
            Vec::new()
        }
        Choice::Directory(directory) => {
            let ticket = model.ticket();
            model.going = Some(ticket);
            let directory = absolute(model, &directory);
            vec![Effect::FindPlace { ticket, directory }]
        }
        Choice::ShowProcess(name) => lists::select_process(model, Some(name)),
        Choice::Why(name) => why(model, name),
    }
}

/// A typed directory: from home with `~`, else from the project's.
fn absolute(model: &Model, typed: &str) -> String {
    let typed = typed.trim_end();
    let (base, rest) = match (typed.strip_prefix('~'), &model.home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => (home.as_str(), rest),
        _ => (model.place.directory(), typed),
    };
    let rest = if base == model.place.directory() { rest } else { rest.trim_start_matches('/') };
    std::path::Path::new(base).join(rest).to_string_lossy().into_owned()
}

pub(super) fn say(model: &mut Model, text: &str) -> Vec<Effect> {
    model.status = Some(Status::info(text));
    Vec::new()
}

fn popup(model: &mut Model, popup: Popup) -> Vec<Effect> {
    model.popups.push(popup);
    Vec::new()
}

pub(super) fn show(model: &mut Model, view: View) -> Vec<Effect> {
    model.view = view;
    lines::settle(model);
    lists::settle(model);
    Vec::new()
}

fn neighbour(view: View, by: usize) -> View {
    let index = View::ALL.iter().position(|known| *known == view).unwrap_or(0);
    View::ALL.get((index + by) % View::ALL.len()).copied().unwrap_or(view)
}

fn moved(model: &mut Model, by: isize) -> Vec<Effect> {
    match model.view {
        View::Logs => lines::step(model, by),
        View::Processes | View::Errors | View::Urls => lists::step(model, by),
    }
}

fn paged(model: &mut Model, by: isize) -> Vec<Effect> {
    match model.view {
        View::Logs | View::Processes => {
            let rows = isize::try_from(super::log_height(model)).unwrap_or(1) - 1;
            lines::scroll(model, by * rows.max(1))
        }
        View::Errors | View::Urls => lists::page(model, by),
    }
}

fn first(model: &mut Model) -> Vec<Effect> {
    match model.view {
        View::Logs => lines::first(model),
        View::Processes | View::Errors | View::Urls => lists::to(model, 0),
    }
}

/// In the process list the log beside it goes first, if it is held: that is what its note promises.
fn last(model: &mut Model) -> Vec<Effect> {
    match model.view {
        View::Logs => lines::follow(model),
        View::Processes if model.log.is_held() => lines::follow(model),
        View::Processes | View::Errors | View::Urls => lists::to(model, usize::MAX),
    }
}

/// Takes back one thing at a time: message, search, hold, view.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.status.take().is_some() {
        return Vec::new();
    }
    if model.search.active.take().is_some() {
        model.search.stop();
        return Vec::new();
    }
    match model.view {
        View::Processes | View::Logs if model.log.is_held() => lines::follow(model),
        View::Errors if model.incidents.hold => follow_hold(model),
        View::Processes => Vec::new(),
        View::Logs | View::Errors | View::Urls => show(model, View::Processes),
    }
}

fn follow_hold(model: &mut Model) -> Vec<Effect> {
    if model.view == View::Errors {
        if model.incidents.hold {
            model.incidents.follow();
        } else {
            let id = page::selected_incident(model).map(|incident| incident.id.clone());
            model.incidents.freeze();
            model.incidents.cursor.id = id;
        }
        lists::settle(model);
        return Vec::new();
    }
    if model.log.is_held() { lines::follow(model) } else { lines::hold(model) }
}

fn on_selected(model: &mut Model, make: impl FnOnce(String, State) -> Act) -> Vec<Effect> {
    match model.selected_process().map(|process| (process.name.clone(), process.state)) {
        Some((name, state)) => act::begin(model, make(name, state)),
        None => say(model, "`all` is selected: a starts, A stops everything"),
    }
}

fn start_stop(model: &mut Model) -> Vec<Effect> {
    if model.selected_process().is_some_and(|process| process.state == State::Stopping) {
        return say(model, "it is being stopped already");
    }
    on_selected(model, |name, state| if state.is_wanted() { Act::Stop(name) } else { Act::Start(vec![name]) })
}

/// What was made known without trust (`run`, `projects add`) runs what its files say only after a yes.
fn up_all(model: &mut Model) -> Vec<Effect> {
    let act = Act::Up(Vec::new());
    let Some(project) = model.project().filter(|project| !project.trusted) else {
        return act::begin(model, act);
    };
    let directory = format::tilde(&project.directory, model.home.as_deref());
    let question = format!("Trust {} and start what `up` starts?", project.name);
    let consequence =
        format!("What runs is said by the files in {directory}; nothing of them has run on its own.");
    popup(model, Popup::Confirm(Confirm { question, consequence, act }))
}

fn ask_down(model: &mut Model) -> Vec<Effect> {
    let (up, _) = model.up();
    let Some(project) = model.place.project() else {
        return say(model, "no project here: nothing to stop");
    };
    let question = format!("Stop everything of {project}?");
    let consequence = match up {
        0 => "Nothing of it runs just now.".to_owned(),
        1 => "1 process is up.".to_owned(),
        up => format!("{up} processes are up; they end in reverse order of their dependencies."),
    };
    popup(model, Popup::Confirm(Confirm { question, consequence, act: Act::Down }))
}

fn open_url(model: &mut Model) -> Vec<Effect> {
    let url = match (model.view, model.selected_process(), model.endpoints.as_slice()) {
        (View::Urls, ..) => model.selected_endpoint().map(|endpoint| endpoint.url.clone()),
        (_, Some(process), _) => process.urls.first().cloned(),
        // On `all`: the only one there is.
        (_, None, [only]) => Some(only.url.clone()),
        (_, None, []) => None,
        (_, None, _) => return say(model, "there are several: choose a process, or one of the URLs (4)"),
    };
    match url {
        Some(url) => vec![Effect::OpenUrl { url }],
        None => say(model, "no URL is known of it"),
    }
}

fn why(model: &mut Model, process: String) -> Vec<Effect> {
    let ticket = model.ticket();
    let name = process.clone();
    let why = Why { process, scroll: 0, ticket, runs: None, origin: String::new() };
    model.popups.push(Popup::Why(why));
    vec![Effect::ExplainProcess { ticket, place: model.place.clone(), name }]
}

fn error(model: &mut Model, forward: bool) -> Vec<Effect> {
    match model.view {
        View::Errors => lists::step(model, if forward { 1 } else { -1 }),
        _ => search::error(model, forward),
    }
}

fn details(model: &mut Model) -> Vec<Effect> {
    let of = match model.view {
        View::Errors => page::selected_incident(model).map(|found| DetailsOf::Incident(found.id.clone())),
        _ => model.log.line_under_cursor().cloned().map(DetailsOf::Line),
    };
    match of {
        Some(of) => {
            // What is read must not run away.
            let effects = if model.view == View::Errors || model.log.is_held() {
                Vec::new()
            } else {
                lines::hold(model)
            };
            model.popups.push(Popup::Details(Details { of, scroll: 0 }));
            effects
        }
        None => say(model, "nothing is under the cursor"),
    }
}

fn edit(model: &mut Model) -> Vec<Effect> {
    let spot = match model.view {
        View::Errors => page::selected_incident(model)
            .map(|found| found.id.clone())
            .and_then(|id| spot_of_incident(model, &id)),
        _ => spot_of_line(model, model.log.cursor),
    };
    open_spot(model, spot)
}

pub(super) fn open_spot(model: &mut Model, spot: Option<Spot>) -> Vec<Effect> {
    match spot {
        Some(spot) => vec![Effect::Edit(spot)],
        None => say(model, "no file:line is named here"),
    }
}

/// Directories that a relative file of a process may be in.
fn bases(model: &Model, process: &str) -> Vec<String> {
    let own = model.process(process).map(|process| process.directory.clone());
    let project = matches!(model.place, Place::Project { .. }).then(|| model.place.directory().to_owned());
    own.into_iter().chain(project).filter(|directory| !directory.is_empty()).collect()
}

pub(super) fn spot_of_incident(model: &Model, id: &str) -> Option<Spot> {
    let incident = model.incidents.get(id)?;
    let frame = || incident.stack.iter().find(|frame| frame.own && frame.line > 0);
    let (file, line, column) = if incident.file.is_empty() {
        frame().map(|frame| (frame.file.clone(), frame.line, frame.column))?
    } else {
        (incident.file.clone(), incident.line, incident.column)
    };
    // An error's file is relative to the project first.
    let mut bases = bases(model, &incident.process);
    bases.reverse();
    Some(Spot { file, line, column, bases })
}

/// The place that a line names, or one of the lines right behind it in the same run.
pub(super) fn spot_of_line(model: &Model, index: usize) -> Option<Spot> {
    let first = model.log.entries.get(index)?.line()?;
    model
        .log
        .entries
        .iter()
        .skip(index)
        .take(STACK)
        .filter_map(|entry| entry.line())
        .filter(|line| line.source.run == first.source.run)
        .find_map(|line| code_ref::find(&crate::ansi::plain(&line.text)))
        .map(|found| Spot {
            file: found.file,
            line: found.line,
            column: found.column,
            bases: bases(model, &first.source.process),
        })
}
