//! `status`: the daemon and its projects.

use std::fmt::Write as _;
use std::path::Path;

use super::{plain_words, tilde};
use crate::json::config::Diagnostic;
use crate::json::project::Tally;
use crate::json::system::{Pong, Started, Status, StoppedProcess, Version};
use crate::style::Tone;
use crate::table::{Cell, Column, Paper, Table};
use crate::{time, units};

pub(crate) fn status(status: &Status, home: Option<&Path>, paper: Paper) -> String {
    let daemon = &status.daemon;
    let logs = &daemon.logs;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "brummerd  {}  pid {}  up {}  {}  service: {}",
        plain_words(&daemon.version),
        daemon.pid,
        time::spaced(daemon.uptime_ms),
        units::size_short(daemon.rss_bytes),
        daemon.service.as_deref().unwrap_or("none"),
    );
    let _ = writeln!(out, "socket    {}", tilde(&daemon.socket, home));
    let disk = match logs.disk_bytes_max {
        0 => units::size_short(logs.disk_bytes),
        most => format!("{} of {}", units::size_short(logs.disk_bytes), units::size_short(most)),
    };
    let _ = writeln!(
        out,
        "logs      {} lines  {disk} on disk  {} lost",
        units::thousands(logs.lines),
        units::thousands(logs.lost_lines),
    );
    let degradation = plain_words(&daemon.degradation);
    let on = paper.colour && degradation != "full";
    let _ = writeln!(out, "degradation  {}", Tone::Warn.paint(&degradation, on));
    let mut table = Table::new([
        Column::left("PROJECT"),
        Column::left("STATE").least(20).words(),
        Column::left("DIRECTORY"),
    ]);
    for project in &status.projects {
        let mut words = tally(project.processes);
        if !project.mistakes.is_empty() {
            words.push_str("; configuration broken");
        }
        let bad = project.processes.failed > 0 || !project.mistakes.is_empty();
        let state = if bad { Cell::new(words).tone(Tone::Bad) } else { Cell::new(words) };
        table.row(vec![Cell::new(&project.name), state, Cell::new(tilde(&project.directory, home))]);
    }
    out += &table.render(paper);
    let wrong: Vec<&Diagnostic> =
        daemon.mistakes.iter().chain(status.projects.iter().flat_map(|project| &project.mistakes)).collect();
    if !wrong.is_empty() {
        out.push_str("\nof what has mistakes the last good version counts:\n\n");
        out += &super::config::mistakes(wrong);
    }
    out
}

/// `3 running, 1 failed`; what neither runs nor failed is only told where nothing else is.
pub(crate) fn tally(tally: Tally) -> String {
    match (tally.running, tally.failed) {
        (0, 0) if tally.other > 0 => format!("{} ended", tally.other),
        (0, 0) => "no processes".to_owned(),
        (0, failed) => format!("{failed} failed"),
        (running, 0) => format!("{running} running"),
        (running, failed) => format!("{running} running, {failed} failed"),
    }
}

pub(crate) fn pong(pong: &Pong) -> String {
    format!("brummerd  {}  pid {}  {}us\n", plain_words(&pong.version), pong.pid, pong.rtt_us)
}

pub(crate) fn version(version: &Version) -> String {
    let daemon = version.daemon.as_deref().unwrap_or("-");
    format!("brummerctl  {}\nbrummerd    {}\n", version.client, plain_words(daemon))
}

/// `brummerd  restarted  pid 812  3 processes kept`.
pub(crate) fn started(started: &Started) -> String {
    let mut line = format!("brummerd  {}  pid {}", started.did.replace('_', " "), started.pid);
    match started.kept {
        Some(1) => line.push_str("  1 process kept"),
        Some(kept) => line.push_str(&format!("  {kept} processes kept")),
        None => {}
    }
    line
}

/// `shop/api  stopped  exit 0`.
pub(crate) fn stopped(process: &StoppedProcess) -> String {
    let mut line = format!("{}/{}  stopped", process.project, process.name);
    if !process.how.is_empty() && process.how != "stopped" {
        line.push_str(&format!("  {}", process.how));
    }
    plain_words(&line)
}
