//! System calls that std has no word for.
#![allow(unsafe_code, reason = "one libc call to lower a thread's own priority; nix has no wrapper for it")]

use nix::time::{ClockId, clock_gettime};

pub(crate) fn monotonic_ns() -> u64 {
    // CLOCK_MONOTONIC cannot fail on a system that this runs on; zero would only make an age zero.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let nanos = u64::try_from(time.tv_nsec()).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
    })
}

#[cfg(target_os = "linux")]
pub(crate) fn boot_id() -> std::io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(target_os = "macos")]
pub(crate) fn boot_id() -> std::io::Result<String> {
    // kern.bootsessionuuid is a new UUID with each boot.
    let mut buffer = [0u8; 64];
    let mut length = buffer.len();
    // SAFETY: the name is a C string literal, buffer and length describe writable memory of this frame.
    let status = unsafe {
        nix::libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            buffer.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    if status != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(String::from_utf8_lossy(buffer.get(..length).unwrap_or(&[])).trim_end_matches('\0').to_owned())
}

/// Lowers the calling thread's priority. Failing is harmless: the thread then runs as the others do.
pub(crate) fn set_thread_nice(nice: i32) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: no memory is involved; 0 means the calling thread on Linux.
        let status = unsafe { nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, nice) };
        if status != 0 {
            tracing::debug!(nice, "the thread keeps its priority");
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        // Elsewhere setpriority would slow the whole process.
        let _unused = nice;
    }
}

/// Bytes of a memory page.
#[cfg(target_os = "linux")]
pub(crate) fn page_bytes() -> u64 {
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|bytes| u64::try_from(bytes).ok())
        .unwrap_or(4096)
}
