//! Bounds of the capture: behind the index, without a daemon, on a full disk.

use brummer_capture::meta::WhenBehind;
use brummer_capture::protocol::{Down, Up};
use brummer_capture::{FrameKind, Meta};
use brummer_event::{GapReason, Stream};

use crate::harness::{Shim, await_end, sh, sh_with, start};

const MIB: u64 = 1024 * 1024;

fn small(when: WhenBehind) -> impl FnOnce(&mut Meta) {
    move |meta| {
        meta.segment_bytes = MIB / 4;
        meta.unindexed_bytes = MIB;
        meta.unattended_bytes = 2 * MIB;
        meta.when_behind = when;
    }
}

/// `count` lines of 100 bytes with their number.
fn counter(count: u32) -> String {
    format!("awk 'BEGIN {{ for (i = 1; i <= {count}; i++) printf \"%099d\\n\", i }}'")
}

fn assert_all(shim: &Shim, count: u32) {
    let text = shim.text(FrameKind::Out);
    let numbers: Vec<u32> = text.lines().map(|line| line.trim_start_matches('0').parse().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=count), "{} of {count} lines", numbers.len());
}

#[test]
fn a_child_that_is_too_far_ahead_waits_and_loses_nothing() {
    let mut shim = sh_with(&counter(60_000), small(WhenBehind::Slow));
    let slowed = shim.line.until_state(|state| state.slowed);
    let written: u64 = shim.dir.segments().unwrap().iter().map(|segment| segment.bytes).sum();
    assert!((MIB..MIB + 256 * 1024).contains(&written), "{written}");
    shim.read();
    assert_eq!(shim.reader.position(), slowed.written);
    // As the daemon does: read, index, release, over and over.
    loop {
        let at = shim.reader.position();
        shim.line.say(&Down::Indexed(at));
        shim.line.say(&Down::Release { through: at.segment - 1 });
        shim.line.say(&Down::Arm(at));
        let ended = shim.line.until(|message| match message {
            Up::Bell(_) => Some(false),
            Up::Exit { .. } => Some(true),
            _ => None,
        });
        shim.read();
        if ended {
            break;
        }
    }
    let record = shim.finish();
    assert_eq!((record.code, record.missed_bytes), (Some(0), 0));
    assert_all(&shim, 60_000);
    assert!(shim.gaps().is_empty());
    let kept: Vec<u32> = shim.dir.segments().unwrap().iter().map(|segment| segment.number).collect();
    assert!(kept[0] > 10 && kept.len() < 15, "released segments are gone: {kept:?}");
}

/// A run that ended at its bound is over, though nobody indexes it.
#[test]
fn a_run_that_ends_at_its_bound_needs_nobody_to_end() {
    let mut shim = sh_with("head -c 1000000 /dev/zero; exit 3", |meta| {
        meta.segment_bytes = MIB / 4;
        meta.unindexed_bytes = 900_000;
    });
    shim.line.say(&Down::Bye);
    while shim.line.hear().is_some() {}
    assert!(shim.wait().success());
    shim.read();
    assert_eq!(shim.bytes(FrameKind::Out).len(), 1_000_000);
    assert_eq!(shim.dir.read_exit().unwrap().unwrap().code, Some(3));
}

#[test]
fn the_bound_holds_without_a_daemon_too() {
    let mut shim = sh_with(&counter(60_000), small(WhenBehind::Slow));
    shim.line.say(&Down::Bye);
    while shim.line.hear().is_some() {}
    shim.line = shim.connect(crate::harness::COOKIE);
    shim.line.until_state(|state| state.slowed);
    // Stopped it always reads: the child must be able to end.
    shim.stop(60_000);
    let record = shim.finish();
    assert_eq!(record.missed_bytes, 0);
    assert!(shim.gaps().is_empty());
}

#[test]
fn with_gap_the_child_runs_on_and_every_missing_byte_is_named() {
    let mut shim = sh_with(&counter(60_000), small(WhenBehind::Gap));
    let record = shim.finish_from_what_is_left();
    assert_eq!(record.code, Some(0));
    let gaps = shim.gaps();
    assert!(!gaps.is_empty());
    // Segments follow each other without a hole, and each gap says how much was in its segment.
    let segments: Vec<u32> = gaps.iter().map(|gap| gap.segment.unwrap()).collect();
    assert!(segments.windows(2).all(|pair| pair[1] == pair[0] + 1), "{segments:?}");
    assert!(gaps.iter().all(|gap| gap.reason == GapReason::Behind && gap.bytes > 0 && gap.bytes <= MIB / 4));
    let kept = shim.dir.segments().unwrap();
    assert!(kept.iter().map(|segment| segment.bytes).sum::<u64>() <= MIB + MIB / 4, "{kept:?}");
    let last = shim.text(FrameKind::Out).lines().last().unwrap().to_owned();
    assert!(last.ends_with("60000"), "the newest is there: {last}");
}

#[test]
fn without_a_daemon_only_what_is_indexed_is_given_up() {
    let mut shim = sh_with(&format!("{}; exec sleep 600", counter(50_000)), |meta| {
        meta.segment_bytes = MIB / 4;
        meta.unindexed_bytes = 64 * MIB;
        meta.unattended_bytes = 2 * MIB;
    });
    shim.read_until(|shim| shim.text(FrameKind::Out).contains(&format!("{:099}\n", 50_000)));
    let indexed = brummer_capture::Position { segment: 9, offset: 0 };
    shim.line.say(&Down::Indexed(indexed));
    assert_eq!(shim.dir.segments().unwrap()[0].number, 1, "connected, the shim unlinks nothing by itself");
    shim.line.say(&Down::Bye);
    while shim.line.hear().is_some() {}
    let mut next = shim.connect(crate::harness::COOKIE);
    next.started();
    let kept: Vec<u32> = shim.dir.segments().unwrap().iter().map(|segment| segment.number).collect();
    assert_eq!(kept[0], 9, "of five megabytes two are allowed, but only the indexed ones may go: {kept:?}");
    shim.line = next;
    shim.stop(0);
    shim.finish();
    assert!(shim.gaps().is_empty());
}

#[test]
fn what_is_released_unindexed_leaves_a_gap() {
    let mut shim = sh_with(&format!("{}; exec sleep 600", counter(10_000)), |meta| {
        meta.segment_bytes = MIB / 4;
    });
    shim.read_until(|shim| shim.text(FrameKind::Out).contains(&format!("{:099}\n", 10_000)));
    shim.line.say(&Down::Indexed(brummer_capture::Position { segment: 2, offset: 100 }));
    shim.line.say(&Down::Release { through: 2 });
    shim.read_until(|shim| !shim.gaps().is_empty());
    let gap = shim.gaps()[0];
    assert_eq!((gap.reason, gap.segment), (GapReason::Evicted, Some(2)));
    assert_eq!(gap.from, Some(brummer_capture::Position { segment: 2, offset: 100 }));
    assert_eq!(shim.dir.segments().unwrap()[0].number, 3);
    shim.stop(0);
    shim.finish();
}

impl Shim {
    /// As `finish`, for runs whose first segments are gone.
    fn finish_from_what_is_left(&mut self) -> brummer_capture::ExitRecord {
        while self.line.hear().is_some() {}
        assert!(self.wait().success());
        let first = self.dir.segments().unwrap()[0].number;
        self.reader.seek(brummer_capture::Position { segment: first, offset: 0 });
        self.read();
        self.dir.read_exit().unwrap().unwrap()
    }
}

/// A state directory of `kib` KiB: a tmpfs in a mount namespace of the test's own. The shim lives in it too.
struct SmallDisk {
    holder: HolderProcess,
    root: std::path::PathBuf,
}

struct HolderProcess(std::process::Child);

impl Drop for HolderProcess {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl SmallDisk {
    fn new(kib: u32) -> Self {
        use std::io::{BufRead as _, BufReader};
        let script = format!(
            "d=$(mktemp -d) && mount -t tmpfs -o size={kib}k,mode=700 t \"$d\" && echo \"$d\" && \
             while read command; do eval \"$command\"; done"
        );
        let mut holder = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "user namespaces are needed for a small disk");
        // Seen from outside through the holder's root.
        let root = std::path::PathBuf::from(format!("/proc/{}/root{}", holder.id(), line.trim_end()));
        Self { holder: HolderProcess(holder), root }
    }

    fn grow(&self, kib: u32) {
        use std::io::Write as _;
        let mut commands = self.holder.0.stdin.as_ref().unwrap();
        writeln!(commands, "mount -o remount,size={kib}k t \"$d\"").unwrap();
    }
}

/// F32: nothing is lost while the disk is full and the memory is not, and it is all on disk afterwards.
#[test]
fn a_full_disk_is_bridged_by_memory_that_the_daemon_can_read() {
    let disk = SmallDisk::new(512);
    let ballast = disk.root.join("ballast");
    std::fs::write(&ballast, vec![0; 300 * 1024]).unwrap();
    let state = tempfile::TempDir::new_in(&disk.root).unwrap();
    let dir = brummer_capture::RunDir::of(state.path(), brummer_event::RunId::generate());
    dir.create().unwrap();
    let script = format!("{}; exec sleep 600", counter(2500));
    let mut shim = start(state, dir, &["/bin/sh", "-c", &script], |_| {});
    let (segment, base) = shim.line.until(|message| match message {
        Up::Memory { segment, base } => Some((*segment, *base)),
        _ => None,
    });
    shim.use_memory(segment, base);
    shim.read_until(|shim| shim.text(FrameKind::Out).contains(&format!("{:099}\n", 2500)));
    assert_all(&shim, 2500);
    let read_in_memory = shim.reader.position();
    let on_disk = shim.dir.segments().unwrap()[0].bytes;
    assert!(on_disk < read_in_memory.offset, "{on_disk}");
    std::fs::remove_file(&ballast).unwrap();
    shim.line.until(|message| matches!(message, Up::MemoryDone).then_some(()));
    shim.line.until_state(|state| !state.disk_full);
    assert_eq!(shim.dir.segments().unwrap()[0].bytes, read_in_memory.offset, "same positions on disk");
    shim.stop(0);
    let record = shim.finish();
    assert_eq!(record.missed_bytes, 0);
    // Everything again, from the disk alone.
    shim.reader.set_memory(None);
    shim.reader.seek(brummer_capture::Position::START);
    shim.frames.clear();
    shim.read();
    assert_all(&shim, 2500);
    assert!(shim.gaps().is_empty());
}

/// With `gap` a full disk and a full memory cost bytes, and a GAP frame says how many.
#[test]
fn what_neither_disk_nor_memory_takes_is_counted() {
    let disk = SmallDisk::new(512);
    let ballast = disk.root.join("ballast");
    std::fs::write(&ballast, vec![0; 400 * 1024]).unwrap();
    let state = tempfile::TempDir::new_in(&disk.root).unwrap();
    let dir = brummer_capture::RunDir::of(state.path(), brummer_event::RunId::generate());
    dir.create().unwrap();
    let script = format!("{}; exec sleep 600", counter(30_000));
    let mut shim = start(state, dir, &["/bin/sh", "-c", &script], |meta| meta.when_behind = WhenBehind::Gap);
    let child = shim.line.started();
    let missed = shim.line.until_state(|state| state.missed_bytes > 0).missed_bytes;
    assert!(missed > 0);
    // Let it finish writing, then end: EXIT finds room in the reserve.
    shim.stop(0);
    await_end(child);
    shim.line.exit();
    // A disk large enough for what the memory holds.
    drop(std::fs::remove_file(&ballast));
    disk.grow(4096);
    let record = shim.finish();
    assert!(record.missed_bytes >= missed);
    let told: u64 = shim.gaps().iter().map(|gap| gap.bytes).sum();
    assert_eq!(told, record.missed_bytes, "every missed byte is told");
    assert!(
        shim.gaps().iter().all(|gap| gap.reason == GapReason::DiskFull && gap.stream == Some(Stream::Out))
    );
}

#[test]
fn a_flood_after_the_leaders_end_does_not_hide_its_exit() {
    let mut shim = sh("(yes flood &) ; sleep 0.1; exit 7");
    let (exit, _) = shim.line.exit();
    assert_eq!(exit.code, Some(7));
    shim.stop(0);
    let record = shim.finish_from_what_is_left();
    assert_eq!(record.code, Some(7));
}
