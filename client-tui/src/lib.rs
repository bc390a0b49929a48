//! `brummer-tui`: the terminal UI of Brummer.
//!
//! # Theory of operation
//!
//! One task owns everything that is shown ([`model`]). Whatever happens comes to it as a [`message`]: keys,
//! mouse, sizes, what the daemon tells, answers. [`update()`](update::update) turns state and message into state
//! and [`effect`]s, and does nothing else; [`view`] draws the state and returns nothing; [`subscription`] says which streams
//! of the daemon the state wants. The loop ([`runtime`]) performs the effects ([`effects`]), keeps the
//! streams and draws when something changed, at most 60 times a second. While nothing happens nothing runs.
//!
//! The UI holds no truth: every list is a snapshot with changes, lines are read by cursor, at most five
//! screens of them. When the daemon is away what is known stays, and everything resumes by itself.
//!
//! Only [`effects`] and [`runtime`] know the wire. Everything else is pure, the clock included.

pub mod ansi;
pub mod args;
pub mod code_ref;
pub mod editor;
pub mod effect;
pub mod effects;
pub mod format;
pub mod fuzzy;
pub mod keys;
pub mod layout;
pub mod message;
pub mod model;
pub mod page;
pub mod rows;
pub mod runtime;
pub mod subscription;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod viewport;
pub mod words;

#[cfg(test)]
mod testkit;
