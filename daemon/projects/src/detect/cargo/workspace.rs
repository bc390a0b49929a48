//! The packages of a workspace: listed ones, and those that they depend on by path.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::manifest::{Package, Target};
use crate::detect::notices::Notices;
use crate::detect::shape::Shape::{self, Any, Bool, Keys, List, Map, Text};
use crate::detect::{glob, manifest, relative};

const TARGETS: Shape = List(&Keys(&[("name", Text), ("path", Text), ("required-features", List(&Text))]));
const SHAPE: Shape = Keys(&[
    ("package", Keys(&[("name", Text), ("default-run", Text), ("autobins", Bool), ("autoexamples", Bool)])),
    ("bin", TARGETS),
    ("example", TARGETS),
    (
        "workspace",
        Keys(&[("members", List(&Text)), ("exclude", List(&Text)), ("default-members", List(&Text))]),
    ),
    ("dependencies", Map(&Any)),
]);

/// Most packages that are looked at.
const MAX_MEMBERS: usize = 2_000;

/// Whether a manifest makes its directory the root of a workspace.
pub(super) fn is_named_in(path: &Path) -> bool {
    manifest::read_toml(path).ok().flatten().is_some_and(|document| document.get("workspace").is_some())
}

pub(super) struct Workspace {
    dir: PathBuf,
    /// The root's package first, then by directory.
    pub(super) members: Vec<Package>,
    /// Directories that `cargo run` looks in; nothing if the manifest does not say.
    defaults: Option<BTreeSet<PathBuf>>,
}

impl Workspace {
    pub(super) fn read(dir: &Path, notices: &mut Notices) -> Option<Self> {
        let root = read(dir, dir, notices)?;
        let workspace = root.get("workspace");
        let list = |key: &str| texts(workspace.and_then(|workspace| workspace.get(key)));
        let (members, excluded) = (list("members"), list("exclude"));
        let places =
            |list: &[String]| -> Vec<PathBuf> { list.iter().map(|path| plain(&dir.join(path))).collect() };
        // As cargo has it: what is excluded may be named by itself, but not by a pattern.
        let (named, excluded) = (places(&members), places(&excluded));
        let mut waiting: Vec<PathBuf> = Vec::new();
        if workspace.is_some() {
            waiting.extend(found(dir, &members, notices));
        }
        let mut seen: BTreeSet<PathBuf> = [dir.to_owned()].into();
        let mut packages: Vec<Package> = Package::of(dir, &root).into_iter().collect();
        let mut others: Vec<Package> = Vec::new();
        let listed: BTreeSet<PathBuf> = waiting.iter().cloned().collect();
        if workspace.is_some() {
            let shared = workspace.and_then(|workspace| workspace.get("dependencies"));
            waiting.extend(by_path(dir, dir, &root, shared));
            while let Some(member) = waiting.pop() {
                // A listed member may lie outside, what it depends on there is not of the workspace.
                let is_ours = listed.contains(&member) || member.starts_with(dir);
                let below = |places: &[PathBuf]| places.iter().any(|path| member.starts_with(path));
                let is_excluded = !below(&named) && below(&excluded);
                if !is_ours || is_excluded || !seen.insert(member.clone()) {
                    continue;
                }
                if seen.len() > MAX_MEMBERS {
                    notices.push(&format!(
                        "Cargo.toml has more than {MAX_MEMBERS} packages; the others are not shown"
                    ));
                    break;
                }
                let Some(document) = read(dir, &member, notices) else { continue };
                // A directory below with a workspace of its own is another's.
                if document.get("workspace").is_some() {
                    continue;
                }
                waiting.extend(by_path(&member, dir, &document, shared));
                others.extend(Package::of(&member, &document));
            }
        }
        others.sort_by(|one, other| one.dir.cmp(&other.dir));
        packages.extend(others);
        let defaults = workspace.and_then(|workspace| workspace.get("default-members")).map(|item| {
            let mut found: BTreeSet<PathBuf> = found(dir, &texts(Some(item)), notices).into_iter().collect();
            if texts(Some(item)).iter().any(|path| plain(&dir.join(path)) == dir) {
                found.insert(dir.to_owned());
            }
            found
        });
        Some(Self { dir: dir.to_owned(), members: packages, defaults })
    }

    /// Packages that cargo takes when none is named.
    fn defaults(&self) -> Vec<&Package> {
        let root = self.members.iter().find(|package| package.dir == self.dir);
        match (&self.defaults, root) {
            (Some(dirs), _) => self.members.iter().filter(|package| dirs.contains(&package.dir)).collect(),
            (None, Some(root)) => vec![root],
            (None, None) => self.members.iter().collect(),
        }
    }

    /// The binary that is meant when none is named: what `cargo run` finds, else the only one of all.
    pub(super) fn run_alone(&self) -> Option<(Package, Target)> {
        let by_cargo = only(&self.defaults());
        // Several that cargo would ask about are not less several in all.
        by_cargo.or_else(|| only(&self.members.iter().collect::<Vec<_>>()))
    }

    /// Whether `cargo run` alone runs this one, and goes on to when another package gets a binary.
    pub(super) fn cargo_run_finds(&self, package: &Package, target: &Target) -> bool {
        if self.defaults.is_none() && package.dir != self.dir {
            return false;
        }
        only(&self.defaults())
            .is_some_and(|(other, found)| other.dir == package.dir && found.name == target.name)
    }
}

/// The one binary of these packages, as `cargo run` decides.
fn only(packages: &[&Package]) -> Option<(Package, Target)> {
    let mut chosen: Vec<(&Package, &Target)> = Vec::new();
    for package in packages {
        if let Some(name) = &package.default_run {
            chosen.extend(package.bins.iter().find(|bin| bin.name == *name).map(|bin| (*package, bin)));
        }
    }
    if chosen.is_empty() {
        chosen = packages.iter().flat_map(|package| package.bins.iter().map(|bin| (*package, bin))).collect();
    }
    match chosen.as_slice() {
        [(package, target)] => Some(((*package).clone(), (*target).clone())),
        _ => None,
    }
}

fn read(root: &Path, dir: &Path, notices: &mut Notices) -> Option<Document<String>> {
    let path = dir.join("Cargo.toml");
    notices.told(&relative(root, &path), manifest::read_toml_shaped(&path, &SHAPE))
}

fn texts(item: Option<&Item>) -> Vec<String> {
    let list = item.and_then(Item::as_array).into_iter().flatten();
    list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// The directories that patterns name.
fn found(dir: &Path, patterns: &[String], notices: &mut Notices) -> Vec<PathBuf> {
    let is_package = |path: &Path| path.join("Cargo.toml").is_file();
    let (outside, below): (Vec<String>, Vec<String>) =
        patterns.iter().cloned().partition(|pattern| pattern.split('/').any(|part| part == ".."));
    let mut found = glob::packages(dir, &below, is_package).told(dir, "the workspace", notices);
    found.extend(outside.iter().map(|path| plain(&dir.join(path))).filter(|path| is_package(path)));
    found
}

/// Directories that a package depends on by path; cargo makes those below the root members.
fn by_path(dir: &Path, root: &Path, document: &Document<String>, shared: Option<&Item>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut look_in = |tables: &dyn TableLike| {
        for kind in [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "dev_dependencies",
            "build_dependencies",
        ] {
            for (name, item) in
                tables.get(kind).and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter)
            {
                let inherits = item.get("workspace").and_then(Item::as_bool) == Some(true);
                let (base, item) = match shared.and_then(|shared| shared.get(name)) {
                    Some(shared) if inherits => (root, shared),
                    _ => (dir, item),
                };
                found.extend(item.get("path").and_then(Item::as_str).map(|path| plain(&base.join(path))));
            }
        }
    };
    look_in(document.as_table());
    let targets = document.get("target").and_then(Item::as_table_like);
    for (_, target) in targets.into_iter().flat_map(TableLike::iter) {
        if let Some(tables) = target.as_table_like() {
            look_in(tables);
        }
    }
    found
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
        plain
    })
}
