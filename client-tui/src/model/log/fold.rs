//! One line for what the daemon publishes in several records: the newest state of a progress line, and the
//! joined parts of a line without an end. Pure.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::{Entry, Line};

/// Longest line that parts are joined to; a longer one is shown in several rows.
const LONGEST: usize = 16 * 1024;
/// How far back an earlier state is looked for.
const REACH: usize = 1000;

/// Adds an entry behind `entries`; an earlier state of it gives way, an unfinished line is continued.
pub(crate) fn fold_into(entries: &mut VecDeque<Entry>, entry: Entry) {
    let Entry::Line(line) = entry else {
        entries.push_back(entry);
        return;
    };
    let before = entries.iter().enumerate().rev().take(REACH).find_map(|(index, known)| match known {
        Entry::Line(known) if known.stream == line.stream && known.source.run == line.source.run => {
            Some((index, known))
        }
        _ => None,
    });
    match before {
        Some((index, _)) if line.replaces => {
            entries.remove(index);
            entries.push_back(Entry::Line(line));
        }
        Some((index, known)) if continues(known, &line) => {
            if let Some(Entry::Line(known)) = entries.get_mut(index) {
                join(known, &line);
            }
        }
        _ => entries.push_back(Entry::Line(line)),
    }
}

fn continues(known: &Line, line: &Line) -> bool {
    known.part && known.number == line.number && known.text.len() + line.text.len() <= LONGEST
}

fn join(known: &mut Line, line: &Line) {
    let mut text = BytesMut::with_capacity(known.text.len() + line.text.len());
    text.extend_from_slice(&known.text);
    text.extend_from_slice(&line.text);
    known.text = Bytes::from(text);
    known.part = line.part;
    known.last_seq = line.last_seq;
    known.level = line.level.max(known.level);
}
