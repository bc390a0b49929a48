//! Which lines are shown: the filter behind the chips. Pure.

use regex::Regex;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Level {
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    Out,
    Err,
    Sys,
}

impl Stream {
    pub const ALL: [Self; 3] = [Self::Out, Self::Err, Self::Sys];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Err => "err",
            Self::Sys => "sys",
        }
    }

    /// The mark in front of a line: where many processes are shown, and where one is.
    pub const fn mark(self, many: bool) -> char {
        match self {
            Self::Out if many => '|',
            Self::Out => ' ',
            Self::Err => '!',
            Self::Sys => '*',
        }
    }
}

/// Text to look for: a literal with smart case (an upper-case letter makes it exact), or a regex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: String,
    pub regex: bool,
}

impl Pattern {
    /// The same lines as the daemon finds with it.
    ///
    /// # Errors
    /// In words, when it is a regex that is none.
    pub fn compile(&self) -> Result<Regex, String> {
        Regex::new(&self.source()).map_err(|error| {
            let text = error.to_string();
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })
    }

    /// As a regex, case included.
    pub fn source(&self) -> String {
        if self.regex {
            return self.text.clone();
        }
        smart(&self.text, self.is_exact())
    }

    fn is_exact(&self) -> bool {
        self.text.chars().any(char::is_uppercase)
    }
}

fn smart(literal: &str, exact: bool) -> String {
    let escaped = regex::escape(literal);
    if exact { escaped } else { format!("(?i:{escaped})") }
}

/// One condition as its user sees and removes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chip {
    Process(String),
    Level(Level),
    Stream(Stream),
    Text(Pattern),
}

impl Chip {
    pub fn label(&self) -> String {
        match self {
            Self::Process(name) => name.clone(),
            Self::Level(level) => format!("≥{}", level.as_str()),
            Self::Stream(stream) => format!("only {}", stream.as_str()),
            Self::Text(pattern) if pattern.regex => format!("~{}", pattern.text),
            Self::Text(pattern) => format!("'{}'", pattern.text),
        }
    }
}

/// Everything set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// None: all.
    pub processes: Vec<String>,
    /// This and above.
    pub level: Option<Level>,
    pub streams: Vec<Stream>,
    /// A line must hold each of them.
    pub texts: Vec<Pattern>,
}

impl Filter {
    pub fn chips(&self) -> Vec<Chip> {
        let processes = self.processes.iter().cloned().map(Chip::Process);
        let streams = self.streams.iter().copied().map(Chip::Stream);
        processes
            .chain(self.level.map(Chip::Level))
            .chain(streams)
            .chain(self.texts.iter().cloned().map(Chip::Text))
            .collect()
    }

    pub fn add(&mut self, chip: Chip) {
        match chip {
            Chip::Process(name) if !self.processes.contains(&name) => self.processes.push(name),
            Chip::Level(level) => self.level = Some(level),
            Chip::Stream(stream) if !self.streams.contains(&stream) => self.streams.push(stream),
            Chip::Text(pattern) if !self.texts.contains(&pattern) => self.texts.push(pattern),
            Chip::Process(_) | Chip::Stream(_) | Chip::Text(_) => {}
        }
    }

    pub fn remove(&mut self, chip: &Chip) {
        match chip {
            Chip::Process(name) => self.processes.retain(|known| known != name),
            Chip::Level(_) => self.level = None,
            Chip::Stream(stream) => self.streams.retain(|known| known != stream),
            Chip::Text(pattern) => self.texts.retain(|known| known != pattern),
        }
    }

    /// Lines of more than one process can come.
    pub fn is_many(&self) -> bool {
        self.processes.len() != 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Pattern {
        Pattern { text: text.to_owned(), regex: false }
    }

    #[test]
    fn case_is_smart() {
        assert!(literal("timeout").compile().unwrap().is_match("a TimeOut"));
        assert!(!literal("Timeout").compile().unwrap().is_match("a timeout"));
        assert!(literal("a.b(").compile().unwrap().is_match("a.b("));
        assert!(Pattern { text: "(".into(), regex: true }.compile().is_err());
    }

    #[test]
    fn chips_come_and_go() {
        let mut filter = Filter::default();
        for chip in [
            Chip::Process("web".into()),
            Chip::Process("web".into()),
            Chip::Level(Level::Warn),
            Chip::Level(Level::Error),
            Chip::Stream(Stream::Err),
            Chip::Text(literal("x")),
            Chip::Text(literal("x")),
            Chip::Text(literal("y")),
        ] {
            filter.add(chip);
        }
        let labels: Vec<String> = filter.chips().iter().map(Chip::label).collect();
        assert_eq!(labels, ["web", "≥error", "only err", "'x'", "'y'"]);
        for chip in filter.chips() {
            filter.remove(&chip);
        }
        assert_eq!(filter, Filter::default());
    }
}
