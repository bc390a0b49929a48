//! Writes a capture of 1 GB in frames of 64 KiB and reads it back: GB a second through the reader, whose
//! share of the ingest path must be small. `cargo run --release -p brummer-capture --example read_rate`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement: it reads the clock and prints"
)]

use std::os::fd::OwnedFd;
use std::time::Instant;

use brummer_capture::{Block, FrameFlags, FrameKind, Position, SegmentReader, SegmentWriter};

const FRAMES: u32 = 16_000;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let fd: OwnedFd = std::fs::File::open(dir.path()).unwrap().into();
    let mut writer = SegmentWriter::create(fd, brummer_capture::segment::SEGMENT_BYTES).unwrap();
    let payload = [b'x'; 64 * 1024];
    let bytes = f64::from(FRAMES) * 65_536.0 / 1e9;
    let start = Instant::now();
    for frame in 0..FRAMES {
        writer.append(FrameKind::Out, FrameFlags::NONE, u64::from(frame), 0, &payload).unwrap();
    }
    println!("written: {:.2} GB/s", bytes / start.elapsed().as_secs_f64());
    let mut block = Block::new();
    for _ in 0..3 {
        let start = Instant::now();
        let mut reader = SegmentReader::new(dir.path(), Position::START);
        let mut read = 0;
        while let Some(frame) = reader.next(&mut block).unwrap() {
            read += frame.payload.len();
        }
        assert_eq!(read, FRAMES as usize * payload.len());
        println!("read: {:.2} GB/s", bytes / start.elapsed().as_secs_f64());
    }
}
