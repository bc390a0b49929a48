//! Which project a directory means, and which directory is opened when it means none yet.
//!
//! The decisions are pure over a list of directories with their marks; only [`look_up`] and
//! [`worktree_around`] read the file system. All paths are real ones.

mod worktree;

pub use worktree::worktree_around;

use std::path::{Path, PathBuf};

use crate::config;
use crate::detect::{DENO_FILES, Json, MONOREPO_ROOTS, PackageJson, read_manifest, read_toml};

/// What a directory holds that matters for finding a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// A brummer file.
    pub brummer: bool,
    /// A file that makes it the root of a workspace.
    pub workspace: bool,
    /// A file that scripts are detected in.
    pub project: bool,
    /// `.git`: nothing above belongs to it.
    pub repository: bool,
}

/// The nearest of `known` at or above `dir`, but not beyond `worktree`, the root of the linked worktree that
/// `dir` lies in: a worktree inside its main checkout is no part of it.
pub fn nearest_known<'a, T>(
    dir: &Path,
    worktree: Option<&Path>,
    known: impl IntoIterator<Item = (&'a Path, T)>,
) -> Option<T> {
    known
        .into_iter()
        .filter(|(root, _)| dir.starts_with(root) && worktree.is_none_or(|top| root.starts_with(top)))
        .max_by_key(|(root, _)| root.components().count())
        .map(|(_, found)| found)
}

/// Of the directories from the current one upwards: the nearest with a brummer file, else the outermost
/// with a workspace file, else the nearest with a project file.
pub fn to_open(upwards: &[(PathBuf, Marks)]) -> Option<&Path> {
    let nearest = upwards.iter().find(|(_, marks)| marks.brummer);
    let outermost = || upwards.iter().rev().find(|(_, marks)| marks.workspace);
    let project = || upwards.iter().find(|(_, marks)| marks.project);
    nearest.or_else(outermost).or_else(project).map(|(dir, _)| dir.as_path())
}

/// The directories whose files may configure the project at `dir`: from its repository's root down to it, itself
/// last; alone where it lies in no repository. Reads the file system; blocks.
pub fn layers(dir: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let mut upwards = Vec::new();
    for here in dir.ancestors() {
        upwards.push(here.to_owned());
        if here.join(".git").exists() {
            upwards.reverse();
            return upwards;
        }
        if home == Some(here) {
            break;
        }
    }
    vec![dir.to_owned()]
}

/// The directories from `dir` upwards with their marks; never beyond the repository's root, `home` or `/`.
/// Reads files; blocks.
pub fn look_up(dir: &Path, home: Option<&Path>) -> Vec<(PathBuf, Marks)> {
    let mut upwards = Vec::new();
    for here in dir.ancestors() {
        let marks = marks(here);
        upwards.push((here.to_owned(), marks));
        if marks.repository || home == Some(here) {
            break;
        }
    }
    upwards
}

/// Files of other tools that make a directory the root of a workspace.
const WORKSPACE_FILES: [&str; 3] = ["go.work", "settings.gradle", "settings.gradle.kts"];
/// Files that scripts are detected in, besides those that are looked into above.
const PROJECT_FILES: &[&str] = &[
    "Procfile",
    "go.mod",
    "pyproject.toml",
    "requirements.txt",
    "manage.py",
    "Pipfile",
    "Gemfile",
    "Rakefile",
    "composer.json",
    "build.gradle",
    "build.gradle.kts",
    "pom.xml",
    "mix.exs",
    "pubspec.yaml",
    "Makefile",
    "makefile",
    "GNUmakefile",
    "justfile",
    "Justfile",
    ".justfile",
    "Taskfile.yml",
    "Taskfile.yaml",
    "mise.toml",
    ".mise.toml",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    ".vscode/tasks.json",
];

fn marks(dir: &Path) -> Marks {
    let is_file = |name: &str| dir.join(name).is_file();
    let package = is_file("package.json");
    let cargo = is_file("Cargo.toml");
    let in_package_json = || {
        let text = read_manifest(&dir.join("package.json")).ok().flatten()?;
        PackageJson::parse(&text).ok()?.workspaces
    };
    let in_cargo = || Some(read_toml(&dir.join("Cargo.toml")).ok()??.get("workspace").is_some());
    let deno = DENO_FILES.iter().any(|name| is_file(name));
    let in_deno = || {
        let file = DENO_FILES.iter().find(|name| is_file(name))?;
        Json::read(&dir.join(file), Json::parse_commented).ok()??.get("workspace").cloned()
    };
    let monorepo = MONOREPO_ROOTS.iter().any(|name| is_file(name));
    Marks {
        brummer: config::FILES.iter().any(|name| is_file(name)),
        workspace: is_file("pnpm-workspace.yaml")
            || monorepo
            || (deno && in_deno().is_some())
            || (package && in_package_json().is_some())
            || (cargo && in_cargo() == Some(true))
            || WORKSPACE_FILES.iter().any(|name| is_file(name)),
        project: package || deno || monorepo || cargo || PROJECT_FILES.iter().any(|name| is_file(name)),
        repository: dir.join(".git").exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Marks = Marks { brummer: false, workspace: false, project: false, repository: false };
    const BRUMMER: Marks = Marks { brummer: true, ..NONE };
    const WORKSPACE: Marks = Marks { workspace: true, project: true, ..NONE };
    const PROJECT: Marks = Marks { project: true, ..NONE };

    fn opened(marks: &[Marks]) -> Option<usize> {
        let upwards: Vec<(PathBuf, Marks)> =
            marks.iter().enumerate().map(|(n, marks)| (PathBuf::from(n.to_string()), *marks)).collect();
        to_open(&upwards).map(|dir| dir.display().to_string().parse().unwrap())
    }

    #[test]
    fn a_brummer_file_beats_a_workspace_beats_a_project_file() {
        assert_eq!(opened(&[NONE, PROJECT, BRUMMER, WORKSPACE, BRUMMER]), Some(2));
        assert_eq!(opened(&[PROJECT, WORKSPACE, NONE, WORKSPACE, NONE]), Some(3));
        assert_eq!(opened(&[NONE, PROJECT, PROJECT]), Some(1));
        assert_eq!(opened(&[NONE, NONE]), None);
        assert_eq!(opened(&[]), None);
    }

    #[test]
    fn the_nearest_known_project_is_the_deepest_above() {
        let known = [(Path::new("/src"), 1), (Path::new("/src/shop"), 2), (Path::new("/src/shop2"), 3)];
        assert_eq!(nearest_known(Path::new("/src/shop/web"), None, known), Some(2));
        assert_eq!(nearest_known(Path::new("/src/shop"), None, known), Some(2));
        assert_eq!(nearest_known(Path::new("/src/shopping"), None, known), Some(1));
        assert_eq!(nearest_known(Path::new("/other"), None, known), None);
        let worktree = Some(Path::new("/src/shop/.worktrees/feature"));
        let inside = Path::new("/src/shop/.worktrees/feature/web");
        assert_eq!(nearest_known(inside, worktree, known), None, "not the checkout around it");
        let own = [(Path::new("/src/shop"), 2), (Path::new("/src/shop/.worktrees/feature"), 4)];
        assert_eq!(nearest_known(inside, worktree, own), Some(4));
    }

    fn make(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_search_ends_at_the_repository_and_at_home() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        make(
            &root,
            &[
                ("brummer.toml", ""),
                ("repo/.git/HEAD", ""),
                ("repo/package.json", r#"{"workspaces":["apps/*"]}"#),
                ("repo/apps/web/package.json", "{}"),
                ("repo/apps/web/src/x", ""),
                ("plain/deep/x", ""),
            ],
        );
        let open = |dir: &str, home: Option<&Path>| {
            let upwards = look_up(&root.join(dir), home);
            to_open(&upwards).map(Path::to_owned)
        };
        assert_eq!(open("repo/apps/web/src", None), Some(root.join("repo")), "not beyond the repository");
        assert_eq!(open("plain/deep", None), Some(root.clone()));
        assert_eq!(open("plain/deep", Some(&root.join("plain"))), None, "not beyond home");
    }

    #[test]
    fn workspaces_are_told_from_projects() {
        let temp = tempfile::tempdir().unwrap();
        for (name, text, workspace) in [
            ("package.json", r#"{"workspaces":{"packages":["a"]}}"#, true),
            ("package.json", r#"{"scripts":{}}"#, false),
            ("package.json", "{ broken", false),
            ("Cargo.toml", "[workspace]\nmembers = []", true),
            ("Cargo.toml", "[package]\nname = \"a\"", false),
            ("pnpm-workspace.yaml", "packages: []", true),
        ] {
            let dir = tempfile::tempdir_in(temp.path()).unwrap();
            make(dir.path(), &[(name, text)]);
            assert_eq!(marks(dir.path()).workspace, workspace, "{name}: {text}");
        }
    }
}
