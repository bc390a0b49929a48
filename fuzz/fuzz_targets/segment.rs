//! Captures: a segment of any bytes, or of right frames around any bytes, is read, cut, understood and
//! indexed to its end.
#![no_main]

use brummer_capture::segment::segment_name;
use brummer_capture::{FrameFlags, FrameHeader, FrameKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(dir) = tempfile::tempdir_in("/dev/shm") else { return };
    let (run, index) = (dir.path().join("run"), dir.path().join("index"));
    std::fs::create_dir(&run).unwrap();
    std::fs::create_dir(&index).unwrap();
    let bytes = if first % 4 == 0 { rest.to_vec() } else { framed(rest) };
    // Torn at the end, as by a crash.
    let torn = if first % 4 == 1 { bytes.len() * usize::from(*first) / 256 } else { bytes.len() };
    std::fs::write(run.join(segment_name(1)), &bytes[..torn]).unwrap();
    brummer_logs::plain::ingest(&run, &index).unwrap();
});

/// Each frame: a byte of kind, one of length, then its payload.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut mono_ns = 0;
    while let [kind, length, more @ ..] = rest {
        let (payload, behind) = more.split_at(usize::from(*length).min(more.len()));
        rest = behind;
        mono_ns += 150_000_000;
        let header = FrameHeader {
            kind: FrameKind::from_u8(kind % 8),
            flags: FrameFlags::default(),
            length: payload.len() as u32,
            mono_ns,
            wall_ns: mono_ns as i64,
        };
        bytes.extend_from_slice(&header.encode());
        bytes.extend_from_slice(payload);
    }
    bytes
}
