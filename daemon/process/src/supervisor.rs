//! The handle of supervision: what the edges may ask.

mod many;
mod one;
mod reads;

use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use arc_swap::ArcSwap;
use brummer_bus::Bus;
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::adopt::adopt;
use crate::commands::Commands;
use crate::reading::RunLogs;
use crate::registry::RegistryHandle;
use crate::request::ShutdownReport;
use crate::shared::{Shared, Table};
use crate::spawn::Launcher;
use crate::usage::UsageHandle;
use crate::{ProcessConfig, ProcessError, shutdown};

/// How long leaving waits for the last word to every shim.
const LEAVE: Duration = Duration::from_secs(2);

/// Handle of supervision. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    shared: Arc<Shared>,
    registry: RegistryHandle,
    commands: Arc<Commands>,
    usage: UsageHandle,
}

impl Supervisor {
    /// Starts supervising, which is recovering: reads what was intended, adopts what lives (asking all shims at
    /// once, at most `adoption_time`), tells ends that came meanwhile, and goes on with what waited or was in
    /// back-off in this boot. Starts nothing else.
    ///
    /// # Errors
    /// The runs directory cannot be made, the shim's binary cannot be opened (a broken installation), or the
    /// database cannot be read.
    pub async fn open(
        config: ProcessConfig,
        store: Store,
        bus: Bus,
        scope: Scope,
        logs: Arc<dyn RunLogs>,
    ) -> Result<Self, ProcessError> {
        let path = config.runs_dir.clone();
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| ProcessError::io(format!("make {}", path.display()), &error))?;
        let launcher = Launcher::open(&config.shim).map_err(|error| {
            let what =
                format!("open {} (it belongs beside brummerd; install it again)", config.shim.display());
            ProcessError::io(what, &error)
        })?;
        let usage = UsageHandle::start(&scope, config.usage_age);
        let shared = Arc::new(Shared {
            slots: Arc::new(Semaphore::new(config.max_concurrent_starts.max(1))),
            store,
            bus,
            logs,
            launcher,
            table: ArcSwap::from_pointee(Table::new()),
            living: Arc::new(AtomicUsize::new(0)),
            closing: AtomicBool::new(false),
            hasten: CancellationToken::new(),
            leave: scope.token().child_token(),
            tracker: TaskTracker::new(),
            opened_mono_ns: clock::mono_ns(),
            scope: scope.clone(),
            config,
        });
        let inherited = adopt(&shared).await?;
        let commands = Commands::new(scope, shared.config.command_memory, inherited);
        let registry = RegistryHandle::start(shared.clone());
        Ok(Self { shared, registry, commands, usage })
    }

    /// Stops everything, dependents first, within `deadline`. Nothing new begins from here on; wishes are
    /// refused. What is wanted stays as it was, for projects that are to be resumed.
    pub async fn shutdown(&self, deadline: Duration) -> ShutdownReport {
        shutdown::shutdown(&self.shared, deadline).await
    }

    /// A second signal: a shutdown that goes on kills at once.
    pub async fn hasten(&self) {
        shutdown::hasten(&self.shared).await;
    }

    /// The daemon leaves and keeps everything running: says Bye to every shim and lets go.
    pub async fn detach(&self) {
        self.shared.leave.cancel();
        self.shared.tracker.close();
        if tokio::time::timeout(LEAVE, self.shared.tracker.wait()).await.is_err() {
            tracing::warn!("not every shim was told that this daemon leaves; they notice by themselves");
        }
    }
}
