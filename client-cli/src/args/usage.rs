//! Usage errors, told as every other error is.

use std::ffi::OsString;

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Problem;
use crate::output::Format;

/// The output format of a command line that could not be parsed.
pub(crate) fn format_of(arguments: &[OsString]) -> Format {
    let mut found = Format::default();
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let value = match word {
            "-o" | "--output" => words.next(),
            _ => word.strip_prefix("--output=").or_else(|| {
                let joined = word.strip_prefix("-o").filter(|_| !word.starts_with("--"))?;
                Some(joined.strip_prefix('=').unwrap_or(joined))
            }),
        };
        if let Some(format) = value.and_then(|value| Format::from_str(value, false).ok()) {
            found = format;
        }
    }
    found
}

/// The command line ends where a verb should stand: clap's error is then the help.
pub(crate) fn asks_nothing(error: &clap::Error) -> bool {
    error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// What is wrong, and the nearest thing that exists. `None`: help or version was asked for, no error.
pub(crate) fn problem(error: &clap::Error) -> Option<Problem> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        // Clap sorts by likeness, the nearest last.
        Some(ContextValue::Strings(texts)) => texts.last().cloned(),
        _ => None,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            Some(Problem::usage("which verb?").hint("`brummerctl --help` lists them"))
        }
        ErrorKind::InvalidSubcommand => {
            let verb = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            let problem = Problem::usage(format!("no verb `{verb}`"));
            Some(match text(ContextKind::SuggestedSubcommand) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`brummerctl --help` lists them"),
            })
        }
        _ => {
            // Clap's own words, without its colours, its prefix and the usage below them.
            let rendered = error.render().to_string();
            let body = rendered.strip_prefix("error: ").unwrap_or(&rendered);
            let mut lines = body.lines().map(str::trim_end).filter(|line| !line.is_empty());
            let message = lines.next().unwrap_or_default().to_owned();
            let rest: Vec<&str> = lines
                .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
                .map(|line| line.trim().trim_start_matches("tip: "))
                .collect();
            if let Some(opening) = message.strip_suffix(':') {
                return Some(Problem::usage(format!("{opening}: {}", rest.join(", "))));
            }
            let problem = Problem::usage(message);
            Some(match (rest.is_empty(), error.kind()) {
                (false, _) => problem.hint(rest.join(", ")),
                // The words are our own and say what to write.
                (true, ErrorKind::ValueValidation) => problem,
                (true, _) => problem.hint("`--help` shows what there is"),
            })
        }
    }
}
