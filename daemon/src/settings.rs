//! The user's configuration translated into the words of each component. Pure.

use brummer_bus::BusConfig;
use brummer_logs::LogsConfig;
use brummer_process::{ProcessConfig, ReadStrategy};
use brummer_projects::UserConfig;
use brummer_projects::config::{Backpressure, StatusRead};

use crate::http::Port;

pub(crate) fn bus(user: &UserConfig) -> BusConfig {
    let keys = &user.concurrency.eventbus;
    BusConfig {
        ring_size: keys.ring_size,
        queue_buffer_size: keys.queue_buffer_size,
        worker_pool_size: keys.worker_pool_size,
        backpressure: match keys.backpressure_strategy {
            Backpressure::Degrade => brummer_bus::Backpressure::Degrade,
            Backpressure::Block => brummer_bus::Backpressure::Block,
            Backpressure::Drop => brummer_bus::Backpressure::Drop,
        },
        ..BusConfig::default()
    }
}

pub(crate) fn logs(user: &UserConfig) -> LogsConfig {
    let (keys, store) = (&user.logs, &user.concurrency.log_store);
    let defaults = LogsConfig::default();
    LogsConfig {
        keep_lines: keys.keep_lines,
        ring_bytes: brummer_logs::RingBytes {
            process: keys.ring_bytes.process,
            project: keys.ring_bytes.project,
            total: keys.ring_bytes.total,
        },
        keep_bytes: keys.keep_bytes,
        keep_total: keys.keep_total,
        keep_age: keys.keep_age,
        keep_runs: keys.keep_runs,
        min_free: keys.min_free,
        when_behind: keys.when_behind,
        fsync: keys.fsync,
        ingest_threads: user.daemon.ingest_threads.unwrap_or(defaults.ingest_threads),
        buffer_size: store.buffer_size,
        batch_size: store.batch_size,
        wait_for_room: store.timeout,
    }
}

/// Sets in `process` what the user chose; the rest is the composition root's.
pub(crate) fn process(user: &UserConfig, process: ProcessConfig) -> ProcessConfig {
    let keys = &user.concurrency.process_manager;
    ProcessConfig {
        max_concurrent_starts: keys.max_concurrent_starts,
        read_strategy: match keys.status_read_strategy {
            StatusRead::Locked => ReadStrategy::Locked,
            StatusRead::Atomic => ReadStrategy::Atomic,
        },
        orphan_grace: user.daemon.orphan_grace,
        when_behind: user.logs.when_behind,
        ..process
    }
}

pub(crate) fn http_port(user: &UserConfig) -> Port {
    match (user.daemon.http_port_by_hand, user.daemon.http_port) {
        (true, port) => Port::ByHand(port),
        (false, port) => Port::From(port),
    }
}

#[cfg(test)]
mod tests;
