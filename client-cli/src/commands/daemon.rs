//! `daemon`: start, stop, replace, look at, install.

mod install;
mod lifecycle;

use std::io::ErrorKind;

use crate::args::{Daemon, DaemonVerb};
use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, Problem};
use crate::json::system::{LogFile, LogLine};
use crate::output::Format;

pub(crate) async fn perform(context: &mut Context, daemon: Daemon) -> Result<u8, Failure> {
    match daemon.verb {
        DaemonVerb::Start => lifecycle::start(context).await,
        DaemonVerb::Stop => lifecycle::stop(context).await,
        DaemonVerb::Restart { all } => lifecycle::restart(context, all).await,
        DaemonVerb::Status => {
            let client = context.connect_or_start(false).await?;
            super::status::daemon(context, &client).await
        }
        DaemonVerb::Logs => logs(context),
        DaemonVerb::Install => install::install(context),
        DaemonVerb::Uninstall => install::uninstall(context),
    }
}

/// The daemon's own log file, whether one runs or not.
fn logs(context: &mut Context) -> Result<u8, Failure> {
    let path = context.places()?.log();
    let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Problem::new(exit::NOT_FOUND, "NO_LOG", format!("there is no {}", path.display()))
                .hint("a daemon under systemd logs there: `journalctl --user -u brummerd`")
        }
        _ => Problem::new(exit::FAILURE, "NO_LOG", format!("cannot read {}: {error}", path.display())),
    })?;
    let text = brummer_proto::text::plain(&bytes);
    match context.output.format() {
        Format::Text | Format::Wide => context.output.data(text)?,
        Format::Json => {
            let lines: Vec<&str> = text.lines().collect();
            context.output.object(&LogFile { path: path.display().to_string(), lines })?;
        }
        Format::Jsonl => {
            for text in text.lines() {
                context.output.object(&LogLine { text })?;
            }
        }
    }
    Ok(exit::OK)
}
