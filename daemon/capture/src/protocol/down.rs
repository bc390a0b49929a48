//! What the daemon says, as bytes. Pure.

use super::{Down, Message, ProtocolError, Target, frame, kind, put_hello, put_position};
use crate::meta::{Cookie, StopPlan, WhenBehind};
use crate::wire::Taker;

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
