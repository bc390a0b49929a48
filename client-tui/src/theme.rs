//! Styles by what they mean. Colour is never the only sign: every role has a shape or a word as well.

use ratatui::style::{Color, Modifier, Style};

use crate::model::filter::Level;
use crate::model::process::{Process, State};

#[derive(Debug, Clone, Copy)]
pub struct Theme {
    pub colour: bool,
}

impl Theme {
    fn tinted(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub const fn plain(self) -> Style {
        Style::new()
    }

    pub const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub const fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn good(self) -> Style {
        self.tinted(Color::Green)
    }

    pub fn busy(self) -> Style {
        self.tinted(Color::Cyan)
    }

    pub fn warning(self) -> Style {
        self.tinted(Color::Yellow)
    }

    pub fn bad(self) -> Style {
        self.tinted(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The row under a cursor. Both colours are said: a dark bar under a light terminal's black text hides it.
    pub fn selected(self) -> Style {
        if self.colour {
            Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(237))
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }

    /// A match of the search.
    pub fn found(self) -> Style {
        if self.colour {
            Style::new().fg(Color::Black).bg(Color::Yellow)
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    /// The tab of this view, a chip, a key.
    pub fn marked(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub fn key(self) -> Style {
        self.tinted(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    pub fn state(self, process: &Process) -> Style {
        match (process.state, process.ready) {
            (State::Running, Some(true)) => self.good(),
            (State::Running | State::Waiting | State::Starting | State::Stopping, _) => self.busy(),
            (State::Backoff | State::Paused, _) => self.warning(),
            (State::Failed | State::Lost, _) => self.bad(),
            (State::Stopped | State::Exited | State::Unknown, _) => self.dim(),
        }
    }

    /// Text of a line that brings no colour of its own.
    pub fn level(self, level: Option<Level>) -> Style {
        match level {
            Some(Level::Fatal | Level::Error) => self.bad(),
            Some(Level::Warn) => self.warning(),
            Some(Level::Debug | Level::Trace) => self.dim(),
            Some(Level::Info) | None => self.plain(),
        }
    }

    /// A process's own colour, the same in every client and every session.
    pub fn name(self, name: &str) -> Style {
        const COLOURS: [Color; 6] =
            [Color::Cyan, Color::Green, Color::Magenta, Color::Blue, Color::Yellow, Color::LightCyan];
        let hash = name
            .bytes()
            .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        let index = hash as usize % COLOURS.len();
        self.tinted(COLOURS.get(index).copied().unwrap_or(Color::Cyan))
    }
}
