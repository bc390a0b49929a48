//! What a `wait` came to.

use brummer_proto::v1;
use serde::Serialize;

use super::present;
use super::process::Exit;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Wait {
    pub met: bool,
    pub waited_ms: u64,
    pub results: Vec<WaitResult>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct WaitResult {
    pub name: String,
    /// `running`, `exit`, `log`, `url`.
    pub condition: &'static str,
    pub met: bool,
    pub reason: Option<String>,
    pub exit: Option<Exit>,
    pub url: Option<String>,
    pub line: Option<String>,
    #[serde(skip)]
    pub never_ran: bool,
}

impl WaitResult {
    pub(crate) fn from_wire(result: v1::WaitResult, condition: &'static str) -> Self {
        Self {
            name: result.name,
            condition,
            met: result.met,
            reason: present(result.reason),
            exit: result.exit.map(Exit::from),
            url: present(result.url),
            line: present(brummer_proto::text::plain(result.line.as_bytes())),
            never_ran: result.never_ran,
        }
    }
}
