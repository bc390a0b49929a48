//! What the system knows about processes, and naming them so that a reused number harms nobody.
//!
//! A process is named by [`ProcId`]: number and start time. Signals go through a pidfd that was opened first
//! and checked after, so a signal can only reach the process that was meant.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};

use serde::{Deserialize, Serialize};

use crate::sys;

/// A process, named beyond doubt within one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProcId {
    pub pid: i32,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
}

/// A process as `/proc/PID/stat` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcStat {
    pub id: ProcId,
    /// Name of the program, at most 15 bytes.
    pub name: String,
    /// `R`, `S`, `D`, `T`, `Z`, …
    pub state: u8,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
}

impl ProcStat {
    /// Ended, and only waits to be reaped (or is just going).
    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }
}

impl ProcId {
    /// This process.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn own() -> io::Result<Self> {
        Self::of(i32::try_from(std::process::id()).map_err(io::Error::other)?)
    }

    /// The process that has this number now.
    ///
    /// # Errors
    /// There is none, or `/proc` cannot be read.
    pub fn of(pid: i32) -> io::Result<Self> {
        stat(pid).map(|stat| stat.id)
    }

    /// It lives: neither gone, nor a zombie, nor its number another's.
    pub fn is_alive(self) -> bool {
        stat(self.pid).is_ok_and(|stat| stat.id == self && !stat.is_zombie())
    }

    /// A descriptor for exactly this process.
    ///
    /// # Errors
    /// `NotFound` when it is gone (also when its number is another's now).
    pub fn open(self) -> io::Result<PidFd> {
        let fd = match sys::pidfd_open(self.pid) {
            Ok(fd) => fd,
            Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => return Err(gone()),
            Err(error) => return Err(error),
        };
        // The descriptor holds the number's owner of that moment; only now is it known who that is.
        if Self::of(self.pid)? == self { Ok(PidFd { id: self, fd }) } else { Err(gone()) }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the process is gone")
}

/// A descriptor that names one process for as long as it is held.
#[derive(Debug)]
pub struct PidFd {
    id: ProcId,
    fd: OwnedFd,
}

impl PidFd {
    pub const fn id(&self) -> ProcId {
        self.id
    }

    /// Sends a signal; that it has ended already is no error.
    ///
    /// # Errors
    /// The system refuses.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        match sys::pidfd_send_signal(self.fd.as_fd(), signal) {
            Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => Ok(()),
            result => result,
        }
    }
}

impl AsFd for PidFd {
    /// Readable once the process has ended.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Reads `/proc/PID/stat`.
///
/// # Errors
/// `NotFound` when there is no such process.
pub fn stat(pid: i32) -> io::Result<ProcStat> {
    // One read: the file is made at once, and never longer than this.
    let mut buffer = [0u8; 1024];
    let length = match fs::File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut buffer))
    {
        Ok(length) => length,
        Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => return Err(gone()),
        Err(error) => return Err(error),
    };
    let bytes = buffer.get(..length).unwrap_or(&[]);
    parse_stat(bytes)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat cannot be read")))
}

/// `PID (NAME) STATE PPID PGRP SESSION …`; a name may hold blanks and parentheses.
fn parse_stat(bytes: &[u8]) -> Option<ProcStat> {
    let open = bytes.iter().position(|byte| *byte == b'(')?;
    let close = bytes.iter().rposition(|byte| *byte == b')')?;
    let pid = std::str::from_utf8(bytes.get(..open)?).ok()?.trim().parse().ok()?;
    let name = String::from_utf8_lossy(bytes.get(open + 1..close)?).into_owned();
    let mut fields = std::str::from_utf8(bytes.get(close + 1..)?).ok()?.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    // Fields 7 to 21 lie between.
    let start_time = fields.nth(15)?.parse().ok()?;
    Some(ProcStat { id: ProcId { pid, start_time }, name, state, parent, group, session })
}

/// Children of a process (of all its threads), zombies included. Empty when it is gone.
///
/// # Errors
/// `/proc` cannot be read.
pub fn children(pid: i32) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    let tasks = match fs::read_dir(format!("/proc/{pid}/task")) {
        Ok(tasks) => tasks,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    for task in tasks {
        let Ok(task) = task else { continue };
        text.clear();
        match fs::File::open(task.path().join("children")).and_then(|mut file| file.read_to_string(&mut text))
        {
            Ok(_) => found.extend(text.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && has_children_files() => {}
            // A kernel without CONFIG_PROC_CHILDREN.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return children_by_parent(pid),
            // The thread went meanwhile.
            Err(error) if error.raw_os_error() == Some(nix::libc::ESRCH) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The kernel lists children (`CONFIG_PROC_CHILDREN`): nearly all do.
fn has_children_files() -> bool {
    fs::exists("/proc/self/task").unwrap_or(false)
        && fs::exists(format!("/proc/self/task/{}/children", std::process::id())).unwrap_or(false)
}

/// The same by asking every process for its parent.
fn children_by_parent(parent: i32) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if stat(pid).is_ok_and(|stat| stat.parent == parent) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Most processes that [`descendants`] returns: a bound against endless forking, reached by nothing sane.
pub const MAX_DESCENDANTS: usize = 65_536;

/// All that descends from a process, parents before children, the process itself left out. A tree that
/// changes meanwhile may be seen in part: who must miss nothing scans again until nothing is found.
///
/// # Errors
/// `/proc` cannot be read.
pub fn descendants(root: i32) -> io::Result<Vec<ProcStat>> {
    let mut found: Vec<ProcStat> = Vec::new();
    let mut known = HashSet::new();
    let mut next = 0;
    let mut parent = root;
    loop {
        for pid in children(parent)? {
            if found.len() >= MAX_DESCENDANTS {
                return Ok(found);
            }
            if let Ok(stat) = stat(pid)
                && known.insert(stat.id)
            {
                found.push(stat);
            }
        }
        match found.get(next) {
            Some(stat) => parent = stat.id.pid,
            None => return Ok(found),
        }
        next += 1;
    }
}

/// True when `pid` descends from `ancestor` (or is it).
pub fn descends_from(pid: i32, ancestor: i32) -> bool {
    let mut current = pid;
    // Chains are short; the bound is against a chain that changes while it is walked.
    for _ in 0..1024 {
        if current == ancestor {
            return true;
        }
        match stat(current) {
            Ok(stat) if stat.parent > 0 => current = stat.parent,
            _ => return false,
        }
    }
    false
}

/// The value of a variable in a process's environment at its start: how what is left of a lost run is found
/// (`BRUMMER_RUN`). `None` when it is not there or not ours to read.
pub fn environment_of(pid: i32, name: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).ok()?;
    bytes.split(|byte| *byte == 0).find_map(|entry| {
        let value = entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        String::from_utf8(value.to_vec()).ok()
    })
}

/// Everyone whose environment has `name=value`: one pass over `/proc`. Zombies have no environment.
///
/// # Errors
/// `/proc` cannot be read.
pub fn with_environment(name: &str, value: &str) -> io::Result<Vec<ProcStat>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if environment_of(pid, name).as_deref() == Some(value)
            && let Ok(stat) = stat(pid)
        {
            found.push(stat);
        }
    }
    Ok(found)
}

/// Identity of this boot: pids, start times and monotonic times of another boot mean nothing.
///
/// # Errors
/// `/proc` cannot be read.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_and_parentheses_do_not_confuse() {
        let line = b"42 (a) (b c) S 7 41 40 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3\n";
        let stat = parse_stat(line).unwrap();
        assert_eq!(stat.id, ProcId { pid: 42, start_time: 987_654 });
        assert_eq!((stat.name.as_str(), stat.state, stat.parent), ("a) (b c", b'S', 7));
        assert_eq!((stat.group, stat.session), (41, 40));
        assert_eq!(parse_stat(b"42 (cut"), None);
        assert_eq!(parse_stat(b""), None);
    }

    #[test]
    fn this_process_knows_itself() {
        let own = ProcId::own().unwrap();
        assert!(own.is_alive());
        assert!(own.open().is_ok());
        assert!(descends_from(own.pid, stat(own.pid).unwrap().parent));
        let other = ProcId { start_time: own.start_time + 1, ..own };
        assert!(!other.is_alive(), "same number, another process");
        assert_eq!(other.open().unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_child_is_found_signalled_and_seen_as_a_zombie() {
        #[expect(clippy::disallowed_methods, reason = "a test needs a child")]
        let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let own = ProcId::own().unwrap().pid;
        let found = descendants(own).unwrap();
        let id = found.iter().find(|stat| stat.id.pid == pid).expect("the child is a descendant").id;
        assert!(children_by_parent(own).unwrap().contains(&pid), "both ways find it");
        assert!(descends_from(pid, own));
        let fd = id.open().unwrap();
        fd.signal(nix::libc::SIGKILL).unwrap();
        // Readable once it has ended; it is not reaped yet.
        let mut polled = [nix::poll::PollFd::new(fd.as_fd(), nix::poll::PollFlags::POLLIN)];
        assert_eq!(nix::poll::poll(&mut polled, 10_000u16).unwrap(), 1);
        assert!(stat(pid).unwrap().is_zombie());
        assert!(!id.is_alive());
        child.wait().unwrap();
        fd.signal(nix::libc::SIGKILL).unwrap();
        assert_eq!(id.open().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
