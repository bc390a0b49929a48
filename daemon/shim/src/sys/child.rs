//! Between fork and exec. The shim is single-threaded, so any call would be allowed; still nothing allocates
//! or locks here, and whatever fails is told through a pipe that exec closes.

use std::ffi::{CString, c_char};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

use nix::libc;

/// Everything the child needs, made before the fork.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Files to try, in order.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Vec<CString>,
    pub(crate) env: Vec<CString>,
    pub(crate) dir: CString,
    pub(crate) umask: u32,
    /// (resource, soft, hard)
    pub(crate) rlimits: Vec<(i32, u64, u64)>,
}

/// The child's standard descriptors, all above 2 here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stdio<'a> {
    pub(crate) stdin: BorrowedFd<'a>,
    pub(crate) stdout: BorrowedFd<'a>,
    pub(crate) stderr: BorrowedFd<'a>,
}

/// What the child was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Step {
    Session = 1,
    Descriptors = 2,
    Directory = 3,
    Exec = 4,
}

/// Why the program did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) errno: i32,
    /// Which candidate, at [`Step::Exec`].
    pub(crate) candidate: usize,
}

/// Bytes of a failure in the pipe; fewer than PIPE_BUF, so they come whole.
pub(crate) const FAILURE_LEN: usize = 9;

impl Failure {
    fn encode(self) -> [u8; FAILURE_LEN] {
        let mut bytes = [0u8; FAILURE_LEN];
        bytes[0] = self.step as u8;
        bytes[1..5].copy_from_slice(&self.errno.to_le_bytes());
        bytes[5..9].copy_from_slice(&u32::try_from(self.candidate).unwrap_or(u32::MAX).to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: [u8; FAILURE_LEN]) -> Option<Self> {
        let [step, e0, e1, e2, e3, c0, c1, c2, c3] = bytes;
        let step = [Step::Session, Step::Descriptors, Step::Directory, Step::Exec]
            .into_iter()
            .find(|known| *known as u8 == step)?;
        let candidate = usize::try_from(u32::from_le_bytes([c0, c1, c2, c3])).ok()?;
        Some(Self { step, errno: i32::from_le_bytes([e0, e1, e2, e3]), candidate })
    }
}

/// Forks and executes. `report` gets a [`Failure`] if exec does not happen, and end of file if it does.
pub(crate) fn spawn(plan: &Plan, stdio: Stdio<'_>, report: &OwnedFd) -> io::Result<i32> {
    let pointers = |strings: &[CString]| -> Vec<*const c_char> {
        strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (argv, env) = (pointers(&plan.argv), pointers(&plan.env));
    // SAFETY: plain getpid.
    let shim = unsafe { libc::getpid() };
    // SAFETY: the process has one thread, so the child is a whole copy of it.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: we are the child of a single-threaded process; the vectors end with null.
            let failure = unsafe { become_the_program(plan, stdio, shim, &argv, &env) };
            let bytes = failure.encode();
            // SAFETY: the slice is valid; _exit runs nothing of ours.
            unsafe {
                libc::write(report.as_raw_fd(), bytes.as_ptr().cast(), bytes.len());
                libc::_exit(127)
            }
        }
        pid => Ok(pid),
    }
}

fn failure(step: Step) -> Failure {
    Failure { step, errno: nix::errno::Errno::last_raw(), candidate: 0 }
}

/// Returns only if it failed.
///
/// # Safety
/// Only in a freshly forked child; `argv` and `env` are null-terminated arrays of C strings.
unsafe fn become_the_program(
    plan: &Plan,
    stdio: Stdio<'_>,
    shim: libc::pid_t,
    argv: &[*const c_char],
    env: &[*const c_char],
) -> Failure {
    // SAFETY: system calls on valid arguments, in a process that has nothing to lose.
    unsafe {
        if libc::setsid() < 0 {
            return failure(Step::Session);
        }
        // The leader must not outlive the shim; if that died before this call, its parent is another now.
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return failure(Step::Session);
        }
        if libc::getppid() != shim {
            libc::_exit(127);
        }
        reset_signals();
        libc::umask(plan.umask);
        for (resource, soft, hard) in &plan.rlimits {
            limit(*resource, *soft, *hard);
        }
        for (fd, number) in [(stdio.stdin, 0), (stdio.stdout, 1), (stdio.stderr, 2)] {
            if libc::dup2(fd.as_raw_fd(), number) < 0 {
                return failure(Step::Descriptors);
            }
        }
        if libc::chdir(plan.dir.as_ptr()) != 0 {
            return failure(Step::Directory);
        }
        // Everything of ours is close-on-exec already; this is the belt to those braces.
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        exec(plan, argv, env)
    }
}

/// Tries the candidates as `execvp` does: on with what is not there, and "not permitted" is remembered.
///
/// # Safety
/// As [`become_the_program`].
unsafe fn exec(plan: &Plan, argv: &[*const c_char], env: &[*const c_char]) -> Failure {
    let mut told = Failure { step: Step::Exec, errno: libc::ENOENT, candidate: 0 };
    for (candidate, file) in plan.candidates.iter().enumerate() {
        // SAFETY: a C string and two null-terminated arrays of C strings, all alive.
        unsafe { libc::execve(file.as_ptr(), argv.as_ptr(), env.as_ptr()) };
        let errno = nix::errno::Errno::last_raw();
        match errno {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::EACCES => told = Failure { errno, candidate, ..told },
            _ => return Failure { errno, candidate, ..told },
        }
    }
    told
}

/// All dispositions default (the shim ignores some, and ignored ones survive exec), nothing blocked.
///
/// # Safety
/// As [`become_the_program`].
unsafe fn reset_signals() {
    /// Larger than the kernel's struct on any machine; zero means the default action, no flags, no mask.
    const DEFAULT: [u64; 8] = [0; 8];
    const MASK_BYTES: usize = 8;
    // SAFETY: the kernel reads at most the array. The raw call also resets the two signals that the C
    // library keeps for itself; KILL and STOP refuse.
    unsafe {
        for signal in 1..=64 {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                DEFAULT.as_ptr(),
                std::ptr::null_mut::<u64>(),
                MASK_BYTES,
            );
        }
        let none = 0u64;
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const none,
            std::ptr::null_mut::<u64>(),
            MASK_BYTES,
        );
    }
}

/// Sets a limit; where the hard one may not be raised, as near as it goes.
///
/// # Safety
/// As [`become_the_program`].
unsafe fn limit(resource: i32, soft: u64, hard: u64) {
    let Ok(resource) = u32::try_from(resource) else { return };
    let wanted = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
    // SAFETY: valid structs; a resource that does not exist is an error that changes nothing.
    unsafe {
        if libc::setrlimit(resource, &raw const wanted) == 0 {
            return;
        }
        let mut held = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        if libc::getrlimit(resource, &raw mut held) == 0 {
            let near = libc::rlimit { rlim_cur: soft.min(held.rlim_max), rlim_max: held.rlim_max };
            libc::setrlimit(resource, &raw const near);
        }
    }
}
