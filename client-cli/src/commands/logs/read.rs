//! Reading back, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use brummer_proto::client::Client;
use brummer_proto::v1;
use v1::anchor::Place;

use super::Sink;
use crate::context::Context;
use crate::failure::Failure;
use crate::json::log::{Gap, Record, Source, Stream, records};

/// Most lines of one page.
const PAGE: u32 = 10_000;

/// Asks for pages under one filter.
pub(crate) struct Reader<'a> {
    pub client: &'a Client,
    pub filter: v1::LogFilter,
    pub announced: bool,
}

/// The newest lines, oldest first.
pub(crate) struct Backlog {
    pub records: Vec<Record>,
    pub gaps: Vec<Gap>,
    /// Cursor behind everything that was looked at.
    pub next: String,
    /// There are older ones.
    pub older: bool,
}

impl Reader<'_> {
    /// The newest lines: `most` of the processes, and among them what Brummer itself says.
    pub(crate) async fn newest(&mut self, context: &mut Context, most: u32) -> Result<Backlog, Failure> {
        let first = self.page(context, Place::Last(true), most.min(PAGE), 0).await?;
        let mut back = Backlog {
            records: first.lines.map(records).unwrap_or_default(),
            gaps: first.gaps.into_iter().map(Gap::from).collect(),
            next: first.last_cursor,
            older: first.more_before,
        };
        let mut cursor = first.first_cursor;
        let counts = Counting::of(&self.filter);
        while back.older {
            let had = counts.lines(&back.records);
            if had >= u64::from(most) {
                break;
            }
            let wanted = u32::try_from(u64::from(most) - had).unwrap_or(PAGE).min(PAGE);
            let page = self.page(context, Place::Cursor(cursor.clone()), wanted, 0).await?;
            back.older = page.more_before && page.first_cursor != cursor;
            cursor = page.first_cursor;
            let mut older = page.lines.map(records).unwrap_or_default();
            let begin = back.records.first().map_or(u64::MAX, |record| record.seq);
            older.retain(|record| record.seq < begin);
            older.append(&mut back.records);
            back.records = older;
            let mut gaps: Vec<Gap> = page.gaps.into_iter().map(Gap::from).collect();
            gaps.append(&mut back.gaps);
            back.gaps = gaps;
        }
        let surplus = counts.surplus(&back.records, most);
        back.older |= surplus > 0;
        back.records.drain(..surplus);
        // What is missing before the first line shown is of no interest to it, unless nothing is shown.
        if let Some(first) = back.records.first() {
            back.gaps.retain(|gap| gap.to >= first.seq || surplus == 0);
        }
        back.gaps.dedup();
        Ok(back)
    }

    /// Everything from a place on, at most `most` lines of the processes; answers the cursor behind it.
    pub(crate) async fn onwards(
        &mut self,
        context: &mut Context,
        from: Place,
        most: Option<u32>,
        sink: &mut Sink,
    ) -> Result<String, Failure> {
        let counts = Counting::of(&self.filter);
        let mut place = from;
        let mut left = most;
        loop {
            let wanted = left.unwrap_or(PAGE).min(PAGE);
            let page = self.page(context, place.clone(), 0, wanted).await?;
            let records = page.lines.map(records).unwrap_or_default();
            let gaps: Vec<Gap> = page.gaps.into_iter().map(Gap::from).collect();
            sink.page(context, &records, &gaps, &page.last_cursor)?;
            if let Some(left) = &mut left {
                *left = left.saturating_sub(u32::try_from(counts.lines(&records)).unwrap_or(u32::MAX));
            }
            let stuck = matches!(&place, Place::Cursor(cursor) if *cursor == page.last_cursor);
            if !page.more_after || left == Some(0) || stuck {
                return Ok(page.last_cursor);
            }
            place = Place::Cursor(page.last_cursor);
        }
    }

    async fn page(
        &mut self,
        context: &mut Context,
        place: Place,
        before: u32,
        after: u32,
    ) -> Result<v1::ReadResponse, Failure> {
        let request = v1::ReadRequest {
            anchor: Some(v1::Anchor { place: Some(place) }),
            before,
            after,
            filter: Some(self.filter.clone()),
        };
        let ask = async |client: &Client| client.logs().read(request.clone()).await;
        let page = context.read(self.client, ask).await?;
        if !self.announced {
            self.announced = true;
            context.announce(page.project.as_ref());
        }
        Ok(page)
    }
}

/// Which records `-n` counts: lines of the processes, the parts of one as one, no context.
struct Counting {
    sys_too: bool,
}

impl Counting {
    fn of(filter: &v1::LogFilter) -> Self {
        // Who asks for nothing but them means them.
        let sys = i32::from(v1::Stream::Sys);
        Self { sys_too: !filter.streams.is_empty() && filter.streams.iter().all(|stream| *stream == sys) }
    }

    fn counts(&self, record: &Record) -> bool {
        !record.context && (self.sys_too || record.stream != Stream::Sys)
    }

    fn lines(&self, records: &[Record]) -> u64 {
        let lines: HashSet<(&Arc<Source>, u64)> =
            records.iter().filter(|record| self.counts(record)).map(|r| (&r.source, r.line)).collect();
        lines.len() as u64
    }

    /// How many records at the front are more than `most` lines.
    fn surplus(&self, records: &[Record], most: u32) -> usize {
        let most = most as usize;
        let mut seen: HashSet<(&Arc<Source>, u64)> = HashSet::new();
        let mut begin = records.len();
        for (at, record) in records.iter().enumerate().rev() {
            if self.counts(record) {
                let line = (&record.source, record.line);
                if seen.len() == most && !seen.contains(&line) {
                    return begin;
                }
                seen.insert(line);
                begin = at;
            } else if record.context || seen.len() < most {
                // Context stands before its match, and what Brummer says belongs to what is shown around it.
                begin = if most == 0 { begin } else { at };
            }
        }
        begin
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    /// `o1` = line 1 of out, `s2` = line 2 of sys, `c3` = line 3 as context, `p4` = a part of line 4.
    fn lines(text: &str) -> Vec<Record> {
        let source = Arc::new(Source { run: "r".to_owned(), ..Source::default() });
        let record = |(seq, word): (usize, &str)| Record {
            source: source.clone(),
            seq: seq as u64,
            line: word[1..].parse().unwrap(),
            stream: if word.starts_with('s') { Stream::Sys } else { Stream::Out },
            time_ns: 0,
            level: None,
            text: Bytes::new(),
            part: word.starts_with('p'),
            replaces_previous: false,
            after_exit: false,
            context: word.starts_with('c'),
        };
        text.split_whitespace().enumerate().map(record).collect()
    }

    #[test]
    fn only_lines_of_the_processes_count() {
        let counts = Counting { sys_too: false };
        for (text, most, shown) in [
            ("o1 o2 o3", 2, "o2 o3"),
            ("o1 o2 o3", 3, "o1 o2 o3"),
            ("o1 o2 o3", 9, "o1 o2 o3"),
            ("o1 o2 o3", 0, ""),
            ("s1 o2 s3 o4 s5", 2, "o2 s3 o4 s5"),
            ("s1 o2 s3 o4 s5", 1, "o4 s5"),
            ("s1 o2 s3", 1, "o2 s3"),
            ("s1 o2", 5, "s1 o2"),
            ("o1 s2 s3", 0, ""),
            ("p1 p1 o1 o2", 2, "p1 p1 o1 o2"),
            ("o0 p1 p1 o1 o2", 2, "p1 p1 o1 o2"),
            ("o1 c2 o3", 1, "c2 o3"),
        ] {
            let records = lines(text);
            let surplus = counts.surplus(&records, most);
            let expected = lines(shown).len();
            assert_eq!(records.len() - surplus, expected, "{text} -n {most}");
        }
        assert_eq!(counts.lines(&lines("s1 p2 o2 c3 o4")), 2);
        assert_eq!(Counting { sys_too: true }.lines(&lines("s1 s2")), 2);
    }
}
