//! The frames of a turn: bytes to the assembler, the others told as what they are, and the way around what
//! cannot be read.

use brummer_capture::{Block, ExitPayload, Frame, FrameKind, GapPayload, Position, ReadError, RunDir};
use brummer_event::{GapReason, Level, Stream};

use super::{After, RunReader, Turn};
use crate::assemble::{Feed, FrameAt};
use crate::chunk::Lines;
use crate::replay::own_text;
use crate::scholar::Turned;

/// Bytes of captures that a turn reads at most.
const QUANTUM: usize = 256 * 1024;
/// How long a capture that cannot be read is left alone, ns.
const RETRY_NS: u64 = 1_000_000_000;

impl RunReader {
    pub(super) fn frames(&mut self, block: &mut Block, turn: &Turn, turned: &mut Turned) -> After {
        let mut bytes = 0;
        let mut segment = None;
        loop {
            let full = bytes >= QUANTUM || turned.lines.len() >= turn.lines;
            if full && !self.feeds_again() {
                return After::More;
            }
            match self.reader.next(block) {
                Ok(Some(frame)) => {
                    let later =
                        turn.until_mono.is_some_and(|until| !self.other_boot && frame.mono_ns > until);
                    // A record is about one segment, so that it can go when its segment goes.
                    let first = *segment.get_or_insert(frame.position.segment);
                    let next_segment = frame.position.segment != first && !turned.lines.metas.is_empty();
                    if later || (next_segment && frame.position >= self.resume.reading.frame) {
                        self.reader.seek(frame.position);
                        return After::More;
                    }
                    bytes += frame.payload.len() + brummer_capture::frame::HEADER_LEN;
                    let position = frame.position;
                    if let Some(taken) = self.frame(&frame, turn, turned) {
                        self.partly = Some((position, taken));
                        self.reader.seek(position);
                        return After::More;
                    }
                    self.partly = None;
                }
                Ok(None) if bytes == 0 && std::mem::take(&mut self.rung) => match self.hole() {
                    Some(error) => drop(self.recover(error, block, turn.now, turned)),
                    None => return After::Dry,
                },
                Ok(None) => return After::Dry,
                Err(error) => {
                    if !self.recover(error, block, turn.now, turned) {
                        return After::Dry;
                    }
                }
            }
        }
    }

    /// Something was announced and nothing is here: the segments between may be gone.
    fn hole(&self) -> Option<ReadError> {
        let wanted = self.reader.position().segment.saturating_add(1);
        let segments = RunDir::at(&self.shelf_run.dir).segments().ok()?;
        let next = segments.into_iter().map(|segment| segment.number).find(|number| *number >= wanted)?;
        (next > wanted).then(|| ReadError::Gone { dir: self.shelf_run.dir.clone(), wanted, next })
    }

    /// Takes a frame; answers how many of its bytes if not all.
    fn frame(&mut self, frame: &Frame<'_>, turn: &Turn, turned: &mut Turned) -> Option<usize> {
        let at = FrameAt {
            position: frame.position,
            end: frame.end(),
            wall: frame.wall_ns,
            after_exit: frame.flags.after_exit(),
        };
        let stream = match frame.kind {
            FrameKind::Out => Stream::Out,
            FrameKind::Err => Stream::Err,
            _ => {
                if frame.position >= self.resume.reading.frame {
                    self.other(frame, at, turned);
                }
                return None;
            }
        };
        let point = self.resume.point(stream);
        let from = match self.partly {
            Some((position, taken)) if position == frame.position => taken,
            _ if frame.position < point.frame => return None,
            _ if frame.position == point.frame => point.byte as usize,
            _ => 0,
        };
        let most = if self.feeds_again() { usize::MAX } else { turn.lines };
        let feed = Feed { payload: frame.payload, from, at, now: turn.now, most };
        let taken = self.assembler.bytes(stream, &feed, &mut turned.lines);
        (taken < frame.payload.len()).then_some(taken)
    }

    fn other(&mut self, frame: &Frame<'_>, at: FrameAt, turned: &mut Turned) {
        let lines = &mut turned.lines;
        match frame.kind {
            FrameKind::Exit => {
                self.assembler.exit(at, lines);
                self.assembler.own(&own_text(frame.kind, frame.payload), frame.payload.len(), at, lines);
                let exit = ExitPayload::decode(frame.payload);
                let failed = exit.as_ref().map_or(true, |exit| !exit.to_exit().is_success());
                set_level(lines, if failed { Level::Error } else { Level::Info });
                match exit {
                    Ok(exit) => turned.exit = Some((lines.len().saturating_sub(1), exit)),
                    Err(error) => {
                        tracing::error!(run = %self.run, %error, "how the run ended cannot be read")
                    }
                }
            }
            FrameKind::Mark => {
                self.assembler.own(&own_text(frame.kind, frame.payload), frame.payload.len(), at, lines);
            }
            FrameKind::Gap => {
                match GapPayload::decode(frame.payload) {
                    // That a whole segment is gone is noticed where it was. Bytes of a stream are missing here.
                    Ok(gap) if gap.segment.is_none() => {
                        self.assembler.gap(gap.reason, gap.bytes, gap.stream, lines);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(run = %self.run, %error, "a gap of unknown size");
                        self.assembler.gap(GapReason::Behind, 0, None, lines);
                    }
                }
                self.assembler.passed(at);
            }
            FrameKind::Out | FrameKind::Err | FrameKind::Resize | FrameKind::Other(_) => {
                self.assembler.passed(at)
            }
        }
    }

    /// Goes on behind what cannot be read; false: later.
    fn recover(&mut self, error: ReadError, block: &mut Block, now: u64, turned: &mut Turned) -> bool {
        metrics::counter!("brummer_logs_read_errors_total").increment(1);
        let mut io = |error: &ReadError| {
            tracing::error!(run = %self.run, %error, "the capture cannot be read now");
            self.retry = Some(now.saturating_add(RETRY_NS));
            false
        };
        match error {
            ReadError::Gone { next, .. } => {
                tracing::warn!(run = %self.run, %error, "output is lost");
                self.assembler.gap(GapReason::Behind, 0, None, &mut turned.lines);
                self.reader.seek(Position { segment: next, offset: 0 });
                self.assembler.jumped(self.reader.position());
                true
            }
            ReadError::Damaged { .. } | ReadError::Torn { .. } => {
                let before = self.reader.position();
                match self.reader.skip_damage(block) {
                    Ok(bytes) => {
                        tracing::warn!(run = %self.run, %error, bytes, "damaged output is passed over");
                        self.assembler.gap(GapReason::DiskFull, bytes, None, &mut turned.lines);
                        self.assembler.jumped(self.reader.position());
                        // What cannot be skipped is waited for, not spun on.
                        self.reader.position() > before || io(&error)
                    }
                    Err(error) => io(&error),
                }
            }
            ReadError::Io { .. } => io(&error),
        }
    }
}

fn set_level(lines: &mut Lines, level: Level) {
    if let Some(meta) = lines.metas.last_mut() {
        meta.level = level;
    }
}
