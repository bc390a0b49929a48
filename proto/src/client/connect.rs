//! Finding the daemon, or starting it, and the greeting.
//!
//! One loop: try the socket; if that fails, look who holds the lock and decide by that whether to wait, to
//! start a daemon, or to give up with the reason.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;
use tonic::Status;

use super::dial::was_never_sent;
use super::error::is_lost;
use super::start::{self, Progress, Starting};
use super::{Backoff, Client, ClientError, DaemonInfo};
use crate::address::{LockInfo, Phase, Places, lock_holder};
use crate::{PROTOCOL, v1};

/// A lock holder that serves must answer within this.
const SILENCE: Duration = Duration::from_secs(2);
/// A first answer that takes longer is waited for behind a greeting.
pub(super) const PROMPT: Duration = Duration::from_millis(500);

/// The daemon by its own lock and where it listens, without asking it; `None` where only a greeting tells.
///
/// # Errors
/// It speaks another protocol.
pub(super) fn named_by_lock(places: &Places) -> Result<Option<(DaemonInfo, PathBuf)>, ClientError> {
    let Some(holder) = lock_holder(&places.state_dir) else { return Ok(None) };
    let serves = holder.phase == Phase::Serving && holder.protocol != 0;
    if !serves || (places.socket_given && holder.socket != places.socket) {
        return Ok(None);
    }
    let daemon = DaemonInfo { pid: holder.pid, version: holder.version.clone(), protocol: holder.protocol };
    check_protocol(&daemon)?;
    Ok(Some((daemon, places.socket_of(Some(holder)))))
}

/// Finds the daemon (starting it if `autostart`), and greets it.
pub(super) async fn greet(client: &Client, autostart: bool, limit: Duration) -> Result<(), ClientError> {
    let places = client.places();
    let deadline = Instant::now() + limit;
    if !autostart && !places.socket_given && lock_holder(&places.state_dir).is_none() {
        // Not even a try: connecting would start a socket-activated daemon.
        return Err(ClientError::not_running());
    }
    let mut starting: Option<Starting> = None;
    let mut serving_but_unreachable: Option<Instant> = None;
    let mut backoff = Backoff::default();
    loop {
        let failure = match attempt(client, deadline).await {
            Ok(daemon) => {
                client.set_daemon(daemon);
                return Ok(());
            }
            Err(Failure::Final(error)) => return Err(error),
            Err(other) => other,
        };
        match lock_holder(&places.state_dir) {
            Some(holder) => {
                judge_holder(client, &holder, &failure, &mut serving_but_unreachable)?;
                if Instant::now() >= deadline {
                    return Err(too_slow(&holder, limit));
                }
            }
            None if Instant::now() >= deadline => return Err(failure.into_error(client)),
            None if matches!(failure, Failure::Silent) => {}
            None if !autostart => return Err(failure.into_error(client)),
            None => match &mut starting {
                None => starting = Some(start::start(places).await?),
                // Ours is not yet at its lock, or it is gone again: its pipe tells below.
                Some(Starting::Ours { .. }) => {}
                Some(Starting::Serving) => return Err(failure.into_error(client)),
            },
        }
        let delay = backoff.next().unwrap_or(SILENCE);
        match &mut starting {
            Some(ours @ Starting::Ours { .. }) => {
                if let Ok(progress) = tokio::time::timeout(delay, ours.progress()).await {
                    match progress {
                        Progress::Serving => starting = Some(Starting::Serving),
                        Progress::Failed(error) => return Err(error),
                    }
                }
            }
            _ => tokio::time::sleep(delay).await,
        }
    }
}

enum Failure {
    /// The socket could not be opened.
    Refused(Status),
    /// It was opened and nobody answered in time.
    Silent,
    Final(ClientError),
}

impl Failure {
    fn into_error(self, client: &Client) -> ClientError {
        let socket = client.places().socket_now();
        match self {
            Self::Refused(_) if !client.places().socket_given => ClientError::not_running(),
            Self::Refused(status) => ClientError::gone(&socket, &status),
            Self::Silent => ClientError::unreachable(
                "SILENT",
                format!("something listens at {} and does not answer", socket.display()),
                None,
            ),
            Self::Final(error) => error,
        }
    }
}

async fn attempt(client: &Client, deadline: Instant) -> Result<DaemonInfo, Failure> {
    let patience =
        SILENCE.min(deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(50)));
    let mut system = client.system();
    let pong = match tokio::time::timeout(patience, system.ping(v1::PingRequest {})).await {
        Err(_) => return Err(Failure::Silent),
        Ok(Ok(pong)) => pong.into_inner(),
        Ok(Err(status)) if was_never_sent(&status) => return Err(Failure::Refused(status)),
        // The connection broke during the greeting: a daemon that just ended.
        Ok(Err(status)) if is_lost(&status) => return Err(Failure::Refused(status)),
        Ok(Err(status)) => return Err(Failure::Final(status.into())),
    };
    let daemon = DaemonInfo { pid: pong.pid, version: pong.version, protocol: pong.protocol };
    check_protocol(&daemon).map_err(Failure::Final)?;
    Ok(daemon)
}

/// A daemon understands its own protocol and the one before.
fn check_protocol(daemon: &DaemonInfo) -> Result<(), ClientError> {
    let (ours, theirs) = (PROTOCOL, daemon.protocol);
    if theirs == ours || theirs == ours + 1 {
        return Ok(());
    }
    let (message, hint) = if theirs < ours {
        (
            "the daemon is older than this program",
            "update the daemon: `brummerctl daemon restart` keeps all processes",
        )
    } else {
        (
            "this program is older than the daemon",
            "update this program, or use the one installed with the daemon",
        )
    };
    Err(ClientError::unreachable(
        "PROTOCOL",
        format!("{message}: it speaks protocol {theirs} (version {}), this speaks {ours}", daemon.version),
        hint.to_owned(),
    ))
}

/// Whether waiting for a living lock holder makes sense; the reason if not.
fn judge_holder(
    client: &Client,
    holder: &LockInfo,
    failure: &Failure,
    unreachable_since: &mut Option<Instant>,
) -> Result<(), ClientError> {
    let places = client.places();
    if holder.phase != Phase::Serving {
        *unreachable_since = None;
        return Ok(());
    }
    if places.socket_given && holder.socket != places.socket {
        return Err(ClientError::unreachable(
            "DAEMON_ELSEWHERE",
            format!(
                "brummerd (pid {}) has this state directory and listens at {}, not at {}",
                holder.pid,
                holder.socket.display(),
                places.socket.display()
            ),
            "leave out --socket and BRUMMER_SOCKET, or set BRUMMER_STATE_DIR too".to_owned(),
        ));
    }
    let since = *unreachable_since.get_or_insert_with(Instant::now);
    if matches!(failure, Failure::Silent) || since.elapsed() >= SILENCE {
        return Err(ClientError::unreachable(
            "SILENT",
            format!("brummerd (pid {}) lives but does not answer for {} s", holder.pid, SILENCE.as_secs()),
            format!(
                "see what it does; `kill -9 {}` costs nothing: the next daemon adopts its processes",
                holder.pid
            ),
        ));
    }
    Ok(())
}

fn too_slow(holder: &LockInfo, limit: Duration) -> ClientError {
    let what = match holder.phase {
        Phase::Stopping => "is still stopping its processes",
        Phase::Starting | Phase::Serving => "is still starting",
    };
    ClientError::unreachable(
        "BUSY",
        format!("brummerd (pid {}) {what} after {} s", holder.pid, limit.as_secs()),
        "try again".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_to_update_is_named() {
        let pong = |protocol| DaemonInfo { pid: 1, version: "9.9".to_owned(), protocol };
        assert_eq!(check_protocol(&pong(PROTOCOL)), Ok(()));
        assert_eq!(check_protocol(&pong(PROTOCOL + 1)), Ok(()), "a daemon understands the one before");
        let newer = check_protocol(&pong(PROTOCOL + 2)).unwrap_err();
        assert!(newer.hint.unwrap().contains("update this program"));
        let older = check_protocol(&pong(PROTOCOL - 1)).unwrap_err();
        assert!(older.hint.unwrap().contains("update the daemon"));
        assert_eq!((newer.exit, older.exit), (3, 3));
    }
}
