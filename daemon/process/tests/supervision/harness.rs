//! A daemon's supervision with a state directory of its own, which can be ended in order, left, or crashed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use brummer_bus::{Bus, BusConfig, TopicSet};
use brummer_capture::ProcId;
use brummer_event::event::ProcessChange;
use brummer_event::spec::{ClientContext, Command, Kind, Origin, ProcessSpec};
use brummer_event::{EventCursor, Payload, ProcessKey, ProcessState, RunId, Topic};
use brummer_process::{
    Asker, Change, DeclareRequest, NewSpec, Outcome, ProcessConfig, ProcessError, ProcessView, RestartPolicy,
    RestartRequest, StartRequest, Supervisor, Until,
};
use brummer_scope::{Scope, clock};
use brummer_store::Store;
use tokio::runtime::Runtime;

use crate::reader::{Reader, Texts};

pub(crate) const PROJECT: &str = "shop";
/// Far beyond what anything takes on a loaded machine.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// The shim's binary, built once for all test binaries of this target directory.
pub(crate) fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        // …/<target>/<profile>/deps/<test>
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        let target = profile.parent().unwrap();
        let lock = std::fs::File::create(target.join("brummer-shim-build.lock")).unwrap();
        lock.lock().unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = std::process::Command::new(cargo);
        build.args(["build", "-q", "-p", "brummer-shim"]).env("CARGO_TARGET_DIR", target);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the shim is built");
        profile.join("brummer-shim")
    })
}

/// One daemon's supervision.
pub(crate) struct Daemon {
    runtime: Option<Runtime>,
    pub(crate) scope: Scope,
    pub(crate) supervisor: Supervisor,
    pub(crate) bus: Bus,
    start: EventCursor,
}

/// What outlives a daemon.
pub(crate) struct State {
    pub(crate) dir: Directory,
    pub(crate) texts: Arc<Texts>,
}

/// Where a state is.
pub(crate) enum Directory {
    Own(tempfile::TempDir),
    Given(PathBuf),
}

impl Directory {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(dir) => dir.path(),
            Self::Given(dir) => dir,
        }
    }
}

impl State {
    pub(crate) fn new() -> Self {
        Self { dir: Directory::Own(tempfile::tempdir().unwrap()), texts: Arc::default() }
    }

    /// That of another process.
    pub(crate) fn at(dir: PathBuf) -> Self {
        Self { dir: Directory::Given(dir), texts: Arc::default() }
    }

    pub(crate) fn project_dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn daemon(&self) -> Daemon {
        self.daemon_with(|_| {})
    }

    pub(crate) fn daemon_with(&self, change: impl FnOnce(&mut ProcessConfig)) -> Daemon {
        let mut config =
            ProcessConfig::new(self.dir.path().join("runs"), shim().to_owned(), clock::boot_id().unwrap());
        config.daemon_context = client();
        config.restart = RestartPolicy {
            first: Duration::from_millis(10),
            most_delay: Duration::from_millis(200),
            ..RestartPolicy::default()
        };
        change(&mut config);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (scope, supervisor, bus, start) = runtime.block_on(async {
            let scope = Scope::new().unwrap();
            let (store, _) = Store::open(&self.dir.path().join("state.db"), &scope).unwrap();
            let bus = Bus::new(BusConfig::default(), &scope, 1);
            let start = bus.cursor();
            let reader = Arc::new(Reader::new(scope.clone(), self.texts.clone()));
            let supervisor =
                Supervisor::open(config, store, bus.clone(), scope.clone(), reader).await.unwrap();
            (scope, supervisor, bus, start)
        });
        Daemon { runtime: Some(runtime), scope, supervisor, bus, start }
    }

    /// Text of all runs of a process, oldest first.
    pub(crate) fn text(&self, name: &str) -> String {
        let texts = self.texts.runs.lock().unwrap();
        let mut runs: Vec<_> = texts.iter().filter(|(_, (key, _))| *key == key_of(name)).collect();
        runs.sort_by_key(|(run, _)| **run);
        runs.into_iter().map(|(_, (_, text))| text.as_str()).collect()
    }

    /// Run directories there are.
    pub(crate) fn runs(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("runs")).unwrap().count()
    }

    /// Living processes with the mark of any run of this state: what `BRUMMER_RUN` says, shims left out.
    pub(crate) fn living(&self) -> Vec<ProcId> {
        self.living_where(|_| true)
    }

    /// Those of one process.
    pub(crate) fn living_of(&self, name: &str) -> Vec<ProcId> {
        self.living_where(|pid| {
            brummer_capture::proc::environment_of(pid, "BRUMMER_PROCESS").as_deref() == Some(name)
        })
    }

    fn living_where(&self, keep: impl Fn(i32) -> bool) -> Vec<ProcId> {
        let runs: std::collections::HashSet<String> = std::fs::read_dir(self.dir.path().join("runs"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let of = brummer_capture::proc::environment_of(pid, "BRUMMER_RUN");
            if of.is_some_and(|run| runs.contains(&run))
                && keep(pid)
                && let Ok(stat) = brummer_capture::proc::stat(pid)
                && !stat.is_zombie()
            {
                found.push(stat.id);
            }
        }
        found
    }
}

impl Drop for State {
    /// A test that failed leaves no process behind.
    fn drop(&mut self) {
        for id in self.living() {
            if let Ok(pidfd) = id.open() {
                let _gone = pidfd.signal(9);
            }
        }
    }
}

pub(crate) fn key_of(name: &str) -> ProcessKey {
    ProcessKey::new(PROJECT, name)
}

pub(crate) fn asker() -> Asker {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Asker::new(format!("request-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A client with a PATH and nothing else.
pub(crate) fn client() -> ClientContext {
    let path = std::env::var("PATH").unwrap();
    ClientContext { env: vec![("PATH".to_owned(), path)], umask: None, rlimits: Vec::new() }
}

/// A service that runs a shell script.
pub(crate) fn service(state: &State, name: &str, script: &str) -> ProcessSpec {
    let command = Command::Shell(script.to_owned());
    let mut spec = ProcessSpec::new(name, command, state.project_dir(), Kind::Service, Origin::Declared);
    spec.stop.timeout = Duration::from_secs(20);
    spec
}

pub(crate) fn task(state: &State, name: &str, script: &str) -> ProcessSpec {
    let command = Command::Shell(script.to_owned());
    ProcessSpec::new(name, command, state.project_dir(), Kind::Task, Origin::Declared)
}

/// A start of a known process, its dependencies included.
pub(crate) fn start(name: &str) -> StartRequest {
    StartRequest {
        asker: asker(),
        key: key_of(name),
        spec: None,
        client: None,
        until: Until::Running,
        with_dependencies: true,
        must_be_new: false,
    }
}

/// A restart of one process, until it runs.
pub(crate) fn restart(name: &str) -> RestartRequest {
    RestartRequest {
        asker: asker(),
        project: PROJECT.to_owned(),
        names: vec![name.to_owned()],
        client: None,
        until: Until::Running,
        with_dependents: false,
    }
}

impl Daemon {
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let runtime = self.runtime.as_ref().unwrap();
        runtime.block_on(async { tokio::time::timeout(LONG, future).await.expect("it takes too long") })
    }

    /// Something that goes on beside the test.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        name: &'static str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> brummer_scope::Task<T> {
        let _entered = self.runtime.as_ref().unwrap().enter();
        self.scope.spawn(name, future)
    }

    pub(crate) fn declare(&self, state: &State, specs: Vec<ProcessSpec>) -> Vec<(String, Change)> {
        self.declare_read(state, specs, None)
    }

    /// As a reading of files with this number found them.
    pub(crate) fn declare_read(
        &self,
        state: &State,
        specs: Vec<ProcessSpec>,
        reading: Option<u64>,
    ) -> Vec<(String, Change)> {
        let (project, project_dir) = (PROJECT.to_owned(), state.project_dir());
        let request = DeclareRequest { project, project_dir, specs, reading };
        let changes = self.run(self.supervisor.declare(request)).unwrap();
        changes.into_iter().map(|changed| (changed.key.name.to_string(), changed.change)).collect()
    }

    pub(crate) fn start(&self, name: &str) -> Result<Outcome, ProcessError> {
        self.run(self.supervisor.start(start(name)))
    }

    /// Starts a process that no configuration declares.
    pub(crate) fn start_new(&self, state: &State, spec: ProcessSpec) -> Result<Outcome, ProcessError> {
        let mut request = start(&spec.name);
        request.spec = Some(NewSpec { spec, project_dir: state.project_dir() });
        self.run(self.supervisor.start(request))
    }

    pub(crate) fn stop(&self, name: &str) -> Result<Outcome, ProcessError> {
        self.run(self.supervisor.stop(asker(), &key_of(name)))
    }

    pub(crate) fn view(&self, name: &str) -> Arc<ProcessView> {
        self.run(self.supervisor.view(&key_of(name))).expect("it is known")
    }

    /// Waits until the process looks like this.
    pub(crate) fn until(&self, name: &str, what: impl Fn(&ProcessView) -> bool) -> Arc<ProcessView> {
        let seen = async {
            let topics = TopicSet::of(Topic::Process);
            let mut changes = self.bus.subscribe(topics, self.bus.cursor());
            loop {
                let view = self.supervisor.view(&key_of(name)).await.expect("it is known");
                if what(&view) {
                    return view;
                }
                if tokio::time::timeout(LONG, changes.next()).await.is_err() {
                    panic!("{name} stays {view:#?}");
                }
            }
        };
        self.runtime.as_ref().unwrap().block_on(seen)
    }

    /// Waits until the text of all runs of a process is like this.
    pub(crate) fn until_text(&self, state: &State, name: &str, what: impl Fn(&str) -> bool) {
        let read = async {
            loop {
                let more = state.texts.more.notified();
                if what(&state.text(name)) {
                    return;
                }
                more.await;
            }
        };
        self.run(read);
    }

    pub(crate) fn until_state(&self, name: &str, state: ProcessState) -> Arc<ProcessView> {
        self.until(name, |view| view.state == state)
    }

    /// All changes of state of a process since this daemon began.
    pub(crate) fn changes(&self, name: &str) -> Vec<ProcessChange> {
        let read = self.bus.read(TopicSet::of(Topic::Process), self.start.clone(), 10_000);
        assert!(read.gap.is_none());
        let change = |payload: &Payload| match payload {
            Payload::ProcessState(change) if change.process == key_of(name) => Some(change.clone()),
            _ => None,
        };
        read.events.iter().filter_map(|event| change(&event.payload)).collect()
    }

    pub(crate) fn states(&self, name: &str) -> Vec<&'static str> {
        self.changes(name).iter().map(|change| change.to.as_str()).collect()
    }

    /// As SIGKILL: nothing is said, nothing is put in order.
    pub(crate) fn crash(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    /// Leaves everything running for the next daemon.
    pub(crate) fn leave(mut self) {
        self.run(self.supervisor.detach());
        assert_eq!(self.run(self.scope.end(LONG)), Vec::<&str>::new(), "every task ends");
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Daemon {
    /// Stops what a test left running, then ends.
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        runtime.block_on(async {
            self.supervisor.hasten().await;
            let _report = self.supervisor.shutdown(Duration::from_secs(5)).await;
            let _left = self.scope.end(Duration::from_secs(5)).await;
        });
        runtime.shutdown_background();
    }
}

/// Exactly this process: for comparing over a crash.
pub(crate) fn identity(view: &ProcessView) -> (RunId, ProcId) {
    let pid = i32::try_from(view.pid.expect("it has a pid")).unwrap();
    (view.run.expect("it has a run"), ProcId::of(pid).unwrap())
}

/// Waits for what happens outside (files, processes that are not our children), of which nobody is told.
pub(crate) fn until(what: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + LONG;
    while !what() {
        assert!(std::time::Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}
