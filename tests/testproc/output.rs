//! Everything that only writes.

use std::io::Write as _;
use std::time::Duration;

pub(crate) fn lines(count: u64, err_every: Option<u64>) {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    for number in 1..=count {
        if err_every.is_some_and(|every| number % every == 0) {
            writeln!(err, "line {number}").unwrap();
        } else {
            writeln!(out, "line {number}").unwrap();
        }
    }
}

/// Lines of exactly `size` bytes, the newline included, written in blocks of 64 KiB.
pub(crate) fn flood(count: u64, size: usize) {
    let mut out = std::io::stdout().lock();
    let mut block = Vec::with_capacity(64 * 1024 + size);
    let filler =
        b"the quick brown fox jumps over the lazy dog and runs on through the quiet forest ".repeat(4);
    let mut digits = [b'0'; 10];
    for number in 1..=count {
        let mut left = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(left % 10).unwrap();
            left /= 10;
        }
        block.extend_from_slice(&digits);
        block.push(b' ');
        let mut room = size.saturating_sub(12);
        while room > 0 {
            let piece = room.min(filler.len());
            block.extend_from_slice(&filler[..piece]);
            room -= piece;
        }
        block.push(b'\n');
        if block.len() >= 64 * 1024 {
            out.write_all(&block).unwrap();
            block.clear();
        }
    }
    out.write_all(&block).unwrap();
    out.flush().unwrap();
}

pub(crate) fn tick(every: Duration) {
    forever(every, |number| format!("tick {number}"));
}

pub(crate) fn stamp(every: Duration) {
    forever(every, |_| {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).unwrap();
        format!("{}{:09}", now.tv_sec(), now.tv_nsec())
    });
}

/// Ends quietly when nobody reads any more.
fn forever(every: Duration, text: impl Fn(u64) -> String) {
    let mut out = std::io::stdout();
    for number in 1.. {
        if out.write_all(format!("{}\n", text(number)).as_bytes()).and_then(|()| out.flush()).is_err() {
            return;
        }
        std::thread::sleep(every);
    }
}

pub(crate) fn progress(count: u64) {
    let mut out = std::io::stdout().lock();
    for number in 0..=count {
        write!(out, "\rprogress {number}").unwrap();
        out.flush().unwrap();
    }
    writeln!(out).unwrap();
}

pub(crate) fn prompt() {
    print!("Overwrite? [y/N] ");
    std::io::stdout().flush().unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

pub(crate) fn bomb(kind: &str) {
    let mut out = std::io::stdout().lock();
    match kind {
        "long" => {
            let block = vec![b'x'; 1 << 20];
            for _ in 0..100 {
                out.write_all(&block).unwrap();
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
            let mut out = std::io::BufWriter::with_capacity(64 * 1024, out);
            for number in 0..1_000_000 {
                writeln!(out, "L{number:09}").unwrap();
            }
        }
        other => super::usage(&format!("long, utf8, ansi, cr or flood, not `{other}`")),
    }
}

pub(crate) fn alternate(count: u64) {
    for number in 1..=count {
        if number % 2 == 1 {
            println!("out {number}");
        } else {
            eprintln!("err {number}");
        }
    }
}

pub(crate) fn arguments(arguments: &[String]) {
    for argument in arguments {
        println!("{argument:?}");
    }
}

pub(crate) fn descriptors() {
    let mut numbers: Vec<u32> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    // The last one is the listing itself.
    numbers.pop();
    println!("{numbers:?}");
}

pub(crate) fn status() {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    for line in text.lines().filter(|line| line.starts_with("Sig") || line.starts_with("Umask")) {
        println!("{line}");
    }
}

pub(crate) fn trace(language: &str) {
    let text = match language {
        "js" => {
            "/app/src/cart.js:12\n    return items.map(price);\n                 ^\n\n\
             TypeError: Cannot read properties of undefined (reading 'map')\n    \
             at total (/app/src/cart.js:12:18)\n    \
             at handle (/app/node_modules/express/lib/router.js:40:5)\n    \
             at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n"
        }
        "python" => {
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 10, in <module>\n    \
             main()\n  File \"/app/main.py\", line 6, in main\n    1 / 0\n\
             ZeroDivisionError: division by zero\n"
        }
        "rust" => {
            "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 3 but the index is 5\n\
             note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"
        }
        other => super::usage(&format!("js, python or rust, not `{other}`")),
    };
    eprint!("{text}");
    std::process::exit(1);
}
