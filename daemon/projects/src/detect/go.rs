//! Go: modules and workspaces (`go.work`), one runnable thing for each `package main`.
//!
//! Looks for `package main` in the module's root, in `cmd/*` and in every directory directly below it, by the
//! package clause of their files. Files with `//go:build ignore` do not count; other build tags are not
//! understood.

use std::path::{Path, PathBuf};

use super::mark::Mark;
use super::room::Room;
use super::{glob, words};

/// Most modules that are looked at.
const MAX_MODULES: usize = 1_000;

pub(super) const MARKS: [Mark; 2] = [Mark::file("go.work").of_root(), Mark::file("go.mod")];

pub(super) fn detect(room: &mut Room<'_>) {
    let root = room.root.to_owned();
    let mut modules: Vec<PathBuf> = Vec::new();
    let work = root.join("go.work");
    if let Some(text) = room.text(&work) {
        modules = uses(&text).iter().map(|path| root.join(path.trim_start_matches("./"))).collect();
    }
    if modules.len() > MAX_MODULES {
        room.notice(&work, &format!("names more than {MAX_MODULES} modules; the others are not shown"));
        modules.truncate(MAX_MODULES);
    }
    if modules.is_empty() && room.mark().is_some() {
        modules.push(root.clone());
    }
    let found: Vec<(PathBuf, String, Vec<String>)> = modules
        .into_iter()
        .filter_map(|module| {
            let text = room.text(&module.join("go.mod"))?;
            let name = module_name(&text).unwrap_or("module").to_owned();
            let search = glob::packages(&module, &["*".to_owned(), "cmd/*".to_owned()], is_main);
            let mains = mains(&module, &room.searched(search, "the module"));
            Some((module, name, mains))
        })
        .collect();
    let alone = found.iter().map(|(_, _, mains)| mains.len()).sum::<usize>() == 1;
    for (module, name, mains) in found {
        room.at(&module, &module.join("go.mod"));
        let package = (!super::same(&module, &root)).then_some(name.as_str());
        if package.is_some() {
            room.package(&module);
        }
        for main in &mains {
            let last = main.rsplit('/').next().unwrap_or_default();
            let called =
                if mains.len() == 1 { "run".to_owned() } else { format!("run:{}", or_root(last, &name)) };
            let script = room.script(&called, &["go", "run", main]).service().default_if(alone);
            put(room, package, script);
        }
        for (task, argv) in [
            ("build", ["go", "build", "./..."].as_slice()),
            ("test", &["go", "test", "./..."]),
            ("vet", &["go", "vet", "./..."]),
            ("tidy", &["go", "mod", "tidy"]),
        ] {
            let script = room.script(task, argv);
            put(room, package, script);
        }
    }
}

fn put(room: &mut Room<'_>, package: Option<&str>, script: super::Script) {
    match package {
        Some(package) => room.put_in(package, script),
        None => room.put(script),
    }
}

/// The last part of a package path; the module's name for its root.
fn or_root<'a>(last: &'a str, module: &'a str) -> &'a str {
    if last == "." { module } else { last }
}

/// Directories with a `package main`, as `go run` takes them.
fn mains(module: &Path, directories: &[PathBuf]) -> Vec<String> {
    let mut mains = Vec::new();
    if is_main(module) {
        mains.push(".".to_owned());
    }
    mains.extend(directories.iter().filter_map(|dir| {
        let below = dir.strip_prefix(module).ok()?.to_str()?;
        (below != "vendor" && below != "testdata").then(|| format!("./{below}"))
    }));
    mains
}

fn is_main(dir: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    let mut names: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "go"))
        .filter(|path| !path.to_string_lossy().ends_with("_test.go"))
        .collect();
    names.sort();
    names.iter().take(100).any(|path| {
        let text = super::read_manifest(path).ok().flatten();
        text.is_some_and(|text| package_clause(&text) == Some("main"))
    })
}

/// The package that a Go file belongs to; none if it is never built.
fn package_clause(text: &str) -> Option<&str> {
    let ignored = |line: &str| {
        line.strip_prefix("//go:build").is_some_and(|tags| tags.trim() == "ignore")
            || line.strip_prefix("// +build").is_some_and(|tags| tags.trim() == "ignore")
    };
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        if ignored(line) {
            return None;
        }
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
            continue;
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let name = line.strip_prefix("package")?.trim_start();
        return name.split(|c: char| !c.is_alphanumeric() && c != '_').next();
    }
    None
}

/// The last part of the module path, without a major version.
fn module_name(text: &str) -> Option<&str> {
    let path = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    let path = path.split("//").next()?.trim().trim_matches('"');
    let is_version = |part: &&str| {
        part.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    path.rsplit('/').find(|part| !is_version(part)).filter(|part| !part.is_empty())
}

/// The directories of a `go.work`.
fn uses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    let text = words::without_c_comments(text);
    for line in text.lines().map(str::trim) {
        let path = if inside {
            if line == ")" {
                inside = false;
                continue;
            }
            line
        } else {
            match line.strip_prefix("use").map(str::trim) {
                Some("(") => {
                    inside = true;
                    continue;
                }
                Some(path) if line.starts_with("use ") => path,
                _ => continue,
            }
        };
        if !path.is_empty() {
            found.push(path.trim_matches('"').to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::tests::fixture::fixture;

    #[test]
    fn modules_and_workspaces_run_their_mains() {
        let module = fixture("go");
        insta::assert_snapshot!(module.listing());
        assert!(module.up("").starts_with("nothing says what to start"), "{}", module.up(""));
        insta::assert_snapshot!(fixture("go-work").listing());
        assert_eq!(fixture("go-work").up(""), "api:run: `go run ./cmd/api`, found by api/go.mod");
    }

    #[test]
    fn the_clause_is_found_behind_comments() {
        for (text, package) in [
            ("package main\n", Some("main")),
            ("// Copyright\n\n/* long\n*/\npackage lib // x", Some("lib")),
            ("//go:build ignore\n\npackage main", None),
            ("//go:build linux\npackage main", Some("main")),
            ("", None),
        ] {
            assert_eq!(package_clause(text), package, "{text}");
        }
        assert_eq!(module_name("module example.com/shop/v2 // x"), Some("shop"));
        assert_eq!(uses("go 1.22\nuse ./a // x\nuse (\n\t./b\n\t\"./c\"\n)\n"), ["./a", "./b", "./c"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in "(use|module|package|[ ()/*\n\"a-c.é])*") {
            let _ = (package_clause(&text), module_name(&text), uses(&text));
        }
    }
}
