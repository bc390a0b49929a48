use super::*;
use crate::record::{Cut, Cuts, ShapeWriter};
use crate::replay::Replay;
use brummer_capture::{Frame, FrameFlags, FrameKind};
use proptest::prelude::*;

/// A line as a reader sees it.
type Seen = (u64, Stream, Vec<u8>, u8);

/// A capture in memory: frames at rising offsets.
struct Tape(Vec<(FrameAt, Stream, Vec<u8>)>);

impl Tape {
    fn new(frames: &[(Stream, Vec<u8>)]) -> Self {
        let mut offset = 0;
        let mut wall = 1000;
        Self(
            frames
                .iter()
                .map(|(stream, bytes)| {
                    let position = Position { segment: 1, offset };
                    offset += 32 + bytes.len() as u64;
                    wall += 7;
                    let end = Position { segment: 1, offset };
                    (FrameAt { position, end, wall, after_exit: false }, *stream, bytes.clone())
                })
                .collect(),
        )
    }

    /// Feeds everything from `resume` on that lies before frame `until`, at most `most` lines a batch.
    fn feed(
        &self,
        assembler: &mut Assembler,
        resume: &Resume,
        frames: std::ops::Range<usize>,
        most: usize,
        clock: &mut dyn FnMut() -> u64,
        batches: &mut Vec<(Resume, Lines)>,
    ) {
        for (at, stream, bytes) in &self.0[frames] {
            let point = resume.point(*stream);
            let mut from = match at.position.cmp(&point.frame) {
                std::cmp::Ordering::Less => continue,
                std::cmp::Ordering::Equal => point.byte as usize,
                std::cmp::Ordering::Greater => 0,
            };
            loop {
                let mut lines = Lines::default();
                let now = clock();
                from =
                    assembler.bytes(*stream, &Feed { payload: bytes, from, at: *at, now, most }, &mut lines);
                // While bytes are fed again nothing is shown by time.
                if at.position >= resume.reading.frame {
                    assembler.tick(now, &mut lines);
                }
                if !lines.metas.is_empty() {
                    batches.push((assembler.seal(), lines));
                }
                if from >= bytes.len() {
                    break;
                }
            }
        }
    }
}

fn seen(lines: &Lines) -> Vec<Seen> {
    let mut start = 0;
    lines
        .metas
        .iter()
        .map(|meta| {
            let text = lines.text[start..meta.end as usize].to_vec();
            start = meta.end as usize;
            (meta.line, meta.stream, text, meta.flags.bits())
        })
        .collect()
}

/// Cuts frames with the clock held still, in one go.
fn held(frames: &[(Stream, Vec<u8>)]) -> Vec<Seen> {
    let mut batches = Vec::new();
    let mut assembler = Assembler::new(&Resume::START, 0);
    Tape::new(frames).feed(
        &mut assembler,
        &Resume::START,
        0..frames.len(),
        usize::MAX,
        &mut || 0,
        &mut batches,
    );
    let mut lines = Lines::default();
    assembler.finish(&mut lines);
    batches.push((assembler.seal(), lines));
    batches.iter().flat_map(|(_, lines)| seen(lines)).collect()
}

fn out(bytes: &[u8]) -> Vec<(Stream, Vec<u8>)> {
    vec![(Stream::Out, bytes.to_vec())]
}

fn texts(seen: &[Seen]) -> Vec<String> {
    seen.iter().map(|(_, _, text, _)| String::from_utf8_lossy(text).into_owned()).collect()
}

/// Parts joined, replaced states dropped: what a stream says in the end.
fn folded(seen: &[Seen], stream: Stream) -> Vec<Vec<u8>> {
    let mut whole: Vec<Vec<u8>> = Vec::new();
    let mut open = false;
    for (_, of, text, flags) in seen {
        if *of != stream {
            continue;
        }
        let flags = LineFlags::from_bits(*flags);
        if flags.has(LineFlags::REPLACES_PREVIOUS) {
            whole.pop();
            open = false;
        }
        match whole.last_mut().filter(|_| open) {
            Some(last) => last.extend_from_slice(text),
            None => whole.push(text.clone()),
        }
        open = flags.has(LineFlags::PART);
    }
    whole
}

#[test]
fn lines_end_where_a_terminal_ends_them() {
    for (bytes, expected) in [
        (&b"a\nb\n"[..], vec!["a", "b"]),
        (b"a\r\nb\r\n", vec!["a", "b"]),
        (b"tail", vec!["tail"]),
        (b"\n\r\n\n", vec!["", "", ""]),
        (b"\rbuilding 10%\rbuilding 55%\rbuilding 100%", vec!["building 100%"]),
        (b"\rbuilding 10%\rbuilding 100%\nnext\n", vec!["building 100%", "next"]),
        (b"10%\r100%\r\n", vec!["100%"]),
        (b"abc\r\r\r\nd\n", vec!["abc", "d"]),
        (b"\r\r\n", vec![""]),
        (b"nul \x00 \xff\xfe\n", vec!["nul \u{0} \u{fffd}\u{fffd}"]),
        (b"", vec![]),
    ] {
        assert_eq!(texts(&held(&out(bytes))), expected, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_line_without_end_is_cut_at_64_kib_wherever_its_bytes_come() {
    let mut bytes = vec![b'x'; 2 * PART_BYTES];
    bytes.extend_from_slice(b"\nEND\n");
    let seen = held(&out(&bytes));
    let shape: Vec<(u64, usize, u8)> =
        seen.iter().map(|(line, _, text, flags)| (*line, text.len(), *flags)).collect();
    let part = LineFlags::PART.bits();
    assert_eq!(shape, [(1, PART_BYTES, part), (1, PART_BYTES, part), (1, 0, 0), (2, 3, 0)]);
}

#[test]
fn memory_for_an_endless_line_is_bounded() {
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut total = 0;
    let block = vec![b'x'; 100_000];
    for number in 0..100u64 {
        let position = Position { segment: 1, offset: number * 100_032 };
        let end = Position { segment: 1, offset: (number + 1) * 100_032 };
        let mut lines = Lines::default();
        let at = FrameAt { position, end, wall: 0, after_exit: false };
        assembler.bytes(
            Stream::Out,
            &Feed { payload: &block, from: 0, at, now: 0, most: usize::MAX },
            &mut lines,
        );
        total += lines.text.len();
        let resume = assembler.seal();
        let behind = end.offset - resume.needed().frame.offset;
        assert!(behind < 2 * 100_032, "the resume point lies {behind} bytes back");
    }
    assert!(total >= 10_000_000 - PART_BYTES);
}

#[test]
fn a_prompt_is_shown_when_it_has_been_quiet_and_then_continued() {
    let frames = [(Stream::Out, b"Password: ".to_vec()), (Stream::Out, b"ok\n".to_vec())];
    let tape = Tape::new(&frames);
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut batches = Vec::new();
    tape.feed(&mut assembler, &Resume::START, 0..1, 10, &mut || 5, &mut batches);
    assert!(batches.is_empty());
    assert_eq!(assembler.deadline(), Some(5 + QUIET_NS));
    let mut lines = Lines::default();
    assembler.tick(4 + QUIET_NS, &mut lines);
    assert_eq!(lines.len(), 0);
    assembler.tick(5 + QUIET_NS, &mut lines);
    assert_eq!(seen(&lines), [(1, Stream::Out, b"Password: ".to_vec(), LineFlags::PART.bits())]);
    assert_eq!(assembler.deadline(), None, "idle costs nothing");
    let resume = assembler.seal();
    assert_eq!(resume.out.point, resume.reading, "what was shown is behind the resume point");
    tape.feed(&mut assembler, &Resume::START, 1..2, 10, &mut || 9, &mut batches);
    assert_eq!(seen(&batches[0].1), [(1, Stream::Out, b"ok".to_vec(), 0)]);
}

#[test]
fn dots_that_keep_coming_are_shown_each_second() {
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut shown = 0;
    let frames: Vec<_> = (0..100).map(|_| (Stream::Out, b".".to_vec())).collect();
    let tape = Tape::new(&frames);
    for number in 0..100 {
        let now = number as u64 * 50_000_000;
        let mut batches = Vec::new();
        tape.feed(&mut assembler, &Resume::START, number..number + 1, 10, &mut || now, &mut batches);
        shown += batches.len();
    }
    assert_eq!(shown, 4, "five seconds of dots");
}

#[test]
fn a_progress_line_is_stored_at_most_ten_times_a_second_and_ends_with_its_last_state() {
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut all = Vec::new();
    let mut frames: Vec<_> =
        (0..=100_000).map(|number| (Stream::Out, format!("\rprogress {number}").into_bytes())).collect();
    frames.push((Stream::Out, b"\nEND\n".to_vec()));
    let mut batches = Vec::new();
    let mut now = 0;
    // 100,001 updates within two seconds.
    let mut clock = || {
        now += 20_000;
        now
    };
    Tape::new(&frames).feed(&mut assembler, &Resume::START, 0..frames.len(), 1000, &mut clock, &mut batches);
    batches.iter().for_each(|(_, lines)| all.extend(seen(lines)));
    assert!((15..=23).contains(&all.len()), "{} records", all.len());
    assert_eq!(folded(&all, Stream::Out), [b"progress 100000".to_vec(), b"END".to_vec()]);
    let replaces = LineFlags::REPLACES_PREVIOUS;
    for (before, after) in all.iter().zip(all.iter().skip(1)) {
        if LineFlags::from_bits(after.3).has(replaces) {
            assert_eq!(after.0, before.0 + 1, "each state has a number of its own");
        }
    }
}

#[test]
fn an_unfinished_line_does_not_hold_the_resume_point_back_while_the_other_stream_floods() {
    let mut frames = vec![(Stream::Err, b"50%\r".to_vec())];
    frames.extend((0..100).map(|_| (Stream::Out, [b"x".repeat(99).as_slice(), b"\n"].concat().repeat(1000))));
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut batches = Vec::new();
    Tape::new(&frames).feed(
        &mut assembler,
        &Resume::START,
        0..frames.len(),
        usize::MAX,
        &mut || 0,
        &mut batches,
    );
    let (resume, _) = batches.last().unwrap();
    assert!(resume.needed().frame.offset > 4_000_000, "{:?}", resume.needed());
    let all: Vec<Seen> = batches.iter().flat_map(|(_, lines)| seen(lines)).collect();
    assert_eq!(folded(&all, Stream::Err), [b"50%".to_vec()]);
}

#[test]
fn the_exit_ends_what_was_unfinished() {
    let frames = [(Stream::Out, b"tail".to_vec()), (Stream::Err, b"x\r".to_vec())];
    let mut assembler = Assembler::new(&Resume::START, 0);
    let mut batches = Vec::new();
    Tape::new(&frames).feed(&mut assembler, &Resume::START, 0..2, 10, &mut || 0, &mut batches);
    let mut lines = Lines::default();
    let position = Position { segment: 1, offset: 500 };
    let at = FrameAt { position, end: Position { segment: 1, offset: 600 }, wall: 9, after_exit: false };
    assembler.exit(at, &mut lines);
    assembler.own(b"exited 0", 68, at, &mut lines);
    assert_eq!(texts(&seen(&lines)), ["tail", "x", "exited 0"]);
    let resume = assembler.seal();
    assert_eq!(resume.exited, Some(position));
    assert_eq!(resume.needed(), Point::at(at.end));
}

/// Text that is rich in what matters here.
fn stream_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => "[a-z]{1,12}".prop_map(String::into_bytes),
        4 => Just(b"\n".to_vec()),
        3 => Just(b"\r".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => (PART_BYTES - 3..PART_BYTES + 4).prop_map(|length| vec![b'L'; length]),
    ];
    proptest::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

/// What both streams say, in the order in which the bytes come.
fn script() -> impl Strategy<Value = Vec<(Stream, Vec<u8>)>> {
    proptest::collection::vec((prop_oneof![Just(Stream::Out), Just(Stream::Err)], stream_bytes()), 0..5)
}

/// The same bytes in the same order, in other frames.
fn chunked(script: &[(Stream, Vec<u8>)], sizes: &[usize]) -> Vec<(Stream, Vec<u8>)> {
    // Long texts in larger frames: thousands of tiny ones prove nothing more.
    let total: usize = script.iter().map(|(_, bytes)| bytes.len()).sum();
    let scale = if total > 10_000 { 700 } else { 1 };
    let mut sizes = sizes.iter().map(|size| size * scale).cycle();
    let mut frames = Vec::new();
    for (stream, bytes) in script {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(sizes.next().unwrap_or(100).min(rest.len()));
            frames.push((*stream, head.to_vec()));
            rest = tail;
        }
    }
    frames
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(prop_oneof![4 => 1usize..20, 1 => 100usize..200_000], 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// With the clock held still neither frames, nor turns, nor deaths change anything; and what was
    /// published is the same when it is read again by the record of its cuts.
    #[test]
    fn the_same_bytes_are_the_same_lines(
        script in script(),
        sizes in sizes(),
        most in 1usize..30,
        deaths in proptest::collection::vec(0usize..40, 0..5),
    ) {
        let expected = held(&script);
        let frames = chunked(&script, &sizes);
        let tape = Tape::new(&frames);
        let mut kept: Vec<(Resume, Lines)> = Vec::new();
        let mut starts = deaths.iter().copied();
        loop {
            // A daemon: begins at the last record, dies after some frames with a batch or more unwritten.
            let resume = kept.last().map_or(Resume::START, |(resume, _)| *resume);
            let mut assembler = Assembler::new(&resume, 0);
            let first = tape.0.iter().position(|(at, ..)| at.position >= resume.needed().frame).unwrap_or(tape.0.len());
            let death = starts.next();
            let last = death.map_or(tape.0.len(), |frames| (first + frames).min(tape.0.len()));
            let mut batches = Vec::new();
            tape.feed(&mut assembler, &resume, first..last, most, &mut || 0, &mut batches);
            if death.is_some() {
                let written = batches.len() * 2 / 3;
                kept.extend(batches.into_iter().take(written));
                continue;
            }
            let mut lines = Lines::default();
            assembler.finish(&mut lines);
            kept.extend(batches);
            kept.push((assembler.seal(), lines));
            break;
        }
        let found: Vec<Seen> = kept.iter().flat_map(|(_, lines)| seen(lines)).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(replayed(&tape, &kept), kept.iter().flat_map(|(_, lines)| timed(lines)).collect::<Vec<_>>());
    }

    /// With any clock the streams say the same in the end, and line numbers have no holes.
    #[test]
    fn any_clock_tells_the_same_in_the_end(
        script in script(),
        sizes in sizes(),
        steps in proptest::collection::vec(0u64..400_000_000, 1..20),
    ) {
        let expected = held(&script);
        let frames = chunked(&script, &sizes);
        let mut steps = steps.iter().cycle();
        let mut now = 0;
        let mut clock = || {
            now += steps.next().unwrap();
            now
        };
        let mut assembler = Assembler::new(&Resume::START, 0);
        let tape = Tape::new(&frames);
        let mut batches = Vec::new();
        tape.feed(&mut assembler, &Resume::START, 0..frames.len(), usize::MAX, &mut clock, &mut batches);
        let mut lines = Lines::default();
        assembler.finish(&mut lines);
        batches.push((assembler.seal(), lines));
        let found: Vec<Seen> = batches.iter().flat_map(|(_, lines)| seen(lines)).collect();
        for stream in [Stream::Out, Stream::Err] {
            prop_assert_eq!(folded(&found, stream), folded(&expected, stream));
        }
        let mut numbers: Vec<u64> = found.iter().map(|(line, ..)| *line).collect();
        numbers.sort_unstable();
        numbers.dedup();
        prop_assert_eq!(&numbers, &(1..=numbers.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(replayed(&tape, &batches), batches.iter().flat_map(|(_, lines)| timed(lines)).collect::<Vec<_>>());
    }
}

/// A line with its time.
fn timed(lines: &Lines) -> Vec<(Seen, i64)> {
    seen(lines).into_iter().zip(lines.metas.iter().map(|meta| meta.time)).collect()
}

/// Every batch read again on its own, by its cuts.
fn replayed(tape: &Tape, batches: &[(Resume, Lines)]) -> Vec<(Seen, i64)> {
    let mut before = Resume::START;
    let mut found = Vec::new();
    for (after, lines) in batches {
        let (mut body, mut writer) = (Vec::new(), ShapeWriter::default());
        lines.cuts().for_each(|cut| writer.put(&mut body, &cut));
        let cuts: Vec<Cut> = Cuts::new(&body).collect();
        let mut replay = Replay::new(before);
        let mut again = Lines::default();
        let mut frames = tape.0.iter().skip_while(|(at, ..)| at.position < before.needed().frame);
        for cut in &cuts {
            while !replay.line(cut, &mut again) {
                let (at, stream, payload) = frames.next().expect("a cut beyond the capture");
                let kind = if *stream == Stream::Err { FrameKind::Err } else { FrameKind::Out };
                let (position, wall_ns) = (at.position, at.wall);
                replay.frame(&Frame {
                    kind,
                    flags: FrameFlags::NONE,
                    mono_ns: 0,
                    wall_ns,
                    position,
                    payload,
                });
            }
        }
        found.extend(timed(&again));
        before = *after;
    }
    found
}
