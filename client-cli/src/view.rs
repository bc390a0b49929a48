//! Text layouts: documents in, text out. Pure; only [`crate::output`] prints.

pub(crate) mod action;
pub(crate) mod config;
pub(crate) mod daemon;
pub(crate) mod errors;
pub(crate) mod logs;
pub(crate) mod process;
pub(crate) mod project;
pub(crate) mod ps;
pub(crate) mod reload;
pub(crate) mod wait;

use std::path::Path;

use brummer_proto::text;
use serde_json::Value;

use crate::failure::Problem;

/// `message; hint`, and below it what the daemon has to show besides.
pub(crate) fn problem(problem: &Problem) -> String {
    let mut said = plain_words(&problem.message);
    if let Some(hint) = &problem.hint {
        said.push_str("; ");
        said.push_str(&plain_words(hint));
    }
    let shown = match problem.details.get("diagnostics") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    for diagnostic in shown {
        said.push('\n');
        said.push_str(text::plain(diagnostic.as_bytes()).trim_end());
    }
    said
}

/// Words of whatever origin, without anything that a terminal would obey.
pub(crate) fn plain_words(words: &str) -> String {
    text::plain(words.as_bytes()).replace('\r', " ")
}

/// A path with the home directory written `~`.
pub(crate) fn tilde(path: &str, home: Option<&Path>) -> String {
    let short = home.and_then(|home| Path::new(path).strip_prefix(home).ok());
    plain_words(&match short {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => path.to_owned(),
    })
}

/// A command as a shell would be given it.
pub(crate) fn shell_words(command: &[String]) -> String {
    let quoted = command.iter().map(|word| {
        let safe = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
        if !word.is_empty() && word.chars().all(safe) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
