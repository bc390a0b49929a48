//! Which package manager runs a project's scripts, in which version, and how it is called.
//!
//! Nearest first, each directory up to the repository's root: the `packageManager` field,
//! `devEngines.packageManager`, `engines` (yarn, pnpm, bun), the lock files, what an installation left in
//! `node_modules`, then hints that would lose against a lock file (`npmClient` of Lerna, `engines.npm`, Deno). A manager that is not
//! known counts as not named. If nothing is named: npm, or where that is known to be missing the first that is
//! there.

use std::path::Path;

use super::PackageJson;
use crate::detect::json::Json;
use crate::detect::{Look, Programs};

mod version;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Npm,
    Yarn,
    Pnpm,
    Bun,
    Deno,
    /// Runs the scripts of Rush's projects.
    Rushx,
}

use Manager::{Bun, Deno, Npm, Pnpm, Yarn};

/// The manager of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Runner {
    pub(crate) manager: Manager,
    /// What the project pins; for yarn at least `classic` or `berry`; else what is installed.
    pub(crate) version: Option<String>,
}

/// Files beside a package.json, the surest first.
const LOCKS: [(&str, Manager); 15] = [
    ("bun.lock", Bun),
    ("bun.lockb", Bun),
    ("pnpm-lock.yaml", Pnpm),
    ("pnpm-workspace.yaml", Pnpm),
    ("yarn.lock", Yarn),
    (".yarnrc.yml", Yarn),
    ("package-lock.json", Npm),
    ("npm-shrinkwrap.json", Npm),
    ("deno.lock", Deno),
    // Left by an installation, where lock files are not kept.
    ("node_modules/.modules.yaml", Pnpm),
    ("node_modules/.yarn-state.yml", Yarn),
    (".pnp.cjs", Yarn),
    ("node_modules/.yarn-integrity", Yarn),
    ("node_modules/.package-lock.json", Npm),
    ("bunfig.toml", Bun),
];

const NAMED: [Manager; 4] = [Yarn, Pnpm, Bun, Npm];

impl Manager {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Npm => "npm",
            Yarn => "yarn",
            Pnpm => "pnpm",
            Bun => "bun",
            Deno => "deno",
            Self::Rushx => "rushx",
        }
    }

    /// As `ecosystem` of its scripts.
    pub(crate) const fn ecosystem(self) -> &'static str {
        match self {
            Bun => "bun",
            Deno => "deno",
            Npm | Yarn | Pnpm | Self::Rushx => "node",
        }
    }

    /// Runs a script of package.json.
    pub(crate) fn run(self, script: &str) -> Vec<String> {
        let verb: &[&str] = match self {
            Deno => &["task"],
            Self::Rushx => &[],
            // What follows is a name even if it looks like an option.
            Npm | Yarn | Pnpm | Bun if script.starts_with('-') => &["run", "--"],
            Npm | Yarn | Pnpm | Bun => &["run"],
        };
        argv(self.name(), verb, &[script])
    }

    /// Runs a program that the project has installed, and never fetches one.
    pub(crate) fn exec(self, tool: &str, arguments: &[&str]) -> Vec<String> {
        let (program, verb): (&str, &[&str]) = match self {
            Npm | Self::Rushx => ("npx", &["--no-install", tool]),
            Pnpm => ("pnpm", &["exec", tool]),
            Yarn => ("yarn", &["run", tool]),
            Bun => ("bun", &["run", tool]),
            Deno => ("deno", &["task", "--eval", tool]),
        };
        argv(program, verb, arguments)
    }
}

fn argv(program: &str, verb: &[&str], arguments: &[&str]) -> Vec<String> {
    std::iter::once(&program).chain(verb).chain(arguments).map(|part| (*part).to_owned()).collect()
}

/// The runner of the package in `dir`.
pub(super) fn choose(dir: &Path, package: Option<&PackageJson>, look: &Look) -> Runner {
    let chosen = here(dir, package).or_else(|| {
        look.above(dir).iter().find_map(|above| {
            let package = super::read(&above.join("package.json")).ok().flatten();
            here(above, package.as_ref())
        })
    });
    let runner = chosen.unwrap_or_else(|| Runner { manager: installed(&look.programs), version: None });
    Runner { version: runner.version.or_else(|| look.programs.version(runner.manager.name())), ..runner }
}

/// What a package itself names, without a look at files: for the packages of a workspace.
pub(super) fn named_by(package: &PackageJson) -> Option<Runner> {
    let field = package.package_manager.as_deref()?;
    let (manager, version) = field.split_once('@').unwrap_or((field, ""));
    Some(Runner { manager: known(manager)?, version: version::exact(version) })
}

fn here(dir: &Path, package: Option<&PackageJson>) -> Option<Runner> {
    let field = package.and_then(named_by);
    let named = field.or_else(|| package.and_then(by_engines));
    let locked = || LOCKS.into_iter().find(|(file, _)| dir.join(file).is_file()).map(|(_, manager)| manager);
    let weak = || {
        let lerna = || {
            Json::read(&dir.join("lerna.json"), Json::parse_commented)
                .ok()??
                .text_at("npmClient")
                .and_then(known)
        };
        let Some(package) = package else { return lerna() };
        let field = package.package_manager.as_deref().unwrap_or_default();
        let by_npm = package.engines.iter().any(|(name, range)| name == "npm" && version::is_range(range));
        if field.starts_with("deno@") { Some(Deno) } else { lerna().or(by_npm.then_some(Npm)) }
    };
    let runner = named.or_else(|| locked().or_else(weak).map(|manager| Runner { manager, version: None }))?;
    if runner.manager != Yarn {
        return Some(runner);
    }
    // What `.yarnrc.yml` points to is what runs, whatever else is said.
    let version = version::yarn_path(dir).or(runner.version).or_else(|| version::yarn_flavour(dir));
    Some(Runner { version, ..runner })
}

fn by_engines(package: &PackageJson) -> Option<Runner> {
    let dev = package.dev_engines.iter().find_map(|(name, range)| {
        let version = range.as_deref().and_then(version::exact);
        known(name).map(|manager| Runner { manager, version })
    });
    dev.or_else(|| {
        [Yarn, Pnpm, Bun].into_iter().find_map(|manager| {
            let (_, range) = package.engines.iter().find(|(name, _)| name == manager.name())?;
            // `"yarn": "please use npm"` is seen often.
            let version = range.as_deref().and_then(version::exact);
            version::is_range(range).then_some(Runner { manager, version })
        })
    })
}

fn known(name: &str) -> Option<Manager> {
    NAMED.into_iter().find(|manager| manager.name().eq_ignore_ascii_case(name.trim()))
}

fn installed(programs: &Programs) -> Manager {
    let there = |manager: &Manager| programs.missing(manager.name()).is_none();
    [Npm, Pnpm, Yarn, Bun, Deno].into_iter().find(there).unwrap_or(Npm)
}
