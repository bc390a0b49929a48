//! What programs write.

use std::io::{BufWriter, Write as _, stderr, stdin, stdout};
use std::time::{Duration, Instant};

use crate::wrong;

/// What has ended does not care; whoever reads no more ends us by SIGPIPE.
fn say(text: &str) {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap();
}

fn complain(text: &str) {
    stderr().write_all(text.as_bytes()).unwrap();
}

/// Sleeps until the `number`-th step of a schedule, so that a slow machine does not add up.
fn keep_pace(start: Instant, step: Duration, number: u64) {
    let due = step.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
    std::thread::sleep(due.saturating_sub(start.elapsed()));
}

pub(crate) fn lines(count: u64, rate: Option<u64>, err_every: Option<u64>) -> i32 {
    let start = Instant::now();
    let step = rate.map(|rate| Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX));
    let mut out = BufWriter::new(stdout().lock());
    for number in 1..=count {
        let line = format!("line {number}\n");
        if err_every.is_some_and(|every| every > 0 && number % every == 0) {
            out.flush().unwrap();
            complain(&line);
        } else {
            out.write_all(line.as_bytes()).unwrap();
        }
        if let Some(step) = step {
            out.flush().unwrap();
            keep_pace(start, step, number);
        }
    }
    out.flush().unwrap();
    0
}

/// One buffer of whole lines, whose numbers are counted up in place.
pub(crate) fn flood(count: u64, size: u64) -> i32 {
    const DIGITS: std::ops::Range<usize> = 6..18;
    const FILLER: &[u8] = b" the quick brown fox jumps over the lazy dog";
    let size = usize::try_from(size).unwrap_or(0).max(DIGITS.end + 1);
    let mut line: Vec<u8> = b"flood 000000000000".to_vec();
    line.extend(FILLER.iter().cycle().take(size - DIGITS.end - 1));
    line.push(b'\n');
    let mut out = stdout().lock();
    let mut buffer = Vec::with_capacity(64 * 1024 + size);
    for _ in 0..count {
        for digit in line[DIGITS].iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
        buffer.extend_from_slice(&line);
        if buffer.len() >= 64 * 1024 {
            out.write_all(&buffer).unwrap();
            buffer.clear();
        }
    }
    out.write_all(&buffer).and_then(|()| out.flush()).unwrap();
    0
}

/// The clock of the shims' frames, read right before the line is written.
pub(crate) fn stamp(every: Duration) -> i32 {
    let start = Instant::now();
    for number in 1.. {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
        say(&format!("{}{:09}\n", now.tv_sec(), now.tv_nsec()));
        keep_pace(start, every, number);
    }
    0
}

pub(crate) fn tick(every: Duration) -> i32 {
    let start = Instant::now();
    for number in 1.. {
        say(&format!("tick {number}\n"));
        keep_pace(start, every, number);
    }
    0
}

pub(crate) fn alternate(count: u64) -> i32 {
    for number in 1..=count {
        if number % 2 == 1 {
            say(&format!("out {number}\n"));
        } else {
            complain(&format!("err {number}\n"));
        }
    }
    0
}

pub(crate) fn tail() -> i32 {
    say("first\nlast-without-newline");
    0
}

pub(crate) fn progress(count: u64, every: Option<Duration>) -> i32 {
    let start = Instant::now();
    for number in 1..=count {
        say(&format!("\rprogress {number}/{count}"));
        if let Some(every) = every {
            keep_pace(start, every, number);
        }
    }
    say("\n");
    0
}

pub(crate) fn prompt() -> i32 {
    say("Continue? [y/N] ");
    let mut answer = String::new();
    let count = stdin().read_line(&mut answer).unwrap();
    let answer = if count == 0 { "none" } else { answer.trim_end() };
    say(&format!("\nanswer: {answer}\n"));
    0
}

pub(crate) fn bomb(kind: &str) -> i32 {
    let mut out = BufWriter::with_capacity(64 * 1024, stdout().lock());
    match kind {
        "long" => {
            let mebibyte = vec![b'x'; 1 << 20];
            for _ in 0..100 {
                out.write_all(&mebibyte).unwrap();
            }
            out.write_all(b"\nEND\n").unwrap();
        }
        "utf8" => out.write_all(b"ok \xff\xfe\xc3\x28 \xed\xa0\x80 \x00 nul\nEND\n").unwrap(),
        "ansi" => out
            .write_all(
                b"\x1b]0;pwn\x07\x1b[2J\x1b]52;c;cm0=\x07\x1b[?1049h\x9b31m\x1bP$q\x1b\\\x1b[31mred\x1b[0m\nEND\n",
            )
            .unwrap(),
        "cr" => {
            for number in 0..=100_000 {
                write!(out, "\rprogress {number}").unwrap();
            }
            out.write_all(b"\nEND\n").unwrap();
        }
        "flood" => {
            for number in 0..1_000_000 {
                writeln!(out, "L{number:09}").unwrap();
            }
        }
        other => wrong(&format!("no bomb `{other}`")),
    }
    out.flush().unwrap();
    0
}

pub(crate) fn stderr_trace(language: &str) -> i32 {
    complain(match language {
        "js" => {
            "/app/src/cart.js:42\n    return items.map((item) => item.price);\n                 ^\n\n\
             TypeError: Cannot read properties of undefined (reading 'map')\n    \
             at total (/app/src/cart.js:42:18)\n    \
             at checkout (/app/src/checkout.js:17:9)\n    \
             at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)\n    \
             at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n\n\
             Node.js v22.14.0\n"
        }
        "python" => {
            "Traceback (most recent call last):\n  \
             File \"/app/main.py\", line 31, in <module>\n    main()\n    ~~~~^^\n  \
             File \"/app/main.py\", line 27, in main\n    total = price(cart[\"items\"])\n                  ~~~~^^^^^^^^^\n\
             KeyError: 'items'\n"
        }
        "rust" => {
            "\nthread 'main' (4711) panicked at src/main.rs:7:14:\n\
             index out of bounds: the len is 3 but the index is 99\n\
             stack backtrace:\n   \
             0: __rustc::rust_begin_unwind\n             at /rustc/59807616/library/std/src/panicking.rs:689:5\n   \
             1: core::panicking::panic_fmt\n             at /rustc/59807616/library/core/src/panicking.rs:80:14\n   \
             2: app::main\n             at ./src/main.rs:7:14\n\
             note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"
        }
        other => wrong(&format!("no stack trace of `{other}`")),
    });
    if language == "rust" { 101 } else { 1 }
}
