//! Cargo.toml: its binaries, and what cargo does with every package. Manifests are read, cargo is not run.

use std::path::{Path, PathBuf};

use brummer_event::spec::{Command, Kind};
use toml_edit::Document;

use super::{Detected, Found, Look, Script, glob, manifest, relative};

/// A package with its binaries.
struct Package {
    name: String,
    /// Names of binaries, `src/main.rs` first.
    binaries: Vec<String>,
    default_run: Option<String>,
}

pub(super) fn detect(dir: &Path, look: &Look, found: &mut Vec<Found>, detected: &mut Detected) {
    let path = dir.join("Cargo.toml");
    let Some(document) = read(dir, &path, &mut detected.notices) else { return };
    let root = package(dir, &document);
    let members = members(dir, &document, &mut detected.notices);
    let mut add = |name: String, arguments: &[&str], kind: Kind, is_default: bool| {
        let argv = std::iter::once("cargo").chain(arguments.iter().copied()).map(str::to_owned).collect();
        let script = Script {
            original: name.clone(),
            run: Command::Exec(argv),
            directory: dir.to_owned(),
            source: "Cargo.toml".to_owned(),
            ecosystem: "rust",
            runner: "cargo".to_owned(),
            runner_version: None,
            kind,
            missing: look.programs.missing("cargo"),
            env_files: Vec::new(),
            is_default,
            name: name.clone(),
        };
        found.push(Found { otherwise: vec![format!("cargo:{name}")], script });
    };

    let mut packages: Vec<&Package> = root.iter().chain(&members).collect();
    // What `cargo run` alone would run here.
    let alone = root.as_ref().and_then(|root| match (&root.default_run, root.binaries.as_slice()) {
        (Some(binary), _) => Some(binary.clone()),
        (None, [binary]) => Some(binary.clone()),
        _ => None,
    });
    if alone.is_some() {
        add("run".to_owned(), &["run"], Kind::Service, true);
    } else {
        let all: Vec<(&str, &str)> = packages
            .iter()
            .flat_map(|package| {
                package.binaries.iter().map(|binary| (package.name.as_str(), binary.as_str()))
            })
            .collect();
        if let [(package, _)] = all.as_slice() {
            add("run".to_owned(), &["run", "-p", package], Kind::Service, true);
            packages.clear();
        }
    }
    for package in packages {
        let is_root = root.as_ref().is_some_and(|root| std::ptr::eq(root, package));
        for binary in &package.binaries {
            if is_root && alone.as_ref() == Some(binary) {
                continue;
            }
            let name = format!("run:{binary}");
            add(name, &["run", "-p", &package.name, "--bin", binary], Kind::Service, false);
        }
    }
    for task in ["build", "test", "check"] {
        add(task.to_owned(), &[task], Kind::Task, false);
    }
}

fn read(dir: &Path, path: &Path, notices: &mut Vec<String>) -> Option<Document<String>> {
    manifest::read_toml(path).unwrap_or_else(|why| {
        notices.push(format!("{} {why}", relative(dir, path)));
        None
    })
}

fn members(dir: &Path, document: &Document<String>, notices: &mut Vec<String>) -> Vec<Package> {
    let workspace = document.get("workspace");
    let texts = |key: &str| -> Vec<String> {
        let list = workspace.and_then(|workspace| workspace.get(key)).and_then(toml_edit::Item::as_array);
        list.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let mut patterns = texts("members");
    if patterns.is_empty() {
        return Vec::new();
    }
    patterns.extend(texts("exclude").iter().map(|pattern| format!("!{pattern}")));
    let (mut directories, cut) = glob::packages(dir, &patterns, |path| path.join("Cargo.toml").is_file());
    if cut {
        notices.push("the workspace has too many directories; some packages are not shown".to_owned());
    }
    // Members may also lie outside, which no pattern below the root finds.
    directories
        .extend(patterns.iter().filter(|pattern| pattern.starts_with("../")).map(|path| dir.join(path)));
    directories
        .into_iter()
        .filter_map(|member| {
            let document = read(dir, &member.join("Cargo.toml"), notices)?;
            package(&member, &document)
        })
        .collect()
}

fn package(dir: &Path, document: &Document<String>) -> Option<Package> {
    let package = document.get("package")?;
    let name = package.get("name")?.as_str()?.to_owned();
    let default_run = package.get("default-run").and_then(toml_edit::Item::as_str).map(str::to_owned);
    let discover = package.get("autobins").and_then(toml_edit::Item::as_bool).unwrap_or(true);

    let mut explicit: Vec<(String, PathBuf)> = Vec::new();
    if let Some(tables) = document.get("bin").and_then(toml_edit::Item::as_array_of_tables) {
        for table in tables {
            let Some(binary) = table.get("name").and_then(toml_edit::Item::as_str) else { continue };
            let path = match table.get("path").and_then(toml_edit::Item::as_str) {
                Some(path) => PathBuf::from(path),
                None if binary == name && dir.join("src/main.rs").is_file() => PathBuf::from("src/main.rs"),
                None => Path::new("src/bin").join(format!("{binary}.rs")),
            };
            explicit.push((binary.to_owned(), path));
        }
    }
    let mut binaries: Vec<String> = explicit.iter().map(|(binary, _)| binary.clone()).collect();
    if discover {
        for (binary, path) in inferred(dir, &name) {
            if !explicit.iter().any(|(other, at)| *other == binary || *at == path) {
                binaries.push(binary);
            }
        }
    }
    Some(Package { name, binaries, default_run })
}

/// The binaries that cargo finds by where their files lie.
fn inferred(dir: &Path, package: &str) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let main = PathBuf::from("src/main.rs");
    if dir.join(&main).is_file() {
        found.push((package.to_owned(), main));
    }
    let Ok(entries) = std::fs::read_dir(dir.join("src/bin")) else { return found };
    let mut names: Vec<String> =
        entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    for name in names {
        let path = Path::new("src/bin").join(&name);
        if let Some(stem) = name.strip_suffix(".rs") {
            if dir.join(&path).is_file() {
                found.push((stem.to_owned(), path));
            }
        } else if dir.join(&path).join("main.rs").is_file() {
            found.push((name, path.join("main.rs")));
        }
    }
    found
}
