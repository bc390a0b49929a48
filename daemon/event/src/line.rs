//! What a line carries besides its text.

use std::fmt;
use std::str::FromStr;

use crate::IdError;

/// Where a line came from. `Sys` lines are Brummer's own about the run (stop steps, how it ended).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stream {
    Out = 0,
    Err = 1,
    Sys = 2,
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

    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Out),
            1 => Some(Self::Err),
            2 => Some(Self::Sys),
            _ => None,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stream {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL
            .into_iter()
            .find(|stream| stream.as_str() == text)
            .ok_or_else(|| IdError { expected: "stream (out, err, sys)", text: text.to_owned() })
    }
}

/// How grave a line is, by the tool's own mark. Ordered: `Trace` is least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
    Fatal = 5,
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

    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Trace),
            1 => Some(Self::Debug),
            2 => Some(Self::Info),
            3 => Some(Self::Warn),
            4 => Some(Self::Error),
            5 => Some(Self::Fatal),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| IdError {
            expected: "level (trace, debug, info, warn, error, fatal)",
            text: text.to_owned(),
        })
    }
}

/// Marks of a line, one bit each, as kept in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LineFlags(u8);

impl LineFlags {
    pub const NONE: Self = Self(0);
    /// No line end yet: the next record of this stream and run continues it.
    pub const PART: Self = Self(1);
    /// A newer state of a progress line: the line before it in this stream is superseded.
    pub const REPLACES_PREVIOUS: Self = Self(1 << 1);
    /// Written by a descendant after the leader ended.
    pub const AFTER_EXIT: Self = Self(1 << 2);

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b111)
    }

    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 == flag.0
    }

    #[must_use]
    pub const fn with(self, flag: Self) -> Self {
        Self(self.0 | flag.0)
    }
}
