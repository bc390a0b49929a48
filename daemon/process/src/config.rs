//! What supervision is told at its start. Pure.

use std::path::PathBuf;
use std::time::Duration;

use brummer_capture::WhenBehind;
use brummer_event::spec::ClientContext;

use crate::restart::RestartPolicy;

/// How a status read reaches its answer (`status_read_strategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReadStrategy {
    /// From the published view; never waits for anybody.
    #[default]
    Atomic,
    /// Through the owner's queue; the delay shows in `brummer_process_read_wait_seconds`.
    Locked,
}

/// Settings of supervision. [`ProcessConfig::new`] has the defaults of the contract.
#[derive(Debug, Clone)]
pub struct ProcessConfig {
    /// `<state>/runs`; made (0700) if missing.
    pub runs_dir: PathBuf,
    /// The shim's binary: opened once, at the start, and executed through that descriptor, so that a
    /// half-done upgrade never mixes versions.
    pub shim: PathBuf,
    /// Identity of this boot ([`brummer_scope::clock::boot_id`]).
    pub boot_id: String,
    /// The world of a process that is started without any client: the daemon's own environment and the
    /// limits it was itself given.
    pub daemon_context: ClientContext,
    /// Most processes between spawn and running at one time.
    pub max_concurrent_starts: usize,
    /// Most processes that are known, of all projects.
    pub max_processes: usize,
    pub read_strategy: ReadStrategy,
    /// How long a shim waits for a daemon before it stops its tree.
    pub orphan_grace: Duration,
    pub when_behind: WhenBehind,
    pub restart: RestartPolicy,
    /// Seed of the jitter of back-offs.
    pub seed: u64,
    /// How long the start waits for adopted shims to answer.
    pub adoption_time: Duration,
    /// How long an answered command is remembered for a retry with the same request id.
    pub command_memory: Duration,
    /// A sample of CPU and memory younger than this is given again instead of a new one.
    pub usage_age: Duration,
}

impl ProcessConfig {
    /// The defaults of the contract.
    pub fn new(runs_dir: PathBuf, shim: PathBuf, boot_id: String) -> Self {
        Self {
            runs_dir,
            shim,
            seed: seed_of(&boot_id),
            boot_id,
            daemon_context: ClientContext::default(),
            max_concurrent_starts: 10,
            max_processes: 5000,
            read_strategy: ReadStrategy::default(),
            orphan_grace: Duration::from_secs(15 * 60),
            when_behind: WhenBehind::default(),
            restart: RestartPolicy::default(),
            adoption_time: Duration::from_secs(5),
            command_memory: Duration::from_secs(5 * 60),
            usage_age: Duration::from_millis(500),
        }
    }
}

/// FNV-1a: text to a seed.
pub(crate) fn seed_of(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
