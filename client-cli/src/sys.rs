//! The few things that only the operating system can say or do.
#![allow(unsafe_code, reason = "signal disposition, terminal size and pidfd have no safe interface")]

use std::os::fd::{AsRawFd as _, OwnedFd};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::exit;

/// From now on an interrupt ends this program with 130, wherever it is (also in a write that blocks).
/// Where interrupts were ignored before us (`nohup`, background jobs of a script) they stay so.
pub(crate) fn exit_on_interrupt() {
    extern "C" fn leave(_signal: libc::c_int) {
        // SAFETY: _exit is async-signal-safe and does not return.
        unsafe { libc::_exit(libc::c_int::from(exit::INTERRUPTED)) }
    }
    let action = SigAction::new(SigHandler::Handler(leave), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does nothing but _exit.
    let before = unsafe { sigaction(Signal::SIGINT, &action) };
    if let Ok(before) = before
        && matches!(before.handler(), SigHandler::SigIgn)
    {
        // SAFETY: gives back what was there.
        let _restored = unsafe { sigaction(Signal::SIGINT, &before) };
    }
}

/// Returns at the next interrupt, which from now on does not end this program. Never returns where
/// interrupts were ignored before us.
pub(crate) async fn interrupted() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // The runtime's handler would call the one before it, and ours leaves.
    // SAFETY: the default disposition runs no code of ours.
    let before = unsafe { sigaction(Signal::SIGINT, &default) };
    if let Ok(before) = before
        && matches!(before.handler(), SigHandler::SigIgn)
    {
        // SAFETY: gives back what was there.
        let _restored = unsafe { sigaction(Signal::SIGINT, &before) };
        return std::future::pending().await;
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Columns of the terminal that is stdout.
pub(crate) fn terminal_width() -> Option<usize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one winsize to the pointer it is given.
    let answer = unsafe { libc::ioctl(std::io::stdout().as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (answer == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Returns when the process has ended; at once if it is gone already.
#[cfg(target_os = "linux")]
pub(crate) async fn wait_for_end(pid: u32) {
    use std::os::fd::FromRawFd as _;

    let Ok(pid) = libc::pid_t::try_from(pid) else { return };
    // SAFETY: pidfd_open takes two integers and answers a descriptor or -1.
    let answer = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let Ok(descriptor) = libc::c_int::try_from(answer) else { return };
    if descriptor < 0 {
        return;
    }
    // SAFETY: the kernel just gave us this descriptor, and nobody else has it.
    let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
    if let Some(watched) = watch(owned, Interest::READABLE) {
        let _ended = watched.readable().await;
    }
}

/// Returns when the process has ended. There is no descriptor to wait on, so it is asked now and then.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn wait_for_end(pid: u32) {
    let Ok(pid) = i32::try_from(pid) else { return };
    while nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Watches a descriptor for readiness; `None` if it is of a kind that has none (a file).
pub(crate) fn watch(descriptor: OwnedFd, interest: Interest) -> Option<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor is owned by the AsyncFd from here on, which never gives it away.
    unsafe { AsyncFd::register_with_interest(descriptor, interest) }.ok()
}
