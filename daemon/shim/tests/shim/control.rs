//! The control connection: adoption, the cookie, the doorbell.

use brummer_capture::meta::Cookie;
use brummer_capture::protocol::{Down, PROTOCOL, Phase, Up};
use brummer_capture::{FrameKind, Position};

use crate::harness::{COOKIE, Line, sh};

/// Until `go FIFO` is written to by the test, says nothing; then a line.
fn talker(dir: &tempfile::TempDir) -> String {
    let path = dir.path().join("go");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    format!("exec 3<> {}; while read line <&3; do echo $line; done", path.display())
}

fn talk(dir: &tempfile::TempDir, text: &str) {
    std::fs::write(dir.path().join("go"), format!("{text}\n")).unwrap();
}

#[test]
fn both_sides_introduce_themselves() {
    let mut shim = sh("echo hi; exec sleep 600");
    let hello = shim.line.hear().unwrap();
    let Up::Hello { protocol: PROTOCOL, run, cookie: COOKIE, shim: id, .. } = hello else {
        panic!("{hello:?}");
    };
    assert_eq!((run, id), (shim.meta.run, shim.pid()));
    shim.line.started();
    shim.stop(1000);
    shim.finish();
}

#[test]
fn the_next_daemon_is_told_everything_and_the_last_one_is_dropped() {
    let mut shim = sh("echo hi; exec sleep 600");
    let child = shim.line.started();
    shim.read_until_text("hi");
    let mut second = shim.connect(COOKIE);
    let (mut hello, mut started, mut state) = (None, None, None);
    while state.is_none() {
        match second.hear().unwrap() {
            Up::Hello { shim, child, .. } => hello = Some((shim, child)),
            Up::Started { child, .. } => started = Some(child),
            Up::State(now) => state = Some(now),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(hello, Some((shim.pid(), Some(child))));
    assert_eq!(started, Some(child));
    assert_eq!(state.unwrap().phase, Phase::Running);
    assert_eq!(state.unwrap().written, shim.reader.position());
    while shim.line.hear().is_some() {}
    shim.line = second;
    shim.stop(5000);
    assert_eq!(shim.finish().signal, Some(15));
}

#[test]
fn a_run_lives_without_a_daemon_and_tells_its_end_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let mut shim = sh(&talker(&dir));
    shim.line.started();
    let mut other = sh("(sleep 600 &); exit 6");
    other.line.exit();
    for shim in [&mut shim, &mut other] {
        shim.line.say(&Down::Bye);
        while shim.line.hear().is_some() {}
    }
    talk(&dir, "nobody listens");
    shim.line = shim.connect(COOKIE);
    shim.line.started();
    shim.read_until_text("nobody listens");
    other.line = other.connect(COOKIE);
    let (exit, _) = other.line.exit();
    assert_eq!(exit.code, Some(6));
    for shim in [&mut shim, &mut other] {
        shim.stop(1000);
        shim.finish();
    }
}

#[test]
fn a_stranger_is_shown_the_door_and_changes_nothing() {
    let mut shim = sh("exec sleep 600");
    shim.line.started();
    let mut wrong = shim.connect(Cookie([8; 16]));
    assert_eq!(wrong.hear(), None);
    let other_run = Line::over(shim.dir.connect().unwrap());
    let run = brummer_event::RunId::from_u128(1);
    other_run.say(&Down::Hello { protocol: PROTOCOL, run, cookie: COOKIE });
    let rude = Line::over(shim.dir.connect().unwrap());
    rude.say(&Down::Stop(shim.meta.stop));
    let noise = Line::over(shim.dir.connect().unwrap());
    noise.say_bytes(&[0xff; 4096]);
    for mut line in [other_run, rude, noise] {
        assert_eq!(line.hear(), None);
    }
    // Silent ones give way to newcomers, and the real connection is not disturbed.
    let silent: Vec<Line> = (0..8).map(|_| Line::over(shim.dir.connect().unwrap())).collect();
    let mut second = shim.connect(COOKIE);
    second.started();
    drop(silent);
    shim.line = second;
    shim.stop(5000);
    assert_eq!(shim.finish().reason, "stopped");
}

#[test]
fn what_comes_right_behind_a_hello_is_heard() {
    use brummer_capture::protocol::Message as _;
    let mut shim = sh("exec sleep 600");
    shim.line.started();
    let mut bytes = Vec::new();
    Down::Hello { protocol: PROTOCOL, run: shim.meta.run, cookie: COOKIE }.encode(&mut bytes);
    Down::Stop(shim.meta.stop).encode(&mut bytes);
    let line = Line::over(shim.dir.connect().unwrap());
    line.say_bytes(&bytes);
    shim.line = line;
    assert_eq!(shim.finish().reason, "stopped");
}

#[test]
fn the_bell_rings_once_and_at_once_if_it_is_late() {
    let dir = tempfile::tempdir().unwrap();
    let mut shim = sh(&talker(&dir));
    shim.line.started();
    talk(&dir, "one");
    shim.read_until_text("one");
    let end = shim.reader.position();
    // Behind: at once.
    shim.line.say(&Down::Arm(Position::START));
    assert_eq!(shim.line.until(bell), end);
    // At the end: not before something is written, and once however much is.
    shim.line.say(&Down::Arm(end));
    talk(&dir, "two");
    talk(&dir, "three");
    let rung = shim.line.until(bell);
    assert!(rung > end);
    shim.read_until_text("three");
    // Beyond the end: nothing to say yet. The next bell is the answer to the next Arm.
    shim.line.say(&Down::Arm(Position { segment: 99, offset: 0 }));
    talk(&dir, "four");
    shim.line.say(&Down::Arm(shim.reader.position()));
    assert!(shim.line.until(bell) < Position { segment: 99, offset: 0 });
    shim.read_until_text("four");
    shim.stop(0);
    let mut bells = 0;
    while let Some(message) = shim.line.hear() {
        bells += usize::from(bell(&message).is_some());
    }
    assert_eq!(bells, 0, "no bell without an Arm");
    shim.finish();
}

fn bell(message: &Up) -> Option<Position> {
    match message {
        Up::Bell(position) => Some(*position),
        _ => None,
    }
}

#[test]
fn messages_may_come_twice_and_strange_ones_are_passed_over() {
    let mut shim = sh("echo hi; exec sleep 600");
    shim.read_until_text("hi");
    let at = shim.reader.position();
    shim.line.say_bytes(&[3, 0, 0, 0, 99, 1, 2]);
    for _ in 0..3 {
        shim.line.say(&Down::Indexed(at));
        shim.line.say(&Down::Release { through: 1 });
        shim.line.say(&Down::Resize { columns: 80, rows: 24 });
        shim.line.say(&Down::Hello { protocol: PROTOCOL, run: shim.meta.run, cookie: COOKIE });
    }
    assert_eq!(shim.dir.segments().unwrap().len(), 1, "the newest segment is never released");
    for _ in 0..3 {
        shim.stop(5000);
    }
    shim.finish();
    assert_eq!(shim.text(FrameKind::Out), "hi\n");
    assert_eq!(shim.marks(), ["stop: SIGTERM"]);
}

#[test]
fn a_daemon_that_does_not_read_holds_up_nothing() {
    let mut shim = sh("echo hi; exec sleep 600");
    let child = shim.line.started();
    // Thousands of state changes, none of them read: the connection is full, the shim is not.
    for _ in 0..3000 {
        for signal in [19, 18] {
            shim.line.say(&Down::Signal { signal, target: brummer_capture::protocol::Target::Leader });
        }
    }
    shim.stop(20_000);
    crate::harness::await_end(child);
    shim.finish();
}
