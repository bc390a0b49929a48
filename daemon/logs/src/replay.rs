//! Published lines once more: the recorded cuts applied to the same frames. Nothing is decided here, so
//! nothing can come out differently. Pure.

use std::collections::VecDeque;

use brummer_capture::{ExitPayload, Frame, FrameKind, exit_text};
use brummer_event::{Stream, WallNs};

use crate::chunk::{Lines, Peculiar};
use crate::record::Cut;
use crate::resume::Resume;

/// The text of a line of Brummer's own.
pub(crate) fn own_text(kind: FrameKind, payload: &[u8]) -> Vec<u8> {
    match kind {
        FrameKind::Exit => match ExitPayload::decode(payload) {
            Ok(exit) => exit_text(&exit).into_bytes(),
            Err(error) => error.to_string().into_bytes(),
        },
        _ => payload.to_vec(),
    }
}

/// Bytes of one stream that are in no line yet.
#[derive(Debug, Default)]
struct Supply {
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are used up.
    used: usize,
    /// Where the bytes of each frame end (counted from the beginning of the stream), and its time.
    frames: VecDeque<(u64, WallNs)>,
    /// Bytes that were used up and removed.
    removed: u64,
}

impl Supply {
    fn add(&mut self, bytes: &[u8], time: WallNs) {
        if bytes.is_empty() {
            return;
        }
        if self.used > 64 * 1024 && self.used > self.bytes.len() / 2 {
            self.bytes.drain(..self.used);
            self.removed += self.used as u64;
            self.used = 0;
        }
        self.bytes.extend_from_slice(bytes);
        self.frames.push_back((self.removed + self.bytes.len() as u64, time));
    }

    /// The bytes of a line and the time of its last one; `None` if they are not all here.
    fn take(&mut self, cut: &Cut) -> Option<(&[u8], Option<WallNs>)> {
        let [skip, length, end] = [cut.skip, cut.length, cut.end].map(|count| usize::try_from(count).ok());
        let start = self.used.checked_add(skip?)?;
        let text = start..start.checked_add(length?)?;
        let used = text.end.checked_add(end?)?;
        if used > self.bytes.len() {
            return None;
        }
        self.used = used;
        let position = self.removed + used as u64;
        while self.frames.front().is_some_and(|(end, _)| *end < position) {
            self.frames.pop_front();
        }
        let own = length != Some(0) || end != Some(0);
        let time = self.frames.front().filter(|_| own).map(|(_, time)| *time);
        Some((self.bytes.get(text).unwrap_or(&[]), time))
    }
}

/// Applies cuts to frames.
#[derive(Debug)]
pub(crate) struct Replay {
    before: Resume,
    out: Supply,
    err: Supply,
    own: VecDeque<(Vec<u8>, usize, WallNs)>,
    open_out: Option<u64>,
    open_err: Option<u64>,
    next_line: u64,
    time: WallNs,
}

impl Replay {
    /// Frames have to be given from [`Resume::needed`] on.
    pub(crate) fn new(before: Resume) -> Self {
        Self {
            out: Supply::default(),
            err: Supply::default(),
            own: VecDeque::new(),
            open_out: before.out.open.map(|open| open.line),
            open_err: before.err.open.map(|open| open.line),
            next_line: before.next_line,
            time: before.time,
            before,
        }
    }

    /// The next frame of the capture.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) {
        let (supply, point) = match frame.kind {
            FrameKind::Out => (&mut self.out, self.before.out.point),
            FrameKind::Err => (&mut self.err, self.before.err.point),
            FrameKind::Exit | FrameKind::Mark => {
                if frame.position >= self.before.reading.frame {
                    let text = own_text(frame.kind, frame.payload);
                    self.own.push_back((text, frame.payload.len(), frame.wall_ns));
                }
                return;
            }
            FrameKind::Gap | FrameKind::Resize | FrameKind::Other(_) => return,
        };
        let from = match frame.position.cmp(&point.frame) {
            std::cmp::Ordering::Less => frame.payload.len(),
            std::cmp::Ordering::Equal => point.byte as usize,
            std::cmp::Ordering::Greater => 0,
        };
        supply.add(frame.payload.get(from..).unwrap_or(&[]), frame.wall_ns);
    }

    /// Appends the line that `cut` describes. False: more frames are needed first.
    pub(crate) fn line(&mut self, cut: &Cut, lines: &mut Lines) -> bool {
        if cut.gap.is_some() {
            let peculiar = Peculiar { index: 0, skip: 0, length: None, end: 0, gap: cut.gap };
            lines.push_peculiar(&[], self.next_line, self.time, Stream::Sys, cut.flags, peculiar);
            return true;
        }
        let (open, supply) = match cut.stream {
            Stream::Out => (&mut self.open_out, &mut self.out),
            Stream::Err => (&mut self.open_err, &mut self.err),
            Stream::Sys => {
                let Some((text, payload, time)) = self.own.pop_front() else { return false };
                let peculiar =
                    Peculiar { index: 0, skip: 0, length: Some(payload as u64), end: 0, gap: None };
                self.time = time;
                lines.push_peculiar(&text, self.next_line, time, Stream::Sys, cut.flags, peculiar);
                self.next_line += 1;
                set_level(lines, cut);
                return true;
            }
        };
        let Some((text, time)) = supply.take(cut) else { return false };
        let line = match *open {
            Some(line) if !cut.flags.has(brummer_event::LineFlags::REPLACES_PREVIOUS) => line,
            _ => {
                self.next_line += 1;
                self.next_line - 1
            }
        };
        *open = cut.flags.has(brummer_event::LineFlags::PART).then_some(line);
        self.time = time.unwrap_or(self.time);
        match u8::try_from(cut.end) {
            Ok(ending) if ending <= 2 && cut.skip == 0 => {
                lines.push(text, line, self.time, cut.stream, cut.flags, ending);
            }
            _ => {
                let peculiar = Peculiar { index: 0, skip: cut.skip, length: None, end: cut.end, gap: None };
                lines.push_peculiar(text, line, self.time, cut.stream, cut.flags, peculiar);
            }
        }
        set_level(lines, cut);
        true
    }
}

fn set_level(lines: &mut Lines, cut: &Cut) {
    if let Some(meta) = lines.metas.last_mut() {
        meta.level = cut.level;
    }
}
