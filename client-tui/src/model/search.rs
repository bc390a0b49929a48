//! What is searched for: the pattern, and where among its matches the cursor is. Pure.

use std::collections::VecDeque;

use regex::Regex;

use super::filter::Pattern;

/// Most patterns that are remembered.
const HISTORY: usize = 50;
/// Most steps that wait for the one before them; a key that is held down brings more.
const STEPS: usize = 50;

#[derive(Debug, Clone)]
pub struct Active {
    pub pattern: Pattern,
    /// For marking matches in what is drawn.
    pub regex: Regex,
    /// Matches in all lines of the filter; `None` while the daemon counts.
    pub total: Option<u64>,
    /// Which of them the cursor is on, from 1; `None` while unknown.
    pub place: Option<u64>,
    /// The newest request to count; older answers are ignored.
    pub count_ticket: u64,
}

/// What the daemon is looking for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// The next match in a direction.
    Match {
        /// The search was only just typed: the nearest match in either direction will do.
        first: bool,
        /// It was looked for up to the end already and goes on at the other end.
        wrapped: bool,
    },
    /// The next line of an error.
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    pub ticket: u64,
    pub sought: Sought,
    pub forward: bool,
}

/// One press of `n`, `N`, `e` or `E`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub sought: Sought,
    pub forward: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Search {
    pub active: Option<Active>,
    pub finding: Option<Finding>,
    /// The page around what was found, while it is on its way.
    pub reading: Option<u64>,
    /// What was pressed meanwhile: each step begins where the one before it ends.
    pub steps: VecDeque<Step>,
    /// Oldest first.
    pub history: Vec<String>,
}

impl Search {
    /// Ends what is being looked for; what is searched for stays.
    pub fn stop(&mut self) {
        self.finding = None;
        self.reading = None;
        self.steps.clear();
    }

    pub fn wait(&mut self, step: Step) {
        if self.steps.len() < STEPS {
            self.steps.push_back(step);
        }
    }

    pub fn remember(&mut self, text: &str) {
        self.history.retain(|known| known != text);
        self.history.push(text.to_owned());
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
    }
}
