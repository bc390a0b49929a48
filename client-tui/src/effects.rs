//! The only place that performs effects and listens to the daemon.
//!
//! Requests are futures that the loop polls; none is a task of its own, so dropping the loop ends them all.
//! Those that only the newest answer matters of (a page, a search, a count) replace each other: the daemon
//! sees the old ones cancelled. Commands never do: a command that was sent is waited for.

mod clipboard;
mod programs;
mod requests;
mod streams;
mod wire;

use std::pin::Pin;
use std::task::{Context, Poll};

use brummer_proto::client::Client;
use futures::future::LocalBoxFuture;
use tokio::time::Instant;

use crate::effect::Effect;
use crate::message::{Message, Update};
use crate::subscription::Subscription;
use crate::terminal::Screen;
pub use requests::{failure, find_project};
use streams::Streams;

/// Most commands that wait for an answer at once; more are refused with a message.
const MOST: usize = 64;

/// Which requests replace each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Never replaced.
    Own,
    Page,
    Find,
    Count,
    Scripts,
    Settings,
    Place,
    Explain,
}

impl Slot {
    const fn of(effect: &Effect) -> Self {
        match effect {
            Effect::ReadPage { .. } => Self::Page,
            Effect::FindLine { .. } => Self::Find,
            Effect::CountMatches { .. } => Self::Count,
            Effect::ListScripts { .. } => Self::Scripts,
            Effect::ReadSettings { .. } => Self::Settings,
            Effect::FindPlace { .. } => Self::Place,
            Effect::ExplainProcess { .. } => Self::Explain,
            Effect::Act { .. }
            | Effect::Copy { .. }
            | Effect::OpenUrl { .. }
            | Effect::Edit(_)
            | Effect::Suspend => Self::Own,
        }
    }
}

/// The daemon as the loop sees it: what was asked, and what is listened to.
pub struct Outside {
    client: Client,
    asked: Vec<(Slot, LocalBoxFuture<'static, Message>)>,
    streams: Streams,
}

impl Outside {
    /// `begin`: the zero of the loop's clock.
    pub fn new(client: Client, begin: Instant) -> Self {
        Self { client, asked: Vec::new(), streams: Streams::new(begin) }
    }

    /// Performs an effect. What a request leads to comes by [`Outside::next`]; what needs the screen is done
    /// at once.
    ///
    /// # Errors
    /// When the terminal cannot be taken again after another program had it.
    pub fn perform(&mut self, effect: Effect, screen: &mut Screen) -> std::io::Result<Option<Message>> {
        let failed = match effect {
            Effect::Copy { text } => return Ok(Some(Message::Said(clipboard::copy(&text, screen)))),
            Effect::OpenUrl { url } => return Ok(Some(Message::Said(programs::open(&url)))),
            Effect::Edit(spot) => programs::edit(&spot, screen)?,
            Effect::Suspend => programs::suspend(screen)?,
            request => return Ok(self.ask(request)),
        };
        Ok(failed.err().map(|failure| Message::Said(Err(failure))))
    }

    /// Sends a request off; its answer comes by [`Outside::next`]. One that is refused is answered at once.
    pub fn ask(&mut self, request: Effect) -> Option<Message> {
        let slot = Slot::of(&request);
        if slot != Slot::Own {
            self.asked.retain(|(known, _)| *known != slot);
        } else if self.asked.len() >= MOST {
            return requests::refused(&request, "too much is being done already: wait for an answer");
        }
        self.asked.push((slot, requests::future(self.client.clone(), request)?));
        None
    }

    /// Opens and closes streams until exactly these are open.
    pub fn listen_to(&mut self, wanted: Vec<Subscription>) {
        self.streams.listen_to(&self.client, wanted);
    }

    /// The next thing that comes from the daemon. `lines`: whether lines are taken now.
    pub async fn next(&mut self, lines: bool) -> Message {
        std::future::poll_fn(|context| self.poll(context, lines)).await
    }

    fn poll(&mut self, context: &mut Context<'_>, lines: bool) -> Poll<Message> {
        for index in 0..self.asked.len() {
            let Some((_, future)) = self.asked.get_mut(index) else { break };
            if let Poll::Ready(message) = Pin::new(future).poll(context) {
                drop(self.asked.remove(index));
                return Poll::Ready(message);
            }
        }
        self.streams.poll(context, lines).map(Message::Update)
    }
}

/// Whether a message brings lines; of these only so many are taken between two frames.
pub const fn is_lines(message: &Message) -> bool {
    matches!(message, Message::Update(Update::Lines { .. }))
}
