//! The user's configuration translated into the words of each component. Pure.

use brummer_bus::BusConfig;
use brummer_logs::LogsConfig;
use brummer_process::{ProcessConfig, ReadStrategy};
use brummer_projects::UserConfig;
use brummer_projects::config::{Backpressure, StatusRead, WhenBehind};

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
        when_behind: when_behind(keys.when_behind),
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
        when_behind: when_behind(user.logs.when_behind),
        ..process
    }
}

pub(crate) fn http_port(user: &UserConfig) -> Port {
    match (user.daemon.http_port_by_hand, user.daemon.http_port) {
        (true, port) => Port::ByHand(port),
        (false, port) => Port::From(port),
    }
}

fn when_behind(chosen: WhenBehind) -> brummer_logs::WhenBehind {
    match chosen {
        WhenBehind::Slow => brummer_logs::WhenBehind::Slow,
        WhenBehind::Gap => brummer_logs::WhenBehind::Gap,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use brummer_projects::Environment;

    use super::*;

    fn user(text: &str) -> UserConfig {
        UserConfig::check(Some((Path::new("config.toml"), text)), &Environment::default()).unwrap()
    }

    #[test]
    fn the_defaults_of_the_components_are_those_of_the_configuration() {
        let user = user("");
        assert_eq!(bus(&user), BusConfig::default());
        assert_eq!(logs(&user), LogsConfig::default());
        let untouched = ProcessConfig::new("/r".into(), "/s".into(), "boot".to_owned());
        let chosen = process(&user, untouched.clone());
        assert_eq!(chosen.max_concurrent_starts, untouched.max_concurrent_starts);
        assert_eq!(
            (chosen.orphan_grace, chosen.when_behind),
            (untouched.orphan_grace, untouched.when_behind)
        );
        assert_eq!(http_port(&user), Port::From(7777));
    }

    #[test]
    fn every_chosen_key_arrives() {
        let user = user(
            "[concurrency.eventbus]\nworker_pool_size = 5\nqueue_buffer_size = 6\n\
             backpressure_strategy = \"block\"\nring_size = 7000\n\
             [concurrency.process_manager]\nmax_concurrent_starts = 3\nstatus_read_strategy = \"locked\"\n\
             [concurrency.log_store]\nbuffer_size = 2000\nbatch_size = 20\ntimeout_ms = 70\n\
             [logs]\nkeep_lines = 500\nkeep_bytes = \"32MiB\"\nkeep_total = \"1GiB\"\nkeep_age = \"2d\"\n\
             keep_runs = 9\nmin_free = \"1MiB\"\nwhen_behind = \"gap\"\nfsync = \"off\"\n\
             [daemon]\nhttp_port = 8123\norphan_grace = \"3m\"\ningest_threads = 3\n",
        );
        let bus = bus(&user);
        assert_eq!((bus.worker_pool_size, bus.queue_buffer_size, bus.ring_size), (Some(5), 6, 7000));
        assert_eq!(bus.backpressure, brummer_bus::Backpressure::Block);
        let logs = logs(&user);
        assert_eq!((logs.keep_lines, logs.keep_runs, logs.ingest_threads), (500, 9, 3));
        assert_eq!((logs.keep_bytes, logs.keep_total, logs.min_free), (32 << 20, 1 << 30, 1 << 20));
        assert_eq!((logs.keep_age, logs.fsync), (Duration::from_secs(2 * 86_400), None));
        assert_eq!((logs.buffer_size, logs.batch_size), (2000, 20));
        assert_eq!(logs.wait_for_room, Duration::from_millis(70));
        assert_eq!(logs.when_behind, brummer_logs::WhenBehind::Gap);
        let process = process(&user, ProcessConfig::new("/r".into(), "/s".into(), "boot".to_owned()));
        assert_eq!((process.max_concurrent_starts, process.read_strategy), (3, ReadStrategy::Locked));
        assert_eq!(process.orphan_grace, Duration::from_secs(180));
        assert_eq!(process.when_behind, brummer_logs::WhenBehind::Gap);
        assert_eq!(http_port(&user), Port::ByHand(8123));
    }
}
