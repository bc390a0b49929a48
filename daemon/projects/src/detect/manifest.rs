//! Reading the files of other tools: bounded, and a problem is a sentence, not an end.

use std::io::Read;
use std::path::Path;

use super::shape::{Shape, Shaped};
use crate::tree::Lines;

/// Largest manifest that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// Whether a file is there, readable or not.
pub(crate) fn is_there(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(meta) => meta.is_file(),
        Err(error) => !is_absent(&error),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// The text of a file; nothing if there is none, or a directory. A byte order mark is dropped.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) fn read(path: &Path) -> Result<Option<String>, String> {
    // Asked before it is opened: opening a pipe waits for its writer.
    let opened = std::fs::metadata(path)
        .and_then(|meta| Ok((meta.is_file().then(|| std::fs::File::open(path)).transpose()?, meta)));
    let (file, meta) = match opened {
        Ok((Some(file), meta)) => (file, meta),
        Ok((None, meta)) if meta.is_dir() => return Ok(None),
        Ok((None, _)) => return Err("is no plain file and was not read".to_owned()),
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    #[cfg(test)]
    opened::note(path);
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(MAX_BYTES)).unwrap_or(0) + 1);
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("is larger than 4 MiB and was not read".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is no UTF-8 text".to_owned())?;
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

/// The first kilobyte of a file, for telling its kind; nothing if there is none.
pub(crate) fn head(path: &Path) -> Option<String> {
    #[cfg(test)]
    opened::note(path);
    let mut bytes = Vec::new();
    std::fs::metadata(path)
        .ok()?
        .is_file()
        .then(|| std::fs::File::open(path))?
        .ok()?
        .take(1024)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A TOML file; nothing if there is none.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) fn read_toml(path: &Path) -> Result<Option<toml_edit::Document<String>>, String> {
    let Some(text) = read(path)? else { return Ok(None) };
    match toml_edit::Document::parse(text.clone()) {
        Ok(document) => Ok(Some(document)),
        Err(error) => {
            let (line, column) = Lines::of(&text).place(&text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            Err(format!("is no valid TOML: {message} (line {line}, column {column})"))
        }
    }
}

/// As [`read_toml`], of a file that has a shape.
///
/// # Errors
/// As [`read_toml`].
pub(crate) fn read_toml_shaped(path: &Path, shape: &Shape) -> Shaped<Option<toml_edit::Document<String>>> {
    let document = read_toml(path)?;
    let odd = document.as_ref().map(|document| shape.odd_of(document)).unwrap_or_default();
    Ok((document, odd))
}

/// Which files a thread opened, for the test that none is forgotten.
#[cfg(test)]
pub(crate) mod opened {
    use std::cell::RefCell;
    use std::path::{Path, PathBuf};

    thread_local! {
        static PATHS: RefCell<Option<Vec<PathBuf>>> = const { RefCell::new(None) };
    }

    pub(crate) fn start() {
        PATHS.set(Some(Vec::new()));
    }

    pub(crate) fn stop() -> Vec<PathBuf> {
        PATHS.take().unwrap_or_default()
    }

    pub(super) fn note(path: &Path) {
        PATHS.with_borrow_mut(|paths| {
            if let Some(paths) = paths {
                paths.push(path.to_owned());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_toml_is_told_in_one_sentence_with_its_place() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("pyproject.toml");
        let said = ["[project]\nname = \"\u{e9}\" x\n", "a = \"b\n", "a = 1\na = 2\n"].map(|text| {
            std::fs::write(&path, text).unwrap();
            read_toml(&path).map(|_| ()).unwrap_err()
        });
        insta::assert_snapshot!(said.join("\n"));
    }
}
