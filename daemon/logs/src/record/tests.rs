use super::*;
use brummer_event::{GapReason, Level, LineFlags, ProcessKey, RunId, Stream};
use proptest::prelude::*;

fn point() -> impl Strategy<Value = Point> {
    (1u32..9, 0u64..1 << 40, 0u32..1 << 17)
        .prop_map(|(segment, offset, byte)| Point { frame: Position { segment, offset }, byte })
}

fn resume() -> impl Strategy<Value = Resume> {
    let open = || proptest::option::of((any::<u64>(), any::<bool>()));
    (
        point(),
        proptest::option::of(point()),
        proptest::option::of(point()),
        open(),
        open(),
        any::<u64>(),
        proptest::option::of(point()),
    )
        .prop_map(|(reading, out, err, out_open, err_open, next_line, exited)| {
            let stream = |point: Option<Point>, open: Option<(u64, bool)>| StreamResume {
                point: point.unwrap_or(reading),
                open: open.map(|(line, superseded)| Open { line, superseded }),
            };
            Resume {
                reading,
                out: stream(out, out_open),
                err: stream(err, err_open),
                next_line,
                time: 0,
                exited: exited.map(|exit| exit.frame),
            }
        })
}

fn cut() -> impl Strategy<Value = Cut> {
    let gap = proptest::option::weighted(0.1, (Just(GapReason::Behind), any::<u64>()));
    (0u8..3, 0u8..6, 0u8..8, prop_oneof![3 => Just(0u64), 1 => any::<u64>()], 0u64..1 << 17, 0u64..5, gap)
        .prop_map(|(stream, level, flags, skip, length, end, gap)| Cut {
            stream: Stream::from_u8(stream).unwrap(),
            level: Level::from_u8(level).unwrap(),
            flags: LineFlags::from_bits(flags),
            skip,
            length,
            end,
            gap,
        })
}

fn encoded(first_seq: u64, times: (i64, i64), after: Resume, cuts: &[Cut]) -> Vec<u8> {
    let (mut body, mut writer) = (Vec::new(), ShapeWriter::default());
    cuts.iter().for_each(|cut| writer.put(&mut body, cut));
    let head = LinesHead { first_seq, count: cuts.len() as u32, times, levels: 7, after };
    let mut out = Vec::new();
    encode_lines(&mut out, &head, &body);
    out
}

proptest! {
    #[test]
    fn a_record_of_lines_comes_back(
        seq in 0u64..1 << 53,
        from in any::<i32>(),
        span in 0i64..1000,
        after in resume(),
        cuts in proptest::collection::vec(cut(), 0..40),
    ) {
        let from = i64::from(from);
        let after = Resume { time: from + span / 2, ..after };
        let bytes = encoded(seq, (from, from + span), after, &cuts);
        let (record, length) = decode(&bytes).unwrap();
        prop_assert_eq!(length, bytes.len());
        let Record::Lines { head, body } = record else { panic!("{record:?}") };
        prop_assert_eq!(head.first_seq, seq);
        prop_assert_eq!(head.times, (from, from + span));
        prop_assert_eq!(head.after, after);
        prop_assert_eq!(Cuts::new(body).collect::<Vec<_>>(), cuts);
    }

    #[test]
    fn a_head_comes_back(epoch: u64, run: u128, last_seq: u64, time: i64, resume in resume()) {
        let head = Head {
            epoch,
            run: RunId::from_u128(run),
            key: ProcessKey::new("shöp", "api"),
            project_dir: "/home/shöp".to_owned(),
            last_seq,
            resume: Resume { time, ..resume },
        };
        let mut bytes = Vec::new();
        head.encode(&mut bytes);
        let (record, _) = decode(&bytes).unwrap();
        let Record::Head(back) = record else { panic!("{record:?}") };
        prop_assert_eq!(back, head);
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes: Vec<u8>) {
        let _refused = decode(&bytes);
        let _cuts = Cuts::new(&bytes).count();
    }

    #[test]
    fn a_flipped_bit_is_noticed(at in 4usize..60, bit in 0u8..8) {
        let cuts = vec![
            Cut { stream: Stream::Out, level: Level::Info, flags: LineFlags::NONE, skip: 0, length: 100, end: 1, gap: None };
            50
        ];
        let mut bytes = encoded(1, (5, 9), Resume { time: 5, ..Resume::START }, &cuts);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(decode(&bytes).is_err());
    }
}

#[test]
fn a_record_is_invalid_unless_it_is_whole() {
    let bytes = encoded(7, (0, 0), Resume::START, &[]);
    for length in 0..bytes.len() {
        assert_eq!(decode(&bytes[..length]).unwrap_err(), Invalid::Short, "{length}");
    }
}

#[test]
fn plain_lines_take_two_bytes() {
    let plain = Cut {
        stream: Stream::Out,
        level: Level::Info,
        flags: LineFlags::NONE,
        skip: 0,
        length: 100,
        end: 1,
        gap: None,
    };
    let bytes = encoded(1, (5, 9), Resume { time: 5, ..Resume::START }, &[plain; 1000]);
    assert!(bytes.len() < 2060, "{}", bytes.len());
}

#[test]
fn a_newer_version_is_named() {
    let mut bytes = encoded(7, (0, 0), Resume::START, &[]);
    bytes[PREFIX] = VERSION + 1;
    let sum = crc32c::crc32c(&bytes[PREFIX..]);
    bytes[4..8].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(decode(&bytes).unwrap_err(), Invalid::Newer(VERSION + 1));
}
