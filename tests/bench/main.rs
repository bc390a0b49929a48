//! Benchmarks that print ratios, measured side by side in one run (ARCHITECTURE.md, Speed).
//!
//! `cargo run --release -p brummer-tests --bin brummer-bench [-- NAME… [--lines N]]`; without names all of
//! them. The binaries are built first (release). Figures of different runs do not compare; ratios do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark starts programs, reads clocks and prints"
)]

mod crowd;
mod detect;
mod ingest;
mod latency;
mod memory;
mod plain;
mod round_trip;
mod stage;

use stage::Stage;

fn main() {
    let mut names: Vec<String> = Vec::new();
    let mut lines = 10_000_000u64;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--lines" => {
                lines =
                    arguments.next().and_then(|text| text.replace('_', "").parse().ok()).expect("--lines N");
            }
            name => names.push(name.to_owned()),
        }
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let stage = Stage::build();
    println!("{}", stage::machine());
    if wanted("ingest") {
        ingest::run(&stage, lines);
    }
    if wanted("plain") {
        plain::run(&stage, lines);
    }
    if wanted("tenths") {
        plain::tenths(&stage, lines);
    }
    if wanted("crowd") {
        crowd::run(&stage);
    }
    if wanted("memory") {
        memory::run(&stage);
    }
    if wanted("latency") {
        latency::run(&stage);
    }
    if wanted("ps") {
        round_trip::ps(&stage);
    }
    if wanted("detect") {
        detect::run(&stage);
    }
    if wanted("spawn") {
        round_trip::spawn(&stage);
    }
}
