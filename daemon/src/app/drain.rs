//! The ordered end.

use std::time::Duration;

use brummer_scope::Scope;
use brummer_world::World;

use super::Ending;
use super::build::{App, Serving};
use crate::notify;
use crate::signals::{Asked, Signals};

/// For all processes together.
const PROCESSES: Duration = Duration::from_secs(30);
/// For open calls and streams after the processes.
const CALLS: Duration = Duration::from_secs(2);
/// For tasks, threads and the database.
const TASKS: Duration = Duration::from_secs(5);

/// Ends everything. A further signal ends the patience with the processes at once.
pub(super) async fn drain(app: App, serving: Option<Serving>, ending: Ending, signals: &mut Signals) {
    let world = app.world.clone();
    let scope = app.scope.clone();
    let processes = async {
        match ending {
            Ending::Stop => stop_processes(&world).await,
            Ending::Detach => world.processes().detach().await,
        }
    };
    tokio::pin!(processes);
    loop {
        tokio::select! {
            () = &mut processes => break,
            asked = signals.next() => if asked == Asked::Stop {
                tracing::warn!("asked again: what is left is killed at once");
                world.processes().hasten().await;
            },
        }
    }
    world.control().processes_down();
    world.control().close_subscribers();
    if let Some(serving) = serving {
        match tokio::time::timeout(CALLS, serving).await {
            Ok(Ok(Err(error))) => tracing::error!(%error, "the services ended with an error"),
            Ok(_) => {}
            Err(_) => tracing::warn!("clients still hold connections; they are cut"),
        }
    }
    end_components(&world, &scope).await;
    // The lock falls last: whoever waits for it finds everything written.
    drop(app.lock);
}

async fn stop_processes(world: &World) {
    notify::status("stopping processes");
    let report = world.processes().shutdown(PROCESSES).await;
    for key in &report.killed {
        tracing::warn!(process = %key, "killed: it outlived its grace");
    }
    for key in &report.left {
        tracing::error!(process = %key, "nothing was heard of its end");
    }
    tracing::info!(stopped = report.stopped.len(), took = ?report.took, "all processes are down");
}

async fn end_components(world: &World, scope: &Scope) {
    world.logs().close().await;
    world.insight().end().await;
    let left = scope.end(TASKS).await;
    if !left.is_empty() {
        tracing::error!(tasks = ?left, "did not end in time");
    }
}
