//! The ready pipe: one word to whoever started us, when the socket answers, or our last words.

use std::fs::{File, OpenOptions};
use std::io::Write as _;

use brummer_proto::client::READY_WORD;

use crate::exit::Fatal;

/// The writing end, if somebody listens.
#[derive(Default)]
pub(crate) struct ReadyPipe {
    file: Option<File>,
}

impl ReadyPipe {
    /// Takes over descriptor `number`, which stays open for nobody else: as one of the standard three it
    /// becomes /dev/null.
    ///
    /// # Errors
    /// [`Fatal::Usage`] when it is no descriptor to write to.
    pub(crate) fn take(number: u16) -> Result<Self, Fatal> {
        // A second opening of the same pipe, close-on-exec and above the standard three.
        let file = OpenOptions::new().write(true).open(format!("/dev/fd/{number}"));
        let file = file
            .map_err(|error| Fatal::Usage(format!("--ready-fd {number}: not open for writing: {error}")))?;
        let closed = match number {
            0..=2 => File::open("/dev/null").and_then(|null| {
                let replaced = match number {
                    0 => nix::unistd::dup2_stdin(null),
                    1 => nix::unistd::dup2_stdout(null),
                    _ => nix::unistd::dup2_stderr(null),
                };
                replaced.map_err(std::io::Error::from)
            }),
            _ => nix::unistd::close(i32::from(number)).map_err(std::io::Error::from),
        };
        closed.map_err(|error| Fatal::internal("the ready pipe cannot be closed to children", error))?;
        Ok(Self { file: Some(file) })
    }

    /// The socket answers. The pipe is closed.
    pub(crate) fn serving(&mut self) {
        self.say(&format!("{READY_WORD}\n"));
    }

    /// The start failed. The pipe is closed.
    pub(crate) fn failed(&mut self, fatal: &Fatal) {
        self.say(&format!("{fatal}\n"));
    }

    fn say(&mut self, words: &str) {
        if let Some(mut file) = self.file.take() {
            // Whoever asked may be gone; then nobody needs to know.
            let _told = file.write_all(words.as_bytes());
        }
    }
}
