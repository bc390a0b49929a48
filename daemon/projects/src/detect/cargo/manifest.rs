//! One Cargo.toml: its binaries and examples, written down or found by where their files lie.

use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

/// A package with what can be run in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    /// By name, as cargo lists them.
    pub(super) bins: Vec<Target>,
    pub(super) examples: Vec<Target>,
    pub(super) default_run: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    pub(super) name: String,
    path: PathBuf,
    pub(super) required_features: Vec<String>,
}

impl Target {
    /// The arguments without which cargo would refuse it.
    pub(super) fn features(&self) -> Vec<String> {
        if self.required_features.is_empty() {
            return Vec::new();
        }
        vec!["--features".to_owned(), self.required_features.join(",")]
    }
}

impl Package {
    /// Nothing if the manifest has no package (a virtual workspace).
    pub(super) fn of(dir: &Path, document: &Document<String>) -> Option<Self> {
        let package = document.get("package")?;
        let name = package.get("name")?.as_str()?.to_owned();
        let default_run = package.get("default-run").and_then(Item::as_str).map(str::to_owned);
        let flag = |key: &str| package.get(key).and_then(Item::as_bool);
        // The first edition looked for no more targets where one was written down.
        let inherits = package.get("edition").is_some_and(|edition| edition.as_str().is_none());
        let edition = package.get("edition").and_then(Item::as_str).unwrap_or("2015");
        let old = edition == "2015" && !inherits;
        let discover =
            |key: &str, section: &str| flag(key).unwrap_or(!(old && document.get(section).is_some()));
        let bins = targets(dir, document, "bin", &inferred_bins(dir, &name), discover("autobins", "bin"));
        let examples = inferred(&dir.join("examples"), Path::new("examples"));
        let examples = targets(dir, document, "example", &examples, discover("autoexamples", "example"));
        Some(Self { name, dir: dir.to_owned(), bins, examples, default_run })
    }
}

/// Written and found targets of one section; those whose crate type makes a library are none to run.
fn targets(
    dir: &Path,
    document: &Document<String>,
    section: &str,
    found: &[(String, PathBuf)],
    discover: bool,
) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let mut libraries: Vec<(String, PathBuf)> = Vec::new();
    for table in tables(document.get(section)) {
        let Some(name) = table.get("name").and_then(Item::as_str) else { continue };
        let written = table.get("path").and_then(Item::as_str).map(PathBuf::from);
        let by_name = || found.iter().find(|(other, _)| other == name).map(|(_, path)| path.clone());
        let usual = || {
            PathBuf::from(if section == "bin" { "src/bin" } else { "examples" }).join(format!("{name}.rs"))
        };
        let main = || {
            let only = section == "bin" && dir.join("src/main.rs").is_file() && !dir.join(usual()).is_file();
            only.then(|| PathBuf::from("src/main.rs"))
        };
        let path = written.or_else(by_name).or_else(main).unwrap_or_else(usual);
        let list = |key: &str| -> Vec<String> {
            let list = table.get(key).and_then(Item::as_array).into_iter().flatten();
            list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
        };
        let types = [list("crate-type"), list("crate_type")].concat();
        if types.is_empty() || types.iter().any(|kind| kind == "bin") {
            targets.push(Target {
                name: name.to_owned(),
                path,
                required_features: list("required-features"),
            });
        } else {
            libraries.push((name.to_owned(), path));
        }
    }
    if discover {
        for (name, path) in found {
            let taken = targets.iter().map(|target| (&target.name, &target.path));
            let libraries = libraries.iter().map(|(name, path)| (name, path));
            if !taken.chain(libraries).any(|(other, at)| other == name || at == path) {
                targets.push(Target {
                    name: name.clone(),
                    path: path.clone(),
                    required_features: Vec::new(),
                });
            }
        }
    }
    targets.sort_by(|one, other| one.name.cmp(&other.name));
    targets
}

/// The tables of `[[bin]]`, or of `bin = [{ … }]`.
fn tables(item: Option<&Item>) -> Vec<&dyn TableLike> {
    match item {
        Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| table as &dyn TableLike).collect(),
        Some(item) => {
            let list = item.as_array().into_iter().flatten();
            list.filter_map(|value| value.as_inline_table()).map(|table| table as &dyn TableLike).collect()
        }
        None => Vec::new(),
    }
}

fn inferred_bins(dir: &Path, package: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    if dir.join("src/main.rs").is_file() {
        found.push((package.to_owned(), PathBuf::from("src/main.rs")));
    }
    found.extend(inferred(&dir.join("src/bin"), Path::new("src/bin")));
    found
}

/// `NAME.rs` and `NAME/main.rs` in `dir`, by name.
fn inferred(dir: &Path, below: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names.into_iter().filter(|name| !name.starts_with('.')) {
        let path = dir.join(&name);
        match name.strip_suffix(".rs") {
            Some(stem) if path.is_file() => found.push((stem.to_owned(), below.join(&name))),
            _ if path.join("main.rs").is_file() => {
                found.push((name.clone(), below.join(&name).join("main.rs")))
            }
            _ => {}
        }
    }
    found
}
