//! From a marked line to the incident that it opens: name, message, and how its lines will go on. Pure.

use brummer_event::Stream;

use crate::classifier::{Classifier, Line};
use crate::incidents::bundler::{self, Bundler};
use crate::incidents::group::Group;
use crate::incidents::javascript::{self, Stack};
use crate::incidents::rust::Diagnostic;
use crate::incidents::{Change, Shape, fingerprint, npm, paths};
use crate::level::{self, Mark, Structured, Tool};
use crate::{Findings, IncidentDraft, Language};

impl Classifier {
    /// A marked line opens an incident.
    pub(super) fn error(&mut self, stream: Stream, line: Line<'_>, mut mark: Mark<'_>, out: &mut Findings) {
        if let Some(fields) = mark.fields.take() {
            self.structured(stream, line, fields, out);
            return;
        }
        let named = level::error_name(mark.message).filter(|_| mark.kind.is_none() && mark.tool != Tool::Npm);
        let (kind, message) = match (mark.kind, named) {
            (Some(kind), _) => (kind, mark.message),
            (None, Some((kind, code, message))) => {
                mark.code = mark.code.or(code);
                (kind, message)
            }
            (None, None) => ("error", mark.message),
        };
        // A bundler's errors are of one kind whatever their heading, unless they are an error's own name.
        let webpack =
            kind == "error" && message.starts_with("in ") && line.text.trim_start().starts_with("ERROR in ");
        let bundles = mark.tool == Tool::Bundler || webpack;
        let kind = if bundles { bundler::KIND } else { kind };
        let shown = if message.is_empty() { line.text.trim() } else { message };
        let mut draft = self.draft(line, mark.level, kind, shown);
        let mut change = Change { place: mark.place, ..Change::default() };
        change.code = mark
            .code
            .or_else(|| javascript::system_code(message).filter(|_| kind != "error"))
            .map(str::to_owned);
        draft.language = language_of(kind, change.code.as_deref(), mark.tool);
        let shape = if bundles {
            let (bundler, found) = Bundler::open(message, change.place);
            change = Change { code: change.code, ..found };
            Shape::Bundler(bundler)
        } else if mark.tool == Tool::Npm {
            let found = npm::change(message);
            if found.append.is_none() {
                // `npm error code E404` is no message; the next lines bring one.
                draft.message.clear();
            }
            change.code = found.code;
            Shape::Npm
        } else if change.code.as_deref().is_some_and(|code| code.starts_with("TS")) {
            Shape::Indented
        } else if change.place.is_some() {
            Shape::Rustc(Diagnostic::pointed())
        } else if mark.tool == Tool::Bare {
            Shape::Rustc(Diagnostic::default())
        } else {
            if kind == "SyntaxError"
                && let Some((number, place)) = self.state(stream).announced.take()
                && line.number.saturating_sub(number) <= 8
            {
                change.place = Some(place);
            }
            Shape::Stack(if message.ends_with('{') { Stack::with_properties() } else { Stack::default() })
        };
        if message.ends_with("] {") {
            draft.message = message.trim_end_matches(['{', ' ', ']']).to_owned();
        }
        self.open(stream, shape, draft, change, line, out);
    }

    /// An error in fields: all of it is in this one line.
    fn structured(&mut self, stream: Stream, line: Line<'_>, fields: Structured, out: &mut Findings) {
        let (name, told, frames) = match &fields.stack {
            Some(stack) => javascript::stack_text(stack),
            None => (None, None, Vec::new()),
        };
        let message = fields.message.as_deref().or(told).unwrap_or(line.text);
        let named = level::error_name(message);
        let kind = fields.kind.as_deref().or(name).or(named.map(|(kind, ..)| kind)).unwrap_or("error");
        let message = match named {
            Some((found, _, rest)) if found == kind => rest,
            _ => message,
        };
        let mut draft = self.draft(line, fields.level, kind, message);
        draft.language = language_of(kind, None, Tool::Unknown);
        let dir = self.context.project_dir.as_deref();
        draft.head_fingerprint = fingerprint::of(&draft);
        draft.place =
            frames.iter().find(|frame| frame.own).map(|frame| paths::relative(frame.place.clone(), dir));
        for frame in frames.into_iter().take(IncidentDraft::MOST_FRAMES) {
            draft.language = draft.language.or(Some(Language::Javascript));
            draft.stack.push(crate::Frame { place: paths::relative(frame.place, dir), ..frame });
        }
        self.replace(stream, None, out);
        Group::new(Shape::Indented, draft, "").close(out);
    }
}

fn language_of(kind: &str, code: Option<&str>, tool: Tool) -> Option<Language> {
    const NAMES: [&str; 8] = [
        "TypeError",
        "ReferenceError",
        "SyntaxError",
        "RangeError",
        "URIError",
        "EvalError",
        "AggregateError",
        "Error",
    ];
    let coded = |start: &str| {
        code.and_then(|code| code.strip_prefix(start))
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    if NAMES.contains(&kind) {
        Some(Language::Javascript)
    } else if coded("TS") {
        Some(Language::Typescript)
    } else if tool == Tool::Bare && coded("E") {
        Some(Language::Rust)
    } else {
        None
    }
}
