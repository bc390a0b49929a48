//! A follower: everything after a cursor, once, in order.

use crate::{FollowItem, LogsError};
use brummer_event::LineCursor;

/// Reads on behind a cursor for as long as it is asked. Holds no lines; dropping it costs nothing.
pub struct Follower {}

#[expect(clippy::todo, reason = "signatures first; the bodies follow")]
impl Follower {
    /// The next item. Waits without cost while there is none. Safe to drop at any await: nothing is taken
    /// that was not given out.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn next(&mut self) -> Result<FollowItem, LogsError> {
        todo!()
    }

    /// After everything that was given out.
    pub fn cursor(&self) -> LineCursor {
        todo!()
    }
}
