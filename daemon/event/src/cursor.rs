//! Cursors: opaque text that says "everything after here".
//!
//! `l1.<epoch>.<seq>.<time>` for lines, `e1.<epoch>.<seq>` for events. A cursor is never invalid, at worst
//! old: its reader then gets a gap and goes on from the cursor's time (lines) or a new snapshot (events).

use std::fmt;
use std::str::FromStr;

use crate::{EventSeq, LineSeq, WallNs};

/// Text that is no cursor at all (a user's error: exit code 2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor; take one from the `cursor` or `next` field of an earlier answer")]
pub struct CursorError(pub String);

/// Everything after the line `seq`. `time` (wall nanoseconds of that line) is where a reader resumes when
/// the epoch is foreign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCursor {
    pub epoch: u64,
    pub seq: LineSeq,
    pub time: WallNs,
}

/// Everything after the event `seq` of the daemon start `epoch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCursor {
    pub epoch: u64,
    pub seq: EventSeq,
}

/// Either kind, as parsed from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Line(LineCursor),
    Event(EventCursor),
}

impl fmt::Display for LineCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "l1.{:x}.{}.{}", self.epoch, self.seq, self.time)
    }
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e1.{:x}.{}", self.epoch, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let error = || CursorError(text.chars().take(80).collect());
        let fields: Vec<&str> = text.split('.').collect();
        match fields.as_slice() {
            ["l1", epoch, seq, time] => Ok(Self::Line(LineCursor {
                epoch: u64::from_str_radix(epoch, 16).map_err(|_| error())?,
                seq: seq.parse().map_err(|_| error())?,
                time: time.parse().map_err(|_| error())?,
            })),
            ["e1", epoch, seq] => Ok(Self::Event(EventCursor {
                epoch: u64::from_str_radix(epoch, 16).map_err(|_| error())?,
                seq: seq.parse().map_err(|_| error())?,
            })),
            _ => Err(error()),
        }
    }
}

impl FromStr for LineCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        match text.parse()? {
            Cursor::Line(cursor) => Ok(cursor),
            Cursor::Event(_) => Err(CursorError(text.to_owned())),
        }
    }
}

impl FromStr for EventCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        match text.parse()? {
            Cursor::Event(cursor) => Ok(cursor),
            Cursor::Line(_) => Err(CursorError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let line = LineCursor { epoch: 0xfeed, seq: 42, time: 1_700_000_000_000_000_000 };
        assert_eq!(line.to_string(), "l1.feed.42.1700000000000000000");
        assert_eq!(line.to_string().parse::<LineCursor>().unwrap(), line);
        let event = EventCursor { epoch: 7, seq: 9 };
        assert_eq!(event.to_string().parse::<EventCursor>().unwrap(), event);
    }

    #[test]
    fn other_text_is_refused() {
        for bad in ["", "l1", "l1.x.y.z", "e1.7", "l2.0.0.0", "e1.7.9.1", "42"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
        assert!("e1.7.9".parse::<LineCursor>().is_err(), "an event cursor is no line cursor");
    }
}
