//! Which project a directory means, and which directory is opened when it means none yet.
//!
//! The decisions are pure over a list of directories with their marks; only [`look_up`] and
//! [`worktree_around`] read the file system. All paths are real ones.

mod worktree;

pub use worktree::worktree_around;

use std::path::{Path, PathBuf};

use crate::config;
use crate::detect;

/// Directories whose files may lie over one another, at most.
const MOST_LAYERS: usize = 32;

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
    for here in dir.ancestors().take(MOST_LAYERS) {
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

fn marks(dir: &Path) -> Marks {
    let mut marks = Marks { repository: dir.join(".git").exists(), ..Marks::default() };
    // What cannot be entered has nothing to offer; each of its files would only say that it cannot be read.
    if std::fs::metadata(dir.join(".")).is_err() {
        return marks;
    }
    // Whatever stands in the place of one: reading it says what is wrong.
    marks.brummer = config::FILES.iter().any(|name| dir.join(name).symlink_metadata().is_ok());
    // Somebody must be told what became of it.
    marks.project = config::predecessors(dir).is_some();
    for mark in detect::marks() {
        if let Some(path) = mark.find(dir) {
            marks.project = true;
            marks.workspace = marks.workspace || mark.is_root(&path);
        }
    }
    marks
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
            ("pnpm-workspace.yaml", "packages: []", true),
            ("lerna.json", "{}", true),
            (".moon/workspace.yml", "projects: []", true),
            ("turbo.json", "{}", false),
            ("deno.jsonc", r#"{"workspace":["./a"], /* x */}"#, true),
            ("deno.json", r#"{"tasks":{}}"#, false),
            ("Cargo.toml", "[workspace]\nmembers = []", true),
            ("Cargo.toml", "[package]\nname = \"a\"", false),
            ("go.work", "go 1.22", true),
            ("go.mod", "module a", false),
            ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"packages/*\"]", true),
            ("pyproject.toml", "[tool.poetry.dependencies]\na = { path = \"./libs/a\" }", true),
            ("pyproject.toml", "[tool.poetry.dependencies]\na = { path = \"../a\" }", false),
            ("pyproject.toml", "[project]\nname = \"a\"", false),
            ("setup.py", "", false),
            ("setup.cfg", "", false),
            ("pom.xml", "<project><modules><module>a</module></modules></project>", true),
            ("pom.xml", "<project><artifactId>a</artifactId></project>", false),
            ("settings.gradle.kts", "", true),
            ("build.gradle", "", false),
            ("Shop.sln", "", true),
            ("Shop.slnx", "<Solution/>", true),
            ("Shop.fsproj", "<Project/>", false),
            ("mix.exs", "apps_path: \"apps\"", true),
            ("mix.exs", "", false),
            (".config/mise/config.toml", "", false),
            (".mise/tasks/build", "", false),
            ("Taskfile.dist.yaml", "", false),
            ("rakefile.rb", "", false),
            (".vscode/launch.json", "{}", false),
            ("wails.json", "{}", false),
        ] {
            let dir = tempfile::tempdir_in(temp.path()).unwrap();
            make(dir.path(), &[(name, text)]);
            let expected = Marks { workspace, project: true, ..Marks::default() };
            assert_eq!(marks(dir.path()), expected, "{name}: {text}");
        }
        assert_eq!(marks(temp.path()), Marks::default(), "folders alone are no mark");
        make(temp.path(), &[(".brum.toml", "")]);
        assert_eq!(marks(temp.path()), PROJECT, "the predecessor's file is told of");
        std::fs::create_dir(temp.path().join("brummer.yaml")).unwrap();
        assert!(marks(temp.path()).brummer, "whatever stands in the place of a file is told of");
    }

    #[test]
    fn what_is_detected_somewhere_is_found_from_below() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut looked_at = 0;
        for entry in std::fs::read_dir(fixtures).unwrap() {
            let dir = entry.unwrap().path();
            let found = crate::detect::detect(&dir, &crate::detect::Look::default());
            assert_eq!(marks(&dir).project, !found.scripts.is_empty(), "{}", dir.display());
            looked_at += usize::from(!found.scripts.is_empty());
        }
        assert!(looked_at > 40, "only {looked_at} fixtures have scripts");
    }
}
