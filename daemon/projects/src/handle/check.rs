//! `config check`: every mistake, of every file and every profile, whether anybody has met it yet or not.

use std::path::{Path, PathBuf};

use super::Shared;
use crate::config::{self, Diagnostic, UserConfig};
use crate::load;

/// The answer of `config check`.
#[derive(Debug, Clone, Default)]
pub struct ConfigCheck {
    /// Files that were looked at.
    pub files: Vec<PathBuf>,
    /// Every mistake and warning; empty = all is well.
    pub diagnostics: Vec<Diagnostic>,
}

impl Shared {
    /// Everything that is wrong with the user's configuration and that of the project at `dir`, if there is one. Reads
    /// files.
    pub(super) fn check(&self, dir: Option<&Path>, profile: Option<&str>) -> ConfigCheck {
        let mut check = ConfigCheck::default();
        let user = match self.load_user() {
            Ok(user) => {
                check.files.extend(user.file.clone());
                check.diagnostics.extend(user.warnings.iter().cloned());
                Some(user)
            }
            Err(wrong) => {
                check.files.extend(wrong.iter().filter_map(|mistake| mistake.file().map(Path::to_owned)));
                check.files.dedup();
                check.diagnostics.extend(wrong);
                None
            }
        };
        let Some(dir) = dir else { return check };
        let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
        check.files.extend(config::FILES.iter().map(|name| dir.join(name)).filter(is_there));
        // With a broken user configuration the one in force stands in for it.
        let user = user.unwrap_or_else(|| UserConfig::clone(&self.user.load()));
        match load::load(dir, &user, &self.look(None), profile, 0) {
            Ok(loaded) => {
                // Also those of directories above it.
                check.files.retain(|file| !loaded.files.contains(file));
                check.files.extend(loaded.files);
                check.diagnostics.extend(loaded.warnings);
            }
            Err(wrong) => {
                let above = wrong.iter().filter_map(|mistake| mistake.file().map(Path::to_owned));
                for file in above.filter(|file| file.parent() != Some(dir)) {
                    if !check.files.contains(&file) {
                        check.files.push(file);
                    }
                }
                check.diagnostics.extend(wrong);
            }
        }
        // Also of the profiles that nobody has chosen: who chooses one should not meet its mistakes first.
        for wrong in load::wrong_with_profiles(dir, &user, &self.look(None)) {
            if !check.diagnostics.contains(&wrong) {
                check.diagnostics.push(wrong);
            }
        }
        config::sort(&mut check.diagnostics);
        check.files.extend(config::predecessors(dir));
        check
    }
}
