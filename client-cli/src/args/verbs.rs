//! Verbs and their options.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{Condition, LineCount, StreamName, Variable};
use crate::completion;
use crate::json::log::Level;
use crate::time::{Moment, parse_moment};

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Processes or scripts [default: what the project says]
    #[arg(value_name = "NAME", add = completion::scripts())]
    pub names: Vec<String>,
    /// Return once they run instead of following their logs
    #[arg(short, long)]
    pub detach: bool,
    /// Return once they are ready (tasks: have succeeded)
    #[arg(long)]
    pub wait: bool,
    /// Do not start what they depend on
    #[arg(long)]
    pub no_deps: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// Processes [default: all of the project]
    #[arg(value_name = "NAME", add = completion::processes())]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    #[arg(value_name = "NAME", required_unless_present = "all", add = completion::scripts())]
    pub names: Vec<String>,
    /// All processes of the project
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Return once they are ready (tasks: have succeeded)
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Stop {
    #[arg(value_name = "NAME", required_unless_present = "all", add = completion::processes())]
    pub names: Vec<String>,
    /// All processes of the project
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Also what depends on them
    #[arg(long)]
    pub with_dependents: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restart {
    #[arg(value_name = "NAME", required_unless_present = "all", add = completion::processes())]
    pub names: Vec<String>,
    /// All processes of the project
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Return once they are ready (tasks: have succeeded)
    #[arg(long)]
    pub wait: bool,
    /// Also what depends on them
    #[arg(long)]
    pub with_dependents: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Name of the process [default: after the command]
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// Directory to run it in [default: the current one]
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Set a variable of its environment
    #[arg(short, long = "env", value_name = "K=V")]
    pub environment: Vec<Variable>,
    /// Follow it, pass on its exit code, and forget it
    #[arg(long)]
    pub rm: bool,
    /// The command and its arguments; no shell looks at them
    #[arg(last = true, required = true, value_name = "CMD", value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[arg(value_name = "NAME", required = true, add = completion::processes())]
    pub names: Vec<String>,
    /// Also remove what it said
    #[arg(long)]
    pub logs: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ps {
    #[arg(value_name = "NAME", add = completion::processes())]
    pub names: Vec<String>,
    /// Of all projects
    #[arg(short, long)]
    pub all: bool,
    /// Go on with changes as they happen
    #[arg(short, long)]
    pub watch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// A process to show in full [default: the daemon]
    #[arg(value_name = "NAME", add = completion::processes())]
    pub name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[arg(value_name = "NAME", add = completion::processes())]
    pub names: Vec<String>,
    /// Go on with what is said from now on, over restarts of process and daemon
    #[arg(short, long)]
    pub follow: bool,
    /// Lines of the processes to show, or `all` [default: 200, with -f 20, after a cursor all]
    #[arg(short = 'n', long, value_name = "N|all", allow_negative_numbers = true)]
    pub lines: Option<LineCount>,
    /// Not before this time, or this long ago
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Moment>,
    /// Before this time, or this long ago
    #[arg(long, value_name = "TIME", value_parser = parse_moment, conflicts_with = "follow")]
    pub until: Option<Moment>,
    /// After this cursor of an earlier answer
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// With this text; capitals only match if the text has some
    #[arg(long, value_name = "TEXT", conflicts_with = "regex")]
    pub grep: Option<String>,
    /// That match this regular expression
    #[arg(long, value_name = "RE")]
    pub regex: Option<String>,
    /// Lines around each match
    #[arg(short = 'C', long, value_name = "N", default_value_t = 0)]
    pub context: u32,
    /// Say how many there are
    #[arg(long, conflicts_with_all = ["follow", "lines", "after", "context", "raw", "timestamps", "clear"])]
    pub count: bool,
    /// Of this level and above
    #[arg(long, value_enum)]
    pub level: Option<Level>,
    /// Of these streams
    #[arg(long, value_enum, value_delimiter = ',', value_name = "out,err,sys")]
    pub stream: Vec<StreamName>,
    /// Of one run
    #[arg(long, value_name = "ID|last")]
    pub run: Option<String>,
    /// Show when they were said
    #[arg(short, long)]
    pub timestamps: bool,
    /// Pass on the bytes as they were written
    #[arg(long)]
    pub raw: bool,
    /// Do not show who said them
    #[arg(long)]
    pub no_prefix: bool,
    /// From now on show nothing that was said before
    #[arg(long, conflicts_with_all = [
        "follow", "lines", "since", "until", "after", "grep", "regex", "context", "level", "stream", "run",
        "timestamps", "raw", "no_prefix",
    ])]
    pub clear: bool,
}

#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Errors {
    #[command(subcommand)]
    pub verb: Option<ErrorsVerb>,
    #[arg(value_name = "NAME", add = completion::processes())]
    pub names: Vec<String>,
    /// Go on with errors as they are found
    #[arg(short, long)]
    pub follow: bool,
    /// Last seen at or after this time, or this long ago
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Moment>,
    /// Also of earlier runs
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ErrorsVerb {
    /// Show one error in full
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Urls {
    #[arg(value_name = "NAME", conflicts_with = "open", add = completion::processes())]
    pub names: Vec<String>,
    /// Open the URL of this process in the browser
    #[arg(long, value_name = "NAME", add = completion::processes())]
    pub open: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    #[arg(value_name = "NAME", required = true, add = completion::processes())]
    pub names: Vec<String>,
    /// What to wait for: running, exit, log=RE or url
    #[arg(long = "for", value_name = "CONDITION")]
    pub condition: Condition,
    /// One of the names is enough
    #[arg(long)]
    pub any: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Projects {
    #[command(subcommand)]
    pub verb: Option<ProjectsVerb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectsVerb {
    /// List known projects
    List,
    /// Make a directory known, without starting or trusting anything
    Add {
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
    /// Trust a directory, as `up` by hand does: what asks on your behalf may run what is in it
    Trust {
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
    /// Forget a project of which nothing runs
    Rm {
        /// Name or directory
        #[arg(value_name = "DIR", add = completion::projects())]
        project: String,
    },
}

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Say everything that is wrong with it
    Check,
    /// Print what is in effect
    Show {
        /// And where each value comes from
        #[arg(long)]
        sources: bool,
    },
    /// Write a commented start file with what was found here
    Init,
    /// Print the file of another tool as a brummer.toml, and what could not be carried over
    Import {
        /// Procfile, compose, process-compose, mprocs, dekit, pm2, tasks.json, pitchfork or .brum.toml file
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// What it is, where its name does not say
        #[arg(long, value_name = "FORMAT", value_parser = FORMATS)]
        from: Option<String>,
        /// Write the result beside it; never over a configuration that is there
        #[arg(long)]
        write: bool,
    },
    /// Print the JSON Schema of a project's configuration, for editors
    Schema {
        /// Of the user's configuration instead
        #[arg(long)]
        user: bool,
    },
}

const FORMATS: [&str; 8] =
    ["procfile", "compose", "process-compose", "mprocs", "pm2", "vscode", "pitchfork", "brum"];

#[derive(Debug, Args)]
pub(crate) struct Reload {
    /// Of every open project
    #[arg(short, long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Go on with events as they happen
    #[arg(short, long)]
    pub follow: bool,
    /// Of this topic alone
    #[arg(long = "topic", value_name = "TOPIC", value_delimiter = ',')]
    pub topics: Vec<String>,
}

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Daemon {
    #[command(subcommand)]
    pub verb: DaemonVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DaemonVerb {
    /// Start the daemon
    Start,
    /// Stop all processes in order, then the daemon
    Stop,
    /// Replace the daemon; all processes go on
    Restart {
        /// Stop all processes too
        #[arg(long)]
        all: bool,
    },
    /// Show the daemon; exit 3 if none runs
    Status,
    /// Print the daemon's own log
    Logs,
    /// Install the daemon as a service of this user
    Install,
    /// Remove the service; a running daemon goes on
    Uninstall,
}

#[derive(Debug, Args)]
pub(crate) struct Completion {
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Zsh => "zsh",
        }
    }
}
