use super::*;
use crate::record::{Cut, ShapeWriter};
use crate::resume::Point;
use brummer_capture::Position;
use brummer_event::{Level, LineFlags, Stream};

const EPOCH: u64 = 9;

fn key() -> ProcessKey {
    ProcessKey::new("p", "a")
}

fn run() -> RunId {
    RunId::from_u128(77)
}

fn whose() -> Whose {
    Whose { run: run(), key: key(), project_dir: String::new() }
}

/// A record of `count` lines of 10 bytes that end at `offset`.
fn lines(first_seq: u64, count: u32, offset: u64) -> (LinesHead, Vec<u8>) {
    let point = Point::at(Position { segment: 1, offset });
    let mut after =
        Resume { reading: point, time: 5, next_line: first_seq + u64::from(count), ..Resume::START };
    after.out.point = point;
    after.err.point = point;
    let (mut body, mut writer) = (Vec::new(), ShapeWriter::default());
    for _ in 0..count {
        let cut = Cut {
            stream: Stream::Out,
            level: Level::Info,
            flags: LineFlags::NONE,
            skip: 0,
            length: 10,
            end: 1,
            gap: None,
        };
        writer.put(&mut body, &cut);
    }
    (LinesHead { first_seq, count, times: (5, 5), levels: 4, after }, body)
}

fn load_all(dir: &Path, exists: &mut dyn FnMut(&Resume) -> bool) -> Option<Loaded> {
    let runs = list(dir).unwrap();
    let (_, numbers) = runs.first()?;
    load(dir, run(), numbers, EPOCH, exists).unwrap()
}

fn written(dir: &Path) -> (IndexWriter, Vec<Place>) {
    let mut writer = IndexWriter::new(dir, EPOCH, whose(), &State::START);
    let mut places = writer.append(&[lines(1, 3, 100)]).unwrap();
    places.extend(writer.append(&[lines(4, 2, 200), lines(10, 1, 300)]).unwrap());
    (writer, places)
}

#[test]
fn what_was_appended_is_loaded_and_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, places) = written(dir.path());
    let loaded = load_all(dir.path(), &mut |_| true).unwrap();
    assert_eq!(loaded.key, key());
    assert_eq!(loaded.state.resume, *writer.resume());
    assert_eq!((loaded.state.last_seq, loaded.state.length), (10, places[2].to));
    assert_eq!(
        (loaded.blocks.first_seq(), loaded.blocks.last_seq(), loaded.blocks.lines()),
        (Some(1), Some(10), 6)
    );
    let mut writer = IndexWriter::new(dir.path(), EPOCH, whose(), &loaded.state);
    writer.append(&[lines(11, 4, 400)]).unwrap();
    assert_eq!(load_all(dir.path(), &mut |_| true).unwrap().blocks.lines(), 10);
}

/// Whatever number of bytes a crash leaves, the whole records before it stay and the next ones are valid.
#[test]
fn a_cut_at_every_byte_keeps_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, places) = written(dir.path());
    let path = writer.path();
    let whole = fs::read(&path).unwrap();
    for length in 0..=whole.len() as u64 {
        fs::write(&path, &whole[..length as usize]).unwrap();
        let expected = places.iter().filter(|place| place.to <= length).count();
        let loaded = load_all(dir.path(), &mut |_| true);
        let lines_of = [0, 3, 5, 6];
        assert_eq!(loaded.as_ref().map_or(0, |loaded| loaded.blocks.lines()), lines_of[expected], "{length}");
        let state = loaded.map_or(State::START, |loaded| loaded.state);
        let mut again = IndexWriter::new(dir.path(), EPOCH, whose(), &state);
        again.append(&[lines(100, 7, 500)]).unwrap();
        let loaded = load_all(dir.path(), &mut |_| true).unwrap();
        assert_eq!(loaded.blocks.lines(), lines_of[expected] + 7, "{length}");
    }
}

#[test]
fn a_flipped_byte_cuts_there() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, places) = written(dir.path());
    let whole = fs::read(writer.path()).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(writer.path(), &damaged).unwrap();
        let kept = places.iter().filter(|place| place.to <= at as u64).count();
        let lines = load_all(dir.path(), &mut |_| true).map_or(0, |loaded| loaded.blocks.lines());
        assert_eq!(lines, [0, 3, 5, 6][kept], "byte {at}");
        fs::write(writer.path(), &whole).unwrap();
    }
}

#[test]
fn a_record_about_bytes_that_are_not_there_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let (_, places) = written(dir.path());
    let loaded = load_all(dir.path(), &mut |after| after.reading.frame.offset <= 200).unwrap();
    assert_eq!((loaded.blocks.lines(), loaded.state.length), (5, places[1].to));
}

#[test]
fn another_epoch_is_no_index_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, _) = written(dir.path());
    assert!(load(dir.path(), run(), &[1], EPOCH + 1, &mut |_| true).unwrap().is_none());
    assert!(!writer.path().exists());
}

#[test]
fn a_new_file_is_begun_and_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::new(dir.path(), EPOCH, whose(), &State::START);
    let mut seq = 1;
    while list(dir.path()).unwrap().first().is_none_or(|(_, numbers)| numbers.len() < 3) {
        writer.append(&[lines(seq, 50_000, seq * 10)]).unwrap();
        seq += 50_000;
    }
    // The first one is removed by retention; the others are still understood.
    remove(&file_path(dir.path(), run(), 1)).unwrap();
    let loaded = load_all(dir.path(), &mut |_| true).unwrap();
    assert_eq!(loaded.state.resume, *writer.resume());
    assert_eq!(loaded.blocks.first_file(), Some(2));
    assert_eq!(loaded.blocks.last_seq(), Some(seq - 1));
    // A damaged one takes those behind it along: numbers must not stand before others.
    let second = file_path(dir.path(), run(), 2);
    let bytes = fs::read(&second).unwrap();
    fs::write(&second, &bytes[..bytes.len() - 1]).unwrap();
    let loaded = load_all(dir.path(), &mut |_| true).unwrap();
    assert!(loaded.blocks.last_seq().unwrap() < seq - 1);
    assert_eq!(list(dir.path()).unwrap()[0].1, [2]);
}

#[test]
fn a_newer_format_is_never_destroyed() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, places) = written(dir.path());
    let mut bytes = fs::read(writer.path()).unwrap();
    let from = places[1].from as usize;
    bytes[from + record::PREFIX] = VERSION + 1;
    let to = places[1].to as usize;
    let sum = crc32c::crc32c(&bytes[from + record::PREFIX..to]);
    bytes[from + 4..from + 8].copy_from_slice(&sum.to_le_bytes());
    fs::write(writer.path(), &bytes).unwrap();
    assert!(matches!(load(dir.path(), run(), &[1], EPOCH, &mut |_| true), Err(LogsError::Newer { .. })));
    assert_eq!(fs::read(writer.path()).unwrap(), bytes);
}

#[test]
fn gaps_that_add_up_to_more_than_there_is_are_no_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = IndexWriter::new(dir.path(), EPOCH, whose(), &State::START);
    let (mut head, _) = lines(1, 2, 100);
    head.levels = HAS_GAPS;
    let (mut body, mut shapes) = (Vec::new(), ShapeWriter::default());
    for _ in 0..2 {
        let cut = Cut {
            stream: Stream::Sys,
            level: Level::Info,
            flags: LineFlags::NONE,
            skip: 0,
            length: 0,
            end: 0,
            gap: Some((brummer_event::GapReason::Behind, u64::MAX)),
        };
        shapes.put(&mut body, &cut);
    }
    writer.append(&[(head, body)]).unwrap();
    let loaded = load_all(dir.path(), &mut |_| true).unwrap();
    assert_eq!(loaded.gaps, (2, u64::MAX));
}
