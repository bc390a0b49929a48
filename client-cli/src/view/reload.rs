//! What a reload did: one line a process, for stderr.

use super::plain_words;
use crate::json::reload::{Did, Result};

/// `api  changed  restart to apply`. `qualified`: with the project's name in front.
pub(crate) fn line(project: &str, result: &Result, qualified: bool) -> String {
    let mut parts = vec![if qualified { format!("{project}/{}", result.name) } else { result.name.clone() }];
    parts.push(result.did.words().to_owned());
    if result.undeclared {
        parts.push("no longer declared; goes on until it is stopped".to_owned());
    } else if result.changed {
        parts.push("restart to apply".to_owned());
    } else if result.did == Did::Restarted {
        parts.extend(match (result.pid, result.state) {
            (Some(pid), _) => Some(format!("pid {pid}")),
            (None, state) => state.map(|state| state.as_str().to_owned()),
        });
    }
    plain_words(&parts.join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::process::State;

    #[test]
    fn each_process_says_what_became_of_it_and_what_is_left_to_do() {
        let base = Result {
            name: "api".to_owned(),
            did: Did::Added,
            state: Some(State::Running),
            changed: false,
            undeclared: false,
            pid: Some(7),
        };
        let table = [
            (base.clone(), "api  added"),
            (Result { did: Did::Changed, ..base.clone() }, "api  changed"),
            (Result { did: Did::Changed, changed: true, ..base.clone() }, "api  changed  restart to apply"),
            (
                Result { did: Did::Unchanged, changed: true, ..base.clone() },
                "api  unchanged  restart to apply",
            ),
            (Result { did: Did::Restarted, ..base.clone() }, "api  restarted  pid 7"),
            (
                Result { did: Did::Restarted, pid: None, state: Some(State::Failed), ..base.clone() },
                "api  restarted  failed",
            ),
            (Result { did: Did::Removed, state: None, pid: None, ..base.clone() }, "api  removed"),
            (
                Result { did: Did::Removed, undeclared: true, ..base.clone() },
                "api  removed  no longer declared; goes on until it is stopped",
            ),
        ];
        for (result, expected) in table {
            assert_eq!(line("shop", &result, false), expected);
            assert_eq!(line("shop", &result, true), format!("shop/{expected}"));
        }
    }
}
