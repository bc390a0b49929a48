//! The words that every part of the daemon shares, as types: who a line or an event belongs to
//! ([`ids`]), what a line carries ([`mod@line`]), where a reader stands ([`cursor`]), what is missing
//! ([`gap`]), what changed ([`event`]), in which state a process can be ([`state`]), what a process
//! should be ([`spec`]), which patterns people may write ([`pattern`]) and what of all that is not shown
//! ([`secret`]).
//!
//! Everything here is pure: no clock, no files, no tasks. Times come in as arguments: wall time as
//! [`WallNs`] (nanoseconds since 1970, a label), monotonic time as `u64` nanoseconds since boot.

pub mod cursor;
pub mod event;
pub mod gap;
pub mod ids;
pub mod line;
pub mod pattern;
pub mod secret;
pub mod spec;
pub mod state;

pub use cursor::{Cursor, CursorError, EventCursor, LineCursor};
pub use event::{Event, Payload, Priority, Topic};
pub use gap::{Gap, GapReason};
pub use ids::{IdError, ProcessKey, RequestId, RunId};
pub use line::{Level, LineFlags, Stream};
pub use state::{Exit, ExitReason, ProcessState};

/// Wall time: nanoseconds since the Unix epoch. A label for people; never used to order anything.
pub type WallNs = i64;

/// Number of a line, given by the log store alone. Durable, grows, stays below 2^53; not dense.
pub type LineSeq = u64;

/// Number of an event, given by the bus alone. Starts at 1 with each daemon start.
pub type EventSeq = u64;
