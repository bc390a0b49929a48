//! `ps`: one row a process.

use crate::json::process::Process;
use crate::style::{self, Tone};
use crate::table::{Cell, Column, Layout, Paper, Table};
use crate::{time, units, view};

/// Which columns there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    /// Of several projects.
    pub projects: bool,
    pub wide: bool,
}

impl Shape {
    /// Rows of more than one project say which.
    pub(crate) fn of(processes: &[Process], all: bool, wide: bool) -> Self {
        let first = processes.first().map(|process| &process.project);
        let several = processes.iter().any(|process| Some(&process.project) != first);
        Self { projects: all || several, wide }
    }
}

pub(crate) fn table(processes: &[Process], shape: Shape, paper: Paper) -> String {
    build(processes, shape).render(paper)
}

/// Widths for rows that come later.
pub(crate) fn layout(processes: &[Process], shape: Shape) -> Layout {
    build(processes, shape).layout()
}

fn build(processes: &[Process], shape: Shape) -> Table {
    let mut columns = Vec::new();
    if shape.projects {
        columns.push(Column::left("PROJECT"));
    }
    columns.extend([
        Column::left("NAME"),
        Column::left("STATE"),
        Column::left("READY"),
        Column::right("RESTARTS"),
        Column::right("UPTIME"),
        Column::right("PID").least(5),
        Column::right("CPU").least(4),
        Column::right("MEM").least(6),
    ]);
    if shape.wide {
        columns.extend(["STARTED", "GROUPS", "DEPENDS", "RUN", "COMMAND"].map(Column::left));
    }
    columns.push(Column::left("NOTE"));
    let mut table = Table::new(columns);
    for process in processes {
        table.row(row(process, shape));
    }
    table
}

/// The cells of one process.
pub(crate) fn row(process: &Process, shape: Shape) -> Vec<Cell> {
    let tone = style::of_state(process.state, process.ready);
    let mut cells = lead(process, shape);
    let ready = match process.ready {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    cells.extend([
        Cell::new(process.state.as_str()).tone(tone),
        Cell::new(ready),
        Cell::new(process.restarts.to_string()),
        optional(process.uptime_ms.filter(|_| !process.state.is_ended()), time::short),
        optional(process.pid, |pid| pid.to_string()),
        optional(process.cpu_percent, units::percent),
        optional(process.rss_bytes, units::size_cell),
    ]);
    if shape.wide {
        cells.extend([
            optional(process.started_at, |at| time::rfc3339(at.0, 0)),
            Cell::new(process.groups.join(",")),
            Cell::new(process.depends_on.join(",")),
            Cell::new(process.run.as_deref().unwrap_or_default()),
            Cell::new(token(&process.command)),
        ]);
    }
    let note = Cell::new(process.note.as_deref().unwrap_or_default());
    cells.push(if tone == Tone::Dim { note.tone(tone) } else { note });
    cells
}

/// The row that says that a process (`project/name`) is known no more.
pub(crate) fn removed_row(key: &str, shape: Shape) -> Vec<Cell> {
    let (project, name) = key.split_once('/').unwrap_or(("", key));
    let mut cells = if shape.projects { vec![Cell::new(project)] } else { Vec::new() };
    cells.extend([Cell::new(name), Cell::new("removed").tone(Tone::Dim)]);
    cells
}

fn lead(process: &Process, shape: Shape) -> Vec<Cell> {
    let name = Cell::new(&process.name);
    if shape.projects { vec![Cell::new(&process.project), name] } else { vec![name] }
}

fn optional<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> Cell {
    value.map(write).map_or_else(Cell::default, Cell::new)
}

/// A command as one token: its spaces are shown (`npm␣run␣dev`). Exactly it is in the JSON.
fn token(command: &[String]) -> String {
    view::shell_words(command).replace(' ', "␣")
}
