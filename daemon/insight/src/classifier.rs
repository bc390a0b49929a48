//! One line after the other in, level and findings out. Pure: no clock, no tasks, no files.

use brummer_event::{Level, Stream, WallNs};

use crate::Findings;

/// What a classifier must know about the project.
#[derive(Debug, Clone, Default)]
pub struct ClassifierContext {
    /// Absolute; files of errors are told relative to it.
    pub project_dir: Option<String>,
}

/// Understands the lines of one run. One per run; groups of its streams do not mix.
pub struct Classifier {
    context: ClassifierContext,
}

impl Classifier {
    pub fn new(context: ClassifierContext) -> Self {
        Self { context }
    }

    /// Takes the complete line `number` of the run (raw bytes without line end, escapes and bad UTF-8
    /// allowed) and answers its level. What it reveals is added to `out`. Does not allocate for plain lines.
    pub fn line(&mut self, stream: Stream, number: u64, time: WallNs, text: &[u8], out: &mut Findings) -> Level {
        let _ = (stream, number, time, text, out, &self.context);
        Level::Info
    }

    /// Closes the groups whose time is over at `now` ([`i64::MAX`] at the end of the run). Call it when
    /// [`Classifier::deadline`] passes.
    pub fn flush(&mut self, now: WallNs, out: &mut Findings) {
        let _ = (now, out);
    }

    /// When the next open group is to be closed by [`Classifier::flush`], if one is open.
    pub fn deadline(&self) -> Option<WallNs> {
        None
    }
}
