//! Following: over restarts of process and daemon, until somebody has enough.

use brummer_proto::client::{Client, LogFollowEvent};
use brummer_proto::v1;

use super::Sink;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::json::log::{Gap, records};

/// A follower of lines.
pub(crate) struct Follow<'a> {
    pub client: &'a Client,
    pub filter: v1::LogFilter,
    pub from: v1::follow_request::From,
    pub sink: Sink,
}

impl Follow<'_> {
    /// Runs until it is interrupted, or the daemon refuses.
    pub(crate) async fn run(mut self, context: &mut Context) -> Result<u8, Failure> {
        let request = v1::FollowRequest { from: Some(self.from), filter: Some(self.filter), live: false };
        let mut follow = self.client.follow_logs(request);
        context.output.flush()?;
        let gone = crate::output::reader_gone();
        let mut gone = std::pin::pin!(gone);
        loop {
            let event = tokio::select! {
                biased;
                () = &mut gone => return Err(Failure::ReaderGone),
                event = follow.next() => event?,
            };
            let Some(event) = event else { return Ok(exit::OK) };
            match event {
                LogFollowEvent::Lines(lines) => {
                    let cursor = follow.cursor().unwrap_or_default().to_owned();
                    self.sink.lines(context, &records(lines), &cursor)?;
                }
                LogFollowEvent::Gap(gap) => self.sink.gap(context, &Gap::from(gap))?,
                LogFollowEvent::Reconnecting { attempt: 1, .. } if !context.output.quiet() => {
                    self.sink.aside(context, "the daemon is away; waiting for it")?;
                }
                LogFollowEvent::Reconnected if !context.output.quiet() => {
                    self.sink.aside(context, "the daemon is back")?;
                }
                LogFollowEvent::Progress(_)
                | LogFollowEvent::Reconnecting { .. }
                | LogFollowEvent::Reconnected => {}
            }
            context.output.flush()?;
        }
    }
}
