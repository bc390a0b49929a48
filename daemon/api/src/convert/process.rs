//! Processes, their endpoints and the answers of actions on the wire.

use brummer_event::spec::{Kind, Origin};
use brummer_event::state::signal_name;
use brummer_event::{Exit, ExitReason, ProcessState, secret};
use brummer_proto::v1;
use brummer_world::{ActionDid, ActionItem, Endpoint, ProcessRow, RunView, TreeUsage, WaitItem};

pub(crate) fn process(row: &ProcessRow) -> v1::Process {
    let view = &row.view;
    v1::Process {
        host: String::new(),
        project: view.key.project.to_string(),
        name: view.key.name.to_string(),
        state: state(view.state).into(),
        ready: view.ready,
        pid: view.pid,
        run: view.run.map(|run| run.to_string()).unwrap_or_default(),
        started_at_ns: view.started_at,
        uptime_ms: row.uptime.map(|uptime| u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX)),
        restarts: view.restarts,
        exit: view.exit.as_ref().map(exit),
        next_start_at_ns: view.next_start_at,
        draining: view.draining,
        leftovers: view.leftovers.clone(),
        usage: row.usage.map(usage),
        urls: row.urls.clone(),
        errors: row.errors,
        depends_on: view.spec.depends_on.clone(),
        command: secret::arguments(&view.spec.command.argv()),
        directory: view.spec.dir.to_string_lossy().into_owned(),
        note: row.note.clone(),
        reason: view.reason.to_string(),
        kind: kind(view.spec.kind).into(),
        attempt: view.attempt,
        attempts_max: view.attempts_max,
        generation: view.generation,
        origin: match view.spec.origin {
            Origin::Declared => v1::ProcessOrigin::Declared,
            Origin::Detected => v1::ProcessOrigin::Detected,
            Origin::AdHoc => v1::ProcessOrigin::AdHoc,
        }
        .into(),
        first_started_at_ns: view.first_started_at,
        autostart: view.spec.autostart,
        changed: view.is_changed(),
        undeclared: view.is_undeclared(),
    }
}

pub(crate) fn kind(kind: Kind) -> v1::ProcessKind {
    match kind {
        Kind::Service => v1::ProcessKind::Service,
        Kind::Task => v1::ProcessKind::Task,
    }
}

fn state(state: ProcessState) -> v1::ProcessState {
    match state {
        ProcessState::Stopped => v1::ProcessState::Stopped,
        ProcessState::Waiting => v1::ProcessState::Waiting,
        ProcessState::Starting => v1::ProcessState::Starting,
        ProcessState::Running => v1::ProcessState::Running,
        ProcessState::Paused => v1::ProcessState::Paused,
        ProcessState::Stopping => v1::ProcessState::Stopping,
        ProcessState::Exited => v1::ProcessState::Exited,
        ProcessState::Backoff => v1::ProcessState::Backoff,
        ProcessState::Failed => v1::ProcessState::Failed,
        ProcessState::Lost => v1::ProcessState::Lost,
    }
}

pub(crate) fn exit(exit: &Exit) -> v1::Exit {
    let reason = match exit.reason {
        ExitReason::Exited => v1::ExitReason::Exited,
        ExitReason::Signaled => v1::ExitReason::Signaled,
        ExitReason::Stopped => v1::ExitReason::Stopped,
        ExitReason::StartFailed => v1::ExitReason::StartFailed,
        ExitReason::Lost => v1::ExitReason::Lost,
    };
    v1::Exit {
        code: exit.code,
        signal: exit.signal.map(signal_name).unwrap_or_default(),
        core: exit.core,
        reason: reason.into(),
        at_ns: exit.at,
        detail: exit.detail.clone().unwrap_or_default(),
    }
}

pub(crate) fn usage(usage: TreeUsage) -> v1::Usage {
    v1::Usage { cpu_percent: usage.cpu_percent, rss_bytes: usage.rss_bytes }
}

pub(crate) fn run(run: &RunView) -> v1::Run {
    v1::Run {
        id: run.run.to_string(),
        pid: run.pid,
        started_at_ns: Some(run.started_at),
        exit: run.exit.as_ref().map(exit),
    }
}

pub(crate) fn action(item: &ActionItem) -> v1::ActionResult {
    let (did, process, error) = match &item.result {
        Ok(done) => (did(done.did), done.row.as_ref().map(process), None),
        Err(refusal) => (
            v1::Did::Failed,
            item.row.as_ref().map(process),
            Some(v1::ActionError {
                code: refusal.code.to_owned(),
                message: refusal.message.clone(),
                hint: refusal.hint.clone().unwrap_or_default(),
            }),
        ),
    };
    v1::ActionResult {
        project: item.key.project.to_string(),
        name: item.key.name.to_string(),
        did: did.into(),
        process,
        error,
    }
}

fn did(did: ActionDid) -> v1::Did {
    match did {
        ActionDid::Started => v1::Did::Started,
        ActionDid::AlreadyRunning => v1::Did::AlreadyRunning,
        ActionDid::Stopped => v1::Did::Stopped,
        ActionDid::AlreadyStopped => v1::Did::AlreadyStopped,
        ActionDid::Restarted => v1::Did::Restarted,
        ActionDid::Removed => v1::Did::Removed,
        ActionDid::Waiting => v1::Did::Waiting,
    }
}

pub(crate) fn endpoint(endpoint: &Endpoint) -> v1::Endpoint {
    v1::Endpoint {
        project: endpoint.process.project.to_string(),
        process: endpoint.process.name.to_string(),
        url: endpoint.url.to_string(),
        label: endpoint.label.as_deref().unwrap_or_default().to_owned(),
        proxy_url: String::new(),
        alive: endpoint.alive,
        seen_at_ns: endpoint.seen_at,
    }
}

pub(crate) fn waited(item: &WaitItem) -> v1::WaitResult {
    v1::WaitResult {
        project: item.key.project.to_string(),
        name: item.key.name.to_string(),
        met: item.met,
        reason: item.impossible.clone().unwrap_or_default(),
        exit: item.exit.as_ref().map(exit),
        url: item.url.clone().unwrap_or_default(),
        line: item.line.clone().unwrap_or_default(),
        never_ran: item.never_ran,
    }
}
