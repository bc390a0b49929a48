//! Is a program on the PATH of the user who asks, or where its own path leads?

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

/// Looks programs up in one PATH; each answer is kept, so it is made anew for each look.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// Nothing = unknown: then nothing counts as missing.
    directories: Option<Vec<PathBuf>>,
    /// A leaf lock over answers: of names, and of paths as they are.
    answers: Arc<Mutex<BTreeMap<PathBuf, bool>>>,
}

impl Programs {
    pub fn new(path: Option<&OsStr>) -> Self {
        let directories =
            path.map(|path| std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect());
        Self { directories, answers: Arc::default() }
    }

    /// Whether there is a PATH to look in.
    pub(crate) fn are_known(&self) -> bool {
        self.directories.is_some()
    }

    /// The version of a program that came as a package of npm's: its package.json, beside the file that the
    /// PATH leads to, says it. Nothing is run.
    pub(crate) fn version(&self, program: &str) -> Option<String> {
        let found =
            self.directories.as_ref()?.iter().map(|dir| dir.join(program)).find(|path| is_program(path))?;
        let real = found.canonicalize().ok()?;
        let package = real.ancestors().skip(1).take(3).find_map(|dir| {
            super::json::Json::read(&dir.join("package.json"), super::json::Json::parse).ok().flatten()
        })?;
        let name = package.text_at("name")?.rsplit('/').next()?;
        let version = package.text_at("version")?;
        let plain = version.len() <= 40 && version.bytes().all(|b| b.is_ascii_graphic());
        (name == program && plain).then(|| version.to_owned())
    }

    /// `Some(program)` if it is certain that it cannot be found.
    pub fn missing(&self, program: &str) -> Option<String> {
        let directories = self.directories.as_ref()?;
        if program.contains('/') {
            return None;
        }
        let there = self.answer(Path::new(program), |program| {
            directories.iter().any(|dir| is_program(&dir.join(program)))
        });
        (!there).then(|| program.to_owned())
    }

    /// As [`Programs::missing`], where a script runs `program` in `directory`: with a slash in it, it is a path
    /// from there. One that is there and may not be executed counts; starting it says so.
    pub(crate) fn missing_in(&self, directory: &Path, program: &str) -> Option<String> {
        if !program.contains('/') || !self.are_known() {
            return self.missing(program);
        }
        let there = self.answer(&directory.join(program), Path::is_file);
        (!there).then(|| program.to_owned())
    }

    fn answer(&self, asked: &Path, look: impl FnOnce(&Path) -> bool) -> bool {
        if let Some(there) = self.answers.lock().get(asked) {
            return *there;
        }
        let there = look(asked);
        self.answers.lock().insert(asked.to_owned(), there);
        there
    }
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
