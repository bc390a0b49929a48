//! To whom the engine tells what it learns. Small traits, so that the engine is tested without an incident
//! table and without a bus.

use brummer_bus::Bus;
use brummer_event::{LineSeq, Payload, ProcessKey};
use brummer_insight::{Found, Insight};
use brummer_scope::clock;

/// Takes what was found in lines, after they can be read. The incident table implements it.
pub trait FindingSink: Send + Sync + 'static {
    /// In order of line numbers, from one thread, also without findings. May block for a bounded time; the
    /// lines are published already.
    fn feed(&self, found: Found);
    /// Effects of lines of this epoch through the answer were kept before this daemon began.
    fn derived_through(&self, epoch: u64) -> LineSeq;
}

impl FindingSink for Insight {
    fn feed(&self, found: Found) {
        Self::feed(self, found);
    }

    fn derived_through(&self, epoch: u64) -> LineSeq {
        Self::derived_through(self, epoch)
    }
}

/// Is told now and then (not per line) how far a process has come. The event bus implements it.
pub trait NoticeSink: Send + Sync + 'static {
    /// Lines of `key` through `seq` can be read. Must not block.
    fn advanced(&self, key: &ProcessKey, seq: LineSeq);
}

impl NoticeSink for Bus {
    fn advanced(&self, key: &ProcessKey, seq: LineSeq) {
        // A notice that the bus refuses is counted there; the next one says more anyway.
        let _counted = self.try_notice(clock::wall_ns(), Payload::LogAdvanced { process: key.clone(), seq });
    }
}
