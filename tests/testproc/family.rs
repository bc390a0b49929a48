//! Programs that do not stay where they were started.
#![allow(unsafe_code, reason = "fork, in a process that has one thread")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::unistd::{
    ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork as unix_fork, getpid, setsid,
};

use crate::signals::stay;
use crate::wrong;

/// Runs `body` in a child, which ends with it; returns its pid.
pub(crate) fn fork(body: impl FnOnce()) -> i32 {
    // SAFETY: this process has one thread, so the child is a whole copy.
    match unsafe { unix_fork() }.unwrap() {
        ForkResult::Parent { child } => child.as_raw(),
        ForkResult::Child => {
            body();
            std::process::exit(0)
        }
    }
}

fn say_pid() {
    println!("pid {}", getpid());
}

/// Lets a descendant tell its ancestor that it is where it wants to be.
struct Signpost(UnixStream, UnixStream);

impl Signpost {
    fn new() -> Self {
        let (here, there) = UnixStream::pair().unwrap();
        Self(here, there)
    }

    fn arrived(&self) {
        (&self.1).write_all(b"!").unwrap();
    }

    fn wait(&self) {
        (&self.0).read_exact(&mut [0]).unwrap();
    }
}

pub(crate) fn escape(how: &str, stays: bool) -> i32 {
    let signpost = Signpost::new();
    let run = || {
        setsid().unwrap();
        if how == "double-fork" {
            fork(|| {
                say_pid();
                signpost.arrived();
                stay()
            });
        } else {
            say_pid();
            signpost.arrived();
            stay()
        }
    };
    if how != "setsid" && how != "double-fork" {
        wrong(&format!("no way to escape by `{how}`"));
    }
    fork(run);
    signpost.wait();
    if stays { stay() } else { 0 }
}

pub(crate) fn hold(time: Option<Duration>) -> i32 {
    println!("leader");
    let pid = fork(|| match time {
        Some(time) => {
            std::thread::sleep(time);
            println!("held");
        }
        None => stay(),
    });
    println!("pid {pid}");
    0
}

pub(crate) fn daemonise() -> i32 {
    let signpost = Signpost::new();
    fork(|| {
        setsid().unwrap();
        fork(|| {
            say_pid();
            chdir("/").unwrap();
            let null = std::fs::File::options().read(true).write(true).open("/dev/null").unwrap();
            dup2_stdin(&null).unwrap();
            dup2_stdout(&null).unwrap();
            dup2_stderr(&null).unwrap();
            signpost.arrived();
            stay()
        });
    });
    signpost.wait();
    0
}

pub(crate) fn tree(depth: u64) -> i32 {
    say_pid();
    if depth > 0 {
        fork(|| {
            tree(depth - 1);
        });
    }
    stay()
}
