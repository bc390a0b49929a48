//! `projects`, `scripts`, `urls`.

use std::path::Path;

use super::{shell_words, tilde};
use crate::json::project::{Endpoint, Project, Script};
use crate::style::Tone;
use crate::table::{Cell, Column, Paper, Table};
use crate::time;

pub(crate) fn projects(projects: &[Project], home: Option<&Path>, paper: Paper) -> String {
    let mut table = Table::new([
        Column::left("NAME"),
        Column::right("RUNNING"),
        Column::right("FAILED"),
        Column::right("OTHER"),
        Column::left("OPEN"),
        Column::left("TRUSTED"),
        Column::left("DIRECTORY"),
    ]);
    for project in projects {
        let failed = Cell::new(project.processes.failed.to_string());
        table.row(vec![
            Cell::new(&project.name),
            Cell::new(project.processes.running.to_string()),
            if project.processes.failed > 0 { failed.tone(Tone::Bad) } else { failed },
            Cell::new(project.processes.other.to_string()),
            yes(project.open),
            yes(project.trusted),
            Cell::new(tilde(&project.directory, home)),
        ]);
    }
    table.render(paper)
}

pub(crate) fn scripts(scripts: &[Script], paper: Paper) -> String {
    let mut table = Table::new([
        Column::left("NAME"),
        Column::left("ORIGINAL"),
        Column::left("KIND"),
        Column::left("SOURCE"),
        Column::left("MISSING"),
        Column::left("COMMAND"),
    ]);
    for script in scripts {
        table.row(vec![
            Cell::new(&script.name),
            Cell::new(&script.original),
            Cell::new(script.kind.unwrap_or_default()),
            Cell::new(&script.source),
            Cell::new(script.missing.as_deref().unwrap_or_default()).tone(Tone::Warn),
            Cell::new(shell_words(&script.command)),
        ]);
    }
    table.render(paper)
}

pub(crate) fn urls(endpoints: &[Endpoint], now_ns: i64, paper: Paper) -> String {
    let mut table = Table::new([
        Column::left("PROCESS"),
        Column::left("URL"),
        Column::left("ALIVE"),
        Column::right("SEEN"),
        Column::left("LABEL"),
    ]);
    for endpoint in endpoints {
        table.row(vec![
            Cell::new(&endpoint.process),
            Cell::new(&endpoint.url),
            yes(endpoint.alive),
            Cell::new(time::age(endpoint.seen_at.0, now_ns)),
            Cell::new(endpoint.label.as_deref().unwrap_or_default()),
        ]);
    }
    table.render(paper)
}

fn yes(value: bool) -> Cell {
    Cell::new(if value { "yes" } else { "no" })
}
