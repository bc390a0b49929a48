//! Directories that nobody else may enter or prepare for us.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Why a directory is refused, and the cure.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{} is a symbolic link; remove it, or name the directory that it leads to", path.display())]
    Symlink { path: PathBuf },
    #[error("{} is no directory; move it away", path.display())]
    NotADirectory { path: PathBuf },
    #[error("{} belongs to uid {owner}, not to you (uid {user}); choose another or change its owner", path.display())]
    Owner { path: PathBuf, owner: u32, user: u32 },
    #[error("{} can be written by others (mode {mode:04o}); run `chmod 700 {}`", path.display(), path.display())]
    WritableByOthers { path: PathBuf, mode: u32 },
    #[error("cannot {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

/// Makes `path` (0700, with its parents) if it is missing, and refuses one that others could have prepared
/// or could change. One that others may merely read is set to 0700.
///
/// # Errors
/// See [`DirectoryError`].
pub fn ensure_private_directory(path: &Path) -> Result<(), DirectoryError> {
    let io = |what| move |source| DirectoryError::Io { what, path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(io("make the parent of"))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io("make")(error)),
    }
    // Judged and changed through one descriptor, so that nobody swaps it in between.
    let flags = nix::libc::O_DIRECTORY | nix::libc::O_NOFOLLOW;
    let directory = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| {
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.is_symlink() => DirectoryError::Symlink { path: path.to_owned() },
            Ok(found) if !found.is_dir() => DirectoryError::NotADirectory { path: path.to_owned() },
            _ => io("open")(error),
        }
    })?;
    let found = directory.metadata().map_err(io("look at"))?;
    let user = nix::unistd::geteuid().as_raw();
    if found.uid() != user {
        return Err(DirectoryError::Owner { path: path.to_owned(), owner: found.uid(), user });
    }
    let mode = found.mode() & 0o7777;
    if mode & 0o022 != 0 {
        return Err(DirectoryError::WritableByOthers { path: path.to_owned(), mode });
    }
    if mode & 0o077 != 0 {
        let mut permissions = found.permissions();
        permissions.set_mode(0o700);
        directory.set_permissions(permissions).map_err(io("make private"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_missing_one_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/state");
        ensure_private_directory(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        ensure_private_directory(&path).unwrap();
    }

    #[test]
    fn a_readable_one_is_closed_and_a_writable_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        std::fs::create_dir(&path).unwrap();
        set(&path, 0o755);
        ensure_private_directory(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        for writable in [0o777, 0o720, 0o702] {
            set(&path, writable);
            let error = ensure_private_directory(&path).unwrap_err();
            assert!(matches!(error, DirectoryError::WritableByOthers { .. }), "{writable:o}: {error}");
            assert!(error.to_string().contains("chmod 700"));
            assert_eq!(mode(&path), writable, "refused, not mended");
        }
    }

    #[test]
    fn a_link_or_a_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link, file) = (dir.path().join("real"), dir.path().join("link"), dir.path().join("file"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        std::fs::write(&file, "").unwrap();
        assert!(matches!(ensure_private_directory(&link), Err(DirectoryError::Symlink { .. })));
        assert!(matches!(ensure_private_directory(&file), Err(DirectoryError::NotADirectory { .. })));
    }

    #[test]
    fn one_of_another_owner_is_refused() {
        // The root directory belongs to root; as root, give one away.
        let dir = tempfile::tempdir().unwrap();
        let path = if nix::unistd::geteuid().is_root() {
            let path = dir.path().join("given");
            std::fs::create_dir(&path).unwrap();
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            path
        } else {
            PathBuf::from("/usr")
        };
        assert!(matches!(ensure_private_directory(&path), Err(DirectoryError::Owner { .. })));
    }
}
