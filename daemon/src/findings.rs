//! What the log engine finds goes to the incident table, what it publishes to the bus; it knows neither.

use std::sync::OnceLock;

use brummer_bus::Bus;
use brummer_event::{LineSeq, Payload, ProcessKey};
use brummer_insight::Insight;
use brummer_logs::{FindingSink, Found, NoticeSink};
use brummer_scope::clock;

/// The incident table as the log engine sees it.
pub(crate) struct FindingsOf {
    insight: Insight,
    /// Of the line numbers; known once the log engine is open, which is before it reads any run.
    epoch: OnceLock<u64>,
}

impl FindingsOf {
    pub(crate) fn new(insight: Insight) -> Self {
        Self { insight, epoch: OnceLock::new() }
    }

    /// Line numbers are of this epoch. Said once, before the first run is attached.
    pub(crate) fn set_epoch(&self, epoch: u64) {
        let _already_said = self.epoch.set(epoch);
    }

    fn epoch(&self) -> u64 {
        self.epoch.get().copied().unwrap_or(0)
    }
}

impl FindingSink for FindingsOf {
    fn feed(&self, found: Found) {
        self.insight.feed(brummer_insight::Found {
            key: found.key,
            run: found.run,
            epoch: self.epoch(),
            urls: found.urls,
            incidents: found.incidents,
            through: found.through,
        });
    }

    fn derived_through(&self) -> LineSeq {
        self.insight.derived_through(self.epoch())
    }
}

/// The bus as the log engine sees it.
pub(crate) struct NoticesOf {
    pub(crate) bus: Bus,
}

impl NoticeSink for NoticesOf {
    fn advanced(&self, key: &ProcessKey, seq: LineSeq) {
        let advanced = Payload::LogAdvanced { process: key.clone(), seq };
        // A notice: refused ones are counted by the bus, and the next one says more.
        let _noticed = self.bus.try_notice(clock::wall_ns(), advanced);
    }
}
