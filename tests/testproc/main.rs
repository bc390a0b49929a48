//! A program that does what supervised programs do, on request. It is what the end-to-end tests run.
//!
//! ```text
//! lines N [--rate R] [--err-every K]   N numbered lines; R a second; every K-th on stderr
//! flood N [--size 100]                 N numbered lines of so many bytes, as fast as they can be written
//! tick --every 100ms                   numbered lines for ever: `tick 1`, `tick 2`, …
//! stamp --every 10ms                   monotonic nanoseconds of each line's writing, for ever
//! alternate N                          N numbered lines, stdout and stderr in turn
//! tail                                 two lines, the last one without its end
//! progress N [--every D]               one line with N states, `\r` between them
//! prompt                               asks without a line end, tells the answer
//! bomb long|utf8|ansi|cr|flood         100 MB without a newline, broken text, terminal escapes, 100 000 states
//!                                      of a progress line, a million lines; then `END`
//! stderr-trace js|python|rust          an error with its stack, exit code 1
//! exit CODE                            ends with this code
//! signal SIG                           dies of this signal
//! ignore-term [--child]                ignores SIGTERM (with a child that does too), says `ready`
//! trap-term MS                         says `ready`; on SIGTERM works for MS, says CLEANUP, exits 0
//! escape setsid|double-fork [--stay]   a descendant leaves the session, `pid N`; the leader ends or stays
//! hold MS|forever                      the leader ends, a child holds its stdout; `pid N`
//! daemonise                            detaches as a classic daemon does; `pid N`
//! tree DEPTH                           a chain of so many descendants, each says `pid N`; all stay
//! listen PORT                          answers HTTP with 200; 0 = any port; says its URL
//! env [NAME]                           the environment, or one value
//! fds                                  the open descriptors, one a line
//! status                               the signal lines of /proc/self/status
//! args ARG…                            its arguments, one JSON string a line
//! sleep D                              does nothing for so long
//! sequence STEP…                       runs steps like "lines 3" one after the other
//! ```
//!
//! Durations: `250ms`, `2s`, `1m`, or a number of milliseconds. Exit code 64: it was called wrongly.
//!
//! It has its own `main`, so that the Rust runtime does not change its signals: `status` shows what the
//! supervisor left, and a closed pipe ends it as it ends any program.

#![no_main]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::exit,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a helper of tests: it writes to stdout, sleeps, and fails by panicking"
)]

use std::ffi::{c_char, c_int};
use std::time::Duration;

mod about;
mod family;
mod net;
mod output;
mod signals;

#[allow(unsafe_code, reason = "the entry point of the C library, taken over from the Rust runtime")]
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _values: *const *const c_char) -> c_int {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    run(&arguments)
}

/// Does one thing; returns the exit code.
fn run(arguments: &[String]) -> i32 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((verb, rest)) = words.split_first() else { wrong("no verb") };
    let options = Options(rest);
    match *verb {
        "lines" => output::lines(options.number(0), options.named("--rate"), options.named("--err-every")),
        "flood" => output::flood(options.number(0), options.named("--size").unwrap_or(100)),
        "tick" => output::tick(options.named_duration("--every").unwrap_or(Duration::from_secs(1))),
        "stamp" => output::stamp(options.named_duration("--every").unwrap_or(Duration::from_secs(1))),
        "alternate" => output::alternate(options.number(0)),
        "tail" => output::tail(),
        "progress" => output::progress(options.number(0), options.named_duration("--every")),
        "prompt" => output::prompt(),
        "bomb" => output::bomb(options.word(0)),
        "stderr-trace" => output::stderr_trace(options.word(0)),
        "exit" => i32::try_from(options.number(0)).unwrap_or_else(|_| wrong("exit CODE")),
        "signal" => signals::die_of(options.word(0)),
        "ignore-term" => signals::ignore_term(options.has("--child")),
        "trap-term" => signals::trap_term(options.duration(0)),
        "escape" => family::escape(options.word(0), options.has("--stay")),
        "hold" => family::hold((options.word(0) != "forever").then(|| options.duration(0))),
        "daemonise" => family::daemonise(),
        "tree" => family::tree(options.number(0)),
        "listen" => net::listen(u16::try_from(options.number(0)).unwrap_or_else(|_| wrong("listen PORT"))),
        "env" => about::env(rest.first().copied()),
        "fds" => about::fds(),
        "status" => about::status(),
        "args" => about::args(rest),
        "sleep" => {
            std::thread::sleep(options.duration(0));
            0
        }
        "sequence" => sequence(rest),
        other => wrong(&format!("no verb `{other}`")),
    }
}

/// Runs the steps until one ends with a code of its own.
fn sequence(steps: &[&str]) -> i32 {
    for step in steps {
        let words: Vec<String> = step.split_whitespace().map(str::to_owned).collect();
        let code = run(&words);
        if code != 0 {
            return code;
        }
    }
    0
}

fn wrong(what: &str) -> ! {
    eprintln!("testproc: {what}; its source begins with the list of what it can do");
    std::process::exit(64)
}

/// The words behind the verb.
struct Options<'a>(&'a [&'a str]);

impl Options<'_> {
    /// The `index`-th word that must be there.
    fn word(&self, index: usize) -> &str {
        self.0.get(index).copied().unwrap_or_else(|| wrong("a word is missing"))
    }

    fn number(&self, index: usize) -> u64 {
        self.word(index).parse().unwrap_or_else(|_| wrong(&format!("`{}` is no number", self.word(index))))
    }

    fn duration(&self, index: usize) -> Duration {
        duration(self.word(index))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    fn after(&self, name: &str) -> Option<&str> {
        let place = self.0.iter().position(|word| *word == name)?;
        Some(self.0.get(place + 1).copied().unwrap_or_else(|| wrong(&format!("{name} needs a value"))))
    }

    fn named(&self, name: &str) -> Option<u64> {
        self.after(name).map(|word| word.parse().unwrap_or_else(|_| wrong(&format!("`{word}` is no number"))))
    }

    fn named_duration(&self, name: &str) -> Option<Duration> {
        self.after(name).map(duration)
    }
}

fn duration(text: &str) -> Duration {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().unwrap_or_else(|_| wrong(&format!("`{text}` is no duration")));
    match unit {
        "" | "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number * 60),
        _ => wrong(&format!("`{text}` is no duration")),
    }
}
