//! The house rules that Cargo and clippy cannot check: arrows between crates, pure files, size of rooms,
//! where generated types may stand. ARCHITECTURE.md lists them; this keeps them true.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads the tree and fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust sources of the product below `dirs`, without tests, benches and examples.
fn sources(dirs: &[&str]) -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut ask: Vec<PathBuf> = dirs.iter().map(|dir| root.join(dir)).collect();
    while let Some(dir) = ask.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if path.is_dir() {
                if !["tests", "benches", "examples", "fixtures", "snapshots"].contains(&name.as_str())
                    && !name.starts_with("target")
                {
                    ask.push(path);
                }
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.push((relative, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The part of a file before its inline tests.
fn product(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod ").map_or(text, |(product, _)| product)
}

fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest).join("Cargo.toml")).unwrap();
    let mut inside = false;
    let mut names = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            names.push(name.to_owned());
        }
    }
    names
}

#[test]
fn arrows_between_crates_point_one_way() {
    let daemon =
        ["api", "bus", "capture", "insight", "logs", "process", "projects", "scope", "store", "world"];
    let named = |names: &[&str]| names.iter().map(|name| format!("brummer-{name}")).collect::<Vec<_>>();
    let forbidden: Vec<(&str, Vec<String>)> = vec![
        ("proto", [named(&daemon), named(&["event"])].concat()),
        ("client-cli", [named(&daemon), named(&["event"])].concat()),
        ("client-tui", [named(&daemon), named(&["event"])].concat()),
        ("daemon/event", named(&daemon)),
        ("daemon/scope", named(&daemon)),
        ("daemon/capture", [named(&daemon), vec!["tokio".to_owned()]].concat()),
        (
            "daemon/shim",
            [vec!["tokio".to_owned()], named(&["logs", "process", "bus", "store", "scope"])].concat(),
        ),
        ("daemon/store", named(&["bus", "logs", "process", "insight", "projects", "world", "api"])),
        ("daemon/bus", named(&["logs", "process", "insight", "projects", "world", "api"])),
        ("daemon/insight", named(&["logs", "process", "projects", "world", "api", "proto"])),
        ("daemon/logs", named(&["process", "projects", "world", "api", "proto"])),
        ("daemon/process", named(&["logs", "insight", "projects", "world", "api", "proto"])),
        ("daemon/projects", named(&["logs", "process", "insight", "world", "api", "proto"])),
        ("daemon/world", named(&["api", "proto"])),
    ];
    for (manifest, names) in forbidden {
        for name in dependencies(manifest) {
            assert!(!names.contains(&name), "{manifest} must not depend on {name}");
        }
    }
}

#[test]
fn generated_types_stay_at_the_edges() {
    for (path, text) in sources(&["daemon"]) {
        if path.starts_with("daemon/api/") {
            continue;
        }
        assert!(!product(&text).contains("brummer_proto::v1"), "{path}: generated types belong to api alone");
    }
    for (path, text) in sources(&["client-tui/src"]) {
        let inside = ["client-tui/src/effect", "client-tui/src/main.rs", "client-tui/src/runtime"]
            .iter()
            .any(|edge| path.starts_with(edge));
        assert!(
            inside || !product(&text).contains("brummer_proto::v1"),
            "{path}: generated types belong to the effects alone"
        );
    }
}

#[test]
fn pure_files_know_no_runtime_no_files_and_no_clock() {
    let pure = ["daemon/event/src/"];
    let marked = "//! Pure:";
    for (path, text) in sources(&["daemon"]) {
        if !pure.iter().any(|dir| path.starts_with(dir)) && !text.contains(marked) {
            continue;
        }
        for word in ["tokio::", "std::fs", "std::env", "Instant::now", "SystemTime", "clock::"] {
            assert!(!product(&text).contains(word), "{path} is pure and must not use {word}");
        }
    }
}

#[test]
fn a_file_is_one_room() {
    for (path, text) in sources(&["proto", "daemon", "client-cli", "client-tui", "tests"]) {
        let lines = product(&text).lines().count();
        assert!(lines <= 600, "{path} has {lines} lines before its tests: which two rooms are in it?");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in sources(&["proto", "daemon", "client-cli", "client-tui", "tests"]) {
        let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("#!["));
        assert!(first.is_some_and(|line| line.starts_with("//!")), "{path} opens without a module doc");
    }
}

#[test]
fn no_spawn_escapes_the_tracker_and_no_queue_is_unbounded() {
    // Clients have no scope; clippy makes each of their threads say why it exists.
    for (path, text) in sources(&["proto", "daemon"]) {
        if path.starts_with("daemon/scope/") {
            continue;
        }
        for word in ["tokio::spawn(", "unbounded_channel(", "thread::spawn("] {
            assert!(!product(&text).contains(word), "{path} uses {word}");
        }
    }
}

/// The keys of a schema that are no tables, `*` for any name.
fn leaves(schema: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(properties) = schema["properties"].as_object() {
        for (name, schema) in properties.iter().filter(|(name, _)| *name != "$schema") {
            // What a profile holds are the keys of the file.
            match name.as_str() {
                "profile" => drop(found.insert(below(name))),
                _ => leaves(schema, &below(name), found),
            }
        }
    } else if schema["additionalProperties"]["properties"].is_object() {
        leaves(&schema["additionalProperties"], &below("*"), found);
    } else {
        found.insert(path.to_owned());
    }
}

#[test]
fn every_key_names_a_test_that_shows_its_effect() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let mut keys = BTreeSet::new();
    for schema in ["deploy/schema/brummer.schema.json", "deploy/schema/config.schema.json"] {
        leaves(&serde_json::from_str(&read(schema)).unwrap(), "", &mut keys);
    }
    let readme = read("tests/README.md");
    let (_, table) = readme.split_once("## Which test shows that a key has its effect").unwrap();
    let mut listed = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let words: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let (key, tests) = words.split_first().unwrap();
        assert!(listed.insert((*key).to_owned()), "`{key}` stands there twice");
        assert!(!tests.is_empty() && tests.len() % 2 == 0, "{row}");
        for pair in tests.chunks(2) {
            assert!(
                read(pair[0]).contains(&format!("fn {}(", pair[1])),
                "`{key}`: {} has no {}",
                pair[0],
                pair[1]
            );
        }
    }
    assert_eq!(keys, listed, "keys of the schemas, and those in tests/README.md");
}
