//! The open error of one stream: takes what its lines add and keeps the handed-out draft in step. Pure.

use brummer_event::{Level, WallNs};

use crate::incidents::{Change, Shape, fingerprint, paths, python};
use crate::{Findings, IncidentDraft};

/// Silence after which a group is over.
pub(crate) const SILENCE: WallNs = 1_000_000_000;
/// Lines of one group.
const MOST_LINES: u32 = 400;
/// How many of the newest drafts are looked through for the same error told again.
const NEAR: usize = 8;

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) shape: Shape,
    pub(crate) draft: IncidentDraft,
    /// Only there for the level of its lines: a warning.
    pub(crate) muted: bool,
    /// A draft of it was handed out.
    pub(crate) reported: bool,
    pub(crate) last_time: WallNs,
    /// What stood before the head of each line: `[api] `.
    pub(crate) prefix: String,
    lines: u32,
}

impl Group {
    pub(crate) fn new(shape: Shape, draft: IncidentDraft, prefix: &str) -> Self {
        let last_time = draft.time;
        Self { shape, draft, muted: false, reported: false, last_time, prefix: prefix.to_owned(), lines: 1 }
    }

    /// Over by silence or by length before a line of `time`.
    pub(crate) fn is_over(&self, time: WallNs) -> bool {
        time.saturating_sub(self.last_time) > SILENCE || self.lines >= MOST_LINES
    }

    /// The line without what stands before every line of this group.
    pub(crate) fn body<'a>(&self, line: &'a str) -> &'a str {
        line.strip_prefix(self.prefix.as_str()).unwrap_or(line)
    }

    /// The first draft, as it is now.
    pub(crate) fn report(&mut self, out: &mut Findings) {
        let ending = python::is_ending(&self.draft.kind);
        if self.reported || self.muted || ending {
            return;
        }
        self.reported = true;
        self.draft.fingerprint = fingerprint::of(&self.draft);
        out.incidents.push(self.draft.clone());
    }

    /// One more line of it.
    pub(crate) fn join(
        &mut self,
        change: Change,
        number: u64,
        time: WallNs,
        dir: Option<&str>,
        out: &mut Findings,
    ) {
        self.lines += 1;
        self.last_time = time;
        self.draft.last_line = number;
        let report = change.report;
        if change.is_empty() {
            if let Some(draft) = newest(out, self.draft.key) {
                draft.last_line = number;
            }
            return;
        }
        let change = relative(change, dir);
        if self.reported {
            if let Some(draft) = newest(out, self.draft.key) {
                apply(draft, &change);
                draft.last_line = number;
                apply(&mut self.draft, &change);
            } else {
                apply(&mut self.draft, &change);
                out.incidents.push(IncidentDraft { update: true, ..self.draft.clone() });
            }
        } else {
            apply(&mut self.draft, &change);
            if report {
                self.report(out);
            }
        }
    }

    /// No more lines come. The same error told just before in this buffer takes this occurrence in.
    pub(crate) fn close(mut self, out: &mut Findings) {
        self.report(out);
        let last = out.incidents.len();
        let near = last.saturating_sub(NEAR)..last;
        let is_own = |draft: &IncidentDraft| draft.key == self.draft.key && !draft.update;
        let Some(own) = out.incidents.iter().rposition(is_own).filter(|at| near.contains(at)) else { return };
        let fingerprint = self.draft.fingerprint;
        let twin = out.incidents.iter().enumerate().skip(near.start).find_map(|(at, draft)| {
            (at != own && !draft.update && draft.fingerprint == fingerprint).then_some(at)
        });
        if let Some(twin) = twin {
            let told = out.incidents.remove(own);
            let twin = if own < twin { twin - 1 } else { twin };
            if let Some(twin) = out.incidents.get_mut(twin) {
                twin.count += told.count;
                if told.stack.len() > twin.stack.len() {
                    twin.stack = told.stack;
                }
                twin.last_time = twin.last_time.max(told.last_time);
            }
        }
    }
}

fn newest(out: &mut Findings, key: u64) -> Option<&mut IncidentDraft> {
    out.incidents.iter_mut().rev().take(NEAR).find(|draft| draft.key == key)
}

pub(crate) fn relative(mut change: Change, dir: Option<&str>) -> Change {
    change.place = change.place.map(|place| paths::relative(place, dir));
    if let Some(frame) = change.frame.take() {
        change.frame = Some(crate::Frame { place: paths::relative(frame.place, dir), ..frame });
    }
    change
}

pub(crate) fn apply(draft: &mut IncidentDraft, change: &Change) {
    if let Some(kind) = &change.kind {
        draft.kind.clone_from(kind);
    }
    if let Some(code) = &change.code {
        draft.code = Some(code.clone());
    }
    if let Some(message) = &change.message {
        draft.message = cut(message).to_owned();
    }
    if let Some(more) = &change.append
        && draft.message.len() < IncidentDraft::MOST_MESSAGE
    {
        if !draft.message.is_empty() {
            draft.message.push('\n');
        }
        draft.message.push_str(more);
        let kept = cut(&draft.message).len();
        draft.message.truncate(kept);
    }
    draft.language = change.language.or(draft.language);
    if change.restart_stack {
        draft.stack.clear();
        draft.place = None;
    }
    if let Some(place) = &change.place {
        draft.place = Some(place.clone());
    }
    if let Some(frame) = &change.frame
        && draft.stack.len() < IncidentDraft::MOST_FRAMES
    {
        draft.stack.push(frame.clone());
    }
    draft.fingerprint = fingerprint::of(draft);
}

/// At most [`IncidentDraft::MOST_MESSAGE`] bytes, whole characters.
pub(crate) fn cut(message: &str) -> &str {
    let mut end = message.len().min(IncidentDraft::MOST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.get(..end).unwrap_or("")
}

/// A draft for a head.
pub(crate) fn draft(
    key: u64,
    number: u64,
    time: WallNs,
    level: Level,
    kind: &str,
    message: &str,
) -> IncidentDraft {
    IncidentDraft {
        key,
        update: false,
        line: number,
        last_line: number,
        time,
        last_time: time,
        count: 1,
        fingerprint: 0,
        head_fingerprint: 0,
        level,
        kind: kind.to_owned(),
        code: None,
        message: cut(message).to_owned(),
        language: None,
        place: None,
        stack: Vec::new(),
    }
}
