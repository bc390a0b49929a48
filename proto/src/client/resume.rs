//! A stream that outlives its connection: opened again with back-off for ever, until the daemon itself
//! refuses.
//!
//! [`Resuming::step`] may be dropped at any await and called again: what is under way (an opening, a wait)
//! is kept in the struct, not in the future.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream as _};
use tonic::{Status, Streaming};

use super::error::is_lost;
use super::{Backoff, Client, ClientError};

type Opening<R> = BoxFuture<'static, Result<Streaming<R>, Status>>;

/// What happened on a resuming stream.
pub(super) enum Step<R> {
    Message(R),
    /// The daemon is away; the attempt of this number (from 1) failed or is about to be made.
    Reconnecting {
        attempt: u32,
        since: Instant,
    },
    Reconnected,
}

pub(super) struct Resuming<R> {
    client: Client,
    state: State<R>,
    backoff: Backoff,
    /// Set while the daemon is away.
    away: Option<Away>,
}

struct Away {
    attempt: u32,
    since: Instant,
}

enum State<R> {
    /// Opened by the next step.
    Closed,
    /// Nothing was heard of the daemon yet.
    Greeting(BoxFuture<'static, Result<(), ClientError>>),
    Opening(Opening<R>),
    Open(Box<Streaming<R>>),
    Waiting(Pin<Box<tokio::time::Sleep>>),
    /// The daemon refused; nothing comes any more.
    Ended,
}

impl<R: Send + 'static> Resuming<R> {
    pub(super) fn new(client: Client) -> Self {
        Self { client, state: State::Closed, backoff: Backoff::default(), away: None }
    }

    /// The next thing that happens; `open` makes the request anew (with the cursor reached so far).
    /// `None` after an error.
    pub(super) async fn step(
        &mut self,
        open: impl Fn(Client) -> Opening<R> + Send,
    ) -> Result<Option<Step<R>>, ClientError> {
        std::future::poll_fn(|context| self.poll_step(context, &open)).await
    }

    fn poll_step(
        &mut self,
        context: &mut Context<'_>,
        open: &(impl Fn(Client) -> Opening<R> + Send),
    ) -> Poll<Result<Option<Step<R>>, ClientError>> {
        loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(Ok(None)),
                State::Closed if self.client.is_unheard() => {
                    let client = self.client.clone();
                    self.state = State::Greeting(async move { client.greet().await }.boxed());
                }
                State::Greeting(greeting) => match ready!(greeting.as_mut().poll(context)) {
                    Ok(()) => self.state = State::Closed,
                    Err(error) => {
                        self.state = State::Ended;
                        return Poll::Ready(Err(error));
                    }
                },
                State::Closed => self.state = State::Opening(open(self.client.clone())),
                State::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(context));
                    self.state = State::Closed;
                }
                State::Opening(opening) => match ready!(opening.as_mut().poll(context)) {
                    Ok(stream) => {
                        self.state = State::Open(Box::new(stream));
                        if self.away.take().is_some() {
                            return Poll::Ready(Ok(Some(Step::Reconnected)));
                        }
                    }
                    Err(status) => return Poll::Ready(self.failed(status)),
                },
                State::Open(stream) => match ready!(Pin::new(stream.as_mut()).poll_next(context)) {
                    Some(Ok(message)) => {
                        self.backoff = Backoff::default();
                        return Poll::Ready(Ok(Some(Step::Message(message))));
                    }
                    Some(Err(status)) => return Poll::Ready(self.failed(status)),
                    // A follow ends only with its daemon.
                    None => return Poll::Ready(Ok(Some(self.lost()))),
                },
            }
        }
    }

    fn failed(&mut self, status: Status) -> Result<Option<Step<R>>, ClientError> {
        if is_lost(&status) {
            return Ok(Some(self.lost()));
        }
        self.state = State::Ended;
        Err(status.into())
    }

    fn lost(&mut self) -> Step<R> {
        let delay = self.backoff.next().unwrap_or_default();
        let now = tokio::time::Instant::now();
        self.state = State::Waiting(Box::pin(tokio::time::sleep_until(now + delay)));
        let away = self.away.get_or_insert(Away { attempt: 0, since: now.into_std() });
        away.attempt = away.attempt.saturating_add(1);
        Step::Reconnecting { attempt: away.attempt, since: away.since }
    }
}
