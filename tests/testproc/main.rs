//! `testproc`: one program that behaves as badly, or as exactly, as a test needs.
//!
//! | verb | does |
//! |---|---|
//! | `lines N [--err-every K]` | `line 1` … `line N`, every K-th on stderr |
//! | `flood N [--size 100]` | N lines of so many bytes, as fast as it can |
//! | `tick --every D` | `tick 1`, `tick 2`, … for ever |
//! | `stamp --every D` | monotonic nanoseconds, for ever |
//! | `progress N` | a bar drawn N times over itself by `\r`, then a line |
//! | `prompt` | text without a newline, then waits |
//! | `bomb long\|utf8\|ansi\|cr\|flood` | log bombs |
//! | `exit CODE` · `signal NAME` | ends so |
//! | `ignore-term [--child]` · `trap-term MS` | deaf to SIGTERM (its child too); cleans up for so long |
//! | `escape setsid\|double-fork [--stay]` | leaves descendants in sessions of their own; says `pids …` |
//! | `hold D\|forever` | ends, a grandchild keeps stdout open |
//! | `daemonise` | ends, its work goes on in the background |
//! | `tree DEPTH` | a chain of processes, the last one in a session of its own; says `pid …` each |
//! | `listen PORT` | answers HTTP on that port (0: any), says its URL |
//! | `args …` | each argument as a JSON string |
//! | `env NAME` · `fds` · `status` | a variable; open descriptors; signal masks |
//! | `alternate N` | `out 1`, `err 2`, … in turn on both streams |
//! | `stderr-trace js\|python\|rust` | a stack trace |

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a helper for tests whose work is to fork, print, sleep, misbehave and end"
)]

mod output;
mod server;
mod signals;
mod trees;

use std::time::Duration;

fn main() {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = all.split_first() else { usage("a verb") };
    match verb.as_str() {
        "lines" => output::lines(number(rest, 0), option(rest, "--err-every").map(|text| parse(&text))),
        "flood" => output::flood(number(rest, 0), option(rest, "--size").map_or(100, |text| parse(&text))),
        "tick" => output::tick(every(rest)),
        "stamp" => output::stamp(every(rest)),
        "progress" => output::progress(number(rest, 0)),
        "prompt" => output::prompt(),
        "bomb" => output::bomb(word(rest, 0)),
        "alternate" => output::alternate(number(rest, 0)),
        "args" => output::arguments(rest),
        "stderr-trace" => output::trace(word(rest, 0)),
        "env" => println!("{}", std::env::var(word(rest, 0)).unwrap_or_default()),
        "fds" => output::descriptors(),
        "status" => output::status(),
        "exit" => std::process::exit(parse(word(rest, 0))),
        "signal" => signals::die_of(word(rest, 0)),
        "ignore-term" => signals::ignore_term(rest.iter().any(|word| word == "--child")),
        "trap-term" => signals::trap_term(Duration::from_millis(number(rest, 0))),
        "escape" => trees::escape(word(rest, 0), rest.iter().any(|word| word == "--stay")),
        "hold" => trees::hold(word(rest, 0)),
        "daemonise" => trees::daemonise(),
        "tree" => trees::tree(number(rest, 0)),
        "listen" => server::listen(parse(word(rest, 0))),
        other => usage(&format!("a verb, not `{other}`")),
    }
}

fn usage(wanted: &str) -> ! {
    eprintln!("testproc: expected {wanted}");
    std::process::exit(64);
}

fn word(words: &[String], at: usize) -> &str {
    words.get(at).map_or_else(|| usage("one more argument"), String::as_str)
}

fn parse<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| usage(&format!("a number, not `{text}`")))
}

fn number(words: &[String], at: usize) -> u64 {
    parse(word(words, at))
}

fn option(words: &[String], name: &str) -> Option<String> {
    let at = words.iter().position(|word| word == name)?;
    words.get(at + 1).cloned()
}

fn every(words: &[String]) -> Duration {
    duration(&option(words, "--every").unwrap_or_else(|| usage("--every D")))
}

/// `250ms`, `2s`.
pub(crate) fn duration(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(number) => Duration::from_millis(parse(number)),
        None => Duration::from_secs(parse(text.strip_suffix('s').unwrap_or(text))),
    }
}
