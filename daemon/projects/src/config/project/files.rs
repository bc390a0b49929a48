//! Which files make a project's configuration, in which order, and each of them checked by itself.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::config::check::{Checked, Which};
use crate::config::diagnostic::{Code, Diagnostic, Place, Source};
use crate::config::{UserConfig, diagnostic, file, import};
use crate::locate;

/// Names without their endings; the later ones win.
const STEMS: [&str; 2] = ["brummer", "brummer.local"];

/// Names of all files that are read, in each format.
pub const FILES: [&str; 8] = [
    "brummer.toml",
    "brummer.yaml",
    "brummer.yml",
    "brummer.json",
    "brummer.local.toml",
    "brummer.local.yaml",
    "brummer.local.yml",
    "brummer.local.json",
];

/// The predecessor's file.
const PREDECESSOR: &str = ".brum.toml";

/// Whether a file of this name can belong to a project's configuration, read or not.
pub fn is_project_file(name: &OsStr) -> bool {
    name == PREDECESSOR || FILES.iter().any(|file| name == *file)
}

/// Where the predecessor's file is in `dir`, if it is there.
pub(crate) fn predecessors(dir: &Path) -> Option<PathBuf> {
    Some(dir.join(PREDECESSOR)).filter(|path| path.symlink_metadata().is_ok())
}

/// What to say of the predecessor's file in `dir`, a warning a key: it declares no process, and what took the
/// place of its settings is elsewhere, so nothing of it is in force.
pub(crate) fn predecessor(dir: &Path) -> Vec<Diagnostic> {
    let Some(path) = predecessors(dir) else { return Vec::new() };
    let text = match file::read(&path) {
        Ok(text) => text,
        Err(unreadable) => return vec![Diagnostic { code: Code::Predecessor, ..unreadable }],
    };
    let source = Source::new(&path, &text);
    let warning = |line: Option<usize>, message: String, cure: &str| {
        let place = line.map_or(Place::File(path.clone()), |line| source.line(line));
        Diagnostic::new(Code::Predecessor, place, message).hint(cure)
    };
    match import::convert(PREDECESSOR, &text, None, import::Beside::default()) {
        Ok(imported) => {
            let notes = imported.notes.into_iter();
            let said = |note: import::Note| format!("`{}`: {}", note.place, note.why);
            notes.map(|note| warning(note.line, said(note), "take it out, or remove the file")).collect()
        }
        Err(import::ImportError::Syntax { syntax, line, why, .. }) => {
            let message = format!("no valid {syntax}: {why}");
            vec![warning(Some(line), message, "mend it, or remove the file: nothing of it is in force")]
        }
        Err(error) => vec![warning(None, error.to_string(), "remove the file: nothing of it is in force")],
    }
}

/// One checked text of a project.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub(super) path: PathBuf,
    pub(super) checked: Checked,
    /// Of a directory above the project's.
    pub(super) above: bool,
    warnings: Vec<Diagnostic>,
}

impl Parsed {
    /// Names of the processes it declares, in its order.
    pub fn processes(&self) -> &[String] {
        &self.checked.order
    }

    /// What is no error in it.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

/// Checks the text of one project file by itself; what needs all files together (dependencies, commands)
/// is checked when they are joined. Its format is that of the name's ending. Reads no file.
///
/// # Errors
/// Every mistake at once, warnings among them.
pub fn check_project(path: &Path, text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let mut files = Files::beside(Path::new("~/.config/brummer/config.toml"));
    files.add(path, text, false);
    match (files.parsed.pop(), diagnostic::errors(&files.wrong)) {
        (Some(parsed), None) => Ok(Parsed { warnings: files.wrong, ..parsed }),
        _ => Err(files.wrong),
    }
}

/// The files of a project, checked one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    pub(super) parsed: Vec<Parsed>,
    /// Mistakes and warnings so far.
    pub(super) wrong: Vec<Diagnostic>,
    /// A text is missing as a whole, so that nothing can be said about all of them together.
    pub(super) incomplete: bool,
    /// The user's file, for keys that belong there.
    users: String,
}

impl Files {
    /// None yet; `users` is the user's file, there or not.
    pub(crate) fn beside(users: &Path) -> Self {
        Self { users: format!("`{}`", users.display()), ..Self::default() }
    }

    /// Checks one more text; it wins over those before.
    pub(crate) fn add(&mut self, path: &Path, text: &str, above: bool) {
        let (checked, wrong) = file::check(path, text, Which::Project, &self.users);
        self.wrong.extend(wrong);
        match checked {
            Some(checked) => {
                self.parsed.push(Parsed { path: path.to_owned(), checked, above, warnings: Vec::new() });
            }
            None => self.incomplete = true,
        }
    }

    /// The profiles that any of them declares.
    pub(crate) fn profiles(&self) -> BTreeSet<&str> {
        self.parsed.iter().flat_map(|parsed| parsed.checked.profiles.keys()).map(String::as_str).collect()
    }
}

/// Reads and checks the files of the project at `dir`, a real path, and those above it up to the root of
/// its repository; never beyond `home`.
pub(crate) fn read_files(dir: &Path, home: Option<&Path>, user: &UserConfig) -> Files {
    let mut files = Files::beside(&user.place);
    for here in locate::layers(dir, home) {
        for stem in STEMS {
            let (path, twice) = file::in_any_format(&here, stem);
            // Which of them is meant is not known, nor what all say together.
            files.incomplete |= !twice.is_empty();
            files.wrong.extend(twice);
            let Some(path) = path else { continue };
            match file::read(&path) {
                Ok(text) => files.add(&path, &text, here != dir),
                Err(diagnostic) => {
                    files.incomplete = true;
                    files.wrong.push(diagnostic);
                }
            }
        }
    }
    files
}

/// A warning for each named directory or file that is not there.
pub(crate) fn not_there(dir: &Path, named: &[super::Named]) -> Vec<Diagnostic> {
    let missing = named.iter().filter(|named| match named.is_dir {
        true => !named.path.is_dir(),
        false => !named.path.is_file(),
    });
    missing
        .map(|named| {
            let (what, path) = (if named.is_dir { "directory" } else { "file" }, named.path.display());
            let other = named.path.exists();
            let message = if other {
                format!("{path} is no {what}")
            } else {
                format!("the {what} {path} is not there")
            };
            let from = match named.written.is_relative() {
                true => format!(", which is taken from {}", dir.display()),
                false => String::new(),
            };
            let hint = if named.written.starts_with("~") {
                "`~` is not replaced here; write the whole path".to_owned()
            } else if other {
                format!("correct the path{from}")
            } else {
                format!("make it, or correct the path{from}")
            };
            Diagnostic::new(Code::NotThere, named.place.clone(), message).key(&named.key).hint(hint)
        })
        .collect()
}
