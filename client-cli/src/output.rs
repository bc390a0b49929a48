//! The only place that prints: data to stdout, talk to stderr.
//!
//! Stdout is buffered and flushed by whoever follows something; a reader that goes away ends the command
//! with exit 0. What cannot be said on stderr is not said.

use std::io::{BufWriter, IsTerminal as _, Stdout, Write as _};

use clap::ValueEnum;
use serde::Serialize;

use crate::failure::{Failure, Problem};
use crate::json::{self, List};
use crate::style::{ColorChoice, Tone};
use crate::table::Paper;

/// `-o`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For people, with more columns where there are more.
    Wide,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    pub(crate) const fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// The two streams, and how to write to them.
pub(crate) struct Output {
    stdout: BufWriter<Stdout>,
    format: Format,
    quiet: bool,
    paper: Paper,
    stderr_colour: bool,
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool, color: ColorChoice) -> Self {
        let stdout = std::io::stdout();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let (no_color, dumb) = (set("NO_COLOR"), std::env::var_os("TERM").is_some_and(|term| term == "dumb"));
        let terminal = stdout.is_terminal();
        let width = if terminal { crate::sys::terminal_width() } else { None };
        Self {
            stdout: BufWriter::with_capacity(64 * 1024, stdout),
            format,
            quiet,
            paper: Paper { colour: color.wants(terminal, no_color, dumb), width },
            stderr_colour: color.wants(std::io::stderr().is_terminal(), no_color, dumb),
        }
    }

    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    pub(crate) const fn quiet(&self) -> bool {
        self.quiet
    }

    /// Colour and width of stdout.
    pub(crate) const fn paper(&self) -> Paper {
        self.paper
    }

    /// Whoever reads our data sits at a terminal.
    pub(crate) fn stdout_is_terminal(&self) -> bool {
        self.stdout.get_ref().is_terminal()
    }

    /// Data, as it is.
    pub(crate) fn data(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.stdout.write_all(bytes.as_ref()).map_err(|error| Failure::of_output(&error))
    }

    /// One JSON object on a line, with the schema's number.
    pub(crate) fn object(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        self.line(&json::Versioned::new(value))
    }

    /// A list: one document, or one line an item.
    pub(crate) fn list<T: Serialize>(&mut self, name: &'static str, items: &[T]) -> Result<(), Failure> {
        if self.format == Format::Jsonl {
            for item in items {
                self.object(item)?;
            }
            return Ok(());
        }
        self.object(&List { name, items })
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        match serde_json::to_writer(&mut self.stdout, value) {
            Ok(()) => self.data("\n"),
            Err(error) => Err(Failure::of_output(&error.into())),
        }
    }

    /// What was written so far reaches its reader.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(|error| Failure::of_output(&error))
    }

    /// A line of talk on stderr; none with `-q`.
    pub(crate) fn talk(&mut self, line: &str) {
        if !self.quiet {
            self.warn(line);
        }
    }

    /// A line on stderr that `-q` does not silence.
    pub(crate) fn warn(&mut self, line: &str) {
        // What stands before it in time stands before it on a terminal too; its failure shows at the next
        // write of data.
        let _unseen = self.stdout.flush();
        let _unheard = writeln!(std::io::stderr(), "{line}");
    }

    /// Bytes for stderr as they are; `-q` does not silence them.
    pub(crate) fn aside(&mut self, bytes: &[u8]) {
        let _unseen = self.stdout.flush();
        let _unheard = std::io::stderr().write_all(bytes);
    }

    /// What went wrong, in the format that was asked for.
    pub(crate) fn problem(&mut self, problem: &Problem) {
        if self.format.is_json() {
            let document = json::problem::Document::from(problem);
            if let Ok(line) = serde_json::to_string(&json::Versioned::new(&document)) {
                self.warn(&line);
            }
            return;
        }
        let who = Tone::Bad.paint("brummerctl:", self.stderr_colour);
        self.warn(&format!("{who} {}", crate::view::problem(problem)));
    }
}

/// Returns when whoever reads our stdout went away, so that a follower of something quiet ends with its
/// reader instead of at its next line. Never returns where that cannot be told (a file, a terminal).
pub(crate) async fn reader_gone() {
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::os::unix::fs::FileTypeExt as _;

    let stdout = std::io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from).ok();
    let watched = stdout
        .filter(|file| file.metadata().is_ok_and(|meta| meta.file_type().is_fifo()))
        .and_then(|pipe| crate::sys::watch(OwnedFd::from(pipe), tokio::io::Interest::ERROR));
    match watched {
        Some(watched) => drop(watched.ready(tokio::io::Interest::ERROR).await),
        None => std::future::pending::<()>().await,
    }
}
