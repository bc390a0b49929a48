//! Modal layers. The topmost gets every key; nothing reaches what lies beneath. Pure.

use super::filter::Chip;
use super::input::Input;
use super::log::Line;
use super::process::Run;
use super::scripts::Scripts;
use super::settings::Settings;
use crate::effect::Act;
use crate::keys::{Action, Context};

#[derive(Debug, Clone)]
pub enum Popup {
    Help { scroll: usize },
    Why(Why),
    Details(Details),
    Confirm(Confirm),
    Picker(Picker),
    Scripts(Box<Scripts>),
    Settings(Box<Settings>),
    Search(Prompt),
}

impl Popup {
    pub fn context(&self) -> Context {
        match self {
            Self::Help { .. } | Self::Why(_) | Self::Details(_) => Context::Reader,
            Self::Confirm(_) => Context::Confirm,
            Self::Picker(_) => Context::Picker,
            Self::Scripts(scripts) if scripts.arguments.is_some() => Context::Line,
            Self::Scripts(_) => Context::Scripts,
            Self::Settings(settings) if settings.typing => Context::Line,
            Self::Settings(_) => Context::Settings,
            Self::Search(_) => Context::Prompt,
        }
    }

    /// First row that is drawn, of a text to read.
    pub const fn scroll(&self) -> usize {
        match self {
            Self::Help { scroll } => *scroll,
            Self::Why(why) => why.scroll,
            Self::Details(details) => details.scroll,
            Self::Confirm(_) | Self::Picker(_) | Self::Scripts(_) | Self::Settings(_) | Self::Search(_) => 0,
        }
    }

    pub const fn set_scroll(&mut self, to: usize) {
        match self {
            Self::Help { scroll } => *scroll = to,
            Self::Why(why) => why.scroll = to,
            Self::Details(details) => details.scroll = to,
            Self::Confirm(_) | Self::Picker(_) | Self::Scripts(_) | Self::Settings(_) | Self::Search(_) => {}
        }
    }
}

#[derive(Debug, Clone)]
pub struct Why {
    pub process: String,
    pub scroll: usize,
    pub ticket: u64,
    /// Newest first; `None` until the daemon has answered.
    pub runs: Option<Vec<Run>>,
    /// Where its environment came from.
    pub origin: String,
}

#[derive(Debug, Clone)]
pub struct Details {
    pub of: DetailsOf,
    pub scroll: usize,
}

#[derive(Debug, Clone)]
pub enum DetailsOf {
    Line(Line),
    /// Id; it is drawn as it is now.
    Incident(String),
}

#[derive(Debug, Clone)]
pub struct Confirm {
    pub question: String,
    pub consequence: String,
    pub act: Act,
}

/// The search line.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
    pub input: Input,
    pub regex: bool,
    pub error: Option<String>,
    /// How far back in the history; 0: what was typed.
    pub back: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickerKind {
    Commands,
    Filter,
    Projects,
}

impl PickerKind {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Filter => "add a filter",
            Self::Projects => "project",
        }
    }
}

/// What choosing an entry does.
#[derive(Debug, Clone)]
pub enum Choice {
    Action(Action),
    Act(Act),
    Chip(Chip),
    Project {
        name: String,
        directory: String,
    },
    /// Another directory, as it was typed.
    Directory(String),
    ShowProcess(String),
    Why(String),
}

#[derive(Debug, Clone)]
pub struct Item {
    pub label: String,
    /// Behind it, dimmed.
    pub detail: String,
    /// What it is found by besides its label.
    pub more: String,
    pub choice: Choice,
}

#[derive(Debug, Clone)]
pub struct Picker {
    pub kind: PickerKind,
    pub input: Input,
    pub items: Vec<Item>,
    /// Entries that match what was typed, best first.
    pub shown: Vec<Item>,
    pub selected: usize,
    pub offset: usize,
    /// What else is to be said.
    pub note: Option<String>,
}
