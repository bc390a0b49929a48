//! The log engine: from a child's bytes in capture files to every reader.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod assemble;
mod blocks;
mod chunk;
mod config;
mod error;
mod follow;
mod handle;
mod index;
mod numbers;
mod platform;
mod query;
mod record;
mod replay;
mod resume;
mod ring;
mod source;
mod varint;
mod view;

pub use config::{LogsConfig, RingBytes, WhenBehind};
pub use error::LogsError;
pub use follow::Follower;
pub use handle::{BacklogHold, FindingSink, Found, Logs, NoticeSink};
pub use query::{Filter, Matcher};
pub use source::{RunProgress, RunSource, ShimOrder};
pub use view::{
    Anchor, Count, Degradation, FollowItem, LineView, LogStats, MOST_BYTES, MOST_LINES, Page, ReadQuery,
    RunLines,
};
