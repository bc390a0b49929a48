//! Tells when configuration files change. Directories are watched, not files: editors replace a file by
//! renaming another over it, and a file that is not there yet counts when it comes.
//!
//! [`Interests`] says what to look at and for whom, as directories and links are at one moment; [`Watch`]
//! waits. It is woken by the kernel alone: nothing is polled. A file that is being written tells once it is
//! closed, not before, so that half a file is rarely read.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config;

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(target_os = "linux")]
pub use inotify::Watch;

/// Longest chain of symbolic links that is followed from one file.
const LINKS: usize = 8;

/// Whose configuration a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The user's, and with it everybody's.
    User,
    /// A project's, by name.
    Project(Arc<str>),
}

/// Which names in a directory matter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    /// Every file that can configure a project.
    ProjectFiles,
    One(OsString),
}

impl Names {
    fn has(&self, name: &OsStr) -> bool {
        match self {
            Self::ProjectFiles => config::is_project_file(name),
            Self::One(one) => one == name,
        }
    }
}

/// What to watch, and for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interests {
    by_dir: BTreeMap<PathBuf, Vec<(Names, Subject)>>,
}

impl Interests {
    /// Every configuration file of a project in `dir`, and what such files link to.
    pub(crate) fn directory(&mut self, dir: &Path, subject: &Subject) {
        if !dir.is_dir() {
            self.missing(dir, subject);
            return;
        }
        self.add(dir, Names::ProjectFiles, subject);
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            if config::is_project_file(&entry.file_name()) {
                self.link(&entry.path(), subject, LINKS);
            }
        }
    }

    /// One file, there or not, and what it links to.
    pub(crate) fn file(&mut self, file: &Path, subject: &Subject) {
        let (Some(dir), Some(name)) = (file.parent(), file.file_name()) else { return };
        if !dir.is_dir() {
            self.missing(dir, subject);
            return;
        }
        self.add(dir, Names::One(name.to_owned()), subject);
        self.link(file, subject, LINKS);
    }

    /// A link that is written through changes elsewhere.
    fn link(&mut self, file: &Path, subject: &Subject, left: usize) {
        let Ok(target) = std::fs::read_link(file) else { return };
        let Some(left) = left.checked_sub(1) else { return };
        let target = file.parent().unwrap_or(Path::new("/")).join(target);
        let (Some(dir), Some(name)) = (target.parent(), target.file_name()) else { return };
        // Through the directory's own links, so that the same place is watched once.
        let Ok(dir) = dir.canonicalize() else { return };
        self.add(&dir, Names::One(name.to_owned()), subject);
        self.link(&dir.join(name), subject, left);
    }

    /// A directory that is not there: the nearest one above is watched for the next part of the way to it.
    fn missing(&mut self, dir: &Path, subject: &Subject) {
        let mut below = dir;
        while let (Some(above), Some(name)) = (below.parent(), below.file_name()) {
            if above.is_dir() {
                self.add(above, Names::One(name.to_owned()), subject);
                return;
            }
            below = above;
        }
    }

    fn add(&mut self, dir: &Path, names: Names, subject: &Subject) {
        let here = self.by_dir.entry(dir.to_owned()).or_default();
        let interest = (names, subject.clone());
        if !here.contains(&interest) {
            here.push(interest);
        }
    }

    /// Who cares for a change of `name` in `dir`; without a name, for one of `dir` itself.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing watches there yet"))]
    fn who<'a>(&'a self, dir: &Path, name: Option<&'a OsStr>) -> impl Iterator<Item = &'a Subject> {
        let here = self.by_dir.get(dir).map_or(&[][..], Vec::as_slice);
        here.iter()
            .filter(move |(names, _)| name.is_none_or(|name| names.has(name)))
            .map(|(_, subject)| subject)
    }

    /// Subjects for whom something is to be watched that `before` did not watch.
    pub fn new_since(&self, before: &Self) -> Vec<Subject> {
        let mut new: Vec<Subject> = self
            .by_dir
            .iter()
            .flat_map(|(dir, here)| {
                let old = before.by_dir.get(dir);
                here.iter().filter(move |interest| old.is_none_or(|old| !old.contains(interest)))
            })
            .map(|(_, subject)| subject.clone())
            .collect();
        new.sort();
        new.dedup();
        new
    }
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Watch;

/// Where nothing can be watched yet: `brummerctl reload` reads changes.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::{Interests, Subject};

    #[derive(Debug)]
    pub struct Watch;

    impl Watch {
        /// # Errors
        /// Never.
        pub fn open() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub fn set(&mut self, _interests: Interests) -> Vec<(std::path::PathBuf, std::io::Error)> {
            Vec::new()
        }

        /// # Errors
        /// Never.
        pub async fn changed(&mut self) -> std::io::Result<Vec<Subject>> {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_configuration_files_are_told_from_editors_leavings() {
        for (name, expected) in [
            ("brummer.toml", true),
            ("brummer.local.toml", true),
            ("brummer.yaml", true),
            (".brum.toml", true),
            ("brummer.toml~", false),
            (".brummer.toml.swp", false),
            ("brummer.tomlx", false),
            ("#brummer.toml#", false),
            ("4913", false),
            ("package.json", false),
        ] {
            assert_eq!(Names::ProjectFiles.has(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn links_and_missing_directories_are_watched_where_they_change() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        let make = |dir: &str| std::fs::create_dir_all(root.join(dir)).unwrap();
        make("dotfiles");
        make("home/.config");
        make("shop");
        std::fs::write(root.join("dotfiles/real.toml"), "").unwrap();
        std::os::unix::fs::symlink("../dotfiles/real.toml", root.join("shop/brummer.toml")).unwrap();
        std::os::unix::fs::symlink("brummer.local.toml", root.join("shop/brummer.local.toml")).unwrap();
        let subject = Subject::Project("shop".into());
        let mut interests = Interests::default();
        interests.directory(&root.join("shop"), &subject);
        interests.file(&root.join("home/.config/brummer/config.toml"), &Subject::User);
        let who = |dir: &str, name: &str| {
            let name = OsString::from(name);
            interests.who(&root.join(dir), Some(&name)).cloned().collect::<Vec<_>>()
        };
        assert_eq!(who("shop", "brummer.toml"), std::slice::from_ref(&subject));
        assert_eq!(who("dotfiles", "real.toml"), std::slice::from_ref(&subject), "behind the link");
        assert_eq!(who("dotfiles", "other.toml"), []);
        assert_eq!(who("home/.config", "brummer"), [Subject::User], "the next part of the way");
        assert_eq!(interests.new_since(&Interests::default()), [Subject::User, subject.clone()]);
        assert_eq!(interests.new_since(&interests), []);
    }
}
