//! Why a process is in its state, as far as it is known.

use super::{Para, Tone};
use crate::format;
use crate::model::Model;
use crate::model::popup::Why;
use crate::model::process::{Process, Run};

/// Earlier runs that are told.
const RUNS: usize = 5;

pub(super) fn text(model: &Model, why: &Why) -> Vec<Para> {
    let Some(process) = model.process(&why.process) else {
        return vec![Para::new("This process has been forgotten meanwhile.", Tone::Dim)];
    };
    let mut paras = vec![Para::new(format!("{}: {}", process.name, process.state_word()), Tone::Heading)];
    if !process.reason.is_empty() {
        paras.push(Para::plain(&process.reason));
    }
    paras.push(Para::plain(""));
    if process.changed {
        paras.push(Para::pair("note", &process.note));
    }
    if let Some(ms) = process.next_start_in_ms(model.now.wall_ns) {
        paras.push(Para::pair("next start", next(process, ms)));
    }
    if let Some(exit) = &process.exit {
        let ago = format::duration(format::ago_ms(model.now.wall_ns, exit.at_ns));
        paras.push(Para::pair("last exit", format!("{}, {ago} ago", exit.in_words())));
    }
    if let Some(ms) = process.uptime_ms(model.now.mono_ms) {
        paras.push(Para::pair("up for", format::duration(ms)));
    }
    if let Some(pid) = process.pid {
        paras.push(Para::pair("pid", pid.to_string()));
    }
    if process.draining {
        paras.push(Para::pair("draining", "it ended; what it left in its pipe is still being read"));
    }
    if !process.leftovers.is_empty() {
        let pids: Vec<String> = process.leftovers.iter().map(u32::to_string).collect();
        paras.push(Para::pair(
            "leftovers",
            format!("{} outlived it; the next start stops them first", pids.join(", ")),
        ));
    }
    paras.push(Para::pair("restarts", process.restarts.to_string()));
    if !process.depends_on.is_empty() {
        let names = process.depends_on.iter().map(|name| depends(model, name));
        paras.push(Para::pair("depends on", names.collect::<Vec<_>>().join(", ")));
    }
    paras.push(Para::pair("command", process.command.join(" ")));
    paras.push(Para::pair("directory", format::tilde(&process.directory, model.home.as_deref())));
    if !why.origin.is_empty() {
        paras.push(Para::pair("environment", &why.origin));
    }
    match &why.runs {
        None => paras.push(Para::pair("runs", "…")),
        Some(runs) => {
            for (index, run) in runs.iter().take(RUNS).enumerate() {
                paras.push(Para::pair(if index == 0 { "runs" } else { "" }, earlier(model, run)));
            }
        }
    }
    paras
}

fn next(process: &Process, ms: u64) -> String {
    let attempt = if process.attempts_max > 0 {
        format!(" (attempt {} of {})", process.attempt, process.attempts_max)
    } else {
        String::new()
    };
    format!("in {}{attempt}", format::duration(ms))
}

fn depends(model: &Model, name: &str) -> String {
    match model.process(name) {
        Some(process) => format!("{name} ({})", process.state_word()),
        None => name.to_owned(),
    }
}

fn earlier(model: &Model, run: &Run) -> String {
    let started =
        run.started_ns.map_or_else(|| "never started".to_owned(), |at| format::moment(at, &model.zone));
    let end = match &run.exit {
        None => "still running".to_owned(),
        Some(exit) => exit.in_words(),
    };
    let pid = run.pid.map(|pid| format!("  pid {pid}")).unwrap_or_default();
    format!("{started}{pid}  {end}")
}
