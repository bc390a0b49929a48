use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::fd::OwnedFd;

use proptest::prelude::*;

use super::*;
use crate::frame::{FrameFlags, MAX_PAYLOAD};
use crate::segment::{SegmentWriter, segment_name};

fn writer(dir: &Path, limit: u64) -> SegmentWriter {
    let fd: OwnedFd = File::open(dir).unwrap().into();
    SegmentWriter::create(fd, limit).unwrap()
}

fn put(writer: &mut SegmentWriter, payload: &[u8]) {
    writer.append(FrameKind::Out, FrameFlags::NONE, 1, 2, payload).unwrap();
}

/// Everything from the reader's position on.
fn drain(reader: &mut SegmentReader, block: &mut Block) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some(frame) = reader.next(block).unwrap() {
        found.push(frame.payload.to_vec());
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever the frames and the segment size, several readers that read at any time, sharing one block,
    /// get exactly the frames, and every position leads back to its frame.
    #[test]
    fn every_frame_is_read_once(
        lengths in proptest::collection::vec(prop_oneof![0usize..40, Just(MAX_PAYLOAD), 0usize..20_000], 0..40),
        limit in prop_oneof![1u64..200, Just(100_000), Just(1 << 30)],
        reads in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path(), limit);
        let mut block = Block::new();
        let mut readers = [
            SegmentReader::new(dir.path(), Position::START),
            SegmentReader::new(dir.path(), Position::START),
        ];
        let mut expected = Vec::new();
        let mut got = [Vec::new(), Vec::new()];
        for (number, length) in lengths.iter().enumerate() {
            let payload = vec![u8::try_from(number).unwrap(); *length];
            put(&mut writer, &payload);
            expected.push(payload);
            if reads[number] {
                got[number % 2].extend(drain(&mut readers[number % 2], &mut block));
                prop_assert_eq!(readers[number % 2].position(), writer.position());
            }
        }
        for (reader, got) in readers.iter_mut().zip(&mut got) {
            reader.rest();
            got.extend(drain(reader, &mut block));
            prop_assert!(*got == expected);
        }
        let mut places = Vec::new();
        let mut reader = SegmentReader::new(dir.path(), Position::START);
        while let Some(frame) = reader.next(&mut block).unwrap() {
            places.push((frame.position, frame.end()));
        }
        for (index, (position, end)) in places.iter().enumerate().rev() {
            reader.seek(*position);
            let frame = reader.next(&mut block).unwrap().unwrap();
            prop_assert!(frame.payload == expected[index]);
            prop_assert_eq!(reader.position(), *end);
        }
    }

    /// Damage anywhere: no panic, no endless loop, and every frame that was not touched is still found.
    #[test]
    fn damage_costs_only_what_it_hit(at in 0u64..5000, junk in proptest::collection::vec(any::<u8>(), 1..200)) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path(), 1 << 30);
        for number in 0..50u8 {
            put(&mut writer, &[number; 68]);
        }
        let path = dir.path().join(segment_name(1));
        let mut bytes = fs::read(&path).unwrap();
        let at = usize::try_from(at).unwrap().min(bytes.len() - junk.len());
        bytes[at..at + junk.len()].copy_from_slice(&junk);
        fs::write(&path, bytes).unwrap();
        let untouched: Vec<u8> = (0..50)
            .filter(|number| usize::from(*number) * 100 >= at + junk.len() || (usize::from(*number) + 1) * 100 <= at)
            .collect();
        let mut block = Block::new();
        let mut reader = SegmentReader::new(dir.path(), Position::START);
        let mut found = Vec::new();
        loop {
            match reader.next(&mut block) {
                Ok(Some(frame)) if frame.payload.len() == 68 => found.push(frame.payload[0]),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(ReadError::Damaged { .. }) => {
                    prop_assert!(reader.skip_damage(&mut block).unwrap() > 0);
                }
                Err(other) => return Err(TestCaseError::fail(other.to_string())),
            }
        }
        for number in untouched {
            prop_assert!(found.contains(&number), "{} is missing after damage at {}", number, at);
        }
    }
}

#[test]
fn a_frame_whose_end_is_missing_does_not_exist_yet() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 1 << 30);
    put(&mut writer, b"first");
    put(&mut writer, b"second");
    let path = dir.path().join(segment_name(1));
    let whole = fs::read(&path).unwrap();
    for cut in 37..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let mut reader = SegmentReader::new(dir.path(), Position::START);
        let mut block = Block::new();
        assert_eq!(drain(&mut reader, &mut block), [b"first".to_vec()], "cut at {cut}");
        // Cut off, and something else written in its place: the stale bytes in the block are not used.
        fs::write(&path, &whole[..37]).unwrap();
        let other =
            FrameHeader { kind: FrameKind::Err, flags: FrameFlags::NONE, length: 5, mono_ns: 9, wall_ns: 9 };
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&[&other.encode()[..], b"other"].concat()).unwrap();
        assert_eq!(drain(&mut reader, &mut block), [b"other".to_vec()], "cut at {cut}");
    }
}

#[test]
fn nothing_yet_is_no_error_and_gone_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut block = Block::new();
    let mut reader = SegmentReader::new(dir.path(), Position::START);
    assert!(reader.next(&mut block).unwrap().is_none(), "the shim has not begun");
    let mut writer = writer(dir.path(), 100);
    for number in 0..5u8 {
        put(&mut writer, &[number; 80]);
    }
    assert_eq!(writer.position().segment, 5);
    for gone in [1, 2] {
        fs::remove_file(dir.path().join(segment_name(gone))).unwrap();
    }
    match reader.next(&mut block) {
        Err(ReadError::Gone { wanted: 1, next: 3, .. }) => reader.seek(Position { segment: 3, offset: 0 }),
        other => panic!("{other:?}"),
    }
    assert_eq!(drain(&mut reader, &mut block), [[2; 80], [3; 80], [4; 80]]);
    reader.seek(Position { segment: 9, offset: 0 });
    assert!(reader.next(&mut block).unwrap().is_none(), "beyond the end is not gone");
}

#[test]
fn a_segment_that_is_unlinked_while_open_is_read_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 100);
    put(&mut writer, &[0; 80]);
    let mut block = Block::new();
    let mut reader = SegmentReader::new(dir.path(), Position::START);
    assert_eq!(drain(&mut reader, &mut block).len(), 1);
    put(&mut writer, &[1; 80]);
    fs::remove_file(dir.path().join(segment_name(1))).unwrap();
    assert_eq!(drain(&mut reader, &mut block), [[1; 80]]);
}

#[test]
fn an_end_within_a_frame_is_told_once_a_later_segment_exists() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 100);
    put(&mut writer, &[0; 80]);
    put(&mut writer, &[1; 80]);
    let first = OpenOptions::new().write(true).open(dir.path().join(segment_name(1))).unwrap();
    first.set_len(90).unwrap();
    let mut block = Block::new();
    let mut reader = SegmentReader::new(dir.path(), Position::START);
    assert!(matches!(reader.next(&mut block), Err(ReadError::Torn { position: Position::START, .. })));
    assert_eq!(reader.skip_damage(&mut block).unwrap(), 90);
    assert_eq!(drain(&mut reader, &mut block), [[1; 80]]);
}

#[test]
fn frames_of_later_versions_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 1 << 20);
    writer.append(FrameKind::Other(99), FrameFlags(0xf0), 1, 1, b"what is this").unwrap();
    put(&mut writer, b"known");
    let mut reader = SegmentReader::new(dir.path(), Position::START);
    assert_eq!(drain(&mut reader, &mut Block::new()), [b"known".to_vec()]);
}

#[test]
fn a_memory_file_stands_for_the_end_of_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 1 << 20);
    put(&mut writer, b"on disk");
    let base = writer.position().offset;
    let mut kept = Vec::new();
    for payload in [&b"kept 1"[..], b"kept 2"] {
        let header = FrameHeader {
            kind: FrameKind::Out,
            flags: FrameFlags::NONE,
            length: u32::try_from(payload.len()).unwrap(),
            mono_ns: 3,
            wall_ns: 3,
        };
        kept.extend_from_slice(&header.encode());
        kept.extend_from_slice(payload);
    }
    let mut memory = tempfile::tempfile().unwrap();
    memory.write_all(&kept).unwrap();
    let mut block = Block::new();
    let mut reader = SegmentReader::new(dir.path(), Position::START);
    assert_eq!(drain(&mut reader, &mut block).len(), 1);
    reader.set_memory(Some(MemoryTail { segment: 1, base, file: memory }));
    assert_eq!(drain(&mut reader, &mut block), [b"kept 1".to_vec(), b"kept 2".to_vec()]);
    let at = reader.position();
    // The disk takes it: the same positions, and on it goes.
    writer.append_kept(&kept).unwrap();
    assert_eq!(writer.position(), at);
    put(&mut writer, b"on disk again");
    assert_eq!(drain(&mut reader, &mut block), [b"on disk again".to_vec()]);
    reader.set_memory(None);
    reader.seek(Position { segment: 1, offset: base });
    assert_eq!(drain(&mut reader, &mut block).len(), 3);
}
