//! How long the classifier takes for a line, by kind of line: `cargo run --release --example classify_rate`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement that prints")]

use std::hint::black_box;
use std::time::Instant;

use brummer_event::Stream;
use brummer_insight::{Classifier, ClassifierContext, Findings};

/// Lines of one timing; the best of [`ROUNDS`] counts, so that a busy machine disturbs little.
const LINES: u64 = 4_096;
const ROUNDS: u32 = 200;

fn measure(name: &str, line: impl Fn(u64) -> String) {
    let samples: Vec<String> = (0..1024).map(line).collect();
    let bytes = samples.iter().map(String::len).sum::<usize>() / samples.len();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let mut classifier = Classifier::new(ClassifierContext::default());
        let mut out = Findings::default();
        let start = Instant::now();
        for number in 0..LINES {
            if let Some(text) = samples.get(usize::try_from(number % 1024).unwrap_or(0)) {
                black_box(classifier.line(Stream::Out, number, 0, black_box(text.as_bytes()), &mut out));
            }
            if number % 100 == 0 {
                out.clear();
            }
        }
        best = best.min(start.elapsed().as_nanos() as f64 / (LINES) as f64);
    }
    println!("{name:<32} {bytes:>4} bytes {best:>8.1} ns/line");
}

fn main() {
    let words =
        "the quick brown fox jumps over a lazy dog and then it sleeps under the old apple tree for a while";
    measure("plain", |n| format!("{n:08} {}", words.get(..91).unwrap_or("")));
    measure("plain, short", |n| format!("tick {n}"));
    measure("plain, with colours", |n| format!("\x1b[32m{n:08}\x1b[0m {}", words.get(..78).unwrap_or("")));
    measure("clock and INFO", |n| format!("2024-01-01T10:00:00.{n:03}Z INFO app: request served in 12 ms"));
    measure("access log with error in path", |n| {
        format!("10.0.0.1 - - \"GET /errors/{n} HTTP/1.1\" 200 512")
    });
    measure("URL of this machine", |n| format!("listening on http://localhost:{}/", 3000 + n % 8));
    measure("JSON", |n| {
        format!("{{\"level\":30,\"time\":{n},\"msg\":\"request served\",\"path\":\"/a/b/c\"}}")
    });
    measure("logfmt", |n| format!("time={n} level=info msg=\"request served\" path=/a/b/c"));
    measure("an error each line", |n| format!("ERROR: connection {n} lost"));
}
