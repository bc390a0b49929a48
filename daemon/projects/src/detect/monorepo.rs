//! Build systems of JavaScript monorepos: Lerna, Nx, Turborepo, Rush, moon. Which packages they know, and
//! what they run that is no script of a package.

mod moon;
mod nx;
mod rush;
mod turbo;

use std::path::{Path, PathBuf};

use super::json::Json;
use super::node::{Manager, PackageJson, Runner, Scripts};
use super::notices::Notices;
use super::shape::Shape::{self, Keys, List, Text};
use crate::tree::Format;

const LERNA: Shape = Keys(&[("packages", List(&Text)), ("npmClient", Text)]);

/// What the files of the build systems say.
#[derive(Default)]
pub(super) struct Monorepo {
    lerna: Option<Vec<String>>,
    nx: Option<nx::Nx>,
    turbo: Option<turbo::Turbo>,
    rush: Option<rush::Rush>,
    moon: Option<moon::Moon>,
}

impl Monorepo {
    pub(super) fn read(dir: &Path, notices: &mut Notices) -> Self {
        Self {
            lerna: read(dir, "lerna.json", Format::Commented, &LERNA, notices)
                .map(|lerna| lerna.get("packages").map(Json::texts).unwrap_or_default()),
            nx: nx::read(dir, notices),
            turbo: turbo::read(dir, notices),
            rush: rush::read(dir, notices),
            moon: moon::read(dir, notices),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        self.lerna.is_none()
            && self.nx.is_none()
            && self.turbo.is_none()
            && self.rush.is_none()
            && self.moon.is_none()
    }

    /// Patterns of packages besides those of the package manager.
    pub(super) fn patterns(&self, has_workspaces: bool) -> &[String] {
        static DEFAULT: std::sync::LazyLock<[String; 1]> =
            std::sync::LazyLock::new(|| ["packages/*".to_owned()]);
        match &self.lerna {
            Some(patterns) if patterns.is_empty() && !has_workspaces => DEFAULT.as_slice(),
            Some(patterns) => patterns,
            None => &[],
        }
    }

    /// Directories that may hold a package.json of their own.
    pub(super) fn members(&self) -> impl Iterator<Item = &Path> {
        let nx = self.nx.iter().flat_map(nx::Nx::directories);
        let rush = self.rush.iter().flat_map(rush::Rush::directories);
        let moon = self.moon.iter().flat_map(moon::Moon::directories);
        nx.chain(rush).chain(moon).map(PathBuf::as_path)
    }

    /// Who runs the scripts of the package at `dir`, if that is not the manager of the root.
    pub(super) fn runner(&self, dir: &Path) -> Option<Runner> {
        let rush = self.rush.as_ref()?;
        rush.has(dir).then(|| Runner { manager: Manager::Rushx, version: rush.version.clone() })
    }

    /// Learns what the package.json in `dir` says to a build system.
    pub(super) fn meet(&mut self, dir: &Path, json: &PackageJson) {
        if let Some(nx) = &mut self.nx {
            nx.meet(dir, json);
        }
    }

    /// Lists what they run. Comes after the scripts of all packages.
    pub(super) fn add(&self, scripts: &mut Scripts<'_>, root: Option<&PackageJson>, runner: &Runner) {
        let local = Local { root, runner };
        if let Some(nx) = &self.nx {
            nx.add(scripts, &local);
        }
        if let Some(turbo) = &self.turbo {
            turbo.add(scripts, &local);
        }
        if let Some(rush) = &self.rush {
            rush.add(scripts);
        }
        if let Some(moon) = &self.moon {
            moon.add(scripts, &local);
        }
    }
}

/// How a build system is called in this project.
struct Local<'a> {
    root: Option<&'a PackageJson>,
    runner: &'a Runner,
}

impl Local<'_> {
    /// Through the package manager where the project depends on `package`, else from the PATH.
    fn call(&self, tool: &str, package: &str, arguments: &[&str]) -> Vec<String> {
        if self.root.is_some_and(|root| root.depends_on(package)) {
            return self.runner.manager.exec(tool, arguments);
        }
        std::iter::once(&tool).chain(arguments).map(|part| (*part).to_owned()).collect()
    }
}

/// A file of the root; what is wrong with it is a notice.
fn read(dir: &Path, name: &str, format: Format, shape: &Shape, notices: &mut Notices) -> Option<Json> {
    notices.told(name, Json::read_shaped(&dir.join(name), format, shape))
}

/// `directory` below `dir`, unless it leads out of it.
fn below(dir: &Path, directory: &str) -> Option<PathBuf> {
    use std::path::Component::{CurDir, Normal};
    let path = Path::new(directory);
    let inside = path.components().all(|part| matches!(part, Normal(_) | CurDir));
    inside.then(|| dir.join(path.components().filter(|part| *part != CurDir).collect::<PathBuf>()))
}

#[cfg(test)]
mod tests;
