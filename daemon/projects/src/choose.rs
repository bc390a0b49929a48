//! What `up` starts when it is given no names, and why.
//!
//! Pure: no files, no environment, no clock.

use std::path::{Path, PathBuf};

use brummer_event::spec::{Origin, ProcessSpec};

use crate::detect::Script;

/// Names of scripts that start a project, best first.
pub(crate) const STARTERS: [&str; 5] = ["dev", "develop", "start:dev", "serve", "start"];

/// Ecosystems whose scripts belong to a package and start it under one of these names.
const OF_PACKAGES: [&str; 5] = ["node", "bun", "deno", "nx", "moon"];

/// How many names a refusal lists.
const MAX_NAMED: usize = 40;

/// What is started, and the words that say why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub names: Vec<String>,
    /// As `script `dev` of package.json`.
    pub reason: String,
}

/// There is nothing that `up` alone may start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingToStart {
    /// Everything declared waits to be started by name.
    #[error("every process has `autostart = false`; start one by name: {}", listed(.names))]
    AllByHand { names: Vec<String> },
    /// There are scripts, and none that is meant.
    #[error("nothing says what to start; name one of these scripts: {}", listed(.names))]
    NoneMeant { names: Vec<String> },
    /// There are no scripts, and what `files` of the project there are declare no process.
    #[error("{}", nothing(.root, .files, .standing_in))]
    Nothing { root: PathBuf, files: Vec<PathBuf>, standing_in: PathBuf },
}

/// `specs` are the project's (declared and detected ones), `scripts` in the order of detection, `files` what
/// configures it, `standing_in` the real path of the current directory.
///
/// # Errors
/// When nothing is meant to be started by itself.
pub fn choose(
    specs: &[ProcessSpec],
    scripts: &[Script],
    files: &[PathBuf],
    root: &Path,
    standing_in: &Path,
) -> Result<Choice, NothingToStart> {
    let declared: Vec<&ProcessSpec> = specs.iter().filter(|spec| spec.origin == Origin::Declared).collect();
    if !declared.is_empty() {
        let names: Vec<String> =
            declared.iter().filter(|spec| spec.autostart).map(|spec| spec.name.clone()).collect();
        if names.is_empty() {
            let names = declared.iter().map(|spec| spec.name.clone()).collect();
            return Err(NothingToStart::AllByHand { names });
        }
        return Ok(Choice { names, reason: "declared with autostart".to_owned() });
    }
    // Of several the one for development.
    let mut procfile =
        scripts.iter().filter(|script| script.ecosystem == "procfile" && script.is_default).peekable();
    if let Some(first) = procfile.peek() {
        let reason = format!("all of the {}", first.source);
        return Ok(Choice { names: procfile.map(|script| script.name.clone()).collect(), reason });
    }
    let packages: Vec<(PathBuf, &Script)> = scripts
        .iter()
        .filter(|script| OF_PACKAGES.contains(&script.ecosystem))
        .map(|script| (package_of(root, script), script))
        .collect();
    let in_root = starter(&packages, root);
    let in_package = || {
        // The deepest package at or above the directory one stands in.
        let directory = packages
            .iter()
            .map(|(directory, _)| directory.as_path())
            .filter(|directory| *directory != root && standing_in.starts_with(directory))
            .max_by_key(|directory| directory.components().count())?;
        starter(&packages, directory)
    };
    if let Some(script) = in_root.or_else(in_package) {
        let reason = format!("script `{}` of {}", script.original, script.source);
        return Ok(Choice { names: vec![script.name.clone()], reason });
    }
    if let Some(script) = scripts.iter().find(|script| script.is_default) {
        let reason = format!("`{}`, found by {}", script.argv().join(" "), script.source);
        return Ok(Choice { names: vec![script.name.clone()], reason });
    }
    if scripts.is_empty() {
        return Err(NothingToStart::Nothing {
            root: root.to_owned(),
            files: files.to_vec(),
            standing_in: standing_in.to_owned(),
        });
    }
    Err(NothingToStart::NoneMeant { names: scripts.iter().map(|script| script.name.clone()).collect() })
}

/// Where the package of a script lies. A build system is called in the root, whatever package it is for.
fn package_of(root: &Path, script: &Script) -> PathBuf {
    let file = root.join(&script.source);
    file.parent().unwrap_or(root).to_owned()
}

fn starter<'a>(packages: &[(PathBuf, &'a Script)], directory: &Path) -> Option<&'a Script> {
    let named = |name: &str| {
        let found = packages.iter().find(|(dir, script)| script.original == name && dir == directory);
        found.map(|(_, script)| *script)
    };
    STARTERS.into_iter().find_map(named)
}

/// What was looked at, and what to do.
fn nothing(root: &Path, files: &[PathBuf], standing_in: &Path) -> String {
    let own = files.iter().filter(|file| file.parent() == Some(root)).filter_map(|file| file.file_name());
    let own: Vec<String> = own.map(|name| name.to_string_lossy().into_owned()).collect();
    let inside = standing_in != root && standing_in.starts_with(root);
    let place = if inside { format!("in {}", root.display()) } else { "here".to_owned() };
    if own.is_empty() {
        return format!(
            "there is nothing to start {place}: no brummer.toml, no scripts; \
             `brummerctl run -- CMD` runs a command"
        );
    }
    let (declare, it) = if own.len() == 1 { ("declares", "it") } else { ("declare", "them") };
    let files = own.join(" and ");
    let open = if inside { ", or open the directory that you are in: `brummerctl -p . up`" } else { "" };
    format!(
        "there is nothing to start {place}: {files} {declare} no process, and no scripts were found beside \
         {it}; declare one{open}"
    )
}

/// The first names, and how many more there are.
fn listed(names: &[String]) -> String {
    let first = names.get(..MAX_NAMED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(MAX_NAMED) {
        0 => first,
        more => format!("{first} and {more} more (`brummerctl scripts` lists all)"),
    }
}

#[cfg(test)]
mod tests {
    use brummer_event::spec::{Command, Kind};

    use super::*;

    fn script(name: &str, original: &str, ecosystem: &'static str, dir: &str) -> Script {
        let run = Command::Exec(vec!["tool".to_owned(), original.to_owned()]);
        let source = Path::new(dir).strip_prefix("/p").unwrap().join("package.json").display().to_string();
        let script = Script::new(original, run, Path::new(dir), source, ecosystem, "tool");
        Script { name: name.to_owned(), ..script }
    }

    fn declared(name: &str, autostart: bool) -> ProcessSpec {
        let command = Command::Shell("x".to_owned());
        let mut spec = ProcessSpec::new(name, command, "/p".into(), Kind::Service, Origin::Declared);
        spec.autostart = autostart;
        spec
    }

    fn names(
        specs: &[ProcessSpec],
        scripts: &[Script],
        standing_in: &str,
    ) -> Result<Vec<String>, NothingToStart> {
        choose(specs, scripts, &[], Path::new("/p"), Path::new(standing_in)).map(|choice| choice.names)
    }

    #[test]
    fn declared_processes_win_and_autostart_counts() {
        let scripts = [script("dev", "dev", "node", "/p")];
        let specs = [declared("a", true), declared("b", false), declared("c", true)];
        assert_eq!(names(&specs, &scripts, "/p"), Ok(vec!["a".to_owned(), "c".to_owned()]));
        let by_hand = NothingToStart::AllByHand { names: vec!["b".to_owned()] };
        assert_eq!(names(&[declared("b", false)], &scripts, "/p"), Err(by_hand));
    }

    #[test]
    fn then_the_procfile_whole_then_one_script() {
        let dev = script("dev", "dev", "node", "/p");
        let start = script("start", "start", "node", "/p");
        let mut line = script("web", "web", "procfile", "/p");
        let production = script("procfile:web", "web", "procfile", "/p");
        assert_eq!(names(&[], &[production.clone(), dev.clone()], "/p"), Ok(vec!["dev".to_owned()]));
        line.is_default = true;
        assert_eq!(names(&[], &[dev.clone(), line, production], "/p"), Ok(vec!["web".to_owned()]));
        assert_eq!(names(&[], &[start.clone(), dev], "/p"), Ok(vec!["dev".to_owned()]));
        assert_eq!(names(&[], &[start], "/p"), Ok(vec!["start".to_owned()]));
    }

    #[test]
    fn a_workspace_starts_its_root_else_the_package_one_stands_in() {
        let root = script("dev", "dev", "node", "/p");
        let web = script("web:dev", "dev", "node", "/p/apps/web");
        let api = script("api:start", "start", "node", "/p/apps/api");
        assert_eq!(names(&[], &[root, web.clone()], "/p/apps/web"), Ok(vec!["dev".to_owned()]));
        let packages = [web, api];
        assert_eq!(names(&[], &packages, "/p/apps/api/src"), Ok(vec!["api:start".to_owned()]));
        let both = vec!["web:dev".to_owned(), "api:start".to_owned()];
        assert_eq!(names(&[], &packages, "/p"), Err(NothingToStart::NoneMeant { names: both }));
    }

    #[test]
    fn a_build_system_starts_the_package_it_names_from_the_root() {
        let mut serve = script("web:serve", "serve", "nx", "/p/apps/web");
        serve.directory = "/p".into();
        let packages = [serve];
        assert_eq!(names(&[], &packages, "/p/apps/web"), Ok(vec!["web:serve".to_owned()]));
        let meant = NothingToStart::NoneMeant { names: vec!["web:serve".to_owned()] };
        assert_eq!(names(&[], &packages, "/p"), Err(meant));
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (0..10_000).map(|n| format!("p{n}:dev")).collect();
        let text = NothingToStart::NoneMeant { names }.to_string();
        assert!(text.ends_with("p39:dev and 9960 more (`brummerctl scripts` lists all)"), "{text}");
    }

    #[test]
    fn then_the_ecosystem_runs_or_nothing() {
        let mut run = script("run", "run", "rust", "/p");
        let build = script("build", "build", "rust", "/p");
        let meant = NothingToStart::NoneMeant { names: vec!["build".to_owned()] };
        assert_eq!(names(&[], std::slice::from_ref(&build), "/p"), Err(meant));
        run.is_default = true;
        assert_eq!(names(&[], &[build, run], "/p"), Ok(vec!["run".to_owned()]));
        assert!(matches!(names(&[], &[], "/p"), Err(NothingToStart::Nothing { .. })));
    }

    #[test]
    fn where_nothing_is_the_files_that_are_there_are_named() {
        let said = |files: &[&str], standing_in: &str| {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            choose(&[], &[], &files, Path::new("/p"), Path::new(standing_in)).unwrap_err().to_string()
        };
        let all = [
            said(&[], "/p"),
            said(&[], "/p/in"),
            // That of a directory above the project declares nothing for it.
            said(&["/brummer.toml"], "/p"),
            said(&["/p/brummer.toml"], "/p"),
            said(&["/p/brummer.yaml", "/p/brummer.local.toml"], "/p/in"),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }
}
