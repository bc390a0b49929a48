//! Keys that people who come from other tools or from the design expect, and that this version does not
//! have. Giving one is a warning, so that a file for a later version works as far as it can and nobody
//! believes that the key has an effect.
//!
//! Pure: data.

/// A key that is not built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    /// Dotted; `*` is any one name.
    pub(crate) path: &'static str,
    /// It will belong to the user's configuration alone: it opens a listener, gives a right or bounds the
    /// daemon.
    pub(crate) user_only: bool,
}

const fn project(path: &'static str) -> Planned {
    Planned { path, user_only: false }
}

const fn user(path: &'static str) -> Planned {
    Planned { path, user_only: true }
}

/// Every such key. One that gets built leaves this list (a test checks).
pub(crate) static PLANNED: &[Planned] = &[
    project("project"),
    project("processes.*.ready.http"),
    project("processes.*.ready.tcp"),
    project("processes.*.ready.exec"),
    project("processes.*.ready.notify"),
    project("processes.*.ready.interval"),
    project("processes.*.ready.timeout"),
    project("processes.*.ready.initial_delay"),
    project("processes.*.ready.failures"),
    project("processes.*.ready.successes"),
    project("processes.*.health"),
    project("processes.*.success_exit_codes"),
    project("processes.*.tty"),
    project("processes.*.replicas"),
    project("processes.*.port"),
    project("processes.*.url"),
    project("processes.*.watch"),
    project("processes.*.schedule"),
    project("processes.*.groups"),
    project("processes.*.backoff.factor"),
    project("processes.*.backoff.jitter"),
    project("processes.*.backoff.reset_after"),
    project("processes.*.logs"),
    project("processes.*.limits"),
    project("processes.*.hooks"),
    project("processes.*.windows"),
    project("processes.*.macos"),
    project("processes.*.linux"),
    project("processes.*.stop.keys"),
    project("processes.*.stop.scope"),
    project("logs.persist"),
    project("logs.format"),
    project("logs.mask"),
    user("proxy"),
    user("mcp"),
    user("telemetry"),
    user("remote"),
    user("concurrency.proxy_server"),
    user("concurrency.mcp_manager"),
];

/// The planned key at `path`; a profile's keys are those of the file.
pub(crate) fn find<S: AsRef<str>>(path: &[S]) -> Option<&'static Planned> {
    let path = super::within_profile(path);
    PLANNED.iter().find(|planned| {
        let parts: Vec<&str> = planned.path.split('.').collect();
        parts.len() == path.len()
            && parts.iter().zip(path).all(|(part, given)| *part == "*" || *part == given.as_ref())
    })
}
