//! The index files of one run: appended to by one write a publication, begun anew every MiB so that they can
//! be removed together with the captures they are about, cut at the first invalid record.
//!
//! `<index>/<run>.000001`, `.000002`, …; each begins with a [`Head`] and is understood alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use brummer_event::{LineSeq, ProcessKey, RunId};

use crate::LogsError;
use crate::batch::HAS_GAPS;
use crate::blocks::Blocks;
use crate::record::{self, Cuts, Head, Invalid, LinesHead, Record, VERSION};
use crate::resume::Resume;

/// Size at which a new index file is begun.
const FILE_BYTES: u64 = 1024 * 1024;

/// Path of an index file.
pub(crate) fn file_path(dir: &Path, run: RunId, number: u32) -> PathBuf {
    dir.join(format!("{run}.{number:06}"))
}

/// The run and number that a file name says, if it is an index file.
fn parse_name(name: &str) -> Option<(RunId, u32)> {
    let (run, number) = name.split_once('.')?;
    Some((run.parse().ok()?, number.parse().ok()?))
}

/// The index files in `dir`, by run and number.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<(RunId, Vec<u32>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        found.extend(entry?.file_name().to_str().and_then(parse_name));
    }
    found.sort_unstable();
    let mut runs: Vec<(RunId, Vec<u32>)> = Vec::new();
    for (run, number) in found {
        match runs.last_mut() {
            Some((last, numbers)) if *last == run => numbers.push(number),
            _ => runs.push((run, vec![number])),
        }
    }
    Ok(runs)
}

/// Where an appended record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: u32,
    pub from: u64,
    pub to: u64,
}

/// Whose lines an index is about.
#[derive(Debug, Clone)]
pub(crate) struct Whose {
    pub run: RunId,
    pub key: ProcessKey,
    pub project_dir: String,
}

/// Appends to the index of one run. Only the writer thread has one.
#[derive(Debug)]
pub(crate) struct IndexWriter {
    dir: PathBuf,
    epoch: u64,
    run: RunId,
    key: ProcessKey,
    project_dir: String,
    file: Option<File>,
    number: u32,
    length: u64,
    resume: Resume,
    last_seq: LineSeq,
    buffer: Vec<u8>,
}

impl IndexWriter {
    /// Goes on behind what [`load`] found (or begins). Opens and creates nothing yet.
    pub(crate) fn new(dir: &Path, epoch: u64, whose: Whose, state: &State) -> Self {
        let Whose { run, key, project_dir } = whose;
        Self {
            dir: dir.to_owned(),
            epoch,
            run,
            key,
            project_dir,
            file: None,
            number: state.number,
            length: state.length,
            resume: state.resume,
            last_seq: state.last_seq,
            buffer: Vec::new(),
        }
    }

    /// State behind the last record.
    pub(crate) fn resume(&self) -> &Resume {
        &self.resume
    }

    /// Appends records by one write. Nothing of them is in the file if it fails.
    ///
    /// # Errors
    /// The system refuses; it may be tried again.
    pub(crate) fn append(&mut self, records: &[(LinesHead, Vec<u8>)]) -> io::Result<Vec<Place>> {
        if self.file.is_none() && self.length > 0 {
            let path = file_path(&self.dir, self.run, self.number);
            self.file = Some(OpenOptions::new().append(true).open(path)?);
        }
        if self.length >= FILE_BYTES {
            self.file = None;
            self.length = 0;
            self.number += 1;
        }
        self.buffer.clear();
        if self.length == 0 {
            Head {
                epoch: self.epoch,
                run: self.run,
                key: self.key.clone(),
                project_dir: self.project_dir.clone(),
                last_seq: self.last_seq,
                resume: self.resume,
            }
            .encode(&mut self.buffer);
        }
        let mut places = Vec::with_capacity(records.len());
        for (head, body) in records {
            let from = self.length + self.buffer.len() as u64;
            record::encode_lines(&mut self.buffer, head, body);
            let to = self.length + self.buffer.len() as u64;
            places.push(Place { file: self.number, from, to });
        }
        brummer_scope::faults::point("index_write");
        self.write()?;
        if let Some((head, _)) = records.last() {
            self.resume = head.after;
            self.last_seq = self.last_seq.max(head.last_seq());
        }
        if self.buffer.capacity() > 256 * 1024 {
            self.buffer = Vec::new();
        }
        Ok(places)
    }

    fn write(&mut self) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let path = file_path(&self.dir, self.run, self.number);
                // A file of this number can only be what an earlier failed attempt left.
                OpenOptions::new().append(true).create(true).mode(0o600).open(path).and_then(|file| {
                    file.set_len(0)?;
                    Ok(file)
                })?
            }
        };
        match file.write_all(&self.buffer) {
            Ok(()) => {
                self.length += self.buffer.len() as u64;
                self.file = Some(file);
                Ok(())
            }
            Err(error) => {
                // Half a record must not be in front of the next one.
                file.set_len(self.length)?;
                if self.length > 0 {
                    self.file = Some(file);
                }
                Err(error)
            }
        }
    }

    /// Closes the file until the next append: descriptors are dear, silent runs many.
    pub(crate) fn rest(&mut self) {
        self.file = None;
    }

    /// Number of the file that is written to.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    #[cfg(test)]
    pub(crate) fn path(&self) -> PathBuf {
        file_path(&self.dir, self.run, self.number)
    }
}

/// Where the index of a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub number: u32,
    pub length: u64,
    pub resume: Resume,
    pub last_seq: LineSeq,
}

impl State {
    pub(crate) const START: Self = Self { number: 1, length: 0, resume: Resume::START, last_seq: 0 };
}

/// An index as found at start.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub key: ProcessKey,
    pub project_dir: String,
    pub blocks: Blocks,
    pub state: State,
    /// Places where output is missing, and the bytes missing there.
    pub gaps: (u64, u64),
    /// Of the files.
    pub bytes: u64,
}

/// Reads the index files of a run and cuts them at the first record that is invalid or tells of bytes that
/// `exists` does not know. `None` when nothing valid is left, or all is of another epoch: the files are gone
/// then.
///
/// # Errors
/// A file cannot be read, or is of a newer version.
pub(crate) fn load(
    dir: &Path,
    run: RunId,
    numbers: &[u32],
    epoch: u64,
    exists: &mut dyn FnMut(&Resume) -> bool,
) -> Result<Option<Loaded>, LogsError> {
    let mut loaded: Option<Loaded> = None;
    let mut numbers = numbers.iter();
    for number in numbers.by_ref() {
        let path = file_path(dir, run, *number);
        let io_error = |what, source| LogsError::Io { what, path: path.clone(), source };
        let mut bytes = Vec::new();
        File::open(&path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|source| io_error("read the log index", source))?;
        let (valid, end) = scan(&bytes, run, *number, epoch, exists, &mut loaded);
        if let End::Newer(found) = end {
            return Err(LogsError::Newer { path, found, known: VERSION });
        }
        if end == End::Whole {
            continue;
        }
        tracing::warn!(%run, file = %path.display(), valid, of = bytes.len(), "the log index is cut here");
        metrics::counter!("brummer_logs_index_cuts_total").increment(1);
        if valid == 0 {
            remove(&path)?;
        } else {
            OpenOptions::new()
                .write(true)
                .open(&path)
                .and_then(|file| file.set_len(valid))
                .map_err(|source| io_error("cut the log index", source))?;
        }
        break;
    }
    // What came behind the cut is of no use: its numbers would stand before others.
    for number in numbers {
        remove(&file_path(dir, run, *number))?;
    }
    Ok(loaded)
}

/// How reading a file ended.
#[derive(PartialEq, Eq)]
enum End {
    Whole,
    Cut,
    Newer(u8),
}

/// Takes the valid records of a file; tells how many bytes they are.
fn scan(
    bytes: &[u8],
    run: RunId,
    number: u32,
    epoch: u64,
    exists: &mut dyn FnMut(&Resume) -> bool,
    loaded: &mut Option<Loaded>,
) -> (u64, End) {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (record, length) = match record::decode(rest) {
            Ok(found) => found,
            Err(Invalid::Newer(version)) => return (at as u64, End::Newer(version)),
            Err(Invalid::Short | Invalid::Damaged) => return (at as u64, End::Cut),
        };
        let place = Place { file: number, from: at as u64, to: (at + length) as u64 };
        let taken = match record {
            Record::Head(head) => {
                let fits = at == 0 && head.run == run && head.epoch == epoch;
                // The first file that is left may be a late one; a later one must go on where the one before
                // ended.
                let follows = loaded.as_ref().is_none_or(|loaded| loaded.state.resume == head.resume);
                if fits && follows {
                    let found = loaded.get_or_insert_with(|| Loaded {
                        key: head.key,
                        project_dir: head.project_dir,
                        blocks: Blocks::default(),
                        state: State::START,
                        gaps: (0, 0),
                        bytes: 0,
                    });
                    found.state =
                        State { number, length: place.to, resume: head.resume, last_seq: head.last_seq };
                }
                fits && follows
            }
            Record::Lines { head, body } => match loaded {
                Some(loaded) if at > 0 && head.first_seq > loaded.state.last_seq && exists(&head.after) => {
                    loaded.blocks.add(place, &loaded.state.resume, &head);
                    if head.levels & HAS_GAPS != 0 {
                        let gaps = Cuts::new(body).take(head.count as usize).filter_map(|cut| cut.gap);
                        loaded.gaps = gaps.fold(loaded.gaps, |(places, lost), (_, bytes)| {
                            (places + 1, lost.saturating_add(bytes))
                        });
                    }
                    let last_seq = loaded.state.last_seq.max(head.last_seq());
                    loaded.state = State { number, length: place.to, resume: head.after, last_seq };
                    true
                }
                _ => false,
            },
        };
        if !taken {
            // A file whose records are all cut off is no file.
            return (if at == 0 { 0 } else { at as u64 }, End::Cut);
        }
        at += length;
        if let Some(loaded) = loaded {
            loaded.bytes += length as u64;
        }
    }
    (at as u64, if at == 0 { End::Cut } else { End::Whole })
}

/// Removes an index file; that it is gone already is no error.
pub(crate) fn remove(path: &Path) -> Result<(), LogsError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(LogsError::Io { what: "remove the log index", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
