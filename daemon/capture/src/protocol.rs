//! Messages between daemon and shim: `len u32 | kind u8 | body`, little-endian, `len` counting kind and body.
//! Pure.
//!
//! Both sides say [`Hello`](Down::Hello) first. The newest connection that knew the cookie is the one; the
//! shim then tells everything anew: its own Hello, how the start went, its state, the tree if it is more than
//! the leader, the exit if there was one, the memory file if one is in use. Every message may come twice with
//! the same effect. A kind that is not known is passed over, so is what follows a body's known fields: that is
//! how version N speaks with N-1.
//!
//! A connection's end means: the daemon is away (down); a newer connection took over, or the run is over and
//! `exit.json` written (up): whether `alive` is held tells which. An end may show as ECONNRESET.

use brummer_event::RunId;

use crate::meta::{Cookie, StopPlan, WhenBehind};
use crate::payload::ExitPayload;
use crate::proc::ProcId;
use crate::segment::Position;
use crate::wire::Taker;

mod down;
#[cfg(test)]
mod tests;
mod up;

/// Version of these messages.
pub const PROTOCOL: u16 = 1;
/// The oldest version that is understood.
pub const OLDEST_PROTOCOL: u16 = 1;
/// Most bytes of a message, kind included.
pub const MAX_MESSAGE: usize = 128 * 1024;
/// Most processes that a [`Up::Tree`] names.
pub const MAX_TREE: usize = 512;
/// Most bytes of one [`Down::Input`].
pub const MAX_INPUT: usize = 64 * 1024;

/// Bytes that are no message of this protocol. The connection is of no use any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    #[error("a message of {0} bytes; at most {MAX_MESSAGE} are allowed")]
    Length(u32),
    #[error("the body of message kind {0} cannot be read")]
    Body(u8),
}

/// Whom a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The leader's process group.
    Group,
    /// The leader alone.
    Leader,
    /// Everything that descends from the shim.
    Tree,
}

/// From the daemon to the shim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// First message of a connection.
    Hello { protocol: u16, run: RunId, cookie: Cookie },
    /// Sends a signal; no effect once the target is gone.
    Signal { signal: i32, target: Target },
    /// Stops the whole tree. A second plan can only make it faster.
    Stop(StopPlan),
    /// Bytes for the child's stdin, where that is open. What does not fit 64 KiB is refused as a whole.
    Input(Vec<u8>),
    /// The terminal's size; no effect on a run without a terminal.
    Resize { columns: u16, rows: u16 },
    /// Everything before this is in the index.
    Indexed(Position),
    /// Segments up to and including this one may be unlinked. Never concerns the newest.
    Release { through: u32 },
    /// Ring once something is behind this position; at once if something is already.
    Arm(Position),
    /// What to do when the child runs too far ahead (a full total turns `slow` into `gap`).
    Behind(WhenBehind),
    /// The daemon leaves, for a successor.
    Bye,
}

/// What the run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing was started yet.
    Starting,
    Running,
    /// The leader is stopped by a job-control signal.
    Paused,
    /// A stop plan is carried out; the leader may have ended already.
    Stopping,
    /// The leader ended (or never started); the shim lives for what is left of its tree.
    Ended,
}

/// How things stand. Sent when any of it but `written` changed, never for `written` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub phase: Phase,
    /// Behind the last frame.
    pub written: Position,
    /// Descendants besides the leader, as far as counted: known after the leader's end and while stopping.
    pub others: u32,
    /// Not reading, because the child is too far ahead of the index.
    pub slowed: bool,
    /// The disk refuses the capture; what comes is in memory.
    pub disk_full: bool,
    /// Bytes that were read and could not be kept, so far.
    pub missed_bytes: u64,
    /// A pipe is still open, so more output may come.
    pub output_open: bool,
}

/// Why nothing runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartFailed {
    pub errno: i32,
    /// For people: which file, what is wrong, where it was searched.
    pub text: String,
}

/// A member of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: ProcId,
    pub parent: i32,
    pub name: String,
}

/// From the shim to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Up {
    /// First message of a connection.
    Hello {
        protocol: u16,
        run: RunId,
        cookie: Cookie,
        shim: ProcId,
        child: Option<ProcId>,
    },
    /// The child's program runs (its exec succeeded).
    Started {
        child: ProcId,
        mono_ns: u64,
        wall_ns: i64,
    },
    /// It could not be started; an EXIT frame and `exit.json` follow.
    StartFailed(StartFailed),
    State(State),
    /// What descends from the shim, the leader included while it lives; at most [`MAX_TREE`].
    Tree(Vec<Member>),
    /// The leader ended. `at`: behind its EXIT frame; publish up to there before announcing it.
    Exit {
        exit: ExitPayload,
        at: Position,
    },
    /// The answer to an Arm: there is something up to here.
    Bell(Position),
    /// From `base` on `segment` is in the memory file whose descriptor comes along.
    Memory {
        segment: u32,
        base: u64,
    },
    /// The segments hold everything again.
    MemoryDone,
    /// An Input did not fit and was refused; so many bytes.
    InputRefused {
        bytes: u32,
    },
}

mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const SIGNAL: u8 = 2;
    pub(super) const STOP: u8 = 3;
    pub(super) const INPUT: u8 = 4;
    pub(super) const RESIZE: u8 = 5;
    pub(super) const INDEXED: u8 = 6;
    pub(super) const RELEASE: u8 = 7;
    pub(super) const ARM: u8 = 8;
    pub(super) const BYE: u8 = 9;
    pub(super) const BEHIND: u8 = 10;
    pub(super) const STARTED: u8 = 129;
    pub(super) const START_FAILED: u8 = 130;
    pub(super) const STATE: u8 = 131;
    pub(super) const TREE: u8 = 132;
    pub(super) const EXIT: u8 = 133;
    pub(super) const BELL: u8 = 134;
    pub(super) const MEMORY: u8 = 135;
    pub(super) const MEMORY_DONE: u8 = 136;
    pub(super) const INPUT_REFUSED: u8 = 137;
    pub(super) const UP_HELLO: u8 = 128;
}

/// A message that can be put on the wire and read back.
pub trait Message: Sized {
    /// Appends the whole message, length included.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a body; `Ok(None)` for a kind that is not known.
    ///
    /// # Errors
    /// The body is too short or holds a value that does not exist.
    fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, ProtocolError>;
}

fn frame(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind]);
    body(out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

fn put_position(out: &mut Vec<u8>, position: Position) {
    out.extend_from_slice(&position.segment.to_le_bytes());
    out.extend_from_slice(&position.offset.to_le_bytes());
}

fn put_proc(out: &mut Vec<u8>, id: ProcId) {
    out.extend_from_slice(&id.pid.to_le_bytes());
    out.extend_from_slice(&id.start_time.to_le_bytes());
}

fn put_hello(out: &mut Vec<u8>, protocol: u16, run: RunId, cookie: Cookie) {
    out.extend_from_slice(&protocol.to_le_bytes());
    out.extend_from_slice(&run.as_u128().to_le_bytes());
    out.extend_from_slice(&cookie.0);
}

impl Taker<'_> {
    fn position(&mut self) -> Option<Position> {
        Some(Position { segment: self.u32()?, offset: self.u64()? })
    }

    fn proc(&mut self) -> Option<ProcId> {
        Some(ProcId { pid: self.i32()?, start_time: self.u64()? })
    }

    fn run(&mut self) -> Option<RunId> {
        self.array().map(|bytes| RunId::from_u128(u128::from_le_bytes(bytes)))
    }

    fn flag(&mut self) -> Option<bool> {
        self.u8().map(|value| value != 0)
    }
}

/// Cuts a stream of bytes into messages. Holds at most one message and what came behind it.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// What of `bytes` has been taken.
    taken: usize,
}

impl Decoder {
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), taken: 0 }
    }

    /// Adds bytes as they came.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.taken == self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..self.taken);
        }
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message that is known; `None` until more bytes come.
    ///
    /// # Errors
    /// The other side does not speak this protocol: close the connection.
    pub fn message<M: Message>(&mut self) -> Result<Option<M>, ProtocolError> {
        loop {
            let mut taker = Taker(self.bytes.get(self.taken..).unwrap_or(&[]));
            let Some(length) = taker.u32() else { return Ok(None) };
            if length == 0 || length as usize > MAX_MESSAGE {
                return Err(ProtocolError::Length(length));
            }
            let Some((kind, body)) = taker.bytes(length as usize).and_then(|bytes| bytes.split_first())
            else {
                return Ok(None);
            };
            let decoded = M::decode(*kind, body)?;
            self.taken = self.taken.saturating_add(4 + length as usize);
            if decoded.is_some() {
                return Ok(decoded);
            }
        }
    }
}
