//! Messages in, state and effects out.

mod acts;
mod lines;
mod selectors;
mod table;

use crate::model::log::Entry;
use crate::testkit::line;

fn numbered(from: u64, to: u64) -> Vec<Entry> {
    (from..=to).map(|seq| Entry::Line(line("web", seq, &format!("line {seq}")))).collect()
}
