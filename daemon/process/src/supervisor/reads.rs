//! Reading: views, waits, usage, history.

use std::collections::HashMap;
use std::sync::Arc;

use brummer_capture::{Meta, RunDir};
use brummer_event::{ProcessKey, RunId};
use brummer_scope::clock;
use brummer_store::processes;

use super::Supervisor;
use crate::actor::Ask;
use crate::record::{self, RunRecord, SavedExit};
use crate::request::{Condition, Waited};
use crate::usage::roots;
use crate::view::{ProcessView, Registry, RunEnvironment, RunView, TreeUsage};
use crate::{ProcessError, ReadStrategy, registry, wait};

impl Supervisor {
    /// All processes as they are now, in order of display; never waits.
    pub fn snapshot(&self) -> Registry {
        registry::snapshot(&self.shared)
    }

    /// As [`Supervisor::snapshot`], by the configured read strategy.
    pub async fn read(&self) -> Registry {
        if self.shared.config.read_strategy == ReadStrategy::Locked {
            let asked = clock::instant();
            let read = self.registry.read().await;
            metrics::histogram!("brummer_process_read_wait_seconds").record(asked.elapsed().as_secs_f64());
            // A stopping owner has nothing newer than what is published.
            return read.unwrap_or_else(|_| self.snapshot());
        }
        self.snapshot()
    }

    /// One process, by the configured read strategy.
    pub async fn view(&self, key: &ProcessKey) -> Option<Arc<ProcessView>> {
        let handle = self.shared.handle(key)?;
        if self.shared.config.read_strategy == ReadStrategy::Locked {
            let asked = clock::instant();
            let read = handle.ask(&self.shared, Ask::Read).await;
            metrics::histogram!("brummer_process_read_wait_seconds").record(asked.elapsed().as_secs_f64());
            return Some(read.unwrap_or_else(|_| handle.cell.load()));
        }
        Some(handle.cell.load())
    }

    /// Waits until the condition holds for all of them (`any`: for one), or no longer can. There is no time-out:
    /// drop the future.
    pub async fn wait(&self, keys: &[ProcessKey], condition: Condition, any: bool) -> Vec<Waited> {
        wait::wait(&self.shared, keys, condition, any).await
    }

    /// CPU and memory of the trees of living runs; `None` for the others. Sampled now, unless there is a sample
    /// younger than the configured bound; takes a few system calls per process and waits for nothing else.
    pub async fn usage(&self, keys: &[ProcessKey]) -> HashMap<ProcessKey, Option<TreeUsage>> {
        let views: Vec<Arc<ProcessView>> =
            keys.iter().filter_map(|key| self.shared.handle(key)).map(|handle| handle.cell.load()).collect();
        let used = self.usage.of(roots(&views)).await;
        views
            .iter()
            .map(|view| {
                let live = view.run.filter(|_| view.state.is_live());
                (view.key.clone(), live.and_then(|run| used.get(&run).copied()))
            })
            .collect()
    }

    /// Runs of a process that are remembered, newest first, at most `most`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn runs(&self, key: &ProcessKey, most: u32) -> Result<Vec<RunView>, ProcessError> {
        let (wanted, view) = (key.clone(), self.shared.handle(key).map(|handle| handle.cell.load()));
        let rows = self.shared.store.call(move |c| processes::runs_of(c, &wanted, most)).await?;
        let runs = rows.into_iter().filter_map(|row| {
            let id = row.run.to_string();
            let record = record::read::<RunRecord>("run", &id, &row.record)?;
            if record.stop_command {
                return None;
            }
            let exit =
                row.exit.as_deref().and_then(|exit| record::read::<Option<SavedExit>>("exit", &id, exit));
            let live = view.as_ref().filter(|view| view.run == Some(row.run));
            Some(RunView {
                run: row.run,
                pid: record.pid.or_else(|| live.and_then(|view| view.pid)),
                started_at: record
                    .started_at
                    .or_else(|| live.and_then(|view| view.started_at))
                    .unwrap_or(row.created),
                exit: exit.flatten().map(Into::into),
            })
        });
        Ok(runs.collect())
    }

    /// The environment that the newest run was given, with where it came from; `None` before the first run, and
    /// once its directory is gone.
    ///
    /// # Errors
    /// The database fails.
    pub async fn environment(
        &self,
        key: &ProcessKey,
    ) -> Result<Option<(RunId, RunEnvironment)>, ProcessError> {
        let wanted = key.clone();
        let rows = self.shared.store.call(move |c| processes::runs_of(c, &wanted, 8)).await?;
        let newest = rows.into_iter().find_map(|row| {
            let record = record::read::<RunRecord>("run", &row.run.to_string(), &row.record)?;
            (!record.stop_command).then_some((row.run, record.environment_origin))
        });
        let Some((run, origin)) = newest else { return Ok(None) };
        let dir = RunDir::of(&self.shared.config.runs_dir, run);
        let meta = self.shared.scope.blocking("run-meta", move || dir.read_meta()).await;
        Ok(match meta {
            Ok(Ok(Meta { env: variables, env_sources: sources, .. })) => {
                Some((run, RunEnvironment { variables, sources, origin }))
            }
            // Retention removed it, or it never had one.
            Ok(Err(_)) | Err(_) => None,
        })
    }
}
