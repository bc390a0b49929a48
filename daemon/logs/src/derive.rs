//! What lines revealed, once more: a daemon that died may have published lines whose findings nobody kept.
//! They are understood again when the engine is opened, before anything new; the classifier is primed with
//! the lines before them, without effect.

use brummer_capture::Block as Bytes;
use brummer_event::{LineSeq, ProcessKey, Stream};
use brummer_insight::{Classifier, ClassifierContext, Findings, Found};

use crate::FindingSink;
use crate::batch::Reading;
use crate::board::RunShelf;
use crate::history;

/// Lines that a classifier is primed with.
const PRIMING: u64 = 500;
/// Lines of a run that are understood again at most. More are only beyond reach of a healthy daemon, which
/// keeps up within some thousands.
const MOST: u64 = 200_000;

/// Gives the last lines of a run to `reading`: those behind `derived`, and [`PRIMING`] before. `found` gets
/// the number of each line, the line's place in the run, and what it revealed.
pub(crate) fn understand(
    key: &ProcessKey,
    run: &RunShelf,
    derived: LineSeq,
    bytes: &mut Bytes,
    reading: &mut Reading,
    mut found: impl FnMut(LineSeq, u64, &mut Findings),
) {
    let blocks = {
        let blocks = run.blocks.lock();
        let mut wanted = Vec::new();
        let (mut before, mut all) = (0, 0);
        for entry in blocks.iter().rev() {
            if before >= PRIMING || all >= MOST {
                break;
            }
            all += entry.lines;
            before += if entry.last_seq <= derived { entry.lines } else { 0 };
            wanted.push(*entry);
        }
        wanted
    };
    let mut findings = Findings::default();
    for entry in blocks.iter().rev() {
        let chunk = match history::load(key, run, entry, bytes) {
            Ok(chunk) => chunk,
            Err(error) => {
                tracing::debug!(run = %run.run, %error, "lines that are not understood again");
                continue;
            }
        };
        for at in 0..chunk.len() {
            let Some(meta) = chunk.meta(at).filter(|meta| meta.stream != Stream::Sys) else { continue };
            reading.line(meta.stream, meta.line, meta.time, chunk.text(at), meta.flags, &mut findings);
            found(chunk.seq(at), meta.line, &mut findings);
        }
    }
}

/// A run whose lines are to be looked at again.
pub(crate) struct Again<'a> {
    pub key: &'a ProcessKey,
    pub run: &'a RunShelf,
    pub project_dir: &'a str,
    pub last_seq: LineSeq,
}

/// Feeds what lines behind the kept ones reveal, then that everything was looked at. Blocks.
pub(crate) fn again(runs: &[Again<'_>], epoch: u64, sink: &dyn FindingSink) {
    let derived = sink.derived_through(epoch);
    let Some(newest) = runs.iter().max_by_key(|run| run.last_seq).filter(|run| run.last_seq > derived) else {
        return;
    };
    let mut bytes = Bytes::new();
    let mut all = Vec::new();
    for run in runs.iter().filter(|run| run.last_seq > derived) {
        let project_dir = Some(run.project_dir.to_owned()).filter(|dir| !dir.is_empty());
        let context = ClassifierContext { project_dir, ..ClassifierContext::default() };
        let mut reading = Reading::new(Classifier::new(context));
        // Numbers of the lines seen, for findings that refer to an earlier one.
        let mut seqs: Vec<(u64, LineSeq)> = Vec::new();
        understand(run.key, run.run, derived, &mut bytes, &mut reading, |seq, line, findings| {
            seqs.push((line, seq));
            if findings.is_empty() {
                return;
            }
            if seq <= derived {
                findings.clear();
                return;
            }
            let seq_of = |line: u64| {
                let exact = seqs.iter().rev().find(|(number, _)| *number == line);
                exact.or_else(|| seqs.first()).map_or(seq, |(_, seq)| *seq)
            };
            all.push(Found {
                key: run.key.clone(),
                run: run.run.run,
                epoch,
                urls: findings.urls.drain(..).map(|url| (seq_of(url.line), url)).collect(),
                incidents: findings.incidents.drain(..).map(|draft| (seq_of(draft.line), draft)).collect(),
                through: seq,
            });
        });
    }
    // In order of numbers over all runs, as the lines came.
    all.sort_by_key(|found| found.through);
    all.into_iter().for_each(|found| sink.feed(found));
    sink.feed(Found {
        key: newest.key.clone(),
        run: newest.run.run,
        epoch,
        urls: Vec::new(),
        incidents: Vec::new(),
        through: newest.last_seq,
    });
}
