//! Starting the child: pipes, the files to try, and the sentence about why it did not start.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use brummer_capture::proc::PidFd;
use brummer_capture::protocol::StartFailed;
use brummer_capture::{Meta, ProcId};
use brummer_event::spec::Stdin;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::unistd::pipe2;

use crate::sys;
use crate::sys::child::{FAILURE_LEN, Failure, Plan, Stdio, Step};

/// Where programs are searched when the environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// What a child gets whose client said nothing.
const DEFAULT_UMASK: u32 = 0o022;

/// A child whose program is about to run, and our ends of its pipes.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) child: ProcId,
    pub(crate) pidfd: PidFd,
    /// End of file here means that the program runs.
    pub(crate) report: OwnedFd,
    pub(crate) out: OwnedFd,
    /// `None` with `merge_output`.
    pub(crate) err: Option<OwnedFd>,
    /// Our end of an open stdin.
    pub(crate) stdin: Option<OwnedFd>,
}

/// Forks the child of a run.
pub(crate) fn launch(meta: &Meta) -> Result<Launched, StartFailed> {
    let plan = plan(meta)?;
    spawn(meta, &plan).map_err(|error| StartFailed {
        errno: error.raw_os_error().unwrap_or(0),
        text: format!("cannot start `{}`: {error}", program(meta)),
    })
}

fn spawn(meta: &Meta, plan: &Plan) -> io::Result<Launched> {
    let (out, child_out) = pipe(meta.pipe_out_bytes)?;
    let (err, child_err) = if meta.merge_output {
        (None, child_out.try_clone()?)
    } else {
        let (err, child_err) = pipe(meta.pipe_err_bytes)?;
        (Some(err), child_err)
    };
    let (child_in, stdin) = match meta.stdin {
        Stdin::Open => {
            let (child_in, stdin) = pipe2(OFlag::O_CLOEXEC)?;
            (sys::above_standard(child_in)?, Some(nonblocking(sys::above_standard(stdin)?)?))
        }
        Stdin::Null => (sys::above_standard(std::fs::File::open("/dev/null")?.into())?, None),
    };
    let (report, child_report) = pipe2(OFlag::O_CLOEXEC)?;
    let (report, child_report) = (sys::above_standard(report)?, sys::above_standard(child_report)?);
    let stdio = Stdio { stdin: child_in.as_fd(), stdout: child_out.as_fd(), stderr: child_err.as_fd() };
    let pid = sys::child::spawn(plan, stdio, &child_report)?;
    // The child cannot be reaped by anyone but us, so its number is still its own.
    let child = ProcId::of(pid)?;
    Ok(Launched { child, pidfd: child.open()?, report: nonblocking(report)?, out, err, stdin })
}

/// A pipe whose reading end does not block; its size is a wish.
fn pipe(bytes: Option<u32>) -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    if let Some(bytes) = bytes.and_then(|bytes| i32::try_from(bytes).ok()) {
        // EPERM: the user's pipes hold too many pages already. A smaller pipe is slower, not wrong.
        let _wished = fcntl(&read, FcntlArg::F_SETPIPE_SZ(bytes));
    }
    Ok((nonblocking(sys::above_standard(read)?)?, sys::above_standard(write)?))
}

fn nonblocking(fd: OwnedFd) -> io::Result<OwnedFd> {
    fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(fd)
}

fn program(meta: &Meta) -> &str {
    meta.argv.first().map_or("", String::as_str)
}

fn search_path(meta: &Meta) -> &str {
    // The last one wins, as it does for most programs that read a doubled variable.
    let path = meta.env.iter().rev().find(|(name, _)| name == "PATH");
    path.map_or(DEFAULT_PATH, |(_, value)| value.as_str())
}

fn plan(meta: &Meta) -> Result<Plan, StartFailed> {
    let invalid = |what: &str| StartFailed {
        errno: libc::EINVAL,
        text: format!("cannot start `{}`: {what}", program(meta)),
    };
    if program(meta).is_empty() {
        return Err(invalid("the command is empty"));
    }
    let text =
        |text: &str| CString::new(text).map_err(|_| invalid("a zero byte in its command or environment"));
    let mut env = Vec::with_capacity(meta.env.len());
    for (name, value) in &meta.env {
        env.push(text(&format!("{name}={value}"))?);
    }
    let candidates = if program(meta).contains('/') {
        vec![text(program(meta))?]
    } else {
        let mut candidates = Vec::new();
        for dir in search_path(meta).split(':') {
            // An empty entry is the current directory, as for every shell.
            let dir = if dir.is_empty() { "." } else { dir };
            candidates.push(text(&format!("{dir}/{}", program(meta)))?);
        }
        candidates
    };
    Ok(Plan {
        candidates,
        argv: meta.argv.iter().map(|argument| text(argument)).collect::<Result<_, _>>()?,
        env,
        dir: CString::new(meta.dir.as_os_str().as_bytes())
            .map_err(|_| invalid("a zero byte in its directory"))?,
        umask: meta.umask.unwrap_or(DEFAULT_UMASK),
        rlimits: meta.rlimits.clone(),
    })
}

/// What came through the report pipe.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// Nothing yet.
    Pending,
    /// The program runs.
    Running,
    Failed(Failure),
}

/// Reads the report pipe without waiting.
pub(crate) fn read_report(report: &OwnedFd) -> Report {
    let mut bytes = [0u8; FAILURE_LEN];
    match nix::unistd::read(report, &mut bytes) {
        Ok(FAILURE_LEN) => Failure::decode(bytes).map_or(Report::Running, Report::Failed),
        Err(Errno::EAGAIN | Errno::EINTR) => Report::Pending,
        // Closed by exec, or by the child's death before it: its exit will tell.
        _ => Report::Running,
    }
}

/// The sentence about a failed start: which file, what is wrong with it, where it was searched.
pub(crate) fn explain(meta: &Meta, failure: Failure) -> StartFailed {
    let reason = io::Error::from_raw_os_error(failure.errno);
    let program = program(meta);
    let dir = meta.dir.display();
    let searched = !program.contains('/');
    let text = match (failure.step, failure.errno) {
        (Step::Directory, libc::ENOENT) => {
            format!("cannot start `{program}`: its directory {dir} is missing")
        }
        (Step::Directory, _) => format!("cannot start `{program}` in {dir}: {reason}"),
        (Step::Session | Step::Descriptors, _) => format!("cannot start `{program}`: {reason}"),
        (Step::Exec, libc::ENOENT) if searched => {
            format!("command not found: {program}; searched PATH={}", search_path(meta))
        }
        // The file may be there and its interpreter not.
        (Step::Exec, libc::ENOENT) if meta.dir.join(program).exists() => {
            format!("cannot start `{program}`: the interpreter in its first line is missing")
        }
        (Step::Exec, libc::ENOENT) => format!("cannot start `{program}`: not found (in {dir})"),
        (Step::Exec, errno) => {
            let file = candidate(meta, failure.candidate);
            match errno {
                libc::EACCES => format!("cannot start `{program}`: {file} is not executable"),
                libc::ENOEXEC => format!(
                    "cannot start `{program}`: {file} is no program for this machine (a script needs `#!` in its first line)"
                ),
                libc::E2BIG => format!("cannot start `{program}`: arguments and environment are too long"),
                _ => format!("cannot start `{program}`: {file}: {reason}"),
            }
        }
    };
    StartFailed { errno: failure.errno, text }
}

fn candidate(meta: &Meta, index: usize) -> String {
    let program = program(meta);
    if program.contains('/') {
        return program.to_owned();
    }
    match search_path(meta).split(':').nth(index) {
        Some(dir) => format!("{}/{program}", if dir.is_empty() { "." } else { dir }),
        None => program.to_owned(),
    }
}
