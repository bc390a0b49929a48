//! What lines mean: their level, the URLs in them, the errors that they report.
#![deny(clippy::indexing_slicing, clippy::string_slice)]

mod classifier;
mod finding;
mod incidents;
mod level;
mod prefilter;
mod strip;
mod urls;

pub use classifier::{Classifier, ClassifierContext};
pub use finding::{Findings, FoundUrl, Frame, IncidentDraft, Language, Place};
pub use strip::{sgr_only, strip};
