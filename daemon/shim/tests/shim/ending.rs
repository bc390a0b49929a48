//! How runs end by themselves.

use brummer_capture::protocol::Phase;
use brummer_capture::{FrameKind, exit_text};

use crate::harness::{await_end, pids, sh, sh_with};

#[test]
fn an_exit_code_is_told_and_written() {
    for (script, code) in [("exit 0", 0), ("exit 3", 3), ("exit 255", 255)] {
        let mut shim = sh(script);
        shim.line.started();
        let (exit, at) = shim.line.exit();
        assert_eq!((exit.code, exit.signal, exit.reason.as_str()), (Some(code), None, "exited"));
        let record = shim.finish();
        assert_eq!(record.exit(), exit);
        assert_eq!(record.exit_at, Some(at));
        assert!(exit_text(&exit).starts_with(&format!("exited {code} after ")));
        assert!(record.ended_mono_ns > record.started_mono_ns && record.max_rss_bytes > 0);
    }
}

/// F10
#[test]
fn a_death_by_signal_is_no_exit_code() {
    for (signal, number) in [("KILL", 9), ("SEGV", 11), ("TERM", 15), ("HUP", 1)] {
        let mut shim = sh(&format!("kill -{signal} $$; exec sleep 600"));
        let record = shim.finish();
        assert_eq!((record.code, record.signal, record.reason.as_str()), (None, Some(number), "signaled"));
    }
}

/// F06
#[test]
fn the_last_line_needs_no_newline() {
    let mut shim = sh("printf 'first\\nlast'; printf 'err' >&2");
    shim.finish();
    assert_eq!(shim.text(FrameKind::Out), "first\nlast");
    assert_eq!(shim.text(FrameKind::Err), "err");
}

/// F07
#[test]
fn ten_megabytes_right_before_the_end_are_all_there_before_exit() {
    let mut shim = sh("head -c 10485760 /dev/zero | tr '\\0' 'x' | fold -w 100");
    shim.finish();
    let bytes = shim.bytes(FrameKind::Out);
    assert_eq!(bytes.iter().filter(|byte| **byte == b'x').count(), 10_485_760);
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 104_857);
    assert_eq!(shim.frames.last().unwrap().kind, FrameKind::Exit);
    assert!(shim.frames.iter().all(|frame| !frame.after_exit));
}

/// F05
#[test]
fn a_held_stdout_does_not_delay_the_exit() {
    let mut shim = sh("sleep 600 & echo $!; setsid sleep 600 & echo $!; echo hi; exit 4");
    let (exit, at) = shim.line.exit();
    assert_eq!(exit.code, Some(4));
    shim.read_until(|shim| shim.reader.position() >= at);
    assert!(shim.text(FrameKind::Out).contains("hi"));
    shim.line.until_tree(|members| members.len() == 2);
    assert!(shim.dir.read_exit().unwrap().is_none(), "the run still lives");
    let sleeping = pids(&shim.text(FrameKind::Out));
    assert_eq!(sleeping.len(), 2);
    shim.stop(5000);
    let record = shim.finish();
    assert_eq!((record.code, record.reason.as_str()), (Some(4), "exited"), "it had ended by itself");
    sleeping.into_iter().for_each(await_end);
}

#[test]
fn what_comes_after_the_end_is_flagged_and_named() {
    // The descendant writes once the leader's end has been told to it by us.
    let fifo = tempfile::tempdir().unwrap();
    let path = fifo.path().join("go");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut shim = sh(&format!("(read line < {0}; echo late) & echo early", path.display()));
    shim.line.exit();
    shim.line.until_state(|state| state.phase == Phase::Ended && state.output_open && state.others > 0);
    std::fs::write(&path, "go\n").unwrap();
    shim.finish();
    let late: Vec<_> = shim.frames.iter().filter(|frame| frame.after_exit).collect();
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].payload, b"late\n");
    let place = |kind| shim.frames.iter().position(|frame| frame.kind == kind).unwrap();
    assert!(
        place(FrameKind::Out) < place(FrameKind::Exit) && place(FrameKind::Exit) < place(FrameKind::Mark)
    );
    assert!(shim.marks()[0].starts_with("1 process outlived it: sh ("), "{:?}", shim.marks());
}

/// Zombies of strangers' making (F09): the shim is their parent in the end and reaps them all.
#[test]
fn orphans_are_reaped_and_the_leader_last() {
    let mut shim = sh("for i in 1 2 3; do (sleep 0.01 &) ; done; echo go; read line");
    let stdin_is_null = shim.finish();
    assert_eq!(stdin_is_null.code, Some(1), "read meets the end of /dev/null");

    let mut shim = sh("(sleep 600 & echo $!); exit 0");
    let child = shim.line.started();
    shim.line.exit();
    shim.line.until_state(|state| state.others == 1);
    let leader = brummer_capture::proc::stat(child.pid).expect("the leader's number is still taken");
    assert!(leader.id == child && leader.is_zombie());
    shim.read_until(|shim| !shim.text(FrameKind::Out).is_empty());
    let sleeper = pids(&shim.text(FrameKind::Out))[0];
    assert_eq!(brummer_capture::proc::stat(sleeper.pid).unwrap().parent, shim.pid().pid, "subreaper");
    shim.stop(1000);
    shim.finish();
}

#[test]
fn a_run_is_paused_and_continued() {
    let mut shim = sh("echo up; exec sleep 600");
    let child = shim.line.started();
    child.open().unwrap().signal(19).unwrap();
    shim.line.until_state(|state| state.phase == Phase::Paused);
    child.open().unwrap().signal(18).unwrap();
    shim.line.until_state(|state| state.phase == Phase::Running);
    child.open().unwrap().signal(19).unwrap();
    shim.line.until_state(|state| state.phase == Phase::Paused);
    shim.stop(5000);
    let record = shim.finish();
    assert_eq!((record.signal, record.reason.as_str()), (Some(15), "stopped"), "F08: TERM, then CONT");
}

#[test]
fn two_pipes_keep_their_order_and_one_pipe_keeps_both() {
    let script = "for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done";
    let mut apart = sh(script);
    apart.finish();
    assert_eq!(apart.text(FrameKind::Out), "out1\nout2\nout3\nout4\nout5\n");
    assert_eq!(apart.text(FrameKind::Err), "err1\nerr2\nerr3\nerr4\nerr5\n");
    let mut merged = sh_with(script, |meta| meta.merge_output = true);
    merged.finish();
    assert_eq!(merged.text(FrameKind::Out), "out1\nerr1\nout2\nerr2\nout3\nerr3\nout4\nerr4\nout5\nerr5\n");
    assert_eq!(merged.text(FrameKind::Err), "");
}
