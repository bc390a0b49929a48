//! The only conversions between the wire and the domain. Inbound can fail, each optional field is checked
//! once; outbound cannot.

pub(crate) mod event;
pub(crate) mod inbound;
pub(crate) mod incident;
pub(crate) mod line;
pub(crate) mod mask;
pub(crate) mod process;
pub(crate) mod project;

use brummer_event::{Gap, GapReason};
use brummer_proto::v1;

pub(crate) fn gap(gap: &Gap) -> v1::Gap {
    let reason = match gap.reason {
        GapReason::Evicted => v1::GapReason::Evicted,
        GapReason::Behind => v1::GapReason::Behind,
        GapReason::DiskFull => v1::GapReason::DiskFull,
        GapReason::Live => v1::GapReason::Live,
        GapReason::Epoch => v1::GapReason::Epoch,
        GapReason::Cleared => v1::GapReason::Cleared,
    };
    v1::Gap {
        from: gap.from,
        to: gap.to,
        lines: gap.lines,
        project: gap.project.as_deref().unwrap_or_default().to_owned(),
        process: gap.process.as_deref().unwrap_or_default().to_owned(),
        run: gap.run.map(|run| run.to_string()).unwrap_or_default(),
        reason: reason.into(),
    }
}
