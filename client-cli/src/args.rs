//! The command line: global options before or after the verb, verbs, their options.
//!
//! What is not in here does not exist: an unknown verb or option is a usage error (exit 2) that names the
//! nearest one.

mod usage;
mod values;
mod verbs;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint};

pub(crate) use usage::{asks_nothing, format_of, problem};
pub(crate) use values::{Condition, LineCount, StreamName, Variable};
pub(crate) use verbs::{
    Completion, Config, ConfigVerb, Daemon, DaemonVerb, Down, Errors, ErrorsVerb, Events, Logs, Projects,
    ProjectsVerb, Ps, Reload, Remove, Restart, Run, Start, Status, Stop, Up, Urls, Wait,
};

use crate::completion;
use crate::output::Format;
use crate::style::ColorChoice;
use crate::time::parse_duration;

/// Runs a developer's processes and remembers everything they say.
#[derive(Debug, Parser)]
#[command(
    name = "brummerctl",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 ok, 1 failure, 2 usage or configuration, 3 daemon not reachable, 4 not found, \
                  5 conflict or nothing to start, 6 denied, 7 partly done, 17 wait timed out, 18 wait has \
                  become impossible, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Project, by name or directory [default: the one of the current directory]
    #[arg(short, long, global = true, value_name = "PROJECT", add = completion::projects())]
    pub project: Option<String>,
    /// Profile of the configuration, for `up` and `config`; `up` keeps it until the next one
    #[arg(long, global = true, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub profile: Option<String>,
    /// Socket of the daemon
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// How to answer
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", default_value_t)]
    pub output: Format,
    /// Say nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: ColorChoice,
    /// How long to wait for an answer [default: 60s for `wait` and `--wait`, else 30s and the stop grace]
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Do not start a daemon
    #[arg(long, global = true)]
    pub no_autostart: bool,
}

// A verb's options are built when it is given: all of them cost more than a whole `ps`.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(crate) enum Verb {
    /// Open the project and start its processes
    Up(Up),
    /// Stop processes in reverse dependency order
    Down(Down),
    /// Start processes
    Start(Start),
    /// Stop processes
    Stop(Stop),
    /// Stop and start processes
    Restart(Restart),
    /// Run a command as a process
    Run(Run),
    /// Forget an ended ad-hoc or detected process
    Rm(Remove),
    /// List processes
    Ps(Ps),
    /// Show the daemon, or one process in full
    Status(Status),
    /// Show what processes said
    Logs(Logs),
    /// Show errors found in what processes said
    Errors(Errors),
    /// Show URLs that processes serve
    Urls(Urls),
    /// Wait until something is true of processes
    Wait(Wait),
    /// List what could be run
    Scripts,
    /// List, add, trust or remove known projects
    Projects(Projects),
    /// Check or show the configuration
    Config(Config),
    /// Read the configuration again and say what that changes
    Reload(Reload),
    /// Print every event as a line of JSON
    Events(Events),
    /// Start, stop, look at or install the daemon
    Daemon(Daemon),
    /// Ask the daemon whether it is there
    Ping,
    /// Print the shell code that completes this command line
    Completion(Completion),
    /// Print the versions of client and daemon
    Version,
}

#[cfg(test)]
mod tests;
