//! The threads that read captures: they take turns from the desk, reserve room, read and cut, understand what
//! was cut, and hand the batch to the writer. They never touch the runtime of the services, and run with lower
//! priority than them, but for the one thread that gives runs that woke a short first turn: on a machine that
//! is busy with a flood a follower of a quiet process would else wait for a flood's time slices.
//!
//! A run that is alone and behind is given back as soon as its turn is cut, so that two threads share it: one
//! cuts, one understands.

use std::sync::Arc;

use brummer_capture::Block;
use brummer_event::WallNs;
use brummer_scope::clock;

use crate::LogsConfig;
use crate::backlog::Backlog;
use crate::desk::{Desk, Job, Lane};
use crate::inbox::Inbox;
use crate::platform::Real;
use crate::pool::Pools;
use crate::reader::{After, RunReader, Turn};
use crate::scholar::{Scholar, Turned};
use crate::study::Study;

/// Blocks that readers may keep between turns while they are behind.
const KEPT_BLOCKS: usize = 32;
/// With more runs than this captures are closed while they are silent.
const MANY_RUNS: usize = 100;
/// A turn may use this part of the buffer: what it reads, cuts and understands fits a core's own cache, and two
/// threads have room while others' batches wait for the writer.
pub(crate) const TURN_SHARE: usize = 8;
/// A first turn of a run that woke uses this part of it: a frame of 64 KiB and short lines, some 50 µs.
const QUICK_SHARE: usize = 16;
/// Turns on the backlog before others are looked at.
const BACKLOG_TURNS: usize = 16;

/// Where the turns of a run are understood.
pub(crate) type RunStudy = Study<Real, Box<Scholar>, Left>;

/// A turn that is cut.
pub(crate) struct Left {
    turned: Turned,
    /// Lines reserved for it in the inbox.
    room: usize,
    backlog: bool,
    behind: Option<Behind>,
}

/// The run, which goes on once the turn is understood.
struct Behind {
    reader: Box<RunReader>,
    after: After,
    now: u64,
    wall: WallNs,
}

pub(crate) struct Ingest {
    pub config: LogsConfig,
    pub desk: Arc<Desk>,
    pub inbox: Arc<Inbox>,
    pub pools: Pools,
    /// Frames before this time are backlog.
    pub began: u64,
    pub kept_blocks: std::sync::atomic::AtomicUsize,
}

impl Ingest {
    /// A thread's work.
    pub(crate) fn run(&self, lane: Lane) {
        let mut block = Block::new();
        loop {
            match self.desk.next(lane) {
                Job::Turn { mut reader, mail, contended } => {
                    reader.take(mail);
                    self.turn(reader, lane, contended, &mut block);
                }
                Job::Backlog { mut backlog, mail } => {
                    for (run, mail) in mail {
                        if let Some(reader) = backlog.reader(run) {
                            reader.take(mail);
                        }
                    }
                    for _ in 0..BACKLOG_TURNS {
                        if !self.backlog_turn(&mut backlog, &mut block) {
                            break;
                        }
                    }
                    self.desk.backlog_again(backlog);
                }
                Job::End => return,
            }
        }
    }

    fn turn(&self, mut reader: Box<RunReader>, lane: Lane, contended: bool, shared: &mut Block) {
        let room = match lane {
            Lane::Quick => self.inbox.reserve_now((self.config.buffer_size / QUICK_SHARE).max(1)),
            // Never so much that a run with a few lines has to wait for it.
            Lane::Bulk if contended => self.inbox.reserve(self.config.batch_size, self.config.wait_for_room),
            Lane::Bulk => self.inbox.reserve(self.config.buffer_size / TURN_SHARE, self.config.wait_for_room),
        };
        let Some(room) = room else {
            self.desk.again(reader, lane == Lane::Quick);
            return;
        };
        let mut own = reader.block.take();
        let block = own.as_mut().unwrap_or(shared);
        reader.tell_again(block);
        let turn = Turn { lines: room, until_mono: None, now: clock::mono_ns(), wall: clock::wall_ns() };
        let (turned, after) = reader.turn(block, &turn, self.pools.lines(reader.hint()));
        self.keep_block(&mut reader, own, shared, after == After::More);
        let study = reader.study.clone();
        let left = |behind| Left { turned, room, backlog: false, behind };
        let seat = if after == After::More && !contended {
            // Another thread may cut the next turn while this one is understood.
            let seat = study.leave(left(None));
            self.desk.again(reader, seat.is_some());
            seat
        } else {
            study.leave(left(Some(Behind { reader, after, now: turn.now, wall: turn.wall })))
        };
        self.study(&study, seat, lane, shared);
    }

    /// Understands what was left, in order, and hands it to the writer.
    fn study(
        &self,
        study: &RunStudy,
        mut seat: Option<(Box<Scholar>, Left)>,
        lane: Lane,
        shared: &mut Block,
    ) {
        while let Some((mut scholar, Left { turned, room, backlog, behind })) = seat {
            scholar.prime(shared);
            let run = scholar.run();
            if turned.drained {
                self.desk.done(run);
            }
            self.inbox.submit(run, scholar.understand(turned), room, backlog);
            let due = behind.as_ref().and_then(|behind| scholar.deadline(behind.now, behind.wall));
            // The seat is left before the run is given away: who cuts its next turn shall find it free. Else the
            // thread for runs that woke could be held by a flood's turns, one after the other.
            seat = study.next(scholar);
            match behind {
                Some(Behind { reader, after: After::More, .. }) => {
                    self.desk.again(reader, lane == Lane::Quick);
                }
                Some(Behind { mut reader, after: After::Dry, .. }) => {
                    if self.desk.runs() > MANY_RUNS {
                        reader.rest();
                    }
                    let deadlines = [reader.deadline(), due];
                    self.desk.sleep(reader, deadlines.into_iter().flatten().min());
                }
                Some(Behind { after: After::Done, .. }) | None => {}
            }
        }
    }

    /// A reader that is behind keeps what was read ahead for it, whichever thread has its next turn.
    fn keep_block(&self, reader: &mut RunReader, own: Option<Block>, shared: &mut Block, keep: bool) {
        use std::sync::atomic::Ordering::Relaxed;
        match (own, keep) {
            (Some(block), true) => reader.block = Some(block),
            (Some(_), false) => drop(self.kept_blocks.fetch_sub(1, Relaxed)),
            (None, true) => {
                if self.kept_blocks.fetch_add(1, Relaxed) < KEPT_BLOCKS {
                    reader.block = Some(std::mem::take(shared));
                } else {
                    self.kept_blocks.fetch_sub(1, Relaxed);
                }
            }
            (None, false) => {}
        }
    }

    /// False: nothing more to do now.
    fn backlog_turn(&self, backlog: &mut Backlog, shared: &mut Block) -> bool {
        let Some((mut reader, until)) = backlog.oldest(self.began, shared) else { return false };
        let Some(room) = self.inbox.reserve(self.config.buffer_size / TURN_SHARE, self.config.wait_for_room)
        else {
            backlog.back(reader);
            return false;
        };
        let mut own = reader.block.take();
        let block = own.as_mut().unwrap_or(shared);
        reader.tell_again(block);
        let turn =
            Turn { lines: room, until_mono: Some(until), now: clock::mono_ns(), wall: clock::wall_ns() };
        let (turned, after) = reader.turn(block, &turn, self.pools.lines(reader.hint()));
        reader.block = own;
        // Nobody else works on a run of the backlog.
        let seat = reader.study.leave(Left { turned, room, backlog: true, behind: None });
        self.study(&reader.study, seat, Lane::Bulk, shared);
        match after {
            After::More => backlog.back(reader),
            After::Dry => backlog.dry(reader),
            After::Done => {}
        }
        true
    }
}
