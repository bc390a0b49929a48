//! Supervision's reader of captures is the log engine; neither knows the other. This translates: calls one
//! to one, and for each run the two small channels between reader and shim.

use std::os::fd::OwnedFd;

use brummer_event::{ProcessKey, RunId, Stream};
use brummer_logs::{Filter, FollowItem, Logs, Matcher, RunSource};
use brummer_process::{RunLogs, RunToRead};
use brummer_scope::Scope;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

/// Orders or news of one run that wait to be passed on; their sender waits when it is full.
const PASSING: usize = 4;

/// The log engine as supervision sees it.
pub(crate) struct RunLogsOf {
    pub(crate) logs: Logs,
    pub(crate) scope: Scope,
}

impl RunLogs for RunLogsOf {
    fn attach(&self, run: RunToRead) {
        let (to_shim, mut orders) = mpsc::channel(PASSING);
        let (progress, mut news) = mpsc::channel(PASSING);
        let source = RunSource {
            key: run.key.clone(),
            run: run.run,
            dir: run.dir,
            project_dir: run.project_dir,
            shim_alive: run.shim_alive,
            to_shim,
            progress,
            bounds: run.bounds,
        };
        if let Err(error) = self.logs.attach(source) {
            // Both channels close with this: supervision then takes the shim's word for the end.
            tracing::error!(process = %run.key, run = %run.run, %error, "the output of a run cannot be read");
            return;
        }
        // Each direction ends with its sender, or when nobody takes any more; neither waits for the other.
        let _orders = self.scope.spawn("run-orders", async move {
            while let Some(order) = orders.recv().await {
                if run.to_shim.send(to_process(order)).await.is_err() {
                    break;
                }
            }
        });
        let _news = self.scope.spawn("run-news", async move {
            while let Some(progress) = news.recv().await {
                if run.progress.send(from_logs(progress)).await.is_err() {
                    break;
                }
            }
        });
    }

    fn bell(&self, run: RunId) {
        self.logs.bell(run);
    }

    fn rearm(&self, run: RunId) {
        self.logs.rearm(run);
    }

    fn shim_gone(&self, run: RunId) {
        self.logs.shim_gone(run);
    }

    fn first_line(
        &self,
        key: ProcessKey,
        run: RunId,
        pattern: String,
    ) -> BoxFuture<'static, Result<(), String>> {
        let logs = self.logs.clone();
        async move {
            let matcher = Matcher::regex(&pattern).map_err(|error| error.to_string())?;
            let filter = Filter {
                processes: Some(vec![key.clone()]),
                runs: Some(vec![run]),
                streams: Some(vec![Stream::Out, Stream::Err]),
                texts: vec![matcher],
                // A line is said, whatever is written over it.
                include_replaced: true,
                ..Filter::default()
            };
            let mut follower = logs.follow(logs.before_run(&key, run), filter, false);
            loop {
                match follower.next().await {
                    Ok(FollowItem::Lines(lines)) if !lines.is_empty() => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(error.to_string()),
                }
            }
        }
        .boxed()
    }

    fn handover(&self, run: RunId, memory: OwnedFd, segment: u32, base: u64) {
        self.logs.handover(run, memory, segment, base);
    }

    fn handover_done(&self, run: RunId) {
        self.logs.handover_done(run);
    }
}

fn to_process(order: brummer_logs::ShimOrder) -> brummer_process::ShimOrder {
    use brummer_logs::ShimOrder as Said;
    use brummer_process::ShimOrder;
    match order {
        Said::Arm(position) => ShimOrder::Arm(position),
        Said::Indexed(position) => ShimOrder::Indexed(position),
        Said::Release { through } => ShimOrder::Release { through },
        Said::Behind(when) => ShimOrder::Behind(when),
    }
}

fn from_logs(progress: brummer_logs::RunProgress) -> brummer_process::RunProgress {
    use brummer_logs::RunProgress as Said;
    use brummer_process::RunProgress;
    match progress {
        Said::ExitPublished { exit, seq } => RunProgress::ExitPublished { exit, seq },
        Said::Drained { last_seq } => RunProgress::Drained { last_seq },
    }
}
