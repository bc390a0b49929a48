//! The wishes that concern the daemon itself, and how far its end has come. The composition root waits for
//! them; the edges voice them.

use tokio_util::sync::CancellationToken;

/// Four moments, each of which comes once.
#[derive(Debug, Clone, Default)]
pub struct Control {
    stop: CancellationToken,
    detach: CancellationToken,
    down: CancellationToken,
    closing: CancellationToken,
}

impl Control {
    /// Stop everything in order, then the daemon.
    pub fn ask_stop(&self) {
        self.stop.cancel();
    }

    /// End the daemon and leave every process to the next one.
    pub fn ask_detach(&self) {
        self.detach.cancel();
    }

    pub fn stop_asked(&self) -> &CancellationToken {
        &self.stop
    }

    pub fn detach_asked(&self) -> &CancellationToken {
        &self.detach
    }

    /// Every process is down (or left to the next daemon).
    pub fn processes_down(&self) {
        self.down.cancel();
    }

    pub fn down(&self) -> &CancellationToken {
        &self.down
    }

    /// Subscribers end now.
    pub fn close_subscribers(&self) {
        self.closing.cancel();
    }

    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }
}
