//! The ready pipe: one word to whoever started us, when the socket answers, or our last words.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};

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
        let path = format!("/dev/fd/{number}");
        let usage = |words: &str| Fatal::Usage(format!("--ready-fd {number}: {words}"));
        let kind = std::fs::metadata(&path).map_err(|_| usage("no such descriptor is open"))?.file_type();
        if !kind.is_fifo() && !kind.is_file() {
            return Err(usage("it is neither a pipe nor a file"));
        }
        // A second opening of the same pipe: close-on-exec, above the standard three, and never waiting for
        // a reader that is gone.
        let opened = OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(&path);
        let file = match opened {
            Ok(file) => Some(file),
            Err(error) if error.raw_os_error() == Some(nix::libc::ENXIO) => None,
            Err(error) => return Err(usage(&format!("it cannot be written: {error}"))),
        };
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
        Ok(Self { file })
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
