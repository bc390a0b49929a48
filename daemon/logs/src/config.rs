//! The bounds of the log engine, by the names of the configuration (`[logs]`, `[daemon]`,
//! `[concurrency.log_store]`), in final types.

use std::time::Duration;

pub use brummer_capture::WhenBehind;

const MIB: u64 = 1024 * 1024;

/// Bounds in memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingBytes {
    pub process: u64,
    pub project: u64,
    pub total: u64,
}

/// Everything that can be chosen about the log engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogsConfig {
    /// Lines of a process that stay in memory.
    pub keep_lines: usize,
    pub ring_bytes: RingBytes,
    /// Bytes of capture kept of a process.
    pub keep_bytes: u64,
    /// Bytes of capture kept in all.
    pub keep_total: u64,
    /// Captures older than this are removed.
    pub keep_age: Duration,
    /// Runs kept in all.
    pub keep_runs: usize,
    /// With less free disk than this only the segments that are being written are kept.
    pub min_free: u64,
    /// What happens to a child that runs too far ahead of the daemon.
    pub when_behind: WhenBehind,
    /// How soon captures and index are synced to the disk; `None` leaves it to the system.
    pub fsync: Option<Duration>,
    /// Threads that read captures.
    pub ingest_threads: usize,
    /// Lines read but not yet numbered.
    pub buffer_size: usize,
    /// Most lines of one run per turn while others wait.
    pub batch_size: usize,
    /// How long a reader waits for room before it yields its turn.
    pub wait_for_room: Duration,
}

impl Default for LogsConfig {
    fn default() -> Self {
        Self {
            keep_lines: 10_000,
            ring_bytes: RingBytes { process: 16 * MIB, project: 32 * MIB, total: 128 * MIB },
            keep_bytes: 256 * MIB,
            keep_total: 2048 * MIB,
            keep_age: Duration::from_secs(7 * 24 * 3600),
            keep_runs: 1000,
            min_free: 200 * MIB,
            when_behind: WhenBehind::Slow,
            fsync: Some(Duration::from_secs(1)),
            ingest_threads: std::thread::available_parallelism().map_or(2, usize::from),
            buffer_size: 10_000,
            batch_size: 100,
            wait_for_room: Duration::from_millis(50),
        }
    }
}
