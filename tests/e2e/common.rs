//! Sentences that many tests say.

use std::path::Path;

use brummer_tests::{Home, until};
use serde_json::Value;

/// One process as `ps -o json` gives it.
#[track_caller]
pub(crate) fn process(home: &Home, dir: &Path, name: &str) -> Value {
    let document = home.ctl_in(dir, ["ps", "-o", "json", name]).ok().json();
    document["processes"][0].clone()
}

#[track_caller]
pub(crate) fn state(home: &Home, dir: &Path, name: &str) -> String {
    process(home, dir, name)["state"].as_str().unwrap().to_owned()
}

#[track_caller]
pub(crate) fn pid(home: &Home, dir: &Path, name: &str) -> u32 {
    u32::try_from(process(home, dir, name)["pid"].as_u64().expect("it runs")).unwrap()
}

/// Waits until the process is in one of the states and answers it.
#[track_caller]
pub(crate) fn until_state(home: &Home, dir: &Path, name: &str, states: &[&str]) -> Value {
    until(&format!("{name} is {states:?}"), || {
        let process = process(home, dir, name);
        states.contains(&process["state"].as_str().unwrap()).then_some(process)
    })
}

/// Every line of a process, of all its runs, Brummer's own included.
#[track_caller]
pub(crate) fn lines(home: &Home, dir: &Path, name: &str) -> Vec<Value> {
    home.ctl_in(dir, ["logs", name, "-n", "all", "-o", "jsonl"])
        .ok()
        .jsonl()
        .into_iter()
        .filter(|line| line.get("gap").is_none())
        .collect()
}

/// Texts of the child's own lines.
#[track_caller]
pub(crate) fn texts(home: &Home, dir: &Path, name: &str) -> Vec<String> {
    lines(home, dir, name)
        .into_iter()
        .filter(|line| line["stream"] != "sys")
        .map(|line| line["text"].as_str().unwrap().to_owned())
        .collect()
}

/// `line` counts from 1 without holes in each run (the parts of one line share a number), and `seq` grows.
#[track_caller]
pub(crate) fn assert_complete(lines: &[Value]) {
    let mut last: std::collections::HashMap<String, u64> = std::collections::HashMap::new();
    let mut seq = 0;
    let mut part_open: std::collections::HashMap<(String, String), bool> = std::collections::HashMap::new();
    for line in lines {
        let this = line["seq"].as_u64().unwrap();
        assert!(this > seq, "seq goes from {seq} to {this}");
        seq = this;
        let run = line["run"].as_str().unwrap().to_owned();
        let stream = (run.clone(), line["stream"].as_str().unwrap().to_owned());
        let number = line["line"].as_u64().unwrap();
        let before = last.get(&run).copied().unwrap_or(0);
        // A newer state of a progress line has a number of its own.
        let replaces = line["replaces_previous"].as_bool().unwrap();
        let continues = part_open.get(&stream).copied().unwrap_or(false) && !replaces;
        if !continues {
            assert_eq!(number, before + 1, "a hole in run {run} before {line}");
            last.insert(run, number);
        }
        part_open.insert(stream, line["part"].as_bool().unwrap());
    }
}
