//! One accepted connection: counted while it lives, and closed if it never asks anything.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tonic::transport::server::Connected;

use super::first_request::FirstRequest;

/// Who is at the other end; in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    pub uid: u32,
    /// Where the system tells it.
    pub pid: Option<i32>,
}

/// A connection that a server reads and writes.
pub struct Connection {
    stream: UnixStream,
    peer: Peer,
    /// Until the first request; then there is no timer any more.
    waiting: Option<Waiting>,
    _counted: Counted,
    _place: OwnedSemaphorePermit,
}

struct Waiting {
    seen: FirstRequest,
    deadline: Pin<Box<Sleep>>,
}

struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("brummer_api_connections").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("brummer_api_connections").decrement(1);
    }
}

impl Connection {
    pub(super) fn new(
        stream: UnixStream,
        peer: Peer,
        place: OwnedSemaphorePermit,
        first_request: Duration,
    ) -> Self {
        let deadline = Box::pin(tokio::time::sleep(first_request));
        Self {
            stream,
            peer,
            waiting: Some(Waiting { seen: FirstRequest::default(), deadline }),
            _counted: Counted::new(),
            _place: place,
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(waiting) = &mut this.waiting
            && waiting.deadline.as_mut().poll(context).is_ready()
        {
            metrics::counter!("brummer_api_connections_refused_total", "reason" => "silent").increment(1);
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the client connected and asked nothing",
            )));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        if let Some(waiting) = &mut this.waiting
            && waiting.seen.read(buffer.filled().get(before..).unwrap_or_default())
        {
            this.waiting = None;
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
