//! What a service manager is told, if there is one.

use std::time::Duration;

use brummer_scope::Scope;
use sd_notify::NotifyState;

/// The socket answers.
pub(crate) fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// What it does now, in words.
pub(crate) fn status(words: &str) {
    send(&[NotifyState::Status(words)]);
}

pub(crate) fn stopping() {
    send(&[NotifyState::Stopping]);
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Pings the watchdog at half of its time, from a task of the runtime whose life it shows. Without a
/// watchdog there is no timer.
pub(crate) fn watchdog(scope: &Scope) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let every = (limit / 2).max(Duration::from_millis(1));
    let _task = scope.spawn_until_cancelled("watchdog", async move {
        let mut ticks = tokio::time::interval(every);
        loop {
            ticks.tick().await;
            send(&[NotifyState::Watchdog]);
        }
    });
}

/// Who manages us: `systemd`, `launchd`; empty if nobody does.
pub(crate) fn manager() -> &'static str {
    let text = |name| std::env::var(name).unwrap_or_default();
    // Variables of the manager's are inherited by everything in a session; only these two say that it means
    // this very process.
    if std::env::var_os("NOTIFY_SOCKET").is_some()
        || text("SYSTEMD_EXEC_PID") == std::process::id().to_string()
    {
        "systemd"
    } else if cfg!(target_os = "macos") && text("XPC_SERVICE_NAME").contains("brummer") {
        "launchd"
    } else {
        ""
    }
}
