//! What lines mean: any line of any stream has a level; text for people and terminals is harmless.
#![no_main]

use brummer_event::Stream;
use brummer_insight::{Classifier, ClassifierContext, Findings, Scout, sgr_only, strip};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut one = Classifier::new(ClassifierContext::default());
    let mut among = Classifier::new(ClassifierContext::default());
    let (mut found, mut also) = (Findings::default(), Findings::default());
    let mut scout = Scout::new(data);
    let mut start = 0;
    for (number, line) in data.split(|byte| *byte == b'\n').enumerate() {
        let part = start..start + line.len();
        start = part.end + 1;
        let (number, time) = (number as u64 + 1, number as i64 * 100_000_000);
        let stream = if line.len() % 3 == 0 { Stream::Err } else { Stream::Out };
        let level = one.line(stream, number, time, line, &mut found);
        assert_eq!(level, among.line_among(stream, number, time, (&mut scout, part), &mut also));
        assert!(!strip(line).contains('\u{1b}'), "{line:?}");
        let shown = sgr_only(line);
        for (at, _) in shown.match_indices('\u{1b}') {
            assert!(shown[at..].starts_with("\u{1b}["), "{shown:?}");
        }
    }
    one.flush(i64::MAX, &mut found);
    among.flush(i64::MAX, &mut also);
    assert_eq!(format!("{found:?}"), format!("{also:?}"));
});
