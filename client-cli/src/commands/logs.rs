//! `logs`: read back, follow, count, clear.

mod follow;
mod read;
mod sink;

use brummer_proto::client::{Client, new_command};
use brummer_proto::v1;
use v1::anchor::Place;
use v1::follow_request::From;

pub(crate) use follow::Follow;
pub(crate) use sink::Sink;

use crate::args::{LineCount, Logs, StreamName};
use crate::context::{Context, Patience};
use crate::failure::{Failure, Problem};
use crate::json::log::{Cleared, Count, Gap, Level};
use crate::view::logs::{Prefix, name_width};
use crate::{exit, time, view};
use read::{Backlog, Reader};

/// Lines shown unless `-n` says.
const READ_LINES: u32 = 200;
/// Lines shown before following unless `-n` says.
pub(crate) const FOLLOW_LINES: u32 = 20;

pub(crate) async fn perform(context: &mut Context, logs: Logs) -> Result<u8, Failure> {
    refuse_contradictions(context, &logs)?;
    let client = context.connect().await?;
    if logs.clear {
        return clear(context, &client, logs).await;
    }
    let filter = filter(context, &logs)?;
    if logs.count {
        return count(context, &client, filter).await;
    }
    let prefix = prefix(context, &client, &logs).await?;
    let mut reader = Reader { client: &client, filter, announced: prefix.announced };
    let mut sink = Sink::new(context, prefix.prefix, logs.timestamps, logs.raw);
    let from = match (&logs.after, logs.follow && logs.lines.is_none()) {
        // The stream gives everything after the cursor by itself.
        (Some(cursor), true) => From::Cursor(cursor.clone()),
        _ => From::Cursor(backlog(context, &mut reader, &mut sink, &logs).await?),
    };
    if !logs.follow {
        sink.finish(context)?;
        return Ok(exit::OK);
    }
    context.output.flush()?;
    Follow { client: &client, filter: reader.filter, from, sink }.run(context).await
}

/// Shows what was said up to now; answers the cursor behind it.
async fn backlog(
    context: &mut Context,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
    logs: &Logs,
) -> Result<String, Failure> {
    let anchor = logs.after.clone().map(Place::Cursor);
    let lines = logs.lines.unwrap_or(match (&logs.after, logs.follow) {
        (Some(_), _) => LineCount::All,
        (None, true) => LineCount::Newest(FOLLOW_LINES),
        (None, false) => LineCount::Newest(READ_LINES),
    });
    match (lines, anchor) {
        (LineCount::Newest(lines), None) => {
            let Backlog { records, gaps, next, older } = reader.newest(context, lines).await?;
            if older && logs.since.is_some() && logs.lines.is_none() {
                context.output.talk("there are older lines; `-n all` shows them");
            }
            sink.page(context, &records, &gaps, &next)?;
            Ok(next)
        }
        (lines, anchor) => {
            let most = match lines {
                LineCount::All => None,
                LineCount::Newest(lines) => Some(lines),
            };
            reader.onwards(context, anchor.unwrap_or(Place::First(true)), most, sink).await
        }
    }
}

fn refuse_contradictions(context: &Context, logs: &Logs) -> Result<(), Failure> {
    if logs.follow {
        super::refuse_document(context, "`logs -f`")?;
    }
    if logs.raw && context.output.format().is_json() {
        return Err(Problem::usage("`--raw` passes bytes on, and JSON has none").into());
    }
    if logs.context > 0 && logs.grep.is_none() && logs.regex.is_none() && logs.level.is_none() {
        return Err(Problem::usage("`-C` shows lines around matches, and nothing is searched for")
            .hint("add --grep, --regex or --level")
            .into());
    }
    if logs.follow && logs.after.is_some() && logs.lines.is_some() {
        return Err(Problem::usage("`-f --after` shows everything after the cursor; leave out `-n`").into());
    }
    Ok(())
}

fn filter(context: &Context, logs: &Logs) -> Result<v1::LogFilter, Failure> {
    let now = time::now_ns();
    let kind = match (&logs.grep, &logs.regex) {
        (Some(text), _) => Some(v1::log_text::Kind::Contains(text.clone())),
        (None, Some(regex)) => Some(v1::log_text::Kind::Regex(regex.clone())),
        (None, None) => None,
    };
    let stream = |stream: &StreamName| match stream {
        StreamName::Out => v1::Stream::Out,
        StreamName::Err => v1::Stream::Err,
        StreamName::Sys => v1::Stream::Sys,
    };
    let level = logs.level.map_or(v1::Level::Unspecified, |level| match level {
        Level::Trace => v1::Level::Trace,
        Level::Debug => v1::Level::Debug,
        Level::Info => v1::Level::Info,
        Level::Warn => v1::Level::Warn,
        Level::Error => v1::Level::Error,
        Level::Fatal => v1::Level::Fatal,
    });
    Ok(v1::LogFilter {
        scope: Some(context.scope()?),
        names: logs.names.clone(),
        runs: logs.run.iter().cloned().collect(),
        streams: logs.stream.iter().map(|name| stream(name).into()).collect(),
        min_level: level.into(),
        texts: kind.map(|kind| v1::LogText { kind: Some(kind) }).into_iter().collect(),
        since_ns: logs.since.map(|since| since.at(now)),
        until_ns: logs.until.map(|until| until.at(now)),
        context: logs.context,
        // A program can prove completeness by `line` only if it gets every state; people want the last.
        include_replaced: context.output.format().is_json()
            && !logs.count
            && logs.grep.is_none()
            && logs.regex.is_none(),
    })
}

struct ChosenPrefix {
    prefix: Prefix,
    /// The project was named on the way.
    announced: bool,
}

/// One named process needs no prefix; several are padded to the longest of those selected.
async fn prefix(context: &mut Context, client: &Client, logs: &Logs) -> Result<ChosenPrefix, Failure> {
    let one = matches!(logs.names.as_slice(), [name] if !name.contains(['*', '?']));
    let prefix = match (logs.no_prefix, one) {
        (true, _) => Some(Prefix::Nothing),
        (false, true) => Some(Prefix::MarksOfSys),
        (false, false) => None,
    };
    if let Some(prefix) = prefix {
        return Ok(ChosenPrefix { prefix, announced: false });
    }
    if context.output.format().is_json() {
        return Ok(ChosenPrefix { prefix: Prefix::Nothing, announced: false });
    }
    let request = v1::ListProcessesRequest { scope: Some(context.scope()?), names: logs.names.clone() };
    let ask = async |client: &Client| client.processes().list_processes(request.clone()).await;
    let answer = context.read(client, ask).await?;
    context.announce(answer.project.as_ref());
    let width = name_width(answer.processes.iter().map(|process| process.name.as_str()));
    Ok(ChosenPrefix { prefix: Prefix::Names(width), announced: true })
}

async fn count(context: &mut Context, client: &Client, filter: v1::LogFilter) -> Result<u8, Failure> {
    let request = v1::CountRequest { filter: Some(filter) };
    let ask = async |client: &Client| client.logs().count(request.clone()).await;
    let answer = context.read(client, ask).await?;
    context.announce(answer.project.as_ref());
    let gaps: Vec<Gap> = answer.gaps.into_iter().map(Gap::from).collect();
    if context.output.format().is_json() {
        context.output.object(&Count { count: answer.lines, scanned: answer.scanned, gaps })?;
    } else {
        for gap in &gaps {
            context.output.warn(&view::logs::gap(gap));
        }
        context.output.data(format!("{}\n", answer.lines))?;
    }
    Ok(exit::OK)
}

async fn clear(context: &mut Context, client: &Client, logs: Logs) -> Result<u8, Failure> {
    let request = v1::ClearRequest {
        command: Some(new_command()),
        scope: Some(context.scope()?),
        names: logs.names.clone(),
    };
    let ask = async |client: &Client| client.logs().clear(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    context.announce(answer.project.as_ref());
    if context.output.format().is_json() {
        context.output.object(&Cleared { cursor: answer.cursor })?;
    } else {
        let whose = if logs.names.is_empty() { "all processes".to_owned() } else { logs.names.join(", ") };
        context.output.talk(&format!("logs  cleared  {}", view::plain_words(&whose)));
    }
    Ok(exit::OK)
}

/// Line cursor behind everything that any process has said.
pub(crate) async fn cursor_now(context: &Context, client: &Client) -> Result<From, Failure> {
    let request = v1::ReadRequest {
        anchor: Some(v1::Anchor { place: Some(Place::Last(true)) }),
        before: 0,
        after: 0,
        filter: Some(v1::LogFilter { scope: Some(Context::all()), ..v1::LogFilter::default() }),
    };
    let ask = async |client: &Client| client.logs().read(request.clone()).await;
    let answer = context.read(client, ask).await?;
    Ok(From::Cursor(answer.last_cursor))
}
