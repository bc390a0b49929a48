//! Marks: the files that tell that an ecosystem is here, and that a workspace has its root here.
//!
//! Each ecosystem has its list, and its detector looks for the same files. Which project a directory belongs
//! to ([`crate::locate`]) is read off these lists too, so that what is found from a directory below is what is
//! understood there.

use std::path::{Path, PathBuf};

use super::manifest;

/// A file or folder, relative to the directory that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    what: What,
    root: Root,
}

#[derive(Debug, Clone, Copy)]
enum What {
    File(&'static str),
    Folder(&'static str),
    /// The first file, by name, with one of these endings.
    Ending(&'static [&'static str]),
    /// The first file, by name, whose name is one of these.
    Like(fn(&str) -> bool),
}

/// Whether the directory is the root of a workspace.
#[derive(Debug, Clone, Copy)]
enum Root {
    Never,
    Always,
    /// If this holds of the file.
    If(fn(&Path) -> bool),
}

impl Mark {
    pub(super) const fn file(name: &'static str) -> Self {
        Self { what: What::File(name), root: Root::Never }
    }

    pub(super) const fn folder(name: &'static str) -> Self {
        Self { what: What::Folder(name), root: Root::Never }
    }

    pub(super) const fn ending(endings: &'static [&'static str]) -> Self {
        Self { what: What::Ending(endings), root: Root::Never }
    }

    pub(super) const fn like(is_one: fn(&str) -> bool) -> Self {
        Self { what: What::Like(is_one), root: Root::Never }
    }

    /// The same, where it makes the directory the root of a workspace.
    pub(super) const fn of_root(self) -> Self {
        Self { root: Root::Always, ..self }
    }

    /// The same, where it makes the directory the root of a workspace if `holds` of the path.
    pub(super) const fn of_root_if(self, holds: fn(&Path) -> bool) -> Self {
        Self { root: Root::If(holds), ..self }
    }

    /// Where it is in `dir`, if it is there. A file that is there and cannot be read counts: somebody must be
    /// told.
    pub(crate) fn find(&self, dir: &Path) -> Option<PathBuf> {
        match self.what {
            What::File(name) => Some(dir.join(name)).filter(|path| manifest::is_there(path)),
            What::Folder(name) => Some(dir.join(name)).filter(|path| path.is_dir()),
            What::Ending(endings) => {
                first_in(dir, |path| endings.iter().any(|ending| has_ending(path, ending)))
            }
            What::Like(is_one) => {
                first_in(dir, |path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_one))
            }
        }
    }

    /// Whether `path`, where it was found, makes its directory the root of a workspace.
    pub(crate) fn is_root(&self, path: &Path) -> bool {
        match self.root {
            Root::Never => false,
            Root::Always => true,
            Root::If(holds) => holds(path),
        }
    }
}

/// The first file in `dir`, by name, of which this holds.
fn first_in(dir: &Path, holds: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    entries.filter(|path| holds(path) && manifest::is_there(path)).min()
}

/// Two lists as one, while it is compiled.
#[expect(clippy::indexing_slicing, reason = "a wrong length does not compile")]
pub(super) const fn joined<const A: usize, const B: usize, const N: usize>(
    one: &[Mark; A],
    other: &[Mark; B],
) -> [Mark; N] {
    let mut all = [Mark::file(""); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < A { one[at] } else { other[at - A] };
        at += 1;
    }
    all
}

/// The first of these that is in `dir`.
pub(super) fn first(marks: &[Mark], dir: &Path) -> Option<PathBuf> {
    marks.iter().find_map(|mark| mark.find(dir))
}

/// Whether a file has this ending, in any case.
pub(super) fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}
