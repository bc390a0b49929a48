//! Signals: dying of them, ignoring them, cleaning up after them.

use std::io::Write as _;
use std::str::FromStr as _;
use std::time::Duration;

use nix::sys::signal::{SigHandler, SigSet, Signal, kill, raise, signal};
use nix::unistd::{ForkResult, fork, getpid};

pub(crate) fn die_of(name: &str) {
    let full = if name.starts_with("SIG") { name.to_owned() } else { format!("SIG{name}") };
    let number = Signal::from_str(&full).unwrap_or_else(|_| super::usage("the name of a signal"));
    // Without a core file in the test's directory.
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    if number == Signal::SIGKILL {
        kill(getpid(), number).unwrap();
    } else {
        // SAFETY: the default disposition runs no code of ours.
        unsafe { signal(number, SigHandler::SigDfl) }.unwrap();
        raise(number).unwrap();
    }
    std::thread::sleep(Duration::from_secs(60));
}

pub(crate) fn ignore_term(child: bool) {
    // SAFETY: ignoring runs no code of ours.
    unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) }.unwrap();
    if child {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.unwrap() {
            sleep_forever();
        }
    }
    println!("ready");
    std::io::stdout().flush().unwrap();
    sleep_forever();
}

pub(crate) fn trap_term(cleaning: Duration) {
    let mut term = SigSet::empty();
    term.add(Signal::SIGTERM);
    term.thread_block().unwrap();
    println!("ready");
    std::io::stdout().flush().unwrap();
    term.wait().unwrap();
    std::thread::sleep(cleaning);
    println!("CLEANUP");
}

pub(crate) fn sleep_forever() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(600));
    }
}
