//! Talking to the service manager by its own tool.

use std::process::{Command, Output, Stdio};

use super::Service;
use crate::exit;
use crate::failure::Problem;

/// File name, and before its ending the label, of the launchd agent.
pub(crate) const LAUNCHD_FILE: &str = "dev.brummer.brummerd.plist";

impl Service {
    /// The manager is there and takes orders of this user.
    pub(crate) fn manager_answers(&self) -> bool {
        let asked = match self.manager {
            "launchd" => tool("launchctl", &["print", &domain()]),
            _ => tool("systemctl", &["--user", "show-environment"]),
        };
        asked.is_ok_and(|output| output.status.success())
    }

    pub(super) fn enable(&self) -> Result<(), Problem> {
        if self.manager == "launchd" {
            let path = self.files.first().map(|file| file.path.display().to_string()).unwrap_or_default();
            // An older definition has to go before the new one can come.
            let _absent = tool("launchctl", &["bootout", &format!("{}/{}", domain(), label())]);
            return ordered("launchctl", &["bootstrap", &domain(), &path]);
        }
        self.reload()?;
        // The socket listens from the next login on, or from the first client's start of the service; a
        // daemon that runs already keeps its own socket until then.
        ordered("systemctl", &["--user", "enable", "brummerd.socket", "brummerd.service"])
    }

    pub(super) fn disable(&self) -> Result<(), Problem> {
        if self.manager == "launchd" {
            let _absent = tool("launchctl", &["bootout", &format!("{}/{}", domain(), label())]);
            return Ok(());
        }
        if self.manager_answers() {
            ordered("systemctl", &["--user", "disable", "brummerd.socket", "brummerd.service"])?;
        }
        Ok(())
    }

    pub(super) fn reload(&self) -> Result<(), Problem> {
        if self.manager == "launchd" || !self.manager_answers() {
            return Ok(());
        }
        ordered("systemctl", &["--user", "daemon-reload"])
    }
}

fn domain() -> String {
    format!("gui/{}", nix::unistd::getuid())
}

fn label() -> &'static str {
    LAUNCHD_FILE.trim_end_matches(".plist")
}

fn tool(program: &str, arguments: &[&str]) -> std::io::Result<Output> {
    #[expect(clippy::disallowed_methods, reason = "the service manager is asked by its own tool")]
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).output()
}

fn ordered(program: &str, arguments: &[&str]) -> Result<(), Problem> {
    let said = |words: String| {
        let message = format!("`{program} {}` failed: {words}", arguments.join(" "));
        Problem::new(exit::FAILURE, "SERVICE_MANAGER", message)
    };
    match tool(program, arguments) {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(said(brummer_proto::text::plain(&output.stderr).trim().to_owned())),
        Err(error) => Err(said(error.to_string())),
    }
}
