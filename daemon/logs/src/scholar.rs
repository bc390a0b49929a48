//! Who understands one run: from the lines of a turn to their levels, what they reveal, and the record that the
//! index keeps of them. Owned by whichever ingest thread has it from the run's [`Study`].

use std::sync::Arc;

use brummer_capture::{Block, ExitPayload};
use brummer_event::{LineSeq, RunId, WallNs};
use brummer_insight::{Classifier, ClassifierContext, Findings};

use crate::batch::{Batch, Reading, RecordDraft};
use crate::board::{RunShelf, Shelf};
use crate::chunk::Lines;
use crate::derive;
use crate::resume::Resume;

/// What a turn cut.
pub(crate) struct Turned {
    pub lines: Lines,
    /// The leader's end, told by the line at this index.
    pub exit: Option<(usize, ExitPayload)>,
    /// Where the run stands behind it; `None` where nothing was read.
    pub resume: Option<Resume>,
    /// Nothing will follow.
    pub drained: bool,
    pub wall: WallNs,
}

pub(crate) struct Scholar {
    shelf: Arc<Shelf>,
    run: Arc<RunShelf>,
    reading: Reading,
    primed: bool,
}

impl Scholar {
    /// Files of errors are told relative to `project_dir`.
    pub(crate) fn new(shelf: Arc<Shelf>, run: Arc<RunShelf>, project_dir: Option<String>) -> Self {
        let classifier = Classifier::new(ClassifierContext { project_dir, ..ClassifierContext::default() });
        Self { shelf, run, reading: Reading::new(classifier), primed: false }
    }

    pub(crate) fn run(&self) -> RunId {
        self.run.run
    }

    /// Before the first turn of the run: puts the classifier where it stood. Effects of what is read here were
    /// kept, or derived again when the engine was opened.
    pub(crate) fn prime(&mut self, block: &mut Block) {
        if std::mem::replace(&mut self.primed, true) {
            return;
        }
        let forget = |_, _, findings: &mut Findings| findings.clear();
        derive::understand(&self.shelf.key, &self.run, LineSeq::MAX, block, &mut self.reading, forget);
    }

    /// Turns must come in order. Nothing comes of one in which nothing happened.
    pub(crate) fn understand(&mut self, turned: Turned) -> Option<Batch> {
        let Turned { mut lines, exit, resume, drained, wall } = turned;
        let mut findings = Findings::default();
        self.reading.understand(&mut lines, &mut findings);
        if drained || exit.is_some() {
            self.reading.flush(WallNs::MAX, &mut findings);
        } else if self.reading.deadline().is_some_and(|at| at <= wall) {
            self.reading.flush(wall, &mut findings);
        }
        let record = resume.map(|resume| RecordDraft::new(&lines, resume));
        let worth = record.is_some() || !findings.is_empty() || drained;
        worth.then_some(Batch { lines, record, findings, exit, drained })
    }

    /// When [`Scholar::understand`] has more to tell although no line comes.
    pub(crate) fn deadline(&self, now: u64, wall: WallNs) -> Option<u64> {
        // Wall time is a label; how far it lies ahead is all that is taken from it.
        let at = self.reading.deadline()?;
        Some(now.saturating_add(u64::try_from(at.saturating_sub(wall)).unwrap_or(0)))
    }
}
