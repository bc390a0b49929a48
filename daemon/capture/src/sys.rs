//! System calls that nix has no word for: pidfd.
#![allow(
    unsafe_code,
    reason = "pidfd_open and pidfd_send_signal have no wrapper in nix; two calls, no memory"
)]

use std::io;
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _};

#[cfg(target_os = "linux")]
pub(crate) fn pidfd_open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: two integers in, a descriptor or -1 out.
    let status = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, pid, 0) };
    match i32::try_from(status) {
        // SAFETY: the kernel just made this descriptor (close-on-exec) for us alone.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(target_os = "linux")]
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    let no_info = std::ptr::null::<nix::libc::siginfo_t>();
    // SAFETY: a null siginfo asks the kernel to fill in what kill(2) would.
    let status = unsafe {
        nix::libc::syscall(nix::libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, 0)
    };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pidfd_open(_pid: i32) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pidfd_send_signal(_pidfd: std::os::fd::BorrowedFd<'_>, _signal: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
