//! The command line (contract.md, `brummerd`).

use std::path::PathBuf;

use brummer_proto::address::Overrides;
use clap::Parser;

/// Runs your processes and remembers everything they say. Usually started by its clients.
#[derive(Debug, Clone, Default, Parser, PartialEq, Eq)]
#[command(name = "brummerd", version, about)]
pub(crate) struct Args {
    /// Stay in the foreground and log to stderr, as under a service manager
    #[arg(long)]
    pub(crate) foreground: bool,

    /// Write `ready` to this descriptor once the socket answers, else the reason; logs to the log file
    #[arg(long, value_name = "N", requires = "foreground")]
    pub(crate) ready_fd: Option<u16>,

    /// Control socket [default: brummerd.sock in the runtime directory; BRUMMER_SOCKET]
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,

    /// State directory [default: ~/.local/state/brummer; BRUMMER_STATE_DIR]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// User configuration [default: ~/.config/brummer/config.toml; BRUMMER_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Check the user configuration, say what is wrong with it, and exit (0 or 78)
    #[arg(long)]
    pub(crate) check_config: bool,
}

impl Args {
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides { socket: self.socket.clone(), state_dir: self.state_dir.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_accepted_and_nothing_else() {
        let parse = |line: &str| Args::try_parse_from(line.split(' '));
        let all = parse(
            "brummerd --foreground --ready-fd 0 --socket /s --state-dir /d --config /c.toml --check-config",
        )
        .unwrap();
        assert_eq!((all.ready_fd, all.foreground, all.check_config), (Some(0), true, true));
        assert_eq!(all.overrides().socket, Some("/s".into()));
        for bad in ["brummerd --ready-fd 3", "brummerd --foreground --ready-fd x", "brummerd start"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
