//! Why a command could not be started, in a shell's exit codes: 127 not found, 126 not executable.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// The shell's code, if the reason is the program itself and not, say, its directory (empty: the current
/// one).
pub(crate) fn code(command: &[String], directory: &Path, path: &OsStr) -> Option<u8> {
    if !directory.as_os_str().is_empty() && !directory.is_dir() {
        return None;
    }
    let program = command.first()?;
    let candidates: Vec<_> = if program.contains('/') {
        vec![directory.join(program)]
    } else {
        std::env::split_paths(path).map(|place| directory.join(place).join(program)).collect()
    };
    let found: Vec<_> = candidates.iter().filter_map(|candidate| candidate.metadata().ok()).collect();
    if found.is_empty() {
        return Some(NOT_FOUND);
    }
    // What is there and runs for nobody, or turned out to be no program after all.
    let runs = found.iter().any(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    let only_directories = !runs && !program.contains('/') && found.iter().all(std::fs::Metadata::is_dir);
    Some(if only_directories { NOT_FOUND } else { NOT_EXECUTABLE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("data"), "x").unwrap();
        std::fs::write(bin.join("broken"), "\u{7f}ELF").unwrap();
        std::fs::set_permissions(bin.join("broken"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(bin.join("folder")).unwrap();
        for (program, expected) in [
            ("missing", Some(127)),
            ("./missing", Some(127)),
            ("data", Some(126)),
            ("bin/data", Some(126)),
            ("broken", Some(126)),
            ("folder", Some(127)),
            ("bin/folder", Some(126)),
        ] {
            assert_eq!(code(&[program.to_owned()], dir.path(), bin.as_os_str()), expected, "{program}");
        }
        assert_eq!(code(&["x".to_owned()], &dir.path().join("gone"), bin.as_os_str()), None);
        assert_eq!(code(&["x".to_owned()], dir.path(), OsStr::new("")), Some(127));
    }
}
