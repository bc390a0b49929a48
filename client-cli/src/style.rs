//! Colours: which words get one, and whether any do. Pure.

use crate::json::process::State;

/// What a colour means. Never the only carrier of its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Ready.
    Good,
    /// Starting, waiting, running and not ready.
    Coming,
    /// Back-off, paused, warnings.
    Warn,
    /// Failed, lost, errors.
    Bad,
    /// Ended, context.
    Dim,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Coming => "36",
            Self::Warn => "33",
            Self::Bad => "31",
            Self::Dim => "2",
        }
    }

    /// `text` in this tone, if colours are on.
    pub(crate) fn paint(self, text: &str, on: bool) -> String {
        if on && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", self.code())
        } else {
            text.to_owned()
        }
    }
}

pub(crate) fn of_state(state: State, ready: Option<bool>) -> Tone {
    match state {
        State::Running if ready != Some(false) => Tone::Good,
        State::Running | State::Starting | State::Waiting | State::Stopping => Tone::Coming,
        State::Backoff | State::Paused => Tone::Warn,
        State::Failed | State::Lost => Tone::Bad,
        State::Stopped | State::Exited | State::Unknown => Tone::Dim,
    }
}

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorChoice {
    /// Whether output to something that is a terminal or not gets colours.
    pub(crate) fn wants(self, terminal: bool, no_color: bool, dumb: bool) -> bool {
        match self {
            Self::Auto => terminal && !no_color && !dumb,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_willing_terminals() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, terminal, no_color, dumb, expected) in [
            (Auto, true, false, false, true),
            (Auto, false, false, false, false),
            (Auto, true, true, false, false),
            (Auto, true, false, true, false),
            (Always, false, true, true, true),
            (Never, true, false, false, false),
        ] {
            assert_eq!(choice.wants(terminal, no_color, dumb), expected);
        }
    }

    #[test]
    fn states_have_the_contracts_colours() {
        assert_eq!(of_state(State::Running, Some(true)), Tone::Good);
        assert_eq!(of_state(State::Running, Some(false)), Tone::Coming);
        assert_eq!(of_state(State::Backoff, None), Tone::Warn);
        assert_eq!(of_state(State::Lost, None), Tone::Bad);
        assert_eq!(of_state(State::Exited, None), Tone::Dim);
        assert_eq!(Tone::Bad.paint("x", true), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(Tone::Bad.paint("x", false), "x");
    }
}
