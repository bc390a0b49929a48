//! `config import`: the file of another tool as a `brummer.toml`, and an honest list of what does not fit.
//!
//! One file a format, each from a [tree](crate::tree) (or lines) to drafts; [`draft`] makes the set of them
//! sound, [`render`] writes them. [`convert`] is pure and total: whatever the bytes, it gives a text that
//! `config check` passes, or one clear error. What it cannot carry over it names with place and reason; keys
//! of parts that are not built stay in the text as comments. Nothing of a foreign file is ever executed, and
//! a command keeps the form it had: text for a shell stays text for a shell, a list stays a list.
//!
//! Only [`read`] and [`write`] touch files.

mod brum;
mod compose;
mod draft;
mod field;
mod format;
mod mprocs;
mod pitchfork;
mod pm2;
mod process_compose;
mod procfile;
pub(super) mod render;
mod vscode;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::file;
use super::project::files::check_project;
use crate::procfile::Ports;
use crate::tree::Lines;
use draft::Draft;
use field::{Field, Notes};

pub use field::Note;
pub use format::Format;

/// Most processes that one file may bring.
const MOST: usize = 1000;

/// Names of project configurations.
const OURS: [&str; 4] = ["brummer.toml", "brummer.yaml", "brummer.yml", "brummer.json"];

/// A file of another tool in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub format: Format,
    /// A whole `brummer.toml`.
    pub text: String,
    /// Names of its processes.
    pub processes: Vec<String>,
    /// What could not be carried over, in the order of the file.
    pub notes: Vec<Note>,
}

/// Why nothing was imported or written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("there is no file {}", .path.display())]
    Missing { path: PathBuf },
    #[error("{name}, line {line}, is no valid {syntax}: {why}")]
    Syntax { name: String, syntax: &'static str, line: usize, why: String },
    #[error("{name} is a program, and nothing is executed to read it")]
    Program { name: String, lua: bool },
    #[error("what kind of file {name} is cannot be told: {because}")]
    Unknown { name: String, because: String },
    #[error("there is nothing in it that could be run")]
    Nothing { notes: Vec<Note> },
    #[error("what was made of it is larger than a configuration may be (1 MiB)")]
    TooLarge,
    #[error("{} exists; nothing was written", .path.display())]
    Exists { path: PathBuf },
    #[error("{} cannot be written: {why}", .path.display())]
    Unwritable { path: PathBuf, why: String },
    /// What was made does not pass our own check: a defect of ours, told rather than written.
    #[error("what was made of it does not pass `config check`; please report this")]
    Unsound { diagnostics: Vec<Diagnostic> },
}

impl ImportError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Program { lua: true, .. } => Some("write what it returns as YAML".to_owned()),
            Self::Program { name, .. } => {
                let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
                let json = format!("{stem}.json");
                let script = if extension == "mjs" || extension == "ts" {
                    format!(
                        "import({:?}).then(m => console.log(JSON.stringify(m.default)))",
                        format!("./{name}")
                    )
                } else {
                    format!("console.log(JSON.stringify(require({:?})))", format!("./{name}"))
                };
                Some(format!(
                    "print it as JSON, then import that: node -e {} > {} && brummerctl config import --from pm2 {}",
                    quoted(&script),
                    quoted(&json),
                    quoted(&json)
                ))
            }
            Self::Unknown { .. } => Some(format!("say it with `--from`: {}", Format::words())),
            Self::Exists { .. } => Some(
                "move it away to have a new one; `brummerctl config check` looks at the one that is there"
                    .to_owned(),
            ),
            Self::Nothing { notes } => notes.first().map(|note| match note.line {
                Some(line) => format!("{}, line {line}: {}", note.place, note.why),
                None => format!("{}: {}", note.place, note.why),
            }),
            _ => None,
        }
    }
}

/// For a shell, as one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What stands beside the file and matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// A `.env`.
    pub dotenv: bool,
    /// What the tools of Procfiles give each process.
    pub ports: Ports,
}

/// Converts the text of the file called `name`. Pure.
///
/// # Errors
/// It is of no known format, not written as it should be, or holds nothing that runs.
pub fn convert(
    name: &str,
    text: &str,
    from: Option<Format>,
    beside: Beside,
) -> Result<Imported, ImportError> {
    let found = format::recognise(name, text, from)?;
    let mut notes = Notes::default();
    let lines = Lines::of(text);
    let root = found.root.as_ref().map(|root| Field::root(root, &lines));
    let mut drafts = match (found.format, &root) {
        (Format::Compose, Some(root)) => compose::drafts(root, name, &mut notes),
        (Format::ProcessCompose, Some(root)) => process_compose::drafts(root, beside, &mut notes),
        (Format::Mprocs, Some(root)) => mprocs::drafts(root, &mut notes),
        (Format::Pm2, Some(root)) => pm2::drafts(root, &mut notes),
        (Format::VsCode, Some(root)) => vscode::drafts(root, &mut notes),
        (Format::Pitchfork, Some(root)) => pitchfork::drafts(root, &mut notes),
        (Format::Brum, Some(root)) => brum::drafts(root, &mut notes),
        (Format::Procfile, _) | (_, None) => procfile::drafts(text, beside, &mut notes),
    };
    if drafts.len() > MOST {
        notes.add(name, None, format!("only the first {MOST} of {} processes are taken", drafts.len()));
        drafts.truncate(MOST);
    }
    let drafts = draft::settle(drafts, &mut notes);
    let notes = notes.finish(name);
    if drafts.is_empty() && found.format != Format::Brum {
        return Err(ImportError::Nothing { notes });
    }
    finish(found.format, name, &drafts, notes)
}

fn finish(format: Format, name: &str, drafts: &[Draft], notes: Vec<Note>) -> Result<Imported, ImportError> {
    let mut head = vec![format!("Imported from {name}. `brummerctl config check` says whether all is well.")];
    if format == Format::Brum {
        head.extend(brum::HEAD.iter().map(|line| (*line).to_owned()));
    }
    let text = render::file(&head, drafts);
    if text.len() as u64 > file::MAX_BYTES {
        return Err(ImportError::TooLarge);
    }
    passes(&text).map_err(|diagnostics| ImportError::Unsound { diagnostics })?;
    let processes = drafts.iter().map(|draft| draft.name.clone()).collect();
    Ok(Imported { format, text, processes, notes })
}

/// Whether a `brummer.toml` of this text is in order.
pub(super) fn passes(text: &str) -> Result<(), Vec<Diagnostic>> {
    check_project(Path::new("brummer.toml"), text).map(|_| ())
}

/// A file read and converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub imported: Imported,
    /// Where its `brummer.toml` belongs: the directory that its relative paths start from.
    pub target: PathBuf,
}

/// Reads and converts the file at `path`, an absolute path. Blocks.
///
/// # Errors
/// It cannot be read, or as [`convert`].
pub fn read(path: &Path, from: Option<Format>) -> Result<Read, ImportError> {
    let text = file::read_if_there(path)
        .map_err(|diagnostic| ImportError::Unreadable { path: path.to_owned(), why: diagnostic.message })?;
    let Some(text) = text else { return Err(ImportError::Missing { path: path.to_owned() }) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.parent().unwrap_or(path);
    // VS Code's files speak of the directory that holds `.vscode`.
    let dir = match beside.file_name() {
        Some(folder) if folder == ".vscode" => beside.parent().unwrap_or(beside),
        _ => beside,
    };
    let other = |name: &str| file::read_if_there(&dir.join(name)).ok().flatten();
    let dotenv = other(".env");
    let ports = Ports::of(other(".foreman").as_deref(), dotenv.as_deref());
    let imported = convert(&name, &text, from, Beside { dotenv: dotenv.is_some(), ports })?;
    Ok(Read { imported, target: dir.join("brummer.toml") })
}

/// The project configuration that `dir` has, in whatever format.
fn existing(dir: &Path) -> Option<PathBuf> {
    // A dangling link too is something that somebody put there.
    OURS.iter().map(|name| dir.join(name)).find(|path| path.symlink_metadata().is_ok())
}

/// Writes a new configuration file; never over one that is there, nor beside one of another format. Blocks.
///
/// # Errors
/// There is one, or it cannot be written.
pub(crate) fn write(target: &Path, text: &str) -> Result<(), ImportError> {
    if let Some(path) = existing(target.parent().unwrap_or(target)) {
        return Err(ImportError::Exists { path });
    }
    let fault = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => ImportError::Exists { path: target.to_owned() },
        _ => ImportError::Unwritable { path: target.to_owned(), why: error.to_string() },
    };
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(target).map_err(fault)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a file would be worse than none.
        let _ = std::fs::remove_file(target);
        fault(error)
    })
}

#[cfg(test)]
mod tests;
