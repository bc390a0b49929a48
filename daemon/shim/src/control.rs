//! The control connection: the socketpair first, then whoever reaches `ctl.sock` and knows the cookie.
//!
//! The newest authenticated connection wins. Nothing is queued for a daemon that does not read: what it is to
//! be told is a set of [`Due`] marks, and each message is made from the state of the moment in which there is
//! room for it. So a stopped daemon costs one message of memory and is told the truth when it wakes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use brummer_capture::meta::Cookie;
use brummer_capture::protocol::{Decoder, Down, Message as _, OLDEST_PROTOCOL, Up};
use brummer_capture::socket;
use brummer_event::RunId;

use crate::sys::{self, NO_POLL, PollEntry};

/// Connections that have not shown the cookie yet; the oldest gives way.
pub(crate) const MOST_PENDING: usize = 4;
/// Reads of one connection in a turn.
const READS_A_TURN: usize = 16;

/// What the daemon is still to be told. Listed in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Due {
    Hello = 1,
    Start = 1 << 1,
    Memory = 1 << 2,
    State = 1 << 3,
    Tree = 1 << 4,
    Exit = 1 << 5,
    InputRefused = 1 << 6,
    Bell = 1 << 7,
}

const ORDER: [Due; 8] =
    [Due::Hello, Due::Start, Due::Memory, Due::State, Due::Tree, Due::Exit, Due::InputRefused, Due::Bell];

/// What a new connection is told at once.
const AT_FIRST: u16 = Due::Hello as u16
    | Due::Start as u16
    | Due::Memory as u16
    | Due::State as u16
    | Due::Tree as u16
    | Due::Exit as u16;

/// Makes messages from the state of the moment.
pub(crate) trait Speaker {
    /// The message for a mark; `None` where there is nothing to say (any more).
    fn say(&self, due: Due) -> Option<Up>;
    /// The descriptor that goes along with [`Up::Memory`].
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;
}

#[derive(Debug)]
struct Connection {
    socket: OwnedFd,
    decoder: Decoder,
    out: Vec<u8>,
    sent: usize,
    /// A descriptor goes along with the first byte of what is in `out`.
    with_descriptor: bool,
    due: u16,
}

/// The other side closed, or does not speak our language.
struct Closed;

impl Connection {
    fn new(socket: OwnedFd) -> Self {
        Self { socket, decoder: Decoder::new(), out: Vec::new(), sent: 0, with_descriptor: false, due: 0 }
    }

    /// Reads what is there; stops early once `enough` says so.
    fn read(&mut self, mut each: impl FnMut(Down) -> bool) -> Result<(), Closed> {
        let mut buffer = [0u8; 4096];
        let mut strangers = Vec::new();
        for _ in 0..READS_A_TURN {
            match socket::receive(self.socket.as_fd(), &mut buffer, &mut strangers) {
                Ok(0) => return Err(Closed),
                Ok(count) => {
                    self.decoder.feed(buffer.get(..count).unwrap_or(&[]));
                    while let Some(message) = self.decoder.message::<Down>().map_err(|_| Closed)? {
                        if !each(message) {
                            return Ok(());
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Closed),
            }
        }
        Ok(())
    }

    /// Sends as much as there is room for.
    fn write(&mut self, speaker: &impl Speaker) -> Result<(), Closed> {
        loop {
            if self.sent == self.out.len() && !self.make_next(speaker) {
                return Ok(());
            }
            let rest = self.out.get(self.sent..).unwrap_or(&[]);
            let descriptor = if self.with_descriptor { speaker.descriptor() } else { None };
            match socket::send(self.socket.as_fd(), rest, descriptor) {
                Ok(count) => {
                    self.sent = self.sent.saturating_add(count);
                    self.with_descriptor = false;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Closed),
            }
        }
    }

    fn make_next(&mut self, speaker: &impl Speaker) -> bool {
        self.out.clear();
        self.sent = 0;
        for due in ORDER {
            if self.due & due as u16 == 0 {
                continue;
            }
            self.due &= !(due as u16);
            if let Some(message) = speaker.say(due) {
                self.with_descriptor = matches!(message, Up::Memory { .. });
                message.encode(&mut self.out);
                return true;
            }
        }
        false
    }

    fn wants_to_write(&self) -> bool {
        self.due != 0 || self.sent < self.out.len()
    }
}

/// Where poll entries of the control side stand in the shim's list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) listener: bool,
    pub(crate) current: bool,
    pub(crate) pending: [bool; MOST_PENDING],
}

/// All connections of a run.
#[derive(Debug)]
pub(crate) struct Control {
    run: RunId,
    cookie: Cookie,
    listener: Option<UnixListener>,
    current: Option<Connection>,
    pending: [Option<Connection>; MOST_PENDING],
    /// The slot that the next newcomer gets.
    next: usize,
    /// Monotonic ns since when no daemon is connected.
    alone_since: Option<u64>,
}

impl Control {
    /// Speaks through `first` until someone else comes.
    pub(crate) fn new(run: RunId, cookie: Cookie, listener: UnixListener, first: OwnedFd) -> Self {
        let mut first = Connection::new(first);
        first.due = AT_FIRST;
        let pending = [const { None }; MOST_PENDING];
        Self {
            run,
            cookie,
            listener: Some(listener),
            current: Some(first),
            pending,
            next: 0,
            alone_since: None,
        }
    }

    pub(crate) const fn is_connected(&self) -> bool {
        self.current.is_some()
    }

    /// Monotonic ns since when no daemon is connected.
    pub(crate) const fn alone_since(&self) -> Option<u64> {
        self.alone_since
    }

    /// Marks something to be told. Without a daemon nothing: a new one is told everything.
    pub(crate) fn tell(&mut self, due: Due) {
        if let Some(current) = &mut self.current {
            current.due |= due as u16;
        }
    }

    /// What to wait for: the listener, the connection, the newcomers.
    pub(crate) fn poll_entries(&self) -> [PollEntry; 2 + MOST_PENDING] {
        let mut entries = [NO_POLL; 2 + MOST_PENDING];
        let [listener, current, pending @ ..] = &mut entries;
        if let Some(socket) = &self.listener {
            *listener = sys::poll_entry(socket, nix::libc::POLLIN);
        }
        if let Some(connection) = &self.current {
            let write = if connection.wants_to_write() { nix::libc::POLLOUT } else { 0 };
            *current = sys::poll_entry(&connection.socket, nix::libc::POLLIN | write);
        }
        for (entry, connection) in pending.iter_mut().zip(&self.pending) {
            if let Some(connection) = connection {
                *entry = sys::poll_entry(&connection.socket, nix::libc::POLLIN);
            }
        }
        entries
    }

    /// Accepts, reads, and hands over what the daemon says.
    pub(crate) fn receive(&mut self, ready: Ready, now: u64, inbox: &mut Vec<Down>) {
        if ready.listener {
            self.accept();
        }
        if ready.current
            && let Some(current) = &mut self.current
        {
            let (run, cookie) = (self.run, self.cookie);
            let mut known = true;
            let read = current.read(|message| {
                if let Down::Hello { protocol, run: theirs, cookie: shown } = &message {
                    known = *protocol >= OLDEST_PROTOCOL && *theirs == run && *shown == cookie;
                    return known;
                }
                let stay = message != Down::Bye;
                known = stay;
                inbox.push(message);
                stay
            });
            if read.is_err() || !known {
                self.close(now);
            }
        }
        for (index, ready) in ready.pending.into_iter().enumerate() {
            if ready && self.greet(index) {
                self.read_behind_hello(inbox);
            }
        }
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else { return };
        while let Ok((socket, _)) = listener.accept() {
            // The directory is 0700; this is for the day when it is not.
            if sys::peer_uid(&socket) == Some(sys::own_uid())
                && let Some(slot) = self.pending.get_mut(self.next)
            {
                *slot = Some(Connection::new(socket.into()));
                self.next = (self.next + 1) % MOST_PENDING;
            }
        }
    }

    /// Reads a newcomer's Hello; with the right cookie it becomes the connection.
    fn greet(&mut self, index: usize) -> bool {
        let Some(slot) = self.pending.get_mut(index) else { return false };
        let Some(connection) = slot else { return false };
        let mut greeting = None;
        // Only the Hello is taken; what came behind it stays in the decoder.
        let read = connection.read(|message| {
            greeting = Some(message);
            false
        });
        let right = match greeting {
            Some(Down::Hello { protocol, run, cookie }) => {
                protocol >= OLDEST_PROTOCOL && run == self.run && cookie == self.cookie
            }
            Some(_) => false,
            None if read.is_ok() => return false,
            None => false,
        };
        let newcomer = slot.take();
        if right && let Some(mut newcomer) = newcomer {
            newcomer.due = AT_FIRST;
            self.current = Some(newcomer);
            self.alone_since = None;
            return true;
        }
        false
    }

    /// What the new connection said right behind its Hello, in the same bytes.
    fn read_behind_hello(&mut self, inbox: &mut Vec<Down>) {
        let Some(current) = &mut self.current else { return };
        while let Ok(Some(message)) = current.decoder.message::<Down>() {
            if !matches!(message, Down::Hello { .. }) {
                inbox.push(message);
            }
        }
    }

    /// Sends what is due as far as there is room.
    pub(crate) fn send(&mut self, speaker: &impl Speaker, now: u64) {
        if let Some(current) = &mut self.current
            && current.wants_to_write()
            && current.write(speaker).is_err()
        {
            self.close(now);
        }
    }

    fn close(&mut self, now: u64) {
        self.current = None;
        self.alone_since = Some(now);
    }

    /// Takes nothing more, and reads away what was not answered: closing a socket with unread bytes makes the
    /// other side see an error instead of the end.
    pub(crate) fn finish(&mut self) {
        self.listener = None;
        self.pending = [const { None }; MOST_PENDING];
        if let Some(current) = &mut self.current {
            let half = UnixStream::from(match current.socket.try_clone() {
                Ok(socket) => socket,
                Err(_) => return,
            });
            // Failing means that the other side is gone.
            let _gone = half.shutdown(std::net::Shutdown::Write);
            let _read = current.read(|_| true);
        }
    }
}
