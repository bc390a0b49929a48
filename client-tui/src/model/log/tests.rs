use proptest::prelude::*;

use super::*;

pub(super) fn line(seq: u64, text: &str) -> Line {
    Line {
        source: Arc::new(Source { process: "web".into(), run: "r1".into() }),
        seq,
        last_seq: seq,
        number: seq,
        stream: Stream::Out,
        time_ns: i64::try_from(seq).unwrap() * 1_000_000,
        level: None,
        text: Bytes::copy_from_slice(text.as_bytes()),
        part: false,
        replaces: false,
        after_exit: false,
    }
}

fn entry(seq: u64) -> Entry {
    Entry::Line(line(seq, &format!("line {seq}")))
}

fn texts(pane: &LogPane) -> Vec<String> {
    pane.entries
        .iter()
        .map(|entry| match entry {
            Entry::Line(line) => String::from_utf8_lossy(&line.text).into_owned(),
            Entry::Gap(gap) => format!("gap {}-{}", gap.from, gap.to),
        })
        .collect()
}

fn seqs(pane: &LogPane) -> Vec<u64> {
    pane.entries.iter().map(Entry::first_seq).collect()
}

#[test]
fn a_progress_line_shows_its_newest_state_only() {
    let mut pane = LogPane::default();
    let mut other = line(3, "meanwhile");
    other.source = Arc::new(Source { process: "api".into(), run: "r2".into() });
    let state = |seq, text| Entry::Line(Line { replaces: true, ..line(seq, text) });
    pane.arrive(vec![entry(1), Entry::Line(line(2, "10%")), Entry::Line(other), state(4, "50%")], 60);
    assert_eq!(texts(&pane), ["line 1", "meanwhile", "50%"]);
    pane.arrive(vec![state(5, "100%")], 60);
    assert_eq!(texts(&pane), ["line 1", "meanwhile", "100%"]);
}

#[test]
fn parts_are_joined() {
    let mut pane = LogPane::default();
    let part = |seq, text, part| Entry::Line(Line { part, number: 7, ..line(seq, text) });
    pane.arrive(vec![part(1, "name? ", true), part(2, "bob", true), part(3, "!", false), entry(8)], 60);
    assert_eq!(texts(&pane), ["name? bob!", "line 8"]);
    assert_eq!(pane.entries[0].last_seq(), 3);
}

#[test]
fn held_nothing_kept_changes_until_followed() {
    let mut pane = LogPane::default();
    pane.arrive(vec![Entry::Line(line(1, "10%"))], 60);
    pane.hold(0);
    pane.arrive(vec![Entry::Line(Line { replaces: true, ..line(2, "50%") }), entry(3)], 60);
    assert_eq!(texts(&pane), ["10%", "50%", "line 3"]);
    assert_eq!(pane.mode, Mode::Hold { new_lines: 1 });
    pane.follow();
    assert_eq!(texts(&pane), ["50%", "line 3"]);
}

#[test]
fn the_bound_holds_and_what_is_beyond_is_counted() {
    let mut pane = LogPane::default();
    pane.arrive((1..=100).map(entry).collect(), 60);
    assert_eq!((pane.entries.len(), pane.entries[0].first_seq(), pane.more_before), (60, 41, true));
    pane.hold(0);
    pane.arrive((101..=142).map(entry).collect(), 60);
    assert_eq!(pane.entries.len(), 60);
    assert_eq!((pane.mode, pane.detached), (Mode::Hold { new_lines: 42 }, true));
    let opening = pane.opening;
    pane.follow();
    assert_eq!(pane.opening, opening + 1, "the newest have to be asked for");
    assert_eq!(pane.entries.len(), 60, "what is kept stays until they come");
    pane.arrive((140..=142).map(entry).collect(), 60);
    assert_eq!(seqs(&pane), [140, 141, 142]);
}

#[test]
fn lines_that_a_live_tail_skipped_are_counted() {
    let mut pane = LogPane::default();
    pane.hold(0);
    pane.arrive(vec![entry(0), entry(1)], 60);
    assert_eq!(pane.mode, Mode::Hold { new_lines: 0 }, "what a stream begins with is not new");
    let gap = |reason| Entry::Gap(Gap { from: 1, to: 9, lines: Some(9), process: String::new(), reason });
    pane.arrive(vec![gap("live"), gap("evicted"), entry(10)], 60);
    assert_eq!(pane.mode, Mode::Hold { new_lines: 10 });
}

#[test]
fn pages_fit_on_both_sides() {
    let mut pane = LogPane::default();
    pane.arrive((50..=59).map(entry).collect(), 60);
    pane.hold(0);
    pane.cursor = 2;
    let page = Page { entries: (30..=52).map(entry).collect(), more_before: true, ..Page::default() };
    pane.place(page, Purpose::Before, 60);
    assert_eq!(seqs(&pane), (30..=59).collect::<Vec<_>>(), "what was there already is not doubled");
    assert_eq!(pane.entries[pane.cursor].first_seq(), 52);
    let page = Page { entries: (60..=100).map(entry).collect(), more_after: true, ..Page::default() };
    pane.place(page, Purpose::Behind, 60);
    assert_eq!(pane.entries[pane.cursor].first_seq(), 52);
    assert_eq!(pane.entries.len(), 60);
    assert!(pane.detached);
}

#[test]
fn a_page_reaches_the_stream_again() {
    let mut pane = LogPane::default();
    pane.arrive((1..=60).map(entry).collect(), 60);
    pane.hold(0);
    pane.arrive((61..=70).map(entry).collect(), 60);
    assert!(pane.detached);
    pane.cursor = 59;
    pane.place(Page { entries: (61..=70).map(entry).collect(), ..Page::default() }, Purpose::Behind, 60);
    assert!(!pane.detached);
    pane.arrive(vec![entry(71)], 61);
    assert_eq!(seqs(&pane), (11..=71).collect::<Vec<_>>());
}

proptest! {
    /// Whatever arrives and whatever pages come, the entry under the cursor stays it, at its row, and the
    /// bound holds.
    #[test]
    fn the_entry_under_the_cursor_stays(
        start in 1_u64..80, place in 0_usize..60, row in 0_usize..10,
        batches in prop::collection::vec((0_u8..4, 1_u64..40), 1..12),
    ) {
        let mut pane = LogPane::default();
        let mut next = 1000;
        pane.arrive((next..next + start).map(entry).collect(), 60);
        next += start;
        pane.cursor = place.min(pane.entries.len() - 1);
        pane.hold(row);
        let under = pane.entries[pane.cursor].clone();
        for (kind, size) in batches {
            let first = pane.entries[0].first_seq();
            let last = pane.entries.back().unwrap().last_seq();
            match kind {
                0 => {
                    pane.arrive((next..next + size).map(entry).collect(), 60);
                    next += size;
                }
                1 => {
                    let again = Entry::Line(Line { replaces: true, ..line(next, "again") });
                    pane.arrive(vec![again], 60);
                    next += 1;
                }
                2 => {
                    let page = Page {
                        entries: (first - size..first + 2).map(entry).collect(), more_before: true, ..Page::default()
                    };
                    pane.place(page, Purpose::Before, 60);
                }
                _ => {
                    let entries = (last - 1..(last + size).min(next)).map(entry).collect();
                    pane.place(Page { entries, ..Page::default() }, Purpose::Behind, 60);
                }
            }
            prop_assert_eq!(&pane.entries[pane.cursor], &under);
            prop_assert_eq!(pane.row, row);
            prop_assert!(pane.entries.len() <= 60);
        }
    }
}
