//! Errors that Vite, rolldown, oxc, esbuild, webpack and Next show with a piece of the source. Pure.
//!
//! These tools tell one error under several headings ("Failed to run dependency scan", "Pre-transform error",
//! "Internal server error" for the same place); the incident's kind is therefore one word for all of them, and its place decides
//! what is the same ([`crate::incidents::fingerprint`]).

use crate::incidents::javascript::{frame, is_typescript};
use crate::incidents::{Change, Step};
use crate::level::position;
use crate::{Language, Place};

pub(crate) const KIND: &str = "BuildError";

#[derive(Debug, Default)]
pub(crate) struct Bundler {
    /// The message so far is only a heading.
    heading: bool,
    /// The head was a place; the next line says what is wrong.
    awaits_message: bool,
}

impl Bundler {
    /// The group for a head, and what the head's own message is worth.
    pub(crate) fn open(message: &str, place: Option<Place>) -> (Self, Change) {
        let awaits_message = place.is_some() && message.is_empty();
        let mut bundler = Self { heading: is_heading(message), awaits_message };
        if let Some(found) = esbuild(message).or_else(|| webpack(message)) {
            bundler.awaits_message = found.message.is_none();
            return (bundler, found);
        }
        (bundler, place.map(at).unwrap_or_default())
    }

    pub(crate) fn step(&mut self, line: &str, has_place: bool) -> Step {
        let text = line.trim();
        if text.is_empty() {
            return Step::join();
        }
        if let Some(place) = framed_place(text) {
            return Step::Join(if has_place { Change::default() } else { at(place) });
        }
        if let Some((code, message)) = coded(line) {
            let change = Change {
                code: code
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
                    .then(|| code.to_owned()),
                message: Some(message.to_owned()),
                another: has_place && !self.heading,
                ..Change::default()
            };
            // The first block belongs to the heading; a further one is a further error.
            self.heading = false;
            return Step::Join(change);
        }
        if let Some(change) = esbuild(text) {
            self.heading = false;
            return Step::Join(if has_place { Change::default() } else { change });
        }
        if is_heading(text) {
            return Step::join();
        }
        if self.awaits_message {
            self.awaits_message = false;
            let message = text.strip_prefix("Module not found: ").unwrap_or(text);
            return Step::Join(Change { message: Some(message.to_owned()), ..Change::default() });
        }
        if let Some((found, _)) = frame(line) {
            return Step::Join(Change::frame(found));
        }
        if text == "}" {
            return Step::Last(Change::default());
        }
        if is_code_frame(text) || text.starts_with("resolve '") {
            return Step::join();
        }
        if line.starts_with([' ', '\t']) {
            let change = match text.strip_prefix("File: ") {
                Some(file) if !has_place => position(file).map(at).unwrap_or_default(),
                // esbuild's own form: `    src/main.ts:3:0:` below the message.
                None if !has_place => {
                    text.strip_suffix(':').and_then(position).map(from_zero).map(at).unwrap_or_default()
                }
                _ => Change::default(),
            };
            return Step::Join(change);
        }
        Step::Leave
    }
}

fn at(place: Place) -> Change {
    let language = if is_typescript(&place.file) { Language::Typescript } else { Language::Javascript };
    Change { place: Some(place), language: Some(language), ..Change::default() }
}

/// esbuild counts columns from zero.
fn from_zero(mut place: Place) -> Place {
    place.column = place.column.map(|column| column.saturating_add(1));
    place
}

fn is_heading(text: &str) -> bool {
    let counted = text.starts_with("Transform failed with ") || text.starts_with("Build failed with ");
    counted
        || text.starts_with("Build failed in ")
        || text.starts_with("Failed to run dependency scan.")
        || text.starts_with("error during build:")
        || text == "during build:"
}

/// `╭─[ src/main.ts:3:1 ]`, `,-[src/main.ts:3:1]`
fn framed_place(text: &str) -> Option<Place> {
    let (lead, rest) = text.split_once('[')?;
    let drawn = !lead.is_empty()
        && lead.chars().all(|c| matches!(c, ' ' | ',' | '-' | '\u{2500}' | '\u{256d}' | '\u{250c}'));
    drawn.then(|| position(rest.split_once(']')?.0))?
}

/// `[PARSE_ERROR] Unexpected token`, `[builtin:vite-transform] Unexpected token`, `[plugin x] message`
fn coded(line: &str) -> Option<(&str, &str)> {
    let (code, message) = line.strip_prefix('[')?.split_once("] ")?;
    let known = code.len() <= 60 && code != "vite" && !code.contains(['[', '{']);
    (known && !message.trim().is_empty()).then(|| (code, message.trim()))
}

/// `/app/src/main.ts:3:0: ERROR: Unexpected "="`
fn esbuild(text: &str) -> Option<Change> {
    let (site, message) = text.split_once(": ERROR: ")?;
    let place = from_zero(position(site)?);
    Some(Change { message: Some(message.to_owned()), ..at(place) })
}

/// `in ./src/index.js 3:0-20`, behind webpack's `ERROR`; the message is on the next line.
fn webpack(message: &str) -> Option<Change> {
    let mut words = message.strip_prefix("in ")?.split(' ');
    let (file, numbers) = (words.next()?, words.next());
    let place = match numbers {
        Some(numbers) => {
            let (line, columns) = numbers.split_once(':')?;
            let column = columns.split('-').next()?.parse::<u32>().ok()?;
            Place { file: file.to_owned(), line: line.parse().ok()?, column: Some(column + 1) }
        }
        None => position(file)?,
    };
    Some(at(place))
}

/// `  3 │ = = ;`, `   │ ╰─`, `   |   ^`, `───╯`
fn is_code_frame(text: &str) -> bool {
    let behind_number = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '>' || c == ' ');
    behind_number.starts_with([
        '|', '\u{2502}', '\u{2575}', '\u{2570}', '\u{2500}', '\u{256f}', '\u{00b7}', '^', '\u{252c}',
        '\u{2506}',
    ])
}
