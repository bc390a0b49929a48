//! Linked worktrees of a git repository: each is a second copy of the whole, never a part of what lies
//! around it. Reads files; blocks.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Longest `.git` file that is read; it holds one path.
const MOST: u64 = 8 * 1024;

/// The root of the linked worktree that `dir` (a real path) lies in; none if it lies in none.
pub fn worktree_around(dir: &Path) -> Option<&Path> {
    dir.ancestors().find(|here| is_linked_worktree(here))
}

/// A worktree's `.git` is a file that points into its repository's `worktrees` directory. That of a
/// submodule points into `modules`, that beside a bare repository to the repository itself: both are part of
/// what is around them.
fn is_linked_worktree(dir: &Path) -> bool {
    git_dir(&dir.join(".git"))
        .is_some_and(|git| git.parent().and_then(Path::file_name) == Some(OsStr::new("worktrees")))
}

/// What a `.git` file says: `gitdir: PATH`.
fn git_dir(file: &Path) -> Option<PathBuf> {
    // Most directories have none, and a FIFO would be waited for.
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(file).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    let path = bytes.strip_prefix(b"gitdir:")?.trim_ascii();
    Some(PathBuf::from(OsStr::from_bytes(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worktrees_are_told_from_submodules_and_clones() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        let table: [(&str, Option<&str>, bool); 9] = [
            ("linked", Some("gitdir: /src/shop/.git/worktrees/linked\n"), true),
            ("relative", Some("gitdir: ../shop/.git/worktrees/relative"), true),
            ("of-bare", Some("gitdir: /src/shop/.bare/worktrees/main\n"), true),
            ("of-submodule", Some("gitdir: /src/shop/.git/modules/lib/worktrees/x\n"), true),
            ("submodule", Some("gitdir: ../.git/modules/lib\n"), false),
            ("submodule-in-worktree", Some("gitdir: /s/.git/worktrees/x/modules/lib\n"), false),
            ("beside-bare", Some("gitdir: ./.bare\n"), false),
            ("nonsense", Some("worktrees/x"), false),
            ("clone", None, false),
        ];
        for (name, text, expected) in table {
            let dir = root.join(name);
            std::fs::create_dir_all(dir.join("deep/er")).unwrap();
            match text {
                Some(text) => std::fs::write(dir.join(".git"), text).unwrap(),
                None => std::fs::create_dir(dir.join(".git")).unwrap(),
            }
            let inside = dir.join("deep/er");
            let found = worktree_around(&inside);
            assert_eq!(found, expected.then_some(dir.as_path()), "{name}");
        }
    }
}
