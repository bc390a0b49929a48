//! The packages of a workspace: pnpm-workspace.yaml, else `workspaces` of package.json (npm, yarn, bun); and
//! what Lerna, Nx, Rush and moon name besides.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::PackageJson;
use crate::detect::glob;
use crate::detect::json::Json;
use crate::detect::monorepo::Monorepo;
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Keys, List, Text};
use crate::tree::Format;

const PNPM: &str = "pnpm-workspace.yaml";
const PNPM_SHAPE: Shape = Keys(&[("packages", List(&Text))]);

/// Directories of packages, by path; the root is not among them.
pub(super) fn packages(
    dir: &Path,
    root: Option<&PackageJson>,
    monorepo: &Monorepo,
    notices: &mut Notices,
) -> Vec<PathBuf> {
    let mut packages: BTreeSet<PathBuf> = monorepo.members().map(Path::to_owned).collect();
    let patterns = patterns(dir, root, monorepo, notices);
    for outside in patterns.iter().filter(|pattern| pattern.contains("../") || pattern.starts_with('/')) {
        notices.push(&format!("the workspace names {outside:?}, which is outside of the project"));
    }
    let search = glob::packages(dir, &patterns, |path| path.join("package.json").is_file());
    packages.extend(search.told(dir, "the workspace", notices));
    packages.remove(dir);
    packages.into_iter().collect()
}

fn patterns(
    dir: &Path,
    root: Option<&PackageJson>,
    monorepo: &Monorepo,
    notices: &mut Notices,
) -> Vec<String> {
    let read = Json::read_shaped(&dir.join(PNPM), Format::Yaml, &PNPM_SHAPE);
    // Without `packages` it only holds settings of pnpm's.
    let packages = notices.told(PNPM, read).and_then(|workspace| Some(workspace.get("packages")?.texts()));
    if let Some(patterns) = packages.filter(|patterns| !patterns.is_empty()) {
        return patterns;
    }
    let named = root.and_then(|root| root.workspaces.clone()).unwrap_or_default();
    [named.as_slice(), monorepo.patterns(!named.is_empty())].concat()
}
