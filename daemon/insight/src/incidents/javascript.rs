//! Stacks of JavaScript and TypeScript: `    at render (src/x.ts:3:9)`, causes, printed properties. Pure.

use crate::incidents::{Change, Step, paths};
use crate::level::{error_name, position};
use crate::{Frame, Language, Place};

/// Lines between a head and its first frame that are let pass (diffs of assertions, a require stack).
const MOST_STRAY: u8 = 12;

/// A named error or marked line that frames may follow.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    frames: u32,
    stray: u8,
    /// Depth of `{` after the stack: node prints the error's properties.
    properties: u32,
    own_place: bool,
}

impl Stack {
    /// A head that itself opened an object: `[MongoServerError: …] {`.
    pub(crate) fn with_properties() -> Self {
        Self { properties: 1, ..Self::default() }
    }

    /// Nothing but the head was seen, and the line that is being looked at.
    pub(crate) fn is_fresh(&self) -> bool {
        self.frames == 0 && self.stray <= 1
    }

    pub(crate) fn step(&mut self, line: &str, has_place: bool) -> Step {
        let text = line.trim();
        if self.properties > 0 {
            return self.property(line, text);
        }
        if let Some((frame, opens)) = frame(line) {
            self.frames += 1;
            self.properties = u32::from(opens);
            let mut change = Change::frame(frame);
            if self.frames == 1 {
                change.language = Some(Language::Javascript);
            }
            if let Some(frame) = &change.frame
                && ((frame.own && !self.own_place) || (!has_place && !frame.place.file.starts_with("node:")))
            {
                // A dependency's frame is only a stopgap until an own one comes.
                self.own_place = frame.own;
                change.place = Some(frame.place.clone());
                if is_typescript(&frame.place.file) {
                    change.language = Some(Language::Typescript);
                }
            }
            return Step::Join(change);
        }
        if self.frames > 0 {
            let more = text.starts_with("... ") && text.contains("matching cause stack trace")
                || text.starts_with("Emitted 'error' event")
                || (text.starts_with("[cause]:") || text.starts_with("[errors]:"))
                || text == "}";
            return if more { Step::join() } else { Step::Leave };
        }
        self.stray += 1;
        if self.stray > MOST_STRAY { Step::Leave } else { Step::Stray }
    }

    fn property(&mut self, line: &str, text: &str) -> Step {
        if let Some((frame, opens)) = frame(line) {
            self.properties += u32::from(opens);
            return Step::Join(Change::frame(frame));
        }
        if text.ends_with(['{', '[']) {
            self.properties += 1;
        } else if text.starts_with(['}', ']']) {
            self.properties -= 1;
            if self.properties == 0 {
                return Step::Last(Change::default());
            }
        } else if text.is_empty() || !line.starts_with(' ') {
            return Step::Leave;
        }
        let code = text.strip_prefix("code: '").and_then(|rest| rest.split('\'').next());
        Step::Join(Change {
            code: code.filter(|code| !code.is_empty()).map(str::to_owned),
            ..Change::default()
        })
    }
}

/// The frame in a line, if it is one (`Some((None, …))`: one without a file), and whether an object opens
/// behind it.
pub(crate) fn frame(line: &str) -> Option<(Option<Frame>, bool)> {
    if !line.starts_with([' ', '\t']) {
        return None;
    }
    let call = line.trim().strip_prefix("at ")?;
    let (call, opens) = match call.strip_suffix(" {") {
        Some(call) => (call, true),
        None => (call, false),
    };
    let call = call.trim_end_matches(',');
    if let Some(inner) = call.strip_suffix(')')
        && let Some((function, site)) = inner.split_once(" (")
    {
        let site = site.rsplit_once(", ").map_or(site, |(_, last)| last);
        let function = function.strip_prefix("async ").unwrap_or(function);
        let known = position(site).map(|place| at(place, Some(function)));
        let other = matches!(site, "<anonymous>" | "native")
            || site.starts_with("index ")
            || site.starts_with("eval at ");
        return (known.is_some() || other).then_some((known, opens));
    }
    let site = call.strip_prefix("async ").unwrap_or(call);
    let place = position(site).filter(|place| place.column.is_some() && !place.file.contains(' '))?;
    Some((Some(at(place, None)), opens))
}

fn at(place: Place, function: Option<&str>) -> Frame {
    let function = function.filter(|name| *name != "<anonymous>").map(str::to_owned);
    Frame { own: paths::is_own(&place.file), place, function }
}

pub(crate) fn is_typescript(file: &str) -> bool {
    let file = file.split('?').next().unwrap_or(file);
    [".ts", ".tsx", ".mts", ".cts"].iter().any(|ending| file.ends_with(ending))
}

/// The code in a message: `listen EADDRINUSE: address already in use`, `getaddrinfo ENOTFOUND db`.
pub(crate) fn system_code(message: &str) -> Option<&str> {
    message
        .split([' ', ':', ','])
        .take(4)
        .find(|word| {
            word.len() >= 5
                && word.starts_with('E')
                && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        })
        .filter(|word| !matches!(*word, "ERROR" | "ERRORS"))
}

/// A stack in one field of a structured line: (name, message, frames).
pub(crate) fn stack_text(stack: &str) -> (Option<&str>, Option<&str>, Vec<Frame>) {
    let head = stack.lines().next().and_then(|line| error_name(line.trim()));
    let frames = stack.lines().filter_map(|line| frame(line).and_then(|(frame, _)| frame)).collect();
    (head.map(|(name, ..)| name), head.map(|(_, _, message)| message), frames)
}

/// `/app/x.js:3` on a line of its own: node says it before the source line of a syntax error.
pub(crate) fn announced(line: &str) -> Option<Place> {
    let start = line.starts_with('/') || line.starts_with("file:///");
    if !start || !line.ends_with(|c: char| c.is_ascii_digit()) || line.contains(' ') {
        return None;
    }
    position(line).filter(|place| place.column.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let told = |line: &str| {
            frame(line).map(|(frame, opens)| {
                (frame.map(|f| (f.place.file, f.place.line, f.place.column, f.function, f.own)), opens)
            })
        };
        let at = |file: &str, line, column, function: Option<&str>, own| {
            Some((Some((file.to_owned(), line, Some(column), function.map(str::to_owned), own)), false))
        };
        assert_eq!(told("    at render (src/x.ts:3:9)"), at("src/x.ts", 3, 9, Some("render"), true));
        assert_eq!(told("    at async /app/x.js:3:9"), at("/app/x.js", 3, 9, None, true));
        assert_eq!(told("\tat file:///app/x.js:3:9"), at("file:///app/x.js", 3, 9, None, true));
        assert_eq!(
            told("    at Server.setup [as _x] (node:net:1817:16)"),
            at("node:net", 1817, 16, Some("Server.setup [as _x]"), false)
        );
        assert_eq!(
            told("    at eval (eval at run (/app/x.js:1:2), <anonymous>:3:4)"),
            at("<anonymous>", 3, 4, Some("eval"), false)
        );
        assert_eq!(told("    at Promise.all (index 5)"), Some((None, false)));
        assert_eq!(told("    at f (/a.js:1:2) {").map(|(_, opens)| opens), Some(true));
        for other in [
            "at 10:00 backup done",
            "  at 10:00 backup done",
            "  at home",
            "    at the bar (open)",
            "at f (/a.js:1:2)",
        ] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
