//! One line after the other in, level and findings out. Pure: no clock, no tasks, no files.

mod opening;

use std::ops::Range;

use brummer_event::{Level, Stream, WallNs};

use crate::incidents::group::{self, Group};
use crate::incidents::python::{self, Traceback};
use crate::incidents::rust::{Diagnostic, Panic};
use crate::incidents::{Change, Shape, Step, fingerprint, javascript};
use crate::level::{self, Tool};
use crate::prefilter::{self, Scout};
use crate::{Findings, FoundUrl, IncidentDraft, Language, Place, strip, urls};

/// Bytes of a line that are looked at closely; marks stand at the head.
const MOST_BYTES: usize = 16 * 1024;
/// URLs of one line.
const MOST_URLS: usize = 8;
/// The same URL is handed out once in this time.
const URL_PAUSE: WallNs = 1_000_000_000;
/// URLs remembered for that.
const RECENT_URLS: usize = 16;

/// What a classifier must know about the project.
#[derive(Debug, Clone, Default)]
pub struct ClassifierContext {
    /// Absolute; files of errors are told relative to it.
    pub project_dir: Option<String>,
    /// Name of this machine: URLs with it are its own.
    pub host_name: Option<String>,
}

/// Understands the lines of one run. One per run; groups of its streams do not mix.
#[derive(Debug)]
pub struct Classifier {
    context: ClassifierContext,
    out: StreamState,
    err: StreamState,
    next_key: u64,
    recent_urls: Vec<(u64, WallNs)>,
}

#[derive(Debug, Default)]
struct StreamState {
    open: Option<Group>,
    /// `/app/x.js:3`, and the number of the line that said it.
    announced: Option<(u64, Place)>,
}

/// One line and where it stands.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    number: u64,
    time: WallNs,
}

impl Classifier {
    pub fn new(context: ClassifierContext) -> Self {
        Self {
            context,
            out: StreamState::default(),
            err: StreamState::default(),
            next_key: 1,
            recent_urls: Vec::with_capacity(RECENT_URLS),
        }
    }

    /// Takes the complete line `number` of the run (raw bytes without line end, escapes and bad UTF-8
    /// allowed) and answers its level. What it reveals is added to `out`. Does not allocate for plain
    /// lines. Lines of [`Stream::Sys`] are Brummer's own words and always info.
    pub fn line(
        &mut self,
        stream: Stream,
        number: u64,
        time: WallNs,
        text: &[u8],
        out: &mut Findings,
    ) -> Level {
        let plain = |text: &[u8]| !prefilter::is_candidate(text) && !may_announce(text);
        if stream == Stream::Sys || (!self.is_open(stream) && plain(text)) {
            return Level::Info;
        }
        self.closely(stream, number, time, text, out)
    }

    /// [`Classifier::line`] for one of many lines that `scout` looks through: the same answer, in a fraction of
    /// the time.
    #[inline]
    pub fn line_among(
        &mut self,
        stream: Stream,
        number: u64,
        time: WallNs,
        (scout, part): (&mut Scout<'_>, Range<usize>),
        out: &mut Findings,
    ) -> Level {
        let text = scout.line(part.clone());
        let plain = stream == Stream::Sys
            || (!self.is_open(stream) && !scout.is_candidate(part) && !may_announce(text));
        if plain { Level::Info } else { self.closely(stream, number, time, text, out) }
    }

    #[inline]
    fn is_open(&self, stream: Stream) -> bool {
        let state = if stream == Stream::Err { &self.err } else { &self.out };
        state.open.is_some()
    }

    /// A line that may mean something.
    fn closely(
        &mut self,
        stream: Stream,
        number: u64,
        time: WallNs,
        text: &[u8],
        out: &mut Findings,
    ) -> Level {
        let clean = strip::strip(text.get(..MOST_BYTES).unwrap_or(text));
        let line = Line { text: &clean, number, time };
        let state = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        if let Some(level) = continued(state, line, &self.context, &mut self.next_key, out) {
            return level;
        }
        self.head(stream, line, out)
    }

    /// Closes the groups whose time is over at `now` ([`i64::MAX`] at the end of the run: all). Call it
    /// when [`Classifier::deadline`] passes.
    pub fn flush(&mut self, now: WallNs, out: &mut Findings) {
        for state in [&mut self.out, &mut self.err] {
            if let Some(group) = state.open.take_if(|group| group.is_over(now)) {
                group.close(out);
            }
        }
    }

    /// When [`Classifier::flush`] has something to hand out that no further line may bring: a group is
    /// open that could not be named yet.
    pub fn deadline(&self) -> Option<WallNs> {
        [&self.out, &self.err]
            .into_iter()
            .filter_map(|state| state.open.as_ref())
            .filter(|group| !group.reported && !group.muted)
            .map(|group| group.last_time.saturating_add(group::SILENCE + 1))
            .min()
    }

    fn state(&mut self, stream: Stream) -> &mut StreamState {
        if stream == Stream::Err { &mut self.err } else { &mut self.out }
    }

    /// A line that belongs to no open group.
    fn head(&mut self, stream: Stream, line: Line<'_>, out: &mut Findings) -> Level {
        if let Some(place) = javascript::announced(line.text) {
            self.state(stream).announced = Some((line.number, place));
            return Level::Info;
        }
        let body = level::without_prefix(line.text);
        if let Some(level) = self.traceback(stream, line, body, out) {
            return level;
        }
        if let Some((panic, change)) = Panic::open(body) {
            let draft = self.draft(line, Level::Fatal, "panic", "");
            self.open(stream, Shape::Panic(panic), draft, change, line, out);
            return Level::Fatal;
        }
        let Some(mark) = level::mark(line.text) else {
            self.urls(line, out);
            return Level::Info;
        };
        let level = mark.level;
        if level >= Level::Error {
            if !mark.summary {
                self.error(stream, line, mark, out);
            } else {
                self.replace(stream, None, out);
            }
            return level;
        }
        if level == Level::Warn && mark.tool == Tool::Bare {
            let mut group = Group::new(
                Shape::Rustc(Diagnostic::default()),
                self.draft(line, level, "warning", ""),
                prefix_of(line.text),
            );
            group.muted = true;
            self.replace(stream, Some(group), out);
        }
        if level <= Level::Info {
            self.urls(line, out);
        }
        level
    }

    /// A Python traceback begins, perhaps right below the log line that announced it.
    fn traceback(&mut self, stream: Stream, line: Line<'_>, body: &str, out: &mut Findings) -> Option<Level> {
        let syntax = python::frame(body).filter(|frame| frame.function.is_none());
        if !python::is_head(body) && syntax.is_none() {
            return None;
        }
        let change =
            syntax.map(|frame| Change { place: Some(frame.place.clone()), ..Change::frame(Some(frame)) });
        // By field, not through `state()`: the context is read while the group is changed.
        let state = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        let dir = self.context.project_dir.as_deref();
        if let Some(open) = &mut state.open
            && matches!(&open.shape, Shape::Stack(stack) if stack.is_fresh())
        {
            open.shape = Shape::Python(Traceback::open());
            open.join(change.unwrap_or_default(), line.number, line.time, dir, out);
            return Some(open.draft.level);
        }
        let mut draft = self.draft(line, Level::Error, "error", "Traceback");
        draft.language = Some(Language::Python);
        draft.head_fingerprint = fingerprint::of(&draft);
        if let Some(change) = change {
            group::apply(&mut draft, &group::relative(change, self.context.project_dir.as_deref()));
        }
        let group = Group::new(Shape::Python(Traceback::open()), draft, prefix_of(line.text));
        self.replace(stream, Some(group), out);
        Some(Level::Error)
    }

    fn draft(&mut self, line: Line<'_>, level: Level, kind: &str, message: &str) -> IncidentDraft {
        let key = self.next_key;
        self.next_key += 1;
        group::draft(key, line.number, line.time, level, kind, message)
    }

    /// Opens a group and hands its first draft out.
    fn open(
        &mut self,
        stream: Stream,
        shape: Shape,
        mut draft: IncidentDraft,
        change: Change,
        line: Line<'_>,
        out: &mut Findings,
    ) {
        group::apply(&mut draft, &group::relative(change, self.context.project_dir.as_deref()));
        draft.head_fingerprint = draft.fingerprint;
        self.replace(stream, None, out);
        let mut group = Group::new(shape, draft, prefix_of(line.text));
        group.report(out);
        self.state(stream).open = Some(group);
    }

    fn replace(&mut self, stream: Stream, group: Option<Group>, out: &mut Findings) {
        if let Some(old) = std::mem::replace(&mut self.state(stream).open, group) {
            old.close(out);
        }
    }

    fn urls(&mut self, line: Line<'_>, out: &mut Findings) {
        for url in urls::find(line.text).take(MOST_URLS) {
            if urls::is_request(url.before) {
                continue;
            }
            let Some(text) = urls::endpoint(&url, self.context.host_name.as_deref()) else { continue };
            if self.told_recently(&text, line.time) {
                continue;
            }
            let label = urls::label(url.before);
            out.urls.push(FoundUrl { line: line.number, time: line.time, url: text, label });
        }
    }

    fn told_recently(&mut self, url: &str, time: WallNs) -> bool {
        let hash = fingerprint::text(url);
        if let Some(known) = self.recent_urls.iter_mut().find(|(known, _)| *known == hash) {
            let recent = time.saturating_sub(known.1) < URL_PAUSE;
            if !recent {
                known.1 = time;
            }
            return recent;
        }
        if self.recent_urls.len() == RECENT_URLS {
            self.recent_urls.remove(0);
        }
        self.recent_urls.push((hash, time));
        false
    }
}

/// Gives the line to the open group; its level, if it is a part.
fn continued(
    state: &mut StreamState,
    line: Line<'_>,
    context: &ClassifierContext,
    next_key: &mut u64,
    out: &mut Findings,
) -> Option<Level> {
    if let Some(group) = state.open.take_if(|group| group.is_over(line.time)) {
        group.close(out);
    }
    let group = state.open.as_mut()?;
    let level = group.draft.level;
    let step = group.shape.step(group.body(line.text), group.draft.place.is_some());
    let dir = context.project_dir.as_deref();
    match step {
        Step::Join(change) if change.another => {
            // The same report goes on with another error: as if its head were told again.
            let key = *next_key;
            *next_key += 1;
            let mut draft = group::draft(key, line.number, line.time, level, &group.draft.kind, "");
            let shape = std::mem::replace(&mut group.shape, Shape::Indented);
            let mut next = Group::new(
                shape,
                IncidentDraft { language: group.draft.language, ..draft.clone() },
                &group.prefix,
            );
            group::apply(&mut next.draft, &group::relative(change, dir));
            draft.fingerprint = next.draft.fingerprint;
            next.draft.head_fingerprint = draft.fingerprint;
            next.report(out);
            if let Some(old) = state.open.replace(next) {
                old.close(out);
            }
            Some(level)
        }
        Step::Join(change) => {
            group.join(change, line.number, line.time, dir, out);
            Some(level)
        }
        Step::Last(change) => {
            group.join(change, line.number, line.time, dir, out);
            if let Some(group) = state.open.take() {
                group.close(out);
            }
            Some(level)
        }
        Step::Stray => {
            group.last_time = line.time;
            None
        }
        Step::Leave => {
            if let Some(group) = state.open.take() {
                group.close(out);
            }
            None
        }
    }
}

/// What stands before each line of a group that a runner prefixes: `[api] `, `web_1  | `; nothing where a
/// clock is part of it, since the next line has another.
fn prefix_of(line: &str) -> &str {
    let rest = level::without_prefix(line);
    let prefix = line.get(..line.len() - rest.len()).unwrap_or("");
    let framed = prefix.trim_start().starts_with('[') || prefix.contains('|');
    let clock = prefix.bytes().filter(u8::is_ascii_digit).count() >= 4;
    if framed && !clock && prefix != "[vite] " { prefix } else { "" }
}

#[inline]
fn may_announce(text: &[u8]) -> bool {
    text.last().is_some_and(u8::is_ascii_digit)
        && (text.first() == Some(&b'/') || text.starts_with(b"file:///"))
}
