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
use crate::wire::{Taker, put_text};

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

impl Message for Down {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { protocol, run, cookie } => {
                frame(out, kind::HELLO, |out| put_hello(out, *protocol, *run, *cookie));
            }
            Self::Signal { signal, target } => frame(out, kind::SIGNAL, |out| {
                out.extend_from_slice(&signal.to_le_bytes());
                out.push(match target {
                    Target::Group => 0,
                    Target::Leader => 1,
                    Target::Tree => 2,
                });
            }),
            Self::Stop(plan) => frame(out, kind::STOP, |out| {
                out.extend_from_slice(&plan.signal.to_le_bytes());
                out.extend_from_slice(&plan.grace_ms.to_le_bytes());
                out.extend_from_slice(&plan.limit_ms.unwrap_or(u64::MAX).to_le_bytes());
            }),
            Self::Input(bytes) => frame(out, kind::INPUT, |out| out.extend_from_slice(bytes)),
            Self::Resize { columns, rows } => frame(out, kind::RESIZE, |out| {
                out.extend_from_slice(&columns.to_le_bytes());
                out.extend_from_slice(&rows.to_le_bytes());
            }),
            Self::Indexed(position) => frame(out, kind::INDEXED, |out| put_position(out, *position)),
            Self::Release { through } => {
                frame(out, kind::RELEASE, |out| out.extend_from_slice(&through.to_le_bytes()));
            }
            Self::Arm(position) => frame(out, kind::ARM, |out| put_position(out, *position)),
            Self::Behind(behind) => frame(out, kind::BEHIND, |out| {
                out.push(match behind {
                    WhenBehind::Slow => 0,
                    WhenBehind::Gap => 1,
                });
            }),
            Self::Bye => frame(out, kind::BYE, |_| {}),
        }
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let taker = &mut Taker(body);
        let decoded = match kind {
            kind::HELLO => decode_hello(taker),
            kind::SIGNAL => decode_signal(taker),
            kind::STOP => decode_stop(taker),
            kind::INPUT => Some(Self::Input(body.to_vec())),
            kind::RESIZE => decode_resize(taker),
            kind::INDEXED => taker.position().map(Self::Indexed),
            kind::RELEASE => taker.u32().map(|through| Self::Release { through }),
            kind::ARM => taker.position().map(Self::Arm),
            kind::BEHIND => match taker.u8() {
                Some(0) => Some(Self::Behind(WhenBehind::Slow)),
                Some(1) => Some(Self::Behind(WhenBehind::Gap)),
                _ => None,
            },
            kind::BYE => Some(Self::Bye),
            _ => return Ok(None),
        };
        decoded.map(Some).ok_or(ProtocolError::Body(kind))
    }
}

fn decode_hello(taker: &mut Taker<'_>) -> Option<Down> {
    let (protocol, run, cookie) = (taker.u16()?, taker.run()?, Cookie(taker.array()?));
    Some(Down::Hello { protocol, run, cookie })
}

fn decode_signal(taker: &mut Taker<'_>) -> Option<Down> {
    let signal = taker.i32()?;
    let target = match taker.u8()? {
        0 => Target::Group,
        1 => Target::Leader,
        2 => Target::Tree,
        _ => return None,
    };
    Some(Down::Signal { signal, target })
}

fn decode_stop(taker: &mut Taker<'_>) -> Option<Down> {
    let (signal, grace_ms, limit_ms) = (taker.i32()?, taker.u64()?, taker.u64()?);
    let limit_ms = (limit_ms != u64::MAX).then_some(limit_ms);
    Some(Down::Stop(StopPlan { signal, grace_ms, limit_ms }))
}

fn decode_resize(taker: &mut Taker<'_>) -> Option<Down> {
    Some(Down::Resize { columns: taker.u16()?, rows: taker.u16()? })
}

impl Message for Up {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { protocol, run, cookie, shim, child } => frame(out, kind::UP_HELLO, |out| {
                put_hello(out, *protocol, *run, *cookie);
                put_proc(out, *shim);
                put_proc(out, child.unwrap_or(ProcId { pid: 0, start_time: 0 }));
            }),
            Self::Started { child, mono_ns, wall_ns } => frame(out, kind::STARTED, |out| {
                put_proc(out, *child);
                out.extend_from_slice(&mono_ns.to_le_bytes());
                out.extend_from_slice(&wall_ns.to_le_bytes());
            }),
            Self::StartFailed(failed) => frame(out, kind::START_FAILED, |out| {
                out.extend_from_slice(&failed.errno.to_le_bytes());
                put_text(out, &failed.text);
            }),
            Self::State(state) => frame(out, kind::STATE, |out| encode_state(out, state)),
            Self::Tree(members) => frame(out, kind::TREE, |out| {
                for member in members.iter().take(MAX_TREE) {
                    put_proc(out, member.id);
                    out.extend_from_slice(&member.parent.to_le_bytes());
                    put_text(out, crate::wire::cut(&member.name, 64));
                }
            }),
            Self::Exit { exit, at } => frame(out, kind::EXIT, |out| {
                put_position(out, *at);
                exit.encode(out);
            }),
            Self::Bell(position) => frame(out, kind::BELL, |out| put_position(out, *position)),
            Self::Memory { segment, base } => frame(out, kind::MEMORY, |out| {
                put_position(out, Position { segment: *segment, offset: *base });
            }),
            Self::MemoryDone => frame(out, kind::MEMORY_DONE, |_| {}),
            Self::InputRefused { bytes } => {
                frame(out, kind::INPUT_REFUSED, |out| out.extend_from_slice(&bytes.to_le_bytes()));
            }
        }
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let taker = &mut Taker(body);
        let decoded = match kind {
            kind::UP_HELLO => decode_up_hello(taker),
            kind::STARTED => decode_started(taker),
            kind::START_FAILED => decode_start_failed(taker),
            kind::STATE => decode_state(taker).map(Self::State),
            kind::TREE => decode_tree(taker),
            kind::EXIT => taker.position().and_then(|at| {
                let exit = ExitPayload::decode(taker.0).ok()?;
                Some(Self::Exit { exit, at })
            }),
            kind::BELL => taker.position().map(Self::Bell),
            kind::MEMORY => taker.position().map(|at| Self::Memory { segment: at.segment, base: at.offset }),
            kind::MEMORY_DONE => Some(Self::MemoryDone),
            kind::INPUT_REFUSED => taker.u32().map(|bytes| Self::InputRefused { bytes }),
            _ => return Ok(None),
        };
        decoded.map(Some).ok_or(ProtocolError::Body(kind))
    }
}

fn encode_state(out: &mut Vec<u8>, state: &State) {
    out.push(match state.phase {
        Phase::Starting => 0,
        Phase::Running => 1,
        Phase::Paused => 2,
        Phase::Stopping => 3,
        Phase::Ended => 4,
    });
    put_position(out, state.written);
    out.extend_from_slice(&state.others.to_le_bytes());
    out.push(u8::from(state.slowed));
    out.push(u8::from(state.disk_full));
    out.extend_from_slice(&state.missed_bytes.to_le_bytes());
    out.push(u8::from(state.output_open));
}

fn decode_state(taker: &mut Taker<'_>) -> Option<State> {
    let phase = match taker.u8()? {
        0 => Phase::Starting,
        1 => Phase::Running,
        2 => Phase::Paused,
        3 => Phase::Stopping,
        4 => Phase::Ended,
        _ => return None,
    };
    Some(State {
        phase,
        written: taker.position()?,
        others: taker.u32()?,
        slowed: taker.flag()?,
        disk_full: taker.flag()?,
        missed_bytes: taker.u64()?,
        output_open: taker.flag()?,
    })
}

fn decode_up_hello(taker: &mut Taker<'_>) -> Option<Up> {
    let (protocol, run, cookie) = (taker.u16()?, taker.run()?, Cookie(taker.array()?));
    let (shim, child) = (taker.proc()?, taker.proc()?);
    Some(Up::Hello { protocol, run, cookie, shim, child: (child.pid != 0).then_some(child) })
}

fn decode_started(taker: &mut Taker<'_>) -> Option<Up> {
    Some(Up::Started { child: taker.proc()?, mono_ns: taker.u64()?, wall_ns: taker.i64()? })
}

fn decode_start_failed(taker: &mut Taker<'_>) -> Option<Up> {
    Some(Up::StartFailed(StartFailed { errno: taker.i32()?, text: taker.text()? }))
}

fn decode_tree(taker: &mut Taker<'_>) -> Option<Up> {
    let mut members = Vec::new();
    while !taker.0.is_empty() && members.len() < MAX_TREE {
        members.push(Member { id: taker.proc()?, parent: taker.i32()?, name: taker.text()? });
    }
    Some(Up::Tree(members))
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

#[cfg(test)]
mod tests;
