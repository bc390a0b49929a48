//! Configuration files: read with a bound, parsed, checked.

use std::io::Read;
use std::path::Path;

use super::check::{self, Checked, Which};
use super::diagnostic::{Code, Diagnostic, Place, Source};
use super::tree;

/// Largest configuration file that is read, in bytes.
pub const MAX_BYTES: u64 = 1 << 20;

/// Reads a file that must be there.
pub(crate) fn read(path: &Path) -> Result<String, Diagnostic> {
    read_if_there(path)?.ok_or_else(|| {
        Diagnostic::new(Code::Unreadable, Place::File(path.to_owned()), "there is no such file")
            .hint("make it, or do not name it")
    })
}

/// Reads a file that may be missing.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>, Diagnostic> {
    let place = || Place::File(path.to_owned());
    let unreadable = |error: std::io::Error| {
        Diagnostic::new(Code::Unreadable, place(), format!("cannot be read: {error}"))
    };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    // A FIFO or device would be read for ever.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Diagnostic::new(Code::Unreadable, place(), "is no file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Diagnostic::new(Code::Unreadable, place(), "is larger than 1 MiB")
            .hint("a configuration is a page or two; is this the right file?"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n');
        let message = format!("is no UTF-8 text (line {})", line.count() + 1);
        Diagnostic::new(Code::Unreadable, place(), message).hint("save it as UTF-8")
    })?;
    Ok(Some(text))
}

/// A mistake if a file in a format that is not read stands at `path`.
pub(crate) fn unread_format(path: &Path, instead: &str) -> Option<Diagnostic> {
    path.is_file().then(|| {
        Diagnostic::new(Code::Format, Place::File(path.to_owned()), "this format is not read")
            .hint(format!("write it as TOML, into {instead}"))
    })
}

/// Parses and checks a text. Pure.
pub(crate) fn check(path: &Path, text: &str, which: Which) -> (Checked, Vec<Diagnostic>) {
    let source = Source { file: path, text };
    match tree::toml(text) {
        Ok(root) => check::check(&root, which, &|span| source.place(span)),
        Err((span, message)) => {
            let diagnostic = Diagnostic::new(Code::Syntax, source.place(span), message);
            (Checked::default(), vec![diagnostic])
        }
    }
}
