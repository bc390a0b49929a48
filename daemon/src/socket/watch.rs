//! Notices that the socket's file vanished, and puts it back. Sleeps in inotify until something happens in
//! its directory; retries with a pause only while binding fails.

use std::time::Duration;

use brummer_api::listen::Replacements;
use brummer_scope::Scope;

use super::Kept;

/// Between attempts to bind a vanished socket.
const RETRY: Duration = Duration::from_secs(1);

impl Kept {
    /// Keeps the socket's file in place until the scope ends; then removes it. On systems without inotify
    /// it is removed at the end and not watched.
    pub(crate) fn watch(self, scope: &Scope, replacements: Replacements) {
        let token = scope.token().clone();
        let _task = scope.spawn("socket-watch", async move {
            let mut kept = self;
            let ended = token.run_until_cancelled(keep(&mut kept, &replacements)).await;
            if let Some(Err(error)) = ended {
                tracing::error!(%error, "the control socket is no longer watched");
                token.cancelled().await;
            }
        });
    }
}

/// Ends only by an error.
#[cfg(target_os = "linux")]
async fn keep(kept: &mut Kept, replacements: &Replacements) -> std::io::Result<()> {
    loop {
        // The watch comes before the look, so that nothing is missed between the two. A directory that is
        // gone cannot be watched until the socket is bound in a new one.
        let watched = kept.path.parent().map(inotify::Directory::open);
        if !kept.in_place() {
            match kept.bind_again() {
                Ok(listener) => {
                    tracing::warn!(socket = %kept.path.display(), "the control socket had vanished and was bound anew");
                    metrics::counter!("brummer_daemon_socket_rebinds_total").increment(1);
                    if replacements.put(listener).await.is_err() {
                        return Err(std::io::Error::other("nobody listens any more"));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the control socket has vanished and cannot be bound anew");
                    tokio::time::sleep(RETRY).await;
                }
            }
            continue;
        }
        match watched {
            Some(Ok(directory)) => directory.changed(&kept.path).await?,
            Some(Err(error)) => return Err(error),
            None => return Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
async fn keep(_kept: &mut Kept, _replacements: &Replacements) -> std::io::Result<()> {
    std::future::pending().await
}

#[cfg(target_os = "linux")]
mod inotify {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::unix::pipe;

    /// A watched directory. Its inotify descriptor becomes readable and is read like a pipe.
    pub(super) struct Directory {
        events: pipe::Receiver,
    }

    impl Directory {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
            let changes = AddWatchFlags::IN_DELETE
                | AddWatchFlags::IN_MOVED_FROM
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_DELETE_SELF
                | AddWatchFlags::IN_MOVE_SELF
                | AddWatchFlags::IN_ONLYDIR;
            inotify.add_watch(path, changes)?;
            let file = std::fs::File::from(OwnedFd::from(inotify));
            Ok(Self { events: pipe::Receiver::from_file_unchecked(file)? })
        }

        /// Waits until something that concerns `socket` happens: it, or the directory itself. Changes of
        /// other files are read away.
        pub(super) async fn changed(mut self, socket: &Path) -> io::Result<()> {
            let mut buffer = [0_u8; 4096];
            loop {
                let length = self.events.read(&mut buffer).await?;
                let events = buffer.get(..length).unwrap_or_default();
                if length == 0 || super::concerns(events, socket.file_name()) {
                    return Ok(());
                }
            }
        }
    }
}

/// Whether one of the inotify events in `bytes` is about `name`, or about no name at all (the directory).
#[cfg(target_os = "linux")]
fn concerns(mut bytes: &[u8], name: Option<&std::ffi::OsStr>) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    // wd, mask, cookie, length: four times 32 bits; then `length` bytes of name, padded with NULs.
    while let Some((header, rest)) = bytes.split_at_checked(16) {
        let mut length = [0; 4];
        length.copy_from_slice(header.get(12..).unwrap_or(&[0; 4]));
        let length = usize::try_from(u32::from_ne_bytes(length)).unwrap_or(0);
        let padded = rest.get(..length).unwrap_or_default();
        let said = padded.split(|byte| *byte == 0).next().unwrap_or_default();
        if said.is_empty() || name.is_some_and(|name| name.as_bytes() == said) {
            return true;
        }
        bytes = rest.get(length..).unwrap_or_default();
    }
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::pin::pin;

    use brummer_api::listen::{Limits, Listener};
    use futures::StreamExt as _;

    use super::super::bind;
    use super::*;

    #[tokio::test]
    async fn a_vanished_socket_is_bound_anew() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = dir.path().join("runtime");
        std::fs::create_dir(&runtime).unwrap();
        let path = runtime.join("s");
        let bound = bind(&path).unwrap();
        let scope = Scope::new().unwrap();
        let (listener, replacements) = Listener::new(bound.listener, Limits::default()).unwrap();
        bound.kept.watch(&scope, replacements);
        let mut incoming = pin!(listener.incoming());

        let steps: [(&str, &dyn Fn()); 3] = [
            ("the file alone", &|| std::fs::remove_file(&path).unwrap()),
            ("renamed away", &|| std::fs::rename(&path, runtime.join("elsewhere")).unwrap()),
            ("with its directory", &|| std::fs::remove_dir_all(&runtime).unwrap()),
        ];
        for (what, vanish) in steps {
            std::fs::write(dir.path().join("unrelated"), what).unwrap();
            vanish();
            // What a client does while the daemon repairs: it tries again.
            let connected = async {
                loop {
                    match UnixStream::connect(&path) {
                        Ok(stream) => return stream,
                        Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                    }
                }
            };
            let served = async { tokio::join!(connected, incoming.next()) };
            let (_client, accepted) = tokio::time::timeout(Duration::from_secs(30), served)
                .await
                .unwrap_or_else(|_| panic!("{what}: not bound anew"));
            assert!(accepted.is_some_and(|accepted| accepted.is_ok()), "{what}");
        }
        assert!(scope.end(Duration::from_secs(30)).await.is_empty());
        assert!(!path.exists(), "removed at the end");
    }
}
