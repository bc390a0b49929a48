//! Configuration files: read with a bound, parsed, checked.

use std::io::Read;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::check::{self, Checked, Which};
use super::diagnostic::{Code, Diagnostic, Place, Source};
use super::dialect::Dialect;
use crate::tree::{self, Format, Lines, Whose};

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
    // Without waiting: a FIFO would hold the open itself until somebody writes to it.
    let opened = std::fs::OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && path.is_symlink() => {
            return Err(Diagnostic::new(Code::Unreadable, place(), "is a link to nothing")
                .hint("make what it points to, or remove the link"));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    // A device would be read for ever.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Diagnostic::new(Code::Unreadable, place(), "is no file")
            .hint("put a file there, or take it away"));
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

/// The file for keys of a project that stand in the user's.
pub(crate) const PROJECTS: &str = "the project's `brummer.toml`";

/// The endings of the formats, the native one first.
pub(super) const ENDINGS: [&str; 4] = ["toml", "yaml", "yml", "json"];

/// The file `stem` in `dir`, in the one format it is there in; a mistake for each further one.
pub(crate) fn in_any_format(dir: &Path, stem: &str) -> (Option<PathBuf>, Vec<Diagnostic>) {
    let names = ENDINGS.iter().map(|ending| format!("{stem}.{ending}"));
    // A link to nothing, or to itself, is somebody's file too: reading it says what is wrong.
    let mut there = names.filter(|name| dir.join(name).symlink_metadata().is_ok());
    let Some(first) = there.next() else { return (None, Vec::new()) };
    let twice = there.map(|other| {
        let message = format!("{other} stands beside {first}; only one of them can count");
        Diagnostic::new(Code::Duplicate, Place::File(dir.join(&other)), message)
            .hint("move everything into one of them, and remove the other")
    });
    let twice = twice.collect();
    (Some(dir.join(first)), twice)
}

/// Parses and checks a text; nothing comes of one that cannot be parsed. Pure.
///
/// `elsewhere` names the file for keys that do not belong into this one.
pub(crate) fn check(
    path: &Path,
    text: &str,
    which: Which,
    elsewhere: &str,
) -> (Option<Checked>, Vec<Diagnostic>) {
    let source = Source::new(path, text);
    let format = Format::of(path);
    match tree::read(text, format, Whose::Ours) {
        Ok(root) => {
            let (checked, found) =
                check::check(&root, which, Dialect::of(path), elsewhere, &|span| source.place(span));
            (Some(checked), found)
        }
        Err(fault) => {
            let code = if fault.duplicate { Code::Duplicate } else { Code::Syntax };
            let message = if let Some(first) = &fault.first {
                format!("{}; first in line {}", fault.message, Lines::of(text).at(first.start))
            } else if fault.duplicate {
                fault.message
            } else {
                format!("no valid {}: {}", format.name(), fault.message)
            };
            let diagnostic =
                Diagnostic { hint: fault.hint, ..Diagnostic::new(code, source.place(fault.span), message) };
            (None, vec![diagnostic])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifo_in_the_place_of_a_file_is_refused_and_holds_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("brummer.toml");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRUSR).unwrap();
        let refused = read_if_there(&fifo).unwrap_err();
        assert_eq!(refused.code, Code::Unreadable);
        assert_eq!(refused.message, "is no file");
    }

    #[test]
    fn a_link_to_nothing_or_to_itself_is_told_not_passed_over() {
        for to in ["gone.toml", "brummer.toml"] {
            let dir = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink(to, dir.path().join("brummer.toml")).unwrap();
            let (found, twice) = in_any_format(dir.path(), "brummer");
            assert!(twice.is_empty());
            let refused = read_if_there(&found.unwrap()).unwrap_err();
            assert_eq!(refused.code, Code::Unreadable, "{to}");
        }
        assert_eq!(read_if_there(Path::new("/nowhere/brummer.toml")).unwrap(), None);
    }
}
