//! The threads that read captures: they take turns from the desk, reserve room, read, and hand the batch to
//! the writer. They run with lower priority than the services and never touch their runtime.

use std::sync::Arc;

use brummer_capture::Block;
use brummer_scope::clock;

use crate::LogsConfig;
use crate::backlog::Backlog;
use crate::desk::{Desk, Job};
use crate::inbox::Inbox;
use crate::reader::{After, RunReader, Turn};

/// Blocks that readers may keep between turns while they are behind.
const KEPT_BLOCKS: usize = 32;
/// With more runs than this captures are closed while they are silent.
const MANY_RUNS: usize = 100;
/// A turn may use this part of the buffer.
const TURN_SHARE: usize = 4;
/// Turns on the backlog before others are looked at.
const BACKLOG_TURNS: usize = 16;

pub(crate) struct Ingest {
    pub config: LogsConfig,
    pub desk: Arc<Desk>,
    pub inbox: Arc<Inbox>,
    /// Frames before this time are backlog.
    pub began: u64,
    pub kept_blocks: std::sync::atomic::AtomicUsize,
}

impl Ingest {
    /// A thread's work.
    pub(crate) fn run(&self) {
        let mut block = Block::new();
        loop {
            match self.desk.next() {
                Job::Turn { mut reader, mail, contended } => {
                    reader.take(mail);
                    self.turn(reader, contended, &mut block);
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

    fn turn(&self, mut reader: Box<RunReader>, contended: bool, shared: &mut Block) {
        // Never so much that a run with a few lines has to wait for it.
        let want = if contended { self.config.batch_size } else { self.config.buffer_size / TURN_SHARE };
        let Some(room) = self.inbox.reserve(want, self.config.wait_for_room) else {
            self.desk.again(reader);
            return;
        };
        let mut own = reader.block.take();
        let block = own.as_mut().unwrap_or(shared);
        reader.prime(block);
        let (now, wall) = (clock::mono_ns(), clock::wall_ns());
        let (batch, after) = reader.turn(block, &Turn { lines: room, until_mono: None, now, wall });
        let run = reader.run;
        if after == After::Done {
            self.desk.done(run);
        }
        self.inbox.submit(run, batch, room, false);
        self.keep_block(&mut reader, own, shared, after == After::More && contended);
        match after {
            After::More => self.desk.again(reader),
            After::Dry => {
                if self.desk.runs() > MANY_RUNS {
                    reader.rest();
                }
                let deadline = reader.deadline(now, wall);
                self.desk.sleep(reader, deadline);
            }
            After::Done => {}
        }
    }

    /// A reader that is behind and shares its thread with others keeps what was read ahead for it.
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
        reader.prime(block);
        let turn =
            Turn { lines: room, until_mono: Some(until), now: clock::mono_ns(), wall: clock::wall_ns() };
        let (batch, after) = reader.turn(block, &turn);
        reader.block = own;
        self.inbox.submit(reader.run, batch, room, true);
        match after {
            After::More => backlog.back(reader),
            After::Dry => backlog.dry(reader),
            After::Done => self.desk.done(reader.run),
        }
        true
    }
}
