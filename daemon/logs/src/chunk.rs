//! Lines in memory: one buffer of text and 24 bytes a line, no allocation per line. [`Lines`] is being
//! filled, a [`Chunk`] is numbered, immutable and shared by every reader. Pure.

use brummer_event::{Gap, GapReason, Level, LineFlags, LineSeq, ProcessKey, RunId, Stream, WallNs};
use bytes::Bytes;

use crate::LineView;
use crate::pool::{Pooled, Pools};
use crate::record::Cut;

/// One line of a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineMeta {
    pub time: WallNs,
    /// Number in the run.
    pub line: u64,
    /// Where its text ends in the buffer (it begins where the one before ends).
    pub end: u32,
    pub stream: Stream,
    pub level: Level,
    pub flags: LineFlags,
    /// Bytes of the line end; [`PECULIAR`] if there is more to say about how it was cut.
    pub ending: u8,
}

/// See [`Lines::peculiar`].
pub(crate) const PECULIAR: u8 = u8::MAX;

/// What is unusual about how a line was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peculiar {
    /// Index of the line in its buffer.
    pub index: usize,
    pub skip: u64,
    /// Bytes in the capture, where the text is not just those.
    pub length: Option<u64>,
    pub end: u64,
    pub gap: Option<(GapReason, u64)>,
}

/// Lines being collected.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub text: Vec<u8>,
    pub metas: Vec<LineMeta>,
    /// In order of index.
    pub peculiar: Vec<Peculiar>,
    /// Where the buffers go in the end; nowhere if they are only read and dropped.
    pub pools: Option<Pools>,
}

impl Lines {
    /// Room for about so many bytes and lines.
    pub(crate) fn with_capacity((bytes, lines): (usize, usize)) -> Self {
        Self { text: Vec::with_capacity(bytes), metas: Vec::with_capacity(lines), ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.metas.len()
    }

    /// Where the text of the next line will begin.
    fn end(&self) -> u32 {
        // Buffers are bounded far below 4 GiB: by the quantum of a turn and the longest part.
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    pub(crate) fn push(
        &mut self,
        text: &[u8],
        line: u64,
        time: WallNs,
        stream: Stream,
        flags: LineFlags,
        ending: u8,
    ) {
        self.text.extend_from_slice(text);
        let end = self.end();
        self.metas.push(LineMeta { time, line, end, stream, level: Level::Info, flags, ending });
    }

    /// As [`Lines::push`], for a line whose cut needs more words.
    pub(crate) fn push_peculiar(
        &mut self,
        text: &[u8],
        line: u64,
        time: WallNs,
        stream: Stream,
        flags: LineFlags,
        peculiar: Peculiar,
    ) {
        self.peculiar.push(Peculiar { index: self.metas.len(), ..peculiar });
        self.push(text, line, time, stream, flags, PECULIAR);
    }

    /// How each line is cut, in order, with its text.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = Cut> + '_ {
        let mut peculiar = self.peculiar.iter();
        let mut start = 0;
        self.metas.iter().map(move |meta| {
            let length = u64::from(meta.end - start);
            start = meta.end;
            let plain = Cut {
                stream: meta.stream,
                level: meta.level,
                flags: meta.flags,
                skip: 0,
                length,
                end: u64::from(meta.ending),
                gap: None,
            };
            if meta.ending != PECULIAR {
                return plain;
            }
            peculiar.next().map_or(plain, |more| Cut {
                skip: more.skip,
                length: more.length.unwrap_or(length),
                end: more.end,
                gap: more.gap,
                ..plain
            })
        })
    }

    /// Numbers the lines from `seq` on.
    pub(crate) fn into_chunk(self, key: ProcessKey, run: RunId, seq: LineSeq) -> Chunk {
        let Self { mut text, mut metas, peculiar, pools } = self;
        // What was reserved and not used would be kept as long as the lines.
        if text.capacity() > text.len() + text.len() / 4 + 64 {
            text.shrink_to_fit();
        }
        if metas.capacity() > metas.len() + metas.len() / 4 + 4 {
            metas.shrink_to_fit();
        }
        let gaps = peculiar
            .iter()
            .filter_map(|more| {
                let (reason, bytes) = more.gap?;
                Some(GapAt { at: more.index, reason, bytes })
            })
            .collect();
        let (text, metas) = match pools {
            Some(Pools { text: texts, metas: pool }) => {
                (Bytes::from_owner(Pooled::new(text, Some(texts))), Pooled::new(metas, Some(pool)))
            }
            None => (text.into(), Pooled::new(metas, None)),
        };
        Chunk { key, run, spans: vec![Span { at: 0, seq }], metas, text, gaps }
    }
}

/// From line `at` on, numbers count up from `seq`.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: usize,
    seq: LineSeq,
}

/// A place where something is missing.
#[derive(Debug, Clone, Copy)]
struct GapAt {
    at: usize,
    reason: GapReason,
    #[expect(dead_code, reason = "told by the debugger only; the wire's gap counts lines")]
    bytes: u64,
}

/// Consecutive lines of one run, numbered.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub key: ProcessKey,
    pub run: RunId,
    /// In order, at least one.
    spans: Vec<Span>,
    metas: Pooled<LineMeta>,
    text: Bytes,
    gaps: Vec<GapAt>,
}

impl Chunk {
    /// Lines and gaps.
    pub(crate) fn len(&self) -> usize {
        self.metas.len()
    }

    /// What it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.metas.len() * size_of::<LineMeta>() + 160
    }

    /// The number of line `at`.
    pub(crate) fn seq(&self, at: usize) -> LineSeq {
        let span = self.spans.partition_point(|span| span.at <= at).checked_sub(1);
        span.and_then(|span| self.spans.get(span)).map_or(0, |span| span.seq + (at - span.at) as u64)
    }

    pub(crate) fn first_seq(&self) -> LineSeq {
        self.seq(0)
    }

    pub(crate) fn last_seq(&self) -> LineSeq {
        self.seq(self.metas.len().saturating_sub(1))
    }

    /// The first line with a number greater than `seq`.
    pub(crate) fn after(&self, seq: LineSeq) -> usize {
        let (mut low, mut high) = (0, self.metas.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.seq(middle) <= seq {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The number of the first record of line `line` of the run, if it is here.
    pub(crate) fn seq_of_line(&self, line: u64) -> Option<LineSeq> {
        let first = self.metas.first()?.line;
        // Without parts and gaps lines count up by one.
        let guess = line.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        let plain = guess
            .filter(|at| self.gaps.is_empty() && self.metas.get(*at).is_some_and(|meta| meta.line == line));
        plain.or_else(|| self.metas.iter().position(|meta| meta.line == line)).map(|at| self.seq(at))
    }

    pub(crate) fn meta(&self, at: usize) -> Option<&LineMeta> {
        self.metas.get(at)
    }

    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let start = at.checked_sub(1).and_then(|before| self.metas.get(before)).map_or(0, |meta| meta.end);
        let end = self.metas.get(at).map_or(start, |meta| meta.end);
        start as usize..end as usize
    }

    pub(crate) fn text(&self, at: usize) -> &[u8] {
        self.text.get(self.range(at)).unwrap_or(&[])
    }

    /// The texts of all lines, one behind the other.
    pub(crate) fn whole_text(&self) -> &[u8] {
        &self.text
    }

    /// The gap that stands in the place of line `at`, if one does.
    pub(crate) fn gap(&self, at: usize) -> Option<Gap> {
        let found = self.gaps.iter().find(|gap| gap.at == at)?;
        let seq = self.seq(at);
        Some(Gap {
            from: seq,
            to: seq,
            lines: None,
            project: Some(self.key.project.clone()),
            process: Some(self.key.name.clone()),
            run: Some(self.run),
            reason: found.reason,
        })
    }

    /// Line `at` as readers get it; shares the text.
    pub(crate) fn view(&self, at: usize) -> Option<LineView> {
        let meta = self.metas.get(at)?;
        let range = self.range(at);
        Some(LineView {
            seq: self.seq(at),
            line: meta.line,
            key: self.key.clone(),
            run: self.run,
            stream: meta.stream,
            time: meta.time,
            level: meta.level,
            flags: meta.flags,
            context: false,
            text: if range.end <= self.text.len() { self.text.slice(range) } else { Bytes::new() },
        })
    }

    /// Puts chunks of one run, in order, into one.
    pub(crate) fn join(chunks: &[std::sync::Arc<Self>]) -> Option<Self> {
        let first = chunks.first()?;
        let mut text = Vec::with_capacity(chunks.iter().map(|chunk| chunk.text.len()).sum());
        let mut metas = Vec::with_capacity(chunks.iter().map(|chunk| chunk.metas.len()).sum());
        let (mut spans, mut gaps) = (Vec::<Span>::new(), Vec::new());
        for chunk in chunks {
            let (base, at) = (text.len(), metas.len());
            let base = u32::try_from(base).ok()?;
            text.extend_from_slice(&chunk.text);
            metas.extend(chunk.metas.iter().map(|meta| LineMeta { end: meta.end + base, ..*meta }));
            gaps.extend(chunk.gaps.iter().map(|gap| GapAt { at: gap.at + at, ..*gap }));
            for span in &chunk.spans {
                // Numbers that simply go on need no span of their own.
                let goes_on =
                    spans.last().is_some_and(|last| last.seq + (span.at + at - last.at) as u64 == span.seq);
                if !goes_on {
                    spans.push(Span { at: span.at + at, seq: span.seq });
                }
            }
        }
        let metas = Pooled::new(metas, None);
        Some(Self { key: first.key.clone(), run: first.run, spans, metas, text: text.into(), gaps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn chunk(seq: u64, texts: &[&str]) -> Arc<Chunk> {
        let mut lines = Lines::default();
        for (number, text) in (1u64..).zip(texts) {
            lines.push(text.as_bytes(), number, 5, Stream::Out, LineFlags::NONE, 1);
        }
        Arc::new(lines.into_chunk(ProcessKey::new("p", "a"), RunId::from_u128(1), seq))
    }

    #[test]
    fn a_joined_chunk_says_the_same_as_its_parts() {
        let parts = [chunk(10, &["a", "bb"]), chunk(12, &["", "ccc"]), chunk(20, &["d"])];
        let joined = Chunk::join(&parts).unwrap();
        let expected: Vec<LineView> =
            parts.iter().flat_map(|part| (0..part.len()).filter_map(|at| part.view(at))).collect();
        let found: Vec<LineView> = (0..joined.len()).filter_map(|at| joined.view(at)).collect();
        assert_eq!(found, expected);
        assert_eq!(joined.spans.len(), 2, "10..=13 are one span");
        assert_eq!((joined.first_seq(), joined.last_seq()), (10, 20));
    }

    #[test]
    fn places_behind_a_number() {
        let joined = Chunk::join(&[chunk(10, &["a", "b"]), chunk(20, &["c"])]).unwrap();
        for (seq, expected) in [(0, 0), (9, 0), (10, 1), (11, 2), (15, 2), (19, 2), (20, 3), (99, 3)] {
            assert_eq!(joined.after(seq), expected, "{seq}");
        }
    }
}
