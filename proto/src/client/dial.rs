//! Opens the socket for tonic, at the place where the daemon is *now*: a daemon that comes back may listen
//! elsewhere, and a channel asks again with each new connection.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Uri};

use super::error::chain_has;
use crate::address::Places;

/// The socket could not be opened: nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", socket.display())]
pub(crate) struct DialError {
    socket: PathBuf,
    source: std::io::Error,
}

/// Whether a request failed before anything of it was sent.
pub(crate) fn was_never_sent(status: &Status) -> bool {
    chain_has(status, &|error| error.is::<DialError>())
}

/// A channel that connects with its first request and again after each loss. `known` is where the daemon
/// listens, if that was just read: the first connection need not look again.
pub(crate) fn channel(places: Arc<Places>, known: Option<PathBuf>) -> Channel {
    // The name is only an HTTP/2 authority; the connector decides where to.
    Endpoint::from_static("http://brummerd.local").connect_with_connector_lazy(Dial { places, known })
}

#[derive(Clone)]
struct Dial {
    places: Arc<Places>,
    known: Option<PathBuf>,
}

impl tower::Service<Uri> for Dial {
    type Response = TokioIo<UnixStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (places, known) = (self.places.clone(), self.known.take());
        Box::pin(async move {
            let socket = known.unwrap_or_else(|| places.socket_now());
            match UnixStream::connect(&socket).await {
                Ok(stream) => Ok(TokioIo::new(stream)),
                Err(source) => Err(DialError { socket, source }),
            }
        })
    }
}
