//! Reads captures as the log engine does: to the end of what is there, then armed, woken by the bell.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use brummer_capture::{Block, ExitPayload, FrameKind, Position, SegmentReader};
use brummer_event::{ProcessKey, RunId};
use brummer_process::{RunLogs, RunProgress, RunToRead, ShimOrder};
use brummer_scope::Scope;
use futures::future::BoxFuture;
use tokio::sync::Notify;

#[derive(Default)]
struct Wake {
    notify: Notify,
    gone: std::sync::atomic::AtomicBool,
}

/// What was read of all runs.
#[derive(Default)]
pub(crate) struct Texts {
    /// Of each run its process and its text, own sentences in brackets.
    pub(crate) runs: Mutex<HashMap<RunId, (ProcessKey, String)>>,
    /// Told whenever there is more.
    pub(crate) more: Notify,
}

pub(crate) struct Reader {
    scope: Scope,
    runs: Mutex<HashMap<RunId, Arc<Wake>>>,
    texts: Arc<Texts>,
}

impl Reader {
    pub(crate) fn new(scope: Scope, texts: Arc<Texts>) -> Self {
        Self { scope, runs: Mutex::default(), texts }
    }

    fn wake(&self, run: RunId, gone: bool) {
        if let Some(wake) = self.runs.lock().unwrap().get(&run) {
            wake.gone.fetch_or(gone, std::sync::atomic::Ordering::AcqRel);
            wake.notify.notify_one();
        }
    }
}

impl RunLogs for Reader {
    fn attach(&self, run: RunToRead) {
        let wake = Arc::new(Wake::default());
        wake.gone.store(!run.shim_alive, std::sync::atomic::Ordering::Release);
        self.runs.lock().unwrap().insert(run.run, wake.clone());
        self.texts.runs.lock().unwrap().insert(run.run, (run.key.clone(), String::new()));
        let texts = self.texts.clone();
        let _task =
            self.scope.spawn_until_cancelled("test-reader", async move { read(run, &wake, &texts).await });
    }

    fn bell(&self, run: RunId) {
        self.wake(run, false);
    }

    fn rearm(&self, run: RunId) {
        self.wake(run, false);
    }

    fn shim_gone(&self, run: RunId) {
        self.wake(run, true);
    }

    fn first_line(
        &self,
        _key: ProcessKey,
        run: RunId,
        pattern: String,
    ) -> BoxFuture<'static, Result<(), String>> {
        let texts = self.texts.clone();
        Box::pin(async move {
            let pattern =
                brummer_event::pattern::compile(&pattern, false).map_err(|error| error.to_string())?;
            loop {
                let mut more = std::pin::pin!(texts.more.notified());
                more.as_mut().enable();
                let found = texts
                    .runs
                    .lock()
                    .unwrap()
                    .get(&run)
                    .is_some_and(|(_, text)| text.lines().any(|line| pattern.is_match(line.as_bytes())));
                if found {
                    return Ok(());
                }
                more.await;
            }
        })
    }

    fn handover(&self, _run: RunId, _memory: OwnedFd, _segment: u32, _base: u64) {
        panic!("no disk is full here");
    }

    fn handover_done(&self, _run: RunId) {}
}

async fn read(run: RunToRead, wake: &Wake, texts: &Texts) {
    let mut reader = SegmentReader::new(&run.dir, Position::START);
    let mut block = Block::new();
    loop {
        let gone = wake.gone.load(std::sync::atomic::Ordering::Acquire);
        let mut exits: Vec<ExitPayload> = Vec::new();
        while let Some(frame) = reader.next(&mut block).unwrap() {
            let mut texts = texts.runs.lock().unwrap();
            let text = &mut texts.get_mut(&run.run).unwrap().1;
            match frame.kind {
                FrameKind::Out | FrameKind::Err => text.push_str(&String::from_utf8_lossy(frame.payload)),
                FrameKind::Mark => {
                    text.push_str(&format!("[{}]", String::from_utf8_lossy(frame.payload)));
                }
                FrameKind::Exit => exits.push(ExitPayload::decode(frame.payload).unwrap()),
                _ => {}
            }
        }
        texts.more.notify_waiters();
        for exit in exits {
            let _closed = run.progress.send(RunProgress::ExitPublished { exit, seq: 1 }).await;
        }
        if gone {
            let _closed = run.progress.send(RunProgress::Drained { last_seq: None }).await;
            return;
        }
        let _closed = run.to_shim.send(ShimOrder::Arm(reader.position())).await;
        wake.notify.notified().await;
    }
}
