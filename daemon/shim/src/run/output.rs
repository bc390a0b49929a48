//! The child's pipes: what it says, what it is told, and its last words before EXIT.

use std::os::fd::OwnedFd;

use brummer_capture::protocol::MAX_INPUT;
use brummer_capture::{FrameFlags, FrameKind};
use nix::errno::Errno;
use nix::libc::POLLIN;

use super::Run;
use crate::sys::{self, Now};

/// Bytes of one frame at most. Of the sizes that were tried the fastest: it stays in the second-level cache.
const READ_BYTES: usize = 64 * 1024;
/// Bytes of a stream in a turn while both have something to say.
const READ_BOTH_BYTES: usize = 16 * 1024;
/// A stopped run whose tree is gone and whose pipe is still open ends after so long a silence …
const SILENCE_NS: u64 = 250_000_000;
/// … and after this in any case.
const DRAIN_NS: u64 = 2_000_000_000;

/// What was in the pipes when the leader ended and is not read yet: bytes of out and err.
#[derive(Debug, Clone, Copy, Default)]
struct LastWords {
    out: usize,
    err: usize,
}

#[derive(Debug)]
pub(super) struct Output {
    out: Option<OwnedFd>,
    err: Option<OwnedFd>,
    stdin: Option<OwnedFd>,
    /// Input that the child has not taken yet.
    input: Vec<u8>,
    buffer: Box<[u8]>,
    last_words: Option<LastWords>,
    last_read: u64,
    /// Since when only strangers hold the pipes.
    draining_since: Option<u64>,
}

/// What one read gave.
enum Got {
    Bytes(usize),
    Nothing,
    End,
}

impl Output {
    pub(super) fn new() -> Self {
        Self {
            out: None,
            err: None,
            stdin: None,
            input: Vec::new(),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            last_words: None,
            last_read: 0,
            draining_since: None,
        }
    }

    pub(super) fn open(&mut self, out: OwnedFd, err: Option<OwnedFd>, stdin: Option<OwnedFd>) {
        self.out = Some(out);
        self.err = err;
        self.stdin = stdin;
    }

    pub(super) const fn pipes(&self) -> (Option<&OwnedFd>, Option<&OwnedFd>) {
        (self.out.as_ref(), self.err.as_ref())
    }

    pub(super) const fn is_open(&self) -> bool {
        self.out.is_some() || self.err.is_some()
    }

    /// The stdin that has input waiting for it.
    pub(super) fn waiting_input(&self) -> Option<&OwnedFd> {
        self.stdin.as_ref().filter(|_| !self.input.is_empty())
    }

    /// Takes input for the child; where it does not fit, all of it is refused and its length returned.
    pub(super) fn input(&mut self, bytes: &[u8]) -> Result<(), usize> {
        if self.stdin.is_none() || self.input.len().saturating_add(bytes.len()) > MAX_INPUT {
            return Err(bytes.len());
        }
        self.input.extend_from_slice(bytes);
        self.write_input();
        Ok(())
    }

    pub(super) fn write_input(&mut self) {
        let Some(stdin) = self.waiting_input() else { return };
        match nix::unistd::write(stdin, &self.input) {
            Ok(count) => {
                self.input.drain(..count);
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            // The child closed its stdin: nothing will ever be read from it again.
            Err(_) => {
                self.stdin = None;
                self.input = Vec::new();
            }
        }
    }

    /// When the pipes of a stopped run are given up.
    pub(super) fn drained_at(&self) -> Option<u64> {
        let since = self.draining_since?;
        let silent = self.last_read.max(since).saturating_add(SILENCE_NS);
        Some(silent.min(since.saturating_add(DRAIN_NS)))
    }

    /// Gives the pipes up once they were silent long enough; `drains` = only strangers can hold them.
    pub(super) fn drain(&mut self, drains: bool, now: u64) {
        if !drains || !self.is_open() {
            self.draining_since = None;
            return;
        }
        self.draining_since.get_or_insert(now);
        if self.drained_at().is_some_and(|at| now >= at) {
            self.out = None;
            self.err = None;
            self.draining_since = None;
        }
    }

    fn pipe(&self, kind: FrameKind) -> Option<&OwnedFd> {
        if kind == FrameKind::Out { self.out.as_ref() } else { self.err.as_ref() }
    }

    fn close(&mut self, kind: FrameKind) {
        if kind == FrameKind::Out {
            self.out = None;
        } else {
            self.err = None;
        }
    }

    /// Reads at most `limit` bytes into the buffer.
    fn read(&mut self, kind: FrameKind, limit: usize) -> Got {
        let pipe = if kind == FrameKind::Out { &self.out } else { &self.err };
        let Some(pipe) = pipe else { return Got::End };
        let limit = limit.min(READ_BYTES);
        let Some(buffer) = self.buffer.get_mut(..limit) else { return Got::Nothing };
        match nix::unistd::read(pipe, buffer) {
            Ok(0) => Got::End,
            Ok(count) => Got::Bytes(count),
            Err(Errno::EAGAIN | Errno::EINTR) => Got::Nothing,
            Err(_) => Got::End,
        }
    }
}

impl Run {
    /// The child is being stopped: it has to get rid of its last words, whatever is full.
    fn must_read(&self) -> bool {
        self.stop.has_begun()
    }

    /// What to wait for on the pipes: bytes; or, while the child is too far ahead, only that nobody can write
    /// any more (what is left then is less than a pipe holds); or nothing.
    pub(super) fn pipe_events(&self) -> Option<i16> {
        if self.output.last_words.is_some() {
            return None;
        }
        let must = self.must_read();
        if self.facts.keeper.room(must) > 0 {
            return Some(POLLIN);
        }
        // A hang-up is reported without being asked for. Where memory is full it has to wait.
        (self.facts.keeper.room_at_exit(must) > 0).then_some(0)
    }

    /// True while nothing is read because the child is too far ahead.
    pub(super) fn is_slowed(&self) -> bool {
        self.output.is_open() && self.facts.keeper.room(self.must_read()) == 0
    }

    /// One read of each pipe that has something, err first.
    pub(super) fn read_output(&mut self, err: bool, out: bool, now: Now) {
        let most = if err && out { READ_BOTH_BYTES } else { READ_BYTES };
        for (ready, kind) in [(err, FrameKind::Err), (out, FrameKind::Out)] {
            if ready && self.output.last_words.is_none() {
                let must = self.must_read();
                // No room and yet ready: it was hung up, see `pipe_events`.
                let room = match self.facts.keeper.room(must) {
                    0 => self.facts.keeper.room_at_exit(must),
                    room => room,
                };
                self.read_once(kind, most.min(room), now);
            }
        }
    }

    /// Reads once and keeps what came. Returns how much, `None` at the end or where nothing is there.
    fn read_once(&mut self, kind: FrameKind, limit: usize, now: Now) -> Option<usize> {
        if limit == 0 {
            return None;
        }
        match self.output.read(kind, limit) {
            Got::Nothing => None,
            Got::End => {
                self.output.close(kind);
                None
            }
            Got::Bytes(count) => {
                let after = self.ended && self.output.last_words.is_none();
                let flags = if after { FrameFlags::AFTER_EXIT } else { FrameFlags::NONE };
                let bytes = self.output.buffer.get(..count).unwrap_or(&[]);
                // What cannot be kept is counted by the keeper.
                self.facts.keeper.append(kind, flags, now, bytes);
                self.output.last_read = now.mono;
                Some(count)
            }
        }
    }

    /// Notes how much is in the pipes at the leader's end: that much belongs before EXIT, no more, since a
    /// descendant may write without end.
    pub(super) fn note_last_words(&mut self) {
        let waiting = |pipe: Option<&OwnedFd>| pipe.map_or(0, sys::waiting_bytes);
        self.output.last_words = Some(LastWords {
            out: waiting(self.output.pipe(FrameKind::Out)),
            err: waiting(self.output.pipe(FrameKind::Err)),
        });
    }

    /// Reads the last words as far as there is room. True once they are all kept.
    pub(super) fn read_last_words(&mut self, now: Now) -> bool {
        let Some(mut words) = self.output.last_words else { return true };
        for kind in [FrameKind::Err, FrameKind::Out] {
            let left = if kind == FrameKind::Out { &mut words.out } else { &mut words.err };
            while *left > 0 {
                let room = self.facts.keeper.room_at_exit(self.must_read());
                if room == 0 {
                    self.output.last_words = Some(words);
                    return false;
                }
                match self.read_once(kind, (*left).min(room), now) {
                    Some(count) => *left = left.saturating_sub(count),
                    None => *left = 0,
                }
            }
        }
        self.output.last_words = Some(words);
        true
    }

    /// From here on what is read was written after the end.
    pub(super) fn last_words_are_told(&mut self) {
        self.output.last_words = None;
    }
}
