//! What the shim says, as bytes. Pure.

use super::{
    MAX_TREE, Member, Message, Phase, ProtocolError, StartFailed, State, Up, frame, kind, put_hello,
    put_position, put_proc,
};
use crate::meta::Cookie;
use crate::payload::ExitPayload;
use crate::proc::ProcId;
use crate::segment::Position;
use crate::wire::{Taker, cut, put_text};

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
                    put_text(out, cut(&member.name, 64));
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
