//! System calls that nix has no word for: pidfd, and the attributes of a thread's scheduling.
#![allow(
    unsafe_code,
    reason = "pidfd_open, pidfd_send_signal, sched_getattr and sched_setattr have no wrapper in nix"
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

/// Gives the calling thread slices of this length, and none of its children. Failing is harmless: an older
/// kernel, or a policy that somebody chose for this process, stays as it is.
#[cfg(target_os = "linux")]
pub(crate) fn set_thread_slice(nanoseconds: u64) {
    use nix::libc;

    let size = size_of::<libc::sched_attr>();
    let mut attributes = std::mem::MaybeUninit::<libc::sched_attr>::zeroed();
    // SAFETY: the kernel writes at most `size` bytes to `attributes`; 0 is the calling thread.
    let status = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, attributes.as_mut_ptr(), size, 0) };
    // SAFETY: integers, of which all zeroes are a value; and the kernel filled them in.
    let mut attributes = unsafe { attributes.assume_init() };
    if status != 0 || attributes.sched_policy != libc::SCHED_OTHER.unsigned_abs() {
        return;
    }
    attributes.size = u32::try_from(size).unwrap_or(0);
    attributes.sched_flags |= u64::from(libc::SCHED_FLAG_RESET_ON_FORK.unsigned_abs());
    attributes.sched_runtime = nanoseconds;
    // SAFETY: `attributes` is a whole sched_attr that says its size; 0 is the calling thread.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
}
