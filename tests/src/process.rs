//! Processes of the machine, seen from outside: by pidfd, so that a number reused is never mistaken.

use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

/// A process that lived when this was made.
pub struct Process {
    pid: u32,
    pidfd: Option<OwnedFd>,
}

impl Process {
    pub fn of(pid: u32) -> Self {
        Self { pid, pidfd: open_pidfd(pid) }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Neither gone nor a zombie.
    pub fn lives(&self) -> bool {
        self.pidfd.is_some() && !self.gone_or_zombie_within(Duration::ZERO)
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(pidfd) = &self.pidfd {
            send(pidfd, signal);
        }
    }

    /// Ended (reaped or not) within the time.
    pub fn gone_or_zombie_within(&self, time: Duration) -> bool {
        let Some(pidfd) = &self.pidfd else { return true };
        let mut fds = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
        poll(&mut fds, timeout).unwrap_or(0) > 0
    }

    pub fn gone_within(&self, time: Duration) -> bool {
        self.gone_or_zombie_within(time)
    }

    /// Panics if it still lives after the harness's patience.
    pub fn wait_gone(&self) {
        assert!(self.gone_or_zombie_within(crate::PATIENCE), "process {} did not end", self.pid);
    }

    /// Start time in clock ticks since boot: with the pid an identity.
    pub fn start_time(&self) -> u64 {
        stat_fields(self.pid).and_then(|fields| fields.get(19)?.parse().ok()).expect("the process lives")
    }

    /// CPU time used so far.
    pub fn cpu(&self) -> Duration {
        let fields = stat_fields(self.pid).expect("the process lives");
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Resident memory in KiB (`VmRSS`).
    pub fn rss_kib(&self) -> u64 {
        self.status("VmRSS:").and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    /// A line of `/proc/PID/status`.
    pub fn status(&self, field: &str) -> Option<String> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        text.lines().find_map(|line| line.strip_prefix(field)).map(|rest| rest.trim().to_owned())
    }

    /// Voluntary context switches of all its threads.
    pub fn voluntary_switches(&self) -> u64 {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.pid)) else { return 0 };
        threads
            .flatten()
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok())
            .filter_map(|text| {
                let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
                line.trim().parse::<u64>().ok()
            })
            .sum()
    }

    /// Open descriptors by number.
    pub fn descriptors(&self) -> Vec<u32> {
        let Ok(entries) = std::fs::read_dir(format!("/proc/{}/fd", self.pid)) else { return Vec::new() };
        let mut numbers: Vec<u32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Every descendant.
    pub fn descendants(&self) -> Vec<u32> {
        let mut found = Vec::new();
        let mut ask = vec![self.pid];
        while let Some(pid) = ask.pop() {
            let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for thread in threads.flatten() {
                let text = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                for child in text.split_whitespace().filter_map(|text| text.parse().ok()) {
                    found.push(child);
                    ask.push(child);
                }
            }
        }
        found
    }
}

/// Fields of `/proc/PID/stat` from the state on (field 3 is index 0).
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// Pids of all processes that hold a file open below `dir`.
pub fn pids_with_open_file_below(dir: &str) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
            files.flatten().any(|file| {
                std::fs::read_link(file.path())
                    .is_ok_and(|target| target.to_str().is_some_and(|target| target.starts_with(dir)))
            })
        })
        .collect()
}

/// Command lines of all processes that stand in `dir` or below it.
pub fn standing_below(dir: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|at| at.starts_with(dir)))
        .map(|entry| {
            let line = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            format!("{}: {}", entry.file_name().display(), line.replace('\0', " "))
        })
        .collect()
}

/// Waits until `check` holds, at most `time`; for bounds that are part of a promise.
pub fn within(time: Duration, mut check: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + time;
    loop {
        if check() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[allow(unsafe_code, reason = "pidfd_open and pidfd_send_signal have no wrapper in std or nix")]
fn open_pidfd(pid: u32) -> Option<OwnedFd> {
    // SAFETY: no memory is passed; the answer is a new descriptor that we own, or -1.
    let number = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, pid, 0) };
    let number = i32::try_from(number).ok().filter(|number| *number >= 0)?;
    // SAFETY: the descriptor is new and nobody else's.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

#[allow(unsafe_code, reason = "pidfd_open and pidfd_send_signal have no wrapper in std or nix")]
fn send(pidfd: &OwnedFd, signal: Signal) {
    use std::os::fd::AsRawFd;
    // SAFETY: the descriptor lives, the info pointer may be null.
    unsafe {
        nix::libc::syscall(
            nix::libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal as i32,
            std::ptr::null::<nix::libc::siginfo_t>(),
            0,
        );
    }
}
