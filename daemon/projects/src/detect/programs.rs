//! Is a program on the PATH of the user who asks?

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

/// Looks programs up in one PATH; each answer is kept.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// Nothing = unknown: then nothing counts as missing.
    directories: Option<Vec<PathBuf>>,
    /// A leaf lock over answers that never change for one PATH.
    answers: Arc<Mutex<BTreeMap<String, bool>>>,
}

impl Programs {
    pub fn new(path: Option<&OsStr>) -> Self {
        let directories =
            path.map(|path| std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect());
        Self { directories, answers: Arc::default() }
    }

    /// `Some(program)` if it is certain that it cannot be found.
    pub fn missing(&self, program: &str) -> Option<String> {
        let directories = self.directories.as_ref()?;
        if program.contains('/') {
            return None;
        }
        if let Some(there) = self.answers.lock().get(program) {
            return (!there).then(|| program.to_owned());
        }
        let there = directories.iter().any(|dir| {
            std::fs::metadata(dir.join(program))
                .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        });
        self.answers.lock().insert(program.to_owned(), there);
        (!there).then(|| program.to_owned())
    }
}
