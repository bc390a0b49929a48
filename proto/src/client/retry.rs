//! What to do after a request failed: wait and repeat, start a daemon, or give up.

use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;

use super::{Backoff, Client, ClientError, connect, dial, error};
use crate::address::lock_holder;

/// How long a request tries to come back after a loss.
const BUDGET: Duration = Duration::from_secs(5);

/// The attempts of one request.
#[derive(Default)]
pub(super) struct Retry {
    backoff: Backoff,
    lost_at: Option<Instant>,
}

impl Retry {
    /// Returns when the request may be made again.
    ///
    /// # Errors
    /// It must not: the daemon refused it, or stays away.
    pub(super) async fn after(&mut self, client: &Client, status: Status) -> Result<(), ClientError> {
        if !error::is_lost(&status) {
            return Err(status.into());
        }
        if client.is_unheard() {
            // The lock promised a daemon: a greeting finds out what is wrong, or waits for it.
            return client.greet().await;
        }
        let places = client.places();
        if self.lost_at.is_none()
            && client.inner.autostart
            && dial::was_never_sent(&status)
            && lock_holder(&places.state_dir).is_none()
        {
            self.lost_at = Some(Instant::now());
            return connect::greet(client, true, client.inner.start_limit).await;
        }
        let since = *self.lost_at.get_or_insert_with(Instant::now);
        let delay = self.backoff.next().unwrap_or(BUDGET);
        if since.elapsed() + delay > BUDGET {
            return Err(ClientError::gone(&places.socket_now(), &status));
        }
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
