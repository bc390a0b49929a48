//! Starting is recovering: the index of every run is read and cut where it is invalid, the numbers go on, and
//! the board shows what is kept.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brummer_capture::frame::HEADER_LEN;
use brummer_capture::{RunDir, alive};
use brummer_event::{LineSeq, ProcessKey, RunId};
use brummer_scope::clock;
use brummer_store::Store;
use brummer_store::seqs::{self, Seqs};

use crate::board::{Board, Marks, RunShelf, Shelf};
use crate::derive::{self, Again};
use crate::gauges::Gauges;
use crate::index::{self, Loaded, State};
use crate::keeper::{save_marks, to_kept};
use crate::numbers::{self, AHEAD, Found};
use crate::resume::Resume;
use crate::{FindingSink, LogsError};

/// File in the index directory that names its epoch.
const EPOCH: &str = "epoch";

/// What the start found.
pub(crate) struct Opened {
    pub board: Arc<Board>,
    pub gauges: Arc<Gauges>,
    pub next: LineSeq,
    pub kept: Seqs,
    /// Where the index of each run ends.
    pub states: HashMap<RunId, State>,
    /// Runs that nobody writes to, each with the bytes that its process may keep, where its project said so.
    pub ended: Vec<(Arc<Shelf>, Arc<RunShelf>, Option<u64>)>,
}

/// Does it. Blocks.
pub(crate) fn open(
    index_dir: &Path,
    runs_dir: &Path,
    store: &Store,
    findings: &dyn FindingSink,
) -> Result<Opened, LogsError> {
    let io_error = |what, path: &Path| {
        let path = path.to_owned();
        move |source| LogsError::Io { what, path, source }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(index_dir)
        .map_err(io_error("create the directory of the log index", index_dir))?;
    let boot_id = clock::boot_id().map_err(io_error("read the boot id of", Path::new("this machine")))?;
    let (kept, marks) =
        store.call_blocking(|connection| Ok((seqs::load(connection)?, seqs::marks(connection)?)))?;
    let index_epoch = read_epoch(index_dir).map_err(io_error("read", &index_dir.join(EPOCH)))?;
    let listed = index::list(index_dir).map_err(io_error("list the log index", index_dir))?;
    let mut runs = Vec::new();
    let mut marks: HashMap<ProcessKey, Marks> = marks
        .into_iter()
        .map(|mark| {
            let (evicted_to, evicted_lines, cleared_to) =
                (mark.evicted_to, mark.evicted_lines, mark.cleared_to);
            (ProcessKey::new(mark.project, mark.process), Marks { evicted_to, evicted_lines, cleared_to })
        })
        .collect();
    match index_epoch {
        Some(epoch) => {
            for (run, numbers) in &listed {
                runs.extend(load_run(index_dir, runs_dir, *run, numbers, epoch)?);
            }
        }
        None => {
            // Without an epoch the index is nobody's; everything is read anew from the captures.
            for (run, numbers) in &listed {
                for number in numbers {
                    index::remove(&index::file_path(index_dir, *run, *number))?;
                }
            }
            marks.clear();
            store.call_blocking(seqs::clear_marks)?;
        }
    }
    let indexed = runs.iter().map(|run| run.loaded.state.last_seq).max().unwrap_or(0);
    let start = numbers::start(&Found { kept: kept.clone(), index_epoch, indexed, boot_id: boot_id.clone() });
    let epoch = match start.epoch {
        Some(epoch) => epoch,
        None => {
            let epoch = u64::try_from(clock::wall_ns()).unwrap_or(1);
            write_epoch(index_dir, epoch).map_err(io_error("write", &index_dir.join(EPOCH)))?;
            epoch
        }
    };
    let ceiling = kept.map_or(0, |kept| kept.ceiling).max(start.next.saturating_add(AHEAD));
    let kept = Seqs { epoch, boot_id, ceiling, floor: start.next, clean: false };
    let saved = kept.clone();
    let log = store.call_blocking(move |connection| {
        seqs::save(connection, &saved)?;
        Ok(seqs::write_ahead_log(connection))
    })?;
    if let Some(log) = log {
        fs::File::open(&log).and_then(|file| file.sync_data()).map_err(io_error("sync", &log))?;
    }
    show(index_dir, store, runs, marks, start.next, kept, findings)
}

/// A run as found.
struct FoundRun {
    run: RunId,
    dir: PathBuf,
    loaded: Loaded,
    /// The oldest that is there; older ones a shim that was alone may have unlinked.
    first_segment: Option<u32>,
    alive: bool,
}

fn load_run(
    index_dir: &Path,
    runs_dir: &Path,
    run: RunId,
    numbers: &[u32],
    epoch: u64,
) -> Result<Option<FoundRun>, LogsError> {
    let dir = RunDir::of(runs_dir, run);
    // While its shim lives the capture is as whole as it ever was.
    let alive = alive::is_held(dir.path()).unwrap_or(false);
    let segments = dir.segments().unwrap_or_default();
    let last = segments.last().map(|last| (last.number, last.bytes));
    let mut exists = |resume: &Resume| {
        let Some((number, bytes)) = last.filter(|_| !alive) else { return alive };
        let point = resume.reading;
        let inside = if point.byte > 0 { HEADER_LEN as u64 + u64::from(point.byte) } else { 0 };
        point.frame.segment < number
            || (point.frame.segment == number && point.frame.offset.saturating_add(inside) <= bytes)
    };
    let Some(loaded) = index::load(index_dir, run, numbers, epoch, &mut exists)? else { return Ok(None) };
    let first_segment = segments.first().map(|first| first.number);
    Ok(Some(FoundRun { run, dir: dir.path().to_owned(), loaded, first_segment, alive }))
}

fn show(
    index_dir: &Path,
    store: &Store,
    mut runs: Vec<FoundRun>,
    mut marks: HashMap<ProcessKey, Marks>,
    next: LineSeq,
    kept: Seqs,
    findings: &dyn FindingSink,
) -> Result<Opened, LogsError> {
    let newest = runs.iter().flat_map(|run| run.loaded.blocks.iter().map(|block| block.times.1)).max();
    let board =
        Arc::new(Board::new(kept.epoch, next.saturating_sub(1), newest.unwrap_or_else(clock::wall_ns)));
    let gauges = Arc::new(Gauges::default());
    let mut changed: HashMap<ProcessKey, Marks> = HashMap::new();
    let mut floors: BTreeMap<ProcessKey, LineSeq> = BTreeMap::new();
    for found in &mut runs {
        let key = &found.loaded.key;
        let floor = floors.entry(key.clone()).or_insert(0);
        *floor = (*floor).max(found.loaded.state.last_seq);
        let counted = marks.get(key).map_or(0, |mark| mark.evicted_to);
        // A run without any segment has lost them all.
        let first = found.first_segment.unwrap_or(u32::MAX);
        if let Some((seq, lines)) = found.loaded.blocks.release_before(first, counted)
            && seq > counted
        {
            let mark = marks.entry(key.clone()).or_default();
            mark.evicted_to = mark.evicted_to.max(seq);
            mark.evicted_lines += lines;
            changed.insert(key.clone(), *mark);
        }
        Gauges::add(&gauges.lost_places, found.loaded.gaps.0);
        Gauges::add(&gauges.lost_bytes, found.loaded.gaps.1);
        Gauges::add(&gauges.index_bytes, found.loaded.bytes);
    }
    save_marks(store, changed)?;
    for (key, mark) in &marks {
        board.shelf_or_new(key, floors.get(key).copied().unwrap_or(0), *mark);
    }
    let index_dir: Arc<Path> = index_dir.into();
    let mut states = HashMap::new();
    let mut ended = Vec::new();
    let mut shown = Vec::new();
    for found in runs {
        let FoundRun { run, dir, loaded, alive, .. } = found;
        let floor = floors.get(&loaded.key).copied().unwrap_or(0);
        let shelf = board.shelf_or_new(&loaded.key, floor, Marks::default());
        let bound = || RunDir::at(&dir).read_meta().ok().and_then(|meta| meta.keep_bytes);
        let bound = (!alive).then(bound).flatten();
        let shelf_run = RunShelf::new(run, dir, index_dir.clone(), loaded.blocks, !alive);
        let shelf_run = board.add_run(&shelf, shelf_run);
        if !alive {
            ended.push((shelf.clone(), shelf_run.clone(), bound));
        }
        shown.push((shelf, shelf_run, loaded.project_dir, loaded.state.last_seq));
        states.insert(run, loaded.state);
    }
    let again: Vec<Again<'_>> = shown
        .iter()
        .map(|(shelf, run, project_dir, last_seq)| Again {
            key: &shelf.key,
            run,
            project_dir,
            last_seq: *last_seq,
        })
        .collect();
    derive::again(&again, board.epoch, findings);
    Ok(Opened { board, gauges, next, kept, states, ended })
}

fn read_epoch(dir: &Path) -> io::Result<Option<u64>> {
    match fs::read_to_string(dir.join(EPOCH)) {
        Ok(text) => Ok(u64::from_str_radix(text.trim(), 16).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write_epoch(dir: &Path, epoch: u64) -> io::Result<()> {
    use std::io::Write as _;
    let temporary = dir.join(".epoch.tmp");
    let mut file = fs::File::create(&temporary)?;
    writeln!(file, "{epoch:x}")?;
    file.sync_all()?;
    fs::rename(temporary, dir.join(EPOCH))
}

/// Keeps what a person cleared. Blocks.
pub(crate) fn keep_cleared(store: &Store, shelves: &[Arc<Shelf>]) -> Result<(), LogsError> {
    let marks: Vec<_> = shelves.iter().map(|shelf| to_kept(&shelf.key, shelf.marks())).collect();
    store.call_blocking(move |connection| seqs::save_marks(connection, &marks))?;
    Ok(())
}
