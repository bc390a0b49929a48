//! Values of options that are more than text.

use std::str::FromStr;

use clap::ValueEnum;

/// `-n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineCount {
    All,
    Newest(u32),
}

impl FromStr for LineCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        text.parse()
            .map(Self::Newest)
            .map_err(|_| format!("`{text}` is no number of lines; say one, or `all`"))
    }
}

/// `--for` of `wait`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Running,
    Ready,
    Exit,
    /// A regular expression; the daemon compiles it.
    Log(String),
    Url,
}

impl Condition {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Exit => "exit",
            Self::Log(_) => "log",
            Self::Url => "url",
        }
    }

    /// As in "waiting for api …".
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Running => "to run".to_owned(),
            Self::Ready => "to be ready".to_owned(),
            Self::Exit => "to exit".to_owned(),
            Self::Log(regex) => format!("to say `{regex}`"),
            Self::Url => "to serve a URL".to_owned(),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "running" => Ok(Self::Running),
            "ready" => Ok(Self::Ready),
            "exit" => Ok(Self::Exit),
            "url" => Ok(Self::Url),
            "log" | "log=" => Err("`log` needs a regular expression: log=RE".to_owned()),
            _ => match text.strip_prefix("log=") {
                Some(regex) => Ok(Self::Log(regex.to_owned())),
                None => Err(format!("no condition `{text}`; there are ready, running, exit, log=RE and url")),
            },
        }
    }
}

/// `-e NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("`{text}` sets no variable; write NAME=VALUE")),
        }
    }
}

/// `--stream`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StreamName {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// What Brummer says about the process.
    Sys,
}
