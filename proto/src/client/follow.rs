//! Following lines and events by cursor: over restarts of the daemon, each once, in order.
//!
//! A message and the cursor behind it arrive together, so whatever was handed to the caller is never asked
//! for again, and whatever was not handed over is.

use std::time::Instant;

use futures::FutureExt as _;

use super::resume::{Resuming, Step};
use super::{Client, ClientError};
use crate::v1;
use v1::follow_events_response::Message as EventMessage;
use v1::follow_request::From as LogFrom;
use v1::follow_response::Message as LogMessage;

/// What a follower of lines is told.
#[derive(Debug, Clone, PartialEq)]
pub enum LogFollowEvent {
    Lines(v1::LogLines),
    Gap(v1::Gap),
    /// The filter was applied up to here.
    Progress(v1::Progress),
    /// The daemon is away since then; this many attempts were made.
    Reconnecting {
        attempt: u32,
        since: Instant,
    },
    /// The stream goes on where it broke off.
    Reconnected,
}

/// Lines after a cursor, for ever. Dropping it ends the following.
pub struct LogFollow {
    stream: Resuming<v1::FollowResponse>,
    request: v1::FollowRequest,
}

impl LogFollow {
    pub(super) fn new(client: Client, request: v1::FollowRequest) -> Self {
        Self { stream: Resuming::new(client), request }
    }

    /// The next thing that happens. May be dropped and called again without losing anything.
    /// `None`: ended by an error that was already given.
    ///
    /// # Errors
    /// When the daemon refuses the request (a bad filter, nothing of that name).
    pub async fn next(&mut self) -> Result<Option<LogFollowEvent>, ClientError> {
        loop {
            let request = &self.request;
            let open = |client: Client| {
                let request = request.clone();
                async move { Ok(client.logs().follow(request).await?.into_inner()) }.boxed()
            };
            let Some(step) = self.stream.step(open).await? else { return Ok(None) };
            let response = match step {
                Step::Message(response) => response,
                Step::Reconnecting { attempt, since } => {
                    return Ok(Some(LogFollowEvent::Reconnecting { attempt, since }));
                }
                Step::Reconnected => return Ok(Some(LogFollowEvent::Reconnected)),
            };
            if !response.cursor.is_empty() {
                self.request.from = Some(LogFrom::Cursor(response.cursor));
            }
            match response.message {
                Some(LogMessage::Lines(lines)) => return Ok(Some(LogFollowEvent::Lines(lines))),
                Some(LogMessage::Gap(gap)) => return Ok(Some(LogFollowEvent::Gap(gap))),
                Some(LogMessage::Progress(progress)) => return Ok(Some(LogFollowEvent::Progress(progress))),
                // Only a cursor, or something that a newer daemon may say.
                None => {}
            }
        }
    }

    /// Line cursor after everything that was given so far; nothing before the first message.
    pub fn cursor(&self) -> Option<&str> {
        match &self.request.from {
            Some(LogFrom::Cursor(cursor)) => Some(cursor),
            _ => None,
        }
    }
}

/// What a follower of events is told.
#[derive(Debug, Clone, PartialEq)]
pub enum EventFollowEvent {
    Event(v1::Event),
    Gap(v1::Gap),
    /// The cursor was of another daemon start: take new snapshots.
    Resync,
    Reconnecting {
        attempt: u32,
        since: Instant,
    },
    Reconnected,
}

/// Events after a cursor, for ever. Dropping it ends the following.
pub struct EventFollow {
    stream: Resuming<v1::FollowEventsResponse>,
    request: v1::FollowEventsRequest,
}

impl EventFollow {
    pub(super) fn new(client: Client, request: v1::FollowEventsRequest) -> Self {
        Self { stream: Resuming::new(client), request }
    }

    /// As [`LogFollow::next`].
    ///
    /// # Errors
    /// When the daemon refuses the request.
    pub async fn next(&mut self) -> Result<Option<EventFollowEvent>, ClientError> {
        loop {
            let request = &self.request;
            let open = |client: Client| {
                let request = request.clone();
                async move { Ok(client.events().follow_events(request).await?.into_inner()) }.boxed()
            };
            let Some(step) = self.stream.step(open).await? else { return Ok(None) };
            let response = match step {
                Step::Message(response) => response,
                Step::Reconnecting { attempt, since } => {
                    return Ok(Some(EventFollowEvent::Reconnecting { attempt, since }));
                }
                Step::Reconnected => return Ok(Some(EventFollowEvent::Reconnected)),
            };
            if !response.cursor.is_empty() {
                self.request.after = response.cursor;
            }
            match response.message {
                Some(EventMessage::Event(event)) => return Ok(Some(EventFollowEvent::Event(event))),
                Some(EventMessage::Gap(gap)) => return Ok(Some(EventFollowEvent::Gap(gap))),
                Some(EventMessage::Resync(_)) => return Ok(Some(EventFollowEvent::Resync)),
                None => {}
            }
        }
    }
}
