//! Errors of the Rust compiler (and of others that point with a gutter), and Rust panics. Pure.

use crate::incidents::javascript;
use crate::incidents::{Change, Step, paths};
use crate::level::position;
use crate::{Frame, Language, Place};

/// `error[E0425]: …`, `error: …`, `warning: …`: what points below it belongs to it.
#[derive(Debug, Default)]
pub(crate) struct Diagnostic {
    pointed: bool,
    caused: bool,
    frames: bool,
}

impl Diagnostic {
    /// For a head that told its place itself: `src/x.c:3:5: error: …`.
    pub(crate) fn pointed() -> Self {
        Self { pointed: true, ..Self::default() }
    }

    pub(crate) fn step(&mut self, line: &str, has_place: bool) -> Step {
        let text = line.trim();
        if let Some(site) = text.strip_prefix("--> ") {
            self.pointed = true;
            let place = position(site);
            let rust = place.as_ref().is_some_and(|place| place.file.ends_with(".rs"));
            return Step::Join(Change {
                place: place.filter(|_| !has_place),
                language: rust.then_some(Language::Rust),
                ..Change::default()
            });
        }
        // Bun and Deno say `error: …` and go on with frames.
        if let Some((frame, _)) = javascript::frame(line).filter(|_| !self.pointed || self.frames) {
            self.frames = true;
            let place =
                frame.as_ref().filter(|frame| frame.own && !has_place).map(|frame| frame.place.clone());
            return Step::Join(Change {
                place,
                language: Some(Language::Javascript),
                ..Change::frame(frame)
            });
        }
        if text.is_empty() {
            return if self.pointed || self.caused || self.frames { Step::Leave } else { Step::Stray };
        }
        if text == "Caused by:" {
            self.caused = true;
            return Step::join();
        }
        if self.caused && line.starts_with(' ') {
            return Step::Join(Change { append: Some(text.to_owned()), ..Change::default() });
        }
        let gutter = text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
            || text.starts_with("= ")
            || text.starts_with("::: ")
            || text == "..."
            || text.starts_with("help:")
            || text.starts_with("note:");
        if self.pointed && (gutter || line.starts_with(' ')) { Step::join() } else { Step::Leave }
    }
}

/// A panic: its message follows the head, then perhaps a backtrace.
#[derive(Debug)]
pub(crate) struct Panic {
    message: bool,
    backtrace: bool,
    function: Option<String>,
}

impl Panic {
    /// The group for `thread 'main' panicked at src/main.rs:4:5:` (and the form before Rust 1.73, which
    /// has the message in the head), and what the head says.
    pub(crate) fn open(text: &str) -> Option<(Self, Change)> {
        let (thread, site) = text.split_once(" panicked at ")?;
        let named = thread.strip_prefix("thread '")?;
        if named.is_empty() {
            return None;
        }
        let (message, site) = match site.strip_prefix('\'').and_then(|rest| rest.rsplit_once("', ")) {
            Some((message, site)) => (Some(message.to_owned()), site),
            None => (None, site),
        };
        let place = position(site.strip_suffix(':').unwrap_or(site));
        let panic = Self { message: message.is_some(), backtrace: false, function: None };
        let change = Change { message, place, language: Some(Language::Rust), ..Change::default() };
        Some((panic, change))
    }

    pub(crate) fn step(&mut self, line: &str) -> Step {
        let text = line.trim();
        if text.starts_with("note: run with `RUST_BACKTRACE") {
            return Step::Last(Change::default());
        }
        if text == "stack backtrace:" {
            self.backtrace = true;
            return Step::join();
        }
        if self.backtrace {
            return self.in_backtrace(text);
        }
        if !self.message {
            self.message = true;
            return Step::Join(Change { message: Some(text.to_owned()), ..Change::default() });
        }
        if line.starts_with(' ') && !text.is_empty() {
            return Step::Join(Change { append: Some(text.to_owned()), ..Change::default() });
        }
        Step::Leave
    }

    fn in_backtrace(&mut self, text: &str) -> Step {
        if text.starts_with("note: ") {
            return Step::Last(Change::default());
        }
        if let Some(site) = text.strip_prefix("at ") {
            let frame = position(site).map(|place: Place| Frame {
                own: paths::is_own(&place.file),
                place,
                function: self.function.take(),
            });
            return Step::Join(Change::frame(frame));
        }
        let numbered = text.split_once(": ").filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()));
        match numbered {
            Some((_, function)) => {
                self.function = Some(function.to_owned());
                Step::join()
            }
            None => Step::Leave,
        }
    }
}
