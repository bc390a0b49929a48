//! Lines, pages and filters on the wire.

use brummer_event::{Level, LineCursor, LineFlags, ProcessKey, RunId, Stream};
use brummer_logs::{Anchor, LineView, Matcher};
use brummer_proto::v1;
use brummer_world::{LinesAsk, RunChoice};
use tonic::Status;

use super::inbound;
use crate::refuse::{invalid, missing};

/// Lines with a table of their sources: neighbours mostly share one.
pub(crate) fn lines(views: &[LineView]) -> v1::LogLines {
    let mut known: Vec<(&ProcessKey, RunId)> = Vec::new();
    let mut sources = Vec::new();
    let mut last: Option<(u32, &ProcessKey, RunId)> = None;
    let mut lines = Vec::with_capacity(views.len());
    for view in views {
        let source = match last {
            Some((index, key, run)) if run == view.run && *key == view.key => index,
            _ => {
                let at = known.iter().position(|(key, run)| *run == view.run && **key == view.key);
                let at = at.unwrap_or_else(|| {
                    known.push((&view.key, view.run));
                    sources.push(v1::LineSource {
                        host: String::new(),
                        project: view.key.project.to_string(),
                        process: view.key.name.to_string(),
                        run: view.run.to_string(),
                    });
                    known.len() - 1
                });
                u32::try_from(at).unwrap_or(u32::MAX)
            }
        };
        last = Some((source, &view.key, view.run));
        lines.push(line(view, source));
    }
    v1::LogLines { sources, lines }
}

fn line(view: &LineView, source: u32) -> v1::LogLine {
    v1::LogLine {
        source,
        seq: view.seq,
        line: view.line,
        stream: stream(view.stream).into(),
        time_ns: view.time,
        level: level(view.level).into(),
        text: view.text.clone(),
        part: view.flags.has(LineFlags::PART),
        replaces_previous: view.flags.has(LineFlags::REPLACES_PREVIOUS),
        after_exit: view.flags.has(LineFlags::AFTER_EXIT),
        context: view.context,
    }
}

fn stream(stream: Stream) -> v1::Stream {
    match stream {
        Stream::Out => v1::Stream::Out,
        Stream::Err => v1::Stream::Err,
        Stream::Sys => v1::Stream::Sys,
    }
}

fn level(level: Level) -> v1::Level {
    match level {
        Level::Trace => v1::Level::Trace,
        Level::Debug => v1::Level::Debug,
        Level::Info => v1::Level::Info,
        Level::Warn => v1::Level::Warn,
        Level::Error => v1::Level::Error,
        Level::Fatal => v1::Level::Fatal,
    }
}

/// Texts that a line may have to hold.
const MOST_TEXTS: usize = 8;

pub(crate) fn ask(filter: Option<v1::LogFilter>) -> Result<LinesAsk, Status> {
    let filter = filter.ok_or_else(|| missing("filter"))?;
    let streams = filter.streams().map(inbound_stream).collect::<Result<Vec<_>, _>>()?;
    let min_level = inbound_level(filter.min_level())?;
    if filter.texts.len() > MOST_TEXTS {
        return Err(invalid("filter.texts", format!("at most {MOST_TEXTS} texts")));
    }
    let texts = filter.texts.iter().map(|text| match &text.kind {
        None => Err(missing("filter.texts.kind")),
        Some(v1::log_text::Kind::Contains(text)) => {
            Matcher::literal(text).map_err(|error| invalid("filter.texts", error.to_string()))
        }
        Some(v1::log_text::Kind::Regex(pattern)) => {
            Matcher::regex(pattern).map_err(|error| invalid("filter.texts", error.to_string()))
        }
    });
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let runs = match filter.runs.as_slice() {
        [] => RunChoice::All,
        [one] if one == "last" => RunChoice::Last,
        ids => RunChoice::Ids(
            ids.iter()
                .map(|id| id.parse().map_err(|error| invalid("filter.runs", format!("{error}"))))
                .collect::<Result<_, _>>()?,
        ),
    };
    Ok(LinesAsk {
        selection: inbound::selection(filter.scope, filter.names)?,
        runs,
        streams: (!streams.is_empty()).then_some(streams),
        min_level,
        texts,
        since: filter.since_ns,
        until: filter.until_ns,
        include_replaced: filter.include_replaced,
        context: filter.context as usize,
    })
}

fn inbound_stream(stream: v1::Stream) -> Result<Stream, Status> {
    match stream {
        v1::Stream::Out => Ok(Stream::Out),
        v1::Stream::Err => Ok(Stream::Err),
        v1::Stream::Sys => Ok(Stream::Sys),
        v1::Stream::Unspecified => Err(invalid("filter.streams", "a stream is out, err or sys")),
    }
}

fn inbound_level(level: v1::Level) -> Result<Option<Level>, Status> {
    Ok(match level {
        v1::Level::Unspecified => None,
        v1::Level::Trace => Some(Level::Trace),
        v1::Level::Debug => Some(Level::Debug),
        v1::Level::Info => Some(Level::Info),
        v1::Level::Warn => Some(Level::Warn),
        v1::Level::Error => Some(Level::Error),
        v1::Level::Fatal => Some(Level::Fatal),
    })
}

pub(crate) fn anchor(anchor: Option<v1::Anchor>) -> Result<Anchor, Status> {
    match anchor.and_then(|anchor| anchor.place) {
        Some(v1::anchor::Place::Cursor(text)) => Ok(Anchor::Cursor(cursor("anchor.cursor", &text)?)),
        Some(v1::anchor::Place::TimeNs(time)) => Ok(Anchor::Time(time)),
        Some(v1::anchor::Place::First(_)) => Ok(Anchor::First),
        Some(v1::anchor::Place::Last(_)) => Ok(Anchor::Last),
        None => Err(missing("anchor")),
    }
}

pub(crate) fn cursor(field: &'static str, text: &str) -> Result<LineCursor, Status> {
    text.parse().map_err(|error| invalid(field, format!("{error}")))
}
