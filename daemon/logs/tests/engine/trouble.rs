//! Disks that refuse.

use std::os::unix::fs::FileExt as _;

use brummer_capture::FrameHeader;
use brummer_capture::frame::{FrameFlags, FrameKind};
use brummer_logs::{Degradation, LogsConfig};

use crate::rig::{Rig, key, take, texts, until, whole};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_index_cannot_be_written_lines_wait_and_then_come() {
    let rig = Rig::new(LogsConfig::default()).await;
    let mut child = rig.child(&key("a"));
    let index = rig.dir.path().join("index");
    let aside = rig.dir.path().join("aside");
    std::fs::rename(&index, &aside).unwrap();
    child.attach(&rig);
    child.out(b"one\ntwo\n");
    until(|| rig.logs.stats().degradation == Degradation::IndexStuck).await;
    assert_eq!(rig.logs.cursor_now().seq, 0, "nothing is shown that a crash would forget");
    std::fs::rename(&aside, &index).unwrap();
    assert_eq!(texts(&rig.lines(2).await), ["one", "two"]);
    until(|| rig.logs.stats().degradation == Degradation::Full).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_could_not_take_is_read_from_memory_and_later_from_disk() {
    let rig = Rig::new(LogsConfig { keep_lines: 4, ..LogsConfig::default() }).await;
    let mut child = rig.child(&key("a"));
    child.attach(&rig);
    child.out(b"on disk\n");
    let mut follower = rig.follow_all();
    assert_eq!(texts(&take(&mut follower, 1).await), ["on disk"]);
    let base = child.written();
    // The shim's memory file: whole frames from the end of the segment on.
    let memory = tempfile::tempfile().unwrap();
    let payload = b"in memory\n";
    let header = FrameHeader {
        kind: FrameKind::Out,
        flags: FrameFlags::NONE,
        length: payload.len() as u32,
        mono_ns: 1,
        wall_ns: 2,
    };
    let frame = [header.encode().as_slice(), payload].concat();
    memory.write_all_at(&frame, 0).unwrap();
    rig.logs.handover(child.run, memory.into(), base.segment, base.offset);
    assert_eq!(texts(&take(&mut follower, 1).await), ["in memory"]);
    child.keep(&frame);
    rig.logs.handover_done(child.run);
    child.out(b"1\n2\n3\n4\n5\n");
    take(&mut follower, 5).await;
    let all = rig.all(&whole(), 2).await;
    assert_eq!(texts(&all), ["on disk", "in memory", "1", "2", "3", "4", "5"]);
}
