//! Which package manager runs a project's scripts.
//!
//! Nearest first, each directory up to the repository's root: the `packageManager` field, `engines` (yarn,
//! pnpm, bun, npm), then the lock files. A manager that is not known counts as not named.

use std::path::Path;

use super::PackageJson;
use crate::detect::Look;

const LOCKS: [(&str, &str); 7] = [
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("pnpm-lock.yaml", "pnpm"),
    ("pnpm-workspace.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
];

const MANAGERS: [&str; 4] = ["yarn", "pnpm", "bun", "npm"];

pub(super) fn choose(dir: &Path, package: Option<&PackageJson>, look: &Look) -> &'static str {
    if let Some(manager) = package.and_then(named).or_else(|| locked(dir)) {
        return manager;
    }
    for above in look.above(dir) {
        let package = super::read(&above.join("package.json")).ok().flatten();
        if let Some(manager) = package.as_ref().and_then(named).or_else(|| locked(&above)) {
            return manager;
        }
    }
    "npm"
}

fn named(package: &PackageJson) -> Option<&'static str> {
    let field = package.package_manager.as_deref().unwrap_or_default();
    let field = field.split('@').next().unwrap_or_default().trim().to_ascii_lowercase();
    let by_field = MANAGERS.into_iter().find(|manager| *manager == field);
    by_field
        .or_else(|| MANAGERS.into_iter().find(|manager| package.engines.iter().any(|name| name == manager)))
}

fn locked(dir: &Path) -> Option<&'static str> {
    LOCKS.into_iter().find(|(file, _)| dir.join(file).is_file()).map(|(_, manager)| manager)
}
