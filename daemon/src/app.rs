//! The composition root: everything is bound and wired here, then served, then drained in order. Nothing
//! else knows every part.
//!
//! *Build*: lock, configuration, sockets, components; whatever fails here leaves nothing behind. *Serve*:
//! until somebody asks to stop (a signal, `daemon stop`) or to leave the processes to the next daemon
//! (`daemon restart`). *Drain*: processes, then subscribers (so that people see the end), then the log
//! engine, the incident table, and last the database.

mod build;
mod drain;
mod resume;

use std::os::unix::net::UnixListener;

use brummer_proto::address::{Environment, Phase, Places};
use brummer_world::{ProjectAsk, World};

use crate::args::Args;
use crate::exit::Fatal;
use crate::limits::Given;
use crate::notify;
use crate::ready::ReadyPipe;
use crate::signals::{Asked, Signals};

pub(crate) use build::check_config;

/// What the process was started with.
pub(crate) struct Start<'a> {
    pub(crate) args: &'a Args,
    pub(crate) environment: &'a Environment,
    pub(crate) places: Places,
    pub(crate) inherited: Option<UnixListener>,
    pub(crate) given: Given,
}

/// Runs the daemon until it is asked to end.
///
/// # Errors
/// Why it could not start.
pub(crate) async fn run(start: Start<'_>, ready: &mut ReadyPipe) -> Result<(), Fatal> {
    // From here on a signal is a wish, also during the start.
    let mut signals = Signals::new()?;
    let mut app = build::build(start).await?;
    let serving = app.serve();
    app.lock.set_phase(Phase::Serving);
    ready.serving();
    notify::ready("serving");
    notify::watchdog(&app.scope);
    tracing::info!(socket = %app.socket.display(), pid = std::process::id(), "serving");
    resume::resume(&app.world, &app.scope, &app.daemon_context);

    let ending = wait_for_end(&app.world, &mut signals).await;
    app.lock.set_phase(Phase::Stopping);
    notify::stopping();
    drain::drain(app, serving, ending, &mut signals).await;
    tracing::info!("ended");
    Ok(())
}

/// How the daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Every process is stopped first.
    Stop,
    /// Every process is left to the next daemon.
    Detach,
}

async fn wait_for_end(world: &World, signals: &mut Signals) -> Ending {
    let control = world.control();
    loop {
        let asked = tokio::select! {
            asked = signals.next() => asked,
            () = control.stop_asked().cancelled() => Asked::Stop,
            () = control.detach_asked().cancelled() => return Ending::Detach,
        };
        match asked {
            Asked::Stop => return Ending::Stop,
            Asked::Reload => {
                // Beside us: a stop need not wait until all is read. Many at once are one and one more.
                let reloading = world.clone();
                let _task = world
                    .scope()
                    .spawn_until_cancelled("reload-all", async move { reload(&reloading).await });
            }
        }
    }
}

/// Reads the user's configuration and that of every open project again.
async fn reload(world: &World) {
    match world.reload(&ProjectAsk::All).await {
        Ok(reloaded) => {
            let broken = reloaded.projects.iter().flat_map(|project| &project.diagnostics);
            let wrong: Vec<_> = reloaded.diagnostics.iter().chain(broken).cloned().collect();
            if wrong.is_empty() {
                tracing::info!(needs_restart = ?reloaded.needs_restart, "the configuration was read again");
            } else {
                let words = brummer_projects::config::render_all(&wrong);
                tracing::error!("what has mistakes stays as it was:\n{words}");
            }
        }
        Err(refusal) => tracing::error!("the configuration cannot be read again: {}", refusal.message),
    }
}
