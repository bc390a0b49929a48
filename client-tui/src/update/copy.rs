//! What `y` and `Y` put into the clipboard.

use super::action;
use crate::ansi;
use crate::effect::Effect;
use crate::format;
use crate::model::log::{Entry, Line};
use crate::model::popup::Popup;
use crate::model::process::Process;
use crate::model::{Model, View};
use crate::page;

pub(super) fn row(model: &mut Model) -> Vec<Effect> {
    let text = match model.view {
        View::Processes => model.selected_process().map(|process| of_process(model, process)),
        View::Logs => model.log.line_under_cursor().map(|line| ansi::plain(&line.text)),
        View::Errors => page::selected_incident(model).map(|incident| {
            let place = incident.place();
            if place.is_empty() { incident.title() } else { format!("{}  {place}", incident.title()) }
        }),
        View::Urls => model.selected_endpoint().map(|endpoint| endpoint.url.clone()),
    };
    copy(model, text)
}

pub(super) fn all(model: &mut Model) -> Vec<Effect> {
    let text = match model.view {
        View::Processes => {
            let rows: Vec<String> =
                model.processes.iter().map(|process| of_process(model, process)).collect();
            rows.join("\n")
        }
        View::Logs => {
            let many = model.log.filter.is_many();
            let lines = model.log.entries.iter().filter_map(Entry::line);
            lines.map(|line| of_line(line, many)).collect::<Vec<_>>().join("\n")
        }
        View::Errors => page::selected_incident(model)
            .map(|incident| page::incident_text(model, incident))
            .map(|paras| paras.into_iter().map(|para| para.text).collect::<Vec<_>>().join("\n"))
            .unwrap_or_default(),
        View::Urls => {
            let urls: Vec<&str> = model.endpoints.iter().map(|endpoint| endpoint.url.as_str()).collect();
            urls.join("\n")
        }
    };
    copy(model, Some(text))
}

/// The text of the topmost layer.
pub(super) fn popup(model: &mut Model, first_row: bool) -> Vec<Effect> {
    let text = model.popups.last().and_then(|popup| match popup {
        Popup::Details(_) | Popup::Why(_) | Popup::Help { .. } => page::reader(model, popup),
        Popup::Confirm(_) | Popup::Picker(_) | Popup::Scripts(_) | Popup::Settings(_) | Popup::Search(_) => {
            None
        }
    });
    let text = text.map(|reader| {
        let rows = reader.rows.into_iter().map(|(row, _)| row);
        let taken = if first_row { 1 } else { usize::MAX };
        rows.take(taken).collect::<Vec<_>>().join("\n")
    });
    copy(model, text)
}

pub(super) fn copy(model: &mut Model, text: Option<String>) -> Vec<Effect> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => vec![Effect::Copy { text }],
        None => action::say(model, "nothing to copy here"),
    }
}

fn of_line(line: &Line, many: bool) -> String {
    let text = ansi::plain(&line.text);
    if many { format!("{} {} {text}", line.source.process, line.stream.mark(true)) } else { text }
}

fn of_process(model: &Model, process: &Process) -> String {
    let uptime = process.uptime_ms(model.now.mono_ms).map_or_else(|| "-".to_owned(), format::duration);
    let pid = process.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let text = format!("{}  {}  {uptime}  {pid}  {}", process.name, process.state_word(), process.note);
    ansi::harmless(text.trim_end())
}
