//! What the UI listens to, as a value of its state: the runtime keeps exactly these streams open. Pure.

use crate::layout;
use crate::model::filter::Filter;
use crate::model::log::LogPane;
use crate::model::{Model, Place, View};

/// How often CPU and memory are told while they can be seen.
const USAGE_MS: u64 = 2000;

/// One stream of the daemon's. A change of any field means another stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    Projects,
    Processes { project: String, usage_ms: Option<u64> },
    Incidents { project: String },
    Endpoints { project: String },
    Logs { project: String, filter: Filter, opening: u64, last: u32 },
}

/// Which of the streams it is; there is at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Projects,
    Processes,
    Incidents,
    Endpoints,
    Logs,
}

impl Subscription {
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Projects => Topic::Projects,
            Self::Processes { .. } => Topic::Processes,
            Self::Incidents { .. } => Topic::Incidents,
            Self::Endpoints { .. } => Topic::Endpoints,
            Self::Logs { .. } => Topic::Logs,
        }
    }

    /// The same stream, opened for another size of the screen: no reason to open it again.
    pub fn is_served_by(&self, open: &Self) -> bool {
        match (self, open) {
            (
                Self::Logs { project, filter, opening, .. },
                Self::Logs { project: p, filter: f, opening: o, .. },
            ) => project == p && filter == f && opening == o,
            _ => self == open,
        }
    }
}

/// Everything that is to be listened to.
pub fn subscriptions(model: &Model) -> Vec<Subscription> {
    let mut all = vec![Subscription::Projects];
    if let Place::Project { name, .. } = &model.place {
        let project = || name.clone();
        let usage_ms = (model.view == View::Processes).then_some(USAGE_MS);
        // Three screens: half a page can be scrolled back at once, and the bound of five is not reached.
        let last = LogPane::bound(layout::log_height(model)) * 3 / 5;
        all.push(Subscription::Processes { project: project(), usage_ms });
        all.push(Subscription::Incidents { project: project() });
        all.push(Subscription::Endpoints { project: project() });
        all.push(Subscription::Logs {
            project: project(),
            filter: model.log.filter.clone(),
            opening: model.log.opening,
            last: u32::try_from(last).unwrap_or(u32::MAX),
        });
    }
    all
}
