//! What others see of a process: an immutable view, replaced as a whole, read without waiting. Pure.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use brummer_capture::ProcId;
use brummer_capture::meta::Sources;
use brummer_event::spec::{Origin, ProcessSpec};
use brummer_event::{Exit, ProcessKey, ProcessState, RunId, WallNs};

/// A process as it is at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessView {
    pub key: ProcessKey,
    /// Grows with every change of this process, over restarts of the daemon too.
    pub generation: u64,
    /// Of the run while one lives, else what the next start will use.
    pub spec: Arc<ProcessSpec>,
    /// What the next start will use.
    pub next: Arc<ProcessSpec>,
    pub project_dir: Arc<Path>,
    /// Its place among the declared ones; `None`: known, but in no configuration.
    pub declared: Option<u32>,
    /// A person wants it to run. Untouched by back-offs, crashes and the daemon's own shutdown.
    pub wanted: bool,
    pub state: ProcessState,
    /// `None` where it means nothing (no run, or not yet started). A task is ready once it succeeded, so a
    /// running one is not.
    pub ready: Option<bool>,
    /// The leader; with `daemonizes` and an ended leader the oldest of its tree.
    pub pid: Option<u32>,
    /// The newest run.
    pub run: Option<RunId>,
    /// Of the living run.
    pub started_at: Option<WallNs>,
    /// Nanoseconds since boot, for [`ProcessView::uptime`].
    pub started_mono_ns: Option<u64>,
    /// First start ever: orders rows after the declared ones.
    pub first_started_at: Option<WallNs>,
    /// By policy and by hand since the last stop.
    pub restarts: u64,
    /// How the newest run ended; `None` while one lives.
    pub exit: Option<Exit>,
    /// When the back-off is over.
    pub next_start_at: Option<WallNs>,
    /// The restart that a back-off leads to, from 1; 0 without one.
    pub attempt: u32,
    /// Most restarts within the window; 0 without a back-off.
    pub attempts_max: u32,
    /// The leader ended and its output is still open or still being read.
    pub draining: bool,
    /// Descendants that outlived their leader.
    pub leftovers: Vec<u32>,
    /// One sentence: why it is in this state.
    pub reason: Arc<str>,
    /// It waits for a dependency that failed or is not wanted: only a person can help.
    pub blocked: bool,
    /// The shim of the living run: the root of its tree.
    pub shim: Option<ProcId>,
}

impl ProcessView {
    /// How long the living run has been up at `now_mono_ns`.
    pub fn uptime(&self, now_mono_ns: u64) -> Option<Duration> {
        self.started_mono_ns.map(|started| Duration::from_nanos(now_mono_ns.saturating_sub(started)))
    }

    /// The living run is not what the configuration says by now: a restart makes it so.
    pub fn is_changed(&self) -> bool {
        matches!(self.state, ProcessState::Starting | ProcessState::Running | ProcessState::Paused)
            && !self.spec.runs_as(&self.next)
    }

    /// Its program runs and its ready check has not passed.
    pub fn is_unready(&self) -> bool {
        match self.state {
            ProcessState::Starting => self.pid.is_some() && self.spec.ready.is_some(),
            ProcessState::Running => self.spec.ready.is_some() && self.ready == Some(false),
            _ => false,
        }
    }

    /// A configuration declared it and does so no longer.
    pub fn is_undeclared(&self) -> bool {
        self.declared.is_none() && self.next.origin == Origin::Declared
    }

    /// Order of display: by project, then as declared, then by first start, then by name.
    pub(crate) fn place(&self) -> (&str, u32, WallNs, &str) {
        (
            &self.key.project,
            self.declared.unwrap_or(u32::MAX),
            self.first_started_at.unwrap_or(WallNs::MAX),
            &self.key.name,
        )
    }
}

/// All processes at one moment, in order of display.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    views: Vec<Arc<ProcessView>>,
}

impl Registry {
    pub(crate) fn new(mut views: Vec<Arc<ProcessView>>) -> Self {
        views.sort_by(|a, b| a.place().cmp(&b.place()));
        Self { views }
    }

    pub fn all(&self) -> &[Arc<ProcessView>] {
        &self.views
    }

    /// Those of one project, in order of display.
    pub fn of_project<'a>(&'a self, project: &'a str) -> impl Iterator<Item = &'a Arc<ProcessView>> {
        self.views.iter().filter(move |view| &*view.key.project == project)
    }

    pub fn get(&self, key: &ProcessKey) -> Option<&Arc<ProcessView>> {
        self.views.iter().find(|view| view.key == *key)
    }
}

impl std::ops::Deref for Registry {
    type Target = [Arc<ProcessView>];

    fn deref(&self) -> &Self::Target {
        &self.views
    }
}

/// A run as it is kept after its end.
#[derive(Debug, Clone, PartialEq)]
pub struct RunView {
    pub run: RunId,
    pub pid: Option<u32>,
    pub started_at: WallNs,
    pub exit: Option<Exit>,
}

/// The environment that the newest run was given. Values are as they are: who shows them masks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnvironment {
    pub variables: Vec<(String, String)>,
    /// Where what did not just come with the base came from.
    pub sources: Sources,
    /// Where its base came from, in words.
    pub origin: String,
}

/// CPU and memory of a whole tree.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TreeUsage {
    /// Percent of one core: since the last sample if that is younger than 10 s, else since the run's start.
    pub cpu_percent: f64,
    pub rss_bytes: u64,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use brummer_event::spec::{Command, Kind};

    /// A process of this kind in this state, without a run.
    pub(crate) fn view(name: &str, kind: Kind, state: ProcessState) -> ProcessView {
        let command = Command::Exec(vec!["true".to_owned()]);
        let spec = ProcessSpec::new(name, command, "/".into(), kind, Origin::Declared);
        let form = crate::actor::Form {
            spec: Arc::new(spec),
            project_dir: Path::new("/").into(),
            declared: Some(0),
        };
        let fresh = ProcessView::fresh(ProcessKey::new("shop", name), &form);
        let ready = (state == ProcessState::Running).then_some(kind == Kind::Service);
        ProcessView { state, ready, ..fresh }
    }

    #[test]
    fn rows_come_as_declared_and_then_by_first_start() {
        let row = |name: &str, declared, first_started_at| {
            let view = view(name, Kind::Service, ProcessState::Stopped);
            Arc::new(ProcessView { declared, first_started_at, ..view })
        };
        let registry = Registry::new(vec![
            row("late", None, Some(9)),
            row("early", None, Some(3)),
            row("web", Some(1), Some(1)),
            row("api", Some(0), None),
            row("never", None, None),
        ]);
        let names: Vec<&str> = registry.all().iter().map(|view| &*view.key.name).collect();
        assert_eq!(names, ["api", "web", "early", "late", "never"]);
    }
}
