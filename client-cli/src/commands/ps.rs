//! `ps`: processes, and with `-w` their changes.

use brummer_proto::client::{Client, WatchEvent};
use brummer_proto::v1;

use crate::args::Ps;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::json::process::{Process, WatchItem, WatchMessage};
use crate::output::{Format, reader_gone};
use crate::table::Layout;
use crate::view::ps::{self, Shape};

pub(crate) async fn perform(context: &mut Context, ps: Ps) -> Result<u8, Failure> {
    if ps.watch {
        super::refuse_document(context, "`ps -w`")?;
    }
    let scope = if ps.all { Context::all() } else { context.scope()? };
    let client = context.connect().await?;
    if ps.watch {
        return watch(context, &client, scope, ps).await;
    }
    let request = v1::ListProcessesRequest { scope: Some(scope), names: ps.names };
    let ask = async |client: &Client| client.processes().list_processes(request.clone()).await;
    let answer = context.read(&client, ask).await?;
    context.announce(answer.project.as_ref());
    let processes: Vec<Process> = answer.processes.into_iter().map(Process::from).collect();
    if context.output.format().is_json() {
        context.output.list("processes", &processes)?;
    } else {
        let shape = Shape::of(&processes, ps.all, context.output.format() == Format::Wide);
        let table = ps::table(&processes, shape, context.output.paper());
        context.output.data(table)?;
    }
    Ok(exit::OK)
}

/// A list first, then one row (or object) a change; after a loss of the daemon a new list.
async fn watch(context: &mut Context, client: &Client, scope: v1::Scope, ps: Ps) -> Result<u8, Failure> {
    let request = v1::WatchProcessesRequest { scope: Some(scope), names: ps.names, usage_interval_ms: None };
    let mut watch = client.watch_processes(request);
    let mut drawing = Drawing { all: ps.all, table: None, seq: 0 };
    let mut gone = std::pin::pin!(reader_gone());
    loop {
        let event = tokio::select! {
            biased;
            () = &mut gone => return Err(Failure::ReaderGone),
            event = watch.next() => event?,
        };
        let Some(event) = event else { return Ok(exit::OK) };
        match event {
            WatchEvent::Snapshot(processes) => {
                let processes: Vec<Process> = processes.into_iter().map(Process::from).collect();
                drawing.show(context, &WatchItem::Snapshot(&processes))?;
            }
            WatchEvent::Changed(process) => {
                drawing.show(context, &WatchItem::Change(&Process::from(process)))?;
            }
            WatchEvent::Removed(key) => drawing.show(context, &WatchItem::Removed(&key))?,
            WatchEvent::Reconnecting { attempt: 1, .. } => {
                context.output.talk("the daemon is away; waiting for it");
            }
            WatchEvent::Reconnected => context.output.talk("the daemon is back"),
            WatchEvent::Usage(_) | WatchEvent::Reconnecting { .. } => {}
        }
        context.output.flush()?;
    }
}

struct Drawing {
    all: bool,
    table: Option<(Layout, Shape)>,
    /// Number of the newest message of this stream.
    seq: u64,
}

impl Drawing {
    fn show(&mut self, context: &mut Context, item: &WatchItem<'_>) -> Result<(), Failure> {
        self.seq += 1;
        if context.output.format().is_json() {
            return context.output.object(&WatchMessage { item, seq: self.seq });
        }
        let paper = context.output.paper();
        let wide = context.output.format() == Format::Wide;
        match (item, &self.table) {
            (WatchItem::Snapshot(processes), _) => {
                let shape = Shape::of(processes, self.all, wide);
                self.table = Some((ps::layout(processes, shape), shape));
                context.output.data(ps::table(processes, shape, paper))
            }
            (WatchItem::Change(process), Some((layout, shape))) => {
                context.output.data(layout.row(ps::row(process, *shape), paper))
            }
            (WatchItem::Removed(key), Some((layout, shape))) => {
                context.output.data(layout.row(ps::removed_row(key, *shape), paper))
            }
            // Changes come after their list.
            (WatchItem::Change(_) | WatchItem::Removed(_), None) => Ok(()),
        }
    }
}
