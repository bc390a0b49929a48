//! A pidfd that wakes the runtime.
#![allow(
    unsafe_code,
    reason = "registering a descriptor with the runtime has a safety contract since tokio 1.54"
)]

use std::io;
use std::os::fd::{AsFd as _, AsRawFd, RawFd};

use brummer_capture::ProcId;
use brummer_capture::proc::PidFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

#[derive(Debug)]
struct Owned(PidFd);

impl AsRawFd for Owned {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// One process whose end is awaited.
#[derive(Debug)]
pub(crate) struct WatchedProcess {
    fd: AsyncFd<Owned>,
}

impl WatchedProcess {
    /// Begins to watch. Within a runtime.
    ///
    /// # Errors
    /// It is gone, or the system has no pidfd.
    pub(crate) fn new(id: ProcId) -> io::Result<Self> {
        let owned = Owned(id.open()?);
        // SAFETY: `Owned` owns the descriptor and never changes or closes it before it is dropped, which the
        // AsyncFd that owns it does only after deregistering.
        let fd = unsafe { AsyncFd::register_with_interest(owned, Interest::READABLE) };
        Ok(Self { fd: fd.map_err(|error| io::Error::other(error.to_string()))? })
    }

    pub(crate) fn id(&self) -> ProcId {
        self.fd.get_ref().0.id()
    }

    /// Ends when the process has ended.
    pub(crate) async fn ended(&self) {
        // An error means that the runtime ends: so does all waiting.
        drop(self.fd.readable().await);
    }
}
