//! The daemon's start: reading what was intended, looking at every run that was not closed, all in parallel and
//! within a bound. There is no other way to start.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brummer_capture::meta::StopPlan;
use brummer_capture::{Meta, RunDir, alive};
use brummer_event::spec::{Command, Kind, Origin, ProcessSpec, Restart};
use brummer_event::{ProcessKey, RunId};
use brummer_scope::clock;
use brummer_store::processes::{self, CommandRow, ProcessRow, RunRow};
use futures::future::join_all;
use tokio::sync::oneshot;

use crate::ProcessError;
use crate::actor::{Ask, Form, Memory, RecoveredRun};
use crate::link::{self, LinkedRun};
use crate::record::{self, Record, RunRecord, SavedContext, SavedExit};
use crate::registry;
use crate::shared::{Shared, Table};
use crate::stop_command::drain;

const KILL: StopPlan = StopPlan { signal: 9, grace_ms: 0, limit_ms: Some(0) };

/// A run that was not closed, with what is written of it.
struct OpenRun {
    row: RunRow,
    record: RunRecord,
}

/// Takes up everything that is known, and everything that lives. Answers the commands that earlier daemons
/// began lately.
pub(crate) async fn adopt(shared: &Arc<Shared>) -> Result<Vec<CommandRow>, ProcessError> {
    let begun = clock::instant();
    let memory = i64::try_from(shared.config.command_memory.as_nanos()).unwrap_or(i64::MAX);
    let oldest = clock::wall_ns().saturating_sub(memory);
    let (mut rows, runs, commands) = shared
        .store
        .call(move |c| {
            Ok((processes::all(c)?, processes::open_runs(c)?, processes::commands_since(c, oldest)?))
        })
        .await?;
    let mut open: Vec<OpenRun> = runs.into_iter().filter_map(open_run).collect();
    let strangers = unknown_runs(shared, &open).await;
    for (row, run) in strangers {
        write_stranger(shared, &row, &run.row).await?;
        if rows.iter().all(|known| known.key != row.key) {
            rows.push(row);
        }
        open.push(run);
    }
    open.sort_by_key(|open| open.row.run);
    let mut newest: HashMap<ProcessKey, OpenRun> = HashMap::new();
    for run in open {
        let known = rows.iter().any(|row| row.key == run.row.key);
        if run.record.stop_command || !known {
            tend(shared, run);
        } else if let Some(older) = newest.insert(run.row.key.clone(), run) {
            tend(shared, older);
        }
    }
    let mut table = Table::new();
    let mut memories = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some((key, form, memory)) = remember(shared, row, &mut newest) {
            registry::enlist(shared, &mut table, key.clone(), form);
            memories.push((key, memory));
        }
    }
    shared.table.store(Arc::new(table));
    let adopted = memories.iter().filter(|(_, memory)| memory.run.is_some()).count();
    recover(shared, memories).await;
    tracing::info!(adopted, took = ?begun.elapsed(), "processes of earlier daemons are taken up");
    Ok(commands)
}

fn open_run(row: RunRow) -> Option<OpenRun> {
    let record = record::read::<RunRecord>("run", &row.run.to_string(), &row.record)?;
    Some(OpenRun { row, record })
}

/// What the database knows of one process, with its newest run.
fn remember(
    shared: &Arc<Shared>,
    row: ProcessRow,
    newest: &mut HashMap<ProcessKey, OpenRun>,
) -> Option<(ProcessKey, Form, Memory)> {
    let whose = row.key.to_string();
    let run = newest.remove(&row.key);
    let spec = record::read::<ProcessSpec>("process", &whose, &row.spec)
        .or_else(|| run.as_ref().map(|run| ProcessSpec::clone(&run.record.spec)));
    let Some(spec) = spec else {
        if let Some(run) = run {
            tend(shared, run);
        }
        return None;
    };
    let form = Form {
        spec: Arc::new(spec),
        project_dir: Path::new(&row.project_dir).into(),
        declared: row.position,
    };
    let record = record::read::<Record>("process state", &whose, &row.record);
    // A run that is not the newest any more only has to be read to its end.
    let is_newest = |run: &OpenRun| {
        record.as_ref().and_then(|record| record.run.as_ref()).is_none_or(|id| *id == run.row.run.to_string())
    };
    let run = match run {
        Some(run) if !is_newest(&run) => {
            tend(shared, run);
            None
        }
        other => other,
    };
    let memory = Memory {
        context: record::read::<SavedContext>("environment", &whose, &row.context),
        record,
        wanted: row.wanted,
        run: run.map(|run| recovered(shared, run)),
    };
    Some((row.key, form, memory))
}

fn recovered(shared: &Shared, run: OpenRun) -> RecoveredRun {
    let OpenRun { row, record } = run;
    let exit = row
        .exit
        .as_deref()
        .and_then(|text| record::read::<Option<SavedExit>>("exit", &row.run.to_string(), text).flatten());
    RecoveredRun {
        id: row.run,
        record,
        exit: exit.map(Into::into),
        same_boot: row.boot_id == shared.config.boot_id,
        created: row.created,
    }
}

/// A run that belongs to no process any more: it is read to its end and closed; a stop command that outlived
/// its daemon is ended.
fn tend(shared: &Arc<Shared>, open: OpenRun) {
    let OpenRun { row, record } = open;
    let linked = LinkedRun {
        key: row.key,
        run: row.run,
        dir: RunDir::of(&shared.config.runs_dir, row.run),
        project_dir: record.project_dir,
        bounds: record.spec.logs,
        cookie: None,
        same_boot: row.boot_id == shared.config.boot_id,
    };
    let link = link::start(shared.link_context(), linked, None, shared.tracker.token());
    if record.stop_command {
        link.stop(KILL);
    }
    drain(shared, link);
}

async fn recover(shared: &Arc<Shared>, memories: Vec<(ProcessKey, Memory)>) {
    let mut settling = Vec::with_capacity(memories.len());
    for (key, memory) in memories {
        let (settled, waiting) = oneshot::channel();
        if let Some(handle) = shared.handle(&key)
            && handle.asks.send(Ask::Recover(Box::new(memory), settled)).await.is_ok()
        {
            settling.push(waiting);
        }
    }
    let limit: Duration = shared.config.adoption_time;
    if tokio::time::timeout(limit, join_all(settling)).await.is_err() {
        tracing::warn!(?limit, "not every shim answered in time; they are still asked");
    }
}

/// Living runs that the database does not know: it was lost, the run directories were not.
async fn unknown_runs(shared: &Arc<Shared>, open: &[OpenRun]) -> Vec<(ProcessRow, OpenRun)> {
    let known: Vec<RunId> = open.iter().map(|open| open.row.run).collect();
    let (runs_dir, boot) = (shared.config.runs_dir.clone(), shared.config.boot_id.clone());
    let found = shared.scope.blocking("runs-scan", move || held_runs(&runs_dir, &boot, &known)).await;
    let mut strangers = Vec::new();
    for (dir, meta) in found.unwrap_or_default() {
        let run = meta.run;
        // Closed in the database and yet held: its shim only just goes.
        match shared.store.call(move |c| processes::knows_run(c, run)).await {
            Ok(false) => strangers.extend(stranger(&dir, meta)),
            Ok(true) => {}
            Err(error) => tracing::error!(%error, "a living run cannot be looked up"),
        }
    }
    strangers
}

fn held_runs(runs_dir: &Path, boot: &str, known: &[RunId]) -> Vec<(RunDir, Meta)> {
    let entries = match std::fs::read_dir(runs_dir) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(%error, path = %runs_dir.display(), "the run directories cannot be looked through");
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let dir = RunDir::at(entry.path());
        if dir.run().is_none_or(|run| known.contains(&run)) || !alive::is_held(dir.path()).unwrap_or(false) {
            continue;
        }
        match dir.read_meta() {
            Ok(meta) if meta.boot_id == boot => found.push((dir, meta)),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "a living run cannot be understood"),
        }
    }
    found
}

fn stranger(dir: &RunDir, meta: Meta) -> Option<(ProcessRow, OpenRun)> {
    let key = ProcessKey::new(meta.project.as_str(), meta.process.as_str());
    if key.project.is_empty() || key.name.is_empty() {
        return None;
    }
    tracing::warn!(process = %key, run = %meta.run, "a run that the database does not know lives; it is taken up");
    let mut spec = ProcessSpec::new(
        meta.process.clone(),
        Command::Exec(meta.argv.clone()),
        meta.dir.clone(),
        Kind::Service,
        Origin::AdHoc,
    );
    (spec.restart, spec.stdin, spec.merge_output) = (Restart::No, meta.stdin, meta.merge_output);
    spec.stop.signal = meta.stop.signal;
    spec.stop.timeout = Duration::from_millis(meta.stop.grace_ms);
    let record = RunRecord {
        spec: Arc::new(spec.clone()),
        project_dir: meta.dir.clone(),
        stop_command: false,
        environment_origin: "its run directory".to_owned(),
        pid: None,
        started_at: None,
    };
    let row = RunRow {
        run: dir.run()?,
        key: key.clone(),
        boot_id: meta.boot_id,
        created: meta.created_wall_ns,
        record: record::text(&record).ok()?,
        exit: None,
    };
    let process = ProcessRow {
        key,
        project_dir: meta.dir.to_str()?.to_owned(),
        position: None,
        spec: record::text(&spec).ok()?,
        wanted: true,
        context: String::new(),
        record: String::new(),
    };
    Some((process, OpenRun { row, record }))
}

async fn write_stranger(shared: &Arc<Shared>, row: &ProcessRow, run: &RunRow) -> Result<(), ProcessError> {
    let (row, run) = (row.clone(), run.clone());
    shared
        .store
        .call(move |c| {
            let known = processes::all(c)?.iter().any(|known| known.key == row.key);
            if !known {
                processes::declare(c, &row.key, &row.project_dir, row.position, &row.spec)?;
            }
            processes::begin_run(c, &run)
        })
        .await?;
    Ok(())
}
