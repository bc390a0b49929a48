//! The accept wrapper: connections of our own user only, bounded in number, and no storm when descriptors
//! run out.
//!
//! A [`Listener`] owns the control socket. It refuses peers of another uid (root only with `allow_root`),
//! closes what comes beyond [`Limits::connections`] (counted), and gives a connection
//! [`Limits::first_request`] to ask something. When the process has no descriptor left it closes one waiting
//! connection by help of a reserve, says so at most every ten seconds, and rests 100 ms: a bare accept loop
//! would spin. A socket that had to be bound anew comes through its [`Replacements`].

mod connection;
mod first_request;

use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use nix::errno::Errno;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

pub use connection::{Connection, Peer};

/// Most bytes of metadata that one request may carry; for the server's `http2_max_header_list_size`.
pub const METADATA_MAX: u32 = 16 * 1024;

/// How long the loop rests when the process is out of descriptors or memory.
const REST: Duration = Duration::from_millis(100);

/// At most one warning in this time; what was turned away meanwhile is told with the next.
const WARN_EVERY: Duration = Duration::from_secs(10);

/// Sockets bound anew that wait to be taken over; more than one only if the loop is stuck.
const REPLACEMENTS: usize = 4;

/// What a listener allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections at once.
    pub connections: usize,
    /// From accept to the first request.
    pub first_request: Duration,
    /// Whether uid 0 may connect to a daemon that is not root's.
    pub allow_root: bool,
}

impl Limits {
    /// Whether a client of this uid may talk to a daemon of `own`.
    const fn let_in(&self, uid: u32, own: u32) -> bool {
        uid == own || (uid == 0 && self.allow_root)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, first_request: Duration::from_secs(10), allow_root: false }
    }
}

/// Hands a listener a socket that was bound anew, after the file of the old one vanished.
#[derive(Clone)]
pub struct Replacements {
    sender: mpsc::Sender<StdListener>,
}

impl Replacements {
    /// From now on connections are taken from `listener`.
    ///
    /// # Errors
    /// When the listening ended; the socket comes back.
    pub async fn put(&self, listener: StdListener) -> Result<(), StdListener> {
        self.sender.send(listener).await.map_err(|refused| refused.0)
    }
}

/// Accepts connections for a server.
pub struct Listener {
    socket: UnixListener,
    replaced: mpsc::Receiver<StdListener>,
    limits: Limits,
    places: Arc<Semaphore>,
    own_uid: u32,
    /// Closed to make room for one accept when descriptors run out.
    reserve: Option<std::fs::File>,
    warned: Option<Instant>,
    unsaid: u64,
}

impl Listener {
    /// Takes over a bound socket. Inside a runtime.
    ///
    /// # Errors
    /// When the socket cannot be made non-blocking or registered.
    pub fn new(socket: StdListener, limits: Limits) -> io::Result<(Self, Replacements)> {
        let (sender, replaced) = mpsc::channel(REPLACEMENTS);
        let listener = Self {
            socket: register(socket)?,
            replaced,
            places: Arc::new(Semaphore::new(limits.connections)),
            limits,
            own_uid: nix::unistd::geteuid().as_raw(),
            reserve: reserve(),
            warned: None,
            unsaid: 0,
        };
        Ok((listener, Replacements { sender }))
    }

    /// Connections, for ever; for `serve_with_incoming_shutdown`.
    pub fn incoming(self) -> impl Stream<Item = io::Result<Connection>> + Send {
        futures::stream::unfold(self, |mut listener| async move {
            let connection = listener.accept().await;
            Some((Ok(connection), listener))
        })
    }

    /// The next connection that may speak.
    async fn accept(&mut self) -> Connection {
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                Some(socket) = self.replaced.recv() => {
                    self.take_over(socket);
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    if let Some(connection) = self.admit(stream) {
                        return connection;
                    }
                }
                Err(error) => self.accept_failed(&error).await,
            }
        }
    }

    fn take_over(&mut self, socket: StdListener) {
        match register(socket) {
            Ok(socket) => self.socket = socket,
            Err(error) => tracing::error!(%error, "the control socket that was bound anew cannot be used"),
        }
    }

    fn admit(&mut self, stream: UnixStream) -> Option<Connection> {
        let peer = match stream.peer_cred() {
            Ok(peer) => Peer { uid: peer.uid(), pid: peer.pid() },
            Err(error) => {
                self.refuse("peer", &format!("a client's identity cannot be read: {error}"));
                return None;
            }
        };
        if !self.limits.let_in(peer.uid, self.own_uid) {
            self.refuse("uid", &format!("a client of uid {} was turned away", peer.uid));
            return None;
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let most = self.limits.connections;
            self.refuse("connections", &format!("{most} clients are connected; another was turned away"));
            return None;
        };
        Some(Connection::new(stream, peer, place, self.limits.first_request))
    }

    async fn accept_failed(&mut self, error: &io::Error) {
        let exhausted = error.raw_os_error().map(Errno::from_raw).is_some_and(|errno| {
            matches!(errno, Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::ENOBUFS)
        });
        if !exhausted {
            // The peer went away between its connect and our accept, or the like: the next one may be fine.
            self.refuse("accept", &format!("a client could not be accepted: {error}"));
            tokio::task::yield_now().await;
            return;
        }
        // One waiting client learns at once that it must try again, instead of waiting in the dark.
        if self.reserve.take().is_some()
            && let Some(accepted) = futures::FutureExt::now_or_never(self.socket.accept())
        {
            drop(accepted);
        }
        self.refuse("descriptors", &format!("no client can be accepted: {error}"));
        tokio::time::sleep(REST).await;
        self.reserve = reserve();
    }

    fn refuse(&mut self, reason: &'static str, words: &str) {
        metrics::counter!("brummer_api_connections_refused_total", "reason" => reason).increment(1);
        let now = Instant::now();
        if self.warned.is_some_and(|last| now.duration_since(last) < WARN_EVERY) {
            self.unsaid += 1;
            return;
        }
        tracing::warn!(unsaid = self.unsaid, "{words}");
        self.warned = Some(now);
        self.unsaid = 0;
    }
}

fn register(socket: StdListener) -> io::Result<UnixListener> {
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket)
}

fn reserve() -> Option<std::fs::File> {
    std::fs::File::open("/dev/null").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_let_in_only_where_it_is_allowed() {
        for (allow_root, root) in [(false, false), (true, true)] {
            let limits = Limits { allow_root, ..Limits::default() };
            assert!(limits.let_in(1000, 1000));
            assert_eq!(limits.let_in(0, 1000), root);
            assert!(!limits.let_in(1001, 1000));
        }
    }
}
