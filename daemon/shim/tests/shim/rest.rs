//! What a shim costs while nothing happens.

use brummer_capture::proc;

use crate::harness::sh;

fn wake_ups(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let count = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    };
    count("voluntary_ctxt_switches") + count("nonvoluntary_ctxt_switches")
}

/// At rest it sleeps in one poll without a time-out, with the descriptors it needs and no more.
#[test]
fn at_rest_it_sleeps_and_holds_little() {
    let mut shim = sh("echo up; exec sleep 600");
    shim.read_until_text("up");
    // A question and its answer: what came before is done.
    shim.line.say(&brummer_capture::protocol::Down::Arm(brummer_capture::Position::START));
    shim.line.until(|message| matches!(message, brummer_capture::protocol::Up::Bell(_)).then_some(()));
    let pid = shim.pid().pid;
    let call = || std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    // Blocked in poll (number 7 on x86-64) with -1 as its third argument; it may be on its way there still.
    let mut seen = call();
    while !seen.starts_with("7 ") && cfg!(target_arch = "x86_64") && !seen.is_empty() {
        std::thread::yield_now();
        seen = call();
    }
    if cfg!(target_arch = "x86_64") && !seen.is_empty() {
        let timeout = seen.split_ascii_whitespace().nth(3).unwrap();
        assert!(timeout == "0xffffffff" || timeout == "0xffffffffffffffff", "no timer: {seen}");
    }
    let before = wake_ups(pid);
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert!(descriptors <= 16, "{descriptors} descriptors");
    assert_eq!(std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().count(), 1, "one thread");
    assert_eq!(wake_ups(pid), before, "nothing woke it");
    assert_eq!(proc::stat(pid).unwrap().state, b'S');
    shim.stop(0);
    shim.finish();
}

/// What one more shim costs. With two alive the program's own pages are shared, as they are in use; the figures
/// that are promised are those of a release build, and are printed by any.
#[test]
fn at_rest_it_needs_little_memory() {
    let mut shims = [sh("echo up; exec sleep 600"), sh("echo up; exec sleep 600")];
    for shim in &mut shims {
        shim.read_until_text("up");
    }
    for shim in &mut shims {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", shim.pid().pid)).unwrap();
        let kib = |name: &str| -> u64 {
            let line = rollup.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let (rss, private) = (kib("Rss:"), kib("Private_Clean:") + kib("Private_Dirty:"));
        println!("shim at rest: {rss} KiB resident, {private} KiB private");
        assert!(cfg!(debug_assertions) || (rss < 2048 && private < 400), "{rollup}");
        shim.stop(0);
    }
    for shim in &mut shims {
        shim.finish();
    }
}
