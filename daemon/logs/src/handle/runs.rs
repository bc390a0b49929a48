//! Runs come, ring and go.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use brummer_capture::segment::MemoryTail;
use brummer_capture::{Position, RunDir};
use brummer_event::RunId;
use brummer_scope::clock;

use super::{Logs, kept_run};
use crate::blocks::Blocks;
use crate::board::{Marks, RunShelf};
use crate::desk::Desk;
use crate::index::{IndexWriter, State, Whose};
use crate::link::Link;
use crate::reader::{RunReader, Start};
use crate::ring::Bounds;
use crate::writer::Slot;
use crate::{LogsError, RunSource};

impl Logs {
    /// Starts (or, after adoption, resumes) reading a run.
    ///
    /// # Errors
    /// It is being read already, or was read to its end.
    pub fn attach(&self, source: RunSource) -> Result<(), LogsError> {
        let RunSource { key, run, dir, project_dir, shim_alive, to_shim, progress, bounds } = source;
        let inner = &self.inner;
        let shelf = inner.board.shelf_or_new(&key, 0, Marks::default());
        let state = inner.states.lock().remove(&run);
        let known = shelf.runs.load().iter().any(|other| other.run == run);
        if inner.desk.knows(run) || (known && state.is_none()) {
            return Err(LogsError::Attached(run));
        }
        let state = state.unwrap_or(State::START);
        let shelf_run =
            RunShelf::new(run, dir.clone(), inner.index_dir.clone(), Blocks::default(), !shim_alive);
        let shelf_run = inner.board.add_run(&shelf, shelf_run);
        let link = Link::start(&inner.scope, to_shim, progress);
        let resume = state.resume;
        let project_dir = project_dir.to_str().unwrap_or("").to_owned();
        let whose = Whose { run, key, project_dir: project_dir.clone() };
        inner.inbox.open(Slot {
            run,
            shelf: shelf.clone(),
            shelf_run: shelf_run.clone(),
            index: IndexWriter::new(&inner.index_dir, inner.board.epoch, whose, &state),
            link: link.clone(),
            indexed: resume.needed().frame,
            bounds: Bounds {
                lines: bounds.keep_lines.unwrap_or(inner.config.keep_lines),
                bytes: usize::try_from(bounds.ring_bytes.unwrap_or(inner.config.ring_bytes.process))
                    .unwrap_or(usize::MAX),
            },
            recent: std::collections::VecDeque::new(),
        });
        let mut kept = kept_run(&inner.config, shelf.clone(), shelf_run.clone());
        kept.live = shim_alive;
        kept.link = Some(link.clone());
        kept.indexed = resume.needed().frame.segment;
        kept.keep_bytes = bounds.keep_bytes.unwrap_or(inner.config.keep_bytes);
        kept.when_behind = bounds.when_behind.unwrap_or(inner.config.when_behind);
        inner.keeper.come(run, kept);
        if resume.needed().frame != Position::START {
            link.indexed(resume.needed().frame);
        }
        let project_dir = Some(project_dir).filter(|dir| !dir.is_empty());
        let now = clock::mono_ns();
        let mut reader = Box::new(RunReader::new(Start {
            run,
            shelf,
            shelf_run,
            link,
            project_dir,
            resume,
            shim_alive,
            now,
        }));
        // Runs of this daemon have nothing older than it.
        let meta = RunDir::at(dir).read_meta().ok();
        reader.other_boot = meta.as_ref().is_some_and(|meta| meta.boot_id != inner.boot_id);
        let backlog = meta.is_some_and(|meta| meta.created_mono_ns < inner.began) || reader.other_boot;
        inner.desk.add(reader, backlog);
        Ok(())
    }

    /// While the answer lives, bytes older than this daemon wait: attach all adopted runs, then drop it, and
    /// their backlog is merged by time. Do not wait for news of an adopted run while holding it.
    #[must_use]
    pub fn hold_backlog(&self) -> BacklogHold {
        self.inner.desk.hold();
        BacklogHold { desk: self.inner.desk.clone() }
    }

    /// The shim answered an Arm: there is more to read.
    pub fn bell(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.bell = true);
    }

    /// The connection to the shim was made anew: what it was told last is told again.
    pub fn rearm(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.again = true);
    }

    /// Nothing will be written any more: read to the end, then close.
    pub fn shim_gone(&self, run: RunId) {
        self.inner.desk.post(run, |mail| mail.gone = true);
    }

    /// The disk is full: from byte `base` on `segment` is in this memory file.
    pub fn handover(&self, run: RunId, memory: OwnedFd, segment: u32, base: u64) {
        let tail = MemoryTail { segment, base, file: File::from(memory) };
        self.inner.desk.post(run, |mail| {
            mail.memory = Some(Some(tail));
            mail.bell = true;
        });
    }

    /// The disk holds everything of the run again.
    pub fn handover_done(&self, run: RunId) {
        self.inner.desk.post(run, |mail| {
            mail.memory = Some(None);
            mail.bell = true;
        });
    }
}

/// See [`Logs::hold_backlog`].
pub struct BacklogHold {
    desk: Arc<Desk>,
}

impl Drop for BacklogHold {
    fn drop(&mut self) {
        self.desk.release();
    }
}
