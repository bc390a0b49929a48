//! `[concurrency]` of the user's configuration: each key that needs real children changes what the daemon
//! does, in TOML and in YAML alike. Those of the event bus: `daemon/src/settings/tests/behaviour.rs`.

use brummer_tests::{Home, Project, until};

/// A world whose user wrote this key, in each format.
fn in_both(section: &str, key: &str, value: &str) -> [Home; 2] {
    let toml = Home::with_config(&format!("[concurrency.{section}]\n{key} = {value}\n"));
    let yaml = Home::new();
    let text = format!("concurrency:\n  {section}:\n    {key}: {value}\n");
    std::fs::write(yaml.path().join("home/.config/brummer/config.yaml"), text).unwrap();
    [toml, yaml]
}

/// What `brummerctl events` still knows, as one text.
fn events(home: &Home, project: &Project) -> String {
    home.ctl_in(project.dir(), ["events", "--topic", "process"]).ok().stdout
}

#[test]
fn max_concurrent_starts_is_how_many_start_at_once() {
    let processes: String =
        (0..12).map(|number| format!("[processes.p{number}]\nrun = [\"sleep\", \"600\"]\n")).collect();
    for (places, waits) in [("1", true), ("50", false)] {
        for home in in_both("process_manager", "max_concurrent_starts", places) {
            let _daemon = home.daemon();
            let project = home.project("shop", &processes);
            home.ctl_in(project.dir(), ["up", "-d"]).ok();
            let told = events(&home, &project);
            assert_eq!(told.contains("waits for a place among 1 starts at once"), waits, "{told}");
            assert_eq!(told.contains("waits for a place"), waits, "{told}");
        }
    }
}

#[test]
fn status_read_strategy_is_the_way_of_a_status() {
    const WAITS: &str = "brummer_process_read_wait_seconds_count";
    for (strategy, waits) in [("\"locked\"", true), ("\"atomic\"", false)] {
        for home in in_both("process_manager", "status_read_strategy", strategy) {
            let _daemon = home.daemon();
            let project = home.project("shop", "[processes.api]\nrun = [\"sleep\", \"600\"]\n");
            home.ctl_in(project.dir(), ["up", "-d"]).ok();
            home.ctl_in(project.dir(), ["ps"]).ok();
            let metrics = home.metrics();
            assert_eq!(metrics.contains(WAITS), waits, "{strategy}: {metrics}");
        }
    }
}

/// Bytes of the index, which has a record a turn, after `children` wrote `lines` lines each.
fn index_bytes(home: &Home, children: u64, lines: u64) -> u64 {
    let _daemon = home.daemon();
    let child = |number| {
        format!("[processes.p{number}]\nrun = [\"@testproc\", \"lines\", \"{lines}\"]\nkind = \"task\"\n")
    };
    let project = home.project("shop", &(0..children).map(child).collect::<String>());
    home.ctl_in(project.dir(), ["up", "-d", "--wait"]).ok();
    until("every line has its number", || {
        let count = home.ctl_in(project.dir(), ["logs", "--stream", "out", "--count"]).ok().stdout;
        (count.trim() == (children * lines).to_string()).then_some(())
    });
    let mut bytes = 0;
    let mut dirs = vec![home.state().join("index")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            match entry.metadata().unwrap() {
                metadata if metadata.is_dir() => dirs.push(entry.path()),
                metadata => bytes += metadata.len(),
            }
        }
    }
    bytes
}

#[test]
fn buffer_size_bounds_the_lines_that_are_read_and_not_numbered() {
    let usual = index_bytes(&Home::new(), 1, 20_000);
    for home in in_both("log_store", "buffer_size", "8") {
        let small = index_bytes(&home, 1, 20_000);
        assert!(small > 5 * usual, "at most 8 lines a turn are more turns: {small} bytes, {usual} usually");
    }
}

#[test]
fn batch_size_bounds_a_turn_while_others_wait() {
    let with = |home: Home| {
        // One thread, so that the children wait for each other.
        let config = home.path().join("home/.config/brummer");
        for (name, text) in [
            ("config.toml", "[daemon]\ningest_threads = 1\n"),
            ("config.yaml", "daemon: {ingest_threads: 1}\n"),
        ] {
            if let Ok(before) = std::fs::read_to_string(config.join(name)) {
                std::fs::write(config.join(name), before + text).unwrap();
            }
        }
        index_bytes(&home, 6, 5_000)
    };
    let [large, _] = in_both("log_store", "batch_size", "1000").map(with);
    for small in in_both("log_store", "batch_size", "1").map(with) {
        assert!(small > 3 * large, "a line a turn are more turns: {small} bytes, {large} with 1000");
    }
}
