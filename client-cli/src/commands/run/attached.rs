//! `run --rm` as if the command ran here: its output to our streams, its exit code ours, an interrupt stops
//! it.

use brummer_proto::client::{Client, ClientError, LogFollowEvent, new_command};
use brummer_proto::v1;
use v1::anchor::Place;

use crate::context::{Context, Patience};
use crate::exit;
use crate::failure::Failure;
use crate::json::action::ActionResult;
use crate::json::log::{Gap, GapMessage, Line, Record, Stream, records};
use crate::json::process::Exit;
use crate::view::logs::{Escapes, Manner, Prefix, Printer, Stamp};
use crate::{output, view};

/// Most lines of one page.
const PAGE: u32 = 10_000;

/// Shows everything the run says after `cursor`, until it has ended; answers its exit code.
pub(crate) async fn follow(
    context: &mut Context,
    client: &Client,
    result: ActionResult,
    cursor: String,
) -> Result<u8, Failure> {
    let mut attached = Attached::new(context, client, &result, cursor);
    let ended = attached.until_its_end(context).await;
    if matches!(ended, Err(Failure::ReaderGone)) || matches!(ended, Ok(End::Interrupted)) {
        // Nobody looks any more: as a command that runs here would, it ends with us.
        attached.stop(context).await?;
    }
    let code = match ended {
        Ok(End::Seen(exit)) => exit::of_run(&exit),
        Ok(End::Interrupted) => exit::INTERRUPTED,
        Err(failure) => {
            forget(context, client, &result).await?;
            return Err(failure);
        }
    };
    attached.rest(context).await?;
    forget(context, client, &result).await?;
    Ok(code)
}

/// Forgets the process; its logs stay.
pub(crate) async fn forget(
    context: &mut Context,
    client: &Client,
    result: &ActionResult,
) -> Result<(), Failure> {
    if result.name.is_empty() || result.process.is_none() {
        return Ok(());
    }
    let request = v1::RemoveRequest {
        command: Some(new_command()),
        scope: Some(scope(result)),
        names: vec![result.name.clone()],
        logs: false,
    };
    let ask = async |client: &Client| client.processes().remove(request.clone()).await;
    let answer = context.command(client, Patience::Usual, ask).await?;
    for item in answer.results.into_iter().map(ActionResult::from) {
        if item.error.is_some() {
            context.output.warn(&view::action::line(&item, false));
        }
    }
    Ok(())
}

fn scope(result: &ActionResult) -> v1::Scope {
    v1::Scope { project: result.project.clone(), ..v1::Scope::default() }
}

enum End {
    Seen(Exit),
    Interrupted,
}

struct Attached<'a> {
    client: &'a Client,
    result: &'a ActionResult,
    filter: v1::LogFilter,
    /// Behind the last line that was shown.
    cursor: String,
    out: Printer,
    err: Printer,
}

impl<'a> Attached<'a> {
    fn new(context: &Context, client: &'a Client, result: &'a ActionResult, cursor: String) -> Self {
        let paper = context.output.paper();
        let escapes = if paper.colour { Escapes::Colours } else { Escapes::Nothing };
        let manner = Manner {
            prefix: Prefix::Nothing,
            stamp: Stamp::Nothing,
            escapes,
            colour: paper.colour,
            width: paper.width,
        };
        let filter = v1::LogFilter {
            scope: Some(scope(result)),
            names: vec![result.name.clone()],
            runs: result.run.iter().cloned().collect(),
            ..v1::LogFilter::default()
        };
        Self { client, result, filter, cursor, out: Printer::new(manner.clone()), err: Printer::new(manner) }
    }

    async fn until_its_end(&mut self, context: &mut Context) -> Result<End, Failure> {
        let client = self.client;
        let request = v1::WaitRequest {
            scope: Some(scope(self.result)),
            names: vec![self.result.name.clone()],
            condition: Some(v1::wait_request::Condition::Exit(v1::WaitExit {})),
            any: false,
        };
        let mut ended = std::pin::pin!(wait_for_ever(client, &request));
        let mut gone = std::pin::pin!(output::reader_gone());
        let mut interrupted = std::pin::pin!(crate::sys::interrupted());
        let from = Some(v1::follow_request::From::Cursor(self.cursor.clone()));
        let mut follow =
            client.follow_logs(v1::FollowRequest { from, filter: Some(self.filter.clone()), live: false });
        loop {
            tokio::select! {
                biased;
                () = &mut interrupted => return Ok(End::Interrupted),
                () = &mut gone => return Err(Failure::ReaderGone),
                event = follow.next() => {
                    match event? {
                        Some(LogFollowEvent::Lines(lines)) => {
                            self.cursor = follow.cursor().unwrap_or(&self.cursor).to_owned();
                            self.show(context, &records(lines))?;
                        }
                        Some(LogFollowEvent::Gap(gap)) => self.gap(context, gap)?,
                        Some(_) => {}
                        // The daemon refused, which was an error above; the end alone is waited for.
                        None => return Ok(End::Seen(ended.await?)),
                    }
                    self.cursor = follow.cursor().unwrap_or(&self.cursor).to_owned();
                    context.output.flush()?;
                }
                exit = &mut ended => return Ok(End::Seen(exit?)),
            }
        }
    }

    /// What was said before the end and not shown yet: everything, since an end is told after the last line.
    async fn rest(&mut self, context: &mut Context) -> Result<(), Failure> {
        loop {
            let request = v1::ReadRequest {
                anchor: Some(v1::Anchor { place: Some(Place::Cursor(self.cursor.clone())) }),
                before: 0,
                after: PAGE,
                filter: Some(self.filter.clone()),
            };
            let ask = async |client: &Client| client.logs().read(request.clone()).await;
            let page = context.read(self.client, ask).await?;
            let stuck = page.last_cursor == self.cursor;
            self.cursor = page.last_cursor;
            for gap in page.gaps {
                self.gap(context, gap)?;
            }
            self.show(context, &page.lines.map(records).unwrap_or_default())?;
            if !page.more_after || stuck {
                break;
            }
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        self.out.close(&mut out);
        self.err.close(&mut err);
        context.output.data(out)?;
        context.output.flush()?;
        context.output.aside(&err);
        Ok(())
    }

    /// Its output to our output, its errors to our errors, and what Brummer says of it is talk.
    fn show(&mut self, context: &mut Context, lines: &[Record]) -> Result<(), Failure> {
        for record in lines {
            if context.output.format().is_json() {
                context.output.object(&Line::new(record, &self.cursor))?;
                continue;
            }
            let mut text = Vec::new();
            match record.stream {
                Stream::Out => {
                    self.out.print(record, &mut text);
                    context.output.data(text)?;
                    self.err.interrupted();
                }
                Stream::Err => {
                    self.err.print(record, &mut text);
                    context.output.aside(&text);
                    self.out.interrupted();
                }
                Stream::Sys => {
                    let words = brummer_proto::text::plain(&record.text);
                    context.output.talk(&format!("* {words}"));
                    self.out.interrupted();
                    self.err.interrupted();
                }
            }
        }
        Ok(())
    }

    fn gap(&mut self, context: &mut Context, gap: v1::Gap) -> Result<(), Failure> {
        let gap = Gap::from(gap);
        if context.output.format().is_json() {
            return context.output.object(&GapMessage { gap: &gap });
        }
        context.output.warn(&view::logs::gap(&gap));
        Ok(())
    }

    async fn stop(&self, context: &mut Context) -> Result<(), Failure> {
        context.output.talk("stopping it; interrupt again to leave it running");
        let request = v1::StopRequest {
            command: Some(new_command()),
            scope: Some(scope(self.result)),
            names: vec![self.result.name.clone()],
            all: false,
            with_dependents: false,
        };
        let ask = async |client: &Client| client.processes().stop(request.clone()).await;
        tokio::select! {
            biased;
            () = crate::sys::interrupted() => Err(left_running(self.result)),
            stopped = context.command(self.client, Patience::Usual, ask) => stopped.map(|_| ()),
        }
    }
}

fn left_running(result: &ActionResult) -> Failure {
    let message = format!("`{}` was asked to stop and may still run", result.name);
    crate::failure::Problem::new(exit::INTERRUPTED, "INTERRUPTED", message).into()
}

/// The end of the process, over restarts of the daemon.
async fn wait_for_ever(client: &Client, request: &v1::WaitRequest) -> Result<Exit, ClientError> {
    loop {
        let answer =
            client.call(async |client: &Client| client.processes().wait(request.clone()).await).await;
        match answer {
            Ok(answer) => {
                let exit = answer.results.into_iter().next().and_then(|result| result.exit);
                return Ok(exit.map(Exit::from).unwrap_or_default());
            }
            // The follow next to this waits for the daemon too, and says so.
            Err(error) if error.exit == exit::UNREACHABLE => {}
            Err(error) => return Err(error),
        }
    }
}
