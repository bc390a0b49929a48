//! Watching by inotify: one descriptor for all directories, read when the kernel says that there is something.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use tokio::net::unix::pipe;

use super::{Interests, Subject};

/// Watches what it is told to, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    inotify: Inotify,
    /// The same descriptor, as the runtime waits for it.
    readable: pipe::Receiver,
    interests: Interests,
    /// Two ways to one directory have one descriptor.
    watched: HashMap<WatchDescriptor, Vec<PathBuf>>,
}

impl Watch {
    /// # Errors
    /// The kernel has no inotify instance left for this user.
    pub fn open() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let same = std::fs::File::from(inotify.as_fd().try_clone_to_owned()?);
        let readable = pipe::Receiver::from_file_unchecked(same)?;
        Ok(Self { inotify, readable, interests: Interests::default(), watched: HashMap::new() })
    }

    /// Watches these from now on, and nothing else. Answers what cannot be watched.
    pub fn set(&mut self, interests: Interests) -> Vec<(PathBuf, io::Error)> {
        self.interests = interests;
        let interests = &self.interests;
        for (descriptor, paths) in &mut self.watched {
            paths.retain(|path| interests.by_dir.contains_key(path));
            if paths.is_empty() {
                // Gone by itself if its directory is.
                let _either = self.inotify.rm_watch(*descriptor);
            }
        }
        self.watched.retain(|_, paths| !paths.is_empty());
        let mut refused = Vec::new();
        for dir in interests.by_dir.keys() {
            // Asked again also for what is watched: at its path another directory may be by now.
            match self.inotify.add_watch(dir, flags()) {
                Ok(descriptor) => {
                    for (other, paths) in &mut self.watched {
                        if *other != descriptor {
                            paths.retain(|path| path != dir);
                        }
                    }
                    let paths = self.watched.entry(descriptor).or_default();
                    if !paths.contains(dir) {
                        paths.push(dir.clone());
                    }
                }
                // It went between the look and now: the one above it tells when it comes back.
                Err(Errno::ENOENT | Errno::ENOTDIR) => {}
                Err(error) => refused.push((dir.clone(), error.into())),
            }
        }
        refused
    }

    /// Waits until configuration files may have changed and tells whose. May be dropped and called again:
    /// nothing is lost by that.
    ///
    /// # Errors
    /// The descriptor cannot be read: nothing will be told any more.
    pub async fn changed(&mut self) -> io::Result<Vec<Subject>> {
        loop {
            self.readable.readable().await?;
            let events = match self.inotify.read_events() {
                Ok(events) => events,
                Err(Errno::EAGAIN) => {
                    // Nothing left. Said to the runtime by a read that has no room for any event: of none there it
                    // would block, and one that came meanwhile stays where it is.
                    let _either = self.readable.try_read(&mut [0]);
                    continue;
                }
                Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let mut subjects: Vec<Subject> = events.iter().flat_map(|event| self.whose(event)).collect();
            subjects.sort();
            subjects.dedup();
            if !subjects.is_empty() {
                return Ok(subjects);
            }
        }
    }

    fn whose(&mut self, event: &InotifyEvent) -> Vec<Subject> {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            // What happened is not known: everybody looks.
            return self.interests.new_since(&Interests::default());
        }
        let paths = if event.mask.contains(AddWatchFlags::IN_IGNORED) {
            self.watched.remove(&event.wd).unwrap_or_default()
        } else {
            self.watched.get(&event.wd).cloned().unwrap_or_default()
        };
        let mut subjects = Vec::new();
        for dir in paths {
            let created = event.mask.contains(AddWatchFlags::IN_CREATE);
            if created && event.name.as_ref().is_some_and(|name| is_being_written(&dir.join(name))) {
                continue;
            }
            subjects.extend(self.interests.who(&dir, event.name.as_deref()).cloned());
        }
        subjects
    }
}

/// A new plain file says more when it is closed; a link to a file, or to another name of it, never will.
fn is_being_written(path: &std::path::Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 1)
}

fn flags() -> AddWatchFlags {
    AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_MOVED_FROM
        | AddWatchFlags::IN_MOVED_TO
        // A file that may be read again.
        | AddWatchFlags::IN_ATTRIB
        | AddWatchFlags::IN_DELETE_SELF
        | AddWatchFlags::IN_MOVE_SELF
        | AddWatchFlags::IN_ONLYDIR
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;

    async fn told(watch: &mut Watch) -> Vec<Subject> {
        tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.expect("it tells").unwrap()
    }

    fn watching(dir: &Path, subject: &Subject) -> Watch {
        let mut watch = Watch::open().unwrap();
        assert!(watch.set(interests(dir, subject)).is_empty());
        watch
    }

    fn interests(dir: &Path, subject: &Subject) -> Interests {
        let mut interests = Interests::default();
        interests.directory(dir, subject);
        interests
    }

    #[tokio::test]
    async fn every_way_to_change_a_file_tells_and_others_do_not() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().canonicalize().unwrap();
        let subject = Subject::Project("shop".into());
        let mut watch = watching(&dir, &subject);
        let file = dir.join("brummer.toml");
        let steps: [(&str, &dyn Fn()); 6] = [
            ("created", &|| std::fs::write(&file, "a").unwrap()),
            ("written in place", &|| std::fs::write(&file, "b").unwrap()),
            ("replaced by rename", &|| {
                std::fs::write(dir.join("x~"), "c").unwrap();
                std::fs::rename(dir.join("x~"), &file).unwrap();
            }),
            ("renamed away", &|| std::fs::rename(&file, dir.join("away")).unwrap()),
            ("linked", &|| std::os::unix::fs::symlink(dir.join("away"), &file).unwrap()),
            ("removed", &|| std::fs::remove_file(&file).unwrap()),
        ];
        for (what, step) in steps {
            // Read away what belongs to the step before.
            while let Ok(rest) = tokio::time::timeout(Duration::from_millis(1), watch.changed()).await {
                rest.unwrap();
            }
            std::fs::write(dir.join("unrelated"), what).unwrap();
            let nothing = tokio::time::timeout(Duration::from_millis(20), watch.changed()).await;
            assert!(nothing.is_err(), "before {what}");
            step();
            assert_eq!(told(&mut watch).await, std::slice::from_ref(&subject), "{what}");
        }
    }

    #[tokio::test]
    async fn a_directory_that_goes_and_comes_back_is_watched_again() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().canonicalize().unwrap().join("shop");
        std::fs::create_dir(&dir).unwrap();
        let subject = Subject::Project("shop".into());
        let mut watch = watching(&dir, &subject);
        std::fs::remove_dir(&dir).unwrap();
        told(&mut watch).await;
        watch.set(interests(&dir, &subject));
        std::fs::create_dir(&dir).unwrap();
        told(&mut watch).await;
        watch.set(interests(&dir, &subject));
        while let Ok(rest) = tokio::time::timeout(Duration::from_millis(1), watch.changed()).await {
            rest.unwrap();
        }
        std::fs::write(dir.join("brummer.toml"), "").unwrap();
        assert_eq!(told(&mut watch).await, [subject]);
        watch.set(Interests::default());
        std::fs::write(dir.join("brummer.toml"), "x").unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(20), watch.changed()).await.is_err());
    }
}
