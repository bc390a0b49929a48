//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Watch and steer the processes of a project. Leaving stops nothing.
#[derive(Debug, Clone, Parser)]
#[command(name = "brummer-tui", version)]
pub struct Args {
    /// Project by name or directory [default: the one of the current directory]
    #[arg(short, long)]
    pub project: Option<String>,

    /// Control socket of the daemon
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,

    /// Do not start the daemon if it does not run
    #[arg(long)]
    pub no_autostart: bool,

    /// Processes to start first
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let args = Args::parse_from(["brummer-tui", "-p", "shop", "--no-autostart", "web", "api"]);
        assert_eq!(args.project.as_deref(), Some("shop"));
        assert!(args.no_autostart);
        assert_eq!(args.names, ["web", "api"]);
    }
}
