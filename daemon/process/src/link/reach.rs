//! Finding a shim whose connection is not there: is its lock held, does its socket answer, what did it leave.

use std::time::Duration;

use brummer_capture::{RunDir, alive};
use tokio::net::UnixStream;

use super::{Found, Gone, Link};

/// Between two looks at a run that is held and does not answer: doubles from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// One look.
enum Look {
    Answers(std::os::unix::net::UnixStream),
    /// Held, and no socket.
    Silent,
    Gone(Gone),
    Failed(String),
}

/// Blocks for a moment.
fn look(dir: &RunDir, same_boot: bool) -> Look {
    let held = match alive::is_held(dir.path()) {
        Ok(held) => held && same_boot,
        Err(error) => return Look::Failed(error.to_string()),
    };
    if held {
        return match dir.connect() {
            Ok(stream) => match stream.set_nonblocking(true) {
                Ok(()) => Look::Answers(stream),
                Err(error) => Look::Failed(error.to_string()),
            },
            Err(_) => Look::Silent,
        };
    }
    let exit = match dir.read_exit() {
        Ok(exit) => exit.map(Box::new),
        Err(error) => {
            tracing::error!(%error, "the last word of a shim cannot be read");
            None
        }
    };
    let holder = alive::holder(dir.path()).ok().flatten();
    Look::Gone(Gone { exit, holder, same_boot })
}

impl Link {
    /// Looks until the shim is reached or known to be gone.
    pub(super) async fn find_out(&mut self) -> Found {
        let leave = self.context.leave.clone();
        let mut pause = FIRST_PAUSE;
        // A shim that said its last word is about to end: its lock falls with it.
        if self.shim.is_known() {
            let _either = tokio::time::timeout(FIRST_PAUSE, self.shim.ended()).await;
        }
        loop {
            if leave.is_cancelled() {
                return Found::Left;
            }
            let (dir, same_boot) = (self.run.dir.clone(), self.run.same_boot);
            let looked = self.context.scope.blocking("shim-look", move || look(&dir, same_boot)).await;
            match looked {
                Ok(Look::Gone(gone)) => return Found::Gone(gone),
                Ok(Look::Answers(stream)) => {
                    let stream = UnixStream::from_std(stream);
                    if let Ok(stream) = stream
                        && self.learn_cookie().await
                    {
                        return Found::Shim(stream);
                    }
                }
                Ok(Look::Silent) => self.learn_holder(),
                Ok(Look::Failed(error)) => {
                    tracing::warn!(run = %self.run.run, error, "a run cannot be looked at; tried again");
                }
                Err(error) => tracing::error!(%error, "a look at a run was not completed"),
            }
            tokio::select! {
                () = self.shim.ended() => {
                    // Ended, and the lock not yet fallen: it is a matter of the kernel's microseconds.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LAST_PAUSE),
                () = leave.cancelled() => return Found::Left,
            }
        }
    }

    fn learn_holder(&mut self) {
        if !self.shim.is_known()
            && let Ok(Some(holder)) = alive::holder(self.run.dir.path())
        {
            self.shim.learn(holder.shim);
        }
    }

    /// The secret is in `meta.json`, where this daemon did not write it itself.
    async fn learn_cookie(&mut self) -> bool {
        if self.run.cookie.is_some() {
            return true;
        }
        let dir = self.run.dir.clone();
        match self.context.scope.blocking("shim-meta", move || dir.read_meta()).await {
            Ok(Ok(meta)) => {
                self.run.cookie = Some(meta.cookie);
                true
            }
            Ok(Err(error)) => {
                tracing::error!(run = %self.run.run, %error, "a living run cannot be spoken to");
                false
            }
            Err(_) => false,
        }
    }
}
