//! What EXIT and GAP frames carry, and the sentence that people read for an exit. Pure.
//!
//! Encoding: one version byte, then fields `tag u8 | length u16 | bytes` in any order. A reader passes over
//! tags that it does not know, so fields may be added; an absent field keeps its default.

use std::fmt::Write as _;

use brummer_event::state::signal_name;
use brummer_event::{Exit, ExitReason, GapReason, Stream, WallNs};

use crate::segment::Position;
use crate::wire::{Taker, cut};

const VERSION: u8 = 1;
/// Longest text of a payload, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// A payload that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload of a {0} frame cannot be read: damaged, or of a newer version")]
pub struct PayloadError(pub &'static str);

/// What the leader used, as the kernel counted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Microseconds of CPU in user mode.
    pub user_us: u64,
    /// Microseconds of CPU in the kernel.
    pub system_us: u64,
    /// Largest resident set of a single process, bytes.
    pub max_rss_bytes: u64,
}

/// How the leader of a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitPayload {
    pub code: Option<i32>,
    /// Signal number.
    pub signal: Option<i32>,
    /// A core was dumped.
    pub core: bool,
    pub reason: ExitReason,
    /// Monotonic ns; zero when nothing was started.
    pub started_mono_ns: u64,
    pub started_wall_ns: WallNs,
    pub ended_mono_ns: u64,
    pub ended_wall_ns: WallNs,
    pub usage: Usage,
    /// What a person should know besides: why it could not be started, who had to be killed.
    pub detail: Option<String>,
}

mod tag {
    pub(super) const CODE: u8 = 1;
    pub(super) const SIGNAL: u8 = 2;
    pub(super) const CORE: u8 = 3;
    pub(super) const REASON: u8 = 4;
    pub(super) const STARTED: u8 = 5;
    pub(super) const ENDED: u8 = 6;
    pub(super) const USAGE: u8 = 7;
    pub(super) const DETAIL: u8 = 8;
    pub(super) const SEGMENT: u8 = 16;
    pub(super) const STREAM: u8 = 17;
    pub(super) const BYTES: u8 = 18;
    pub(super) const FROM: u8 = 19;
}

fn put(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    // Every value here is a number or a text that was cut before.
    let Ok(length) = u16::try_from(value.len()) else { return };
    out.push(tag);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value);
}

fn put_pair(out: &mut Vec<u8>, tag: u8, mono: u64, wall: i64) {
    let mut value = [0u8; 16];
    value[0..8].copy_from_slice(&mono.to_le_bytes());
    value[8..16].copy_from_slice(&wall.to_le_bytes());
    put(out, tag, &value);
}

/// Calls `each` with every field; `None` where the bytes end within a field or the version is another one.
fn fields<'a>(bytes: &'a [u8], mut each: impl FnMut(u8, &mut Taker<'a>) -> Option<()>) -> Option<()> {
    let mut taker = Taker(bytes);
    if taker.u8()? != VERSION {
        return None;
    }
    while !taker.0.is_empty() {
        let tag = taker.u8()?;
        let length = usize::from(taker.u16()?);
        let mut value = Taker(taker.bytes(length)?);
        each(tag, &mut value)?;
    }
    Some(())
}

const fn reason_to_u8(reason: ExitReason) -> u8 {
    match reason {
        ExitReason::Exited => 1,
        ExitReason::Signaled => 2,
        ExitReason::Stopped => 3,
        ExitReason::StartFailed => 4,
        ExitReason::Lost => 5,
    }
}

fn reason_from_u8(value: u8) -> Option<ExitReason> {
    ExitReason::ALL.into_iter().find(|reason| reason_to_u8(*reason) == value)
}

impl ExitPayload {
    /// Appends the payload to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        if let Some(code) = self.code {
            put(out, tag::CODE, &code.to_le_bytes());
        }
        if let Some(signal) = self.signal {
            put(out, tag::SIGNAL, &signal.to_le_bytes());
        }
        put(out, tag::CORE, &[u8::from(self.core)]);
        put(out, tag::REASON, &[reason_to_u8(self.reason)]);
        put_pair(out, tag::STARTED, self.started_mono_ns, self.started_wall_ns);
        put_pair(out, tag::ENDED, self.ended_mono_ns, self.ended_wall_ns);
        let mut usage = [0u8; 24];
        usage[0..8].copy_from_slice(&self.usage.user_us.to_le_bytes());
        usage[8..16].copy_from_slice(&self.usage.system_us.to_le_bytes());
        usage[16..24].copy_from_slice(&self.usage.max_rss_bytes.to_le_bytes());
        put(out, tag::USAGE, &usage);
        if let Some(detail) = &self.detail {
            put(out, tag::DETAIL, cut(detail, MAX_TEXT).as_bytes());
        }
    }

    /// Reads the payload back.
    ///
    /// # Errors
    /// The bytes are damaged, or of a version that this one cannot read.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut reason = None;
        let mut exit = Self {
            code: None,
            signal: None,
            core: false,
            reason: ExitReason::Lost,
            started_mono_ns: 0,
            started_wall_ns: 0,
            ended_mono_ns: 0,
            ended_wall_ns: 0,
            usage: Usage::default(),
            detail: None,
        };
        fields(bytes, |tag, value| {
            match tag {
                tag::CODE => exit.code = Some(value.i32()?),
                tag::SIGNAL => exit.signal = Some(value.i32()?),
                tag::CORE => exit.core = value.u8()? != 0,
                tag::REASON => reason = Some(reason_from_u8(value.u8()?)?),
                tag::STARTED => (exit.started_mono_ns, exit.started_wall_ns) = (value.u64()?, value.i64()?),
                tag::ENDED => (exit.ended_mono_ns, exit.ended_wall_ns) = (value.u64()?, value.i64()?),
                tag::USAGE => {
                    exit.usage =
                        Usage { user_us: value.u64()?, system_us: value.u64()?, max_rss_bytes: value.u64()? }
                }
                tag::DETAIL => exit.detail = Some(String::from_utf8_lossy(value.0).into_owned()),
                _ => {}
            }
            Some(())
        })
        .ok_or(PayloadError("EXIT"))?;
        exit.reason = reason.ok_or(PayloadError("EXIT"))?;
        Ok(exit)
    }

    /// The same in the words that the daemon shares.
    pub fn to_exit(&self) -> Exit {
        Exit {
            code: self.code,
            signal: self.signal,
            core: self.core,
            reason: self.reason,
            at: self.ended_wall_ns,
            detail: self.detail.clone(),
        }
    }
}

/// The sentence about an exit that is shown as a line of stream `sys`: `exited 1 after 3.2s`.
pub fn exit_text(exit: &ExitPayload) -> String {
    let lasted = duration_text(exit.ended_mono_ns.saturating_sub(exit.started_mono_ns));
    let how = match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => signal_name(signal),
        (None, None) => String::new(),
    };
    let mut text = match exit.reason {
        ExitReason::Exited => match exit.code {
            Some(code) => format!("exited {code} after {lasted}"),
            None => format!("exited after {lasted}"),
        },
        ExitReason::Signaled => {
            let core = if exit.core { " (core dumped)" } else { "" };
            format!("killed by {how}{core} after {lasted}")
        }
        // A clean end and the usual answer to a stop need no further word.
        ExitReason::Stopped if exit.code == Some(0) || exit.signal == Some(15) || how.is_empty() => {
            format!("stopped after {lasted}")
        }
        ExitReason::Stopped => format!("stopped after {lasted} ({how})"),
        ExitReason::StartFailed => {
            return exit.detail.clone().unwrap_or_else(|| "could not be started".to_owned());
        }
        ExitReason::Lost => "its end was not seen".to_owned(),
    };
    if let Some(detail) = &exit.detail {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "; {detail}");
    }
    text
}

/// `15ms`, `3.2s`, `2m 3s`, `1h 5m`, `3d 2h`.
fn duration_text(ns: u64) -> String {
    let ms = ns / 1_000_000;
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms}ms"),
        1..60 => format!("{seconds}.{}s", (ms % 1000) / 100),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// What is missing at this place of the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapPayload {
    pub reason: GapReason,
    /// Payload and headers together where a segment went, bytes of the stream otherwise.
    pub bytes: u64,
    /// The whole segment was unlinked before it was indexed.
    pub segment: Option<u32>,
    /// First byte of that segment that was not indexed.
    pub from: Option<Position>,
    /// Bytes of this stream were read from the child and could not be kept.
    pub stream: Option<Stream>,
}

const fn gap_to_u8(reason: GapReason) -> u8 {
    match reason {
        GapReason::Evicted => 1,
        GapReason::Behind => 2,
        GapReason::DiskFull => 3,
        GapReason::Live => 4,
        GapReason::Epoch => 5,
        GapReason::Cleared => 6,
    }
}

const fn gap_from_u8(value: u8) -> Option<GapReason> {
    match value {
        1 => Some(GapReason::Evicted),
        2 => Some(GapReason::Behind),
        3 => Some(GapReason::DiskFull),
        4 => Some(GapReason::Live),
        5 => Some(GapReason::Epoch),
        6 => Some(GapReason::Cleared),
        _ => None,
    }
}

impl GapPayload {
    /// Appends the payload to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(VERSION);
        put(out, tag::REASON, &[gap_to_u8(self.reason)]);
        put(out, tag::BYTES, &self.bytes.to_le_bytes());
        if let Some(segment) = self.segment {
            put(out, tag::SEGMENT, &segment.to_le_bytes());
        }
        if let Some(from) = self.from {
            let mut value = [0u8; 12];
            value[0..4].copy_from_slice(&from.segment.to_le_bytes());
            value[4..12].copy_from_slice(&from.offset.to_le_bytes());
            put(out, tag::FROM, &value);
        }
        if let Some(stream) = self.stream {
            put(out, tag::STREAM, &[stream as u8]);
        }
    }

    /// Reads the payload back.
    ///
    /// # Errors
    /// The bytes are damaged, or of a version that this one cannot read.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut reason = None;
        let mut gap = Self { reason: GapReason::Behind, bytes: 0, segment: None, from: None, stream: None };
        fields(bytes, |tag, value| {
            match tag {
                tag::REASON => reason = Some(gap_from_u8(value.u8()?)?),
                tag::BYTES => gap.bytes = value.u64()?,
                tag::SEGMENT => gap.segment = Some(value.u32()?),
                tag::FROM => {
                    gap.from = Some(Position { segment: value.u32()?, offset: value.u64()? });
                }
                tag::STREAM => gap.stream = Some(Stream::from_u8(value.u8()?)?),
                _ => {}
            }
            Some(())
        })
        .ok_or(PayloadError("GAP"))?;
        gap.reason = reason.ok_or(PayloadError("GAP"))?;
        Ok(gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exit(reason: ExitReason, code: Option<i32>, signal: Option<i32>, ms: u64) -> ExitPayload {
        ExitPayload {
            code,
            signal,
            core: false,
            reason,
            started_mono_ns: 1_000_000,
            started_wall_ns: 5,
            ended_mono_ns: 1_000_000 + ms * 1_000_000,
            ended_wall_ns: 6,
            usage: Usage { user_us: 1, system_us: 2, max_rss_bytes: 3 },
            detail: None,
        }
    }

    #[test]
    fn exits_are_told_in_words() {
        use ExitReason::{Exited, Lost, Signaled, StartFailed, Stopped};
        let detailed = |mut exit: ExitPayload, detail: &str| {
            exit.detail = Some(detail.to_owned());
            exit
        };
        let dumped = ExitPayload { core: true, ..exit(Signaled, None, Some(11), 2000) };
        for (exit, text) in [
            (exit(Exited, Some(1), None, 3200), "exited 1 after 3.2s"),
            (exit(Exited, Some(0), None, 15), "exited 0 after 15ms"),
            (exit(Exited, Some(0), None, 59_999), "exited 0 after 59.9s"),
            (exit(Signaled, None, Some(9), 123_000), "killed by SIGKILL after 2m 3s"),
            (dumped, "killed by SIGSEGV (core dumped) after 2.0s"),
            (exit(Stopped, None, Some(15), 3_900_000), "stopped after 1h 5m"),
            (exit(Stopped, Some(0), None, 266_400_000), "stopped after 3d 2h"),
            (exit(Stopped, None, Some(9), 1000), "stopped after 1.0s (SIGKILL)"),
            (exit(Stopped, Some(143), None, 1000), "stopped after 1.0s (exit code 143)"),
            (exit(StartFailed, None, None, 0), "could not be started"),
            (
                detailed(exit(StartFailed, None, None, 0), "cannot start `x`: not found"),
                "cannot start `x`: not found",
            ),
            (exit(Lost, None, None, 0), "its end was not seen"),
            (detailed(exit(Exited, Some(2), None, 15), "more"), "exited 2 after 15ms; more"),
        ] {
            assert_eq!(exit_text(&exit), text);
        }
    }

    #[test]
    fn an_exit_comes_back() {
        for reason in ExitReason::ALL {
            let mut before = exit(reason, Some(-1), Some(9), 77);
            before.core = true;
            before.detail = Some("grüße".to_owned());
            let mut bytes = Vec::new();
            before.encode(&mut bytes);
            assert_eq!(ExitPayload::decode(&bytes), Ok(before));
        }
    }

    #[test]
    fn a_gap_comes_back_and_unknown_fields_are_passed_over() {
        let before = GapPayload {
            reason: GapReason::DiskFull,
            bytes: u64::MAX,
            segment: Some(7),
            from: Some(Position { segment: 7, offset: 9 }),
            stream: Some(Stream::Err),
        };
        let mut bytes = Vec::new();
        before.encode(&mut bytes);
        put(&mut bytes, 200, b"of a later version");
        assert_eq!(GapPayload::decode(&bytes), Ok(before));
    }

    #[test]
    fn a_huge_detail_is_cut_at_a_character() {
        let mut before = exit(ExitReason::StartFailed, None, None, 0);
        before.detail = Some("ü".repeat(MAX_TEXT));
        let mut bytes = Vec::new();
        before.encode(&mut bytes);
        let detail = ExitPayload::decode(&bytes).unwrap().detail.unwrap();
        assert_eq!(detail.len(), MAX_TEXT);
        assert!(detail.chars().all(|c| c == 'ü'));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _either = ExitPayload::decode(&bytes);
            let _either = GapPayload::decode(&bytes);
        }

        #[test]
        fn a_cut_payload_is_an_error_or_a_whole_prefix(cut in 0usize..100) {
            let mut bytes = Vec::new();
            exit(ExitReason::Exited, Some(3), None, 5).encode(&mut bytes);
            bytes.truncate(cut);
            if let Ok(decoded) = ExitPayload::decode(&bytes) {
                prop_assert_eq!(decoded.reason, ExitReason::Exited);
            }
        }
    }
}
