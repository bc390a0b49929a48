//! `stop.command`: a run of its own beside the one that is to be stopped, in its directory and environment,
//! read like any other, so that `logs` shows what it said. It has five seconds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brummer_capture::meta::StopPlan;
use brummer_capture::protocol::Up;
use brummer_scope::clock;
use brummer_store::processes::{self, RunRow};

use crate::link::{self, LinkEnd, LinkedRun, News};
use crate::record::{RunRecord, text};
use crate::shared::Shared;
use crate::spawn::{RunPlan, Spawned, spawn};

const LIMIT: Duration = Duration::from_secs(5);
const KILL: StopPlan = StopPlan { signal: 9, grace_ms: 0, limit_ms: Some(0) };

/// Runs it to its end, or to the end of its time; then it is killed.
pub(crate) async fn run(shared: Arc<Shared>, plan: RunPlan, project_dir: Arc<Path>) {
    let key = plan.key.clone();
    match begin(&shared, plan, &project_dir).await {
        Ok(link) => follow(&shared, link).await,
        Err(reason) => tracing::warn!(process = %key, reason, "the stop command could not be run"),
    }
}

async fn begin(shared: &Arc<Shared>, plan: RunPlan, project_dir: &Path) -> Result<LinkEnd, String> {
    let record = RunRecord {
        spec: plan.spec.clone(),
        project_dir: project_dir.to_owned(),
        stop_command: true,
        environment_origin: String::new(),
        pid: None,
        started_at: None,
    };
    let (key, run, bounds) = (plan.key.clone(), plan.run, plan.spec.logs);
    let row = RunRow {
        run,
        key: key.clone(),
        boot_id: plan.boot_id.clone(),
        created: clock::wall_ns(),
        record: text(&record).map_err(|error| error.to_string())?,
        exit: None,
    };
    let written = shared.store.call(move |c| processes::begin_run(c, &row)).await;
    written.map_err(|error| error.to_string())?;
    let launcher = shared.clone();
    let spawned = shared.scope.blocking("spawn", move || spawn(&launcher.launcher, &plan)).await;
    let (dir, cookie, launched) = match spawned.map_err(|error| error.to_string())? {
        Spawned::Launched(dir, cookie, launched) => (dir, cookie, Some(launched)),
        Spawned::Stillborn(dir, cookie) => (dir, cookie, None),
        Spawned::Nothing(reason) => return Err(reason),
    };
    let project_dir = project_dir.to_owned();
    let linked = LinkedRun { key, run, dir, project_dir, bounds, cookie: Some(cookie), same_boot: true };
    Ok(link::start(shared.link_context(), linked, launched, shared.tracker.token()))
}

async fn follow(shared: &Arc<Shared>, mut link: LinkEnd) {
    let ended = async {
        loop {
            match link.news.recv().await {
                Some(News::Said(Up::Exit { .. }) | News::Gone(_)) | None => return,
                Some(_) => {}
            }
        }
    };
    let in_time = tokio::select! {
        () = ended => true,
        () = tokio::time::sleep(LIMIT) => false,
        () = shared.hasten.cancelled() => false,
    };
    if !in_time {
        tracing::warn!("a stop command took longer than 5 s and was killed");
    }
    // What it left behind has no business of its own either.
    link.stop(KILL);
    drain(shared, link);
}

/// Lets a run end by itself that nobody waits for: its news must be taken, or its link would wait.
pub(crate) fn drain(shared: &Shared, mut link: LinkEnd) {
    let _detached = shared.scope.spawn("run-drain", async move { while link.news.recv().await.is_some() {} });
}
