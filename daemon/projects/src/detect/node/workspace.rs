//! The packages of a workspace: pnpm-workspace.yaml, else `workspaces` of package.json (npm, yarn, bun); and
//! what Lerna, Nx, Rush and moon name besides.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::PackageJson;
use crate::detect::glob;
use crate::detect::json::Json;
use crate::detect::monorepo::Monorepo;
use crate::detect::notices::Notices;

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
    match Json::read(&dir.join("pnpm-workspace.yaml"), Json::parse_yaml) {
        // Without `packages` it only holds settings of pnpm's.
        Ok(Some(workspace)) => {
            let patterns = workspace.get("packages").map(Json::texts).unwrap_or_default();
            if !patterns.is_empty() {
                return patterns;
            }
        }
        Ok(None) => {}
        Err(why) => notices.push(&format!("pnpm-workspace.yaml {why}")),
    }
    let named = root.and_then(|root| root.workspaces.clone()).unwrap_or_default();
    [named.as_slice(), monorepo.patterns(!named.is_empty())].concat()
}
