//! The stop sequence, with children that do not want to.

use brummer_capture::FrameKind;
use brummer_capture::meta::StopPlan;
use brummer_capture::protocol::{Down, Phase, Target, Up};

use crate::harness::{await_end, pids, run_with, sh, sh_with};

#[test]
fn who_obeys_is_stopped_not_failed() {
    let mut shim = sh("trap 'echo CLEANUP; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    shim.read_until_text("up");
    shim.stop(20_000);
    shim.line.until_state(|state| state.phase == Phase::Stopping);
    let record = shim.finish();
    assert_eq!((record.code, record.reason.as_str()), (Some(0), "stopped"));
    assert!(shim.text(FrameKind::Out).contains("CLEANUP"));
    assert_eq!(shim.marks(), ["stop: SIGTERM"]);
    assert!(record.killed.is_empty());
}

#[test]
fn the_plan_names_the_signal() {
    let mut shim = sh("trap 'echo interrupted; exit 5' INT; echo up; while :; do sleep 0.05; done");
    shim.read_until_text("up");
    shim.line.say(&Down::Stop(StopPlan { signal: 2, grace_ms: 20_000, limit_ms: None }));
    assert_eq!(shim.finish().code, Some(5));
    assert_eq!(shim.marks(), ["stop: SIGINT"]);
}

/// F02
#[test]
fn who_ignores_sigterm_is_killed_after_the_grace() {
    let mut shim = sh("trap '' TERM; echo up; while :; do sleep 0.05; done");
    shim.read_until_text("up");
    shim.stop(200);
    let record = shim.finish();
    assert_eq!((record.signal, record.reason.as_str()), (Some(9), "stopped"));
    assert!(record.killed.iter().any(|name| name.starts_with("sh (")), "{record:?}");
    let marks = shim.marks();
    assert!(marks[1].starts_with("stop: SIGTERM to "), "{marks:?}");
    assert!(marks[2].starts_with("killed ") && marks[2].contains(" that ignored SIGTERM: "), "{marks:?}");
    // Grace, and one second for SIGTERM to the rest; the bound on the other side is ten times that.
    let took = record.ended_mono_ns - record.started_mono_ns;
    assert!((1_200_000_000..12_000_000_000).contains(&took), "{took}");
}

/// F03: neither another session nor two forks let anyone escape.
#[test]
fn escapees_are_found_and_stopped() {
    let mut shim = sh("for i in 1 2 3; do (setsid sh -c 'echo $$; exec sleep 600' &); done; exec sleep 600");
    shim.read_until(|shim| shim.text(FrameKind::Out).lines().count() == 3);
    let escapees = pids(&shim.text(FrameKind::Out));
    assert_eq!(escapees.len(), 3);
    shim.stop(20_000);
    let record = shim.finish();
    assert_eq!(record.reason, "stopped");
    assert!(escapees.iter().all(|escapee| !escapee.is_alive()));
    let marks = shim.marks();
    assert!(marks[1].starts_with("stop: SIGTERM to 3 still there: "), "{marks:?}");
    assert!(record.killed.is_empty(), "SIGTERM was enough");
}

#[test]
fn escapees_that_ignore_sigterm_are_killed_by_name() {
    let mut shim =
        sh("(setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' &); exec sleep 600");
    shim.read_until(|shim| shim.text(FrameKind::Out).lines().count() == 1);
    let escapee = pids(&shim.text(FrameKind::Out))[0];
    shim.stop(20_000);
    let record = shim.finish();
    assert!(!escapee.is_alive());
    assert_eq!(record.signal, Some(15), "the leader itself obeyed");
    assert!(record.killed.contains(&format!("sh ({})", escapee.pid)), "{record:?}");
}

/// F04
#[test]
fn who_forks_while_being_killed_is_killed_too() {
    // Each generation ignores SIGTERM, leaves its session and starts the next before it sleeps.
    let script = "trap '' TERM; n() { setsid sh -c \"$1\" n \"$1\" & }; \
                  body='trap \"\" TERM; sleep 0.02; setsid sh -c \"$1\" n \"$1\" & wait'; \
                  n \"$body\"; echo up; while :; do sleep 0.05; done";
    let mut shim = sh(script);
    shim.read_until_text("up");
    shim.stop(0);
    shim.finish();
    assert!(shim.marks()[0].starts_with("killed "), "no grace, no question: {:?}", shim.marks());
}

#[test]
fn a_second_plan_makes_it_faster_and_never_slower() {
    let mut shim = sh("trap '' TERM; echo up; while :; do sleep 0.05; done");
    shim.read_until_text("up");
    shim.stop(3_600_000);
    shim.line.until_state(|state| state.phase == Phase::Stopping);
    shim.stop(7_200_000);
    shim.stop(0);
    assert_eq!(shim.finish().signal, Some(9));
}

#[test]
fn leftovers_of_a_leader_that_is_gone_get_the_signal_and_the_grace() {
    let mut shim =
        sh("(setsid sh -c 'trap \"echo bye; exit 0\" TERM; echo up; while :; do sleep 0.05; done' &); \
                       while :; do sleep 0.05; [ -e /proc/$$/root ] && break; done; exit 0");
    shim.line.exit();
    shim.read_until_text("up");
    shim.stop(20_000);
    let record = shim.finish();
    assert_eq!((record.code, record.reason.as_str()), (Some(0), "exited"));
    assert!(shim.text(FrameKind::Out).contains("bye"));
    assert!(record.killed.is_empty());
}

#[test]
fn sigterm_to_the_shim_stops_the_tree_in_order() {
    let mut shim =
        sh_with("trap 'echo CLEANUP; exit 0' TERM; echo up; while :; do sleep 0.05; done", |meta| {
            meta.stop = StopPlan { signal: 15, grace_ms: 20_000, limit_ms: None };
        });
    shim.read_until_text("up");
    shim.pid().open().unwrap().signal(15).unwrap();
    let record = shim.finish();
    assert_eq!((record.code, record.reason.as_str()), (Some(0), "stopped"));
    assert!(shim.text(FrameKind::Out).contains("CLEANUP"));
    assert_eq!(shim.marks(), ["the shim was asked to end", "stop: SIGTERM"]);
}

#[test]
fn hang_ups_and_broken_pipes_do_not_end_the_shim() {
    let mut shim = sh("echo up; exec sleep 600");
    shim.read_until_text("up");
    for signal in [nix::libc::SIGHUP, nix::libc::SIGPIPE, nix::libc::SIGXFSZ] {
        shim.pid().open().unwrap().signal(signal).unwrap();
    }
    // It still obeys: the answer can only come from a living shim.
    shim.line.say(&Down::Signal { signal: 19, target: Target::Leader });
    shim.line.until_state(|state| state.phase == Phase::Paused);
    shim.stop(1000);
    shim.finish();
}

#[test]
fn the_leader_does_not_outlive_a_killed_shim() {
    let mut shim = sh("echo up; exec sleep 600");
    let child = shim.line.started();
    shim.process.kill().unwrap();
    await_end(child);
    shim.wait();
    assert!(shim.dir.read_exit().unwrap().is_none());
    let holder = brummer_capture::alive::holder(shim.dir.path()).unwrap().unwrap();
    assert_eq!(holder.child, Some(child), "the next daemon can read who it was");
    shim.await_fallen_lock();
}

#[test]
fn signals_reach_whom_they_are_for() {
    let body = "trap 'echo $0 got it' USR1; echo $0 up; while :; do sleep 0.02; done";
    let script = format!(
        "b=\"{}\"; sh -c \"$b\" child & setsid sh -c \"$b\" escapee & eval \"$b\"",
        body.replace('$', "\\$")
    );
    let mut shim = run_with(&["/bin/sh", "-c", &script, "leader"], |_| {});
    shim.read_until(|shim| shim.text(FrameKind::Out).matches(" up").count() == 3);
    let got = |text: &str| {
        let mut names: Vec<String> =
            text.lines().filter_map(|line| line.strip_suffix(" got it")).map(str::to_owned).collect();
        names.sort();
        names
    };
    shim.line.say(&Down::Signal { signal: 10, target: Target::Leader });
    shim.read_until(|shim| got(&shim.text(FrameKind::Out)) == ["leader"]);
    shim.line.say(&Down::Signal { signal: 10, target: Target::Group });
    shim.read_until(|shim| got(&shim.text(FrameKind::Out)) == ["child", "leader", "leader"]);
    shim.stop(0);
    shim.finish();
}

/// A daemon that stays away: the run is stopped in order, by itself.
#[test]
fn a_run_without_a_daemon_ends_after_the_orphan_grace() {
    let mut shim =
        sh_with("trap 'echo CLEANUP; exit 0' TERM; echo up; while :; do sleep 0.05; done", |meta| {
            meta.orphan_grace_ms = 300;
        });
    shim.read_until_text("up");
    shim.line.say(&Down::Bye);
    while shim.line.hear().is_some() {}
    shim.wait();
    shim.read();
    let record = shim.dir.read_exit().unwrap().unwrap();
    assert_eq!((record.code, record.reason.as_str()), (Some(0), "stopped"));
    assert!(shim.marks()[0].starts_with("no daemon for "));
}

/// Whoever else holds the pipe cannot keep a stopped run alive.
#[test]
fn a_stranger_with_the_pipe_holds_up_no_stop() {
    let mut shim = sh("echo up; exec sleep 600");
    let child = shim.line.started();
    shim.read_until_text("up");
    let held = std::fs::OpenOptions::new().write(true).open(format!("/proc/{}/fd/1", child.pid)).unwrap();
    shim.stop(5000);
    shim.line.until(|message| matches!(message, Up::Exit { .. }).then_some(()));
    assert_eq!(shim.finish().reason, "stopped");
    drop(held);
}

/// While it is stopped it is still read: a child that floods and cleans up is not held up by a full pipe.
#[test]
fn a_flooding_child_is_read_while_it_is_stopped() {
    let script = "trap 'yes bye | head -c 3000000; exit 0' TERM; echo up; while :; do echo x; done";
    let mut shim = sh_with(script, |meta| {
        meta.unindexed_bytes = 256 * 1024;
        meta.segment_bytes = 64 * 1024;
    });
    shim.line.until_state(|state| state.slowed);
    shim.stop(60_000);
    let record = shim.finish();
    assert_eq!((record.code, record.reason.as_str(), record.missed_bytes), (Some(0), "stopped", 0));
    let text = shim.text(FrameKind::Out);
    assert_eq!(text.lines().filter(|line| *line == "bye").count(), 750_000);
}
