//! The reading of one run: frames in, lines out. Owned by whichever ingest thread has the turn.

mod frames;

use std::sync::Arc;

use brummer_capture::segment::MemoryTail;
use brummer_capture::{Block, ExitPayload, FrameKind, Position, RunDir, SegmentReader};
use brummer_event::{RunId, WallNs};

use crate::RunProgress;
use crate::assemble::Assembler;
use crate::board::{RunShelf, Shelf};
use crate::chunk::Lines;
use crate::ingest::RunStudy;
use crate::link::Link;
use crate::resume::Resume;
use crate::scholar::{Scholar, Turned};

/// A record is written without lines once so many bytes have none (progress lines that flood).
const SILENT_BYTES: u64 = 1024 * 1024;

/// News for a run from outside.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    pub bell: bool,
    pub gone: bool,
    /// A new connection to the shim.
    pub again: bool,
    pub memory: Option<Option<MemoryTail>>,
}

/// The bounds of a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub lines: usize,
    /// Frames that were written later are left for another turn.
    pub until_mono: Option<u64>,
    pub now: u64,
    pub wall: WallNs,
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    More,
    Dry,
    /// Read to the end of a run that is over.
    Done,
}

/// What a reader begins with.
pub(crate) struct Start {
    pub run: RunId,
    pub shelf: Arc<Shelf>,
    pub shelf_run: Arc<RunShelf>,
    pub link: Arc<Link>,
    pub project_dir: Option<String>,
    pub resume: Resume,
    pub shim_alive: bool,
    pub now: u64,
}

pub(crate) struct RunReader {
    pub run: RunId,
    pub shelf_run: Arc<RunShelf>,
    pub link: Arc<Link>,
    /// Where what it cut is understood.
    pub study: Arc<RunStudy>,
    /// Lent for the time that the run is behind.
    pub block: Option<Block>,
    /// Its clock is not ours: it ran before this boot.
    pub other_boot: bool,
    reader: SegmentReader,
    assembler: Assembler,
    /// Where this daemon began: bytes before were read already and are fed once more.
    resume: Resume,
    /// Bytes of the frame at the reader's position that are taken.
    partly: Option<(Position, usize)>,
    /// The end of the leader was told again.
    told: bool,
    gone: bool,
    /// There should be something to read.
    rung: bool,
    armed: Option<Position>,
    /// Of the last record.
    sealed: Position,
    retry: Option<u64>,
    /// Bytes and lines of the last turn, and a little more: what the next one will probably need.
    hint: (usize, usize),
}

impl RunReader {
    pub(crate) fn new(start: Start) -> Self {
        let Start { run, shelf, shelf_run, link, project_dir, resume, shim_alive, now } = start;
        let scholar = Scholar::new(shelf, shelf_run.clone(), project_dir);
        Self {
            reader: SegmentReader::new(shelf_run.dir.clone(), resume.needed().frame),
            assembler: Assembler::new(&resume, now),
            run,
            shelf_run,
            link,
            study: Arc::new(RunStudy::new(Box::new(scholar))),
            block: None,
            other_boot: false,
            sealed: resume.needed().frame,
            resume,
            partly: None,
            told: false,
            gone: !shim_alive,
            rung: !shim_alive,
            armed: None,
            retry: None,
            hint: (0, 0),
        }
    }

    pub(crate) fn take(&mut self, mail: Mail) {
        if mail.bell {
            self.armed = None;
        }
        if mail.again {
            self.link.again();
        }
        self.gone |= mail.gone;
        self.rung |= mail.bell || mail.gone;
        if let Some(memory) = mail.memory {
            self.reader.set_memory(memory);
        }
    }

    /// When the next turn is due although nothing rings.
    pub(crate) fn deadline(&self) -> Option<u64> {
        [self.assembler.deadline(), self.retry].into_iter().flatten().min()
    }

    /// Bytes and lines that the next turn will probably need.
    pub(crate) const fn hint(&self) -> (usize, usize) {
        self.hint
    }

    /// Closes the capture until the next turn.
    pub(crate) fn rest(&mut self) {
        self.reader.rest();
    }

    /// The time of the next frame, if there is one: ns of its boot, zero for another boot.
    pub(crate) fn head(&mut self, block: &mut Block) -> Option<u64> {
        let at = self.reader.position();
        match self.reader.next(block) {
            Ok(Some(frame)) => {
                let time = if self.other_boot { 0 } else { frame.mono_ns };
                self.reader.seek(frame.position);
                Some(time)
            }
            Ok(None) => None,
            // Its turn will find out what is wrong.
            Err(_) => {
                self.reader.seek(at);
                Some(0)
            }
        }
    }

    /// One turn: cuts what there is into `lines`, which are empty.
    pub(crate) fn turn(&mut self, block: &mut Block, turn: &Turn, lines: Lines) -> (Turned, After) {
        self.retry = None;
        let mut turned = Turned { lines, exit: None, resume: None, drained: false, wall: turn.wall };
        let gone = self.gone;
        let mut after = self.frames(block, turn, &mut turned);
        if !self.feeds_again() {
            self.assembler.tick(turn.now, &mut turned.lines);
        }
        if after == After::Dry && gone && self.retry.is_none() {
            self.assembler.finish(&mut turned.lines);
            after = After::Done;
            turned.drained = true;
        }
        self.seal(&mut turned);
        if after == After::Dry && !gone {
            self.arm();
        }
        (turned, after)
    }

    fn arm(&mut self) {
        let position = self.reader.position();
        if self.armed != Some(position) {
            self.armed = Some(position);
            self.link.arm(position);
        }
    }

    /// True while what is read lies before what was read by an earlier daemon.
    fn feeds_again(&self) -> bool {
        self.reader.position() < self.resume.reading.frame
    }

    /// Ends the turn's record, if it needs one.
    fn seal(&mut self, turned: &mut Turned) {
        let lines = &turned.lines;
        self.hint = (lines.text.len() + lines.text.len() / 16, lines.len() + lines.len() / 16);
        let reading = self.assembler.reading().frame;
        let silent = reading.segment != self.sealed.segment
            || reading.offset.saturating_sub(self.sealed.offset) >= SILENT_BYTES;
        if lines.len() > 0 || (silent && !self.feeds_again()) {
            let resume = self.assembler.seal();
            self.sealed = resume.reading.frame;
            turned.resume = Some(resume);
        }
    }

    /// Before the first turn: tells again what an earlier daemon published last.
    pub(crate) fn tell_again(&mut self, block: &mut Block) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        if let Some(position) = self.resume.exited {
            self.tell_exit(position, block);
        }
    }

    /// The supervisor may have missed the end of the leader.
    fn tell_exit(&self, position: Position, block: &mut Block) {
        let mut reader = SegmentReader::new(self.shelf_run.dir.clone(), position);
        let framed = match reader.next(block) {
            Ok(Some(frame)) if frame.kind == FrameKind::Exit => ExitPayload::decode(frame.payload).ok(),
            _ => None,
        };
        let kept = || RunDir::at(&self.shelf_run.dir).read_exit().ok().flatten().map(|record| record.exit());
        match framed.or_else(kept) {
            Some(exit) => {
                let seq = self.shelf_run.blocks.lock().last_seq().unwrap_or(0);
                self.link.tell(RunProgress::ExitPublished { exit, seq });
            }
            None => tracing::warn!(run = %self.run, "how it ended is not known any more"),
        }
    }
}
