//! The packages of a workspace: pnpm-workspace.yaml, else `workspaces` of package.json.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::PackageJson;
use crate::detect::{glob, manifest};

#[derive(Deserialize)]
struct PnpmWorkspace {
    #[serde(default)]
    packages: Vec<String>,
}

/// Directories of packages, by path; the root is not among them.
pub(super) fn packages(dir: &Path, root: Option<&PackageJson>, notices: &mut Vec<String>) -> Vec<PathBuf> {
    let patterns = match manifest::read(&dir.join("pnpm-workspace.yaml")) {
        Ok(Some(text)) => match serde_saphyr::from_str::<PnpmWorkspace>(&text) {
            Ok(workspace) => workspace.packages,
            Err(error) => {
                let first = error.to_string().lines().next().unwrap_or_default().to_owned();
                notices.push(format!("pnpm-workspace.yaml is not understood: {first}"));
                return Vec::new();
            }
        },
        Ok(None) => root.and_then(|root| root.workspaces.clone()).unwrap_or_default(),
        Err(why) => {
            notices.push(format!("pnpm-workspace.yaml {why}"));
            return Vec::new();
        }
    };
    if patterns.is_empty() {
        return Vec::new();
    }
    let (packages, cut) = glob::packages(dir, &patterns, |path| path.join("package.json").is_file());
    if cut {
        notices.push("the workspace has too many directories; some packages are not shown".to_owned());
    }
    packages
}
