//! What a child finds when it starts, and what is said when it does not.

use std::process::Command;

use brummer_capture::FrameKind;
use brummer_capture::protocol::{StartFailed, Up};
use brummer_event::spec::Stdin;

use crate::harness::{Shim, run_with, script, sh, sh_with};

fn failure(mut shim: Shim) -> StartFailed {
    let failed = shim.line.until(|message| match message {
        Up::StartFailed(failed) => Some(failed.clone()),
        Up::Started { .. } => panic!("it started"),
        _ => None,
    });
    let record = shim.finish();
    assert_eq!((record.code, record.signal, record.reason.as_str()), (None, None, "start_failed"));
    assert_eq!(record.detail.as_ref(), Some(&failed.text));
    assert_eq!(shim.frames.len(), 1, "nothing but EXIT");
    failed
}

/// F16
#[test]
fn a_missing_program_is_named_with_the_path_that_was_searched() {
    let failed = failure(run_with(&["no-such-bin"], |meta| {
        meta.env = vec![("PATH".into(), "/nowhere:/usr/bin".into())];
    }));
    assert_eq!(failed.errno, nix::libc::ENOENT);
    assert_eq!(failed.text, "command not found: no-such-bin; searched PATH=/nowhere:/usr/bin");
    let failed = failure(run_with(&["./no-such-bin"], |_| {}));
    assert_eq!(failed.text, "cannot start `./no-such-bin`: not found (in /)");
}

#[test]
fn what_is_no_program_is_said_to_be_none() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("plain"), "not executable").unwrap();
    script(file("rubbish").as_ref(), "neither ELF nor #!");
    script(file("lost").as_ref(), "#!/nowhere/interpreter\n");
    let failed = failure(run_with(&[&file("plain")], |_| {}));
    assert_eq!(failed.errno, nix::libc::EACCES);
    assert!(failed.text.ends_with("plain is not executable"), "{}", failed.text);
    let failed = failure(run_with(&[&file("rubbish")], |_| {}));
    assert_eq!(failed.errno, nix::libc::ENOEXEC);
    let failed = failure(run_with(&[&file("lost")], |_| {}));
    assert!(failed.text.ends_with("the interpreter in its first line is missing"), "{}", failed.text);
    let failed = failure(run_with(&["plain"], |meta| {
        meta.env = vec![("PATH".into(), format!("/nowhere:{}", dir.path().display()))];
    }));
    assert!(failed.text.contains(&file("plain")), "the file that was found is named: {}", failed.text);
    assert!(failure(run_with(&[""], |_| {})).text.contains("the command is empty"));
    assert!(failure(run_with(&["a\0b"], |_| {})).text.contains("a zero byte"));
    assert_eq!(failure(run_with(&["/bin/true", &"x".repeat(200_000)], |_| {})).errno, nix::libc::E2BIG);
}

/// F17
#[test]
fn a_directory_that_is_gone_is_said_to_be_gone() {
    let failed = failure(run_with(&["/bin/true"], |meta| meta.dir = "/nowhere/at/all".into()));
    assert_eq!(failed.text, "cannot start `/bin/true`: its directory /nowhere/at/all is missing");
}

#[test]
fn programs_are_found_through_relative_path_entries_in_the_childs_directory() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    script(&dir.path().join("bin/tool"), "#!/bin/sh\necho found $0\n");
    let mut shim = run_with(&["tool"], |meta| {
        meta.dir = dir.path().to_owned();
        meta.env = vec![("PATH".into(), "/nowhere:./bin".into())];
    });
    assert_eq!(shim.finish().code, Some(0));
    assert_eq!(shim.text(FrameKind::Out), "found ./bin/tool\n");
}

/// F53
#[test]
fn nothing_but_the_standard_three_is_open() {
    let leaked = std::fs::File::open("/dev/zero").unwrap();
    nix::fcntl::fcntl(&leaked, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    for stdin in [Stdin::Open, Stdin::Null] {
        let mut shim = run_with(&["/bin/ls", "/proc/self/fd"], |meta| meta.stdin = stdin);
        shim.finish();
        // Descriptor 3 is the directory that ls itself reads.
        assert_eq!(shim.text(FrameKind::Out), "0\n1\n2\n3\n");
    }
}

#[test]
fn an_open_stdin_is_silent_and_takes_input_and_null_is_at_its_end() {
    let mut shim = sh_with("read line; echo got $line; exec sleep 600", |meta| meta.stdin = Stdin::Open);
    shim.line.started();
    shim.line.say(&brummer_capture::protocol::Down::Input(b"hello\n".to_vec()));
    shim.read_until_text("got hello");
    let too_much = vec![b'x'; 64 * 1024];
    // One fills the pipe, one the memory for it, one is too much.
    for _ in 0..3 {
        shim.line.say(&brummer_capture::protocol::Down::Input(too_much.clone()));
    }
    shim.line.until(|message| matches!(message, Up::InputRefused { bytes: 65_536 }).then_some(()));
    shim.stop(0);
    shim.finish();
    let mut shim = sh("read line || echo end");
    shim.finish();
    assert_eq!(shim.text(FrameKind::Out), "end\n");
}

/// What `/proc/self/status` says of signals, as a plain shell's child has it.
#[test]
fn signals_are_as_a_shell_would_have_them() {
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("Sig") || line.starts_with("Shd"))
            .map(str::to_owned)
            .collect()
    };
    let mut shim = run_with(&["/bin/cat", "/proc/self/status"], |_| {});
    shim.finish();
    // The test runner itself ignores SIGPIPE.
    let shell = Command::new("env")
        .args(["--default-signal", "/bin/sh", "-c", "cat /proc/self/status; exit 0"])
        .output()
        .unwrap();
    let (ours, theirs) =
        (lines(&shim.text(FrameKind::Out)), lines(&String::from_utf8(shell.stdout).unwrap()));
    for prefix in ["SigPnd", "SigBlk", "SigCgt", "ShdPnd"] {
        let find = |lines: &[String]| lines.iter().find(|line| line.starts_with(prefix)).cloned().unwrap();
        assert_eq!(find(&ours), find(&theirs));
    }
    // Whatever the machine that starts the tests ignores.
    assert!(ours.contains(&"SigIgn:\t0000000000000000".to_owned()), "{ours:?}");
}

#[test]
fn session_umask_limits_directory_and_environment_are_as_told() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    let mut shim = sh_with("ps -o sid=,pgid=,pid= -p $$; umask; ulimit -n; pwd -P; env", |meta| {
        meta.dir = real.clone();
        meta.umask = Some(0o27);
        meta.rlimits = vec![(i32::try_from(nix::libc::RLIMIT_NOFILE).unwrap(), 123, 456)];
        meta.env =
            vec![("PATH".into(), "/usr/bin:/bin".into()), ("GREETING".into(), "grüß = \n gott".into())];
    });
    let child = shim.line.started();
    shim.finish();
    let text = shim.text(FrameKind::Out);
    let mut lines = text.lines();
    let numbers: Vec<i32> =
        lines.next().unwrap().split_ascii_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(numbers, [child.pid; 3], "its own session and group");
    assert_eq!(lines.next(), Some("0027"));
    assert_eq!(lines.next(), Some("123"));
    assert_eq!(lines.next(), Some(real.to_str().unwrap()));
    assert!(text.contains("GREETING=grüß = \n gott\n"), "{text}");
    assert!(!text.contains("BRUMMER") && !text.contains("CARGO"), "nothing of ours: {text}");
}

#[test]
fn a_shim_without_its_papers_says_why() {
    let run = |argument: Option<&std::path::Path>, stdin: std::process::Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brummer-shim"));
        let output = command.args(argument).stdin(stdin).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let socket = || {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        (ours, std::process::Stdio::from(std::os::fd::OwnedFd::from(theirs)))
    };
    assert_eq!(run(None, socket().1).0, 64);
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(Some(dir.path()), std::process::Stdio::null()).0, 64, "no connection");
    let (ours, theirs) = socket();
    let (code, said) = run(Some(dir.path()), theirs);
    assert_eq!(code, 78, "{said}");
    assert!(said.contains("meta.json"), "{said}");
    let mut line = crate::harness::Line::over(ours);
    assert!(matches!(line.hear(), Some(Up::StartFailed(failed)) if failed.text.contains("meta.json")));
    let held = sh("exec sleep 600");
    assert_eq!(run(Some(held.dir.path()), socket().1).0, 75, "one shim a run");
}
