//! CPU and memory of whole trees: sampled when asked, never by a timer. One owner task holds the samples; asks
//! that come together share one.
//!
//! CPU is the mean since the last sample of that run if it is younger than 10 s, else since the run's start.
//! **When full**: 16 asks wait, then callers wait. **When stopping**: it ends with the daemon.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use brummer_capture::{ProcId, proc};
use brummer_event::RunId;
use brummer_scope::{Scope, clock};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use tokio::sync::{mpsc, oneshot};

use crate::view::TreeUsage;

const QUEUE: usize = 16;
/// A sample older than this is no base for a mean.
const BASE: Duration = Duration::from_secs(10);

/// Trees from which on all processes are looked at in one pass.
const MANY: usize = 16;

/// A living run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root {
    pub(crate) run: RunId,
    /// Its shim, which is left out: it is Brummer's, not the user's.
    pub(crate) shim: ProcId,
    pub(crate) started_mono_ns: u64,
}

struct Ask {
    roots: Vec<Root>,
    reply: oneshot::Sender<HashMap<RunId, TreeUsage>>,
}

/// Handle of the owner.
#[derive(Debug, Clone)]
pub(crate) struct UsageHandle {
    asks: mpsc::Sender<Ask>,
}

impl UsageHandle {
    pub(crate) fn start(scope: &Scope, age: Duration) -> Self {
        let (asks, inbox) = mpsc::channel(QUEUE);
        let sampler = Sampler::new(age);
        let inner = scope.clone();
        let _detached =
            scope.spawn_until_cancelled("process-usage", async move { live(sampler, inbox, inner).await });
        Self { asks }
    }

    /// Usage of these runs. Empty when the daemon is stopping.
    pub(crate) async fn of(&self, roots: Vec<Root>) -> HashMap<RunId, TreeUsage> {
        let (reply, answered) = oneshot::channel();
        if self.asks.send(Ask { roots, reply }).await.is_err() {
            return HashMap::new();
        }
        answered.await.unwrap_or_default()
    }
}

async fn live(mut sampler: Sampler, mut inbox: mpsc::Receiver<Ask>, scope: Scope) {
    let age = sampler.age;
    let mut asks = Vec::with_capacity(QUEUE);
    while inbox.recv_many(&mut asks, QUEUE).await > 0 {
        let stale = sampler.stale(asks.iter().flat_map(|ask| &ask.roots));
        // To another thread and back is more than half of what a fresh answer takes.
        if !stale.is_empty() {
            let sampled = scope.blocking("usage", move || {
                sampler.sample(stale);
                sampler
            });
            // It panicked, which is counted; the samples are gone, the next ask begins anew.
            sampler = sampled.await.unwrap_or_else(|_| Sampler::new(age));
        }
        for ask in asks.drain(..) {
            let own = ask.roots.iter().filter_map(|root| Some((root.run, sampler.of(root.run)?)));
            // Who went away does not wait any more.
            let _unheard = ask.reply.send(own.collect());
        }
    }
}

/// What a run had used at a moment.
struct Sample {
    mono_ns: u64,
    /// CPU milliseconds by process, named by number and start.
    cpu: HashMap<(Pid, u64), u64>,
    usage: TreeUsage,
}

struct Sampler {
    /// `None` where the system gives no figures.
    system: Option<System>,
    samples: HashMap<RunId, Sample>,
    age: Duration,
}

impl Sampler {
    fn new(age: Duration) -> Self {
        let system =
            System::new().inspect_err(|error| tracing::error!(%error, "no CPU and memory figures")).ok();
        Self { system, samples: HashMap::new(), age }
    }

    /// Those of these runs that have no sample, or an old one.
    fn stale<'a>(&self, roots: impl Iterator<Item = &'a Root>) -> HashMap<RunId, Root> {
        let now = clock::mono_ns();
        let fresh = |sample: &Sample| Duration::from_nanos(now.saturating_sub(sample.mono_ns)) < self.age;
        let stale = roots.filter(|root| !self.samples.get(&root.run).is_some_and(fresh));
        stale.map(|root| (root.run, *root)).collect()
    }

    /// Samples these runs. Blocks for a few system calls per process.
    fn sample(&mut self, roots: HashMap<RunId, Root>) {
        let now = clock::mono_ns();
        for (root, members) in self.look(roots.into_values().collect()) {
            let sample = self.tree(root, &members, now);
            self.samples.insert(root.run, sample);
        }
        self.forget(now);
    }

    fn of(&self, run: RunId) -> Option<TreeUsage> {
        self.samples.get(&run).map(|sample| sample.usage)
    }

    /// Reads what the system counts of these trees. Answers the members of each, shims left out.
    fn look(&mut self, roots: Vec<Root>) -> Vec<(Root, Vec<Pid>)> {
        let Some(system) = &mut self.system else {
            return roots.into_iter().map(|root| (root, Vec::new())).collect();
        };
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        if roots.len() < MANY {
            let trees: Vec<(Root, Vec<Pid>)> =
                roots.into_iter().map(|root| (root, walk(root.shim))).collect();
            let pids: Vec<Pid> = trees.iter().flat_map(|(_, members)| members).copied().collect();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&pids), true, what);
            return trees;
        }
        // One pass over all processes is cheaper than many walks.
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for (pid, process) in system.processes() {
            if let Some(parent) = process.parent() {
                children.entry(parent).or_default().push(*pid);
            }
        }
        roots.into_iter().map(|root| (root, below(root.shim, &children))).collect()
    }

    fn tree(&self, root: Root, members: &[Pid], now: u64) -> Sample {
        let mut cpu = HashMap::with_capacity(members.len());
        let mut rss_bytes = 0;
        for pid in members {
            if let Some(process) = self.system.as_ref().and_then(|system| system.process(*pid)) {
                cpu.insert((*pid, process.start_time()), process.accumulated_cpu_time());
                rss_bytes += process.memory();
            }
        }
        let base = self.samples.get(&root.run).filter(|sample| {
            Duration::from_nanos(now.saturating_sub(sample.mono_ns)) < BASE && sample.mono_ns < now
        });
        let since = base.map_or(root.started_mono_ns, |sample| sample.mono_ns);
        let used: u64 = cpu
            .iter()
            .map(|(id, used)| {
                let before = base.and_then(|sample| sample.cpu.get(id)).copied().unwrap_or(0);
                used.saturating_sub(before)
            })
            .sum();
        let elapsed_ms = now.saturating_sub(since) as f64 / 1e6;
        let cpu_percent = if elapsed_ms > 0.0 { used as f64 / elapsed_ms * 100.0 } else { 0.0 };
        Sample { mono_ns: now, cpu, usage: TreeUsage { cpu_percent, rss_bytes } }
    }

    /// Samples that are no base any more belong to runs that nobody asks for.
    fn forget(&mut self, now: u64) {
        self.samples.retain(|_, sample| Duration::from_nanos(now.saturating_sub(sample.mono_ns)) < BASE);
    }
}

/// Descendants of a shim by walking down from it. A zombie is one of them and uses no memory any more.
fn walk(shim: ProcId) -> Vec<Pid> {
    if !shim.is_alive() {
        return Vec::new();
    }
    let found = proc::descendants(shim.pid).unwrap_or_default();
    found.iter().filter_map(|stat| pid_of(stat.id)).collect()
}

/// Descendants of a shim, known who is whose child.
fn below(shim: ProcId, children: &HashMap<Pid, Vec<Pid>>) -> Vec<Pid> {
    let mut found: Vec<Pid> = Vec::new();
    let mut next = 0;
    let mut parent = pid_of(shim);
    while let Some(pid) = parent {
        found.extend(children.get(&pid).into_iter().flatten());
        parent = found.get(next).copied();
        next += 1;
    }
    found
}

fn pid_of(id: ProcId) -> Option<Pid> {
    usize::try_from(id.pid).ok().map(Pid::from)
}

/// Shared by handles that ask for views' trees.
pub(crate) fn roots(views: &[Arc<crate::ProcessView>]) -> Vec<Root> {
    views
        .iter()
        .filter(|view| view.state.is_live())
        .filter_map(|view| {
            Some(Root { run: view.run?, shim: view.shim?, started_mono_ns: view.started_mono_ns? })
        })
        .collect()
}
