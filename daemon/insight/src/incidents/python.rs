//! Python tracebacks, chained ones as one error. Pure.

use crate::incidents::{Change, Step, paths};
use crate::{Frame, Language, Place};

#[derive(Debug)]
pub(crate) struct Traceback {
    state: State,
    own_place: bool,
}

#[derive(Debug, PartialEq)]
enum State {
    Frames,
    /// The exception was told; a chain may go on.
    Told,
    /// "During handling of the above exception…"
    Chained,
}

pub(crate) fn is_head(text: &str) -> bool {
    text.starts_with("Traceback (most recent call last)")
}

/// `File "/app/main.py", line 10, in <module>`
pub(crate) fn frame(text: &str) -> Option<Frame> {
    let (file, rest) = text.strip_prefix("File \"")?.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let (line, function) = match rest.split_once(", in ") {
        Some((line, function)) => (line, Some(function.to_owned())),
        None => (rest, None),
    };
    let place = Place { file: file.to_owned(), line: line.trim().parse().ok()?, column: None };
    Some(Frame { own: paths::is_own(file), place, function })
}

impl Traceback {
    pub(crate) fn open() -> Self {
        Self { state: State::Frames, own_place: false }
    }

    pub(crate) fn step(&mut self, line: &str) -> Step {
        let text = line.trim();
        match self.state {
            State::Frames => self.in_frames(line, text),
            State::Told | State::Chained if text.is_empty() => Step::Stray,
            State::Told => {
                let chain = text.starts_with("During handling of the above exception")
                    || text.starts_with("The above exception was the direct cause");
                if chain {
                    self.state = State::Chained;
                    return Step::join();
                }
                // A message of several lines goes on indented.
                if line.starts_with("  ") && frame(text).is_none() { Step::join() } else { Step::Leave }
            }
            State::Chained if is_head(text) => {
                *self = Self::open();
                Step::Join(Change { restart_stack: true, ..Change::default() })
            }
            State::Chained => Step::Leave,
        }
    }

    fn in_frames(&mut self, line: &str, text: &str) -> Step {
        if let Some(frame) = frame(text) {
            // The last own frame is where to look; a library's only as long as there is no own one.
            let place = (frame.own || !self.own_place).then(|| frame.place.clone());
            self.own_place |= frame.own;
            return Step::Join(Change {
                place,
                language: Some(Language::Python),
                ..Change::frame(Some(frame))
            });
        }
        if text.is_empty() {
            return Step::Leave;
        }
        if line.starts_with([' ', '\t']) {
            return Step::join();
        }
        let (path, message) = text.split_once(':').unwrap_or((text, ""));
        let name = path.rsplit('.').next().unwrap_or(path);
        let named = !name.is_empty()
            && path.len() <= 120
            && path.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '<' | '>'));
        if !named {
            return Step::Leave;
        }
        self.state = State::Told;
        Step::Join(Change {
            kind: Some(name.to_owned()),
            message: Some(message.trim().to_owned()),
            language: Some(Language::Python),
            report: true,
            ..Change::default()
        })
    }
}

/// A person or a stop ended it: no error.
pub(crate) fn is_ending(kind: &str) -> bool {
    matches!(kind, "KeyboardInterrupt" | "SystemExit" | "CancelledError")
}
