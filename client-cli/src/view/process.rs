//! `status NAME`: one process in full.

use std::fmt::Write as _;
use std::path::Path;

use super::{plain_words, shell_words, tilde};
use crate::json::process::Full;
use crate::style;
use crate::table::{Cell, Column, Paper, Table};
use crate::{time, units};

/// Characters of a variable's value that are shown.
const MOST_VALUE: usize = 60;

pub(crate) fn text(full: &Full, home: Option<&Path>, now_ns: i64, paper: Paper) -> String {
    let process = &full.process;
    let tone = style::of_state(process.state, process.ready);
    let mut head = format!("{}  {}", process.name, tone.paint(process.state.as_str(), paper.colour));
    let mut add = |words: String| {
        head.push_str("  ");
        head.push_str(&words);
    };
    match process.ready {
        Some(true) => add("ready".to_owned()),
        Some(false) => add("not ready".to_owned()),
        None => {}
    }
    if let Some(pid) = process.pid {
        add(format!("pid {pid}"));
    }
    if let Some(uptime) = process.uptime_ms.filter(|_| !process.state.is_ended()) {
        add(format!("up {}", time::spaced(uptime)));
    }
    if let Some(cpu) = process.cpu_percent {
        add(units::percent(cpu));
    }
    if let Some(rss) = process.rss_bytes {
        add(units::size_short(rss));
    }
    let mut out = head + "\n";
    for (name, value) in facts(full, home, now_ns) {
        let _ = writeln!(out, "{name:<12}  {}", plain_words(&value).replace('\n', " "));
    }
    if !full.environment.is_empty() {
        out.push_str(&environment(full, home, paper));
    }
    if !full.runs.is_empty() {
        out.push_str(&runs(full, paper));
    }
    out
}

fn facts(full: &Full, home: Option<&Path>, now_ns: i64) -> Vec<(&'static str, String)> {
    let process = &full.process;
    let mut facts = Vec::new();
    let mut fact = |name, value: String| {
        if !value.is_empty() {
            facts.push((name, value));
        }
    };
    let directory = full.project_directory.as_deref().map(|path| format!("  {}", tilde(path, home)));
    fact("project", format!("{}{}", process.project, directory.unwrap_or_default()));
    fact("reason", process.reason.clone().unwrap_or_default());
    fact("note", process.note.clone().unwrap_or_default());
    fact("kind", process.kind.unwrap_or_default().to_owned());
    fact("command", shell_words(&process.command));
    fact("directory", process.directory.as_deref().map(|path| tilde(path, home)).unwrap_or_default());
    fact("run", process.run.clone().unwrap_or_default());
    fact("started", process.started_at.map(|at| time::rfc3339(at.0, 3)).unwrap_or_default());
    if process.exit.reason.is_some() {
        let ago = process.exit.at.map(|at| format!(", {} ago", time::age(at.0, now_ns)));
        fact("last end", process.exit.words() + &ago.unwrap_or_default());
    }
    if let Some(at) = process.next_start_at {
        let left = u64::try_from(at.0.saturating_sub(now_ns).max(0)).unwrap_or(0) / 1_000_000;
        fact("next start", format!("in {}", time::spaced(left)));
    }
    fact("ready check", full.ready_check.clone().unwrap_or_default());
    fact("restarts", process.restarts.to_string());
    fact("errors", process.errors.to_string());
    fact("urls", process.urls.join("  "));
    fact("depends on", process.depends_on.join("  "));
    if process.draining {
        fact("draining", "what it wrote before its end is still being read".to_owned());
    }
    let leftovers: Vec<String> = process.leftovers.iter().map(u32::to_string).collect();
    fact("leftovers", leftovers.join("  "));
    facts
}

/// What was configured, with where; what just came along is counted.
fn environment(full: &Full, home: Option<&Path>, paper: Paper) -> String {
    let origin = full.environment_origin.as_deref().unwrap_or("of unknown origin");
    let sources = &full.environment_sources;
    let came_along = full.environment.keys().filter(|name| !sources.contains_key(*name)).count();
    let (own, configured): (Vec<_>, Vec<_>) =
        sources.iter().partition(|(_, places)| matches!(places.as_slice(), [only] if only == "brummer"));
    let mut out = format!(
        "{:<12}  {}: {came_along} as they came, {} of Brummer's own, {} configured\n",
        "environment",
        plain_words(origin),
        own.len(),
        configured.len()
    );
    let mut table =
        Table::new([Column::left("VARIABLE"), Column::left("VALUE").words(), Column::left("FROM").words()]);
    for (name, places) in &configured {
        let places: Vec<String> = places.iter().map(|place| local(place, full, home)).collect();
        let from = match places.split_first() {
            Some((first, [])) => first.clone(),
            Some((first, rest)) => format!("{first}, over {}", rest.join(", ")),
            None => String::new(),
        };
        let value =
            full.environment.get(*name).map_or_else(|| "(taken out)".to_owned(), |value| short(value));
        table.row(vec![Cell::new(name), Cell::new(value), Cell::new(from)]);
    }
    if !configured.is_empty() {
        out.push_str(&table.render(paper));
    }
    for note in &full.environment_notes {
        let _ = writeln!(out, "note: {}", plain_words(&local(note, full, home)));
    }
    out
}

/// A place as seen from the project.
fn local(place: &str, full: &Full, home: Option<&Path>) -> String {
    let inside = full.project_directory.as_deref().and_then(|dir| place.strip_prefix(dir)?.strip_prefix('/'));
    inside.map_or_else(|| tilde(place, home), str::to_owned)
}

/// The beginning of a value; `-o json` has all of it.
fn short(value: &str) -> String {
    let line = value.replace('\n', "\\n");
    match line.char_indices().nth(MOST_VALUE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn runs(full: &Full, paper: Paper) -> String {
    let mut table =
        Table::new([Column::left("RUN"), Column::left("STARTED"), Column::right("PID"), Column::left("END")]);
    for run in &full.runs {
        table.row(vec![
            Cell::new(&run.run),
            run.started_at.map_or_else(Cell::default, |at| Cell::new(time::rfc3339(at.0, 3))),
            run.pid.map_or_else(Cell::default, |pid| Cell::new(pid.to_string())),
            Cell::new(run.exit.words()),
        ]);
    }
    table.render(paper)
}
