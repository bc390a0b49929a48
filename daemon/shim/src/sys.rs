//! System calls, and nothing but: every unsafe line of the shim is here or in [`child`].
#![allow(unsafe_code, reason = "the shim lives on calls that neither std nor nix wrap without allocating")]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use nix::libc;

pub(crate) mod child;

/// Both clocks, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    /// CLOCK_MONOTONIC, ns.
    pub(crate) mono: u64,
    /// Wall clock, ns since 1970.
    pub(crate) wall: i64,
}

fn clock(id: libc::clockid_t) -> libc::timespec {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writing. These two clocks exist on every Linux: the call cannot fail.
    unsafe { libc::clock_gettime(id, &raw mut time) };
    time
}

pub(crate) fn now() -> Now {
    let (mono, wall) = (clock(libc::CLOCK_MONOTONIC), clock(libc::CLOCK_REALTIME));
    Now {
        mono: u64::try_from(mono.tv_sec)
            .unwrap_or(0)
            .saturating_mul(1_000_000_000)
            .saturating_add(u64::try_from(mono.tv_nsec).unwrap_or(0)),
        wall: wall.tv_sec.saturating_mul(1_000_000_000).saturating_add(wall.tv_nsec),
    }
}

/// Takes over an inherited descriptor (0 or 1): the OwnedFd returned is a close-on-exec copy above 2, and the
/// number itself becomes `/dev/null`, so that nothing opened later gets a number that a child inherits.
pub(crate) fn take_inherited(number: RawFd, null: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    // SAFETY: integers in, a new descriptor or -1 out; it is ours alone.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    let copy = unsafe { OwnedFd::from_raw_fd(copy) };
    // SAFETY: nothing in this process owns `number` as an OwnedFd; it is one of the standard three.
    if unsafe { libc::dup2(null.as_raw_fd(), number) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(copy)
}

/// Closes everything above 2 that came along by mistake. Must be called before anything is opened.
pub(crate) fn close_strangers() {
    // SAFETY: called before this process opened a descriptor of its own, so nothing that is owned is closed.
    // Failing (a kernel before 5.9) leaves close-on-exec as the only guard.
    unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
}

/// It was executed through a descriptor, whose number the system would else show as its name.
pub(crate) fn be_named() {
    // SAFETY: a C string literal, which the kernel copies.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"brummer-shim".as_ptr(), 0, 0, 0) };
}

/// A copy of a descriptor whose number is above 2, close-on-exec.
pub(crate) fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    // SAFETY: integers in, a new descriptor or -1 out; it is ours alone.
    let copy = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) };
    // SAFETY: as above.
    if copy < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(copy) }) }
}

/// Ignores what must not end the shim, blocks what it reads from the descriptor that is returned: SIGCHLD and
/// SIGTERM.
pub(crate) fn signals() -> io::Result<OwnedFd> {
    for signal in [libc::SIGHUP, libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: no handler is installed; SIG_IGN is valid for these signals.
        if unsafe { libc::signal(signal, libc::SIG_IGN) } == libc::SIG_ERR {
            return Err(io::Error::last_os_error());
        }
    }
    // SAFETY: a zeroed sigset_t is valid memory; it is then set up by sigemptyset.
    let mut set = unsafe { std::mem::zeroed::<libc::sigset_t>() };
    // SAFETY: `set` is valid for all four calls; the old mask is not asked for.
    let fd = unsafe {
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        if libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    };
    // SAFETY: the descriptor was just made for us.
    if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { OwnedFd::from_raw_fd(fd) }) }
}

/// The next waiting signal.
pub(crate) fn next_signal(fd: &OwnedFd) -> Option<i32> {
    const SIZE: usize = size_of::<libc::signalfd_siginfo>();
    let mut info = [0u8; SIZE];
    let count = nix::unistd::read(fd, &mut info).ok()?;
    let number = info.first_chunk::<4>().filter(|_| count == SIZE)?;
    i32::try_from(u32::from_ne_bytes(*number)).ok()
}

/// Its own session (no terminal's hang-up reaches it) and the parent of all orphans below it.
pub(crate) fn stand_alone() -> io::Result<()> {
    // SAFETY: no memory is involved. setsid fails only for a group leader, which then keeps its session.
    unsafe {
        libc::setsid();
        if libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// What to wait for on a descriptor; the kernel's own struct, so a list of them needs no copy.
pub(crate) type PollEntry = libc::pollfd;

/// An entry that waits for nothing: keeps its place in the list.
pub(crate) const NO_POLL: PollEntry = PollEntry { fd: -1, events: 0, revents: 0 };

/// An entry that waits for `events`.
pub(crate) fn poll_entry(fd: &impl AsFd, events: i16) -> PollEntry {
    PollEntry { fd: fd.as_fd().as_raw_fd(), events, revents: 0 }
}

/// Waits until an entry is ready, a signal came, or `timeout_ms` (-1 = never) is over.
pub(crate) fn poll(entries: &mut [PollEntry], timeout_ms: i32) -> io::Result<()> {
    let count = entries.len() as libc::nfds_t;
    // SAFETY: pointer and length describe the slice; the kernel writes `revents` only.
    if unsafe { libc::poll(entries.as_mut_ptr(), count, timeout_ms) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
        entries.iter_mut().for_each(|entry| entry.revents = 0);
    }
    Ok(())
}

/// Bytes that can be read at once.
pub(crate) fn waiting_bytes(fd: &OwnedFd) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int.
    let status = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    if status == 0 { usize::try_from(count).unwrap_or(0) } else { 0 }
}

/// How a child ended, not yet reaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) core: bool,
    pub(crate) user_us: u64,
    pub(crate) system_us: u64,
    pub(crate) max_rss_bytes: u64,
}

fn waitid(kind: libc::idtype_t, id: i32, flags: i32, usage: *mut libc::rusage) -> Option<libc::siginfo_t> {
    // SAFETY: a zeroed siginfo_t is valid; with WNOHANG and nobody waiting it stays zeroed.
    let mut info = unsafe { std::mem::zeroed::<libc::siginfo_t>() };
    // SAFETY: the raw call (unlike the C library's) has the usage as fifth argument; it is null or valid.
    let status = unsafe { libc::syscall(libc::SYS_waitid, kind, id, &raw mut info, flags, usage) };
    // SAFETY: waitid filled the fields that si_pid reads, or left zero.
    (status == 0 && unsafe { info.si_pid() } != 0).then_some(info)
}

/// Looks whether the process of a pidfd ended, and leaves it a zombie: its number and group stay ours.
pub(crate) fn peek_ended(pidfd: &impl AsFd) -> Option<Ended> {
    // SAFETY: a zeroed rusage is valid.
    let mut usage = unsafe { std::mem::zeroed::<libc::rusage>() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let info = waitid(libc::P_PIDFD, pidfd.as_fd().as_raw_fd(), flags, &raw mut usage)?;
    // SAFETY: waitid filled in a SIGCHLD siginfo, for which si_status is defined.
    let status = unsafe { info.si_status() };
    let by_signal = info.si_code != libc::CLD_EXITED;
    let micros = |time: libc::timeval| {
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        seconds.saturating_mul(1_000_000).saturating_add(u64::try_from(time.tv_usec).unwrap_or(0))
    };
    Some(Ended {
        code: (!by_signal).then_some(status),
        signal: by_signal.then_some(status),
        core: info.si_code == libc::CLD_DUMPED,
        user_us: micros(usage.ru_utime),
        system_us: micros(usage.ru_stime),
        max_rss_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024),
    })
}

/// Stopped (true) or continued (false) by job control since the last look.
pub(crate) fn job_change(pid: i32) -> Option<bool> {
    let flags = libc::WSTOPPED | libc::WCONTINUED | libc::WNOHANG;
    let info = waitid(libc::P_PID, pid, flags, std::ptr::null_mut())?;
    Some(info.si_code != libc::CLD_CONTINUED)
}

/// Any child that ended and is not reaped yet.
pub(crate) fn peek_any() -> Option<i32> {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let info = waitid(libc::P_ALL, 0, flags, std::ptr::null_mut())?;
    // SAFETY: waitid filled in a SIGCHLD siginfo.
    Some(unsafe { info.si_pid() })
}

/// Reaps a child that ended; nothing happens while it lives.
pub(crate) fn reap(pid: i32) -> bool {
    waitid(libc::P_PID, pid, libc::WEXITED | libc::WNOHANG, std::ptr::null_mut()).is_some()
}

/// Signals a process group. False when it has no member.
pub(crate) fn signal_group(group: i32, signal: i32) -> bool {
    // SAFETY: integers only. `group` is the number of a leader that is not reaped, so it is still ours.
    group > 1 && unsafe { libc::killpg(group, signal) } == 0
}

/// Gives back what only starting needed: freed heap, and the pages of program code. Code is never written to,
/// so a page that is needed again comes back from the page cache; what was never needed again (parsing,
/// launching, most of the C library) stays away. Called once, when the run has begun.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: gives free memory back to the system; no pointer of ours changes.
    unsafe {
        libc::malloc_trim(0);
    }
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    for line in maps.lines() {
        // `START-END r-xp OFFSET DEVICE INODE PATH`: private, executable, not writable, of a file.
        let mut words = line.split_ascii_whitespace();
        let (Some(range), Some("r-xp"), Some(file)) = (words.next(), words.next(), words.nth(3)) else {
            continue;
        };
        let bounds = range
            .split_once('-')
            .map(|(start, end)| (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)));
        if let (Some((Ok(start), Ok(end))), true) = (bounds, file.starts_with('/')) {
            let start = std::ptr::with_exposed_provenance_mut::<libc::c_void>(start);
            // SAFETY: the range is a mapping of ours that holds unmodified pages of a file: dropping them
            // loses nothing, and the next instruction on one of them reads it again.
            unsafe { libc::madvise(start, end - start.addr(), libc::MADV_DONTNEED) };
        }
    }
}

/// The uid of whoever is at the other end of a socket.
pub(crate) fn peer_uid(socket: &impl AsFd) -> Option<u32> {
    nix::sys::socket::getsockopt(socket, nix::sys::socket::sockopt::PeerCredentials)
        .ok()
        .map(|credentials| credentials.uid())
}

pub(crate) fn own_uid() -> u32 {
    nix::unistd::geteuid().as_raw()
}
