//! What can be chosen about the bus (`[concurrency.eventbus]`), in final types.

use std::time::Duration;

/// How long `block` lets a publisher wait for room.
pub(crate) const BLOCK_LIMIT: Duration = Duration::from_millis(100);

/// Workers of handlers that run programs.
pub(crate) const PROGRAM_WORKERS: usize = 4;

/// What happens to a notice when `queue_buffer_size` notices are undelivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backpressure {
    /// Notices of the same key are merged, then the oldest of the lowest priority is dropped.
    Degrade,
    /// The publisher waits up to 100 ms, then is refused.
    Block,
    /// The newest is refused.
    Drop,
}

/// Which workers a handler uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandlerClass {
    /// Work inside the daemon.
    Inner,
    /// Runs programs: four at once, of their own, with their own time limit.
    Program { timeout: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusConfig {
    /// Events that are kept for cursors.
    pub ring_size: usize,
    /// Most undelivered notices.
    pub queue_buffer_size: usize,
    /// Workers of inner handlers; `None`: 2.5 a core, rounded up, at least 4 and at most 32.
    pub worker_pool_size: Option<usize>,
    pub backpressure: Backpressure,
    /// Longest that an inner handler may take with one event.
    pub handler_timeout: Duration,
}

impl Default for BusConfig {
    fn default() -> Self {
        Self {
            ring_size: 10_000,
            queue_buffer_size: 1000,
            worker_pool_size: None,
            backpressure: Backpressure::Degrade,
            handler_timeout: Duration::from_secs(5),
        }
    }
}

impl BusConfig {
    /// Workers of inner handlers on this machine.
    pub fn workers(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.worker_pool_size.unwrap_or_else(|| automatic(cores)).max(1)
    }
}

fn automatic(cores: usize) -> usize {
    (cores * 5).div_ceil(2).clamp(4, 32)
}

#[cfg(test)]
mod tests {
    use super::automatic;

    #[test]
    fn the_pool_follows_the_cores_within_bounds() {
        assert_eq!([1, 2, 3, 8, 64].map(automatic), [4, 5, 8, 20, 32]);
    }
}
