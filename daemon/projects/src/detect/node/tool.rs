//! What a script's command needs and cannot find: its first program, on the PATH or installed by the project.
//!
//! A guess that never blames wrongly: words of the shell, paths, variables and anything odd count as there.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::detect::{Lack, Look};

/// Words that need no program: the shell's own, and what managers provide inside scripts.
const BUILT_IN: [&str; 36] = [
    ":", ".", "[", "alias", "break", "case", "cd", "command", "echo", "eval", "exec", "exit", "export",
    "false", "for", "if", "node-gyp", "printf", "pwd", "read", "return", "run", "set", "shift", "source",
    "test", "time", "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait", "while",
];

/// Looks up what scripts need; each answer is kept.
pub(super) struct Tools<'a> {
    look: &'a Look,
    /// The root's `node_modules/.bin`.
    shared: PathBuf,
    /// Yarn's plug'n'play installs no files to look for.
    unknowable: bool,
    answers: BTreeMap<String, bool>,
    /// Whether a directory has a `node_modules/.bin`: packages share most of those above them.
    has_bin: HashMap<PathBuf, bool>,
    /// The package that was looked at last, and the `node_modules/.bin` at or above it.
    last: (PathBuf, Vec<PathBuf>),
}

impl<'a> Tools<'a> {
    pub(super) fn new(root: &Path, look: &'a Look) -> Self {
        let pnp = [".pnp.cjs", ".pnp.js"].iter().any(|file| root.join(file).is_file());
        Self {
            look,
            shared: root.join("node_modules/.bin"),
            unknowable: pnp || !look.programs.are_known(),
            answers: BTreeMap::new(),
            has_bin: HashMap::new(),
            last: (PathBuf::new(), Vec::new()),
        }
    }

    /// The first program of `command` in the package at `dir`, if it is certain that it cannot be found.
    pub(super) fn missing(&mut self, dir: &Path, command: &str) -> Option<Lack> {
        if self.unknowable {
            return None;
        }
        let program = first_program(command)?;
        self.absent(dir, program).then(|| Lack::Program(program.to_owned()))
    }

    /// Whether a program that the project installs for itself is not there.
    fn absent(&mut self, dir: &Path, program: &str) -> bool {
        let shared = match self.answers.get(program) {
            Some(there) => *there,
            None => {
                let there =
                    self.look.programs.missing(program).is_none() || self.shared.join(program).exists();
                self.answers.insert(program.to_owned(), there);
                there
            }
        };
        !shared && !self.bins(dir).iter().any(|bin| bin.join(program).exists())
    }

    fn bins(&mut self, dir: &Path) -> &[PathBuf] {
        if self.last.0 != dir {
            let mut bins = Vec::new();
            for above in dir.ancestors().take(8) {
                let bin = above.join("node_modules/.bin");
                let there = match self.has_bin.get(above) {
                    Some(there) => *there,
                    None => *self.has_bin.entry(above.to_owned()).or_insert(bin.is_dir()),
                };
                bins.extend(there.then_some(bin));
            }
            self.last = (dir.to_owned(), bins);
        }
        &self.last.1
    }
}

fn first_program(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    // `NODE_ENV=production vite`.
    let word = words.find(|word| !is_assignment(word))?;
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'))
        && word.starts_with(|c: char| c.is_ascii_alphanumeric());
    (plain && !BUILT_IN.contains(&word)).then_some(word)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !value.contains(['\'', '"', '$', '`'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_program_is_found_and_odd_commands_blame_nobody() {
        for (command, program) in [
            ("vite", Some("vite")),
            ("  tsc && vite build", Some("tsc")),
            ("NODE_ENV=production PORT=3 vite", Some("vite")),
            ("NODE_ENV='a b' vite", None),
            ("cd web && vite", None),
            ("./run.sh", None),
            ("$TOOL x", None),
            ("(a; b)", None),
            ("echo hi", None),
            ("", None),
        ] {
            assert_eq!(first_program(command), program, "{command}");
        }
    }
}
