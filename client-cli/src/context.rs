//! What every command needs: the output, the global options, where the user stands, and asking the daemon
//! with a deadline.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use brummer_proto::address::{Overrides, Places};
use brummer_proto::client::{Client, ClientError, ConnectOptions};
use brummer_proto::v1;
use tonic::{Response, Status};

use crate::args::Global;
use crate::failure::{Failure, Problem};
use crate::output::Output;
use crate::time::parse_duration;
use crate::view;

/// Asking for something to be read, and commands besides the stop grace.
const USUAL: Duration = Duration::from_secs(30);
/// Waiting for readiness: the deadline of a check that says nothing else, and the daemon's word on it.
const READY: Duration = Duration::from_secs(65);
/// The stop grace where nothing else is configured.
const GRACE: Duration = Duration::from_secs(10);
/// Finding or starting the daemon.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a command may take unless `--timeout` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// 30 s and the longest stop grace of the project.
    Usual,
    /// 60 s and a little: it waits for readiness, and the daemon knows best what it waited for.
    Ready,
}

pub(crate) struct Context {
    pub output: Output,
    global: Global,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self { output: Output::new(global.output, global.quiet, global.color), global }
    }

    pub(crate) const fn timeout(&self) -> Option<Duration> {
        self.global.timeout
    }

    /// The profile that was chosen; empty for none.
    pub(crate) fn profile(&self) -> String {
        self.global.profile.clone().unwrap_or_default()
    }

    /// Home directory, for `~`.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_absolute() && home != Path::new("/"))
    }

    pub(crate) fn places(&self) -> Result<Places, Failure> {
        let overrides = Overrides { socket: self.global.socket.clone(), state_dir: None };
        Places::of_process(&overrides).map_err(|error| ClientError::from(error).into())
    }

    /// The daemon, started if need be and allowed.
    pub(crate) async fn connect(&self) -> Result<Client, Failure> {
        self.connect_or_start(!self.global.no_autostart).await
    }

    pub(crate) async fn connect_or_start(&self, autostart: bool) -> Result<Client, Failure> {
        let options = ConnectOptions {
            socket: self.global.socket.clone(),
            autostart,
            timeout: self.global.timeout.unwrap_or(CONNECT),
        };
        Ok(Client::connect(options).await?)
    }

    /// The project that the user means.
    pub(crate) fn scope(&self) -> Result<v1::Scope, Failure> {
        match &self.global.project {
            Some(project) => self.scope_of(project),
            None => Ok(v1::Scope { directory: here()?, ..v1::Scope::default() }),
        }
    }

    /// A project by name, or by a directory (recognised by its slash, `.` or `..`).
    pub(crate) fn scope_of(&self, project: &str) -> Result<v1::Scope, Failure> {
        let is_directory = project.contains('/') || project == "." || project == "..";
        let project = if is_directory { absolute(Path::new(project))? } else { project.to_owned() };
        // The current directory goes along so that the daemon can tell whether the project is its own.
        Ok(v1::Scope { all: false, project, directory: here().unwrap_or_default() })
    }

    /// Every project.
    pub(crate) fn all() -> v1::Scope {
        v1::Scope { all: true, ..v1::Scope::default() }
    }

    /// Names the project unless it is the current directory's.
    pub(crate) fn announce(&mut self, project: Option<&v1::ProjectRef>) {
        if let Some(project) = project
            && !project.here
            && !project.name.is_empty()
        {
            let directory = view::tilde(&project.directory, self.home().as_deref());
            self.output.talk(&format!("project {}  {directory}", view::plain_words(&project.name)));
        }
    }

    /// Asks for something to be read.
    pub(crate) async fn read<T, F>(&self, client: &Client, make: F) -> Result<T, Failure>
    where
        F: AsyncFn(&Client) -> Result<Response<T>, Status>,
    {
        Ok(client.call_within(self.global.timeout.unwrap_or(USUAL), make).await?)
    }

    /// Gives a command and waits until it is done, or until patience ends; the work then goes on.
    pub(crate) async fn command<T, F>(
        &self,
        client: &Client,
        patience: Patience,
        make: F,
    ) -> Result<T, Failure>
    where
        F: AsyncFn(&Client) -> Result<Response<T>, Status>,
    {
        if let Some(limit) = self.global.timeout {
            return Ok(client.call_within(limit, make).await?);
        }
        let first = match patience {
            Patience::Usual => USUAL,
            Patience::Ready => READY,
        };
        let mut work = pin!(client.call(make));
        if let Ok(answer) = tokio::time::timeout(first, &mut work).await {
            return Ok(answer?);
        }
        if patience == Patience::Usual {
            // How long the grace is, only a slow stop makes interesting.
            let grace = self.longest_grace(client).await;
            if let Ok(answer) = tokio::time::timeout(grace, &mut work).await {
                return Ok(answer?);
            }
        }
        Err(Problem::still_working().into())
    }

    /// The longest stop grace that the project's configuration gives, at least the usual one.
    async fn longest_grace(&self, client: &Client) -> Duration {
        let Ok(scope) = self.scope() else { return GRACE };
        let request = v1::ShowConfigRequest { scope: Some(scope), profile: String::new() };
        let asked = client.call_within(Duration::from_secs(2), async |client: &Client| {
            client.projects().show_config(request.clone()).await
        });
        match asked.await {
            Ok(shown) => longest_stop(shown.values.iter().map(|value| (&*value.key, &*value.value))),
            Err(_) => GRACE,
        }
    }
}

/// The longest `stop.timeout` among configuration values (key, TOML), at least the usual grace.
fn longest_stop<'a>(values: impl Iterator<Item = (&'a str, &'a str)>) -> Duration {
    let graces = values
        .filter(|(key, _)| key.ends_with(".stop.timeout"))
        .filter_map(|(_, value)| parse_duration(value.trim_matches(['"', '\''])).ok());
    graces.max().unwrap_or(GRACE).max(GRACE)
}

/// The current directory, as text for the wire.
pub(crate) fn here() -> Result<String, Failure> {
    let here = std::env::current_dir().map_err(|error| {
        Problem::new(
            crate::exit::NOT_FOUND,
            "NO_DIRECTORY",
            format!("the current directory is gone: {error}"),
        )
        .hint("change to one that exists, or say a project with -p")
    })?;
    text(here)
}

/// An absolute path for the wire: the real one if it exists.
pub(crate) fn absolute(path: &Path) -> Result<String, Failure> {
    let found = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    text(found.map_err(|error| Problem::usage(format!("`{}` is no path: {error}", path.display())))?)
}

fn text(path: PathBuf) -> Result<String, Failure> {
    path.into_os_string().into_string().map_err(|path| {
        Problem::usage(format!("`{}` is not valid UTF-8; Brummer cannot name it", path.display())).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_grace_counts() {
        let longest = |values: &[(&str, &str)]| longest_stop(values.iter().copied()).as_secs();
        assert_eq!(longest(&[]), 10);
        assert_eq!(longest(&[("processes.api.stop.timeout", "\"3s\"")]), 10);
        assert_eq!(
            longest(&[
                ("processes.api.stop.timeout", "\"45s\""),
                ("processes.db.stop.timeout", "\"1m30s\""),
                ("processes.db.stop.signal", "\"99s\""),
            ]),
            90
        );
    }
}
