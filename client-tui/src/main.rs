//! Arguments, connection and exit code of `brummer-tui`; everything else is the library's.

use std::io::Write as _;
use std::process::ExitCode;

use brummer_proto::client::{Client, ClientError, ConnectOptions};
use brummer_tui::args::Args;
use brummer_tui::effects::find_project;
use brummer_tui::runtime::{self, Start};
use brummer_tui::{ansi, terminal};
use clap::Parser as _;

/// Usage errors, also: no terminal to draw on.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    if !terminal::is_there() {
        return say(USAGE, "this needs a terminal", Some("`brummerctl` answers in pipes and scripts"));
    }
    if terminal::is_dumb() {
        let message = "this terminal cannot be drawn on: TERM is `dumb`";
        return say(USAGE, message, Some("`brummerctl` needs no more than lines"));
    }
    // The loop has a thread of its own; another keeps the connection going while an editor has the terminal.
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let done = built.map(|tokio| {
        let done = tokio.block_on(run(args));
        // A command that is still being answered goes on in the daemon.
        tokio.shutdown_background();
        done
    });
    match done {
        Ok(Ok(said)) => {
            if let Some(said) = said {
                tell(&said);
            }
            ExitCode::SUCCESS
        }
        Ok(Err(Failure::Client(error))) => say(error.exit, &error.message, error.hint.as_deref()),
        Ok(Err(Failure::Terminal(error))) | Err(error) => {
            say(1, &format!("the terminal failed: {error}"), None)
        }
    }
}

enum Failure {
    Client(ClientError),
    Terminal(std::io::Error),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

async fn run(args: Args) -> Result<Option<String>, Failure> {
    let options =
        ConnectOptions { socket: args.socket, autostart: !args.no_autostart, ..ConnectOptions::default() };
    let client = Client::connect(options).await?;
    let directory = std::env::current_dir().map_err(Failure::Terminal)?;
    let place = find_project(&client, args.project.as_deref(), &directory.to_string_lossy()).await?;
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let home = std::env::var("HOME").ok();
    runtime::run(Start { client, place, names: args.names, colour, home }).await.map_err(Failure::Terminal)
}

fn say(code: u8, message: &str, hint: Option<&str>) -> ExitCode {
    tell(&format!("brummer-tui: {}", ansi::harmless(message)));
    if let Some(hint) = hint {
        tell(&format!("  {}", ansi::harmless(hint)));
    }
    ExitCode::from(code)
}

/// The one place that speaks where there is no screen. The terminal may be gone: nobody is left to be told.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
