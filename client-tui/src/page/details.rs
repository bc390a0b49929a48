//! A line or an error in full.

use super::{Para, Tone};
use crate::ansi;
use crate::format;
use crate::model::Model;
use crate::model::incident::{Incident, place};
use crate::model::log::Line;

/// Longest text that is looked at as JSON.
const JSON: usize = 64 * 1024;

pub(super) fn line(model: &Model, line: &Line) -> Vec<Para> {
    let text = ansi::plain(&line.text);
    let mut paras: Vec<Para> = match pretty(&text) {
        Some(pretty) => pretty.lines().map(Para::plain).collect(),
        None => vec![Para::plain(text)],
    };
    paras.push(Para::plain(""));
    paras.push(Para::pair("process", &line.source.process));
    paras.push(Para::pair("time", format::moment(line.time_ns, &model.zone)));
    paras.push(Para::pair("stream", line.stream.as_str()));
    paras.push(Para::pair("level", line.level.map_or("-", |level| level.as_str())));
    paras.push(Para::pair("run", format!("{}  line {}", line.source.run, format::thousands(line.number))));
    paras.push(Para::pair("seq", format::thousands(line.seq)));
    if line.part {
        paras.push(Para::pair("part", "its line end has not come yet"));
    }
    if line.after_exit {
        paras.push(Para::pair("after exit", "written by a descendant after the process had ended"));
    }
    if let Some(cursor) = model.log.cursor_at(line.last_seq, line.time_ns) {
        paras.push(Para::pair("cursor", cursor));
    }
    paras
}

/// A JSON object or array, a field a row.
fn pretty(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > JSON || !text.starts_with(['{', '[']) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

pub(super) fn of_id(model: &Model, id: &str) -> Vec<Para> {
    match model.incidents.get(id) {
        Some(found) => incident(model, found),
        None => vec![Para::new("This error has been cleared meanwhile.", Tone::Dim)],
    }
}

/// An error with its place and its stack.
pub fn incident(model: &Model, incident: &Incident) -> Vec<Para> {
    let mut paras = vec![Para::new(incident.title(), Tone::Bad)];
    let at = incident.place();
    if !at.is_empty() {
        paras.push(Para::plain(format!("at {at}   (v opens it)")));
    }
    paras.push(Para::plain(""));
    paras.push(Para::pair("process", &incident.process));
    let times = if incident.count == 1 {
        "once".to_owned()
    } else {
        format!("{} times", format::thousands(incident.count))
    };
    paras.push(Para::pair("seen", times));
    paras.push(Para::pair("first", format::moment(incident.first_seen_ns, &model.zone)));
    if incident.count > 1 {
        paras.push(Para::pair("last", format::moment(incident.last_seen_ns, &model.zone)));
    }
    paras.push(Para::pair("source", &incident.source));
    paras.push(Para::pair("id", &incident.id));
    if incident.resolved {
        paras.push(Para::pair("state", "resolved"));
    }
    if incident.earlier_run {
        paras.push(Para::pair("run", "an earlier one; not told since the last start"));
    }
    if !incident.stack.is_empty() {
        paras.push(Para::plain(""));
        paras.push(Para::new("stack", Tone::Heading));
    }
    for frame in &incident.stack {
        let at = place(&frame.file, frame.line, frame.column);
        let text = match (frame.function.is_empty(), at.is_empty()) {
            (true, _) => at,
            (false, true) => frame.function.clone(),
            (false, false) => format!("{}  {at}", frame.function),
        };
        let tone = if frame.own { Tone::Plain } else { Tone::Dim };
        paras.push(Para { text: format!("{} {text}", if frame.own { "▪" } else { "·" }), tone, hang: 4 });
    }
    paras
}
