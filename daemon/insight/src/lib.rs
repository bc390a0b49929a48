//! What lines mean: their level, the URLs in them, the errors that they report; and the one table of what
//! was found.
//!
//! [`Classifier`] is pure and belongs to the reader of one run: it takes line by line and answers with a
//! level and [`Findings`]. A line without any of some forty byte patterns costs one vectorised pass (a
//! [`Scout`] makes it over many lines at once) and no allocation; only the others are looked at
//! ([`level`](self), errors of several lines, URLs). The rule for levels: a tool's own mark at a known place decides, the stream never does, a count of zero is no error.
//! A classifier's memory is bounded: one open error a stream, 64 frames and 1000 bytes of message each.
//!
//! [`Insight`] owns incidents and endpoints of all projects ([`table`](Insight)): one task, fed in order of
//! line numbers, read by snapshot. It promises that an error is counted once however often the daemon
//! dies: what it keeps and how far it has derived are committed together.
//!
//! [`strip()`] and [`sgr_only()`] take escape sequences out of log bytes, for JSON and for terminals.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod classifier;
mod finding;
mod incidents;
mod level;
mod prefilter;
mod strip;
mod table;
mod urls;

pub use classifier::{Classifier, ClassifierContext};
pub use finding::{Findings, FoundUrl, Frame, IncidentDraft, Language, Place};
pub use prefilter::Scout;
pub use strip::{sgr_only, strip};
pub use table::{Endpoint, Found, Incident, Insight, LookupError};
