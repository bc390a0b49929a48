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

/// `wide` adds who runs them (`pnpm@9.1.0`) and where.
pub(crate) fn scripts(scripts: &[Script], wide: bool, home: Option<&Path>, paper: Paper) -> String {
    let mut columns = vec![
        Column::left("NAME"),
        Column::left("ORIGINAL"),
        Column::left("KIND"),
        Column::left("SOURCE"),
        Column::left("MISSING"),
    ];
    if wide {
        columns.extend([Column::left("ECOSYSTEM"), Column::left("RUNNER"), Column::left("DIRECTORY")]);
    }
    columns.push(Column::left("COMMAND"));
    let mut table = Table::new(columns);
    for script in scripts {
        let mut row = vec![
            Cell::new(&script.name),
            Cell::new(&script.original),
            Cell::new(script.kind.unwrap_or_default()),
            Cell::new(&script.source),
            Cell::new(script.missing.as_deref().unwrap_or_default()).tone(Tone::Warn),
        ];
        if wide {
            let runner = script.runner.as_deref().unwrap_or_default();
            let runner = match &script.runner_version {
                Some(version) => format!("{runner}@{version}"),
                None => runner.to_owned(),
            };
            row.push(Cell::new(script.ecosystem.as_deref().unwrap_or_default()));
            row.push(Cell::new(runner));
            row.push(Cell::new(tilde(&script.directory, home)));
        }
        row.push(Cell::new(shell_words(&script.command)));
        table.row(row);
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
