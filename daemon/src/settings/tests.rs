//! Every chosen key arrives where it belongs; in `behaviour`, what it does there.

mod behaviour;

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
    assert_eq!((chosen.orphan_grace, chosen.when_behind), (untouched.orphan_grace, untouched.when_behind));
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
