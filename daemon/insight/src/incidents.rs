//! Errors of several lines: which line opens one, which joins it, what it adds. Pure.
//!
//! One group is open per stream of a run. Each kind of error is one file below: it looks at a line and
//! answers with a [`Step`]; [`group::Group`] applies what the step says. A group ends with a line that is
//! not its own, with the head of another, after one second of silence, or after 400 lines.

pub(crate) mod bundler;
pub(crate) mod fingerprint;
pub(crate) mod group;
pub(crate) mod javascript;
pub(crate) mod npm;
pub(crate) mod paths;
pub(crate) mod python;
pub(crate) mod rust;

use crate::{Frame, Language, Place};

/// What a line is to the open group.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// A part of it, with what it adds.
    Join(Change),
    /// Its last part.
    Last(Change),
    /// Not a part; the group waits for more all the same.
    Stray,
    /// The group has ended before this line.
    Leave,
}

impl Step {
    pub(crate) fn join() -> Self {
        Self::Join(Change::default())
    }
}

/// What a line adds to an incident.
#[derive(Debug, Default, PartialEq, Clone)]
pub(crate) struct Change {
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    /// More of the message, as a line of its own.
    pub(crate) append: Option<String>,
    pub(crate) language: Option<Language>,
    pub(crate) place: Option<Place>,
    pub(crate) frame: Option<Frame>,
    /// The frames so far belong to an earlier error of the chain.
    pub(crate) restart_stack: bool,
    /// Now there is a name to hand out.
    pub(crate) report: bool,
    /// What follows is another error of the same report.
    pub(crate) another: bool,
}

impl Change {
    pub(crate) fn frame(frame: Option<Frame>) -> Self {
        Self { frame, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The kinds of groups, each with the state it needs to read on.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A named error or a marked line: JavaScript frames may follow.
    Stack(javascript::Stack),
    Bundler(bundler::Bundler),
    Python(python::Traceback),
    Rustc(rust::Diagnostic),
    Panic(rust::Panic),
    Npm,
    /// Indented lines belong to it.
    Indented,
}

impl Shape {
    pub(crate) fn step(&mut self, line: &str, has_place: bool) -> Step {
        match self {
            Self::Stack(stack) => stack.step(line, has_place),
            Self::Bundler(bundler) => bundler.step(line, has_place),
            Self::Python(traceback) => traceback.step(line),
            Self::Rustc(diagnostic) => diagnostic.step(line, has_place),
            Self::Panic(panic) => panic.step(line),
            Self::Npm => npm::step(line),
            Self::Indented => {
                if line.starts_with("  ") && !line.trim().is_empty() {
                    Step::join()
                } else {
                    Step::Leave
                }
            }
        }
    }
}
