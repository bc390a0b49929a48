//! The ordered end of everything: dependents first, within one deadline; a second signal ends the patience.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use brummer_event::ProcessKey;
use brummer_scope::clock;
use futures::future::join_all;
use tokio::sync::oneshot;

use crate::ProcessView;
use crate::actor::{Ask, Verb, Wish};
use crate::plan::Graph;
use crate::registry::Handle;
use crate::request::{ShutdownReport, Until};
use crate::shared::{Shared, Table};

/// Kept back of the deadline, for killing what is left.
const RESERVE: Duration = Duration::from_secs(2);
/// How long killing may take.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// Stops everything. Nothing new begins from here on.
pub(crate) async fn shutdown(shared: &Arc<Shared>, deadline: Duration) -> ShutdownReport {
    let begun = clock::instant();
    shared.closing.store(true, Ordering::Release);
    let table = shared.table.load_full();
    let alive: Vec<Handle> = table.values().filter(|handle| is_there(&handle.cell.load())).cloned().collect();
    let mut report = ShutdownReport::default();
    for level in levels(&table, &alive).into_iter().rev() {
        let left = deadline.saturating_sub(begun.elapsed());
        let grace = left.saturating_sub(RESERVE);
        let stops = level.iter().map(|handle| stop(shared, handle, grace));
        tokio::select! {
            _all = join_all(stops) => {}
            () = tokio::time::sleep(left) => {}
            // Told to every actor by `hasten`; the next levels get no grace either.
            () = shared.hasten.cancelled() => break,
        }
        if begun.elapsed() >= deadline {
            break;
        }
    }
    end_by_force(shared, &alive, &mut report).await;
    for handle in &alive {
        let view = handle.cell.load();
        if is_there(&view) {
            report.left.push(handle.key.clone());
        } else {
            report.stopped.push((handle.key.clone(), view.exit.clone()));
        }
    }
    report.took = begun.elapsed();
    report
}

/// Kills at once whatever is there.
pub(crate) async fn hasten(shared: &Arc<Shared>) {
    shared.closing.store(true, Ordering::Release);
    shared.hasten.cancel();
    for handle in shared.table.load_full().values() {
        // One that is gone has nothing left.
        let _gone = handle.asks.send(Ask::Hasten).await;
    }
}

/// Something of it runs, is scheduled, or was left behind.
fn is_there(view: &ProcessView) -> bool {
    !view.state.is_ended() || !view.leftovers.is_empty()
}

async fn end_by_force(shared: &Arc<Shared>, alive: &[Handle], report: &mut ShutdownReport) {
    let left: Vec<&Handle> = alive.iter().filter(|handle| is_there(&handle.cell.load())).collect();
    if left.is_empty() {
        return;
    }
    report.killed = left.iter().map(|handle| handle.key.clone()).collect();
    hasten(shared).await;
    let stops = left.iter().map(|handle| stop(shared, handle, Duration::ZERO));
    // What cannot be killed within this is named in the report.
    let _in_time = tokio::time::timeout(LAST_WAIT, join_all(stops)).await;
}

async fn stop(shared: &Arc<Shared>, handle: &Handle, limit: Duration) {
    let (accepted, _) = oneshot::channel();
    let (answer, answered) = oneshot::channel();
    let wish = Wish {
        verb: Verb::Stop,
        request: brummer_event::RequestId("shutdown".into()),
        expected_generation: None,
        client: None,
        until: Until::Running,
        without_dependencies: false,
        shutdown: Some(limit),
        accepted,
        answer,
    };
    if handle.asks.send(Ask::Wish(Box::new(wish))).await.is_err() {
        return;
    }
    match answered.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(process = %handle.key, %error, "could not be stopped"),
        Err(_) => {
            tracing::warn!(process = %handle.key, leaving = shared.leave.is_cancelled(), "its task ended first")
        }
    }
}

/// Processes of all projects in levels; edges stay within a project.
fn levels(table: &Table, handles: &[Handle]) -> Vec<Vec<Handle>> {
    let name = |key: &ProcessKey| key.to_string();
    let graph = Graph::new(table.values().map(|handle| {
        let view = handle.cell.load();
        let project = &handle.key.project;
        let on = view.spec.depends_on.iter().map(|other| format!("{project}/{other}")).collect();
        (name(&handle.key), on)
    }));
    let all: BTreeSet<String> = handles.iter().map(|handle| name(&handle.key)).collect();
    let of = |wanted: &String| handles.iter().find(|handle| name(&handle.key) == *wanted).cloned();
    graph.levels_anyhow(&all).iter().map(|level| level.iter().filter_map(of).collect()).collect()
}
