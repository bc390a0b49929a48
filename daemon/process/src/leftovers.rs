//! What outlived a shim that died: found by `BRUMMER_RUN` in the environment of every process, ended by pidfd.
//! Blocks; runs on the blocking pool.
//!
//! Only processes with exactly that run's mark, started no earlier than its shim, and neither this daemon nor
//! what this daemon descends from (it may itself have been started from within a supervised terminal).

use std::io;
use std::os::fd::AsFd as _;
use std::time::Duration;

use brummer_capture::proc::{self, PidFd};
use brummer_capture::{Holder, ProcId};
use brummer_event::RunId;
use nix::poll::{PollFd, PollFlags, PollTimeout};

/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(1);
const KILL_PASSES: usize = 20;
/// For one pass of SIGKILL.
const PASS: Duration = Duration::from_millis(100);

/// Living processes of a run whose shim is gone. Looks twice where nothing is found: a process that is just
/// becoming another program has no environment for a moment.
pub(crate) fn find(run: RunId, holder: Option<Holder>) -> Vec<ProcId> {
    let found = scan(run, holder);
    if found.is_empty() { scan(run, holder) } else { found }
}

fn scan(run: RunId, holder: Option<Holder>) -> Vec<ProcId> {
    let own = ProcId::own().ok();
    let begun = holder.map_or(0, |holder| holder.shim.start_time);
    let found = match proc::with_environment("BRUMMER_RUN", &run.to_string()) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%run, %error, "what a lost run left behind cannot be looked for");
            return Vec::new();
        }
    };
    found
        .into_iter()
        .filter(|stat| !stat.is_zombie() && stat.id.start_time >= begun)
        .filter(|stat| own.is_none_or(|own| !proc::descends_from(own.pid, stat.id.pid)))
        .map(|stat| stat.id)
        .collect()
}

/// Ends them: SIGTERM, a grace, then SIGKILL in passes until none is found. Answers what could not be ended.
pub(crate) fn end(run: RunId, holder: Option<Holder>, grace: Option<Duration>) -> Vec<ProcId> {
    let mut left = find(run, holder);
    if let Some(grace) = grace.map(|grace| grace.min(GRACE).max(Duration::from_millis(1))) {
        wait_for(&signal(&left, nix::libc::SIGTERM), grace);
        left = find(run, holder);
    }
    for _ in 0..KILL_PASSES {
        if left.is_empty() {
            break;
        }
        // Frozen first, so that nobody forks while the others are killed.
        signal(&left, nix::libc::SIGSTOP);
        wait_for(&signal(&left, nix::libc::SIGKILL), PASS);
        left = find(run, holder);
    }
    left
}

fn signal(targets: &[ProcId], signal: i32) -> Vec<PidFd> {
    let open = |id: &ProcId| -> io::Result<PidFd> {
        let pidfd = id.open()?;
        pidfd.signal(signal)?;
        Ok(pidfd)
    };
    targets.iter().filter_map(|id| open(id).ok()).collect()
}

/// Until all have ended or the time is over.
fn wait_for(targets: &[PidFd], limit: Duration) {
    let until = brummer_scope::clock::instant() + limit;
    for target in targets {
        let left = until.saturating_duration_since(brummer_scope::clock::instant());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut entries = [PollFd::new(target.as_fd(), PollFlags::POLLIN)];
        // Interrupted or failed: the next scan tells.
        let _either = nix::poll::poll(&mut entries, timeout);
    }
}
