//! What a program sees of itself.

use std::fmt::Write as _;
use std::fs;

pub(crate) fn env(name: Option<&str>) -> i32 {
    if let Some(name) = name {
        match std::env::var_os(name) {
            Some(value) => println!("{}", value.to_string_lossy()),
            None => return 1,
        }
        return 0;
    }
    let mut all: Vec<String> = std::env::vars_os()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    all.sort();
    println!("{}", all.join("\n"));
    0
}

pub(crate) fn fds() -> i32 {
    let named: Vec<u32> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect();
    // The directory that was read is closed again: only what is still open counts.
    let mut open: Vec<u32> =
        named.into_iter().filter(|fd| fs::symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok()).collect();
    open.sort_unstable();
    for fd in open {
        println!("{fd}");
    }
    0
}

pub(crate) fn status() -> i32 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines().filter(|line| line.starts_with("Sig") || line.starts_with("Shd")) {
        println!("{line}");
    }
    0
}

pub(crate) fn args(arguments: &[&str]) -> i32 {
    for argument in arguments {
        println!("{}", json(argument));
    }
    0
}

fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c < ' ' => write!(quoted, "\\u{:04x}", u32::from(c)).unwrap(),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
