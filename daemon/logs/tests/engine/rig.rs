//! An engine in a temporary directory, and children whose shim is played here: it appends frames and answers
//! an Arm exactly as the real one does.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brummer_capture::frame::FrameFlags;
use brummer_capture::meta::Cookie;
use brummer_capture::{ExitPayload, FrameKind, Meta, Position, RunDir, SegmentWriter, Usage};
use brummer_event::{ExitReason, LineCursor, LineFlags, LineSeq, ProcessKey, RunId, Stream};
use brummer_logs::{
    Anchor, Filter, FindingSink, FollowItem, Follower, Found, LineView, Logs, LogsConfig, NoticeSink, Page,
    ReadQuery, RunProgress, RunSource, ShimOrder,
};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Far wider than anything here takes; only a test that hangs meets it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Sink {
    pub found: Mutex<Vec<Found>>,
    pub derived: Mutex<LineSeq>,
}

impl FindingSink for Sink {
    fn feed(&self, found: Found) {
        if !found.urls.is_empty() || !found.incidents.is_empty() {
            self.found.lock().push(found);
        }
    }

    fn derived_through(&self, _epoch: u64) -> LineSeq {
        *self.derived.lock()
    }
}

#[derive(Default)]
pub(crate) struct Notices(pub Mutex<Vec<(ProcessKey, LineSeq)>>);

impl NoticeSink for Notices {
    fn advanced(&self, key: &ProcessKey, seq: LineSeq) {
        self.0.lock().push((key.clone(), seq));
    }
}

pub(crate) struct Rig {
    pub dir: Arc<TempDir>,
    pub config: LogsConfig,
    pub scope: Scope,
    pub store: Store,
    pub logs: Logs,
    pub sink: Arc<Sink>,
    pub notices: Arc<Notices>,
}

impl Rig {
    pub(crate) async fn new(config: LogsConfig) -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), config).await
    }

    pub(crate) async fn open(dir: Arc<TempDir>, config: LogsConfig) -> Self {
        let scope = Scope::new().unwrap();
        let (store, _) = Store::open(&dir.path().join("state.db"), &scope).unwrap();
        let (sink, notices) = (Arc::new(Sink::default()), Arc::new(Notices::default()));
        std::fs::create_dir_all(dir.path().join("runs")).unwrap();
        let logs = Logs::open(
            config,
            &dir.path().join("index"),
            &dir.path().join("runs"),
            &store,
            sink.clone(),
            notices.clone(),
            &scope,
        )
        .await
        .unwrap();
        Self { dir, config, scope, store, logs, sink, notices }
    }

    /// Ends without any order, as a crash does (but for what the threads are in the middle of).
    pub(crate) async fn crash(self) -> (Arc<TempDir>, LogsConfig) {
        assert_eq!(self.scope.end(PATIENCE).await, Vec::<&str>::new());
        (self.dir, self.config)
    }

    pub(crate) async fn crash_and_open(self) -> Self {
        let (dir, config) = self.crash().await;
        Self::open(dir, config).await
    }

    pub(crate) async fn close_and_open(self) -> Self {
        self.logs.close().await;
        self.crash_and_open().await
    }

    pub(crate) fn runs_dir(&self) -> PathBuf {
        self.dir.path().join("runs")
    }

    pub(crate) fn child(&self, key: &ProcessKey) -> Child {
        Child::new(&self.runs_dir(), key, 10 * 1024 * 1024)
    }

    pub(crate) async fn read(&self, anchor: Anchor, before: usize, after: usize, filter: Filter) -> Page {
        let query = ReadQuery { anchor, before, after, filter };
        tokio::time::timeout(PATIENCE, self.logs.read(query)).await.expect("a page in time").unwrap()
    }

    /// Every kept line, by pages of `page`.
    pub(crate) async fn all(&self, filter: &Filter, page: usize) -> Vec<LineView> {
        let mut lines = Vec::new();
        let mut anchor = Anchor::First;
        loop {
            let found = self.read(anchor, 0, page, filter.clone()).await;
            lines.extend(found.lines);
            if !found.more_after {
                return lines;
            }
            anchor = Anchor::Cursor(found.last);
        }
    }

    pub(crate) fn follow_all(&self) -> Follower {
        self.logs.follow(self.begin(), whole(), false)
    }

    /// A cursor before everything.
    pub(crate) fn begin(&self) -> LineCursor {
        LineCursor { epoch: self.logs.epoch(), seq: 0, time: 0 }
    }

    /// Waits until so many lines of everything can be read, and answers them.
    pub(crate) async fn lines(&self, count: usize) -> Vec<LineView> {
        take(&mut self.follow_all(), count).await
    }
}

/// Everything, also superseded states.
pub(crate) fn whole() -> Filter {
    Filter { include_replaced: true, ..Filter::default() }
}

pub(crate) fn of(key: &ProcessKey) -> Filter {
    Filter { processes: Some(vec![key.clone()]), ..whole() }
}

pub(crate) fn key(name: &str) -> ProcessKey {
    ProcessKey::new("p", name)
}

/// The next `count` lines of a follower. A gap is a failure.
pub(crate) async fn take(follower: &mut Follower, count: usize) -> Vec<LineView> {
    let mut lines = Vec::new();
    while lines.len() < count {
        match next(follower).await {
            FollowItem::Lines(more) => lines.extend(more),
            FollowItem::Gap(gap) => panic!("{gap:?}"),
            FollowItem::Progress { .. } => {}
        }
    }
    lines
}

pub(crate) async fn next(follower: &mut Follower) -> FollowItem {
    tokio::time::timeout(PATIENCE, follower.next()).await.expect("something to follow in time").unwrap()
}

pub(crate) fn texts(lines: &[LineView]) -> Vec<String> {
    lines.iter().map(|line| String::from_utf8_lossy(&line.text).into_owned()).collect()
}

pub(crate) fn seqs(lines: &[LineView]) -> Vec<LineSeq> {
    lines.iter().map(|line| line.seq).collect()
}

pub(crate) fn assert_rising(lines: &[LineView]) {
    for pair in lines.windows(2) {
        assert!(pair[0].seq < pair[1].seq, "{} then {}", pair[0].seq, pair[1].seq);
    }
}

/// Line numbers of each run from 1 without holes; parts share theirs.
pub(crate) fn assert_complete(lines: &[LineView]) {
    let mut runs: HashMap<RunId, Vec<u64>> = HashMap::new();
    for line in lines {
        runs.entry(line.run).or_default().push(line.line);
    }
    for (run, mut numbers) in runs {
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{run}");
    }
}

/// Parts joined, superseded states dropped.
pub(crate) fn folded(lines: &[LineView], stream: Stream) -> Vec<Vec<u8>> {
    let mut whole: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    for line in lines.iter().filter(|line| line.stream == stream) {
        if line.flags.has(LineFlags::REPLACES_PREVIOUS) {
            whole.pop();
            open = false;
        }
        match whole.last_mut().filter(|_| open) {
            Some(last) => last.extend_from_slice(&line.text),
            None => whole.push(line.text.to_vec()),
        }
        open = line.flags.has(LineFlags::PART);
    }
    whole
}

/// What the shim knows.
#[derive(Default)]
struct Bell {
    written: Option<Position>,
    armed: Option<Position>,
    indexed: Option<Position>,
    released: u32,
}

/// A run whose shim is played here.
pub(crate) struct Child {
    pub key: ProcessKey,
    pub run: RunId,
    pub dir: PathBuf,
    writer: SegmentWriter,
    bell: Arc<Mutex<Bell>>,
    logs: Option<Logs>,
    progress: Option<mpsc::Receiver<RunProgress>>,
    /// Stamped on frames; a test that orders by time sets it.
    pub mono: Option<u64>,
    pub wall: Option<i64>,
}

impl Child {
    pub(crate) fn new(runs: &Path, key: &ProcessKey, segment_bytes: u64) -> Self {
        let run = RunId::generate();
        let dir = RunDir::of(runs, run);
        dir.create().unwrap();
        let mut meta = Meta::new(run, Cookie([0; 16]), vec!["x".to_owned()], "/".into());
        meta.boot_id = clock::boot_id().unwrap();
        meta.created_mono_ns = clock::mono_ns();
        dir.write_meta(&meta).unwrap();
        let fd: OwnedFd = std::fs::File::open(dir.path()).unwrap().into();
        Self {
            key: key.clone(),
            run,
            dir: dir.path().to_owned(),
            writer: SegmentWriter::create(fd, segment_bytes).unwrap(),
            bell: Arc::default(),
            logs: None,
            progress: None,
            mono: None,
            wall: None,
        }
    }

    /// Lets an engine read it.
    pub(crate) fn attach(&mut self, rig: &Rig) {
        self.attach_with(rig, true);
    }

    pub(crate) fn attach_with(&mut self, rig: &Rig, shim_alive: bool) {
        let (to_shim, orders) = mpsc::channel(4);
        let (progress, news) = mpsc::channel(4);
        self.logs = Some(rig.logs.clone());
        self.progress = Some(news);
        *self.bell.lock() = Bell { written: Some(self.writer.position()), ..Bell::default() };
        let (bell, logs, run) = (self.bell.clone(), rig.logs.clone(), self.run);
        let dir = self.dir.clone();
        let _shim = rig.scope.spawn_until_cancelled("shim", play(orders, bell, logs, run, dir));
        rig.logs
            .attach(RunSource {
                key: self.key.clone(),
                run: self.run,
                dir: self.dir.clone(),
                project_dir: PathBuf::from("/project"),
                shim_alive,
                to_shim,
                progress,
                bounds: brummer_event::spec::LogBounds::default(),
            })
            .unwrap();
    }

    pub(crate) fn frame(&mut self, kind: FrameKind, payload: &[u8]) -> Position {
        self.frame_with(kind, FrameFlags::NONE, payload)
    }

    pub(crate) fn frame_with(&mut self, kind: FrameKind, flags: FrameFlags, payload: &[u8]) -> Position {
        let mono = self.mono.unwrap_or_else(clock::mono_ns);
        let wall = self.wall.unwrap_or_else(clock::wall_ns);
        let appended = self.writer.append(kind, flags, mono, wall, payload).unwrap();
        let ring = {
            let mut bell = self.bell.lock();
            bell.written = Some(appended.end);
            bell.armed.take_if(|armed| *armed < appended.end).is_some()
        };
        if ring && let Some(logs) = &self.logs {
            logs.bell(self.run);
        }
        appended.start
    }

    pub(crate) fn out(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(64 * 1024) {
            self.frame(FrameKind::Out, piece);
        }
    }

    pub(crate) fn err(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(64 * 1024) {
            self.frame(FrameKind::Err, piece);
        }
    }

    /// Whole frames that were in memory go to the disk, where they have been read already.
    pub(crate) fn keep(&mut self, frames: &[u8]) {
        self.writer.append_kept(frames).unwrap();
    }

    pub(crate) fn exit(&mut self, code: i32) {
        let exit = ExitPayload {
            code: Some(code),
            signal: None,
            core: false,
            reason: ExitReason::Exited,
            started_mono_ns: 1_000_000,
            started_wall_ns: 0,
            ended_mono_ns: 16_000_000,
            ended_wall_ns: 15,
            usage: Usage::default(),
            detail: None,
        };
        let mut payload = Vec::new();
        exit.encode(&mut payload);
        self.frame(FrameKind::Exit, &payload);
    }

    pub(crate) fn gone(&self) {
        self.logs.as_ref().unwrap().shim_gone(self.run);
    }

    /// The next news about it.
    pub(crate) async fn news(&mut self) -> Option<RunProgress> {
        tokio::time::timeout(PATIENCE, self.progress.as_mut().unwrap().recv()).await.expect("news in time")
    }

    pub(crate) fn indexed(&self) -> Option<Position> {
        self.bell.lock().indexed
    }

    pub(crate) fn released(&self) -> u32 {
        self.bell.lock().released
    }

    pub(crate) fn written(&self) -> Position {
        self.writer.position()
    }
}

/// What a shim does with orders.
async fn play(
    mut orders: mpsc::Receiver<ShimOrder>,
    bell: Arc<Mutex<Bell>>,
    logs: Logs,
    run: RunId,
    dir: PathBuf,
) {
    while let Some(order) = orders.recv().await {
        let mut ring = false;
        {
            let mut bell = bell.lock();
            match order {
                ShimOrder::Arm(position) => {
                    ring = bell.written.is_some_and(|written| written > position);
                    bell.armed = (!ring).then_some(position);
                }
                ShimOrder::Indexed(position) => bell.indexed = Some(position),
                ShimOrder::Release { through } => {
                    for number in bell.released + 1..=through {
                        std::fs::remove_file(dir.join(format!("capture.{number:06}"))).unwrap();
                    }
                    bell.released = through;
                }
                ShimOrder::Behind(_) => {}
            }
        }
        if ring {
            logs.bell(run);
        }
    }
}

/// Waits for a state that nothing announces, by the engine's own counters.
pub(crate) async fn until(mut met: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !met() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.expect("it comes true in time");
}
