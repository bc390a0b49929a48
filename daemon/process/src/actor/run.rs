//! The newest run, as long as anything of it is there or unsaid.

use std::path::PathBuf;
use std::sync::Arc;

use brummer_capture::protocol::Member;
use brummer_capture::{ExitPayload, ProcId};
use brummer_event::spec::ProcessSpec;
use brummer_event::{RunId, WallNs};

use super::ready::Readiness;
use crate::link::{LinkEnd, News};
use crate::record::RunRecord;
use crate::shared::Living;

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) spec: Arc<ProcessSpec>,
    pub(super) project_dir: PathBuf,
    pub(super) environment_origin: String,
    pub(super) link: Option<LinkEnd>,
    pub(super) shim: Option<ProcId>,
    pub(super) child: Option<ProcId>,
    /// (monotonic, wall)
    pub(super) started: Option<(u64, WallNs)>,
    /// How the leader ended, as the shim says. Announced only when its last line can be read.
    pub(super) exit: Option<ExitPayload>,
    /// The exit of a leader that daemonized: announced when its tree has ended.
    pub(super) held: Option<ExitPayload>,
    /// The shim could not even begin.
    pub(super) refused: Option<String>,
    pub(super) announced: bool,
    pub(super) gone: bool,
    /// Living members of its tree, the leader left out; known after the leader's end.
    pub(super) tree: Vec<Member>,
    pub(super) output_open: bool,
    /// The shim has told how the leader ended.
    pub(super) exit_told: bool,
    /// Everything the leader wrote can be read.
    pub(super) exit_readable: bool,
    pub(super) readiness: Readiness,
    /// It was begun under an earlier daemon.
    pub(super) adopted: bool,
    pub(super) living: Option<Living>,
}

impl Run {
    pub(super) fn new(id: RunId, record: RunRecord) -> Self {
        Self {
            id,
            spec: record.spec,
            project_dir: record.project_dir,
            environment_origin: record.environment_origin,
            link: None,
            shim: None,
            child: None,
            started: None,
            exit: None,
            held: None,
            refused: None,
            announced: false,
            gone: false,
            tree: Vec::new(),
            output_open: false,
            exit_told: false,
            exit_readable: false,
            readiness: Readiness::Ready,
            adopted: false,
            living: None,
        }
    }

    pub(super) fn record(&self) -> RunRecord {
        RunRecord {
            spec: self.spec.clone(),
            project_dir: self.project_dir.clone(),
            stop_command: false,
            environment_origin: self.environment_origin.clone(),
            pid: self.pid(),
            started_at: self.started.map(|(_, wall)| wall),
        }
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.and_then(|child| u32::try_from(child.pid).ok())
    }

    /// What outlived the leader.
    pub(super) fn leftovers(&self) -> Vec<u32> {
        let others = self.tree.iter().filter(|member| Some(member.id) != self.child);
        others.filter_map(|member| u32::try_from(member.id.pid).ok()).collect()
    }
}

/// The next news of the run; never where there is none.
pub(super) async fn news(run: &mut Option<Run>) -> Option<News> {
    match run.as_mut().and_then(|run| run.link.as_mut()) {
        Some(link) => link.news.recv().await,
        None => std::future::pending().await,
    }
}
