//! Telling what an action did, and what a process said last when it failed.

use brummer_proto::client::Client;
use brummer_proto::v1;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Failure, Problem};
use crate::json::action::{self, ActionResult};
use crate::json::log;
use crate::view::logs::{Escapes, Manner, Prefix, Printer, Stamp, name_width};
use crate::{exit, view};

/// Lines shown of a process that failed while it was waited for.
const LAST_LINES: u32 = 10;

/// Tells each result; answers the exit code of all.
pub(crate) fn results(context: &mut Context, results: &[ActionResult]) -> Result<u8, Failure> {
    let code = action::exit_code(results);
    if context.output.format().is_json() {
        context.output.list("results", results)?;
        for result in results {
            if let Some(error) = &result.error {
                let mut problem = Problem::new(exit::of_code(&error.code), &error.code, &error.message);
                problem.hint.clone_from(&error.hint);
                problem.details = json!({ "project": result.project, "name": result.name });
                context.output.problem(&problem);
            }
        }
        return Ok(code);
    }
    let qualified = view::action::qualified(results);
    for result in results {
        let line = view::action::line(result, qualified);
        match result.error {
            Some(_) => context.output.warn(&line),
            None => context.output.talk(&line),
        }
    }
    Ok(code)
}

/// What those that failed said last.
pub(crate) async fn last_words(
    context: &mut Context,
    client: &Client,
    results: &[ActionResult],
) -> Result<(), Failure> {
    if context.output.format().is_json() {
        return Ok(());
    }
    let failed: Vec<&ActionResult> =
        results.iter().filter(|result| result.error.is_some() && result.run.is_some()).collect();
    let mut printer = Printer::new(Manner {
        prefix: Prefix::Names(name_width(failed.iter().map(|result| result.name.as_str()))),
        stamp: Stamp::Nothing,
        escapes: Escapes::Nothing,
        colour: false,
        width: None,
    });
    for result in failed {
        let request = v1::ReadRequest {
            anchor: Some(v1::Anchor { place: Some(v1::anchor::Place::Last(true)) }),
            before: LAST_LINES,
            after: 0,
            filter: Some(v1::LogFilter {
                scope: Some(v1::Scope { project: result.project.clone(), ..v1::Scope::default() }),
                names: vec![result.name.clone()],
                runs: result.run.iter().cloned().collect(),
                streams: vec![v1::Stream::Out.into(), v1::Stream::Err.into()],
                ..v1::LogFilter::default()
            }),
        };
        let page =
            context.read(client, async |client: &Client| client.logs().read(request.clone()).await).await?;
        let mut text = Vec::new();
        for record in page.lines.map(log::records).unwrap_or_default() {
            printer.print(&record, &mut text);
        }
        printer.close(&mut text);
        if !text.is_empty() {
            context.output.warn(String::from_utf8_lossy(&text).trim_end_matches('\n'));
        }
    }
    Ok(())
}
