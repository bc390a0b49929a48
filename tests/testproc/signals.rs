//! How programs take signals.
#![allow(unsafe_code, reason = "dispositions are set, no handler is installed")]

use std::time::Duration;

use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use nix::unistd::pause;

use crate::{family, wrong};

/// Waits until something ends us.
pub(crate) fn stay() -> ! {
    loop {
        pause();
    }
}

fn dispose(number: Signal, handler: SigHandler) {
    // SAFETY: SIG_DFL and SIG_IGN run no code of ours.
    let _refused_for_kill = unsafe { signal(number, handler) };
}

pub(crate) fn die_of(name: &str) -> i32 {
    let upper = name.to_ascii_uppercase();
    let full = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    let number: Signal = full.parse().unwrap_or_else(|_| wrong(&format!("no signal `{name}`")));
    dispose(number, SigHandler::SigDfl);
    SigSet::all().thread_unblock().unwrap();
    raise(number).unwrap();
    // A signal that does not kill.
    0
}

pub(crate) fn ignore_term(child: bool) -> i32 {
    dispose(Signal::SIGTERM, SigHandler::SigIgn);
    if child {
        let pid = family::fork(|| stay());
        println!("pid {pid}");
    }
    println!("ready");
    stay()
}

pub(crate) fn trap_term(work: Duration) -> i32 {
    let mut asked = SigSet::empty();
    asked.add(Signal::SIGTERM);
    asked.thread_block().unwrap();
    println!("ready");
    asked.wait().unwrap();
    std::thread::sleep(work);
    println!("CLEANUP");
    0
}
