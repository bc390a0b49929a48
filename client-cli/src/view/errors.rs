//! `errors`: one row an incident; `errors show`: one in full.

use std::fmt::Write as _;

use super::plain_words;
use crate::json::incident::{Incident, Severity, place};
use crate::style::Tone;
use crate::table::{Cell, Column, Layout, Paper, Table};
use crate::{time, units};

pub(crate) fn table(incidents: &[Incident], now_ns: i64, paper: Paper) -> String {
    build(incidents, now_ns).render(paper)
}

/// Widths for rows that come later.
pub(crate) fn layout(incidents: &[Incident], now_ns: i64) -> Layout {
    build(incidents, now_ns).layout()
}

fn build(incidents: &[Incident], now_ns: i64) -> Table {
    let mut table = Table::new([
        Column::left("ID"),
        Column::right("LAST"),
        Column::right("COUNT"),
        Column::left("PROCESS"),
        Column::left("PLACE"),
        Column::left("ERROR"),
    ]);
    for incident in incidents {
        table.row(row(incident, now_ns));
    }
    table
}

pub(crate) fn row(incident: &Incident, now_ns: i64) -> Vec<Cell> {
    vec![
        Cell::new(&incident.id),
        Cell::new(time::age(incident.last_seen.0, now_ns)),
        Cell::new(incident.count.to_string()),
        Cell::new(&incident.process),
        Cell::new(incident.place().unwrap_or_default()),
        Cell::new(incident.words()).tone(Tone::Bad),
    ]
}

pub(crate) fn full(incident: &Incident, now_ns: i64, paper: Paper) -> String {
    let mut out = Tone::Bad.paint(&plain_words(&incident.words()), paper.colour) + "\n";
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name:<10}  {}", plain_words(value));
        }
    };
    fact("id", &incident.id);
    fact("process", &format!("{}/{}", incident.project, incident.process));
    fact("place", &incident.place().unwrap_or_default());
    fact("language", incident.language.as_deref().unwrap_or_default());
    if incident.severity == Severity::Fatal {
        fact("severity", "fatal");
    }
    let seen = format!(
        "{}, first {} ago, last {} ago",
        units::plural(incident.count, "time"),
        time::age(incident.first_seen.0, now_ns),
        time::age(incident.last_seen.0, now_ns),
    );
    fact("seen", &seen);
    let marks = [(incident.muted, "muted"), (incident.resolved, "resolved")];
    let marks: Vec<&str> = marks.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
    fact("marked", &marks.join(", "));
    if let Some(cursor) = &incident.first_cursor {
        fact("lines", &format!("brummerctl logs {} --after {cursor} -n 20", incident.process));
    }
    for frame in &incident.stack {
        let at = place(frame.file.as_deref(), frame.line, frame.column).unwrap_or_default();
        let line = match &frame.function {
            Some(function) if at.is_empty() => format!("  at {function}"),
            Some(function) => format!("  at {function} ({at})"),
            None => format!("  at {at}"),
        };
        let line = plain_words(&line);
        // What is not the user's own code steps back.
        out.push_str(&if frame.own { line } else { Tone::Dim.paint(&line, paper.colour) });
        out.push('\n');
    }
    out
}
