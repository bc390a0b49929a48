//! The log engine: from a child's bytes in capture files to every reader, so that `kill -9` at any instant
//! loses nothing, doubles nothing, and a line keeps its number.
//!
//! ```text
//! captures ─▶ ingest threads (cut, understand, encode) ─▶ inbox ─▶ writer (number, index, publish) ─▶ rings
//!    ▲  turns of 256 KiB, in turn          ≤ buffer_size lines            │ wakes who is armed      │
//!    └─ bells, deadlines                                                  └▶ findings, notices, exits   readers
//! ```
//!
//! **Owns** the index of decisions, the numbers of lines, the rings and the retention of captures. What a line
//! is, is decided once (`assemble`) and recorded (`record`) before anyone sees it; what is read again later
//! is cut by those records, never decided anew.
//!
//! **Who may call**: anyone with a [`Logs`]. Reads never wait for a writer: they take a snapshot of the rings
//! (`ring`) and, behind them, read files by the same function (`scan`). A follower is a cursor with an
//! armed waker; there is no queue of its own.
//!
//! **When full**: lines that are read and not numbered are bounded by `buffer_size`; beyond it the bytes stay in
//! their files. Rings evict the oldest lines of the process with most bytes. Captures beyond retention are
//! removed after it is kept what was removed, so that a reader gets a gap.
//!
//! **When stopping**: [`Logs::close`] numbers what was read, syncs, and marks the numbers as complete. Without
//! it the next start goes on where the index ends.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod assemble;
mod backlog;
mod batch;
mod blocks;
mod board;
mod books;
mod chunk;
mod collect;
mod config;
mod derive;
mod desk;
mod error;
mod fold;
mod follow;
#[doc(hidden)]
pub mod fuzzing;
mod gauges;
mod handle;
mod history;
mod inbox;
mod index;
mod ingest;
mod keeper;
mod link;
mod numbers;
mod open;
mod page;
pub mod plain;
mod platform;
mod pool;
mod query;
mod reader;
mod reads;
mod record;
mod replay;
mod resume;
mod retention;
mod ring;
mod scan;
mod scholar;
mod sinks;
mod source;
mod study;
mod sync;
mod varint;
mod view;
mod writer;

pub use brummer_insight::Found;
pub use config::{LogsConfig, RingBytes, WhenBehind};
pub use error::LogsError;
pub use follow::Follower;
pub use handle::{BacklogHold, Logs};
pub use query::{Filter, Matcher};
pub use sinks::{FindingSink, NoticeSink};
pub use source::{RunProgress, RunSource, ShimOrder};
pub use view::{
    Anchor, Count, Degradation, FollowItem, LineView, LogStats, MOST_BYTES, MOST_LINES, Page, ReadQuery,
    RunLines,
};
