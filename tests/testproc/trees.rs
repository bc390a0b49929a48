//! Processes that leave others behind.

use std::io::Write as _;

use nix::unistd::{ForkResult, Pid, fork, getpid, pipe, setsid};

use crate::signals::sleep_forever;

/// Descendants in sessions of their own; the leader ends, or stays.
pub(crate) fn escape(how: &str, stay: bool) {
    let pid = match how {
        "setsid" => child(|| {
            setsid().unwrap();
        })
        .as_raw(),
        "double-fork" => double_fork(),
        other => super::usage(&format!("setsid or double-fork, not `{other}`")),
    };
    println!("pids {pid}");
    std::io::stdout().flush().unwrap();
    if stay {
        sleep_forever();
    }
}

/// The leader ends at once; a grandchild holds stdout for so long.
pub(crate) fn hold(time: &str) {
    let time = (time != "forever").then(|| super::duration(time));
    child(move || {
        if let Some(time) = time {
            std::thread::sleep(time);
            std::process::exit(0);
        }
    });
    println!("the leader ends");
}

/// As a classic daemon: the leader ends, its work goes on.
pub(crate) fn daemonise() {
    let pid = double_fork();
    println!("pids {pid}");
}

/// A chain of so many processes; the last is in a session of its own.
pub(crate) fn tree(depth: u64) {
    println!("pid {}", getpid());
    std::io::stdout().flush().unwrap();
    if depth > 1 {
        child(move || {
            if depth == 2 {
                setsid().unwrap();
            }
            tree(depth - 1);
        });
    }
    sleep_forever();
}

/// Runs `work` in a child, which then only sleeps; answers its pid.
fn child(work: impl FnOnce()) -> Pid {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            work();
            sleep_forever()
        }
    }
}

/// A grandchild whose parent is gone, in a session of its own; answers its pid.
fn double_fork() -> i32 {
    let (reader, writer) = pipe().unwrap();
    let middle = child(|| {
        setsid().unwrap();
        let grandchild = child(|| {});
        std::fs::File::from(writer.try_clone().unwrap())
            .write_all(&grandchild.as_raw().to_ne_bytes())
            .unwrap();
        std::process::exit(0)
    });
    nix::sys::wait::waitpid(middle, None).unwrap();
    let mut bytes = [0u8; 4];
    std::io::Read::read_exact(&mut std::fs::File::from(reader), &mut bytes).unwrap();
    i32::from_ne_bytes(bytes)
}
