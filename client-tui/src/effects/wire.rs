//! Messages of the wire as our own words, and back. Nowhere else are wire types known but in the requests
//! and streams beside.

use std::sync::Arc;

use brummer_proto::v1;

use crate::model::Place;
use crate::model::filter::{Filter, Level, Pattern, Stream};
use crate::model::incident::{Frame, Incident};
use crate::model::log::{Entry, Gap, Line, Page, Source};
use crate::model::process::{Endpoint, Exit, Process, Project, Run, Script, State, Usage};
use crate::model::settings::{Mistake, Setting};

pub(super) fn scope(place: &Place) -> v1::Scope {
    match place {
        Place::Project { name, .. } => project_scope(name),
        Place::Directory(directory) => v1::Scope { directory: directory.clone(), ..v1::Scope::default() },
    }
}

pub(super) fn project_scope(name: &str) -> v1::Scope {
    v1::Scope { project: name.to_owned(), ..v1::Scope::default() }
}

pub(super) fn filter(scope: v1::Scope, filter: &Filter) -> v1::LogFilter {
    let text = |pattern: &Pattern| v1::LogText {
        kind: Some(match pattern.regex {
            true => v1::log_text::Kind::Regex(pattern.text.clone()),
            false => v1::log_text::Kind::Contains(pattern.text.clone()),
        }),
    };
    let stream = |stream: &Stream| match stream {
        Stream::Out => v1::Stream::Out as i32,
        Stream::Err => v1::Stream::Err as i32,
        Stream::Sys => v1::Stream::Sys as i32,
    };
    let level = |level: Level| match level {
        Level::Trace => v1::Level::Trace as i32,
        Level::Debug => v1::Level::Debug as i32,
        Level::Info => v1::Level::Info as i32,
        Level::Warn => v1::Level::Warn as i32,
        Level::Error => v1::Level::Error as i32,
        Level::Fatal => v1::Level::Fatal as i32,
    };
    v1::LogFilter {
        scope: Some(scope),
        names: filter.processes.clone(),
        streams: filter.streams.iter().map(stream).collect(),
        min_level: filter.level.map_or(0, level),
        texts: filter.texts.iter().map(text).collect(),
        ..v1::LogFilter::default()
    }
}

/// Lines with their sources looked up. A line of an unknown source is one of nobody, not none.
pub(super) fn lines(lines: v1::LogLines) -> Vec<Line> {
    let source = |source: v1::LineSource| Arc::new(Source { process: source.process, run: source.run });
    let sources: Vec<Arc<Source>> = lines.sources.into_iter().map(source).collect();
    let nobody = Arc::new(Source { process: String::new(), run: String::new() });
    let line = |line: v1::LogLine| {
        let source = sources.get(line.source as usize).unwrap_or(&nobody).clone();
        Line {
            source,
            seq: line.seq,
            last_seq: line.seq,
            number: line.line,
            stream: match line.stream() {
                v1::Stream::Err => Stream::Err,
                v1::Stream::Sys => Stream::Sys,
                v1::Stream::Out | v1::Stream::Unspecified => Stream::Out,
            },
            time_ns: line.time_ns,
            level: match line.level() {
                v1::Level::Unspecified => None,
                v1::Level::Trace => Some(Level::Trace),
                v1::Level::Debug => Some(Level::Debug),
                v1::Level::Info => Some(Level::Info),
                v1::Level::Warn => Some(Level::Warn),
                v1::Level::Error => Some(Level::Error),
                v1::Level::Fatal => Some(Level::Fatal),
            },
            part: line.part,
            replaces: line.replaces_previous,
            after_exit: line.after_exit,
            text: line.text,
        }
    };
    lines.lines.into_iter().map(line).collect()
}

pub(super) fn gap(gap: v1::Gap) -> Gap {
    let reason = match gap.reason() {
        v1::GapReason::Evicted => "evicted",
        v1::GapReason::Behind => "behind",
        v1::GapReason::DiskFull => "disk full",
        v1::GapReason::Live => "live",
        v1::GapReason::Epoch => "epoch",
        v1::GapReason::Cleared => "cleared",
        v1::GapReason::Unspecified => "unknown",
    };
    Gap { from: gap.from, to: gap.to, lines: gap.lines, process: gap.process, reason }
}

pub(super) fn page(response: v1::ReadResponse) -> Page {
    let epoch = [&response.last_cursor, &response.first_cursor].into_iter().find_map(|cursor| epoch(cursor));
    let mut entries: Vec<Entry> =
        response.lines.map(lines).unwrap_or_default().into_iter().map(Entry::Line).collect();
    entries.extend(response.gaps.into_iter().map(gap).map(Entry::Gap));
    // A gap stands before the first line that came after it began.
    entries.sort_by_key(|entry| (entry.first_seq(), entry.line().is_some()));
    Page {
        entries,
        more_before: response.more_before,
        more_after: response.more_after,
        epoch: epoch.unwrap_or_default(),
    }
}

/// What cursors of this epoch begin with: `l1.feed` of `l1.feed.42.17`.
pub(super) fn epoch(cursor: &str) -> Option<String> {
    let mut fields = cursor.split('.');
    match (fields.next(), fields.next(), fields.next()) {
        (Some("l1"), Some(epoch), Some(_)) => Some(format!("l1.{epoch}")),
        _ => None,
    }
}

fn exit(exit: v1::Exit) -> Exit {
    let reason = match exit.reason() {
        v1::ExitReason::Exited => "exited",
        v1::ExitReason::Signaled => "signaled",
        v1::ExitReason::Stopped => "stopped",
        v1::ExitReason::StartFailed => "start_failed",
        v1::ExitReason::Lost => "lost",
        v1::ExitReason::Unspecified => "",
    };
    Exit {
        code: exit.code,
        signal: exit.signal,
        core: exit.core,
        reason,
        at_ns: exit.at_ns,
        detail: exit.detail,
    }
}

/// `mono_ms`: the loop's clock at the moment the message came.
pub(super) fn process(process: v1::Process, mono_ms: u64) -> Process {
    let state = match process.state() {
        v1::ProcessState::Stopped => State::Stopped,
        v1::ProcessState::Waiting => State::Waiting,
        v1::ProcessState::Starting => State::Starting,
        v1::ProcessState::Running => State::Running,
        v1::ProcessState::Paused => State::Paused,
        v1::ProcessState::Stopping => State::Stopping,
        v1::ProcessState::Exited => State::Exited,
        v1::ProcessState::Backoff => State::Backoff,
        v1::ProcessState::Failed => State::Failed,
        v1::ProcessState::Lost => State::Lost,
        v1::ProcessState::Unspecified => State::Unknown,
    };
    let task = process.kind() == v1::ProcessKind::Task;
    let signed = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    Process {
        project: process.project,
        name: process.name,
        state,
        ready: process.ready,
        pid: process.pid,
        run: process.run,
        began_mono_ms: process.uptime_ms.map(|uptime| signed(mono_ms).saturating_sub(signed(uptime))),
        restarts: process.restarts,
        exit: process.exit.map(exit),
        next_start_ns: process.next_start_at_ns,
        draining: process.draining,
        leftovers: process.leftovers,
        cpu_percent: process.usage.map(|usage| usage.cpu_percent),
        rss_bytes: process.usage.map(|usage| usage.rss_bytes),
        urls: process.urls,
        errors: process.errors,
        depends_on: process.depends_on,
        command: process.command,
        directory: process.directory,
        note: process.note,
        reason: process.reason,
        task,
        attempt: process.attempt,
        attempts_max: process.attempts_max,
        autostart: process.autostart,
        changed: process.changed || process.undeclared,
    }
}

pub(super) fn usage(usage: v1::ProcessUsage) -> Option<Usage> {
    let sample = usage.usage?;
    Some(Usage { name: usage.name, cpu_percent: sample.cpu_percent, rss_bytes: sample.rss_bytes })
}

pub(super) fn incident(incident: v1::Incident) -> Incident {
    let fatal = incident.severity() == v1::Severity::Fatal;
    let frame = |frame: v1::StackFrame| Frame {
        file: frame.file,
        line: frame.line,
        column: frame.column,
        function: frame.function,
        own: frame.own,
    };
    Incident {
        id: incident.id,
        process: incident.process,
        kind: incident.kind,
        code: incident.code,
        message: incident.message,
        file: incident.file,
        line: incident.line,
        column: incident.column,
        count: incident.count,
        first_seen_ns: incident.first_seen_ns,
        last_seen_ns: incident.last_seen_ns,
        first_cursor: incident.first_cursor,
        stack: incident.stack.into_iter().map(frame).collect(),
        fatal,
        source: incident.source,
        muted: incident.muted,
        resolved: incident.resolved,
        earlier_run: incident.earlier_run,
    }
}

pub(super) fn endpoint(endpoint: v1::Endpoint) -> Endpoint {
    Endpoint {
        process: endpoint.process,
        url: endpoint.url,
        label: endpoint.label,
        proxy_url: endpoint.proxy_url,
        alive: endpoint.alive,
        seen_ns: endpoint.seen_at_ns,
    }
}

pub(super) fn project(project: v1::Project) -> Project {
    Project {
        name: project.name,
        directory: project.directory,
        trusted: project.trusted,
        open: project.open,
        running: project.running,
        failed: project.failed,
        other: project.other,
        mistakes: project.mistakes.len(),
    }
}

pub(super) fn script(script: v1::Script) -> Script {
    Script {
        name: script.name,
        original: script.original,
        command: script.command,
        directory: script.directory,
        source: script.source,
        ecosystem: script.ecosystem,
        missing: script.missing,
        missing_reason: script.missing_reason,
        wants_argument: script.wants_argument,
        last_run_ns: script.last_run_at_ns,
    }
}

pub(super) fn setting(value: v1::ConfigValue) -> Setting {
    Setting { key: value.key, value: value.value, source: value.source }
}

pub(super) fn mistake(diagnostic: v1::Diagnostic) -> Mistake {
    Mistake {
        code: diagnostic.code,
        message: diagnostic.message,
        hint: diagnostic.hint,
        file: diagnostic.file,
        line: diagnostic.line,
        column: diagnostic.column,
    }
}

pub(super) fn run(run: v1::Run) -> Run {
    Run { pid: run.pid, started_ns: run.started_at_ns, exit: run.exit.map(exit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_what_cursors_begin_with() {
        assert_eq!(epoch("l1.feed.42.17").as_deref(), Some("l1.feed"));
        assert_eq!(epoch("e1.7.9"), None);
        assert_eq!(epoch(""), None);
    }

    #[test]
    fn a_gap_stands_where_its_lines_would() {
        let line = |seq| v1::LogLine { seq, ..v1::LogLine::default() };
        let gap = v1::Gap { from: 2, to: 8, lines: Some(7), ..v1::Gap::default() };
        let response = v1::ReadResponse {
            lines: Some(v1::LogLines { sources: Vec::new(), lines: vec![line(1), line(9)] }),
            gaps: vec![gap],
            last_cursor: "l1.a.9.0".to_owned(),
            ..v1::ReadResponse::default()
        };
        let page = page(response);
        assert_eq!(page.entries.iter().map(Entry::first_seq).collect::<Vec<_>>(), [1, 2, 9]);
        assert_eq!(page.epoch, "l1.a");
    }

    #[test]
    fn uptime_becomes_a_moment_of_our_clock() {
        let wire = v1::Process { uptime_ms: Some(5000), ..v1::Process::default() };
        let process = process(wire, 2000);
        assert_eq!(process.began_mono_ms, Some(-3000));
        assert_eq!(process.uptime_ms(4000), Some(7000));
    }
}
