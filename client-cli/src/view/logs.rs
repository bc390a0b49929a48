//! Lines of logs as text: time, who, which stream, what.
//!
//! A line that is still without its end (a prompt) is shown at once and continued when more of it comes; if
//! something else comes first, the rest stands on a line of its own. On a terminal a newer state of a
//! progress line takes the place of the older one. Pure: records in, bytes out.

use brummer_proto::text;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use crate::json::log::{Gap, GapReason, Record, Stream};
use crate::style::Tone;
use crate::time;

/// Longest name that others are padded to.
pub(crate) const NAME_MOST: usize = 20;

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// Every line with the name of its process, padded to this.
    Names(usize),
    /// Only what Brummer itself says is marked.
    MarksOfSys,
    Nothing,
}

/// When it was said.
#[derive(Debug, Clone)]
pub(crate) enum Stamp {
    Nothing,
    /// The clock of whoever reads.
    Clock(TimeZone),
    /// RFC 3339 in UTC.
    Utc,
}

/// What becomes of escape sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// Everything stays.
    Raw,
    /// Colours stay.
    Colours,
    Nothing,
}

/// How lines are printed.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub prefix: Prefix,
    pub stamp: Stamp,
    pub escapes: Escapes,
    /// Our own marks are coloured.
    pub colour: bool,
    /// Columns of the terminal, if it is one.
    pub width: Option<usize>,
}

/// Prints records in order.
#[derive(Debug)]
pub(crate) struct Printer {
    manner: Manner,
    /// A line that has no end yet.
    open: Option<Place>,
    /// The newest line on the terminal, and how many columns it takes.
    newest: Option<(Place, usize)>,
}

/// Which line of which stream of which run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    run: String,
    stream: Stream,
    line: u64,
}

impl Printer {
    pub(crate) const fn new(manner: Manner) -> Self {
        Self { manner, open: None, newest: None }
    }

    pub(crate) fn print(&mut self, record: &Record, out: &mut Vec<u8>) {
        let place = Place { run: record.source.run.clone(), stream: record.stream, line: record.line };
        let body = self.body(record);
        let continues = self.open.as_ref() == Some(&place) && !record.replaces_previous;
        let lead = if continues { String::new() } else { self.lead(record) };
        let takes_its_place = record.replaces_previous && self.take_back(&place, out);
        if !continues && !takes_its_place {
            self.close(out);
        }
        out.extend_from_slice(lead.as_bytes());
        out.extend_from_slice(&body);
        let before = match &self.newest {
            Some((newest, columns)) if continues && *newest == place => Some(*columns),
            _ if continues => None,
            _ => Some(0),
        };
        self.newest =
            before.zip(self.columns(&lead, &body)).map(|(before, columns)| (place.clone(), before + columns));
        if record.part {
            self.open = Some(place);
        } else {
            self.open = None;
            out.push(b'\n');
        }
    }

    /// Ends a line that is still open, before anything else is written.
    pub(crate) fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            out.push(b'\n');
        }
    }

    /// Something else was written to the terminal.
    pub(crate) fn interrupted(&mut self) {
        self.newest = None;
    }

    /// Back to where the replaced state began, and away with it. False if something else stands there.
    fn take_back(&mut self, place: &Place, out: &mut Vec<u8>) -> bool {
        let Some(width) = self.manner.width.filter(|width| *width > 0) else { return false };
        let Some((newest, columns)) = &self.newest else { return false };
        if newest.run != place.run || newest.stream != place.stream {
            return false;
        }
        let rows = columns.div_ceil(width).max(1);
        // An open line leaves the cursor on its last row, an ended one below it.
        match if self.open.take().is_some() { rows - 1 } else { rows } {
            0 => {}
            up => out.extend_from_slice(format!("\u{1b}[{up}A").as_bytes()),
        }
        out.extend_from_slice(b"\r\x1b[0J");
        true
    }

    /// Columns on the terminal, if that can be told.
    fn columns(&self, lead: &str, body: &[u8]) -> Option<usize> {
        if self.manner.width.is_none() || self.manner.escapes == Escapes::Raw || body.contains(&b'\t') {
            return None;
        }
        Some(text::plain(lead.as_bytes()).width() + text::plain(body).width())
    }

    fn lead(&self, record: &Record) -> String {
        let mut lead = match &self.manner.stamp {
            Stamp::Nothing => String::new(),
            Stamp::Clock(zone) => time::clock(record.time_ns, zone) + " ",
            Stamp::Utc => time::rfc3339(record.time_ns, 3) + " ",
        };
        let (mark, tone) = match record.stream {
            Stream::Out => ("|", None),
            Stream::Err => ("!", Some(Tone::Bad)),
            Stream::Sys => ("*", Some(Tone::Dim)),
        };
        let tone = if record.context { Some(Tone::Dim) } else { tone };
        let mark = tone.map_or_else(|| mark.to_owned(), |tone| tone.paint(mark, self.manner.colour));
        match self.manner.prefix {
            Prefix::Names(width) => {
                let name = super::plain_words(&record.source.process);
                let padding = " ".repeat(width.saturating_sub(name.width()));
                lead.push_str(&format!("{name}{padding}  {mark} "));
            }
            Prefix::MarksOfSys if record.stream == Stream::Sys => lead.push_str(&format!("{mark} ")),
            Prefix::MarksOfSys | Prefix::Nothing => {}
        }
        lead
    }

    fn body(&self, record: &Record) -> Vec<u8> {
        match self.manner.escapes {
            Escapes::Raw => record.text.to_vec(),
            Escapes::Colours => text::terminal(&record.text).into_bytes(),
            // A carriage return inside a line would let a terminal write over its beginning.
            Escapes::Nothing if self.manner.width.is_some() => {
                text::plain(&record.text).replace('\r', "\u{240d}").into_bytes()
            }
            Escapes::Nothing => text::plain(&record.text).into_bytes(),
        }
    }
}

/// `api: 151 lines evicted (seq 100-250)`.
pub(crate) fn gap(gap: &Gap) -> String {
    let who = gap.process.as_deref().unwrap_or("logs");
    let how_many = match gap.lines {
        Some(1) => "1 line".to_owned(),
        Some(lines) => format!("{lines} lines"),
        None => "lines".to_owned(),
    };
    let why = match gap.reason {
        Some(GapReason::Evicted) => "evicted",
        Some(GapReason::Behind) => "let go, the daemon was behind",
        Some(GapReason::DiskFull) => "lost, the disk was full",
        Some(GapReason::Live) => "skipped to stay live",
        Some(GapReason::Epoch) => "missing, the cursor is of another epoch",
        Some(GapReason::Cleared) => "cleared",
        None => "missing",
    };
    super::plain_words(&format!("{who}: {how_many} {why} (seq {}-{})", gap.from, gap.to))
}

/// Width of the name column for these processes.
pub(crate) fn name_width<'a>(names: impl IntoIterator<Item = &'a str>) -> usize {
    names.into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0).min(NAME_MOST)
}
